package policy

import "time"

// Row is what an audit says of one commit or one tag object: a line of a table. A ref has one where it couldn't be
// judged to its end, so that who reads only the table knows what isn't in it.
type Row struct {
	Object  string `json:"object"`  // "commit", "tag" or "ref"
	ID      string `json:"id"`      // what a ref holds
	Subject string `json:"subject"` // of a commit's message; what a tag calls itself
	// Refs are those that hold it, where they were judged: of a commit those on whose first-parent line its landing is.
	Refs []string `json:"refs"`

	Status      string `json:"status"`              // of the signature; [RowUndecided] of a ref
	Principal   string `json:"principal,omitempty"` // who signed, only if the signature is good
	Identity    string `json:"identity,omitempty"`  // the name in a certificate
	Kind        string `json:"kind,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	KeyID       string `json:"key_id,omitempty"`    // of OpenPGP; a signature may have nothing else of its key
	KeyOwner    string `json:"key_owner,omitempty"` // in whose entry of the keyring the key stands, whatever the status
	KeyState    string `json:"key_state,omitempty"` // today: see [KeyValid]
	Reason      string `json:"reason,omitempty"`    // why the signature isn't good, or a ref couldn't be judged

	SignedAt  time.Time `json:"signed_at,omitzero"` // by the signature; those of SSH have no time
	Author    string    `json:"author,omitempty"`   // "Name <email>", as it stands there
	AuthorAt  time.Time `json:"author_at,omitzero"`
	Committer string    `json:"committer,omitempty"` // or tagger
	CommitAt  time.Time `json:"committer_at,omitzero"`

	Landing   string    `json:"landing,omitempty"` // the commit that brought it onto the first-parent line
	LandedAt  time.Time `json:"landed_at,omitzero"`
	Classes   []string  `json:"classes,omitempty"`   // of what it changes
	Rules     []RowRule `json:"rules,omitempty"`     // that asked about it
	Approvals []string  `json:"approvals,omitempty"` // who approved it, by a tag whose signature is good
	Findings  []Code    `json:"findings,omitempty"`  // what stands against it
}

// RowUndecided is the status of a ref that couldn't be judged to its end.
const RowUndecided = "undecided"

// RowRule is a rule that asked about a commit, and how it was met.
type RowRule struct {
	Name string `json:"name"`
	Met  bool   `json:"met"`
	How  string `json:"how"`
}

// What a key may be on the day of an audit.
const (
	KeyValid        = "valid"
	KeyEnded        = "expired"
	KeyRetired      = "retired"     // by the policy
	KeyCompromised  = "compromised" // by the policy
	KeyOwnerRevoked = "revoked"     // by its owner, or by a list of the policy's
)
