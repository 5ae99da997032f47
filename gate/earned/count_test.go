package earned

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/kept"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// reopen gives the site anew, as the next push opens it, by a policy that may be another one.
func reopen(s *site.Site, change func(*policy.Policy)) {
	rules := *s.Rules()
	change(&rules)
	s.InForce.Rules = &rules
	s.OpenTenure()
}

func landingsFile(s *site.Site) string {
	return filepath.Join(s.GitDir(), "countersign", "tenure", "landings")
}

func ledgerText(t *testing.T, l *policy.Ledger, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := l.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// same asks that a ledger is what the history alone gives.
func same(t *testing.T, s *site.Site, tip history.ID) {
	t.Helper()
	got, err := At(t.Context(), s, "refs/heads/main", tip)
	gotText := ledgerText(t, got, err)
	want, err := All(t.Context(), s, tip)
	if diff := cmp.Diff(ledgerText(t, want, err), gotText); diff != "" {
		t.Errorf("at %s (-from the history +by what is kept):\n%s", tip, diff)
	}
}

// By another policy what everybody had earned is counted by what is kept of the landings, and is the same as from the
// history: at the tip, before it, and after it.
func TestCountedByWhatIsKept(t *testing.T) {
	s, tip, more := testRepo(t)
	if err := Prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if n := kept.Open(s.GitDir()).Line().Len(); n != 3 {
		t.Fatalf("%d landings are kept, want 3", n)
	}
	line, err := s.Repo.FirstParents(t.Context(), tip, func(history.ID) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	later := more("2025-06-10")
	for name, change := range map[string]func(*policy.Policy){
		"settling": func(p *policy.Policy) { p.Tenure.Settling *= 2 },
		"claims":   func(p *policy.Policy) { p.Adoption.CreditClaims = false },
		"adoption of all": func(p *policy.Policy) {
			p.Adoption.CreditClaims, p.Adoption.Commits = true, []string{later.String()}
		},
		"adoption of less": func(p *policy.Policy) { p.Adoption.Commits = []string{line[1].String()} },
		"no adoption":      func(p *policy.Policy) { p.Adoption.Commits = nil },
	} {
		for _, at := range append([]history.ID{later}, line...) {
			reopen(s, change)
			same(t, s, at)
			s.Kept.Save() // for the next change
		}
		if t.Failed() {
			t.Fatalf("by another policy: %s", name)
		}
	}
}

// Landings of another repository, and such as no history has, are no landings of this one. What lies under the id of a
// landing is believed: whoever may write there may write to the repository.
func TestLandingsOfAnotherRepository(t *testing.T) {
	s, tip, more := testRepo(t)
	later := more("2025-06-10")
	other, _, moreThere := testRepo(t)
	for _, date := range []string{"2025-04-01", "2025-05-01"} {
		other.Rules().Adoption.Commits = []string{moreThere(date).String()}
	}
	if err := Prepare(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	swapped, err := os.ReadFile(landingsFile(other))
	if err != nil {
		t.Fatal(err)
	}
	forged := &kept.Line{Adopted: s.Rules().Adoption.Commits}
	for range 9 {
		c := policy.Commit{ID: later.String()[:39] + "x", Committer: policy.Identity{Email: "ann@example.org"}}
		forged.Add(&policy.Landing{Commit: c}, false)
	}
	for name, put := range map[string]func() error{
		"swapped": func() error { return os.WriteFile(landingsFile(s), swapped, 0o600) },
		"forged": func() error {
			store := kept.Open(s.GitDir())
			store.Keep(forged)
			store.Save()
			return nil
		},
	} {
		if err := os.MkdirAll(filepath.Dir(landingsFile(s)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := put(); err != nil {
			t.Fatal(err)
		}
		reopen(s, func(*policy.Policy) {})
		if n := s.Kept.Line().Len(); n < 5 {
			t.Fatalf("%s: %d landings", name, n)
		}
		same(t, s, tip)
		same(t, s, later)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// What has a right checksum and can't be read is left aside, wherever that shows: the history is read.
func TestLandingsThatCantBeRead(t *testing.T) {
	s, tip, _ := testRepo(t)
	if err := Prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(landingsFile(s))
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole[sha256.Size:] {
		text := bytes.Clone(whole[sha256.Size:])
		text[at] ^= 0x80
		sum := sha256.Sum256(text)
		if err := os.WriteFile(landingsFile(s), append(sum[:], text...), 0o600); err != nil {
			t.Fatal(err)
		}
		reopen(s, func(p *policy.Policy) { p.Tenure.Settling += time.Second })
		if _, err := At(t.Context(), s, "refs/heads/main", tip); err != nil {
			t.Fatalf("with byte %d changed: %v", at, err)
		}
	}
}

// Branches that part in many places are counted once each, and each as if it were alone. A date in the future, in what
// was adopted, is one for each branch by its own last commit.
func TestPrepareCountsManyBranches(t *testing.T) {
	s, tip, more := testRepo(t)
	tips := map[string]history.ID{"main": tip}
	branch := func(name, from string, dates ...string) {
		t.Helper()
		for i, date := range dates {
			if i > 0 {
				from = name
			}
			tips[name] = more(date, name, from)
		}
	}
	branch("main", "main", "2025-04-10", "2027-05-10", "2025-05-11")
	branch("release/1", "main~3", "2025-06-01", "2025-07-01")
	branch("release/2", "release/1~1", "2025-06-02")
	branch("release/3", "release/1", "2025-07-02", "2028-01-01")
	branch("release/4", "main~1", "2025-05-20")
	branch("main", "main", "2025-08-01", "2025-09-01")
	for _, adopted := range [][]string{
		{tips["main"].String()},
		{tips["main"].String(), tips["release/1"].String(), tips["release/3"].String()},
		{tips["release/2"].String()},
		{tip.String()},
		nil,
	} {
		reopen(s, func(p *policy.Policy) { p.Adoption.Commits = adopted })
		if err := Prepare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		s.OpenTenure()
		for name, tip := range tips {
			got, _ := s.Tenure.At("refs/heads/"+name, tip.String())
			if got == nil {
				t.Fatalf("%s isn't prepared", name)
			}
			want, err := All(t.Context(), s, tip)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(ledgerText(t, want.Clone(), nil), ledgerText(t, got.Clone(), nil)); diff != "" {
				t.Errorf("adopted %v, %s (-alone +prepared):\n%s", adopted, name, diff)
			}
		}
	}
}
