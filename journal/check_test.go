package journal

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines gives a journal of n records, line by line.
func lines(t *testing.T, n int) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	for i := range n {
		add(t, l, fmt.Sprintf(`{"n":%d}`, i+1))
	}
	return slices.Collect(strings.Lines(string(contents(t, path))))
}

// damage gives line and kind of the first fault, or zeros.
func damage(journal []string) (Head, Fault) {
	head, err := check(readFrom(strings.NewReader(strings.Join(journal, ""))))
	var f *Fault
	if !errors.As(err, &f) {
		return head, Fault{}
	}
	return head, Fault{Line: f.Line, Damage: f.Damage}
}

func TestCheckNamesTheRemovedLine(t *testing.T) {
	for from := range 5 {
		for to := from + 1; to < 5; to++ { // cutting off the end is for a Head to show
			_, got := damage(slices.Delete(lines(t, 5), from, to))
			if want := (Fault{Line: from + 1, Damage: Removed}); got != want {
				t.Errorf("without lines %d to %d: %+v, want %+v", from+1, to, got, want)
			}
		}
	}
}

func TestCheckNamesTheInsertedLine(t *testing.T) {
	for at := range 5 {
		journal := lines(t, 5)
		again := slices.Insert(slices.Clone(journal), at+1, journal[at])
		if _, got := damage(again); got != (Fault{Line: at + 2, Damage: Inserted}) {
			t.Errorf("line %d twice: %+v", at+1, got)
		}
		if at == 4 {
			continue
		}
		// A forged record that continues the chain; what it pushed down then shows it.
		e, _ := parse([]byte(strings.TrimSuffix(journal[at+1], "\n")))
		forged := fmt.Sprintf(`{"v":1,"seq":%d,"prev":"%s","record":{"n":"forged"}}`+"\n", e.Seq, e.Prev)
		if _, got := damage(slices.Insert(journal, at+1, forged)); got != (Fault{Line: at + 3, Damage: Inserted}) {
			t.Errorf("forged after line %d: %+v", at+1, got)
		}
	}
}

func TestCheckNamesLinesThatChangedPlaces(t *testing.T) {
	journal := lines(t, 5)
	journal[1], journal[2] = journal[2], journal[1]
	if _, got := damage(journal); got != (Fault{Line: 2, Damage: Removed}) {
		t.Errorf("%+v", got)
	}
}

// Every single bit of every line: the fault names the line, or in the one case where that can't be
// told, a changed prev, the line before; a change of the last line shows in the head.
func TestCheckFindsEveryFlippedBit(t *testing.T) {
	journal := lines(t, 4)
	sound, none := damage(journal)
	if none != (Fault{}) {
		t.Fatal(none)
	}
	for i := range journal {
		prev := strings.Index(journal[i], `"prev":"`) + len(`"prev":"`)
		for at := range len(strings.TrimSuffix(journal[i], "\n")) {
			for bit := range 8 {
				flipped := []byte(journal[i])
				flipped[at] ^= 1 << bit
				if flipped[at] == '\n' {
					continue // cuts the line in two
				}
				changed := slices.Clone(journal)
				changed[i] = string(flipped)
				head, got := damage(changed)
				switch {
				case i == 3 && got == (Fault{}) && head != sound:
				case i == 3 && got == (Fault{Line: 4, Damage: Torn}): // no record any more
				case at >= prev && at < prev+64 && got == (Fault{Line: max(i, 1), Damage: Changed}):
				case got == (Fault{Line: i + 1, Damage: Changed}):
				default:
					t.Fatalf("line %d, byte %d, bit %d: %+v\n%s", i+1, at, bit, got, changed[i])
				}
			}
		}
	}
}

func TestCheckNamesTheTornLine(t *testing.T) {
	whole := strings.Join(lines(t, 3), "")
	starts := []int{0}
	for i := range whole {
		if whole[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	for cut := range len(whole) {
		head, err := check(readFrom(strings.NewReader(whole[:cut])))
		line, exact := slices.BinarySearch(starts, cut)
		if exact { // between two lines
			if err != nil || head.Seq != uint64(line) {
				t.Errorf("cut at %d: head %+v, error %v", cut, head, err)
			}
			continue
		}
		var f *Fault
		if !errors.As(err, &f) || f.Line != line || f.Damage != Torn || head.Seq != uint64(line-1) {
			t.Errorf("cut at %d in line %d: head %+v, error %v", cut, line, head, err)
		}
	}
}

func TestCheckRefusesTornBytesThatWereChangedOrTakenAway(t *testing.T) {
	journal := slices.Collect(strings.Lines(string(contents(t, "../testdata/journal/repaired.jsonl"))))
	torn := journal[2]
	for name, tc := range map[string]struct {
		torn string
		want Fault
	}{
		"changed":      {strings.Replace(torn, "rec", "res", 1), Fault{Line: 2, Damage: Changed}},
		"taken away":   {"", Fault{Line: 3, Damage: Removed}},
		"longer":       {"x" + torn, Fault{Line: 4, Damage: Removed}},
		"made records": {journal[1], Fault{Line: 3, Damage: Inserted}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := slices.Clone(journal)
			changed[2] = tc.torn
			if _, got := damage(changed); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestCheckTakesNoForgedLastLineForATornOne(t *testing.T) {
	journal := lines(t, 3)
	forged := strings.TrimSuffix(strings.Replace(journal[2], `"seq":3`, `"seq":4`, 1), "\n")
	for name, tc := range map[string]struct {
		last string
		want Fault
	}{
		"torn":           {strings.TrimSuffix(journal[2], "\n"), Fault{Line: 3, Damage: Torn}},
		"another number": {forged, Fault{Line: 3, Damage: Changed}},
		"another place":  {strings.TrimSuffix(journal[0], "\n"), Fault{Line: 3, Damage: Inserted}},
	} {
		if _, got := damage([]string{journal[0], journal[1], tc.last}); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestCheckRefusesALineLongerThanAnyRecord(t *testing.T) {
	_, err := check(readFrom(strings.NewReader(strings.Repeat("x", maxLine+1))))
	if err == nil || !strings.HasPrefix(err.Error(), "line 1: changed: it is longer") {
		t.Errorf("error %v", err)
	}
}

func TestReadGoesOnAfterAFault(t *testing.T) {
	journal := lines(t, 6)
	journal[1] = strings.Replace(journal[1], `"n":2`, `"n":0`, 1)
	journal = slices.Delete(journal, 3, 4)
	var got []string
	for e, err := range readFrom(strings.NewReader(strings.Join(journal, ""))) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, string(e.Record))
	}
	want := []string{
		`{"n":1}`, `{"n":0}`,
		`line 2: changed: record 3 was written after another line than this (or line 3 itself was changed)`,
		`{"n":3}`,
		`line 4: removed: record 5 stands where record 4 belongs: what is between them is gone`,
		`{"n":5}`, `{"n":6}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type brokenDisk struct{}

func (brokenDisk) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

func TestReadEndsWithTheReadersError(t *testing.T) {
	if _, err := check(readFrom(brokenDisk{})); err == nil || err.Error() != "line 1: input/output error" {
		t.Errorf("error %v", err)
	}
}

// Nothing but the exact form is a record: another spelling could be read in two ways.
func TestParseTakesOnlyTheExactForm(t *testing.T) {
	good := strings.TrimSuffix(lines(t, 1)[0], "\n")
	if _, ok := parse([]byte(good)); !ok {
		t.Fatal("the exact form is not taken")
	}
	for _, bad := range []string{
		" " + good, good + " ", good + "\r", good[:len(good)-1], good + "}",
		strings.Replace(good, `"v":1`, `"v":2`, 1), strings.Replace(good, `"seq":1`, `"seq":01`, 1),
		strings.Replace(good, `"seq":1`, `"seq":0`, 1), strings.Replace(good, `"seq":1`, `"seq":-1`, 1),
		strings.Replace(good, `"seq":1`, `"seq":99999999999999999999`, 1),
		strings.Replace(good, `"seq":1`, `"seq":1,"seq":1`, 1),
		strings.Replace(good, `,"record"`, `,"repaired":0,"record"`, 1), strings.Replace(good, `{"n":1}`, `[1]`, 1),
		strings.Replace(good, `{"n":1}`, `{"n":1},"record":{}`, 1), strings.Replace(good, `{"n":1}`, `{"n":}`, 1),
	} {
		if e, ok := parse([]byte(bad)); ok {
			t.Errorf("%s was read as %+v", bad, e)
		}
	}
	if _, ok := parse(bytes.ToUpper([]byte(good))); ok {
		t.Error("upper case was read")
	}
}
