package earned

import (
	"context"
	"errors"
	"iter"
	"slices"

	"countersign/gate/kept"
	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// count works out what everybody had earned up to a commit, from the beginning of its first-parent line: what was there
// before adoption by claimed identity, if the policy says so, and everything since by signature. What a line that is
// kept has of it isn't read from the repository.
type count struct {
	site    *site.Site
	repo    site.Repository
	adopted []history.ID
	keys    string         // by which landings are verified that are kept; "" where none of these are
	line    *kept.Line     // what is kept
	longer  *kept.Line     // what may be kept from now on
	each    func(standing) // is shown what stands before each landing, if there is something; nil to show nobody

	before standing // the landing that is counted next
}

// standing is what everybody had earned up to a commit of a line. The zero standing is that before a root.
type standing struct {
	at       history.ID
	ledger   *policy.Ledger
	verified bool  // it landed after adoption
	dated    int64 // when the newest of the adopted landings so far says it landed
	bounded  bool  // one of them says that it landed after the last of its line did
}

// newCount begins a count. A policy in the tree decides for each landing who signed it, so there what is verified is
// read from the history; so it is where no keys were read, and where a transparency log is asked.
func newCount(s *site.Site, line *kept.Line) (*count, error) {
	repo, err := s.Aside()
	if err != nil {
		return nil, err
	}
	adopted, err := s.Source.First.Adopted()
	if err != nil {
		return nil, err
	}
	c := &count{site: s, repo: repo, adopted: adopted, line: line, longer: new(kept.Line)}
	if !s.InTree() && s.InForce.Keys != nil {
		c.keys = s.Rules().Verifying()
	}
	if c.keys == "" || !c.sameAdoption() {
		c.line = line.After(line.Claimed())
	}
	return c, nil
}

// sameAdoption says whether the line begins with what the policy adopts.
func (c *count) sameAdoption() bool {
	return slices.Equal(c.line.Adopted, c.site.Source.First.Rules.Adoption.Commits)
}

// upTo gives what everybody had earned up to a commit, counted from what they had earned up to an earlier one of its
// line. Where that isn't known, what is kept is counted first.
func (c *count) upTo(ctx context.Context, tip history.ID, from standing) (standing, error) {
	if tip.IsZero() { // before a root
		return standing{ledger: new(policy.Ledger)}, nil
	}
	n, err := 0, error(nil)
	if from.ledger == nil {
		if n, from, err = c.follows(ctx, tip); err != nil {
			return from, err
		}
	}
	base, err := c.base(ctx, tip, from.at)
	if err != nil {
		return from, err
	}
	ends := base
	if n > c.line.Claimed() {
		if ends, err = idAt(c.line, c.line.Claimed()-1); err != nil {
			return from, err
		}
	}
	claims, err := c.claims(ctx, ends)
	if err != nil {
		return from, err
	}
	switch {
	case from.ledger == nil:
		if err := c.known(ctx, n, claims); errors.Is(err, kept.ErrDamaged) {
			c.line = new(kept.Line)
			return c.upTo(ctx, tip, standing{})
		} else if err != nil {
			return from, err
		}
	case !from.verified && (from.bounded || from.dated > claims.last): // each line has its own bound
		return c.upTo(ctx, tip, standing{})
	default:
		c.longer, c.before = nil, from
	}
	return c.before, c.read(ctx, claims, base, tip)
}

// follows says how many of the landings that are kept a commit's line begins with, and where the last of them stands.
func (c *count) follows(ctx context.Context, tip history.ID) (n int, last standing, err error) {
	if c.line.Len() == 0 {
		return 0, last, nil
	}
	_, err = c.repo.FirstParents(ctx, tip, func(id history.ID) bool {
		i, found := c.line.Find(id.String())
		if found {
			n, last.at = i+1, id
		}
		return found
	})
	if err != nil || n == 0 || c.sameAdoption() {
		return n, last, err
	}
	reached, err := c.repo.Reaches(ctx, c.adopted, []history.ID{last.at})
	if err != nil || slices.ContainsFunc(reached, func(by []bool) bool { return by[0] }) {
		return n, last, err
	}
	c.line = new(kept.Line) // less is adopted than was
	return 0, standing{}, nil
}

// base gives the commit at which what is adopted ends on the way to another, which comes after one that was counted:
// that one where all on the way is verified, and the other where nothing is.
func (c *count) base(ctx context.Context, tip, after history.ID) (history.ID, error) {
	if tip == after {
		return tip, nil
	}
	return lineage.Base(ctx, c.repo, c.since(tip, after))
}

// since gives what is verified on the way to a commit, and comes after another.
func (c *count) since(tip, after history.ID) history.Range {
	r := history.Range{Tip: tip, Not: slices.Clone(c.adopted), Landed: true}
	if !after.IsZero() {
		r.Not = append(r.Not, after)
	}
	return r
}

// claimed counts adopted landings.
type claimed struct {
	*walk.Claims
	last int64 // when the last of them landed
}

// bound gives when an adopted landing landed that has this date: no later than the last of them.
func (cl claimed) bound(when int64) int64 { return min(when, cl.last) }

func (c *count) claims(ctx context.Context, ends history.ID) (claimed, error) {
	rules := c.site.Source.First.Rules
	cl := claimed{Claims: &walk.Claims{Rules: rules, None: true}}
	if ends.IsZero() {
		return cl, nil
	}
	var err error
	cl.last, err = lineage.LastDate(ctx, c.repo, ends)
	cl.None = cl.last == 0 || !rules.Adoption.CreditClaims
	return cl, err
}

// credit credits an adopted landing. A date in the future, in history from before the gate, would hold the clock there.
func (c *count) credit(claims claimed, landing *policy.Landing, id history.ID) {
	c.stands(id, false)
	when := landing.Commit.Committer.When
	c.before.dated, c.before.bounded = max(c.before.dated, when), c.before.bounded || when > claims.last
	landing.Commit.Committer.When = claims.bound(when)
	c.before.ledger.Credit(claims.Rules, landing)
}

// last gives the landing time of a commit, in seconds since 1970, which depends on nothing but the dates of its line.
func (c *count) last(ctx context.Context, tip history.ID) (last int64, err error) {
	if tip.IsZero() { // before a root
		return 0, nil
	}
	line, err := c.repo.FirstParents(ctx, tip, func(history.ID) bool { return false })
	if err != nil {
		return 0, err
	}
	ends, err := c.adoptedOn(ctx, line)
	if err != nil {
		return 0, err
	}
	var base history.ID
	if ends < len(line) {
		base = line[ends]
	}
	claims, err := c.claims(ctx, base)
	if err != nil {
		return 0, err
	}
	for i, id := range line {
		commit, err := c.repo.Commit(ctx, id)
		if err != nil && !errors.Is(err, history.ErrMalformed) { // which has no date
			return 0, err
		}
		when := c.site.LandedBy(commit.Committer.When)
		if i >= ends {
			when = claims.bound(commit.Committer.When)
		}
		last = max(last, when)
	}
	return last, nil
}

// adoptedOn says where on a first-parent line what is adopted begins, from the tip down; after its end for nowhere.
func (c *count) adoptedOn(ctx context.Context, line []history.ID) (int, error) {
	on, ends := 0, len(line)
	for i, id := range line {
		if slices.Contains(c.adopted, id) {
			on, ends = on+1, min(ends, i)
		}
	}
	if on == len(c.adopted) { // none reaches what lies above it
		return ends, nil
	}
	base, err := c.base(ctx, line[0], history.ID{})
	if i := slices.Index(line, base); i >= 0 {
		ends = i
	}
	return ends, err
}

// stands shows what stands before a landing, which is credited next.
func (c *count) stands(id history.ID, verified bool) {
	if c.each != nil && !c.before.at.IsZero() {
		c.each(c.before)
	}
	c.before.at, c.before.verified = id, verified
}

// known counts the first landings that are kept.
func (c *count) known(ctx context.Context, n int, claims claimed) error {
	c.before = standing{ledger: new(policy.Ledger)}
	c.longer = c.line.After(n)
	c.longer.Keys, c.longer.Adopted = c.keys, c.site.Source.First.Rules.Adoption.Commits
	adopted := min(n, c.line.Claimed())
	err := eachKept(c.line, 0, adopted, func(id history.ID, landing *policy.Landing) {
		claims.Claim(landing)
		c.credit(claims, landing, id)
	})
	switch {
	case err != nil:
		return err
	case n > adopted && c.line.Keys != c.keys:
		return c.verify(ctx, n)
	}
	return eachKept(c.line, adopted, n, func(id history.ID, landing *policy.Landing) {
		c.stands(id, true)
		NotAhead(c.site, landing)
		c.before.ledger.Credit(c.site.Rules(), landing)
	})
}

// verify counts those of the landings that are kept that were verified by other keys. Their commits are read, and not
// what they changed.
func (c *count) verify(ctx context.Context, n int) error {
	i := c.line.Claimed()
	c.longer = c.longer.After(i)
	last, err := idAt(c.line, n-1)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(c.line.Landings(i, n))
	defer stop()
	r := c.since(last, history.ID{})
	r.Bare = true
	ok, err := c.fold(ctx, r, c.before.at, func(landing *policy.Landing) error {
		known, err, more := next()
		if !more || err != nil || c.line.ID(i) != landing.Commit.ID || !recall(landing, known) {
			return kept.ErrDamaged
		}
		i++
		return nil
	})
	if err == nil && (!ok || i != n) {
		return kept.ErrDamaged
	}
	return err
}

// recall gives a landing of which only the commits were read what is kept of their changes. It says false if that is of
// another landing.
func recall(landing, known *policy.Landing) bool {
	if len(landing.Brought) != len(known.Brought) {
		return false
	}
	next, stop := iter.Pull(known.Commits())
	defer stop()
	for c := range landing.Commits() {
		k, _ := next()
		c.Changes = k.Changes
		if k.Malformed != "" { // in a folder, perhaps
			c.Malformed, c.Signature = k.Malformed, policy.Signature{Status: policy.StatusMalformed}
		}
	}
	return true
}

// read counts what comes after what was counted, of which the adopted landings end with base.
func (c *count) read(ctx context.Context, claims claimed, base, tip history.ID) error {
	from := c.before.at
	if base != from && !base.IsZero() {
		r := history.Range{Tip: base, Counted: true}
		if !from.IsZero() {
			r.Not = []history.ID{from}
		}
		for landing, err := range c.repo.Landings(ctx, r) {
			if err != nil {
				return err
			}
			facts := claims.Landing(landing, nil)
			c.keep(facts, false)
			c.credit(claims, facts, landing.Commit.ID)
		}
	}
	if base == tip {
		return nil
	}
	_, err := c.fold(ctx, c.since(tip, from), base, func(*policy.Landing) error { return nil })
	return err
}

// fold counts verified landings, each as complete makes it.
func (c *count) fold(
	ctx context.Context, r history.Range, from history.ID, complete func(*policy.Landing) error,
) (bool, error) {
	return fold(ctx, c.site, c.before.ledger, r, from, func(landing *policy.Landing) error {
		id, err := history.ParseID(landing.Commit.ID)
		if err != nil {
			return err
		}
		if err := complete(landing); err != nil {
			return err
		}
		c.keep(landing, true)
		c.stands(id, true)
		return nil
	})
}

// keep takes a landing into the line that may be kept. Of one that says it landed in the future it isn't settled when
// it did.
func (c *count) keep(landing *policy.Landing, verified bool) {
	when := landing.Commit.Committer.When
	switch {
	case c.longer == nil:
	case verified && (c.keys == "" || c.site.LandedBy(when) != when):
		c.longer.End()
	default:
		c.longer.Add(landing, verified)
	}
}

// idAt gives the id of a landing that is kept, zero before the first.
func idAt(l *kept.Line, i int) (history.ID, error) {
	if i < 0 {
		return history.ID{}, nil
	}
	id, err := history.ParseID(l.ID(i))
	if err != nil {
		return id, kept.ErrDamaged
	}
	return id, nil
}

// eachKept goes through landings that are kept, from one number up to another.
func eachKept(l *kept.Line, from, to int, do func(history.ID, *policy.Landing)) error {
	i := from
	for landing, err := range l.Landings(from, to) {
		if err != nil {
			return err
		}
		id, err := idAt(l, i)
		if err != nil {
			return err
		}
		do(id, landing)
		i++
	}
	return nil
}

// remember lets the site keep the longer line. Save of its store writes it.
func (c *count) remember() {
	if c.longer != nil && c.site.Unseen() == 0 { // else it may be wrong in classes by content
		c.site.Kept.Keep(c.longer)
	}
}
