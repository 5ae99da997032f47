package policy

import (
	"strings"
	"testing"
	"time"
)

func TestJudgeAttestation(t *testing.T) {
	p := world()
	p.Protect.Refs = []string{"refs/heads/main"}
	p.Limits.Message = 1000
	p.Tenure.MaxLandingAge = 7 * 24 * time.Hour
	landed := Needs{LandedBefore: map[string]bool{"c": true}}
	for name, c := range map[string]struct {
		change func(*Attestation)
		want   []Code
		note   string
	}{
		"an approval": {func(*Attestation) {}, nil, ""},
		"no name": {func(a *Attestation) {
			a.Unnamed = "want refs/approvals/COMMIT/PRINCIPAL"
		}, []Code{ApprovalInvalid}, ""},
		"deleted":    {func(a *Attestation) { a.Deleted = true }, []Code{ApprovalForeign}, ""},
		"not signed": {func(a *Attestation) { a.Signature = Signature{Status: "missing"} }, []Code{ApprovalInvalid}, ""},
		"not signed, in place of another": {func(a *Attestation) {
			a.Signature, a.Replaces = Signature{Status: "missing"}, true
		}, []Code{ApprovalForeign}, ""},
		"a kind that isn't accepted": {func(a *Attestation) { a.Signature.Kind = "x509" }, []Code{ApprovalInvalid}, ""},
		"too long":                   {func(a *Attestation) { a.Size = 1001 }, []Code{LimitExceeded}, ""},
		"ahead of the clock":         {func(a *Attestation) { a.When += day }, []Code{DateFuture}, ""},
		"of long ago":                {func(a *Attestation) { a.When -= 8 * day }, []Code{DateTooOld}, ""},
		"older than what is there": {func(a *Attestation) {
			a.Replaces, a.ReplacesGood, a.ReplacesWhen = true, true, t0+1
		}, []Code{ApprovalForeign}, ""},
		"newer than what is there": {func(a *Attestation) {
			a.Replaces, a.ReplacesGood, a.ReplacesWhen, a.Known = true, true, t0-1, landed
		}, nil, ""},
		"anew, of what has landed": {func(a *Attestation) {
			a.Replaces, a.Known, a.LandedOn = true, landed, []string{"refs/heads/main"}
		}, []Code{ApprovalForeign}, ""},
		"taken back": {func(a *Attestation) { a.Kind, a.Known = Withdraws, landed }, nil, ""},
		"taken back, of what has landed": {func(a *Attestation) {
			a.Kind, a.Known, a.LandedOn = Withdraws, landed, []string{"refs/heads/main"}
		}, []Code{ApprovalForeign}, ""},
		"an exception": {func(a *Attestation) { a.Kind = Excepts }, nil, ""},
		"an exception for nothing": {func(a *Attestation) {
			a.Kind, a.Exception.Reason = Excepts, ""
		}, []Code{ApprovalInvalid}, ""},
		"an exception without end": {func(a *Attestation) {
			a.Kind, a.Exception.Expires = Excepts, 0
		}, []Code{ApprovalInvalid}, ""},
		"an exception for too long": {func(a *Attestation) {
			a.Kind, a.Exception.Expires = Excepts, t0+14*day+1
		}, []Code{ApprovalInvalid}, ""},
		"by who has no say": {func(a *Attestation) {
			a.Principal, a.Signature = "con", good("con")
		}, nil, "con is a contributor"},
		"for what isn't protected": {func(a *Attestation) {
			a.For = "refs/heads/topic"
		}, nil, "refs/heads/topic, which isn't protected"},
		"by who made the commit": {func(a *Attestation) { a.Author = "lasse" }, nil, "lasse made that commit"},
		"by somebody else":       {func(a *Attestation) { a.Author = "jia" }, nil, ""},
		"by who was introduced by the approver": {func(a *Attestation) {
			a.Author, a.Principal, a.Signature = "jia", "alice", good("alice")
		}, nil, "jia was introduced by alice"},
		"of one's own for a ref": {func(a *Attestation) { a.Author, a.For = "lasse", "refs/heads/main" }, nil, ""},
	} {
		a := Attestation{
			Ref: "refs/approvals/c/lasse", Kind: Approves, Commit: "c", Principal: "lasse", Signature: good("lasse"),
			When: t0, Received: t0,
			Exception: Exception{Commit: "c", Signature: good("lasse"), Reason: "a fire", When: t0, Expires: t0 + 14*day},
		}
		c.change(&a)
		outcome := p.JudgeAttestation(a)
		if !outcome.Needs.Empty() {
			t.Errorf("%s: needs %+v", name, outcome.Needs)
		}
		wantCodes(t, outcome.Findings, c.want...)
		if notes := strings.Join(outcome.Notes, "\n"); c.note == "" != (notes == "") || !strings.Contains(notes, c.note) {
			t.Errorf("%s: notes %q, want %q", name, notes, c.note)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Whether the commit has landed is asked where that matters, and only there.
func TestJudgeAttestationNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		a    Attestation
		want bool
	}{
		"an approval":                {Attestation{Kind: Approves}, false},
		"an approval anew":           {Attestation{Kind: Approves, Replaces: true}, true},
		"a withdrawal":               {Attestation{Kind: Withdraws}, true},
		"a move in place of another": {Attestation{Kind: Moves, Replaces: true}, false},
	} {
		c.a.Commit, c.a.Principal, c.a.Signature, c.a.When = "c", "lasse", good("lasse"), t0
		p := world()
		p.Limits.Message = 1000
		outcome := p.JudgeAttestation(c.a)
		if outcome.Needs.LandedBefore["c"] != c.want || outcome.Passes() == c.want {
			t.Errorf("%s: %+v", name, outcome)
		}
	}
}
