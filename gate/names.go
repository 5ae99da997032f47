package gate

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// names refuses refs whose names would take the place of others': Git finds a tag main by the name of the branch,
// and on a file system that folds case MAIN and main are one file. The refs that exist are listed once, and only
// where the push brings a new one, or one whose name might stand in the way.
func (p *push) names(ctx context.Context) error {
	var here *namesHere
	know := func() error {
		if here != nil {
			return nil
		}
		refs, err := p.site.Refs(ctx)
		if err == nil {
			var names []string
			for _, u := range p.updates {
				names = append(names, u.resolved)
			}
			here = namesOf(p.site.Rules(), refs, names)
			for _, u := range p.updates {
				here.exists[u.resolved] = here.exists[u.resolved] || !u.New.IsZero()
			}
		}
		return err
	}
	for i := range p.updates {
		u := &p.updates[i]
		isNew := u.real.IsZero()
		if u.New.IsZero() || u.New == u.real || policy.IsAttestation(u.resolved) {
			continue
		}
		if isNew || slices.ContainsFunc(policy.Homonyms(u.resolved), p.site.Rules().Protects) {
			if err := know(); err != nil {
				return err
			}
		}
		name := policy.NewName{Name: u.Name, Ref: u.resolved, Protected: u.decision.Protected, New: isNew}
		if !u.decision.Protected {
			name.Shadows = p.site.Rules().Shadows(u.resolved, func(ref string) bool { return here != nil && here.exists[ref] })
		}
		if isNew {
			name.ShadowedBy, name.Twin = here.shadows[u.resolved], here.twin(u.resolved)
			if id := policy.AsObject(u.resolved); id != "" {
				if _, err := p.site.Repo.Resolve(ctx, id); err == nil || errors.Is(err, history.ErrAmbiguous) {
					name.AsObject = id
				}
			}
		}
		if findings := p.site.Rules().JudgeName(name); len(findings) > 0 {
			p.find(u, findings...)
			continue
		}
		if !isNew {
			continue
		}
		here.add(u.resolved)
	}
	return nil
}

// namesHere are the names of the refs that exist, as far as those that come in may have to do with them: anybody may
// have made very many.
type namesHere struct {
	asked   map[string]bool // what may be looked up in exists and parts
	ends    map[string]bool // last words of names that may be looked up in shadows
	exists  map[string]bool
	shadows map[string]string // unprotected refs by what they would stand in the way of
	parts   map[string]bool   // their names, and the folders that they are in
	folded  map[string]string // the same by how they are folded; "" for one that may be looked up
	last    string            // the name that was added last
}

// namesOf gives what the refs here are to names that come in.
func namesOf(p *policy.Policy, refs []history.Ref, names []string) *namesHere {
	n := &namesHere{
		asked: make(map[string]bool), ends: make(map[string]bool), exists: make(map[string]bool),
		shadows: make(map[string]string), parts: make(map[string]bool), folded: make(map[string]string),
	}
	for _, name := range names {
		for part := range prefixes(name) {
			n.asked[part], n.folded[policy.FoldRef(part)] = true, ""
		}
		if !p.Protects(name) {
			for _, other := range policy.Homonyms(name) {
				n.asked[other] = true
			}
			continue
		}
		n.ends[path.Base(name)], n.ends[path.Base(strings.TrimSuffix(name, "/HEAD"))] = true, true
	}
	for _, r := range refs {
		if n.asked[r.Name] {
			n.exists[r.Name] = true
		}
		n.add(r.Name)
		// A homonym ends with the same word, but for the /HEAD of a remote's.
		if end := path.Base(r.Name); !n.ends[end] && end != "HEAD" || len(n.ends) == 0 {
			continue
		}
		if p.Protects(r.Name) || policy.IsAttestation(r.Name) ||
			r.Target != "" && p.Protects(r.Target) {
			continue
		}
		for _, other := range policy.Homonyms(r.Name) {
			if n.ends[path.Base(other)] {
				n.shadows[other] = r.Name
			}
		}
	}
	n.add("refs/heads")
	n.add("refs/tags")
	for _, prefix := range p.ProtectedPrefixes() {
		n.add(strings.TrimSuffix(prefix, "/"))
	}
	return n
}

func (n *namesHere) add(ref string) {
	for part := range prefixes(ref) {
		if len(n.last) > len(part) && n.last[len(part)] == '/' && n.last[:len(part)] == part {
			continue // a folder of the one before, as refs are sorted
		}
		if n.asked[part] {
			n.parts[part] = true
		}
		folded := policy.FoldRef(part)
		if first, asked := n.folded[folded]; asked && first == "" {
			n.folded[folded] = part
		}
	}
	n.last = ref
}

// twin gives what a name, or a folder of it, is one with where case and composition don't count; "" for nothing.
func (n *namesHere) twin(ref string) string {
	for part := range prefixes(ref) {
		if n.parts[part] {
			continue
		}
		if other := n.folded[policy.FoldRef(part)]; other != "" {
			return other
		}
	}
	return ""
}

// prefixes gives the folders that a ref's name is in, and the name.
func prefixes(ref string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(ref) {
			if ref[i] == '/' && !yield(ref[:i]) {
				return
			}
		}
		yield(ref)
	}
}

// Shadow is a ref that isn't protected and stands in the way of one that is.
type Shadow struct{ Ref, Protected string }

// Shadows lists the unprotected refs here by which Git would find something else than a protected ref, sorted.
func (g *Gate) Shadows(ctx context.Context) ([]Shadow, error) {
	if !g.site.Readable() {
		return nil, ErrUndecided
	}
	refs, err := g.site.Repo.Refs(ctx)
	if err != nil {
		return nil, site.Undecided(err)
	}
	exists := make(map[string]bool)
	for _, r := range refs {
		exists[r.Name] = true
	}
	var found []Shadow
	for _, r := range refs {
		if policy.IsAttestation(r.Name) || r.Target != "" && g.site.Rules().Protects(r.Target) {
			continue
		}
		for _, other := range g.site.Rules().Shadows(r.Name, func(ref string) bool { return exists[ref] }) {
			found = append(found, Shadow{r.Name, other})
		}
	}
	return found, nil
}
