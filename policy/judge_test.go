package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/policy/content"
)

// The tests of judging use a small world: alice and lasse maintain, jia is a newcomer whom alice
// introduced, pup is a second account that jia introduced, bot is a forge's merge button.

const (
	t0   = int64(1_600_000_000) // 2020-09-13
	week = 7 * day
	year = 365 * day
)

func world() *Policy {
	p := &Policy{
		Protect: Protect{Refs: []string{"refs/heads/main"}},
		Signatures: Signatures{
			Require: "every-commit", Kinds: []string{"openpgp", "ssh"}, Tags: true, Identity: "committer",
			MergesApprove: "landing", ClockSkew: 10 * time.Minute,
		},
		Tenure: TenureBounds{Settling: 14 * 24 * time.Hour, MaxLandingAge: 14 * 24 * time.Hour},
		Rules: []Rule{
			{Name: "opaque", Classes: []string{"binary"}, Exempt: Exempt{Days: 365, Commits: 3, In: "class"}, Approvals: 1},
			{Name: "build", Classes: []string{"build"}, Exempt: Exempt{Nobody: true}, Approvals: 1},
			{Name: "hidden", Classes: []string{"bidi"}, Refuse: true},
		},
		Classes: builtInClasses(),
		Principals: []Principal{
			{
				Name: "alice", Role: Maintainer, Emails: []string{"alice@example.org", "alice@work.example"},
				IntroducedBy: "founder",
			},
			{Name: "lasse", Role: Maintainer, Emails: []string{"lasse@example.org"}, IntroducedBy: "founder"},
			{Name: "jia", Role: Maintainer, Emails: []string{"jia@example.org"}, IntroducedBy: "alice"},
			{Name: "pup", Role: Maintainer, Emails: []string{"pup@example.org"}, IntroducedBy: "jia"},
			{Name: "con", Role: Contributor, Emails: []string{"con@example.org"}},
			{Name: "rev", Role: Reviewer, Emails: []string{"rev@example.org"}},
			{Name: "bot", Role: Service, Emails: []string{"bot@example.org"}},
		},
	}
	for i := range p.Principals {
		p.Principals[i].Keys = []Key{{Kind: "ssh", Data: []byte(p.Principals[i].Name)}}
	}
	p.index()
	return p
}

func by(name string) Identity { return Identity{Name: name, Email: name + "@example.org", When: t0} }

func good(name string) Signature {
	return Signature{Status: "good", Principal: name, Kind: "ssh", Fingerprint: "SHA256:" + name}
}

// commit is signed by its committer and author, with one changed path a trait.
func commit(id, who string, when int64, changes ...Change) Commit {
	c := Commit{
		ID: id, Parents: []string{"p-" + id}, Subject: "subject " + id, Author: by(who), Committer: by(who),
		Signature: good(who), Changes: changes,
	}
	c.Author.When, c.Committer.When = when, when
	return c
}

func adds(path string, traits Traits) Change {
	return Change{Path: path, NewMode: 0o100644, Size: 10, Traits: traits}
}

func source() Change     { return adds("src/main.c", 0) }
func opaqueFile() Change { return adds("tests/files/bad.xz", Traits(content.Binary)) }
func build() Change      { return adds("configure.ac", 0) }

func single(c Commit) *Landing {
	return &Landing{Ref: "refs/heads/main", Commit: c, ApprovalsFetched: true}
}

// judged gives what is found against a landing of which all is known.
func judged(p *Policy, l *Ledger, landing *Landing) []Finding {
	complete := *landing
	complete.Complete = true
	return p.Judge(l, &complete).Findings
}

func codes(findings []Finding) []Code {
	var cs []Code
	for _, f := range findings {
		cs = append(cs, f.Code)
	}
	return cs
}

func wantCodes(t *testing.T, findings []Finding, want ...Code) {
	t.Helper()
	if diff := cmp.Diff(want, codes(findings)); diff != "" {
		t.Errorf("codes (-want +got):\n%s\n%+v", diff, findings)
	}
}

// earn credits who with n commits that add a binary, a month apart from from on.
func earn(p *Policy, l *Ledger, who string, from int64, n int, change Change) (last int64) {
	for i := range n {
		last = from + int64(i)*31*day
		l.Credit(p, single(commit(fmt.Sprintf("%s-%d-%d", who, from, i), who, last, change)))
	}
	return last
}

func approval(commit, who string) Approval {
	name := "refs/approvals/" + commit + "/" + who
	return Approval{Commit: commit, Source: "tag", Name: name, Signature: good(who), When: t0}
}

func TestSignatureStatuses(t *testing.T) {
	for status, want := range map[string]Code{
		"missing": Unsigned, "bad": SignatureBad, "malformed": SignatureMalformed, "unknown-key": SignerUnknown,
		"expired": KeyExpired, "not-yet-valid": KeyNotYetValid, "revoked": KeyRevoked, "weak": SignatureWeak,
		"unsupported": SignatureUnsupported, "wrong-purpose": KeyPurpose, "misdated": SignatureDate,
		"a status of the future": SignatureBad, "": SignatureBad, "GOOD": SignatureBad,
	} {
		p := world()
		c := commit("c", "alice", t0, source())
		c.Signature = Signature{Status: status, Principal: "alice", Kind: "ssh", Reason: "the moon is full"}
		got := judged(p, new(Ledger), single(c))
		wantCodes(t, got, want)
		if len(got) == 1 && !strings.HasSuffix(got[0].Detail, ": the moon is full") {
			t.Errorf("%s: %q doesn't say why", status, got[0].Detail)
		}
	}
}

func TestGoodSignerOfHarmlessChangePasses(t *testing.T) {
	p := world()
	for _, who := range []string{"alice", "jia", "con"} {
		wantCodes(t, judged(p, new(Ledger), single(commit("c", who, t0, source()))))
	}
}

func TestGoodStatusWithoutPrincipalIsRefused(t *testing.T) {
	p := world()
	c := commit("c", "alice", t0, source())
	c.Signature.Principal = "nobody"
	wantCodes(t, judged(p, new(Ledger), single(c)), SignerUnknown)
}

func TestAttackCommitterClaimsToBeAMaintainer(t *testing.T) {
	p := world()
	c := commit("c", "jia", t0, source())
	c.Committer = by("alice")
	wantCodes(t, judged(p, new(Ledger), single(c)), SignerMismatch)

	p.Signatures.Identity = "author"
	wantCodes(t, judged(p, new(Ledger), single(c)))
	c.Author = by("alice")
	wantCodes(t, judged(p, new(Ledger), single(c)), SignerMismatch)
	p.Signatures.Identity = "off"
	wantCodes(t, judged(p, new(Ledger), single(c)))
}

func TestRoles(t *testing.T) {
	p := world()
	wantCodes(t, judged(p, new(Ledger), single(commit("c", "rev", t0, source()))), SignerRole)
	wantCodes(t, judged(p, new(Ledger), single(commit("c", "bot", t0, source()))), SignerRole)
	merge := commit("m", "bot", t0)
	merge.Parents = []string{"main", "c"}
	l := single(merge)
	l.Brought = []Commit{commit("c", "jia", t0, source())}
	wantCodes(t, judged(p, new(Ledger), l))
	// A service is no second person.
	l.Brought = []Commit{commit("c", "jia", t0, opaqueFile())}
	wantCodes(t, judged(p, new(Ledger), l), ApprovalMissing)
	// A merge's own change needs a person to sign it.
	merge.Changes = []Change{build()}
	l = single(merge)
	wantCodes(t, judged(p, new(Ledger), l), SignerRole)
	p.Principal("bot").Role = "owner"
	wantCodes(t, judged(p, new(Ledger), l), SignerRole)
}

func TestNewcomerToAKindOfFileNeedsApproval(t *testing.T) {
	p := world()
	l := new(Ledger)
	last := earn(p, l, "jia", t0, 30, source()) // years of code, nothing opaque
	got := judged(p, l, single(commit("c", "jia", last+week, opaqueFile(), source())))
	want := []Finding{{
		Code: ApprovalMissing, Ref: "refs/heads/main", Commit: "c", Subject: "subject c", Rule: "opaque",
		Paths:  []TouchedPath{{Path: "tests/files/bad.xz", Change: "added", Classes: []string{"binary"}}},
		Signer: "jia", Claim: "jia <jia@example.org>", Fingerprint: "SHA256:jia",
		Tenure: &TenureFigures{}, TenureIn: "binary", Exempt: &TenureFigures{Days: 365, Commits: 3},
		Needed: 1, Ask: []string{"lasse", "rev"}, Detail: "needs 1 approval, has 0",
		Next: []string{"countersign approve c"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTenureInTheClassExempts(t *testing.T) {
	p := world()
	l := new(Ledger)
	last := earn(p, l, "lasse", t0, 3, opaqueFile())
	wantCodes(t, judged(p, l, single(commit("c", "lasse", last+week, opaqueFile()))), ApprovalMissing) // too few days
	wantCodes(t, judged(p, l, single(commit("c", "lasse", t0+year, opaqueFile()))))
	wantCodes(t, judged(p, l, single(commit("c", "lasse", t0+year-1, opaqueFile()))), ApprovalMissing)
	// Nobody is exempt from the build rule.
	wantCodes(t, judged(p, l, single(commit("c", "lasse", t0+year, build()))), ApprovalMissing)
}

func TestEachClassOfAPathMustBeEarned(t *testing.T) {
	p := world()
	p.Rules[0].Classes = []string{"binary", "archive"}
	l := new(Ledger)
	earn(p, l, "lasse", t0, 5, opaqueFile())
	zip := adds("a.zip", Traits(content.Binary|content.Archive))
	got := judged(p, l, single(commit("c", "lasse", t0+year, zip, opaqueFile())))
	wantCodes(t, got, ApprovalMissing)
	if len(got) == 1 && (got[0].TenureIn != "archive" || len(got[0].Paths) != 1) {
		t.Errorf("want only a.zip to need approval, for archive: %+v", got[0])
	}
}

func TestRefusedClassIsRefusedEvenApproved(t *testing.T) {
	p := world()
	l := single(commit("c", "alice", t0, adds("a.c", Traits(content.Bidi))))
	l.Approvals = []Approval{approval("c", "lasse")}
	wantCodes(t, judged(p, new(Ledger), l), ContentRefused)
}

func TestApprovalBySecondPerson(t *testing.T) {
	p := world()
	l := single(commit("c", "jia", t0, build()))
	l.Approvals = []Approval{approval("c", "lasse")}
	wantCodes(t, judged(p, new(Ledger), l))
	l.ApprovalsFetched, l.Approvals = false, nil
	wantCodes(t, judged(p, new(Ledger), l), ApprovalNotFetched)
}

// discounted asks that an approval of jia's build change doesn't count, and for the reason.
func discounted(t *testing.T, p *Policy, reason string, as ...Approval) {
	t.Helper()
	l := single(commit("c", "jia", t0, build()))
	l.Approvals = as
	got := judged(p, new(Ledger), l)
	wantCodes(t, got, ApprovalMissing)
	if len(got) == 1 && (len(got[0].Discounted) != len(as) || got[0].Discounted[0].Reason != reason) {
		t.Errorf("discounted %+v, want reason %q", got[0].Discounted, reason)
	}
}

func TestAttackSignerApprovesOwnChange(t *testing.T) {
	p := world()
	own := approval("c", "jia")
	discounted(t, p, "jia already stands behind the change: it is their own", own)
	own.Signature.Fingerprint = "SHA256:second-key" // two keys of one principal are one person
	discounted(t, p, "jia already stands behind the change: it is their own", own)
}

func TestAttackPuppetApproves(t *testing.T) {
	p := world()
	discounted(t, p, "pup was introduced by jia", approval("c", "pup"))
	p.Principals = append(p.Principals, Principal{Name: "pup2", Role: Maintainer, IntroducedBy: "pup"})
	p.index()
	discounted(t, p, "pup2 was introduced by jia through pup", approval("c", "pup2"))
}

func TestAttackPuppetsIntroducedOneAnother(t *testing.T) {
	p := world()
	p.Principal("pup").IntroducedBy = "pup3"
	p.Principals = append(p.Principals, Principal{Name: "pup3", Role: Maintainer, IntroducedBy: "pup"})
	p.index()
	discounted(t, p, "pup3's line of introductions has no beginning", approval("c", "pup3"))
}

func TestAttackApprovalThatIsNone(t *testing.T) {
	p := world()
	unsigned := approval("c", "lasse")
	unsigned.Signature = Signature{Status: "missing"}
	discounted(t, p, "it is not signed", unsigned)
	revoked := approval("c", "lasse")
	revoked.Signature = Signature{Status: "revoked", Principal: "lasse"}
	discounted(t, p, "its key is revoked", revoked)
	odd := approval("c", "lasse")
	odd.Signature.Kind = "x509"
	discounted(t, p, "the policy doesn't accept x509 signatures", odd)
	discounted(t, p, "con is a contributor; maintainers and reviewers approve", approval("c", "con"))
	discounted(t, p, "bot is a service; maintainers and reviewers approve", approval("c", "bot"))
	elsewhere := approval("c", "lasse")
	elsewhere.Ref = "refs/heads/release/1"
	discounted(t, p, "it approves the commit for another ref: refs/heads/release/1", elsewhere)
}

func TestAttackApprovalOfAnotherCommit(t *testing.T) {
	p := world()
	l := single(commit("c", "jia", t0, build()))
	l.Approvals = []Approval{approval("amended", "lasse"), approval("p-c", "lasse")}
	wantCodes(t, judged(p, new(Ledger), l), ApprovalMissing)
}

func TestSamePersonTwiceIsOneApproval(t *testing.T) {
	p := world()
	p.Rules[1].Approvals = 2
	l := single(commit("c", "jia", t0, build()))
	second := approval("c", "lasse")
	second.Signature.Fingerprint = "SHA256:other-key"
	l.Approvals = []Approval{approval("c", "lasse"), second}
	wantCodes(t, judged(p, new(Ledger), l), ApprovalMissing)
	l.Approvals = append(l.Approvals, approval("c", "rev"))
	wantCodes(t, judged(p, new(Ledger), l))
}

// mergeOf is a merge by who of a line of commits, each the parent of the next.
func mergeOf(who string, line ...Commit) *Landing {
	m := commit("m", who, t0)
	m.Parents = []string{"old-main", line[len(line)-1].ID}
	for i := 1; i < len(line); i++ {
		line[i].Parents = []string{line[i-1].ID}
	}
	l := single(m)
	l.Brought = line
	return l
}

func TestApprovalCoversWhatACommitBrings(t *testing.T) {
	p := world()
	a, b, c := commit("a", "jia", t0, build()), commit("b", "jia", t0, source()), commit("c", "jia", t0, build())
	l := mergeOf("jia", a, b, c)
	wantCodes(t, judged(p, new(Ledger), l), ApprovalMissing, ApprovalMissing)
	l.Approvals = []Approval{approval("b", "lasse")} // a and b, not c
	got := judged(p, new(Ledger), l)
	wantCodes(t, got, ApprovalMissing)
	if got[0].Commit != "c" || got[0].Landing != "m" {
		t.Errorf("found %+v, want c in m", got[0])
	}
	l.Approvals = []Approval{approval("m", "lasse")}
	wantCodes(t, judged(p, new(Ledger), l))
}

func TestMergeByAnotherMaintainerApproves(t *testing.T) {
	p := world()
	a := commit("a", "jia", t0, build())
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)))
	wantCodes(t, judged(p, new(Ledger), mergeOf("jia", a)), ApprovalMissing)
	wantCodes(t, judged(p, new(Ledger), mergeOf("con", a)), ApprovalMissing)
	wantCodes(t, judged(p, new(Ledger), mergeOf("pup", a)), ApprovalMissing)

	// A merge vouches for what it merges, not for the line it is made on: jia's topic with lasse's
	// merge of main into it has no second person behind a.
	back := commit("back", "lasse", t0)
	l := mergeOf("jia", a, back)
	l.Brought[1].Parents = []string{"a", "old-main"}
	wantCodes(t, judged(p, new(Ledger), l), ApprovalMissing)
	// Nor is it a word about a that lasse merged it into something below the landing, as git pull does, unless
	// the policy says so.
	l.Brought[1].Parents = []string{"old-main", "a"}
	for merges, want := range map[string][]Code{"landing": {ApprovalMissing}, "none": {ApprovalMissing}, "any": nil} {
		p.Signatures.MergesApprove = merges
		wantCodes(t, judged(p, new(Ledger), l), want...)
	}
	p.Signatures.MergesApprove = "none"
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)), ApprovalMissing)
}

func TestAttackEvilMergeIsTheMergersOwnChange(t *testing.T) {
	p := world()
	l := mergeOf("lasse", commit("a", "jia", t0, build()))
	l.Commit.Changes = []Change{build()}
	got := judged(p, new(Ledger), l)
	wantCodes(t, got, ApprovalMissing)
	if got[0].Commit != "m" || got[0].Signer != "lasse" {
		t.Errorf("found %+v, want the merge", got[0])
	}
}

func TestAttackUnjudgedBranchUnderASignedMerge(t *testing.T) {
	p := world()
	a := commit("a", "jia", t0, source())
	a.Signature = Signature{Status: "missing"}
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)), Unsigned)

	p.Signatures.Require = "landing" // then the landing commit's signer is accountable
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)))
	a.Changes = []Change{build()}
	got := judged(p, new(Ledger), mergeOf("lasse", a))
	wantCodes(t, got, ApprovalMissing) // and is no second person for it
	if got[0].Signer != "lasse" || len(got[0].Discounted) != 1 {
		t.Errorf("finding %+v", got[0])
	}
	wantCodes(t, judged(p, new(Ledger), mergeOf("bot", a)), Unsigned)
	a.Signature = Signature{Status: "unknown-key"} // a stranger's is as good as none, and no worse
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)), ApprovalMissing)
	wantCodes(t, judged(p, new(Ledger), mergeOf("bot", a)), Unsigned)
	// What lands is signed, whatever the policy lets in beneath it.
	c := commit("c", "alice", t0, source())
	c.Signature = Signature{Status: "missing"}
	wantCodes(t, judged(p, new(Ledger), single(c)), Unsigned)
	a.Signature = Signature{Status: "bad"}
	wantCodes(t, judged(p, new(Ledger), mergeOf("lasse", a)), SignatureBad)
}

func TestAttackDates(t *testing.T) {
	p := world()
	judge := func(when, received int64) []Finding {
		l := single(commit("c", "alice", when, source()))
		l.Received = received
		return judged(p, new(Ledger), l)
	}
	wantCodes(t, judge(t0, t0))
	wantCodes(t, judge(t0+600, t0))
	wantCodes(t, judge(t0+601, t0), DateFuture)
	wantCodes(t, judge(t0-14*day, t0))
	wantCodes(t, judge(t0-14*day-1, t0), DateTooOld)
	wantCodes(t, judge(1<<62, t0), DateInvalid)
	wantCodes(t, judge(-1, t0), DateInvalid)
	wantCodes(t, judge(1<<62, 0), DateInvalid)
	wantCodes(t, judge(t0-10*year, 0)) // no clock: it landed when it landed
}

func unix(when int64) time.Time { return time.Unix(when, 0).UTC() }

func TestApproversNeedTheTenureARuleAsks(t *testing.T) {
	p := world()
	p.Rules[1].Approvers = &Exempt{Days: 100, Commits: 2, In: "class"}
	l := new(Ledger)
	last := earn(p, l, "lasse", t0, 5, build())
	change := single(commit("c", "jia", last+week, build()))
	change.Approvals = []Approval{approval("c", "rev")}
	got := judged(p, l, change)
	wantCodes(t, got, ApprovalMissing)
	const reason = "rev lacks the tenure that the rule asks of approvers"
	if len(got) == 1 && (len(got[0].Discounted) != 1 || got[0].Discounted[0].Reason != reason ||
		!cmp.Equal(got[0].Ask, []string{"lasse"})) {
		t.Errorf("finding %+v", got[0])
	}
	change.Approvals = []Approval{approval("c", "lasse")}
	wantCodes(t, judged(p, l, change))
}

// A class more in a rule asks more, also of those who approve.
func TestAttackClassThatLetsApproversIn(t *testing.T) {
	p, l := world(), new(Ledger)
	p.Rules[1].Approvers = &Exempt{Days: 100, Commits: 2, In: "class"}
	last := earn(p, l, "lasse", t0, 5, build())
	earn(p, l, "rev", last, 5, adds("testdata/x", 0))
	p.Rules[1].Classes = []string{"build", "fixture"}
	change := single(commit("c", "jia", last+year, build()))
	change.Approvals = []Approval{approval("c", "rev")}
	wantCodes(t, judged(p, l, change), ApprovalMissing)
	change.Approvals = []Approval{approval("c", "lasse")}
	wantCodes(t, judged(p, l, change))
	change.Commit = commit("c", "jia", last+year, build(), adds("testdata/x", 0))
	wantCodes(t, judged(p, l, change), ApprovalMissing) // lasse knows nothing of fixtures
}

func TestExplainAsksWhatJudgeAsks(t *testing.T) {
	p, l := world(), new(Ledger)
	landing := mergeOf("lasse", commit("a", "jia", t0, build()), commit("b", "con", t0, opaqueFile()))
	landing.Commit.Changes = []Change{build()}
	findings := judged(p, l, landing)
	var explained []Finding
	for _, s := range Explain(p, l, landing) {
		if s.Holds != (s.Finding == nil) {
			t.Errorf("step %+v", s)
		}
		if s.Finding != nil {
			explained = append(explained, *s.Finding)
		}
	}
	if diff := cmp.Diff(findings, explained); diff != "" || len(findings) != 1 {
		t.Errorf("(-judged +explained):\n%s", diff)
	}
	// What an exception puts aside is still asked; the step after it says who did.
	for _, who := range []string{"alice", "lasse"} {
		landing.Exceptions = append(landing.Exceptions,
			Exception{Commit: findings[0].Commit, Signature: good(who), Reason: "it burns", When: t0, Expires: t0 + day})
	}
	wantCodes(t, judged(p, l, landing))
	steps := Explain(p, l, landing)
	if last := steps[len(steps)-1]; last.Check != "exception" || last.Commit != findings[0].Commit || !last.Holds {
		t.Errorf("the last step is %+v", last)
	}
}

// Whoever has a service's key may land what others signed, and can't write a line of it: not even
// where no rule asks for a second person.
func TestAttackServiceWritesInAMerge(t *testing.T) {
	merge := func(changes ...Change) *Landing {
		l := single(commit("m", "bot", t0, changes...))
		l.Commit.Parents = []string{"p1", "p2"}
		l.Brought = []Commit{commit("c", "alice", t0, source())}
		return l
	}
	p := world()
	wantCodes(t, judged(p, new(Ledger), merge()))
	findings := judged(p, new(Ledger), merge(source()))
	wantCodes(t, findings, SignerRole)
	if want := []TouchedPath{{Path: "src/main.c", Change: "added"}}; !cmp.Equal(want, findings[0].Paths) {
		t.Errorf("paths %+v, want %+v", findings[0].Paths, want)
	}
	withApproval := merge(source())
	withApproval.Approvals = []Approval{approval("m", "lasse")}
	wantCodes(t, judged(p, new(Ledger), withApproval), SignerRole)
}
