package gate

import (
	"fmt"
	"strings"

	"countersign/internal/refname"
)

// RefCalled completes the name of a ref to which a command is bound: a full name stays as it is; of a short one there
// must be one protected ref that can be called so. What the policy here doesn't protect is refused, unless
// there is none here.
func (g *Gate) RefCalled(name string) (string, error) {
	p := g.site.Rules()
	var found []string
	for _, full := range []string{"refs/heads/" + name, "refs/tags/" + name} {
		if !strings.HasPrefix(name, "refs/") && refname.Valid(full) && p.Protects(full) {
			found = append(found, full)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("%.200q may be %s: write the full name", name, strings.Join(found, " or "))
	case !refname.Valid(name):
		return "", fmt.Errorf("no protected ref is called %.200q: write its full name, such as refs/heads/main; "+
			"protected are %s", name, strings.Join(p.Protect.Refs, ", "))
	case g.site.InForce.Keys != nil && !p.Protects(name):
		return "", fmt.Errorf("%.200q is not protected, so nothing is asked there; protected are %s",
			name, strings.Join(p.Protect.Refs, ", "))
	default:
		return name, nil
	}
}
