package policy

// Code names a kind of finding; codes are stable and each has a section in docs/refusals.md.
type Code string

// Codes about a commit's signature and signer, or a tag's.
const (
	Unsigned             Code = "unsigned"
	SignatureBad         Code = "signature-bad"
	SignatureMalformed   Code = "signature-malformed"
	SignatureWeak        Code = "signature-weak"
	SignatureUnsupported Code = "signature-unsupported"
	SignerUnknown        Code = "signer-unknown"
	SignerMismatch       Code = "signer-mismatch" // the key's owner is not who the commit says
	SignerRole           Code = "signer-role"     // the principal's role doesn't let it sign this
	AttestedAuthor       Code = "attested-author" // whom a service names as the author can't stand behind it
	KeyExpired           Code = "key-expired"
	KeyNotYetValid       Code = "key-not-yet-valid"
	KeyRevoked           Code = "key-revoked"
	KeyPurpose           Code = "key-purpose"
	SignatureDate        Code = "signature-date" // its own time contradicts what it signs
)

// Codes about what a commit touches, and its dates.
const (
	ApprovalMissing    Code = "approval-missing"
	ApprovalNotFetched Code = "approval-not-fetched"
	OnHold             Code = "on-hold" // neither approved nor seen for long enough
	ContentRefused     Code = "content-refused"
	DateFuture         Code = "date-future"
	DateTooOld         Code = "date-too-old"
	DateInvalid        Code = "date-invalid"
)

// Codes about a change of the policy in the tree.
const (
	PolicyInvalid Code = "policy-invalid"
	QuorumMissing Code = "quorum-missing"
	CoolDown      Code = "cool-down"
)

// Codes about a ref update.
const (
	RefRewind       Code = "ref-rewind"
	RefDelete       Code = "ref-delete"
	RefUnwanted     Code = "ref-unwanted"  // a protected branch that nobody in the keyring has asked for
	RefStale        Code = "ref-stale"     // it isn't where the pusher says it was
	MovedOutside    Code = "moved-outside" // it isn't where the last judged push left it
	RefReserved     Code = "ref-reserved"
	RefUndecided    Code = "ref-undecided" // it would move beside a push
	PushCertificate Code = "push-certificate"
	RefName         Code = "ref-name"
	RefShadows      Code = "ref-shadows"  // Git would find it by a protected ref's name
	RefTwin         Code = "ref-twin"     // another ref but for case or Unicode composition
	RefDetour       Code = "ref-detour"   // the old tip is not on the new tip's first-parent line
	HistoryGone     Code = "history-gone" // it doesn't hold what trust begins with
	RefNotCommit    Code = "ref-not-commit"
	TagMoved        Code = "tag-moved"
	TagLightweight  Code = "tag-lightweight"
	TagUnsigned     Code = "tag-unsigned"
	TagName         Code = "tag-name"
	ApprovalInvalid Code = "approval-invalid"
	ApprovalForeign Code = "approval-foreign" // an approval ref that isn't the pusher's to write
)

// Codes about what could not be judged.
const (
	ObjectMalformed Code = "object-malformed"
	LimitExceeded   Code = "limit-exceeded"
	NotConfigured   Code = "not-configured"
	Undecided       Code = "undecided"
)

// Meaning is what there is to say of all findings of a code.
type Meaning struct {
	Code  Code
	About Subject
	// What is wrong, in few words: with a ref update, with one commit, and with several.
	Ref, Commit, Commits string
	// Exceptable says that an exception can put such a finding about a commit aside. What guards the policy itself,
	// and dates, by which tenure is counted, no exception puts aside.
	Exceptable bool
}

// Subject is what a finding is about.
type Subject string

// What findings are about.
const (
	AboutSignature Subject = "signature"
	AboutChange    Subject = "change"
	AboutPolicy    Subject = "policy"
	AboutRef       Subject = "ref"
	AboutJudging   Subject = "judging" // it could not be judged
)

// Words that codes share.
const (
	noneThatCounts  = "has no signature that counts"
	noneThatCountIn = "have no signature that counts"
	badDate         = "has a date that can't be right"
	badDates        = "have dates that can't be right"
	badTagDate      = "the tag's date can't be right"
	tagNotSigned    = "the tag is not signed by a maintainer"
	notAllowed      = "the policy doesn't allow it"
	mayNotLand      = "may not land"
)

// meanings has every code, in the order of docs/refusals.md.
var meanings = []Meaning{
	{Unsigned, AboutSignature, notAllowed, "is not signed", "are not signed", true},
	{SignatureBad, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},
	{SignatureMalformed, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},
	{SignatureWeak, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, true},
	{SignatureUnsupported, AboutSignature, tagNotSigned, noneThatCounts, noneThatCountIn, true},
	{SignerUnknown, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, true},
	{
		SignerMismatch, AboutSignature, "the tag is signed by somebody else than it says",
		"is signed by somebody else than it says", "are signed by somebody else than they say", true,
	},
	{
		SignerRole, AboutSignature, tagNotSigned,
		"is signed by somebody who may not", "are signed by somebody who may not", true,
	},
	{
		AttestedAuthor, AboutSignature, notAllowed,
		"is attested to be by somebody who may not", "are attested to be by somebody who may not", true,
	},
	{KeyExpired, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, true},
	{KeyNotYetValid, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},
	{KeyRevoked, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},
	{KeyPurpose, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},
	{SignatureDate, AboutSignature, notAllowed, noneThatCounts, noneThatCountIn, false},

	{ApprovalMissing, AboutChange, notAllowed, "needs a second person", "need a second person", true},
	{ApprovalNotFetched, AboutChange, notAllowed, "needs a second person", "need a second person", true},
	{OnHold, AboutChange, notAllowed, "has to wait", "have to wait", true},
	{
		ContentRefused, AboutChange, notAllowed,
		"has a change that nobody may make", "have changes that nobody may make", true,
	},
	{DateFuture, AboutChange, badTagDate, badDate, badDates, false},
	{DateTooOld, AboutChange, badTagDate, badDate, badDates, false},
	{DateInvalid, AboutChange, badTagDate, badDate, badDates, false},

	{PolicyInvalid, AboutPolicy, notAllowed, "breaks the policy", "break the policy", false},
	{
		QuorumMissing, AboutPolicy, notAllowed,
		"changes the policy without its quorum", "change the policy without its quorum", false,
	},
	{CoolDown, AboutPolicy, "it has to wait", "has to wait", "have to wait", false},

	{RefRewind, AboutRef, "it would lose commits", mayNotLand, mayNotLand, false},
	{RefDelete, AboutRef, "it may not be deleted", mayNotLand, mayNotLand, false},
	{RefUnwanted, AboutRef, "nobody here has said that it is wanted", mayNotLand, mayNotLand, false},
	{RefStale, AboutRef, "it has moved meanwhile", mayNotLand, mayNotLand, false},
	{MovedOutside, AboutRef, "it was moved past the hook", mayNotLand, mayNotLand, false},
	{RefReserved, AboutRef, "nobody may push there", mayNotLand, mayNotLand, false},
	{RefUndecided, AboutRef, "no decision lets it move", mayNotLand, mayNotLand, false},
	{PushCertificate, AboutRef, "the push isn't signed as it must be", mayNotLand, mayNotLand, false},
	{RefName, AboutRef, "such a name is not allowed", mayNotLand, mayNotLand, false},
	{RefShadows, AboutRef, notAllowed, mayNotLand, mayNotLand, false},
	{RefTwin, AboutRef, notAllowed, mayNotLand, mayNotLand, false},
	{RefDetour, AboutRef, "its first parents lead elsewhere", mayNotLand, mayNotLand, false},
	{HistoryGone, AboutRef, "the history that trust begins with is gone", mayNotLand, mayNotLand, false},
	{RefNotCommit, AboutRef, "it would hold no commit", mayNotLand, mayNotLand, false},
	{TagMoved, AboutRef, "the tag stands already", mayNotLand, mayNotLand, false},
	{TagLightweight, AboutRef, tagNotSigned, mayNotLand, mayNotLand, false},
	{TagUnsigned, AboutRef, tagNotSigned, mayNotLand, mayNotLand, false},
	{TagName, AboutRef, "the tag was made under another name", mayNotLand, mayNotLand, false},
	{ApprovalInvalid, AboutRef, "it is no valid approval", mayNotLand, mayNotLand, false},
	{ApprovalForeign, AboutRef, "the approval is somebody else's", mayNotLand, mayNotLand, false},

	{ObjectMalformed, AboutJudging, "it isn't written as Git writes it", mayNotLand, mayNotLand, false},
	{LimitExceeded, AboutJudging, "it is more than can be judged", mayNotLand, mayNotLand, false},
	{NotConfigured, AboutJudging, "no policy is set up here", mayNotLand, mayNotLand, false},
	{Undecided, AboutJudging, notAllowed, mayNotLand, mayNotLand, false},
}

// Codes lists every code, in the order of docs/refusals.md.
func Codes() []Code {
	codes := make([]Code, len(meanings))
	for i, m := range meanings {
		codes[i] = m.Code
	}
	return codes
}

// Meaning gives what there is to say of a code. One that isn't known is answered by nothing.
func (c Code) Meaning() Meaning {
	for _, m := range meanings {
		if m.Code == c {
			return m
		}
	}
	return Meaning{Code: c, Ref: notAllowed, Commit: mayNotLand, Commits: mayNotLand}
}
