package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/gate/attest"
	"countersign/gate/tenure"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// push is one request being decided.
type push struct {
	*Gate
	req          Request
	updates      []update
	attestations []attest.Ref      // those that come in this very push
	judged       []history.Ref     // see judgedRefs; nil before it was asked
	beside       map[string]string // see noRoom; nil before it was asked
	clashes      map[string]string // see clash; nil before it was asked
	decision     policy.Decision
	landed       map[history.ID]bool      // see standsOnJudged; nil before it was asked
	empty        map[string]bool          // see holdsNothing; nil before it was asked
	straights    map[string][]history.Ref // see straight; by the ref that is judged
}

// update is a ref update as the repository, not the client, sees it.
type update struct {
	history.RefUpdate
	resolved string     // the ref that really moves
	real     history.ID // its value before the push, or what the last judged push left; see outside
	above    bool       // that value reaches every commit of adoption
	decision *policy.RefDecision
	facts    policy.RefChange // as far as they were looked up; see [push.change]
}

// decide gathers the facts about everything the push brings and asks the policy. No finding and no
// error means that the push may pass.
func (g *Gate) decide(ctx context.Context, req Request) (policy.Decision, error) {
	if g.repo == nil || g.inForce == nil || g.inForce.keys == nil {
		err := g.open()
		if errors.Is(err, ErrNotConfigured) {
			return policy.Decision{Findings: []policy.Finding{{
				Code: policy.NotConfigured, Detail: err.Error(),
				Next: []string{"ask the server's operator to run: countersign doctor"},
			}}}, nil
		}
		if err != nil {
			return policy.Decision{}, err
		}
	}
	defer g.logs.During(ctx, logsOf(g.inForce, g.server)...)()
	p := &push{Gate: g, req: req}
	g.received = req.Received.Unix()
	if err := p.lookUp(ctx); err != nil {
		return p.decision, err
	}
	if err := p.names(ctx); err != nil {
		return p.decision, err
	}
	if err := p.certificate(ctx); err != nil {
		return p.decision, err
	}
	// Approvals first: those that come with the commits they approve count for them.
	for _, first := range []bool{true, false} {
		for i := range p.updates {
			u := &p.updates[i]
			if policy.IsAttestation(u.resolved) != first {
				continue
			}
			found := len(p.decision.Findings)
			err := p.update(ctx, u)
			switch refused := errors.Is(err, errRefused); {
			case refused && len(p.decision.Findings) == found:
				return p.decision, fmt.Errorf("%s was refused, and nothing says why", u.Name)
			case err != nil && !refused && !p.blames(ctx, u, err):
				return p.decision, err
			}
		}
	}
	return p.decision, nil
}

// manyNames is the number of names from which listing all refs beats asking for each.
const manyNames = 64

// lookUp finds what each ref really is before the push. The old id on a hook's line is the client's
// claim (git-receive-pack passes it on), and a push to a symbolic ref moves the ref behind it.
func (p *push) lookUp(ctx context.Context) error {
	names := make([]string, len(p.req.Updates))
	for i, u := range p.req.Updates {
		names[i] = u.Name
	}
	for _, prefix := range p.inForce.policy.ProtectedPrefixes() {
		if strings.HasPrefix(prefix, "refs/heads/") {
			names = append(names, prefix) // for other names of what is pushed to
		}
	}
	current := make(map[string]history.Ref)
	for len(names) > 0 {
		if len(names) > manyNames {
			names = nil // all of them cost less than so many questions
		}
		refs, err := p.repo.Refs(ctx, names...)
		if err != nil {
			return err
		}
		names = nil
		for _, r := range refs {
			current[r.Name] = r
			if r.Target != "" && current[r.Target].Name == "" {
				names = append(names, r.Target)
			}
		}
	}
	for _, u := range p.req.Updates {
		// Git writes through a symbolic ref that leads nowhere yet, too.
		for name := u.Name; current[name].Name == ""; {
			target, err := p.repo.Symbolic(ctx, name)
			if err != nil {
				return err
			}
			current[name] = history.Ref{Name: name, Target: target}
			if name = target; name == "" {
				break
			}
		}
	}
	aliases := make(map[string]history.Ref)
	for name, r := range current {
		if r.Target != "" {
			aliases[name] = r
		}
	}
	p.decision.Refs = make([]policy.RefDecision, len(p.req.Updates))
	p.updates = make([]update, len(p.req.Updates))
	moved := make(map[string]string)
	for i, u := range p.req.Updates {
		resolved := u.Name
		for hops := 0; current[resolved].Target != ""; hops++ {
			if resolved = current[resolved].Target; hops > 5 {
				return fmt.Errorf("symbolic ref %s leads nowhere", u.Name)
			}
			if p.chain == nil {
				p.chain = make(map[string][]string)
			}
			p.chain[u.Name] = append(p.chain[u.Name], resolved)
		}
		if other, twice := moved[resolved]; twice {
			return fmt.Errorf("%s and %s are the same ref", other, u.Name)
		}
		moved[resolved] = u.Name
		d := &p.decision.Refs[i]
		*d = policy.RefDecision{
			Ref: u.Name, Old: current[resolved].ID.String(), New: u.New.String(),
			Protected: p.protects(u.Name, resolved, aliases),
		}
		if resolved != u.Name {
			d.Resolved = resolved
		}
		p.updates[i] = update{RefUpdate: u, resolved: resolved, real: current[resolved].ID, decision: d}
	}
	return nil
}

// protects says whether an update moves something protected: by the name that is pushed to, by the ref that
// really moves, or by another name of that.
func (g *Gate) protects(name, resolved string, aliases map[string]history.Ref) bool {
	if g.inForce.policy.Protects(name) || g.inForce.policy.Protects(resolved) {
		return true
	}
	for alias, r := range aliases {
		for hops := 0; r.Target != "" && hops < 5; hops++ {
			if r.Target == resolved && g.inForce.policy.Protects(alias) {
				return true
			}
			r = aliases[r.Target]
		}
	}
	return false
}

func (p *push) update(ctx context.Context, u *update) error {
	if refused, err := p.judgeRef(ctx, u); err != nil || refused {
		return err
	}
	if policy.IsAttestation(u.resolved) {
		return p.attestation(ctx, u)
	}
	if !u.decision.Protected {
		return nil
	}
	if settled, err := p.outside(ctx, u); err != nil || settled {
		return err
	}
	switch {
	case u.New == u.real:
		return nil
	case u.New.IsZero():
		_, err := p.judgeMove(ctx, u)
		return err
	case strings.HasPrefix(u.resolved, "refs/tags/"):
		return p.tag(ctx, u)
	default:
		return p.branch(ctx, u, u.New)
	}
}

// branch judges what a protected ref's new value brings. A ref that exists is judged by its whole
// new range, a new one by what no protected ref reaches yet.
func (p *push) branch(ctx context.Context, u *update, tip history.ID) error {
	var err error
	if u.facts.Kind, err = p.repo.Kind(ctx, tip); err != nil {
		return err
	}
	if refused, err := p.judgeMove(ctx, u); err != nil || refused {
		return err
	}
	r := history.Range{Tip: tip}
	adopted, err := adoption(p.inForce.policy)
	if err != nil {
		return err
	}
	r.Not = slices.Clone(adopted)
	isTag := strings.HasPrefix(u.resolved, "refs/tags/")
	if u.real.IsZero() || isTag {
		refs, err := p.judgedRefs(ctx)
		if err != nil {
			return err
		}
		r.Not = append(r.Not, tipsOf(refs)...)
	} else {
		if u.above, err = p.above(ctx, u.resolved, u.real, adopted); err != nil {
			return err
		}
		if u.above {
			r.Not = nil
		}
		r.Not = append(r.Not, u.real)
	}
	start := func(parent history.ID) error {
		if !isTag && !u.real.IsZero() && parent == u.real {
			return nil
		}
		if !isTag && !u.real.IsZero() {
			if err := p.leaves(ctx, u, policy.MergesOld); err != nil {
				return err
			}
		}
		return p.begins(ctx, u, adopted, parent)
	}
	before := len(p.decision.Findings)
	err = p.judge(ctx, u, r, start)
	if err == nil && u.decision.Landings == 0 && !isTag {
		err = p.back(ctx, u, adopted)
	}
	if err == nil && len(p.decision.Findings) == before {
		err = p.wanted(ctx, u)
	}
	return err
}

// errRefused stops the judging of a ref update that has its finding already.
var errRefused = errors.New("refused")

// tipsOf gives what refs hold, each once.
func tipsOf(refs []history.Ref) []history.ID {
	var tips []history.ID
	for _, r := range refs {
		if !slices.Contains(tips, r.ID) {
			tips = append(tips, r.ID)
		}
	}
	return tips
}

// protectedRefs gives the protected refs that exist.
func (g *Gate) protectedRefs(ctx context.Context) ([]history.Ref, error) {
	refs, err := g.repo.Refs(ctx, g.inForce.policy.ProtectedPrefixes()...)
	return slices.DeleteFunc(refs, func(r history.Ref) bool {
		// What a protected name shows of a ref that isn't protected, nobody judged when it moved there.
		return !g.inForce.policy.Protects(r.Name) || r.ID.IsZero() || r.Target != "" && !g.inForce.policy.Protects(r.Target)
	}), err
}

// maxFindings ends the judging of a push that is refused anyway: nobody reads more.
const maxFindings = 5000

// judge reads the landings of a range and asks the policy about each, with the tenure that stood
// before it.
func (p *push) judge(ctx context.Context, u *update, r history.Range, start func(parent history.ID) error) error {
	walk := p.walk(ctx, p.repo, r, false)
	defer walk.stop()
	parent, any, err := walk.begins()
	if err != nil || !any {
		return err
	}
	if from := parent.String(); from != u.decision.Old || parent.IsZero() {
		u.decision.From = from
	}
	if err := start(parent); err != nil {
		return err
	}
	ledger, o, err := p.origin(ctx, u, parent)
	if err != nil {
		return err
	}
	before := tenure.Entry{Tip: parent.String(), Ledger: ledger.Clone(), Links: tenure.LinksOf(o.links)}
	if u.above && parent == u.real {
		before.Above = p.inForce.policy.Adoption.Commits
	}
	for f := range walk.from(o) {
		landing, err := f.wait()
		if err != nil {
			return err
		}
		u.decision.Landings++
		u.decision.Commits += 1 + len(landing.Brought)
		outcome, err := p.lands(ctx, u, ledger, f)
		if err != nil {
			return err
		}
		f.judged(outcome.Passes())
		p.decision.Findings = append(p.decision.Findings, outcome.Findings...)
		p.decision.Notes = append(p.decision.Notes, outcome.Notes...)
		if len(p.decision.Findings) >= maxFindings {
			p.refuse(u, policy.LimitExceeded,
				fmt.Sprintf("more than %d findings: what comes after commit %s was not looked at", maxFindings, landing.Commit.ID),
				"mend these first, then push again")
			return errRefused
		}
		ledger.Credit(f.by.policy, landing)
	}
	if !strings.HasPrefix(u.resolved, "refs/tags/") {
		e := tenure.Entry{Tip: r.Tip.String(), Ledger: ledger, Above: before.Above, Links: tenure.LinksOf(o.links)}
		p.tenure.Keep(u.resolved, e, before)
	}
	return nil
}

// origin gives what everybody had earned before what an update brings, and what stood there.
func (p *push) origin(ctx context.Context, u *update, parent history.ID) (*policy.Ledger, origin, error) {
	ledger, err := p.ledgerAt(ctx, u.resolved, parent)
	if err != nil {
		// Not %w: a limit that what came before exceeds is no fault of the push.
		return nil, origin{}, fmt.Errorf("the tenure earned before the push: %v", err)
	}
	links, err := p.linksBefore(ctx, u.resolved, parent)
	if err != nil {
		return nil, origin{}, err
	}
	repo, err := p.aside()
	if err != nil {
		return nil, origin{}, err
	}
	o, err := p.originAt(ctx, repo, parent)
	if err != nil {
		return nil, origin{}, err
	}
	o.last, o.links, o.arrival, o.ref = ledger.Last(), links, verify.LandsNow(p.req.Received), u.resolved
	if o.inForce.folder != p.inForce.folder {
		o.also = p.inForce
	}
	return ledger, o, nil
}
