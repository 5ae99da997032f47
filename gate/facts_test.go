package gate

import (
	"context"
	"iter"
	"strings"
	"testing"

	"countersign/history"
	"countersign/policy"
)

func TestTitleIsTheWholeFirstParagraph(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for message, want := range map[string]string{
		"":                                     "",
		"\n\n":                                 "",
		"a":                                    "a",
		"a\n\nb":                               "a\n",
		"\n \t\n\r\na into b\nc\n\nd into e\n": "a into b\nc\n",
		"a\r\n\r\nb":                           "a\r\n",
		"  a " + long + " into b\n \nc":        "a " + long + " into b\n",
	} {
		if got := title([]byte(message)); got != want {
			t.Errorf("title(%.40q) = %.40q, want %.40q", message, got, want)
		}
	}
}

// cut is a repository whose history can't be read to its end, since no time is left.
type cut struct {
	Repository
	cancel context.CancelFunc
}

func (c cut) Landings(ctx context.Context, _ history.Range) iter.Seq2[history.Landing, error] {
	return func(yield func(history.Landing, error) bool) {
		if yield(history.Landing{}, nil) {
			c.cancel()
			yield(history.Landing{}, context.Cause(ctx))
		}
	}
}

// What was read when no time was left isn't all there is, whoever is first to notice.
func TestAttackReadUntilNoTimeIsLeft(t *testing.T) {
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		w := new(Gate).walk(ctx, cut{cancel: cancel}, history.Range{}, true)
		_, any, err := w.begins()
		if err != nil || !any {
			t.Fatal(any, err)
		}
		for f := range w.from(origin{inForce: new(policyInForce), links: policy.NewLinks(nil)}) {
			_, err = f.wait()
		}
		w.stop()
		cancel()
		if err == nil {
			t.Fatal("half of the landings were taken for all of them")
		}
	}
}

// A caller that goes away before it says what stood before the first landing leaves nothing behind, nor does one that
// says so too late.
func TestWalkIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := new(Gate).walk(ctx, cut{cancel: cancel}, history.Range{}, true)
	w.stop()
	w = new(Gate).walk(ctx, cut{cancel: cancel}, history.Range{}, true)
	if _, any, err := w.begins(); err != nil || !any {
		t.Fatal(any, err)
	}
	cancel()
	var failed error
	for f := range w.from(origin{inForce: new(policyInForce), links: policy.NewLinks(nil)}) {
		if _, err := f.wait(); err != nil {
			failed = err
		}
	}
	w.stop()
	if failed == nil {
		t.Error("no error")
	}
}
