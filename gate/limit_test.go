package gate

import (
	"fmt"
	"strings"
	"testing"

	"countersign/history"
	"countersign/policy"
)

// Which limit a push exceeds, the error's type says, whatever its text is about.
func TestLimitIsNamedByItsType(t *testing.T) {
	for _, c := range []struct{ limit, next string }{
		{"blob", "raise limits.blob"},
		{"message", "raise limits.message"},
		{"commits", "raise limits.commits"},
		{"merged", "raise limits.time"},
		{"bytes", "no setting raises this limit"},
		{"tree", "no setting raises this limit"},
		{"", "no setting raises this limit"},
	} {
		p, u := closed(Options{}).newPush(Request{}), &update{}
		u.Name, u.resolved = "refs/tags/v1", "refs/tags/v1"
		limit := &history.LimitError{Limit: c.limit, Text: "something is large; the limit is blob"}
		err := fmt.Errorf("object 1234: %w", limit)
		if !p.blames(t.Context(), u, err) {
			t.Fatalf("%q: not the pusher's", c.limit)
		}
		f := p.decision.Findings[0]
		if f.Code != policy.LimitExceeded || f.Detail != "object 1234: something is large; the limit is blob" ||
			!strings.Contains(strings.Join(f.Next, "; "), c.next) {
			t.Errorf("%q: %+v, want %q", c.limit, f, c.next)
		}
	}
}
