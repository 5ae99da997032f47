package walk

import (
	"slices"
	"time"

	"countersign/gate/inforce"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Fact is a landing on its way to the judge: read, and being verified. Landing, Tags and ByToday are there once
// [Fact.Wait] returns.
type Fact struct {
	Read history.Landing
	// Elsewhere says which of its changed paths symbolic links show elsewhere.
	Elsewhere Shown
	Arrival   verify.Arrival
	Landing   *policy.Landing
	Tags      []history.Tag   // those embedded in its merges
	By        *inforce.Policy // the policy that stood before it
	Today     *inforce.Policy // judges as well, nil for none; see [Origin]
	ByToday   *policy.Landing // as Today sees it
	// Follows says that it takes over the policy of the branch that holds it, as it may on another branch only.
	Follows bool

	amended *policy.Amended // what it makes of the policy in the tree, nil for nothing
	done    chan struct{}
	amends  chan bool // whether the policy that it brings may be used; nil where it brings none
	err     error
}

// Wait gives the landing once it is verified.
func (f *Fact) Wait() (*policy.Landing, error) {
	<-f.done
	return f.Landing, f.err
}

// Judged tells the reader whether the landing passes, once.
func (f *Fact) Judged(passes bool) {
	if f.amends != nil {
		f.amends <- passes
	}
}

// Find gives a commit of the landing as it was read, nil if it isn't of it.
func (f *Fact) Find(id string) *history.Entry {
	if f.Read.Commit.ID.String() == id {
		return &f.Read.Commit
	}
	i := slices.IndexFunc(f.Read.Brought, func(e history.Entry) bool { return e.ID.String() == id })
	if i < 0 {
		return nil
	}
	return &f.Read.Brought[i]
}

// Signed gives a commit with its signature judged by a policy's keys, by itself: it landed when its committer says.
func Signed(by *inforce.Policy, e *history.Entry) policy.Commit {
	c := commitOf(e, nil)
	if e.Malformed == nil {
		at := verify.LandedThen(time.Unix(max(0, e.Committer.When), 0))
		c.Signature = by.Signature(e.Payload, e.Signature, e.Committer.When, at)
	}
	return c
}

// Verified turns a landing into facts, each commit's signature judged at its arrival by a policy's keys, if it has any.
func Verified(
	by *inforce.Policy, l history.Landing, elsewhere Shown, at verify.Arrival,
) (landing *policy.Landing, tags []history.Tag) {
	landing = &policy.Landing{Brought: make([]policy.Commit, len(l.Brought))}
	one := func(e *history.Entry) policy.Commit {
		tags = append(tags, e.MergeTags...)
		c := commitOf(e, elsewhere)
		if by.Keys != nil && e.Malformed == nil {
			c.Signature = by.Signature(e.Payload, e.Signature, e.Committer.When, at)
		}
		return c
	}
	for i := range l.Brought {
		landing.Brought[i] = one(&l.Brought[i])
	}
	landing.Commit = one(&l.Commit)
	return landing, tags
}
