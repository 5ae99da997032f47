package settle

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/history"
	"countersign/policy"
)

// store lists refs, and counts how often it is asked.
type store struct {
	refReacher
	refs  []history.Ref
	asked int
}

func (s *store) Refs(_ context.Context, patterns ...string) ([]history.Ref, error) {
	s.asked++
	var found []history.Ref
	for _, r := range s.refs {
		for _, p := range patterns {
			if strings.HasPrefix(r.Name, p) {
				found = append(found, r)
			}
		}
	}
	return found, nil
}

// Whether attestations are asked of each commit or listed all at once, the same are found: those about it, and every
// withdrawal.
func TestAttestationsAreFound(t *testing.T) {
	t.Parallel()
	s := new(store)
	id := func(n int) string { return fmt.Sprintf("%040x", n+1) }
	tag, err := history.ParseID(strings.Repeat("a", 40))
	if err != nil {
		t.Fatal(err)
	}
	const commits = 3 * fewCommits
	for n := range commits {
		for _, name := range []string{policy.Approves.Ref(id(n), "ben"), policy.Excepts.Ref(id(n), "ann")} {
			s.refs = append(s.refs, history.Ref{Name: name, ID: tag})
		}
		s.refs = append(s.refs, history.Ref{Name: policy.Approves.Prefix() + id(n) + "/un/named", ID: tag})
	}
	withdrawal := policy.Withdraws.Ref(id(2*commits), "ann")
	s.refs = append(s.refs, history.Ref{Name: withdrawal, ID: tag})
	var a Answers
	for n := range commits {
		found, err := a.attestations(t.Context(), s, []string{id(n), id(commits + n)})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range found {
			names = append(names, r.Called)
		}
		want := []string{policy.Approves.Ref(id(n), "ben"), policy.Excepts.Ref(id(n), "ann"), withdrawal}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Fatalf("of commit %d (-want +got):\n%s", n, diff)
		}
	}
	if most := fewCommits/2 + 1; s.asked != most {
		t.Errorf("the refs were listed %d times for %d commits, want %d", s.asked, commits, most)
	}
}
