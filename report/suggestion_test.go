package report

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

// The rules that a suggestion prints are read as the rules that they are.
func TestSuggestedRulesAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range policy.Profiles() {
		p := policy.Default().WithRulesOf(name)
		p.Rules = append(p.Rules, policy.Rule{
			Name: "own", Why: "a \"quoted\" \\ text\n\u202ex", Classes: []string{"vendored"}, Approvals: 2, Wait: 36 * time.Hour,
			Exempt: policy.Exempt{Commits: 7, In: "class"}, Approvers: &policy.Exempt{Days: 9, In: "all"},
		})
		var b strings.Builder
		s := policy.Suggestion{Fits: true, Policy: p}
		if err := Suggestion(&b, s, "0.5%", false); err != nil {
			t.Fatal(err)
		}
		_, lines, _ := strings.Cut(b.String(), "profile:\n")
		lines, _, _ = strings.Cut(lines, "Numbers that fit")
		read, err := policy.LoadDraft(fstest.MapFS{policy.FileName: {Data: []byte("version = 1\n" + lines)}})
		if err != nil {
			t.Fatalf("%v in\n%s", err, lines)
		}
		if diff := cmp.Diff(p.Rules, read.Rules); diff != "" {
			t.Errorf("%s: printed and read again (-before +after):\n%s", name, diff)
		}
	}
}
