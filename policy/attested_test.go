package policy

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// forgeWorld is the world in which bot is believed who the authors are of what it signs.
func forgeWorld() *Policy {
	p := world()
	p.Principals[6].Attests, p.Signatures.AttestedAuthors = AttestsAuthors, true
	p.index()
	return p
}

// attestedTo is a commit that bot signs, with somebody's author line.
func attestedTo(who string, when int64, changes ...Change) Commit {
	c := commit("c", "bot", when, changes...)
	c.Author = Identity{Name: who, Email: who + "@example.org", When: when}
	c.Committer.Email = "noreply@forge.example" // nobody is asked whose it is
	return c
}

func TestAttestedCommitIsItsAuthors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Policy, *Commit)
		want   []Code
	}{
		"a maintainer's":            {func(*Policy, *Commit) {}, nil},
		"a contributor's":           {func(_ *Policy, c *Commit) { c.Author = by("con") }, nil},
		"in other letters":          {func(_ *Policy, c *Commit) { c.Author.Email = "JIA@Example.ORG" }, nil},
		"of nobody's address":       {func(_ *Policy, c *Commit) { c.Author.Email = "x@y.example" }, []Code{AttestedAuthor}},
		"without an address":        {func(_ *Policy, c *Commit) { c.Author.Email = "" }, []Code{AttestedAuthor}},
		"a reviewer's":              {func(_ *Policy, c *Commit) { c.Author = by("rev") }, []Code{AttestedAuthor}},
		"the service's own":         {func(_ *Policy, c *Commit) { c.Author = by("bot") }, []Code{AttestedAuthor}},
		"where the service may not": {func(p *Policy, _ *Commit) { p.Principals[6].Attests = "" }, []Code{SignerRole}},
		"where nobody may": {
			func(p *Policy, _ *Commit) { p.Signatures.AttestedAuthors = false }, []Code{SignerRole},
		},
		"a root": {func(_ *Policy, c *Commit) { c.Parents = nil }, []Code{SignerRole}},
		"a merge with a change of its own": {
			func(_ *Policy, c *Commit) { c.Parents = []string{"p", "q"} }, []Code{SignerRole},
		},
		"signed by another, who may not attest": {
			func(_ *Policy, c *Commit) { c.Signature = good("con") }, []Code{SignerMismatch},
		},
		"whose signature isn't good": {
			func(_ *Policy, c *Commit) { c.Signature.Status = StatusRevoked }, []Code{KeyRevoked},
		},
		"of a kind that isn't accepted": {
			func(p *Policy, _ *Commit) { p.Signatures.Kinds = []string{"openpgp"} }, []Code{SignatureUnsupported},
		},
	} {
		p, commit := forgeWorld(), attestedTo("jia", t0, source())
		c.change(p, &commit)
		got := judged(p, new(Ledger), single(commit))
		if !slices.Equal(codes(got), c.want) {
			t.Errorf("%s: %v, want %v", name, codes(got), c.want)
		}
	}
}

// Who may not sign has nothing attested either: not before a key of theirs counts, nor once none does any more.
func TestAttackAttestedForWhoMayNotSign(t *testing.T) {
	at := func(days int64) time.Time { return time.Unix(t0+days*day, 0) }
	for name, c := range map[string]struct {
		keys []Key
		want bool
	}{
		"a key":                    {[]Key{{}}, true},
		"none":                     {nil, false},
		"from before":              {[]Key{{From: at(-1)}}, true},
		"from later":               {[]Key{{From: at(1)}}, false},
		"until later":              {[]Key{{Until: at(1)}}, true},
		"until then":               {[]Key{{Until: at(0)}}, false},
		"retired":                  {[]Key{{Revoked: "retired", RevokedAt: at(-1)}}, false},
		"retired by its end":       {[]Key{{Revoked: "retired", Until: at(-1)}}, false},
		"retired later":            {[]Key{{Revoked: "retired", RevokedAt: at(1)}}, true},
		"compromised":              {[]Key{{Revoked: "compromised"}}, false},
		"compromised then":         {[]Key{{Revoked: "compromised", RevokedAt: at(0)}}, false},
		"compromised later":        {[]Key{{Revoked: "compromised", RevokedAt: at(1)}}, true},
		"revoked in a way unknown": {[]Key{{Revoked: "lent"}}, false},
		"another entry revokes it": {[]Key{{}, {Revoked: "compromised", RevokedAt: at(-1)}}, false},
		"one of two":               {[]Key{{Data: []byte("old"), Revoked: "compromised"}, {Data: []byte("new")}}, true},
	} {
		p := forgeWorld()
		p.Principal("jia").Keys = c.keys
		got := judged(p, new(Ledger), single(attestedTo("jia", t0, source())))
		if passes := len(got) == 0; passes != c.want {
			t.Errorf("%s: passes %t: %+v", name, passes, got)
		}
	}
}

// What comes in now is judged by the receiver's clock, whatever date it has, unless it came in elsewhere before.
func TestAttestedAuthorIsAskedWhenItCameIn(t *testing.T) {
	p := forgeWorld()
	p.Principal("jia").Keys[0].Until = time.Unix(t0+day, 0)
	landing := single(attestedTo("jia", t0, source()))
	landing.Received = t0 + 2*day
	landed := single(attestedTo("jia", t0+day, source()))
	if outcome := p.Judge(new(Ledger), landed); len(outcome.Findings) != 1 || outcome.Needs.LandedBefore != nil {
		t.Errorf("where it landed before is asked of history: %+v", outcome)
	}
	outcome := p.Judge(new(Ledger), landing)
	wantCodes(t, outcome.Findings, AttestedAuthor)
	if !outcome.Needs.LandedBefore["c"] {
		t.Errorf("it isn't asked whether the commit has landed before: %+v", outcome.Needs)
	}
	landing.CameIn = map[string]int64{"c": t0 + day/2}
	wantCodes(t, judged(p, new(Ledger), landing))
	landing.CameIn["c"] = t0 + day
	wantCodes(t, judged(p, new(Ledger), landing), AttestedAuthor)
	p.Principal("jia").Keys[0] = Key{From: time.Unix(t0+1, 0)} // dated back to before it
	wantCodes(t, judged(p, new(Ledger), landing), AttestedAuthor)
}

// Who may not land is no author, and earns nothing, whatever an exception lets pass.
func TestAttestedOfWhoMayNotLand(t *testing.T) {
	p, l := forgeWorld(), new(Ledger)
	c := attestedTo("rev", t0, source())
	if author, service := p.Author(&c); author != "bot" || service != "" {
		t.Errorf("%q, attested by %q", author, service)
	}
	l.Credit(p, single(c))
	wantTenure(t, p, l, "rev", "", t0+year, TenureFigures{})
}

func TestToBelieveAServiceLoosens(t *testing.T) {
	off := forgeWorld()
	off.Principals[6].Attests = ""
	for name, c := range map[string]struct {
		old, new *Policy
		want     Effect
	}{
		"on":  {off, forgeWorld(), Loosens},
		"off": {forgeWorld(), off, Tightens},
	} {
		got := Amendments(c.old, c.new, time.Unix(t0, 0))
		if len(got) != 1 || got[0].Effect != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A rule with tenure-from = "signatures" takes the author of an attested commit for a stranger, and counts for what
// they sign only what they signed.
func TestRulesAskTheAuthorsTenure(t *testing.T) {
	p, l := forgeWorld(), new(Ledger)
	signed := earn(p, l, "lasse", t0, 3, opaqueFile())
	for i := range int64(3) {
		l.Credit(p, single(attestedTo("jia", signed+i*31*day, opaqueFile())))
	}
	now := signed + 2*year
	for _, c := range []struct {
		by         Commit
		signedOnly bool
		want       []Code
	}{
		{attestedTo("jia", now, opaqueFile()), false, nil},
		{attestedTo("lasse", now, opaqueFile()), false, nil},
		{attestedTo("con", now, opaqueFile()), false, []Code{ApprovalMissing}},
		{commit("c", "jia", now, opaqueFile()), false, nil},
		{attestedTo("jia", now, opaqueFile()), true, []Code{ApprovalMissing}},
		{attestedTo("lasse", now, opaqueFile()), true, []Code{ApprovalMissing}},
		{commit("c", "jia", now, opaqueFile()), true, []Code{ApprovalMissing}},
		{commit("c", "lasse", now, opaqueFile()), true, nil},
	} {
		p.Rules[0].SignedOnly = c.signedOnly
		got := judged(p, l, single(c.by))
		if !slices.Equal(codes(got), c.want) {
			t.Errorf("signed only %t, signed by %s, author %s: %v, want %v",
				c.signedOnly, c.by.Signature.Principal, c.by.Author.Name, codes(got), c.want)
		}
		for _, f := range got {
			if f.Signer != c.by.Author.Name || (f.AttestedBy == "bot") != (c.by.Signature.Principal == "bot") {
				t.Errorf("the finding is about %q, attested by %q", f.Signer, f.AttestedBy)
			}
		}
	}
	if got := p.ExemptIn(l, &p.Rules[0], "jia", now); got != nil {
		t.Errorf("jia is exempt by what was attested in %v", got)
	}
}

// What is attested makes nobody a second person: not its author, nor the service, nor by the months it took.
func TestAttackAttestedApproves(t *testing.T) {
	p := forgeWorld()
	change := attestedTo("jia", t0, build())
	for name, c := range map[string]struct {
		approvals []Approval
		want      string
	}{
		"the service":        {[]Approval{approval("c", "bot")}, "bot is a service"},
		"who brought them":   {[]Approval{approval("c", "alice")}, "jia was introduced by alice"},
		"whom they brought":  {[]Approval{approval("c", "pup")}, "pup was introduced by jia"},
		"another maintainer": {[]Approval{approval("c", "lasse")}, "one more than the rule asks"},
		"its author alone":   {[]Approval{approval("c", "jia")}, "one more than the rule asks"},
		"both":               {[]Approval{approval("c", "lasse"), approval("c", "jia")}, ""},
		"two others":         {[]Approval{approval("c", "lasse"), approval("c", "rev")}, ""},
	} {
		landing := single(change)
		landing.Approvals = c.approvals
		got := judged(p, new(Ledger), landing)
		switch {
		case c.want == "" && len(got) == 0:
		case len(got) == 1 && len(got[0].Discounted) == 1 && c.want != "" &&
			strings.Contains(got[0].Discounted[0].Reason, c.want):
		case len(got) == 1 && c.want != "" && strings.Contains(got[0].Detail, c.want) && got[0].Discounted == nil:
		default:
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Nobody vouches for others by what was attested to be theirs.
	l := new(Ledger)
	for i := range int64(12) {
		l.Credit(p, single(attestedTo("lasse", t0+i*31*day, source())))
	}
	now := t0 + 2*year
	others := commit("d", "lasse", now, source())
	others.Author = by("con")
	l.Credit(p, single(others))
	wantTenure(t, p, l, "con", "", now+year, TenureFigures{})
}

// Tenure that a service attests is counted apart, once, and kept so.
func TestAttestedTenureIsCountedApart(t *testing.T) {
	p, l := forgeWorld(), new(Ledger)
	l.Credit(p, single(attestedTo("jia", t0, opaqueFile())))
	l.Credit(p, single(commit("b", "jia", t0+31*day, opaqueFile())))
	at := t0 + 100*day
	check := func(l *Ledger) {
		t.Helper()
		wantTenure(t, p, l, "jia", "binary", at, TenureFigures{Days: 100, Commits: 2, Months: 2})
		want := TenureFigures{Days: 69, Commits: 1, Months: 1}
		for _, classes := range [][]string{nil, {"binary"}} {
			if got := l.SignedTenure(p, "jia", classes, at); got != want {
				t.Errorf("by signatures in %q: %+v, want %+v", classes, got, want)
			}
		}
		wantTenure(t, p, l, "bot", "", at, TenureFigures{})
	}
	check(l)
	b, err := l.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	kept := new(Ledger)
	if err := kept.UnmarshalJSON(b); err != nil {
		t.Fatal(err)
	}
	check(kept)
	check(l.Clone())
	// A tenured maintainer who merges an attested commit makes it no signature of its author's.
	earn(p, l, "lasse", at, 8, source())
	merge := single(commit("m", "lasse", at+year))
	merge.Commit.Parents = []string{"p", "c"}
	merge.Brought = []Commit{attestedTo("con", at+year, opaqueFile())}
	l.Credit(p, merge)
	if got := l.SignedTenure(p, "con", nil, at+2*year); got != (TenureFigures{}) {
		t.Errorf("con signed nothing: %+v", got)
	}
	wantTenure(t, p, l, "con", "", at+2*year, TenureFigures{Days: 365, Commits: 1, Months: 1})
}

// A change of the policy takes people's signatures: what is attested sponsors nothing.
func TestAttackAttestedChangeOfPolicy(t *testing.T) {
	p := forgeWorld()
	p.Quorum = Quorum{Maintainers: 1}
	tighter := forgeWorld()
	tighter.Quorum = Quorum{Maintainers: 1}
	tighter.Rules[0].Approvals = 2
	change := Change{Path: ".countersign/policy.toml", OldMode: 0o100644, NewMode: 0o100644}
	landing := single(attestedTo("alice", t0, change))
	landing.InTree, landing.Amended = true, &Amended{Policy: tighter, Same: map[string]bool{"c": true}}
	p.files = []string{FileName}
	tighter.files = p.files
	wantCodes(t, judged(p, new(Ledger), landing), QuorumMissing)
	landing.Approvals = []Approval{approval("c", "alice")}
	wantCodes(t, judged(p, new(Ledger), landing))
}

func TestAttestedIsCountedForEachRef(t *testing.T) {
	p := forgeWorld()
	var r RefDecision
	r.Judged(p, single(attestedTo("jia", t0)))
	r.Judged(p, single(attestedTo("lasse", t0)))
	merge := single(commit("m", "lasse", t0))
	merge.Brought = []Commit{attestedTo("jia", t0), commit("d", "jia", t0)}
	r.Judged(p, merge)
	if want := []Attested{{"bot", "jia", 2}, {"bot", "lasse", 1}}; r.Commits != 5 || r.Landings != 3 ||
		!slices.Equal(r.Attested, want) {
		t.Errorf("%+v", r)
	}
}

// A floor forbids what the policy in the tree lets services say.
func TestFloorForbidsAttesting(t *testing.T) {
	for text, want := range map[string]bool{
		"": true,
		"[signatures]\nattested-authors = true\n":  true,
		"[signatures]\nattested-authors = false\n": false,
	} {
		floor, err := LoadFloor(fstest.MapFS{FloorFile: {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		p, change := forgeWorld(), attestedTo("jia", t0)
		for _, by := range []*Policy{p.WithFloor(floor), floor.AsFloorOf(p)} {
			if got := by.attester(&change) != nil; got != want {
				t.Errorf("%q: attests %t", text, got)
			}
		}
	}
}
