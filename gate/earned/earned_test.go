package earned

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// testRepo is a bare repository whose main branch ann has worked on for some months.
// More lands another commit there; or on another branch, from some revision.
func testRepo(t *testing.T) (s *site.Site, tip history.ID, more func(date string, onFrom ...string) history.ID) {
	t.Helper()
	dir := t.TempDir()
	git := func(input string, args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "init", "-q", "--bare", ".")
	n := 0
	more = func(date string, onFrom ...string) history.ID {
		n++
		on, from := "refs/heads/main", "refs/heads/main"
		if onFrom != nil {
			on, from = "refs/heads/"+onFrom[0], onFrom[1]
		}
		when, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		who := fmt.Sprintf(" Ann <ann@example.org> %d +0000\n", when.Unix())
		stream := "commit " + on + "\nauthor" + who + "committer" + who + "data 2\nm\n"
		if n > 1 {
			stream += "from " + git("", "rev-parse", from+"^0") + "\n"
		}
		stream += "M 644 inline configure.ac\ndata 2\n" + string(rune('a'+n)) + "\n\n"
		git(stream, "fast-import", "--quiet")
		id, err := history.ParseID(git("", "rev-parse", on))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, date := range []string{"2025-01-10", "2025-02-10", "2025-03-10"} {
		tip = more(date)
	}
	ann := policy.Principal{Name: "ann", Role: policy.Maintainer, Emails: []string{"ann@example.org"}}
	p := policy.Default().WithPrincipals([]policy.Principal{ann})
	p.Adoption.Commits = []string{tip.String()}
	open := func(limits history.Limits) (site.Repository, error) {
		return history.Open(history.Options{Dir: dir, Env: os.Getenv, Limits: limits})
	}
	repo, err := open(history.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s = site.New(site.Options{Dir: dir, Open: open}, repo)
	s.InForce = &inforce.Policy{Rules: p}
	s.Source = &inforce.Source{First: s.InForce}
	s.OpenTenure()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, tip, more
}

// received is when the pushes come in that ask.
var received = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func annsBuildTenure(s *site.Site, l *policy.Ledger) policy.TenureFigures {
	return l.Tenure(s.Rules(), "ann", []string{"build"}, received.Unix())
}

func TestLedgerIsKeptAndNeverTrusted(t *testing.T) {
	s, tip, more := testRepo(t)
	ctx := context.Background()
	want := policy.TenureFigures{Days: 507, Commits: 3, Months: 3} // 2025-01-10 to 2026-06-01

	at := func(tip history.ID) policy.TenureFigures {
		t.Helper()
		l, err := At(ctx, s, "refs/heads/main", tip)
		if err != nil {
			t.Fatal(err)
		}
		return annsBuildTenure(s, l)
	}
	if got := at(tip); got != want {
		t.Fatalf("worked out: %+v, want %+v", got, want)
	}
	if err := Prepare(ctx, s); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.GitDir(), "countersign/tenure/*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("kept in %q, %v", files, err)
	}
	file := files[0]
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := at(tip); got != want {
		t.Errorf("kept: %+v, want %+v", got, want)
	}

	// What is kept is never trusted: without it, it is worked out anew.
	if err := os.WriteFile(file, kept[:len(kept)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := at(tip); got != want {
		t.Errorf("cut: %+v, want %+v", got, want)
	}

	// A ledger of an earlier tip is carried on; what landed since is judged by signature, and nobody
	// signed it.
	if err := os.WriteFile(file, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	later := more("2025-06-10")
	if got := at(later); got != want {
		t.Errorf("carried on: %+v, want %+v", got, want)
	}
}

func TestClaimsCountOnlyIfThePolicySaysSo(t *testing.T) {
	s, tip, _ := testRepo(t)
	s.Rules().Adoption.CreditClaims = false
	l, err := At(context.Background(), s, "refs/heads/main", tip)
	if err != nil {
		t.Fatal(err)
	}
	if got := annsBuildTenure(s, l); got != (policy.TenureFigures{}) {
		t.Errorf("%+v, want nothing", got)
	}
	if want := time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC).Unix(); l.Last() != want {
		t.Errorf("landing time %d, want %d", l.Last(), want)
	}
}
