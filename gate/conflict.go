package gate

import (
	"context"
	"path"
	"slices"
	"strings"

	"countersign/policy"
)

// Git can't store a ref beside one whose name would be a folder of it: refs/heads/a and refs/heads/a/b.

// mostNames is how many names git is asked about: above it, it gives all refs. A command line has its bounds.
const mostNames = 500

// noRoom names a ref beside which Git can't store a new one: the name of one would be a folder of the other. All
// updates are asked about at once.
func (p *push) noRoom(ctx context.Context, u *update) (string, error) {
	if !u.real.IsZero() || u.New.IsZero() {
		return "", nil
	}
	if p.beside == nil {
		// New refs; the folders above them, and whether a ref has that name.
		news, there := make(map[string]bool), make(map[string]bool)
		var names []string
		for i := range p.updates {
			u := &p.updates[i]
			if !u.real.IsZero() || u.New.IsZero() || !u.decision.Protected && !policy.IsAttestation(u.resolved) {
				continue
			}
			news[u.resolved] = true
			names = append(names, u.resolved+"/")
			for above := range prefixes(path.Dir(u.resolved)) {
				if _, named := there[above]; !named && above != "refs" {
					there[above] = false
					names = append(names, above)
				}
			}
		}
		if len(names) > mostNames {
			names = nil
		}
		refs, err := p.site.Refs(ctx, names...)
		if err != nil {
			return "", err
		}
		p.beside = make(map[string]string)
		for _, r := range refs {
			if _, named := there[r.Name]; named {
				there[r.Name] = true
			}
			for above := range prefixes(path.Dir(r.Name)) {
				if news[above] {
					p.beside[above] = r.Name
				}
			}
		}
		for name := range news {
			for above := range prefixes(path.Dir(name)) {
				if there[above] {
					p.beside[name] = above
				}
			}
		}
	}
	return p.beside[u.resolved], nil
}

// clash names a new ref of the push beside which Git can't store another new one of it; "" for none.
func (p *push) clash(u *update) string {
	if p.clashes == nil {
		p.clashes = make(map[string]string)
		var folders []string
		for i := range p.updates {
			// What is really new: where a ref was moved past the hook, real becomes what was known of it.
			if u := &p.updates[i]; strings.Trim(u.decision.Old, "0") == "" && !u.New.IsZero() {
				folders = append(folders, u.resolved+"/")
			}
		}
		slices.Sort(folders) // what is in a folder follows it
		for i := 1; i < len(folders); i++ {
			if above, below := folders[i-1], folders[i]; above != below && strings.HasPrefix(below, above) {
				above, below = strings.TrimSuffix(above, "/"), strings.TrimSuffix(below, "/")
				p.clashes[above], p.clashes[below] = below, above
			}
		}
	}
	return p.clashes[u.resolved]
}
