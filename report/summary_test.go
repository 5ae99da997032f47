package report

import (
	"strings"
	"testing"

	"countersign/policy"
)

// What was counted and not kept, the text says, too.
func TestTextOfSignatures(t *testing.T) {
	t.Parallel()
	d := policy.Decision{
		SignaturesOnly: true,
		Summary: &policy.Summary{
			Commits: policy.Signed{
				Total: 9, Statuses: []policy.Count{{Name: "unknown-key", Count: 5}, {Name: "missing", Count: 4}},
			},
			Findings: []policy.Count{{Name: "signer-unknown", Count: 5}},
		},
		Findings: []policy.Finding{
			{
				Code: policy.SignerUnknown, Ref: "refs/heads/main", Commit: "a",
				Refs: []string{"refs/heads/main", "refs/heads/\x1b"}, MoreRefs: 3,
			},
			{Code: policy.SignerUnknown, Ref: "refs/heads/main", Commit: "b"},
		},
	}
	for _, c := range []struct {
		alike int
		want  []string
	}{
		{1, []string{"and 1 more signer-unknown: --all shows each", "and 3 signer-unknown that aren't listed"}},
		{9, []string{
			`on refs/heads/main, refs/heads/\x1b and 3 others`, "2. signer-unknown b", "and 3 signer-unknown that",
		}},
	} {
		var b strings.Builder
		if err := Text(&b, d, Options{Alike: c.alike}); err != nil {
			t.Fatal(err)
		}
		c.want = append(c.want, "countersign: 9 commits, 0 tags: 5 signed, 5 signatures of them not good\n")
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("with %d alike it lacks %q:\n%s", c.alike, want, b.String())
			}
		}
	}
}
