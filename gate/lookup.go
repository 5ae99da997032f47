package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// manyNames is the number of names from which listing all refs beats asking for each.
const manyNames = 64

// lookUp finds what each ref really is before the push. The old id on a hook's line is the client's
// claim (git-receive-pack passes it on), and a push to a symbolic ref moves the ref behind it.
func (p *push) lookUp(ctx context.Context) error {
	names := make([]string, len(p.req.Updates))
	all := false // whether they are all asked for anyhow; see names
	for i, u := range p.req.Updates {
		names[i] = u.Name
		all = all || u.Old.IsZero() && !u.New.IsZero() && !policy.IsAttestation(u.Name)
	}
	for _, prefix := range p.site.Rules().ProtectedPrefixes() {
		if strings.HasPrefix(prefix, "refs/heads/") {
			names = append(names, prefix) // for other names of what is pushed to
		}
	}
	current := make(map[string]history.Ref)
	for len(names) > 0 {
		if all = all || len(names) > manyNames; all {
			names = nil // all of them cost less than so many questions
		}
		refs, err := p.site.Refs(ctx, names...)
		if err != nil {
			return err
		}
		names = nil
		for _, r := range refs {
			current[r.Name] = r
			if r.Target != "" && current[r.Target].Name == "" && !all {
				names = append(names, r.Target)
			}
		}
	}
	for _, u := range p.req.Updates {
		// Git writes through a symbolic ref that leads nowhere yet, too.
		for name := u.Name; current[name].Name == ""; {
			target, err := p.site.Repo.Symbolic(ctx, name)
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
			Protected: protects(p.site.Rules(), u.Name, resolved, aliases),
		}
		if resolved != u.Name {
			d.Resolved = resolved
		}
		p.updates[i] = update{RefUpdate: u, resolved: resolved, real: current[resolved].ID, decision: d}
	}
	if p.foresees() {
		return p.fetched(ctx)
	}
	return nil
}

// fetched fails where a clone doesn't have what a ref that may not just move holds on the remote: the two can't be
// compared.
func (p *push) fetched(ctx context.Context) error {
	for _, u := range p.updates {
		if u.real.IsZero() || !u.decision.Protected && !policy.IsAttestation(u.resolved) {
			continue
		}
		_, err := p.site.Repo.Kind(ctx, u.real)
		if errors.Is(err, history.ErrMissing) {
			return fmt.Errorf("%s is at %s there, which isn't here: git fetch %s %s", u.Name, u.real,
				policy.Typed(p.o.Remote.Name), policy.Typed(u.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// protects says whether an update moves something protected: by the name that is pushed to, by the ref that
// really moves, or by another name of that.
func protects(p *policy.Policy, name, resolved string, aliases map[string]history.Ref) bool {
	if p.Protects(name) || p.Protects(resolved) {
		return true
	}
	for alias, r := range aliases {
		for hops := 0; r.Target != "" && hops < 5; hops++ {
			if r.Target == resolved && p.Protects(alias) {
				return true
			}
			r = aliases[r.Target]
		}
	}
	return false
}
