package policy

import (
	"slices"
	"strings"

	"countersign/policy/signal"
)

// Verdict is the outcome for a push. The zero value refuses.
type Verdict uint8

const (
	Refused Verdict = iota
	Accepted
)

// String gives "accepted" or "refused".
func (v Verdict) String() string {
	if v == Accepted {
		return "accepted"
	}
	return "refused"
}

// MarshalText writes the verdict by name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else refuses.
func (v *Verdict) UnmarshalText(b []byte) error {
	*v = Refused
	if string(b) == "accepted" {
		*v = Accepted
	}
	return nil
}

// TenureFigures is what somebody has earned.
type TenureFigures struct {
	Days    int `json:"days"`
	Commits int `json:"commits"`
	Months  int `json:"months"`
}

// TouchedPath is a path of a finding, with the classes that put it there.
type TouchedPath struct {
	Path    string   `json:"path"`   // raw bytes
	Change  string   `json:"change"` // "added", "modified", "deleted", "mode" or "type"
	Classes []string `json:"classes"`
	Shape   Shape    `json:"shape,omitempty"` // where the rule asks by shape
	// ShownAs are the paths that put it in a class, where symbolic links show it under others.
	ShownAs []string `json:"shown_as,omitempty"`
	// Lines are some of the lines that put it in a class by signal, or make it risky; see [Reasons].
	Lines []Reason `json:"lines,omitempty"`
}

// Told says whether lines can tell why a path is asked about.
func (t *TouchedPath) Told() bool {
	if t.Shape == ShapeRisky {
		return true
	}
	return slices.ContainsFunc(t.Classes, func(class string) bool { return slices.Contains(signal.All.Names(), class) })
}

// PushAgain is the step after others that don't push. A step is words, or a command, or words that end with a colon and
// then a command: nothing follows a command, so that it can be typed as it stands.
const PushAgain = "then push again"

// Finding is one reason why something may not pass: which commit or ref, which rule, what is
// needed, what is there, and what to do next. Text from a push is unescaped here.
type Finding struct {
	Code Code   `json:"code"`
	Ref  string `json:"ref"`
	// Refs are those that hold the commit, where several do; MoreRefs is how many of them aren't named.
	Refs     []string      `json:"refs,omitempty"`
	MoreRefs int           `json:"more_refs,omitempty"`
	Commit   string        `json:"commit,omitempty"`
	Subject  string        `json:"subject,omitempty"`
	Landing  string        `json:"landing,omitempty"` // the landing commit that brings Commit
	Rule     string        `json:"rule,omitempty"`
	Why      string        `json:"why,omitempty"` // the rule's own reason
	Paths    []TouchedPath `json:"paths,omitempty"`
	// Signer is the accountable principal, AttestedBy the service by whose word they are, "" where they signed; Claim is
	// "Name <email>" of the committer line.
	Signer      string         `json:"signer,omitempty"`
	AttestedBy  string         `json:"attested_by,omitempty"`
	Claim       string         `json:"claim,omitempty"`
	Fingerprint string         `json:"fingerprint,omitempty"`
	Tenure      *TenureFigures `json:"tenure,omitempty"`      // what the signer has
	TenureIn    string         `json:"tenure_in,omitempty"`   // in that class, or "rule NAME" in its classes; "" overall
	TenureFrom  string         `json:"tenure_from,omitempty"` // "signatures" where not all they earned counts
	Exempt      *TenureFigures `json:"exempt,omitempty"`      // what would do without approval; nil if nothing would
	Needed      int            `json:"needed,omitempty"`      // approvals
	Have        []string       `json:"have,omitempty"`        // approvers who count
	Discounted  []Discount     `json:"discounted,omitempty"`
	Ask         []string       `json:"ask,omitempty"`  // principals who could approve
	Detail      string         `json:"detail"`         // one sentence: what is wrong
	Next        []string       `json:"next,omitempty"` // steps, see [PushAgain]
}

// Discount is an approval that doesn't count, and why.
type Discount struct {
	Principal string `json:"principal,omitempty"`
	Name      string `json:"name,omitempty"` // of the tag
	Reason    string `json:"reason"`
}

// RefDecision is what was found out about one ref update.
type RefDecision struct {
	Ref string `json:"ref"`
	// Resolved is the ref that really moves when Ref is symbolic.
	Resolved string `json:"resolved,omitempty"`
	// As is the ref whose rules applied where Ref isn't one that the policy speaks of: a remote-tracking name,
	// or a commit that landed.
	As  string `json:"as,omitempty"`
	Old string `json:"old"`
	// SharedWith is the ref with which Old was judged, and what it reaches; "" for none.
	SharedWith string `json:"shared_with,omitempty"`
	// From is the commit before the first one that was judged, zeros before a root, where that isn't Old.
	From      string `json:"from,omitempty"`
	New       string `json:"new"`
	Protected bool   `json:"protected"`
	Landings  int    `json:"landings"`
	Commits   int    `json:"commits"` // judged, landings included
	// Undecided says why the ref could not be judged to its end; the counts are of what was.
	Undecided string `json:"undecided,omitempty"`
	// Attested are those of Commits that are their author's by the word of a service.
	Attested []Attested `json:"attested,omitempty"`
}

// Begins says after which commit the judging begins, zeros before a root.
func (r *RefDecision) Begins(parent string) {
	if parent != r.Old || strings.Trim(parent, "0") == "" {
		r.From = parent
	}
}

// Attested counts commits of one author that count as theirs by the word of a service.
type Attested struct {
	Service string `json:"service"`
	Author  string `json:"author"`
	Commits int    `json:"commits"`
}

// Decision is the outcome for a push or a range, with all its reasons.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Observed says of a refusal that the push went on all the same: the server only observes.
	Observed bool `json:"observed,omitempty"`
	// SignaturesOnly says that no rules were asked: what isn't signed stands against nothing.
	SignaturesOnly bool `json:"signatures_only,omitempty"`
	// Earlier says what earlier runs judged, so that this one didn't; nil for nothing.
	Earlier   *Earlier      `json:"earlier,omitempty"`
	Summary   *Summary      `json:"summary,omitempty"` // of history that has landed; a push has none
	Refs      []RefDecision `json:"refs"`
	Findings  []Finding     `json:"findings"`
	Notes     []string      `json:"notes,omitempty"`     // worth knowing, no reason to refuse
	Reference string        `json:"reference,omitempty"` // finds the record in the journal
	// Unrecorded says that the journal doesn't know this decision: its reference leads nowhere.
	Unrecorded bool `json:"-"`
	// Undecided says why no decision could be reached, or not on all of it; the verdict is then Refused. It may name
	// paths of the server and is for its operator, not for the pusher.
	Undecided string `json:"undecided,omitempty"`
}

// Earlier counts what runs before judged that isn't judged again: a commit once for each run that judged it.
type Earlier struct {
	At      string `json:"at"` // when the last of them ended (RFC 3339)
	Commits int    `json:"commits"`
	Tags    int    `json:"tags"`
}

// GoesOn says whether Git may make what was decided: it was accepted, or the server only observes.
func (d *Decision) GoesOn() bool { return d.Verdict == Accepted || d.Observed }

// Settle accepts if nothing stands against it, and refuses otherwise.
func (d *Decision) Settle() {
	d.Verdict = Refused
	if len(d.Findings) == 0 && d.Undecided == "" {
		d.Verdict = Accepted
	}
}
