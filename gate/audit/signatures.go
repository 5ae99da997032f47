package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"

	"countersign/gate/site"
	"countersign/gate/tag"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Signatures verifies the signature of each commit and each tag object, and asks no rules: who signed what, by which
// key. Without a Spec these are all that branches, remote-tracking branches and tags hold. A key is judged at the time
// that the signature says, or else at the committer's date, which is a claim. What has no signature is counted, and
// nothing stands against it.
func (a *Auditor) Signatures(ctx context.Context, w Wanted) (d policy.Decision, err error) {
	defer site.UndecidedOnPanic(&err)
	if !a.site.Readable() {
		return d, site.ErrUndecided
	}
	if a.site.InForce.Keys == nil {
		return d, site.Undecided(errNoKeys)
	}
	c := signatures{Auditor: a, Wanted: w, seen: make(map[history.ID]bool), codes: make(map[policy.Code]int)}
	if w.Row != nil {
		c.states = keyStates(a.site.InForce.Keys, moment(a.site.Clock()))
	}
	if c.repo, err = a.site.Open(); err != nil {
		return d, site.Undecided(err)
	}
	defer c.repo.Close()
	if w.Spec == "" {
		err = c.everyRef(ctx)
	} else {
		err = c.one(ctx, w.Spec)
	}
	if err != nil {
		return policy.Decision{}, err
	}
	c.d.SignaturesOnly = true
	c.d.Summary = c.census.Summary(nil)
	c.d.Summary.Findings = policy.CountsOf(c.codes)
	c.d.Settle()
	return c.d, nil
}

// signatures is one run of [Auditor.Signatures].
type signatures struct {
	*Auditor
	Wanted
	repo   site.Repository
	states map[string]string
	census policy.Census
	seen   map[history.ID]bool // commits and tag objects
	not    []history.ID        // what was read
	codes  map[policy.Code]int
	d      policy.Decision
}

// mostAlike is how many findings of a code are kept: a history may have as many as it has commits. All are counted.
const mostAlike = 1000

// everyRef reads what the refs hold. What can't be read ends the reading of its ref, and of no other.
func (c *signatures) everyRef(ctx context.Context) error {
	refs, err := c.site.Repo.Refs(ctx, "refs/heads/", "refs/remotes/", "refs/tags/")
	if err != nil {
		return site.Undecided(err)
	}
	if len(refs) == 0 {
		return question{errors.New("there is no branch and no tag here: nothing to verify")}
	}
	var broken []string // that can't be read to their end
	var first error     // why the first of them can't
	read := 0
	for _, r := range refs {
		if r.Target != "" { // another name of a ref
			continue
		}
		read++
		err := c.holds(ctx, r.Name, r.ID)
		if !unreadable(ctx, err) {
			if err != nil {
				return err
			}
			continue
		}
		broken = append(broken, r.Name)
		if first == nil {
			first = err
		}
		if c.Row != nil {
			if err := c.Row(unjudged(r.Name, r.ID, err)); err != nil {
				return err
			}
		}
	}
	if len(broken) == read && len(c.seen) == 0 {
		return first
	}
	c.d.Undecided = unread(broken, first)
	return nil
}

// unread says which refs can't be read to their end, "" for none, and why the first of them can't.
func unread(refs []string, first error) string {
	switch n := len(refs); {
	case n == 0:
		return ""
	case n == 1:
		return fmt.Sprintf("%s can't be read to its end: %s", refs[0], because(first))
	default:
		named := strings.Join(refs[:min(n, mostRefs)], ", ")
		if n > mostRefs {
			named += fmt.Sprintf(" and %d more", n-mostRefs)
		}
		return fmt.Sprintf("%d refs can't be read to their end, %s; the first: %s", n, named, because(first))
	}
}

// one reads a range, or what a revision names.
func (c *signatures) one(ctx context.Context, spec string) error {
	from, to, err := ends(spec)
	if err != nil {
		return err
	}
	if from != "" {
		end, err := c.site.Repo.Resolve(ctx, to)
		if err != nil {
			return err
		}
		begin, err := c.begins(ctx, from, to, end)
		if err != nil {
			return err
		}
		c.not = append(c.not, begin)
	}
	ref, rest, err := c.site.Repo.Named(ctx, to)
	if err != nil {
		return err
	}
	if rest == "" && ref.Name != "" && ref.Name != "HEAD" {
		return c.holds(ctx, ref.Name, ref.ID)
	}
	tip, err := c.site.Repo.Resolve(ctx, to)
	if err != nil {
		return err
	}
	return c.commits(ctx, to, tip)
}

// holds reads what a ref holds: a tag object, if that is one, and the commits that it leads to.
func (c *signatures) holds(ctx context.Context, ref string, id history.ID) error {
	if c.seen[id] {
		return nil
	}
	tip, err := c.tagged(ctx, id)
	if err != nil {
		return site.Undecided(err)
	}
	if tip != id {
		if err := c.tag(ctx, ref, id); err != nil {
			return err
		}
	}
	if tip.IsZero() || c.seen[tip] {
		return nil
	}
	return c.commits(ctx, ref, tip)
}

// tag verifies a tag object.
func (c *signatures) tag(ctx context.Context, ref string, id history.ID) error {
	c.seen[id] = true
	t, err := tag.Read(ctx, c.site.Repo, ref, id, math.MaxInt64)
	if err == nil && t.Kind != "tag" { // a ref may hold a tree or a blob
		return nil
	}
	if err == nil {
		err = t.VerifyAnyway(ctx, c.site.Repo, c.site.InForce, verify.LandedThen(moment(0)))
	}
	switch {
	case errors.Is(err, history.ErrMalformed):
		t.Signature = policy.Signature{Status: policy.StatusMalformed, Reason: walk.Malformed(err)}
	case err != nil:
		return site.Undecided(err)
	case t.Leads == "":
		const deep = "it is a tag of a tag of a tag, too deep to follow"
		t.Signature = policy.Signature{Status: policy.StatusMalformed, Reason: deep}
	}
	c.census.Tag(t.Signature)
	row := policy.Row{Object: "tag", ID: id.String(), Subject: t.Name, Refs: []string{ref}}
	row.Committer, row.CommitAt = claim(t.Tagger)
	f := policy.Finding{Ref: ref, Claim: row.Committer, Fingerprint: t.Signature.Fingerprint}
	return c.found(row, t.Signature, f)
}

// commits verifies what a commit reaches and was not read before.
func (c *signatures) commits(ctx context.Context, ref string, tip history.ID) error {
	since := history.Range{Tip: tip, Not: c.not, Counted: true, Landed: true, Bare: true}
	var batch []history.Entry
	for l, err := range c.repo.Landings(ctx, since) {
		if err != nil {
			if failed := c.verified(ref, batch); failed != nil {
				return failed
			}
			return site.Undecided(err)
		}
		for _, e := range append(l.Brought, l.Commit) {
			if !c.seen[e.ID] { // as far as a ref was read that couldn't be read to its end
				batch = append(batch, e)
			}
		}
		if len(batch) >= atOnce {
			if err := c.verified(ref, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	c.not = append(c.not, tip)
	return c.verified(ref, batch)
}

// atOnce is how many commits are verified at once, on all cores.
const atOnce = 256

// verified verifies commits, and says of each what came of it, in their order.
func (c *signatures) verified(ref string, batch []history.Entry) error {
	commits := make([]policy.Commit, len(batch))
	failed := make([]error, len(batch))
	next := make(chan int)
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for i := range next {
				func() {
					defer walk.Recovered(&failed[i])
					commits[i] = walk.Signed(c.site.InForce, &batch[i])
				}()
			}
		})
	}
	for i := range batch {
		next <- i
	}
	close(next)
	running.Wait()
	if err := errors.Join(failed...); err != nil {
		return site.Undecided(err)
	}
	for i := range commits {
		commit := &commits[i]
		c.seen[batch[i].ID] = true
		c.census.Commit(commit.Signature)
		row := policy.Row{Refs: []string{ref}}
		said(&row, commit)
		f := policy.Finding{
			Ref: ref, Commit: commit.ID, Subject: commit.Subject, Claim: row.Committer,
			Fingerprint: commit.Signature.Fingerprint,
		}
		if err := c.found(row, commit.Signature, f); err != nil {
			return err
		}
	}
	return nil
}

// found keeps what stands against a signature, and gives the row.
func (c *signatures) found(row policy.Row, s policy.Signature, f policy.Finding) error {
	f.Code, f.Detail = policy.Against(s)
	if f.Code != "" {
		row.Findings = []policy.Code{f.Code}
		if c.codes[f.Code]++; c.codes[f.Code] <= mostAlike {
			c.d.Findings = append(c.d.Findings, f)
		}
	}
	if c.Row == nil {
		return nil
	}
	signed(&row, s, c.states)
	return c.Row(row)
}
