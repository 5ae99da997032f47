package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
)

// Audit names history that already landed, to be judged as a push of it would have been.
type Audit struct {
	// Ref is the full name of the ref whose rules apply.
	Ref   string
	Range history.Range
	// Claimed takes committers for signers, and everybody for a maintainer: for a backtest of a
	// history that nobody signed.
	Claimed bool
}

// From is where the range begins: the commit it was told to leave out, or else the last adopted one,
// or zero for all of history.
func (a Audit) From() history.ID {
	if n := len(a.Range.Not); n > 0 {
		return a.Range.Not[n-1]
	}
	return history.ID{}
}

// Judged is one landing of an audit, with the tenure that stood before it.
type Judged struct {
	Policy   *policy.Policy
	Ledger   *policy.Ledger
	Landing  *policy.Landing
	Findings []policy.Finding

	read history.Landing
}

// Audits reads what to judge. Spec is "", for everything since adoption on each protected ref that
// exists; "A..B", for what B has and A has not; or "B", for what B has since adoption. By claimed
// identity the adoption means nothing: all of history can be judged.
func (g *Gate) Audits(ctx context.Context, spec string, claimed bool) ([]Audit, error) {
	if g.repo == nil || g.now == nil {
		return nil, ErrUndecided
	}
	var adopted []history.ID
	var err error
	if !claimed {
		if adopted, err = adoption(g.now.policy); err != nil {
			return nil, err
		}
	}
	if spec == "" {
		return g.protectedAudits(ctx, adopted)
	}
	from, to, isRange := strings.Cut(spec, "..")
	if !isRange {
		from, to = "", spec
	}
	if strings.HasPrefix(to, ".") {
		return nil, fmt.Errorf("%s: a range is A..B; three dots mean something else to Git", spec)
	}
	if to == "" {
		to = "HEAD"
	}
	a := Audit{Ref: g.refOf(ctx, to), Range: history.Range{Not: adopted, Counted: claimed}, Claimed: claimed}
	if a.Range.Tip, err = g.repo.Resolve(ctx, to); err != nil {
		return nil, err
	}
	if from != "" {
		id, err := g.repo.Resolve(ctx, from)
		if err != nil {
			return nil, err
		}
		a.Range.Not = append(slices.Clone(adopted), id)
	}
	return []Audit{a}, nil
}

func (g *Gate) protectedAudits(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	refs, err := g.repo.Refs(ctx, g.now.policy.ProtectedPrefixes()...)
	if err != nil {
		return nil, err
	}
	var audits []Audit
	for _, r := range refs {
		if g.now.policy.Protects(r.Name) && r.Target == "" && !strings.HasPrefix(r.Name, "refs/tags/") {
			audits = append(audits, Audit{Ref: r.Name, Range: history.Range{Tip: r.ID, Not: adopted}})
		}
	}
	if audits == nil {
		return nil, fmt.Errorf("no protected branch exists here; protected are %s", strings.Join(g.now.policy.Protect.Refs, ", "))
	}
	return audits, nil
}

// refOf guesses which ref a revision speaks for: itself if it names a branch, else the branch that
// HEAD is on, else the first protected one.
func (g *Gate) refOf(ctx context.Context, rev string) string {
	full := rev
	if !strings.HasPrefix(rev, "refs/") {
		full = "refs/heads/" + rev
	}
	refs, err := g.repo.Refs(ctx, full)
	if err == nil && len(refs) == 1 {
		return full
	}
	if pattern := g.now.policy.Protect.Refs[0]; !strings.ContainsAny(pattern, "*?[{") {
		return pattern
	}
	return full
}

// Audit judges the landings of a range, oldest first, and hands each to visit. It stops at the first
// error, visit's included. Errors but visit's wrap [ErrUndecided].
func (g *Gate) Audit(ctx context.Context, a Audit, visit func(Judged) error) (err error) {
	defer recovered(&err)
	if g.repo == nil || g.now == nil {
		return ErrUndecided
	}
	p := g.now.policy
	var cl *claims
	if a.Claimed {
		p = p.WithPrincipals(slices.Clone(p.Principals))
		p.Signatures.Kinds = append(slices.Clone(p.Signatures.Kinds), claimedKind)
		p.Signatures.Identity = "off"
		cl = &claims{policy: p, everybody: true}
	}
	if cl == nil && g.now.keys == nil {
		return errNoKeys
	}
	approvals, err := g.approvalsFetched(ctx)
	if err != nil {
		return undecided(err)
	}
	repo, err := g.openRepo(unlimited)
	if err != nil {
		return undecided(err)
	}
	defer repo.Close()
	var ledger *policy.Ledger
	facts, stop := g.facts(ctx, repo, a.Range, cl != nil, func(parent history.ID) (origin, error) {
		var err error
		if cl != nil {
			ledger, err = g.claimedLedger(ctx, cl, parent)
			return origin{standing: g.now}, err
		}
		if ledger, err = g.foldAll(ctx, parent); err != nil {
			return origin{}, err
		}
		second, err := g.aside()
		if err != nil {
			return origin{}, err
		}
		st, err := g.standingAt(ctx, second, parent)
		return origin{last: ledger.Last(), standing: st, ref: a.Ref}, err
	})
	defer stop()
	for f := range facts {
		landing, err := f.wait()
		if err != nil {
			return undecided(err)
		}
		j := Judged{Policy: p, Ledger: ledger, Landing: landing, read: f.read}
		if cl == nil {
			j.Policy = f.by.policy
		}
		if cl != nil {
			j.Landing = cl.landing(f.read)
			j.Landing.Ref, j.Landing.ApprovalsFetched = a.Ref, true
			j.Findings = p.Judge(ledger, j.Landing)
		} else {
			landing.Ref, landing.ApprovalsFetched = a.Ref, approvals
			if j.Findings, err = g.withApprovals(ctx, f.by, ledger, landing, f.tags, nil); err != nil {
				return undecided(err)
			}
		}
		if err := visit(j); err != nil {
			return err
		}
		ledger.Credit(j.Policy, j.Landing)
	}
	return nil
}

func (g *Gate) claimedLedger(ctx context.Context, cl *claims, tip history.ID) (*policy.Ledger, error) {
	l := new(policy.Ledger)
	if tip.IsZero() {
		return l, nil
	}
	repo, err := g.aside()
	if err != nil {
		return nil, err
	}
	for landing, err := range repo.Landings(ctx, history.Range{Tip: tip, Counted: true}) {
		if err != nil {
			return nil, err
		}
		l.Credit(cl.policy, cl.landing(landing))
	}
	return l, nil
}

// approvalsFetched says whether this repository has any approval at all: a clone doesn't unless it
// was told to fetch them.
func (g *Gate) approvalsFetched(ctx context.Context) (bool, error) {
	refs, err := g.repo.Refs(ctx, Approval.refs())
	return len(refs) > 0, err
}

var errNoKeys = errors.New("the policy names no key, so no signature can be judged")

func undecided(err error) error { return fmt.Errorf("%w: %w", ErrUndecided, err) }

// errFound ends an audit that has found what it looked for.
var errFound = errors.New("found")

// Explained is a commit, and every question that was asked of it with its answer.
type Explained struct {
	Ref     string               `json:"ref"`
	Landing string               `json:"landing"` // the landing commit that brings it, or would
	Commit  policy.Commit        `json:"commit"`
	Changes []policy.TouchedPath `json:"changes"`
	Steps   []policy.Step        `json:"steps"`
}

// Explain judges the landing that brought, or would bring, a commit onto a protected ref.
func (g *Gate) Explain(ctx context.Context, rev string) (Explained, error) {
	if g.repo == nil || g.now == nil {
		return Explained{}, ErrUndecided
	}
	id, err := g.repo.Resolve(ctx, rev)
	if err != nil {
		return Explained{}, err
	}
	a, err := g.bringing(ctx, id)
	if err != nil {
		return Explained{}, err
	}
	e := Explained{Ref: a.Ref}
	err = g.Audit(ctx, a, func(j Judged) error {
		c := j.Landing.Find(id.String())
		if c == nil {
			return nil
		}
		e.Landing, e.Commit, e.Changes = j.Landing.Commit.ID, *c, c.Touched(j.Policy)
		for _, s := range policy.Explain(j.Policy, j.Ledger, j.Landing) {
			if s.Commit == c.ID {
				e.Steps = append(e.Steps, s)
			}
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		return e, nil
	}
	if err == nil {
		err = fmt.Errorf("%s was there before adoption: it is not judged", rev)
	}
	return Explained{}, err
}

// bringing finds the protected ref that has a commit, or else takes the commit for the new tip of
// the first that it could be pushed to.
func (g *Gate) bringing(ctx context.Context, id history.ID) (Audit, error) {
	adopted, err := adoption(g.now.policy)
	if err != nil {
		return Audit{}, err
	}
	audits, err := g.protectedAudits(ctx, adopted)
	if err != nil {
		return Audit{}, err
	}
	tips := make([]history.ID, len(audits))
	for i, a := range audits {
		tips[i] = a.Range.Tip
	}
	reached, err := g.repo.Reaches(ctx, tips, []history.ID{id})
	if err != nil {
		return Audit{}, err
	}
	for i, a := range audits {
		if reached[i][0] {
			return a, nil
		}
	}
	a := audits[0]
	a.Range = history.Range{Tip: id, Not: append(slices.Clone(adopted), a.Range.Tip)}
	return a, nil
}

// Tenure gives what everybody has earned on the line of first parents up to a revision, and the policy
// that judges what comes next.
func (g *Gate) Tenure(ctx context.Context, rev string) (*policy.Ledger, *policy.Policy, error) {
	if g.repo == nil || g.now == nil {
		return nil, nil, ErrUndecided
	}
	id, err := g.repo.Resolve(ctx, rev)
	if err != nil {
		return nil, nil, err
	}
	l, err := g.foldAll(ctx, id)
	if err != nil {
		return nil, nil, undecided(err)
	}
	st, err := g.standingAt(ctx, g.repo, id)
	if err != nil {
		return nil, nil, undecided(err)
	}
	return l, st.policy, nil
}

// Prepare works out the tenure of each protected branch and stores it, so that the first push costs
// what any other does. It is for installation and after a change of policy.
func (g *Gate) Prepare(ctx context.Context) error {
	if g.repo == nil || g.now == nil {
		return ErrUndecided
	}
	refs, err := g.repo.Refs(ctx, g.now.policy.ProtectedPrefixes()...)
	if err != nil {
		return undecided(err)
	}
	for _, r := range refs {
		if !g.now.policy.Protects(r.Name) || r.Target != "" || strings.HasPrefix(r.Name, "refs/tags/") {
			continue
		}
		l, err := g.ledgerAt(ctx, r.Name, r.ID)
		if err != nil {
			return undecided(err)
		}
		g.tenure.keep(g, r.Name, ledgerEntry{Tip: r.ID.String(), Ledger: l})
	}
	g.tenure.save(g)
	return nil
}

// Vouched gives what an approval of a commit would cover: the commit and what it brings that no
// protected ref has yet, here. Signatures are verified where there is a keyring; without one their
// status is empty.
func (g *Gate) Vouched(ctx context.Context, rev string) (commit history.ID, covered []policy.Commit, err error) {
	if g.repo == nil || g.now == nil {
		return commit, nil, ErrUndecided
	}
	if commit, err = g.repo.Resolve(ctx, rev); err != nil {
		return commit, nil, err
	}
	not, err := adoption(g.now.policy)
	if err != nil {
		return commit, nil, err
	}
	tips, err := g.landedTips(ctx)
	if err != nil {
		return commit, nil, err
	}
	for l, err := range g.repo.Landings(ctx, history.Range{Tip: commit, Not: slices.Concat(not, tips)}) {
		if err != nil {
			return commit, nil, err
		}
		landing, _ := g.now.verified(l, arrival{landed: time.Unix(l.Commit.Committer.When, 0)})
		covered = append(append(covered, landing.Brought...), landing.Commit)
	}
	return commit, covered, nil
}

// landedTips gives what has landed for sure: on a server the protected refs; in a clone the main branch of
// origin as it was fetched, and no other. Another remote's main is its owner's, and which other branches the
// server protects a clone can't know: what is shown too much is read once more, what is shown too little never.
func (g *Gate) landedTips(ctx context.Context) ([]history.ID, error) {
	const origin = "refs/remotes/origin/"
	remotes, err := g.repo.Refs(ctx, "refs/remotes/")
	if err != nil {
		return nil, err
	}
	if len(remotes) == 0 {
		refs, err := g.judgedRefs(ctx)
		return tipsOf(refs), err
	}
	head := origin + "main"
	for _, r := range remotes {
		if r.Name == origin+"HEAD" && r.Target != "" {
			head = r.Target
		}
	}
	for _, r := range remotes {
		if r.Name == head && r.Target == "" {
			return []history.ID{r.ID}, nil
		}
	}
	return nil, nil
}
