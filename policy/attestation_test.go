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
		"by the commit's signer": {func(a *Attestation) { a.Signer = "lasse" }, nil, "lasse signed that commit"},
		"of one's own for a ref": {func(a *Attestation) { a.Signer, a.For = "lasse", "refs/heads/main" }, nil, ""},
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

func TestJudgeTag(t *testing.T) {
	p := world()
	p.Signatures.Tags = true
	p.Tenure.MaxLandingAge = 7 * 24 * time.Hour
	for name, c := range map[string]struct {
		change func(*Tag)
		want   []Code
	}{
		"a release":                  {func(*Tag) {}, nil},
		"lightweight":                {func(t *Tag) { t.Kind = "commit" }, []Code{TagLightweight}},
		"too deep":                   {func(t *Tag) { t.Leads = "" }, []Code{RefNotCommit}},
		"by another name":            {func(t *Tag) { t.Name = "v2" }, []Code{TagName}},
		"not signed":                 {func(t *Tag) { t.Signature = Signature{Status: "missing"} }, []Code{TagUnsigned}},
		"by nobody's key":            {func(t *Tag) { t.Signature = Signature{Status: "unknown-key"} }, []Code{TagUnsigned}},
		"by a status of the future":  {func(t *Tag) { t.Signature.Status = "GOOD" }, []Code{TagUnsigned}},
		"a kind that isn't accepted": {func(t *Tag) { t.Signature.Kind = "x509" }, []Code{SignatureUnsupported}},
		"by a contributor":           {func(t *Tag) { t.Signature = good("con") }, []Code{SignerRole}},
		"a contributor's, of that kind": {func(t *Tag) {
			t.Signature = good("con")
			t.Signature.Kind = "x509"
		}, []Code{SignerRole}},
		"by whom nobody knows":      {func(t *Tag) { t.Signature = good("nobody") }, []Code{SignerRole}},
		"with another's address":    {func(t *Tag) { t.Tagger.Email = "jia@example.org" }, []Code{SignerMismatch}},
		"ahead of the clock":        {func(t *Tag) { t.Tagger.When += day }, []Code{DateFuture}},
		"of long ago":               {func(t *Tag) { t.Tagger.When -= 8 * day }, []Code{DateTooOld}},
		"of long ago, restored":     {func(t *Tag) { t.Tagger.When, t.Restored = t0-8*day, true }, nil},
		"of long ago, here already": {func(t *Tag) { t.Tagger.When, t.Received = t0-8*day, 0 }, nil},
		"here, ahead of the clock":  {func(t *Tag) { t.Tagger.When, t.Received = t0+day, 0 }, []Code{DateFuture}},
		"here, and nobody's clock":  {func(t *Tag) { t.Tagger.When, t.Received, t.Now = t0+day, 0, 0 }, nil},
	} {
		tag := Tag{
			Ref: "refs/tags/v1", Shown: "refs/tags/v1", ID: "1", Kind: "tag", Leads: "commit", Name: "v1", Target: "c",
			Tagger: by("lasse"), Signature: good("lasse"), Received: t0, Now: t0,
		}
		tag.Tagger.When = t0
		c.change(&tag)
		wantCodes(t, p.JudgeTag(tag), c.want...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	p.Signatures.Tags = false
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "commit"}))
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "tag", Leads: "commit"}))
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "tag"}), RefNotCommit)
}

// Git allows names that a shell would obey: those are left to the reader.
func TestTagAgain(t *testing.T) {
	for name, want := range map[string]string{"v1.0": "v1.0", "a/b": "a/b", "-f": "NAME", "$(id)": "NAME", "a b": "NAME"} {
		if got := (Tag{Shown: "refs/tags/" + name}).Again(); got != "git tag -s -f "+want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestJudgePush(t *testing.T) {
	for name, c := range map[string]struct {
		certificate *Certificate
		required    bool
		pusher      string
		refused     bool
	}{
		"none":                       {nil, false, "", false},
		"none, and one is wanted":    {nil, true, "", true},
		"a good one":                 {&Certificate{Signature: good("con")}, true, "con", false},
		"of another push":            {&Certificate{Unfit: "it is for other refs", Signature: good("con")}, false, "", true},
		"not signed":                 {&Certificate{Signature: Signature{Status: "missing"}}, false, "", true},
		"of a status that isn't one": {&Certificate{}, false, "", true},
		"a kind that isn't accepted": {
			&Certificate{Signature: Signature{Status: "good", Principal: "con", Kind: "x509"}}, false, "", true,
		},
		"by whom nobody knows": {&Certificate{Signature: good("nobody")}, false, "", true},
	} {
		p := world()
		p.Push.Certificate = "optional"
		if c.required {
			p.Push.Certificate = "required"
		}
		pusher, findings := p.JudgePush(c.certificate)
		who := ""
		if pusher != nil {
			who = pusher.Name
		}
		if who != c.pusher || (len(findings) > 0) != c.refused {
			t.Errorf("%s: %q, %+v", name, who, findings)
		}
	}
}

// Every code has its words, and the codes that an exception answers are about commits.
func TestCodesHaveAMeaning(t *testing.T) {
	seen := make(map[Code]bool)
	for _, code := range Codes() {
		m := code.Meaning()
		if seen[code] || m.Code != code || m.About == "" || m.Ref == "" || m.Commit == "" || m.Commits == "" {
			t.Errorf("%+v", m)
		}
		if m.Exceptable && m.About != AboutSignature && m.About != AboutChange {
			t.Errorf("%s: an exception can put it aside, and it is about the %s", code, m.About)
		}
		seen[code] = true
	}
	if m := Code("of the future").Meaning(); m.Exceptable || m.Ref == "" {
		t.Errorf("%+v", m)
	}
}
