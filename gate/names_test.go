package gate

import (
	"maps"
	"slices"
	"testing"

	"countersign/policy"
)

func TestTwins(t *testing.T) {
	twins := map[string]string{
		"refs/heads/MAIN":         "refs/heads/main", // which the policy names
		"refs/heads/ma\u0131n":    "",                // a dotless i is another letter
		"refs/heads/Release/2":    "refs/heads/release",
		"refs/heads/release/2":    "",
		"refs/Heads/x":            "refs/heads",
		"refs/heads/cafe\u0301":   "refs/heads/caf\u00e9",
		"refs/heads/CAFE\u0301":   "refs/heads/caf\u00e9",
		"refs/heads/cafe":         "",
		"refs/heads/ma\u200cin":   "refs/heads/main",
		"refs/heads/\u212aing":    "",
		"refs/heads/MAIN/topic":   "refs/heads/main",
		"refs/heads/old/c":        "", // both were there before
		"refs/tags/v\xfe":         "",
		"refs/tags/V\xff":         "refs/tags/v\xff",
		"refs/heads/release/STRA": "",
	}
	n := namesOf(policy.Default(), nil, slices.Collect(maps.Keys(twins)))
	for _, ref := range []string{
		"refs/heads/release/1", "refs/heads/caf\u00e9", "refs/heads/Old/a", "refs/heads/old/b", "refs/tags/v\xff",
	} {
		n.add(ref)
	}
	for ref, want := range twins {
		if got := n.twin(ref); got != want {
			t.Errorf("%q is one with %q, want %q", ref, got, want)
		}
	}
}
