package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Policy is a policy file with its defaults filled in and every name checked.
type Policy struct {
	Protect    Protect
	Signatures Signatures
	X509       X509
	Adoption   Adoption
	Push       Push
	Tenure     TenureBounds
	Quorum     Quorum
	// Introductions says whose approval doesn't count for whom.
	Introductions Introductions
	Rules         []Rule
	Classes       *Classes
	Principals    []Principal
	Limits        Limits
	Journal       Journal
	// Digest is the SHA-256, in hexadecimal, of the policy file and the key files it names, in the
	// order of their names, each with its name and length before it.
	Digest string
	// Notes are what is worth knowing of the file and no mistake, each with its place: a setting by a name of old.
	Notes []string

	floor bool     // it bounds the policy in the tree
	files []string // every file it was read from, in its folder
	// What each of them has that is neither a key nor a commit's id: looked for where it is asked.
	carries func() map[string]Traits
	byName  map[string]*Principal
	byEmail map[string]*Principal
}

// Protects says whether a ref, by its full name, is judged.
func (p *Policy) Protects(ref string) bool {
	return slices.ContainsFunc(p.Protect.Refs, func(pattern string) bool {
		return doublestar.MatchUnvalidated(pattern, ref)
	})
}

// ProtectedPrefixes gives ref names, and prefixes ending in "/", that take in every protected ref.
func (p *Policy) ProtectedPrefixes() []string {
	prefixes := make([]string, len(p.Protect.Refs))
	for i, pattern := range p.Protect.Refs {
		if special := strings.IndexAny(pattern, `*?[{\`); special >= 0 {
			pattern = pattern[:strings.LastIndexByte(pattern[:special], '/')+1]
		}
		prefixes[i] = pattern
	}
	return prefixes
}

// Names says whether the policy protects a ref by its very name, not by a pattern that takes in many.
func (p *Policy) Names(ref string) bool {
	return slices.Contains(p.Protect.Refs, ref) && !strings.ContainsAny(ref, `*?[{\`)
}

// Principal gives the principal of that name, or nil.
func (p *Policy) Principal(name string) *Principal { return p.byName[name] }

// ByEmail gives the principal that has this address, compared byte for byte after folding ASCII
// case, or nil. No two principals share an address.
func (p *Policy) ByEmail(email string) *Principal { return p.byEmail[foldASCII(email)] }

// maintainers gives those of the principals, in the order of the policy.
func (p *Policy) maintainers() []*Principal {
	var maintainers []*Principal
	for i := range p.Principals {
		if q := &p.Principals[i]; q.Role == Maintainer {
			maintainers = append(maintainers, q)
		}
	}
	return maintainers
}

// WithPrincipals gives a copy of the policy with other principals: how a backtest tries a policy on
// a history whose people have no keys yet.
func (p *Policy) WithPrincipals(principals []Principal) *Policy {
	c := *p
	c.Principals = principals
	c.index()
	return &c
}

// OnlyRules gives a copy of the policy without the rules of other names than these.
func (p *Policy) OnlyRules(names []string) *Policy {
	c := *p
	c.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(r Rule) bool { return !slices.Contains(names, r.Name) })
	return &c
}

// Presser is the principal who stands for whoever pressed a forge's button, in a backtest.
const Presser = "whoever-pressed-the-button"

// Claim gives a policy in which each of these addresses that nobody has is a maintainer named after it, or a service
// where it is a forge's: a backtest's stand-in for the people of an unsigned history. There is a [Presser], too.
func (p *Policy) Claim(forges map[string]string, emails ...string) *Policy {
	c := *p
	c.Principals = slices.Clip(p.Principals)
	c.byName, c.byEmail = maps.Clone(p.byName), maps.Clone(p.byEmail)
	add := func(q Principal) {
		c.Principals = append(c.Principals, q)
		c.byName[q.Name] = &q
		for _, email := range q.Emails {
			c.byEmail[foldASCII(email)] = &q
		}
	}
	if c.byName[Presser] == nil {
		add(Principal{Name: Presser, Role: Reviewer})
	}
	for _, email := range emails {
		if c.ByEmail(email) != nil {
			continue
		}
		q := Principal{Name: foldASCII(email), Role: Maintainer, Emails: []string{email}}
		if forges[q.Name] != "" {
			q.Role = Service
		}
		add(q)
	}
	return &c
}

// index makes the indexes of principals.
func (p *Policy) index() {
	p.byName = make(map[string]*Principal, len(p.Principals))
	p.byEmail = make(map[string]*Principal, len(p.Principals))
	for i := range p.Principals {
		q := &p.Principals[i]
		p.byName[q.Name] = q
		for _, e := range q.Emails {
			p.byEmail[foldASCII(e)] = q
		}
	}
}

// approvers gives the principals who approve, in the order of the policy.
func (p *Policy) approvers() []*Principal {
	var approvers []*Principal
	for i := range p.Principals {
		if q := &p.Principals[i]; q.approves() {
			approvers = append(approvers, q)
		}
	}
	return approvers
}

// Powerless says why a principal's word for a commit can't count, where it takes a maintainer or, for an approval, also
// a reviewer; "" if it can.
func (p *Policy) Powerless(name string, approval bool) string {
	switch q := p.Principal(name); {
	case q == nil:
		return name + " is not in the keyring"
	case q.Role == Maintainer || approval && q.approves():
		return ""
	case approval:
		return fmt.Sprintf("%s is a %s; maintainers and reviewers approve", q.Name, q.Role)
	default:
		return fmt.Sprintf("%s is a %s; maintainers decide about that", q.Name, q.Role)
	}
}

// Addressless says why nothing that somebody signs can land, for want of an address of theirs; "" if it can.
func (p *Policy) Addressless(q *Principal) string {
	if !q.lands() || len(q.Emails) > 0 || p.Signatures.Identity == "off" {
		return ""
	}
	return fmt.Sprintf("%s: has no address of their own, so nothing that they sign can land: name in emails the one that "+
		"git config user.email gives them", q.Name)
}

// Folder is where the policy lies in the tree.
const Folder = ".countersign"

// InFolder says whether a path is, or lies in, the policy's folder.
func InFolder(path string) bool { return path == Folder || strings.HasPrefix(path, Folder+"/") }

// FileName is the policy file in its folder.
const FileName = "policy.toml"

// FloorFile is the floor beside a repository whose policy lies in its tree or is that of many repositories, or the
// floor of many that have their own.
const FloorFile = "floor.toml"
