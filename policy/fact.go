package policy

import (
	"iter"
)

// Signature is the outcome of a verification: Principal is set only if Status is "good". The other
// statuses are those of package verify; one that isn't known here counts as bad.
type Signature struct {
	Status      string `json:"status"`
	Principal   string `json:"principal,omitempty"`
	Kind        string `json:"kind,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	KeyID       string `json:"-"`                  // of an OpenPGP signature, which may have no fingerprint
	Identity    string `json:"identity,omitempty"` // the name in a certificate; "" for plain keys
	Reason      string `json:"reason,omitempty"`
	Next        string `json:"-"` // how the same key makes one that is good; "" where that isn't known
	SignedAt    int64  `json:"-"` // the signature's own time, seconds since 1970; 0 where it has none
	KeyOwner    string `json:"-"` // in whose entry the key stands, whatever the status; "" if nobody's
}

// Identity is a claim in an author, committer or tagger line. When is in seconds since 1970 UTC.
type Identity struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	When  int64  `json:"when"`
}

// Commit is what is known of one commit.
type Commit struct {
	ID        string    `json:"id"`
	Parents   []string  `json:"parents"`
	Subject   string    `json:"subject"` // first line of the message, unescaped; cut where it is long
	Title     string    `json:"-"`       // of a merge: the first paragraph of the message, whole
	Author    Identity  `json:"author"`
	Committer Identity  `json:"committer"`
	Signature Signature `json:"signature"`
	Size      int64     `json:"-"` // bytes of all of it but the signature
	Changes   []Change  `json:"-"`
	// Forge is the forge that made it when somebody pressed a button, and Second the principal who is taken to have
	// pressed it, where that isn't the author: in a backtest only. A button is a word as a landing merge is.
	Forge  string `json:"-"`
	Second string `json:"-"`
	// Malformed says what is wrong with an object that isn't written as Git writes it, "" if nothing is. Such a
	// commit says nothing of itself, and nobody stands behind it.
	Malformed string `json:"malformed,omitempty"`
}

// Landing is a landing commit, what it brings, and the approvals that name any of them.
type Landing struct {
	Ref     string
	Commit  Commit
	Brought []Commit // parents before children
	// What was looked up; see Known.
	Approvals   []Approval
	Withdrawals []Withdrawal
	Exceptions  []Exception
	// Known is what was looked up so far: Judge asks for nothing twice. Complete says that nothing more can be, and
	// NoJournal that there is no journal to ask.
	Known     Needs
	Complete  bool
	NoJournal bool
	// ApprovalsFetched is false where the repository at hand has no approval refs at all, so that a
	// missing approval may only be a missing fetch.
	ApprovalsFetched bool
	// Received is the receiver's clock in seconds since 1970, or 0 when nothing lands now.
	Received int64
	// Foreseen says that it is judged before it leaves for the server, without the server's journal.
	Foreseen bool
	// Now is the clock of whoever judges what has landed already, in seconds since 1970, or 0 where it
	// isn't asked.
	Now int64
	// Seen is since when a commit has been in sight without a gap, by the receiver's journal: as the value of a ref
	// that people look at, or below one. In seconds since 1970, by commit id. It is nil where no journal is at hand
	// or nobody has asked it.
	Seen map[string]int64
	// MadeUnknown says that the journal doesn't say what Git made, so that no time is counted.
	MadeUnknown bool
	// Bounded says that the commit lies on another protected branch's first-parent line: its date was
	// bounded when it landed there.
	Bounded bool
	// CameIn is when commits came in that were on another protected branch before, in seconds since 1970, by commit id.
	CameIn map[string]int64
	// Keyless names authors, attested by a service, of whom no key in the keyring can sign when the landing comes in. What
	// has landed isn't asked.
	Keyless []string
	// InTree says that the policy lies in the tree.
	InTree bool
	// Amended is what the landing makes of the policy it is judged by; nil where that stays as it is.
	Amended *Amended
}

// Amended is a change of the policy in the tree.
type Amended struct {
	Policy  *Policy // what it becomes; nil if that can't be used
	Problem string  // why it can't be used
	// Same has the ids of the landing's commits in which the policy already is what it becomes: who
	// approved or signed one of them that makes it so stands behind the outcome. It may have those of
	// their parents outside of the landing, too: what began with that policy doesn't propose it.
	Same map[string]bool
}

// Approval is a word for a commit and what it brings: a signed tag under refs/approvals/, or a
// tag of that kind which a merge embeds. The landing commit's own signature is no Approval: Judge weighs it.
type Approval struct {
	Commit    string // the commit the tag names
	Source    string // "tag" or "mergetag"
	Name      string // the ref or tag name, for messages
	Ref       string // the only ref it approves the commit for, or "" for any
	Object    string // the tag's own id, "" for an embedded one
	Signature Signature
	When      int64 // the tagger's claim, seconds since 1970
	Seen      int64 // when the receiver first saw it, by its journal; 0 where that isn't known
}

// Withdrawal takes back what its signer said of a commit until then: an approval, or that they signed it.
type Withdrawal struct {
	Commit    string
	Signature Signature
	When      int64 // the tagger's claim, seconds since 1970
}

// Exception is a maintainer's word that a commit and what it brings may pass for a time, whatever the
// rules say; see [Policy.Judge].
type Exception struct {
	Commit    string
	Signature Signature
	Reason    string
	When      int64 // the tagger's claim, seconds since 1970
	Expires   int64 // seconds since 1970
}

// untimed says whether it is taken at its word since when it and the approvals have been in sight.
func (l *Landing) untimed() bool { return l.Seen == nil && (l.Received == 0 || l.Foreseen) }

// Commits gives every commit of the landing, oldest first, the landing commit last.
func (l *Landing) Commits() iter.Seq[*Commit] {
	return func(yield func(*Commit) bool) {
		for i := range l.Brought {
			if !yield(&l.Brought[i]) {
				return
			}
		}
		yield(&l.Commit)
	}
}

// Find gives the commit of the landing with an id, or nil.
func (l *Landing) Find(id string) *Commit {
	for c := range l.Commits() {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Touched gives the paths a commit changes, each with all its classes.
func (c *Commit) Touched(p *Policy) []TouchedPath {
	touched := make([]TouchedPath, len(c.Changes))
	for i, classes := range c.classified(p) {
		ch := &c.Changes[i]
		touched[i] = TouchedPath{Path: ch.Path, Change: ch.Kind(), Classes: classes, ShownAs: p.Classes.shownAs(ch, classes)}
	}
	return touched
}

// classified gives the classes of each change.
func (c *Commit) classified(p *Policy) [][]string {
	classes := make([][]string, len(c.Changes))
	for i, ch := range c.Changes {
		classes[i] = p.Classes.Of(ch)
	}
	return classes
}
