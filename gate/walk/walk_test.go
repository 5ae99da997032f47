package walk

import (
	"context"
	"iter"
	"testing"

	"countersign/history"
	"countersign/policy"
)

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

// itself bounds nothing.
func itself(when int64) int64 { return when }

// What was read when no time was left isn't all there is, whoever is first to notice.
func TestAttackReadUntilNoTimeIsLeft(t *testing.T) {
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		w := Start(ctx, Route{Repo: cut{cancel: cancel}, Bound: itself})
		_, any, err := w.Begins()
		if err != nil || !any {
			t.Fatal(any, err)
		}
		for f := range w.From(Origin{Links: policy.NewLinks(nil)}) {
			_, err = f.Wait()
		}
		w.Stop()
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
	w := Start(ctx, Route{Repo: cut{cancel: cancel}, Bound: itself})
	w.Stop()
	w = Start(ctx, Route{Repo: cut{cancel: cancel}, Bound: itself})
	if _, any, err := w.Begins(); err != nil || !any {
		t.Fatal(any, err)
	}
	cancel()
	var failed error
	for f := range w.From(Origin{Links: policy.NewLinks(nil)}) {
		if _, err := f.Wait(); err != nil {
			failed = err
		}
	}
	w.Stop()
	if failed == nil {
		t.Error("no error")
	}
}
