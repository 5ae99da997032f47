package hook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/ticket"
)

func TestTransactionLines(t *testing.T) {
	t.Parallel()
	one, zero, long := strings.Repeat("1", 40), strings.Repeat("0", 40), strings.Repeat("a", 64)
	got, err := Transaction(strings.NewReader(zero + " " + one + " refs/heads/\xff'$(id)\n" +
		zero + " ref:refs/heads/main HEAD\n" + "ref:refs/heads/a ref:refs/heads/b refs/heads/alias\n" + long + " " + long +
		" refs/tags/v1\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []ticket.Move{
		{Old: zero, New: one, Ref: "refs/heads/\xff'$(id)"},
		{Old: zero, New: "ref:refs/heads/main", Ref: "HEAD"},
		{Old: "ref:refs/heads/a", New: "ref:refs/heads/b", Ref: "refs/heads/alias"},
		{Old: long, New: long, Ref: "refs/tags/v1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := Transaction(strings.NewReader("")); got != nil || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	for _, bad := range []string{
		"\n", one + " " + one + " refs/heads/main", one + " " + one + "\n",
		one + " " + one[:39] + " r\n", one + " ref: r\n", one + " " + one + " \n", one + "  " + one + " r\n",
	} {
		if got, err := Transaction(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is understood as %v", bad, got)
		}
	}
}
