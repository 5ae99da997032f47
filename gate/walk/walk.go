// Package walk reads the landings of a range, oldest first, and turns them into facts for a policy.
//
// [Start] reads ahead and verifies signatures on all cores, while the caller judges. It promises three things. Each
// [Fact] comes in the order of the landings, with the policy that stood before it. Nothing after a landing that brings
// another policy is verified before the caller has said, by [Fact.Judged], whether that may be used. And what was read
// is all that there is, or the last fact has an error: of a panic, too.
//
// A symbolic link shows a file under another path, so the links of each landing's tree are followed; see [LinksAt].
// [Claims] takes committers for signers, where nobody signed.
//
// Nothing is written. A repository that is being walked may be asked nothing else until [Walk.Stop] returns, but by the
// walk itself.
package walk

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// Repository is what a walk reads.
type Repository interface {
	Landings(ctx context.Context, r history.Range) iter.Seq2[history.Landing, error]
	linkReader
}

// Policies says what landings make of the policy in the tree, as [inforce.Amendments] does.
type Policies interface {
	InTree() bool
	Of(ctx context.Context, at *inforce.Line, l *history.Landing) (*policy.Amended, *inforce.Policy, error)
}

// Route is what is walked, and how.
type Route struct {
	Repo  Repository
	Range history.Range
	// Policies is nil where nothing is to be verified: then each fact is what was read.
	Policies Policies
	// Bound gives the time at which something landed, of the time at which it says it did.
	Bound func(when int64) int64
}

// Origin is what stands before the first landing of a range.
type Origin struct {
	inforce.Line
	Last  int64         // the landing time there, seconds since 1970
	Links *policy.Links // in the tree there; nil where they are still to be read. A walk keeps them up to date
	// Today judges too, nil for none: where a line goes on from an old policy, which may trust whom nobody
	// trusts any more, the one in force today has its say.
	Today *inforce.Policy
}

// ahead is how many landings are read and verified before they are judged: enough to keep the
// readers and the verifiers busy, few enough to bound memory.
const ahead = 32

// Walk is a range of landings that is being read and verified.
type Walk struct {
	first  chan history.ID // the first parent of the first landing, zero before a root
	origin chan Origin     // what stood there
	facts  chan *Fact
	ended  <-chan struct{} // no time is left, or nothing more is wanted
	stop   func()
}

// Start reads the landings of a range and verifies their signatures on all cores. It waits after the first until it is
// told what stood before that: see [Walk.Begins] and [Walk.From].
func Start(ctx context.Context, r Route) *Walk {
	ctx, cancel := context.WithCancel(ctx)
	w := &Walk{first: make(chan history.ID), origin: make(chan Origin), facts: make(chan *Fact, ahead), ended: ctx.Done()}
	w.stop = func() {
		cancel()
		for range w.facts {
		}
	}
	go func() {
		defer close(w.facts)
		if err := w.read(ctx, r); err != nil {
			done := make(chan struct{})
			close(done)
			w.facts <- &Fact{err: err, done: done} // or it would look as if all had been read; Stop takes it in the end
		}
	}()
	return w
}

// Stop ends a walk. It must be called: the repository is free again when it returns.
func (w *Walk) Stop() { w.stop() }

// Begins gives the first parent of the first landing, zero before a root; any is false where there is no landing.
func (w *Walk) Begins() (parent history.ID, any bool, err error) {
	select {
	case parent = <-w.first:
		return parent, true, nil
	case f, failed := <-w.facts:
		if failed {
			err = f.err
		}
		return parent, false, err
	}
}

// From goes on reading, from what stood before the first landing, and gives each fact in order, its verification
// perhaps still running; see [Fact.Wait].
func (w *Walk) From(o Origin) <-chan *Fact {
	select {
	case w.origin <- o:
	case <-w.ended: // and an error says so
	}
	return w.facts
}

// read reads all landings, and starts the verification of each.
func (w *Walk) read(ctx context.Context, r Route) (err error) {
	defer Recovered(&err)
	unverified := make(chan *Fact)
	defer close(unverified)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for f := range unverified {
				f.verify(r.Policies.InTree())
			}
		}()
	}
	var at Origin
	first := true
	for l, err := range r.Repo.Landings(ctx, r.Range) {
		if err != nil {
			return err
		}
		if first {
			first = false
			if at, err = w.begin(ctx, lineage.FirstParent(&l)); err != nil {
				return err
			}
		}
		f, next, err := r.fact(ctx, &at, l)
		if err != nil {
			return err
		}
		if r.Policies == nil {
			close(f.done)
		} else {
			unverified <- f
		}
		select {
		case w.facts <- f:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if next == nil {
			continue
		}
		select {
		case may := <-f.amends:
			if may {
				at.InForce = next
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// begin tells where the range begins, and is told what stood there.
func (w *Walk) begin(ctx context.Context, parent history.ID) (at Origin, err error) {
	select {
	case w.first <- parent:
	case <-ctx.Done():
		return at, context.Cause(ctx)
	}
	select {
	case at = <-w.origin:
		return at, nil
	case <-ctx.Done():
		return at, context.Cause(ctx)
	}
}

// fact gives a landing as it was read, moves on what stands before the next, and gives the policy that it brings, nil
// for none.
func (r Route) fact(ctx context.Context, at *Origin, l history.Landing) (f *Fact, next *inforce.Policy, err error) {
	if at.Links == nil && !r.Range.Bare {
		if at.Links, err = LinksAt(ctx, r.Repo, lineage.FirstParent(&l)); err != nil {
			return nil, nil, err
		}
	}
	f = &Fact{Read: l, By: at.InForce, Today: at.Today, done: make(chan struct{})}
	if !r.Range.Bare {
		if f.Elsewhere, err = shownBy(ctx, r.Repo, at.Links, &l, r.Range.Counted); err != nil {
			return nil, nil, err
		}
	}
	at.Last = max(at.Last, r.Bound(l.Commit.Committer.When))
	f.Arrival = at.Arrival.NoEarlier(time.Unix(at.Last, 0))
	if r.Policies == nil {
		return f, nil, nil
	}
	if f.amended, next, err = r.Policies.Of(ctx, &at.Line, &l); next != nil {
		f.amends, f.Follows = make(chan bool, 1), f.amended == nil
	}
	return f, next, err
}

// verify judges the signatures of a landing.
func (f *Fact) verify(inTree bool) {
	defer close(f.done)
	defer Recovered(&f.err)
	f.Landing, f.Tags = Verified(f.By, f.Read, f.Elsewhere, f.Arrival)
	f.Landing.InTree, f.Landing.Amended = inTree, f.amended
	if f.Today != nil {
		f.ByToday, _ = Verified(f.Today, f.Read, f.Elsewhere, f.Arrival)
		f.ByToday.InTree, f.ByToday.Amended = true, f.amended
	}
}

// Recovered turns a panic into an error: whatever goes wrong on hostile input, nothing passes. It is to be deferred.
func Recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("internal error: %v", r)
	}
}
