package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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

	floor   bool              // it bounds the policy in the tree
	files   []string          // every file it was read from, in its folder
	carries map[string]Traits // of each of them, what it has that is neither a key nor a commit's id
	byName  map[string]*Principal
	byEmail map[string]*Principal
}

// Protect says which refs are judged, and what may happen to them. Refs are doublestar patterns
// over full ref names.
type Protect struct {
	Refs        []string
	AllowRewind bool
	AllowDelete bool
}

// Signatures says what must be signed, and how.
type Signatures struct {
	Require  string   // "every-commit" or "landing"
	Kinds    []string // of "openpgp", "ssh", "x509"
	Tags     bool     // protected tags are annotated and signed
	Identity string   // "committer", "author" or "off"
	// MergesApprove says which signed merges are approvals of what they merge: "landing" (the landing commit
	// itself), "any" or "none".
	MergesApprove string
	ClockSkew     time.Duration
	EndGrace      time.Duration // how long after a key's end what it signed before may come in
	// WeakUntil is when the last signature with a weak algorithm may have landed; zero accepts none.
	WeakUntil    time.Time
	UserVerified bool   // security keys must have asked for a PIN or a finger
	RevokedSSH   []File // lists of revoked SSH keys
}

// X509 says which certificates count and what must prove when they were used.
type X509 struct {
	Roots        []File // trusted_root.json of Sigstore's, and PEM of other authorities
	CRLs         []File
	Transparency string // "embedded", "online" or "none"
	Log          string // the transparency log's address; asked only where Transparency is "online"
	Timeout      time.Duration
}

// File is a file that the policy names, as data: this package never looks inside.
type File struct {
	Name string
	Data []byte
}

// Adoption says where judging starts.
type Adoption struct {
	Commits      []string // full ids; they and what they reach are not judged
	CreditClaims bool     // count unsigned commits before adoption toward tenure, by claimed identity
}

// Push says what a push itself must have.
type Push struct {
	Certificate string // "optional", or "required" of pushes to protected refs
}

// TenureBounds are the times that make tenure unforgeable.
type TenureBounds struct {
	Settling      time.Duration // a credit counts this long after its landing; at least MaxLandingAge
	MaxLandingAge time.Duration // how old a new landing commit may be when it is received
}

// Quorum is how many maintainers stand behind what one alone may not do.
type Quorum struct {
	Maintainers int
	// CoolDown is the time between the first approval of a change that loosens the policy, and its landing.
	CoolDown time.Duration
}

// Rule says what a change of certain classes demands.
type Rule struct {
	Name      string
	Why       string
	Classes   []string
	Exempt    Exempt
	Approvals int
	Approvers *Exempt // tenure asked of those who approve; nil asks none
	Refuse    bool    // nobody may, approved or not
	// Wait lets a change pass without approval if its landing is that much younger than the receiver's
	// first sight of it: what a project of one has in place of a second person. Zero is never.
	Wait time.Duration
}

// Exempt is the tenure that frees a signer from needing approvals. Nobody frees none. All of Days,
// Commits and Months must be reached.
type Exempt struct {
	Nobody  bool
	Days    int
	Commits int
	Months  int
	In      string // "class": tenure in the rule's own classes; "all": overall
}

// Role is what a principal may do.
type Role string

const (
	Maintainer  Role = "maintainer"  // signs, lands and approves
	Contributor Role = "contributor" // signs and lands, never approves
	Reviewer    Role = "reviewer"    // approves, never signs what lands
	Service     Role = "service"     // signs merges that are what git makes of them; never a person
)

// Principal is a person or service of the keyring.
type Principal struct {
	Name         string
	Role         Role
	Emails       []string
	Since        time.Time // an earlier start of its tenure than history shows; zero for none
	IntroducedBy string    // a principal's name, or "founder" or ""
	Introduced   time.Time // when that was; zero where it isn't said
	Keys         []Key
}

// Key is one key of a principal, as data: this package never looks inside.
type Key struct {
	// Kind is "openpgp", "ssh", "x509", or "allowed-signers" for a file of OpenSSH's that stands for the
	// keys it allows to one of the principal's addresses.
	Kind        string
	Data        []byte
	Authority   bool     // an SSH certificate authority's key
	Identities  []string // what a certificate must be for
	Issuer      string   // the OpenID Connect issuer that a certificate of Sigstore's must name
	From, Until time.Time
	Revoked     string // "", "retired" or "compromised"
	RevokedAt   time.Time
	Source      string // "policy.toml:14" or "keys/alice.asc"
}

// Limits bound the work for one push.
type Limits struct {
	Commits int
	Blob    int64
	Message int64 // bytes of a commit or tag besides its signature: its message and its headers
	Time    time.Duration
}

// Journal says where records go, relative to the Git directory, and at what size the file becomes a segment.
type Journal struct {
	File   string
	Rotate int64
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

// Principal gives the principal of that name, or nil.
func (p *Policy) Principal(name string) *Principal { return p.byName[name] }

// ByEmail gives the principal that has this address, compared byte for byte after folding ASCII
// case, or nil. No two principals share an address.
func (p *Policy) ByEmail(email string) *Principal { return p.byEmail[foldASCII(email)] }

// WithPrincipals gives a copy of the policy with other principals: how a backtest tries a policy on
// a history whose people have no keys yet.
func (p *Policy) WithPrincipals(principals []Principal) *Policy {
	c := *p
	c.Principals = principals
	c.index()
	return &c
}

// OnlyRules gives a copy of the policy with only the rules of these names.
func (p *Policy) OnlyRules(names []string) (*Policy, error) {
	c := *p
	c.Rules = nil
	for _, name := range names {
		i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("the policy has no rule %q", name)
		}
		c.Rules = append(c.Rules, p.Rules[i])
	}
	return &c, nil
}

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

func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func (p *Policy) since(principal string) int64 {
	if q := p.Principal(principal); q != nil && !q.Since.IsZero() {
		return q.Since.Unix()
	}
	return 0
}

// Claim gives a policy in which each of these addresses that nobody has is a maintainer named after it: a backtest's
// stand-in for the people of an unsigned history.
func (p *Policy) Claim(emails ...string) *Policy {
	c := *p
	c.Principals = slices.Clip(p.Principals)
	c.byName, c.byEmail = maps.Clone(p.byName), maps.Clone(p.byEmail)
	for _, email := range emails {
		if c.ByEmail(email) != nil {
			continue
		}
		q := &Principal{Name: foldASCII(email), Role: Maintainer, Emails: []string{email}}
		c.Principals = append(c.Principals, *q)
		c.byName[q.Name], c.byEmail[foldASCII(email)] = q, q
	}
	return &c
}
