package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"countersign/policy/content"
)

// amends is a landing by jia of what a topic brings, in which two sign what loosens the policy; same are the
// commits in which it is loosened already.
func amends(brought []Commit, same ...string) (*Policy, *Landing) {
	old, new := world(), world()
	old.Quorum.Maintainers, new.Quorum.Maintainers = 2, 1
	l := single(commit("m", "jia", t0))
	l.Commit.Parents, l.Brought, l.InTree = []string{"p", brought[len(brought)-1].ID}, brought, true
	l.Amended = &Amended{Policy: new, Same: map[string]bool{"m": true}}
	for _, id := range same {
		l.Amended.Same[id] = true
	}
	return old, l
}

func policyChange() Change { return adds(Folder+"/"+FileName, 0) }

// after puts commits one after the other.
func after(commits ...Commit) []Commit {
	for i := 1; i < len(commits); i++ {
		commits[i].Parents = []string{commits[i-1].ID}
	}
	return commits
}

func TestAttackApprovalOfWhatOnlyHasTheOldPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		brought  []Commit
		same     []string
		approved string
		want     []Code
	}{
		"a topic that never touched it": {
			after(commit("c", "jia", t0, source())), []string{"c"}, "c", []Code{QuorumMissing},
		},
		"one that proposes it": {after(commit("c", "jia", t0, policyChange())), []string{"c"}, "c", nil},
		"what comes after the proposal": {
			after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, source())),
			[]string{"c", "d"},
			"d", nil,
		},
		"what comes before it": {
			after(commit("c", "jia", t0, source()), commit("d", "jia", t0, policyChange())),
			[]string{"d"},
			"c",
			[]Code{QuorumMissing},
		},
		"another state of the proposal": {
			after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, policyChange())),
			[]string{"d"},
			"c",
			[]Code{QuorumMissing},
		},
		"the landing itself": {after(commit("c", "jia", t0, source())), []string{"c"}, "m", nil},
		"a change on the topic, taken back": {
			after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, policyChange())),
			[]string{"p-c", "d"},
			"d",
			[]Code{QuorumMissing},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, landing := amends(c.brought, c.same...)
			landing.Approvals = []Approval{approval(c.approved, "lasse")}
			wantCodes(t, judged(p, new(Ledger), landing), c.want...)
		})
	}
	two := after(commit("c", "lasse", t0, policyChange()), commit("d", "lasse", t0, policyChange()))
	p, landing := amends(two, "p-c", "d")
	wantCodes(t, judged(p, new(Ledger), landing), QuorumMissing)
	delete(landing.Amended.Same, "p-c")
	wantCodes(t, judged(p, new(Ledger), landing))
}

// Who took back their proposal doesn't stand behind it, whoever lands it.
func TestAttackAbandonedProposal(t *testing.T) {
	brought := after(commit("c", "lasse", t0, policyChange()), commit("d", "lasse", t0, source()))
	p, landing := amends(brought, "c", "d")
	wantCodes(t, judged(p, new(Ledger), landing))
	for _, id := range []string{"c", "d", "m"} {
		landing.Approvals = []Approval{approval(id, "lasse")}
		landing.Withdrawals = []Withdrawal{{Commit: id, Signature: good("lasse"), When: t0}}
		got := judged(p, new(Ledger), landing)
		wantCodes(t, got, QuorumMissing)
		want := Discount{"lasse", "commit c", "lasse took back what they said of it"}
		if len(got) == 1 && !slices.Contains(got[0].Discounted, want) {
			t.Errorf("%+v", got[0].Discounted)
		}
		anew := approval("c", "lasse")
		anew.When++
		landing.Approvals = append(landing.Approvals, anew)
		wantCodes(t, judged(p, new(Ledger), landing))
	}
	// Somebody else's word is theirs.
	landing.Approvals, landing.Withdrawals = nil, []Withdrawal{{Commit: "c", Signature: good("con"), When: t0}}
	wantCodes(t, judged(p, new(Ledger), landing))
}

// What reads as something else, or isn't read at all, is judged in the policy's folder, too.
func TestAttackPayloadInThePolicy(t *testing.T) {
	rules := []Rule{
		{Name: "opaque", Classes: []string{"binary", "executable", "encoded"}, Exempt: Exempt{Nobody: true}, Approvals: 1},
		{Name: "modes", Classes: []string{"exec-bit", "symlink"}, Exempt: Exempt{Nobody: true}, Approvals: 1},
		{Name: "who-decides", Classes: []string{"policy"}, Exempt: Exempt{Nobody: true}, Approvals: 1},
		{Name: "hidden", Classes: []string{"bidi"}, Refuse: true},
	}
	const binary, encoded, executable = Traits(content.Binary), Traits(content.Encoded), Traits(content.Executable)
	policyFile, key, old := Folder+"/"+FileName, Folder+"/keys/new.gpg", Folder+"/keys/old.gpg"
	exec := policyChange()
	exec.OldMode, exec.NewMode = 0o100644, 0o100755
	for name, c := range map[string]struct {
		change  Change
		carries Traits
		topic   bool // the landing leaves no trace of it
		want    []Code
	}{
		"text":              {change: policyChange()},
		"another order":     {change: adds(policyFile, Traits(content.Bidi)), want: []Code{ContentRefused}},
		"an executable bit": {change: exec, want: []Code{ApprovalMissing}},
		"a long key":        {change: adds(policyFile, encoded)},
		"a payload":         {change: adds(policyFile, encoded), carries: encoded, want: []Code{ApprovalMissing}},
		"a key file":        {change: adds(key, binary|encoded)},
		"a payload beside a key": {
			change: adds(key, binary|encoded), carries: encoded, want: []Code{ApprovalMissing},
		},
		"bytes beside a key":             {change: adds(key, binary), carries: binary, want: []Code{ApprovalMissing}},
		"a program for a key":            {change: adds(key, binary|executable), want: []Code{ApprovalMissing}},
		"a file that's a key no more":    {change: adds(old, binary), want: []Code{ApprovalMissing}},
		"a key file that was taken back": {change: adds(key, binary), topic: true, want: []Code{ApprovalMissing}},
		"another file in the folder":     {change: adds(Folder+"/other", 0), want: []Code{ApprovalMissing}},
	} {
		t.Run(name, func(t *testing.T) {
			p, becomes := world(), world()
			p.Rules, becomes.Rules = rules, rules
			p.files, becomes.files = []string{FileName, "keys/old.gpg"}, []string{FileName, "keys/new.gpg"}
			becomes.carries = func() map[string]Traits {
				return map[string]Traits{FileName: c.carries, "keys/new.gpg": c.carries}
			}
			l := single(commit("c", "jia", t0, c.change))
			l.InTree, l.Amended = true, &Amended{Policy: becomes, Same: map[string]bool{"c": !c.topic}}
			wantCodes(t, judged(p, new(Ledger), l), c.want...)
		})
	}
}

func TestLongKeysAreNoPayload(t *testing.T) {
	noise := strings.Repeat("aB3dE5fG7hI9jK1lM+nO/pQ2rS4tU6vW8xY0z", 20)
	const format = "[[principal]]\nname = \"alice\"\nrole = \"maintainer\"\nkeys = [{ ssh = \"ssh-rsa %s\" }]\n"
	text := fmt.Sprintf(format, noise)
	if p := mustLoad(t, text); p.carries()[FileName] != 0 {
		t.Error("a long key is a payload")
	}
	if p := mustLoad(t, text+"# "+noise[1:]+"\n"); p.carries()[FileName]&Traits(content.Encoded) == 0 {
		t.Error("a payload in a remark isn't seen")
	}
}

// One maintainer tightens, but doesn't shut out the others.
func TestAttackShutByOne(t *testing.T) {
	for name, change := range map[string]func(*Policy){
		"cool-down":   func(p *Policy) { p.Quorum.CoolDown = 90 * 24 * time.Hour },
		"quorum":      func(p *Policy) { p.Quorum.Maintainers = 3 },
		"limit":       func(p *Policy) { p.Limits.Blob = 1 },
		"kinds":       func(p *Policy) { p.Signatures.Kinds = []string{"ssh"} },
		"PIN":         func(p *Policy) { p.Signatures.UserVerified = true },
		"certificate": func(p *Policy) { p.Push.Certificate = "required" },
		"settling":    func(p *Policy) { p.Tenure.Settling = 36500 * 24 * time.Hour },
		"approvers":   func(p *Policy) { p.Rules[0].Approvers = &Exempt{Days: 36500, In: "all"} },
		"new rule": func(p *Policy) {
			p.Rules = append(p.Rules, Rule{Name: "all", Approvers: &Exempt{Days: 36500, In: "all"}})
		},
		"addresses": func(p *Policy) { p.Principals[1].Emails = nil },
		"ends":      func(p *Policy) { p.Principals[0].Keys[0].Until = time.Unix(t0-day, 0) },
		"ends soon": func(p *Policy) {
			p.Principals[0].Keys[0].Until, p.Principals[1].Keys[0].Until = time.Unix(t0+day, 0), time.Unix(t0+day, 0)
		},
		"begins late": func(p *Policy) { p.Principals[0].Keys[0].From = time.Unix(t0+year, 0) },
		"compromised": func(p *Policy) { p.Principals[0].Keys[0].Revoked = "compromised" },
		"once more": func(p *Policy) {
			k := p.Principals[0].Keys[0]
			k.Revoked = "compromised"
			p.Principals[0].Keys = append(p.Principals[0].Keys, k)
		},
		"laid aside long ago": func(p *Policy) {
			p.Principals[0].Keys[0].Revoked, p.Principals[0].Keys[0].RevokedAt = "retired", time.Unix(t0-year, 0)
		},
		"both from today on": func(p *Policy) {
			for i := range 2 {
				p.Principals[i].Keys[0].Revoked, p.Principals[i].Keys[0].RevokedAt = "compromised", time.Unix(t0, 0)
			}
		},
		"a list of keys": func(p *Policy) { p.Signatures.RevokedSSH = []File{{"keys/revoked", []byte("everybody")}} },
		"siblings":       func(p *Policy) { p.Introductions.SiblingsApart = time.Hour },
		"others":         func(p *Policy) { p.Principals[1].Role = Contributor },
		"every ref":      func(p *Policy) { p.Protect.Refs = []string{"refs/heads/main", "refs/heads/**"} },
	} {
		t.Run(name, func(t *testing.T) {
			p, becomes := world(), world()
			p.Quorum, becomes.Quorum = Quorum{2, 72 * time.Hour}, Quorum{2, 72 * time.Hour}
			p.Limits.Blob, becomes.Limits.Blob = 2, 2
			change(becomes)
			l := single(commit("c", "jia", t0, policyChange()))
			l.InTree, l.Amended = true, &Amended{Policy: becomes, Same: map[string]bool{"c": true}}
			wantCodes(t, judged(p, new(Ledger), l), QuorumMissing)
			l.Approvals = []Approval{approval("c", "lasse")}
			wantCodes(t, judged(p, new(Ledger), l)) // at once
		})
	}
}

// What one maintainer may do at once: suspend somebody's key from today on, while a quorum is left, and say
// anything against their own.
func TestOneMaintainerRevokes(t *testing.T) {
	for name, change := range map[string]func(*Policy){
		"hers, from today on": func(p *Policy) {
			p.Principals[0].Keys[0].Revoked, p.Principals[0].Keys[0].RevokedAt = "compromised", time.Unix(t0, 0)
		},
		"hers ends today":   func(p *Policy) { p.Principals[0].Keys[0].Until = time.Unix(t0, 0) },
		"hers is gone":      func(p *Policy) { p.Principals[0].Keys = nil },
		"one's own, always": func(p *Policy) { p.Principals[2].Keys[0].Revoked = "compromised" },
		"one's own address": func(p *Policy) { p.Principals[2].Emails = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p, becomes := world(), world()
			for _, p := range []*Policy{p, becomes} {
				p.Quorum = Quorum{2, 72 * time.Hour}
				p.Principals[4].Role = Maintainer // three are there who have a conflict with nobody
				p.Principals[4].IntroducedBy = founder
			}
			change(becomes)
			l := single(commit("c", "jia", t0, policyChange()))
			l.InTree, l.Amended = true, &Amended{Policy: becomes, Same: map[string]bool{"c": true}}
			wantCodes(t, judged(p, new(Ledger), l))
		})
	}
}

// What stands beside keys is anybody's, whatever file they are in; lists of revoked keys are spared only if short.
func TestAttackPayloadBesideKeys(t *testing.T) {
	noise := strings.Repeat("aB3dE5fG7hI9jK1lM+nO/pQ2rS4tU6vW8xY0z", 200)
	armor := "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + noise + "\n-----END PGP PUBLIC KEY BLOCK-----\n"
	for name, c := range map[string]struct {
		names, file string
		rest        bool
	}{
		"an SSH key":       {`keys = [{ ssh-file = "keys/f" }]`, "ssh-rsa " + noise + "\n", false},
		"a comment":        {`keys = [{ ssh-file = "keys/f" }]`, "ssh-rsa AAAAB3\n# " + noise + "\n", true},
		"a remark":         {`keys = [{ ssh-file = "keys/f" }]`, "ssh-rsa AAAAB3 " + noise + "\n", true},
		"armor":            {`keys = [{ openpgp = "keys/f" }]`, armor, false},
		"before the armor": {`keys = [{ openpgp = "keys/f" }]`, noise + "\n" + armor, true},
		"after the armor":  {`keys = [{ openpgp = "keys/f" }]`, armor + noise, true},
		"an allowed signer": {
			`keys = [{ allowed-signers = "keys/f" }]`, "a@example.org ssh-rsa AAAA" + noise[:2000] + "\n", false,
		},
		"beside an allowed signer": {
			`keys = [{ allowed-signers = "keys/f" }]`, "a@example.org ssh-rsa AAAA\n# " + noise + "\n", true,
		},
		"a short list of revocations": {
			"keys = [{ ssh = \"ssh-rsa AAAA\" }]\n[signatures]\nssh-revoked = [\"keys/f\"]", noise[:2000], false,
		},
		"a long list of revocations": {
			"keys = [{ ssh = \"ssh-rsa AAAA\" }]\n[signatures]\nssh-revoked = [\"keys/f\"]", noise, true,
		},
	} {
		p, err := Load(fstest.MapFS{
			FileName: {Data: []byte("[[principal]]\nname = \"alice\"\nrole = \"maintainer\"\n" +
				"emails = [\"a@example.org\"]\n" + c.names + "\n")},
			"keys/f": {Data: []byte(c.file)},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.carries()["keys/f"]&Traits(content.Encoded) != 0; got != c.rest {
			t.Errorf("%s: a payload is seen: %v, want %v", name, got, c.rest)
		}
	}
}

// TestTakesTooMany: what one maintainer alone may not take from the others though a quorum would be left.
func TestTakesTooMany(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	people := func(change ...func(*Principal)) *Policy {
		var principals []Principal
		for _, name := range []string{"alice", "lasse", "jia", "kim"} {
			q := Principal{Name: name, Role: Maintainer, Keys: []Key{{Kind: "ssh", Data: []byte("key of " + name)}}}
			for _, c := range change {
				c(&q)
			}
			principals = append(principals, q)
		}
		return Default().WithPrincipals(principals)
	}
	role := func(name string) func(*Principal) {
		return func(q *Principal) {
			if q.Name == name {
				q.Role = Reviewer
			}
		}
	}
	stolen := func(name string) func(*Principal) {
		return func(q *Principal) {
			if q.Name == name {
				q.Keys[0].Revoked, q.Keys[0].RevokedAt = "compromised", at
			}
		}
	}
	for name, test := range map[string]struct {
		before, after *Policy
		much          bool
	}{
		"nothing":             {people(), people(), false},
		"one key":             {people(), people(stolen("alice")), false},
		"both founders' keys": {people(), people(stolen("alice"), stolen("lasse")), true},
		"one after the other": {people(stolen("alice")), people(stolen("alice"), stolen("lasse")), true},
		"one's own":           {people(stolen("alice")), people(stolen("alice"), stolen("jia")), false},
		"a role":              {people(), people(role("alice")), true},
		"one's own role":      {people(), people(role("jia")), false},
	} {
		if got := test.before.takesTooMany(test.after, []string{"jia"}, at); (got != "") != test.much {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The words say what is counted: whose support the cool-down waits for.
func TestCoolDownInWords(t *testing.T) {
	q := Quorum{Maintainers: 1, CoolDown: 72 * time.Hour}
	for n, want := range map[int]string{
		1: "3 days after a maintainer stood behind it", 2: "3 days after a second maintainer stood behind it",
		3: "3 days after a second maintainer stood behind it",
	} {
		if q.Maintainers = n; q.After() != want {
			t.Errorf("%d: %q, want %q", n, q.After(), want)
		}
	}
}
