package gate

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// fact is a landing on its way to the judge: read, and being verified until done is closed.
type fact struct {
	read history.Landing
	// Which of its changed paths symbolic links show elsewhere.
	elsewhere linked
	at        verify.Arrival
	landing   *policy.Landing
	tags      []mergeTag
	by        *policyInForce  // the policy that stood before it
	also      *policyInForce  // judges as well, nil for none; see origin
	twice     *policy.Landing // as also sees it
	done      chan struct{}
	amends    chan bool // whether the policy that it brings may be used; nil where it brings none
	err       error
}

// mergeTag is a tag embedded in a merge of the landing.
type mergeTag struct {
	tag history.Tag
	at  verify.Arrival
}

// ahead is how many landings are read and verified before they are judged: enough to keep the
// readers and the verifiers busy, few enough to bound memory.
const ahead = 32

// walk is a range of landings that is being read and verified.
type walk struct {
	first  chan history.ID // the first parent of the first landing, zero before a root
	origin chan origin     // what stood there
	facts  chan *fact
	ended  <-chan struct{} // no time is left, or nothing more is wanted
	stop   func()          // must be called: the repository is free again when it returns
}

// walk reads the landings of a range and verifies their signatures on all cores. It waits after the first until it is
// told what stood before that: see [walk.begins] and [walk.from]. Where unsigned is true nothing is verified, and each
// fact is what was read.
//
// Where a landing brings another policy, nothing after it is read before the caller calls [fact.judged]: a policy with
// a finding against it verifies nothing, and the one before goes on.
func (g *Gate) walk(ctx context.Context, repo Repository, r history.Range, unsigned bool) *walk {
	ctx, cancel := context.WithCancel(ctx)
	w := &walk{first: make(chan history.ID), origin: make(chan origin), facts: make(chan *fact, ahead), ended: ctx.Done()}
	w.stop = func() {
		cancel()
		for range w.facts {
		}
	}
	go func() {
		defer close(w.facts)
		if err := g.readFacts(ctx, repo, r, unsigned, w); err != nil {
			done := make(chan struct{})
			close(done)
			w.facts <- &fact{err: err, done: done} // or it would look as if all had been read; stop takes it in the end
		}
	}()
	return w
}

// begins gives the first parent of the first landing, zero before a root; any is false where there is no landing.
func (w *walk) begins() (parent history.ID, any bool, err error) {
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

// from goes on reading, from what stood before the first landing, and gives each fact in order, its verification
// perhaps still running; see [fact.wait].
func (w *walk) from(o origin) <-chan *fact {
	select {
	case w.origin <- o:
	case <-w.ended: // and an error says so
	}
	return w.facts
}

func (g *Gate) readFacts(ctx context.Context, repo Repository, r history.Range, unsigned bool, w *walk) (err error) {
	defer recovered(&err)
	busy := make(chan struct{}, runtime.GOMAXPROCS(0))
	var at origin
	first := true
	for l, err := range repo.Landings(ctx, r) {
		if err != nil {
			return err
		}
		if first {
			first = false
			select {
			case w.first <- firstParent(&l):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			select {
			case at = <-w.origin:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if at.links == nil {
			if at.links, err = linksAt(ctx, repo, firstParent(&l)); err != nil {
				return err
			}
		}
		elsewhere, err := shownBy(ctx, repo, at.links, &l, r.Counted)
		if err != nil {
			return err
		}
		at.last = max(at.last, g.landedBy(l.Commit.Committer.When))
		f := &fact{read: l, elsewhere: elsewhere, by: at.inForce, also: at.also, done: make(chan struct{})}
		var next *policyInForce
		if unsigned {
			close(f.done)
		} else {
			var amended *policy.Amended
			if amended, next, err = g.amend(ctx, repo, &at, &l); err != nil {
				return err
			}
			if next != nil {
				f.amends = make(chan bool, 1)
			}
			when := at.arrival.NoEarlier(time.Unix(at.last, 0))
			f.at = when
			busy <- struct{}{}
			go func() {
				defer func() { close(f.done); <-busy }()
				defer recovered(&f.err)
				f.landing, f.tags = f.by.verified(l, elsewhere, when)
				f.landing.InTree, f.landing.Amended = g.introduction != nil, amended
				if f.also != nil {
					f.twice, _ = f.also.verified(l, elsewhere, when)
					f.twice.InTree, f.twice.Amended = true, amended
				}
			}()
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
				at.inForce = next
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// firstParent gives the commit that a landing goes on from; zero before a root.
func firstParent(l *history.Landing) history.ID {
	if len(l.Commit.Parents) == 0 {
		return history.ID{}
	}
	return l.Commit.Parents[0]
}

// judged tells the reader whether the landing passes, once.
func (f *fact) judged(passes bool) {
	if f.amends != nil {
		f.amends <- passes
	}
}

// wait gives the landing once it is verified.
func (f *fact) wait() (*policy.Landing, error) {
	<-f.done
	return f.landing, f.err
}

// recovered turns a panic into an error: whatever goes wrong on hostile input, the push is refused.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("internal error: %v", r)
	}
}

// undecidedOnPanic turns a panic into an error that wraps [ErrUndecided].
func undecidedOnPanic(err *error) {
	if r := recover(); r != nil {
		*err = undecided(fmt.Errorf("internal error: %v", r))
	}
}

// verified turns a landing into facts, each commit's signature judged at its arrival.
func (st *policyInForce) verified(
	l history.Landing, elsewhere linked, at verify.Arrival,
) (*policy.Landing, []mergeTag) {
	landing := &policy.Landing{Brought: make([]policy.Commit, len(l.Brought))}
	var tags []mergeTag
	one := func(e *history.Entry) policy.Commit {
		for _, t := range e.MergeTags {
			tags = append(tags, mergeTag{t, at})
		}
		c := commitFacts(e, elsewhere)
		if st.keys != nil && e.Malformed == nil {
			c.Signature = st.signature(e.Payload, e.Signature, e.Committer.When, at)
		}
		return c
	}
	for i := range l.Brought {
		landing.Brought[i] = one(&l.Brought[i])
	}
	landing.Commit = one(&l.Commit)
	return landing, tags
}

// maxEarlier is how much older than the commit or tag it stands on a signature may say it is: a clock
// may be wrong, but nobody signs what isn't written yet. Over the OpenPGP signatures of public histories
// the largest difference measured was seven days.
const maxEarlier = 14 * 24 * time.Hour

// verify asks the keyring who signed. A signature's own time is believed only near the date of what it
// signs, in seconds since 1970: whoever has a key that has expired could date it back into its life.
func (st *policyInForce) verify(payload, sig []byte, written int64, at verify.Arrival) verify.Result {
	r := st.keys.VerifyAt(payload, sig, at)
	if r.Status == verify.Good && !r.SignedAt.IsZero() && time.Unix(written, 0).Sub(r.SignedAt) > maxEarlier {
		r.Status, r.Principal = verify.Misdated, ""
		r.Reason = "the signature is dated " + r.SignedAt.UTC().Format(time.DateOnly) + ", long before what it signs"
	}
	return r
}

func commitFacts(e *history.Entry, elsewhere linked) policy.Commit {
	c := policy.Commit{
		ID: e.ID.String(), Subject: subject(e.Message),
		Author: identity(e.Author), Committer: identity(e.Committer), Size: int64(len(e.Payload)),
		Parents: make([]string, len(e.Parents)), Changes: make([]policy.Change, len(e.Changes)),
	}
	if len(e.Parents) > 1 {
		c.Title = title(e.Message)
	}
	if e.Malformed != nil {
		c.Malformed = strings.TrimPrefix(e.Malformed.Error(), history.ErrMalformed.Error()+": ")
		c.Signature = policy.Signature{Status: verify.Malformed.String(), Reason: c.Malformed}
	}
	for i, p := range e.Parents {
		c.Parents[i] = p.String()
	}
	for i, ch := range e.Changes {
		c.Changes[i] = policy.Change{
			Path: ch.Path, OldMode: uint32(ch.Old[0].Mode), NewMode: uint32(ch.New.Mode),
			Size: ch.Size, Traits: policy.Traits(ch.Traits), Merged: ch.Merged,
			Also: elsewhere[ch.Path].also, Anywhere: elsewhere[ch.Path].anywhere,
		}
	}
	return c
}

func identity(i history.Identity) policy.Identity {
	return policy.Identity{Name: i.Name, Email: i.Email, When: i.When}
}

// maxSubject is as much of a first line as anybody reads.
const maxSubject = 200

func subject(message []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(message, "\n"), []byte("\n"))
	return string(line[:min(len(line), maxSubject)])
}

// title gives the first paragraph of a message. Git skips blank lines before it.
func title(message []byte) string {
	message = bytes.TrimLeft(message, " \t\r\n")
	end := 0
	for line := range bytes.Lines(message) {
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		end += len(line)
	}
	return string(message[:end])
}

// signature is what a policy hears of who signed.
func (st *policyInForce) signature(payload, sig []byte, written int64, at verify.Arrival) policy.Signature {
	r := st.verify(payload, sig, written, at)
	principal := r.Principal
	if r.Status != verify.Good {
		principal = ""
	}
	return policy.Signature{
		Status: r.Status.String(), Principal: principal, Kind: string(r.Kind),
		Fingerprint: r.Fingerprint, Reason: r.Reason,
	}
}

// claims takes committers for signers, where history is unsigned: before adoption, and in a
// backtest.
type claims struct {
	policy    *policy.Policy
	everybody bool // make a principal of each address the policy doesn't know
	none      bool // believe no claim at all
}

// claimedKind is the kind of a signature that is only a claim.
const claimedKind = "claimed"

func (cl *claims) landing(l history.Landing, elsewhere linked) *policy.Landing {
	landing := &policy.Landing{Brought: make([]policy.Commit, len(l.Brought))}
	if cl.everybody {
		cl.know(&l)
	}
	one := func(e *history.Entry) policy.Commit {
		c := commitFacts(e, elsewhere)
		c.Malformed = "" // it is only counted
		c.Signature = policy.Signature{Status: verify.Missing.String()}
		if q := cl.policy.ByEmail(c.Committer.Email); q != nil && !cl.none {
			c.Signature = policy.Signature{Status: verify.Good.String(), Principal: q.Name, Kind: claimedKind}
		}
		return c
	}
	for i := range l.Brought {
		landing.Brought[i] = one(&l.Brought[i])
	}
	landing.Commit = one(&l.Commit)
	return landing
}

// know makes principals of the people of a landing whom the policy doesn't know.
func (cl *claims) know(l *history.Landing) {
	var unknown []string
	for _, e := range append(l.Brought[:len(l.Brought):len(l.Brought)], l.Commit) {
		for _, who := range []history.Identity{e.Author, e.Committer} {
			if cl.policy.ByEmail(who.Email) == nil {
				unknown = append(unknown, who.Email)
			}
		}
	}
	if unknown != nil {
		cl.policy = cl.policy.Claim(unknown...)
	}
}
