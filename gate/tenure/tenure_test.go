package tenure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

const main, other, byPolicy = "refs/heads/main", "refs/heads/other", "digest"

// ledger gives one on which ann has landed some commits.
func ledger(commits int64) *policy.Ledger {
	l := new(policy.Ledger)
	ann := policy.Principal{Name: "ann", Role: policy.Maintainer, Emails: []string{"ann@example.org"}}
	p := policy.Default().WithPrincipals([]policy.Principal{ann})
	for n := range commits {
		when := 1_600_000_000 + n*100*24*60*60
		who := policy.Identity{Name: "Ann", Email: "ann@example.org", When: when}
		l.Credit(p, &policy.Landing{Commit: policy.Commit{
			ID: strconv.FormatInt(n, 10), Author: who, Committer: who,
			Signature: policy.Signature{Status: "good", Principal: "ann"},
		}})
	}
	return l
}

func text(t *testing.T, l *policy.Ledger) string {
	t.Helper()
	if l == nil {
		return "none"
	}
	b, err := l.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func at(t *testing.T, c *Cache, ref, tip string) string {
	t.Helper()
	l, _ := c.At(ref, tip)
	return text(t, l)
}

// saved is the Git directory of a repository, and the one file of its cache.
func saved(t *testing.T, entries ...Entry) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	c := Open(dir, byPolicy)
	c.Keep(main, entries...)
	if at(t, Open(dir, byPolicy), main, entries[0].Tip) != "none" {
		t.Error("what wasn't saved is found")
	}
	c.Save()
	files, err := filepath.Glob(filepath.Join(dir, "countersign/tenure/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("saved in %q, %v", files, err)
	}
	return dir, files[0]
}

func TestKeptLedgers(t *testing.T) {
	t.Parallel()
	links := policy.NewLinks(map[string]string{"b\xff": "c", "a": "../d"})
	before := Entry{Tip: "1", Ledger: ledger(2), Links: LinksOf(policy.NewLinks(nil))}
	dir, _ := saved(t, Entry{Tip: "2", Ledger: ledger(3), Above: []string{"0"}, Links: LinksOf(links)}, before)
	links.Set("a", "")

	c := Open(dir, byPolicy)
	for tip, want := range map[string]string{"2": text(t, ledger(3)), "1": text(t, ledger(2)), "3": "none"} {
		if got := at(t, c, main, tip); got != want {
			t.Errorf("at %s: %s, want %s", tip, got, want)
		}
	}
	l, earlier := c.At(main, "3")
	if l != nil || len(earlier) != 2 || earlier[0].Tip != "2" || earlier[1].Tip != "1" {
		t.Errorf("to be carried on: %v, %+v", l, earlier)
	}
	// A ref of which nothing is kept begins where another is; it isn't carried on from there.
	if got, want := at(t, c, other, "1"), text(t, ledger(2)); got != want {
		t.Errorf("where main was: %s, want %s", got, want)
	}
	if l, earlier := c.At(other, "3"); l != nil || earlier != nil {
		t.Errorf("where nobody was: %v, %+v", l, earlier)
	}
	if diff := cmp.Diff(map[string]string{"b\xff": "c", "a": "../d"}, c.Links(main, "2").Targets()); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if none := c.Links(main, "1"); none == nil || len(none.Targets()) != 0 {
		t.Errorf("that there are no links is known: %v", none)
	}
	if c.Links(main, "3") != nil || c.Links(other, "2") != nil {
		t.Error("links of a commit that isn't kept")
	}
	for _, c := range []struct {
		ref, tip string
		adopted  []string
		want     bool
	}{
		{main, "2", []string{"0"}, true},
		{main, "2", []string{"0", "1"}, false},
		{main, "1", []string{"0"}, false},
		{other, "2", []string{"0"}, false},
	} {
		if got := Open(dir, byPolicy).Above(c.ref, c.tip, c.adopted); got != c.want {
			t.Errorf("%s at %s is above %v: %v", c.ref, c.tip, c.adopted, got)
		}
	}
}

// What a push went on from is kept with what it led to, as it was read.
func TestCarriedOnTwice(t *testing.T) {
	t.Parallel()
	dir, _ := saved(t, Entry{Tip: "2", Ledger: ledger(3)}, Entry{Tip: "1", Ledger: ledger(2)})
	c := Open(dir, byPolicy)
	before, _ := c.At(main, "2")
	c.Keep(main, Entry{Tip: "3", Ledger: ledger(4)}, Entry{Tip: "2", Ledger: before})
	c.Save()
	c = Open(dir, byPolicy)
	for tip, want := range map[string]string{"3": text(t, ledger(4)), "2": text(t, ledger(3)), "1": "none"} {
		if got := at(t, c, main, tip); got != want {
			t.Errorf("at %s: %s, want %s", tip, got, want)
		}
	}
}

// What had landed is kept at once, and only where it wasn't.
func TestLandedIsKeptAtOnce(t *testing.T) {
	t.Parallel()
	dir, _ := saved(t, Entry{Tip: "2", Ledger: ledger(3)}, Entry{Tip: "1", Ledger: ledger(2)})
	c := Open(dir, byPolicy)
	c.Keep(main, Entry{Tip: "9", Ledger: ledger(1)}) // a push that will be refused
	c.Landed(main, Entry{Tip: "1", Ledger: ledger(4)})
	if got, want := at(t, Open(dir, byPolicy), main, "1"), text(t, ledger(2)); got != want {
		t.Errorf("what was there: %s, want %s", got, want)
	}
	c.Landed(main, Entry{Tip: "3", Ledger: ledger(4)})
	c = Open(dir, byPolicy)
	if got, want := at(t, c, main, "3"), text(t, ledger(4)); got != want {
		t.Errorf("what wasn't: %s, want %s", got, want)
	}
	if got := at(t, c, main, "9"); got != "none" {
		t.Errorf("of a push that isn't accepted: %s", got)
	}
}

// What a reader makes of a ledger changes nothing for the next one.
func TestLedgerIsTheReaders(t *testing.T) {
	t.Parallel()
	dir, _ := saved(t, Entry{Tip: "2", Ledger: ledger(3)})
	c := Open(dir, byPolicy)
	l, _ := c.At(main, "2")
	later := policy.Commit{ID: "x", Committer: policy.Identity{When: 1_900_000_000}}
	l.Credit(policy.Default(), &policy.Landing{Commit: later})
	if got, want := at(t, c, main, "2"), text(t, ledger(3)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Whatever doesn't fit is as if it weren't there.
func TestSpoiltCacheIsNotUsed(t *testing.T) {
	t.Parallel()
	dir, file := saved(t, Entry{Tip: "2", Ledger: ledger(3)})
	if got := at(t, Open(dir, "another"), main, "2"); got != "none" {
		t.Errorf("of another policy: %s", got)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) string { return strings.Replace(string(whole), old, new, 1) }
	for name, forged := range map[string]string{
		"an earlier landing": replaced(`"last":`, `"last":-`), "another commit": replaced(`"tip":"2"`, `"tip":"3"`),
		"another policy": replaced(byPolicy, "another"), "another format": replaced(`"v":6`, `"v":5`),
		"cut": string(whole[:len(whole)/2]), "empty": "", "a byte more": string(whole) + " ",
		"another sum": "x" + string(whole[1:]), "no sum": string(whole[65:]),
		"no ledger": summed(`{"v":6,"policy":"digest","entries":[{"tip":"2"}]}`),
		"nobody's credit": summed(
			`{"v":6,"policy":"digest","entries":[{"tip":"2","ledger":{"people":[],"pending":"AQAA"}}]}`),
		"half a credit": summed(
			`{"v":6,"policy":"digest","entries":[{"tip":"2","ledger":{"people":["a"],"for":[""],"pending":"AQA="}}]}`),
	} {
		if bytes.Equal(whole, []byte(forged)) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(file, []byte(forged), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, by := range []string{byPolicy, "another"} {
			for _, tip := range []string{"2", "3"} {
				if got := at(t, Open(dir, by), main, tip); got != "none" {
					t.Errorf("%s: at %s %s", name, tip, got)
				}
			}
		}
	}
}

// summed gives a file whose sum is right.
func summed(body string) string { return sum([]byte(body)) + "\n" + body }

// A file of another format isn't read, though it is whole.
func TestOtherFormat(t *testing.T) {
	t.Parallel()
	for v, want := range map[int]string{version: text(t, ledger(3)), version - 1: "none"} {
		dir, name := saved(t, Entry{Tip: "2", Ledger: ledger(1)})
		body := fmt.Sprintf(`{"v":%d,"policy":%q,"entries":[{"tip":"2","ledger":%s}]}`, v, byPolicy, text(t, ledger(3)))
		if err := os.WriteFile(name, []byte(summed(body)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := at(t, Open(dir, byPolicy), main, "2"); got != want {
			t.Errorf("of format %d: %s, want %s", v, got, want)
		}
	}
}

// Where nothing can be written, nothing is kept, and nobody is told.
func TestCacheThatCantBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "countersign"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := Open(dir, byPolicy)
	c.Keep(main, Entry{Tip: "2", Ledger: ledger(3)})
	c.Save()
	if got := at(t, c, main, "2"); got != "none" {
		t.Errorf("found: %s", got)
	}
}

// BenchmarkCarryOn is what the cache takes of a push onto a branch on which much has landed that hasn't settled.
func BenchmarkCarryOn(b *testing.B) {
	p := policy.Default().WithPrincipals([]policy.Principal{{
		Name: "ann", Role: policy.Maintainer, Emails: []string{"ann@example.org"},
	}})
	land := func(l *policy.Ledger, when int64) {
		signed := policy.Signature{Status: policy.StatusGood, Principal: "ann"}
		l.Credit(p, &policy.Landing{Commit: policy.Commit{Committer: policy.Identity{When: when}, Signature: signed}})
	}
	l := new(policy.Ledger)
	for i := range int64(57_000) {
		land(l, 1_700_000_000+i)
	}
	c := Open(b.TempDir(), byPolicy)
	c.Keep(main, Entry{Tip: "1", Ledger: l})
	c.Save()
	for b.Loop() {
		before, _ := c.At(main, "1")
		after := before.Clone()
		land(after, 1_700_057_000)
		c.Keep(main, Entry{Tip: "2", Ledger: after}, Entry{Tip: "1", Ledger: before})
		c.Save()
	}
}
