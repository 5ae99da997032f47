package policy

import (
	"slices"
	"strings"
	"time"
)

// AttestationKind is a kind of signed tag by which a principal says something about a commit. It lives at
// refs/KIND/COMMIT/PRINCIPAL, and the tag object calls itself KIND/COMMIT/PRINCIPAL.
type AttestationKind string

// The kinds of attestations.
const (
	Approves  AttestationKind = "approvals"   // stands second behind the commit and what it brings
	Withdraws AttestationKind = "withdrawals" // takes one's approval of the commit back
	Excepts   AttestationKind = "exceptions"  // lets the commit pass for a time, with a reason
	Moves     AttestationKind = "moves"       // lets a ref be moved to or from the commit
)

// AttestationKinds are all of them.
var AttestationKinds = []AttestationKind{Approves, Withdraws, Excepts, Moves}

// Prefix is the folder of the refs of a kind.
func (k AttestationKind) Prefix() string { return "refs/" + string(k) + "/" }

// Tag gives the name that the tag object carries.
func (k AttestationKind) Tag(commit, principal string) string {
	return string(k) + "/" + commit + "/" + principal
}

// Ref gives the name of the ref.
func (k AttestationKind) Ref(commit, principal string) string {
	return "refs/" + k.Tag(commit, principal)
}

// IsAttestation says whether a ref is an attestation's, well-formed or not.
func IsAttestation(ref string) bool {
	return slices.ContainsFunc(AttestationKinds, func(k AttestationKind) bool {
		return strings.HasPrefix(ref, k.Prefix())
	})
}

// Attestation is one that a push brings, or would put in the place of another.
type Attestation struct {
	Ref       string // full name
	Kind      AttestationKind
	Commit    string
	Principal string // by the ref's name
	Unnamed   string // why the ref's name is no attestation's, "" if it is one
	Deleted   bool

	Signature Signature
	Size      int64     // of the message, in bytes
	When      int64     // the tagger's claim, seconds since 1970
	For       string    // the only ref that it approves the commit for, or "" for any
	Exception Exception // what one says
	Received  int64     // the receiver's clock, seconds since 1970

	Replaces     bool // something lies in its place
	ReplacesGood bool // that has a good signature, and was made at ReplacesWhen
	ReplacesWhen int64

	Author   string   // who stands behind a commit that merges nothing, see [Policy.Author]; "" where that isn't known
	Known    Needs    // what was looked up
	LandedOn []string // the protected branches that have the commit
}

// WordNote begins the note about a word in a push that can't count.
const WordNote = "approval: "

// JudgeAttestation says what stands against storing an attestation, and notes that it doesn't help whoever made it,
// where that is so. It must be a signed tag about the commit, by the principal that its name says. Nobody removes or
// replaces another's, or what is newer, since anybody may push what somebody else signed; and what has landed was let
// in by what was said until then, which whoever reads history later must find.
func (p *Policy) JudgeAttestation(a Attestation) Outcome {
	refuse := func(code Code, detail string, next ...string) Outcome {
		return Outcome{Findings: []Finding{{Code: code, Ref: a.Ref, Detail: detail, Next: next}}}
	}
	again := a.Kind.Again(a.Commit)
	const tooLate = "take it out of the push: it says nothing any more"
	switch {
	case a.Unnamed != "":
		return refuse(ApprovalInvalid, a.Unnamed, "have it made, and the push printed: countersign approve COMMIT")
	case a.Deleted:
		return refuse(ApprovalForeign, "what somebody signed is not deleted", "countersign approve --withdraw "+a.Commit)
	}
	if status, reason := p.attests(a); status != StatusGood {
		code, detail := ApprovalInvalid, "it is not valid: "+status
		if a.Replaces {
			code, detail = ApprovalForeign, "it would replace what "+a.Principal+" signed by something that isn't valid: "+status
		}
		if reason != "" {
			detail += ", " + reason
		}
		return refuse(code, detail, again)
	}
	if limit := p.Limits.Message; a.Size > limit {
		return refuse(LimitExceeded, OverMessage(a.Size, limit), again)
	}
	if w := p.tagDate(a.When, a.Received, 0, again); w != nil {
		return refuse(w.code, w.detail, w.next...)
	}
	if a.ReplacesGood && a.When < a.ReplacesWhen {
		return refuse(ApprovalForeign, "it would replace what "+a.Principal+" signed later", tooLate)
	}
	var out Outcome
	if a.Kind == Withdraws || a.Kind == Approves && a.Replaces {
		if !a.Known.LandedBefore[a.Commit] {
			out.Needs.LandedBefore = map[string]bool{a.Commit: true}
		}
		if len(a.LandedOn) > 0 {
			return refuse(ApprovalForeign, "the commit has landed on "+a.LandedOn[0]+": what was said of it until then stays; "+
				"to undo it, revert it", tooLate)
		}
	}
	if why := p.Ineffective(a); why != "" {
		out.Notes = []string{WordNote + a.Ref + " doesn't count: " + why}
	}
	return out
}

// attests gives the status of an attestation's signature, "good" only if it counts, and why it isn't.
func (p *Policy) attests(a Attestation) (status, reason string) {
	s := a.Signature
	if a.Kind == Excepts && s.Status == StatusGood {
		if why := a.Exception.problem(); why != "" {
			return StatusMalformed, why
		}
	}
	if s.Status == StatusGood && !p.accepts(s) {
		return StatusUnsupported, notAccepted(s)
	}
	return s.Status, s.Reason
}

// Ineffective says why an attestation that is stored may yet not help whoever made it, "" if it may. A withdrawal
// always counts.
func (p *Policy) Ineffective(a Attestation) string {
	if a.Kind == Withdraws {
		return ""
	}
	why := p.Powerless(a.Principal, a.Kind == Approves)
	switch {
	case why != "" || a.Kind == Excepts:
		return why
	case a.For != "" && !p.Protects(a.For):
		return "it is for " + a.For + ", which isn't protected"
	case a.For == "" && a.Author == a.Principal: // who made a tip may say that a branch of it is wanted
		return a.Principal + " made that commit; it counts only for what others made below"
	}
	author, approver := p.Principal(a.Author), p.Principal(a.Principal)
	if a.Kind != Approves || a.For != "" || author == nil {
		return ""
	}
	if why := p.conflict(author, approver); why != "" {
		return why + "; it counts only for what others made below"
	}
	return ""
}

// Again is the command that makes an attestation about a commit anew.
func (k AttestationKind) Again(commit string) string {
	switch k {
	case Withdraws:
		return "countersign approve --withdraw " + commit
	case Excepts:
		return "countersign except " + commit + " --reason TEXT"
	case Moves:
		return "countersign approve " + commit + " --ref REF --from OLD --to NEW"
	default:
		return "countersign approve " + commit
	}
}

// tagDate says what is wrong with the date of a tag by a clock, nil for nothing. A tag that comes in now is neither
// older nor newer than it may be: an old date could bring an expired key back to life. Of one that is here already,
// received is 0 and only the clock of whoever judges is known, 0 where it isn't asked: it was made before that.
func (p *Policy) tagDate(when, received, now int64, again string) *problem {
	clock, whose := received, "the receiver's clock"
	if received == 0 {
		clock, whose = now, "the clock of this machine"
	}
	switch {
	case clock == 0:
		return nil
	case when > clock+seconds(p.Signatures.ClockSkew):
		next := []string{"see whether the clock is right: date -u", again}
		return &problem{DateFuture, "the tag is dated after " + whose, next}
	case received != 0 && when < clock-seconds(p.Tenure.MaxLandingAge):
		day := time.Unix(when, 0).UTC().Format(time.DateOnly)
		return &problem{DateTooOld, "the tag is dated " + day + ", too long ago to be new", []string{again}}
	default:
		return nil
	}
}

// AheadOf says whether something that is here already is dated ahead of a clock, both in seconds since 1970.
func (p *Policy) AheadOf(when, clock int64) bool { return p.tagDate(when, 0, clock, "") != nil }
