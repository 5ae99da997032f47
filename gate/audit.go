package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/gate/tenure"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Audit names history that already landed, to be judged as a push of it would have been.
type Audit struct {
	// Ref is the full name of the ref whose rules apply.
	Ref string
	// Read is the full name of the ref that was read, or the commit's where none was; Ref where it is that.
	Read string
	// Assumed says that nobody said whose rules apply.
	Assumed bool
	Range   history.Range
	// Claimed takes committers for signers, and everybody for a maintainer: for a backtest of a
	// history that nobody signed.
	Claimed bool

	tag history.ID // what a protected tag holds; zero for a branch
	all bool       // one of all protected refs
}

// For judges the same history by the rules of another ref.
func (a Audit) For(ref string) Audit {
	a.Ref, a.Assumed, a.tag = ref, false, history.ID{}
	return a
}

// From is where the range begins: the commit it was told to leave out, or else the last adopted one,
// or zero for all of history. What a tag brings is whatever no branch has.
func (a Audit) From() history.ID {
	if n := len(a.Range.Not); n > 0 && (a.tag.IsZero() || !a.all) {
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
	Notes    []string

	read history.Landing
}

// Audits reads what to judge. Spec is "", for everything since adoption on each protected ref, tags included, that
// exists; "A..B", for what B has and A has not; or "B", for what B has since adoption. By claimed
// identity the adoption means nothing: all of history can be judged.
func (g *Gate) Audits(ctx context.Context, spec string, claimed bool) ([]Audit, error) {
	if g.repo == nil || g.inForce == nil {
		return nil, ErrUndecided
	}
	var adopted []history.ID
	var err error
	if !claimed {
		if adopted, err = adoption(g.inForce.policy); err != nil {
			return nil, err
		}
	}
	if spec == "" {
		return g.everyRef(ctx, adopted)
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
	read, err := g.read(ctx, to)
	if err != nil {
		return nil, err
	}
	a := Audit{
		Ref: read.ref, Read: read.name, Assumed: read.assumed, Claimed: claimed, tag: read.holds,
		Range: history.Range{Tip: read.commit, Not: adopted, Counted: claimed, Landed: true},
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

// everyRef reads every protected branch, and then every protected tag: what a tag has that no branch has is judged
// with the tag.
func (g *Gate) everyRef(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	audits, err := g.branchAudits(ctx, adopted)
	if err != nil {
		return nil, err
	}
	tips := slices.Clone(adopted)
	for _, a := range audits {
		tips = append(tips, a.Range.Tip)
	}
	refs, err := g.repo.Refs(ctx, "refs/tags/")
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if !g.inForce.policy.Protects(r.Name) {
			continue
		}
		target, err := g.tagged(ctx, r.ID)
		if err != nil {
			return nil, undecided(err)
		}
		since := history.Range{Tip: target, Not: tips, Landed: true}
		audits = append(audits, Audit{Ref: r.Name, Read: r.Name, Range: since, tag: r.ID, all: true})
	}
	if audits == nil {
		return nil, g.noneProtected()
	}
	return audits, nil
}

// branchAudits reads every protected branch. One that is another name of a protected branch is read with that.
func (g *Gate) branchAudits(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	refs, err := g.repo.Refs(ctx, g.inForce.policy.ProtectedPrefixes()...)
	if err != nil {
		return nil, err
	}
	var audits []Audit
	for _, r := range refs {
		if !g.inForce.policy.Protects(r.Name) || strings.HasPrefix(r.Name, "refs/tags/") {
			continue
		}
		if r.Target == "" || !g.inForce.policy.Protects(r.Target) {
			since := history.Range{Tip: r.ID, Not: adopted, Landed: true}
			audits = append(audits, Audit{Ref: r.Name, Read: r.Name, Range: since, all: true})
		}
	}
	return audits, nil
}

// ErrNoneProtected says that there is nothing to audit.
var ErrNoneProtected = errors.New("nothing that is protected exists here")

func (g *Gate) noneProtected() error {
	return fmt.Errorf("%w; protected are %s", ErrNoneProtected, strings.Join(g.inForce.policy.Protect.Refs, ", "))
}

// Audit judges the landings of a range, oldest first, and hands each to visit. It stops at the first
// error, visit's included. Errors but visit's wrap [ErrUndecided].
func (g *Gate) Audit(ctx context.Context, a Audit, visit func(Judged) error) (err error) {
	defer undecidedOnPanic(&err)
	if g.repo == nil || g.inForce == nil {
		return ErrUndecided
	}
	var cl *claims
	if a.Claimed {
		p := g.inForce.policy.WithPrincipals(g.inForce.policy.Principals)
		p.Signatures.Kinds = append(slices.Clone(p.Signatures.Kinds), claimedKind)
		p.Signatures.Identity = "off"
		cl = &claims{policy: p, everybody: true}
	}
	if cl == nil && g.inForce.keys == nil {
		return undecided(errNoKeys)
	}
	approvals, err := g.approvalsFetched(ctx)
	if err != nil {
		return undecided(err)
	}
	repo, err := g.o.openRepo(unlimited)
	if err != nil {
		return undecided(err)
	}
	defer repo.Close()
	if a.Range.Tip.IsZero() { // a tag of something else, which is a finding of its own
		return nil
	}
	walk := g.walk(ctx, repo, a.Range, cl != nil)
	defer walk.stop()
	parent, any, err := walk.begins()
	if err != nil || !any {
		return undecided(err)
	}
	ledger, o, err := g.auditFrom(ctx, a, cl, parent)
	if err != nil {
		return undecided(err)
	}
	for f := range walk.from(o) {
		landing, err := f.wait()
		if err != nil {
			return undecided(err)
		}
		j := Judged{Policy: f.by.policy, Ledger: ledger, Landing: landing, read: f.read}
		if cl != nil {
			j.Landing = cl.landing(f.read, f.elsewhere)
			j.Policy = cl.policy // as it knows these people
			j.Landing.Ref, j.Landing.ApprovalsFetched = a.Ref, true
			j.Landing.Complete = true
			j.Findings = j.Policy.Judge(ledger, j.Landing).Findings
		} else {
			landing.Ref, landing.ApprovalsFetched, landing.Now = a.Ref, approvals, g.clock()
			outcome, err := g.settle(ctx, question{by: f.by, ledger: ledger, landing: landing, fact: f})
			if err != nil {
				return undecided(err)
			}
			j.Findings, j.Notes = outcome.Findings, outcome.Notes
			f.judged(outcome.Passes())
		}
		if err := visit(j); err != nil {
			return err
		}
		if cl == nil {
			g.notAhead(landing)
		}
		ledger.Credit(j.Policy, j.Landing)
	}
	return nil
}

// auditFrom gives what everybody had earned before the first landing of an audit, and what stood there.
func (g *Gate) auditFrom(ctx context.Context, a Audit, cl *claims, parent history.ID) (*policy.Ledger, origin, error) {
	if cl != nil {
		ledger, err := g.claimedLedger(ctx, cl, parent)
		return ledger, origin{inForce: g.inForce}, err
	}
	ledger, err := g.foldAll(ctx, parent)
	if err != nil {
		return nil, origin{}, err
	}
	repo, err := g.aside()
	if err != nil {
		return nil, origin{}, err
	}
	o, err := g.originAt(ctx, repo, parent)
	o.last, o.arrival, o.ref = ledger.Last(), verify.LandedThen(time.Unix(ledger.Last(), 0)), a.Ref
	return ledger, o, err
}

// notAhead bounds the date of what has landed by this machine's clock: what stands after a commit with a date
// ahead of it hasn't landed later because of that.
func (g *Gate) notAhead(landing *policy.Landing) {
	landing.Commit.Committer.When = g.landedBy(landing.Commit.Committer.When)
}

// landedBy bounds the time at which something that has landed says it did.
func (g *Gate) landedBy(when int64) int64 {
	if now := g.clock(); now != 0 {
		return min(when, now+int64(g.inForce.policy.Signatures.ClockSkew/time.Second))
	}
	return when
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
		l.Credit(cl.policy, cl.landing(landing, nil))
	}
	return l, nil
}

// approvalsFetched says whether this repository has any approval at all: a clone doesn't unless it
// was told to fetch them.
func (g *Gate) approvalsFetched(ctx context.Context) (bool, error) {
	refs, err := g.repo.Refs(ctx, policy.Approves.Prefix())
	return len(refs) > 0, err
}

var errNoKeys = errors.New("the policy names no key, so no signature can be judged")

func undecided(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUndecided, err)
}

// Tenure gives what everybody has earned on the first-parent line up to a revision, and the policy
// that judges what comes next.
func (g *Gate) Tenure(ctx context.Context, rev string) (*policy.Ledger, *policy.Policy, error) {
	if g.repo == nil || g.inForce == nil {
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
	st, err := g.policyAt(ctx, g.repo, id)
	if err != nil {
		return nil, nil, undecided(err)
	}
	return l, st.policy, nil
}

// Prepare works out the tenure of each protected branch and stores it, so that the first push costs
// what any other does. It is for installation and after a change of policy.
func (g *Gate) Prepare(ctx context.Context) error {
	if g.repo == nil || g.inForce == nil {
		return ErrUndecided
	}
	refs, err := g.repo.Refs(ctx, g.inForce.policy.ProtectedPrefixes()...)
	if err != nil {
		return undecided(err)
	}
	for _, r := range refs {
		if !g.inForce.policy.Protects(r.Name) || r.Target != "" || strings.HasPrefix(r.Name, "refs/tags/") {
			continue
		}
		l, err := g.ledgerAt(ctx, r.Name, r.ID)
		if err != nil {
			return undecided(err)
		}
		links, err := g.linksBefore(ctx, r.Name, r.ID)
		if err != nil {
			return undecided(err)
		}
		g.tenure.Keep(r.Name, tenure.Entry{Tip: r.ID.String(), Ledger: l, Links: tenure.LinksOf(links)})
	}
	g.tenure.Save()
	return nil
}
