package policy

import "time"

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
	// AttestedAuthors lets services that attest authors do so; else what such a service says counts for nothing.
	AttestedAuthors bool
	ClockSkew       time.Duration
	EndGrace        time.Duration // how long after a key's end what it signed before may come in
	// WeakUntil is when the last signature with a weak algorithm may have landed; zero accepts none.
	WeakUntil    time.Time
	UserVerified bool   // security keys must have asked for a PIN or a finger
	RevokedSSH   []File // lists of revoked SSH keys
	Trailing     string // what may stand after an OpenPGP signature: "none", or OpenTimestamps
}

// OpenTimestamps lets a proof of its kind, which nobody signs, stand after an OpenPGP signature.
const OpenTimestamps = "opentimestamps"

var signatureKinds = []string{"openpgp", "ssh", "x509"}

// mergesApprove are from the strictest to the laxest.
var mergesApprove = []string{"none", "landing", "any"}

// X509 says which certificates count and what must prove when they were used.
type X509 struct {
	Roots        []File // trusted_root.json of Sigstore's, and PEM of other authorities
	CRLs         []File
	Transparency string // "embedded", "online" or "none"
	Log          string // the transparency log's address; asked only where Transparency is "online"
	Timeout      time.Duration
}

// transparencies are from the laxest to the strictest.
var transparencies = []string{"none", "online", "embedded"}

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
	// CoolDown is the time between when a second maintainer stood behind a change that loosens the policy, or the
	// only one where one is enough, and its landing.
	CoolDown time.Duration
}

// Introductions says whose word doesn't count for whom: whoever brought somebody in, at any remove, is the
// first to overlook what they do, and two whom one line brought in together may be one person.
type Introductions struct {
	Across bool // an approval counts between two of whom one introduced the other, at any remove
	// SiblingsApart is how long after one another two must have come in who were introduced by the same third,
	// or by people whom that one introduced, for either's approval of the other to count; zero asks for nothing.
	SiblingsApart time.Duration
}

// Rule says what a change of certain classes demands.
type Rule struct {
	Name      string
	Why       string
	Classes   []string
	Shapes    []Shape // of changes in a class by path or mode; empty for all
	Exempt    Exempt
	Approvals int
	Approvers *Exempt // tenure asked of those who approve; nil asks none
	// MergesApprove is "none" where no merge approves, whatever the policy says of merges; else "".
	MergesApprove string
	// SignedOnly has only tenure count that was earned by signatures, and only for what its owner signed: what a service
	// attests neither earns it nor is exempt by it.
	SignedOnly bool
	Refuse     bool // nobody may, approved or not
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
	// In says which commits count: "class", those in each class that a path falls in; "rule", those in any of the
	// rule's classes; "all", all of them.
	In string
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
