package kept

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

// commit gives one that changes some paths.
func commit(id, by string, when int64, paths ...string) policy.Commit {
	c := policy.Commit{ID: id, Parents: []string{"p"}, Author: policy.Identity{Email: by}}
	c.Committer = policy.Identity{Email: by, When: when}
	for i, path := range paths {
		ch := policy.Change{Path: path, NewMode: modes[1+i%2], Traits: policy.Traits(i)}
		if i == 1 {
			ch.OldMode, ch.Merged, ch.Anywhere, ch.Also = modes[3], true, true, []string{"shown/" + path, path}
		}
		c.Changes = append(c.Changes, ch)
	}
	return c
}

// landings are adopted ones and then verified ones, with all that a line keeps.
func landings() (all []*policy.Landing, adopted int) {
	merge := commit("2", "ben@example.org", 20)
	merge.Parents = []string{"p", "q"}
	signed := commit("3", "ann@example.org", -5, "odd\xff\n", "b")
	signed.Signature = policy.Signature{Status: policy.StatusGood, Principal: "ann"}
	bad := commit("4", "", 40)
	bad.Malformed, bad.Signature.Status = "two authors", policy.StatusMalformed
	return []*policy.Landing{
		{Commit: commit("1", "ann@example.org", 10, "configure.ac")},
		{Commit: merge, Brought: []policy.Commit{commit("x", "ann@example.org", 15, "a", "b", "c"), commit("y", "", 16)}},
		{Commit: signed, Brought: []policy.Commit{signed}},
		{Commit: bad},
	}, 2
}

// lineOf gives a line of all those landings.
func lineOf() *Line {
	l := &Line{Keys: "keys", Adopted: []string{"2", "z"}}
	all, adopted := landings()
	for i, landing := range all {
		l.Add(landing, i >= adopted)
	}
	return l
}

// essence is what is to be kept of a landing.
func essence(l *policy.Landing) policy.Landing {
	of := policy.Landing{Brought: []policy.Commit{}}
	when := l.Commit.Committer.When
	for c := range l.Commits() {
		k := policy.Commit{Author: c.Author, Committer: c.Committer, Signature: c.Signature, Changes: c.Changes}
		k.Committer.When = 0
		if c.Malformed != "" {
			k.Malformed, k.Signature = policy.StatusMalformed, policy.Signature{}
		}
		k.Author.When = int64(len(c.Parents)) // one, or another number
		if k.Author.When != 1 {
			k.Author.When = 0
		}
		k.Changes = append([]policy.Change{}, c.Changes...)
		of.Brought = append(of.Brought, k)
	}
	of.Received = when
	return of
}

func essences(t *testing.T, l *Line, from, to int) []policy.Landing {
	t.Helper()
	all := []policy.Landing{}
	for landing, err := range l.Landings(from, to) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, essence(landing))
	}
	return all
}

// What is written is read again, all at once or in part, and a line that goes on from another changes nothing in that.
func TestLine(t *testing.T) {
	t.Parallel()
	var want []policy.Landing
	all, adopted := landings()
	for _, landing := range all {
		want = append(want, essence(landing))
	}
	l, err := parse(lineOf().text())
	if err != nil {
		t.Fatal(err)
	}
	if l.Len() != len(all) || l.Claimed() != adopted || l.Keys != "keys" || !cmp.Equal(l.Adopted, []string{"2", "z"}) {
		t.Errorf("%d landings, %d adopted, by %q since %q", l.Len(), l.Claimed(), l.Keys, l.Adopted)
	}
	for from := range len(all) {
		if diff := cmp.Diff(want[from:], essences(t, l, from, len(all))); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", from, diff)
		}
	}
	if at, ok := l.Find("3"); !ok || at != 2 || l.ID(at) != "3" {
		t.Errorf("3 is at %d, %v", at, ok)
	}
	if at, ok := l.Find("x"); ok {
		t.Errorf("what no landing commit is, is at %d", at)
	}
	for n := range len(all) {
		other := l.After(n)
		other.Add(&policy.Landing{Commit: commit("9", "eve@example.org", 9, "e")}, true)
		if other.Len() != n+1 || other.Claimed() != min(n, adopted) || other.ID(n) != "9" {
			t.Errorf("after %d: %d landings, %d adopted", n, other.Len(), other.Claimed())
		}
		if diff := cmp.Diff(want[:n], essences(t, other, 0, n)); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", n, diff)
		}
	}
	if diff := cmp.Diff(want, essences(t, l, 0, len(all))); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

// After what can't be kept nothing is, and no adopted landing comes after a verified one.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	odd := commit("6", "ann@example.org", 50, "a")
	odd.Changes[0].NewMode = 0o100600
	for name, c := range map[string]struct {
		landing  policy.Commit
		verified bool
	}{"a mode that Git doesn't write": {odd, true}, "one that was adopted": {commit("6", "ann@example.org", 50), false}} {
		l := lineOf()
		n := l.Len()
		l.Add(&policy.Landing{Commit: c.landing}, c.verified)
		l.Add(&policy.Landing{Commit: commit("7", "ann@example.org", 60)}, true)
		if l.Len() != n || len(essences(t, l, 0, n)) != n {
			t.Errorf("after %s: %d landings, want %d", name, l.Len(), n)
		}
	}
}

// A file that isn't wholly what was written is as if it weren't there: cut anywhere, changed anywhere, longer, or of
// another version.
func TestSpoiltFileIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := Open(dir)
	s.Keep(lineOf())
	s.Save()
	file := filepath.Join(dir, "countersign", "tenure", "landings")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := Open(dir).Line().Len(); n != 4 {
		t.Fatalf("%d landings", n)
	}
	spoilt := map[string][]byte{"longer": append(bytes.Clone(whole), 0)}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		spoilt["cut at "+string(rune(i))], spoilt["changed at "+string(rune(i))] = whole[:i], changed
	}
	other := bytes.Replace(whole, []byte("landings 1"), []byte("landings 0"), 1)
	spoilt["another version"] = summed(other)
	for name, text := range spoilt {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if n := Open(dir).Line().Len(); n != 0 {
			t.Errorf("%q: %d landings", name, n)
		}
	}
}

// The longer line is kept, and one that begins with another adoption.
func TestKeep(t *testing.T) {
	t.Parallel()
	next := &policy.Landing{Commit: commit("5", "ann@example.org", 50)}
	for name, c := range map[string]struct {
		line func(l *Line) *Line
		want string
	}{
		"the same":         {func(l *Line) *Line { return l.After(4) }, "4"},
		"longer":           {func(l *Line) *Line { return l.After(4) }, "5"},
		"as long":          {func(l *Line) *Line { return l.After(3) }, "5"},
		"shorter":          {func(l *Line) *Line { return l.After(2) }, "4"},
		"another adoption": {func(l *Line) *Line { l = l.After(1); l.Adopted = []string{"1"}; return l }, "5"},
	} {
		dir := t.TempDir()
		s := Open(dir)
		s.Keep(lineOf())
		s.Save()
		l := c.line(Open(dir).Line())
		if name != "the same" {
			l.Add(next, true)
		}
		s = Open(dir)
		s.Keep(l)
		s.Save()
		s.Save()
		if kept := Open(dir).Line(); kept.ID(kept.Len()-1) != c.want {
			t.Errorf("%s: it ends with %s, want %s", name, kept.ID(kept.Len()-1), c.want)
		}
	}
}

// Where nothing can be written, nothing is kept, and nobody is told. What is too large isn't read.
func TestStoreThatCantBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "countersign"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := Open(dir)
	s.Keep(lineOf())
	s.Save()
	if n := Open(dir).Line().Len(); n != 0 {
		t.Errorf("%d landings", n)
	}
	dir = t.TempDir()
	s = Open(dir)
	s.Keep(lineOf())
	s.Save()
	if err := os.Truncate(filepath.Join(dir, "countersign", "tenure", "landings"), maxBytes+1); err != nil {
		t.Fatal(err)
	}
	if n := Open(dir).Line().Len(); n != 0 {
		t.Errorf("of a file that is too large: %d landings", n)
	}
}

// FuzzLine reads anything behind a right checksum: it is damaged, or a line that can be read to its end or to where it
// is damaged, and written again.
func FuzzLine(f *testing.F) {
	f.Add(lineOf().text()[sha256.Size:])
	f.Add(new(Line).text()[sha256.Size:])
	f.Add([]byte(version + strings.Repeat("\xff", 20)))
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := parse(summed(append(make([]byte, sha256.Size), body...)))
		if err != nil {
			return
		}
		n := 0
		for _, err := range l.Landings(0, l.Len()) {
			if err != nil {
				return
			}
			n++
		}
		if n != l.Len() {
			t.Fatalf("%d landings of %d", n, l.Len())
		}
		again, err := parse(l.text())
		if err != nil || again.Len() != n || !bytes.Equal(again.body, l.body) {
			t.Fatalf("written again it is %+v, %v", again, err)
		}
	})
}

// Of two that write at once one wins, and who reads meanwhile finds all of one of the two lines. What somebody left who
// was killed while they wrote is nothing.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	save := func(n int) {
		l := lineOf().After(3)
		for range n {
			l.Add(&policy.Landing{Commit: commit("5", "ann@example.org", 50)}, true)
		}
		s := &Store{dir: Open(dir).dir, line: new(Line)} // which knows nothing of what others wrote
		s.Keep(l)
		s.Save()
	}
	save(1)
	left := filepath.Join(dir, "countersign", "tenure", ".new-1")
	if err := os.WriteFile(left, lineOf().text()[:99], 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for n := range 2 {
		writers.Go(func() {
			for range 50 {
				save(1 + n)
			}
		})
	}
	for range 100 {
		if n := Open(dir).Line().Len(); n != 4 && n != 5 {
			t.Errorf("%d landings", n)
		}
	}
	writers.Wait()
}
