package verified

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func state() *State {
	return &State{
		At: 1767225600, Commits: 1234, Tags: 2,
		Inputs: []Input{{"program", "a"}, {"journal", ""}},
		Refs: []Ref{
			{
				Name: []byte("refs/heads/ma\xffin"), Holds: strings.Repeat("1", 40), Tip: strings.Repeat("1", 40), Own: true,
				Notes: [][]byte{[]byte("exception: a \xff fire\n")}, Ledger: []byte("{}\n\x00"),
			},
			{Name: []byte("refs/tags/v0"), Holds: strings.Repeat("2", 64), Old: true},
			{Name: []byte("refs/heads/x"), Holds: strings.Repeat("3", 40), Ledger: []byte("another")},
		},
	}
}

func textOf(t testing.TB, s *State) []byte {
	t.Helper()
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, s := range []*State{state(), new(State)} {
		text := textOf(t, s)
		read, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Refs {
			s.Refs[i].Size = len(s.Refs[i].Ledger)
		}
		if diff := cmp.Diff(s, read); diff != "" {
			t.Errorf("something else is read:\n%s", diff)
		}
	}
}

// A text that was cut, with another byte anywhere or with more behind it isn't read.
func TestDamageIsFound(t *testing.T) {
	text := textOf(t, state())
	damaged := func(what string, text []byte) {
		t.Helper()
		if _, err := Parse(text); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range text {
		damaged(fmt.Sprint("cut at ", i), text[:i])
		other := bytes.Clone(text)
		other[i] ^= 1
		damaged(fmt.Sprint("another byte at ", i), other)
	}
	damaged("a byte more", append(bytes.Clone(text), 'x'))
	damaged("too large", append(bytes.Clone(text), make([]byte, MaxBytes)...))
}

// What has a right checksum, and yet isn't what a State writes, isn't read: it may be of a program that knows more.
func TestWhatIsNotUnderstoodIsNotRead(t *testing.T) {
	text := string(textOf(t, state()))
	_, body, _ := strings.Cut(strings.TrimPrefix(text, format), "\n")
	sealed := func(body string) []byte { return []byte(format + sum([]byte(body)) + "\n" + body) }
	if _, err := Parse(sealed(body)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"commits":1234`, `"commits":1234,"unless":"x"`},
		{`"commits":1234`, `"commits":1234,"commits":1234`},
		{`"commits":1234`, `"Commits":1234`},
		{`"commits":1234`, `"commits": 1234`},
		{`"commits":1234`, `"commits":1e3`},
		{`"own":true`, `"own":false`},
		{`"size":4`, `"size":5`},
		{`"size":4`, `"size":-4`},
		{`"size":4`, `"size":3`},
		{`"size":4`, `"size":9000000000000000000`},
		{"another", "anothe"},
		{"}\n", "}"},
	} {
		other := strings.Replace(body, change[0], change[1], 1)
		if other == body {
			t.Fatalf("%q isn't there", change[0])
		}
		if s, err := Parse(sealed(other)); !errors.Is(err, errDamaged) {
			t.Errorf("%q is read as %+v, %v", change[1], s, err)
		}
	}
	if _, err := Parse([]byte(strings.Replace(text, "verified 1", "verified 2", 1))); !errors.Is(err, errDamaged) {
		t.Errorf("another version: %v", err)
	}
}

func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "c": true, "countersign verified": true, "countersign verified 2\nx": true,
		string(textOf(t, state())): true,
		"# README\n":               false, "\n": false, "countersign landings 1\n": false, "countersign verifiedx": false,
	} {
		if got := Looks([]byte(text)); got != want {
			t.Errorf("Looks(%.30q) = %v", text, got)
		}
	}
}

// The largest ledgers make room for the rest.
func TestRoomIsBounded(t *testing.T) {
	s := state()
	s.Refs[0].Ledger, s.Refs[2].Ledger = make([]byte, MaxBytes/2), make([]byte, MaxBytes/2+1)
	read, err := Parse(textOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Refs[0].Ledger) != MaxBytes/2 || read.Refs[2].Ledger != nil || len(s.Refs[2].Ledger) != MaxBytes/2+1 {
		t.Errorf("the ledgers have %d and %d bytes", len(read.Refs[0].Ledger), len(read.Refs[2].Ledger))
	}
	s.Refs[0].Notes = [][]byte{make([]byte, MaxBytes)}
	if _, err := s.Text(); !errors.Is(err, errTooLarge) {
		t.Errorf("too much is written: %v", err)
	}
}

// Whatever Parse reads is written again as it was.
func FuzzParse(f *testing.F) {
	text := textOf(f, state())
	f.Add(text)
	f.Add(textOf(f, new(State)))
	_, body, _ := bytes.Cut(bytes.TrimPrefix(text, []byte(format)), []byte("\n"))
	f.Add(body)
	f.Fuzz(func(t *testing.T, data []byte) {
		sealed := append([]byte(format+sum(data)+"\n"), data...) // else no data has the sum
		for _, text := range [][]byte{data, sealed} {
			s, err := Parse(text)
			if err != nil {
				continue
			}
			if again := textOf(t, s); !bytes.Equal(again, text) {
				t.Errorf("%q is read, and written as %q", text, again)
			}
		}
	})
}
