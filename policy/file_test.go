package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"countersign/policy/content"
	"countersign/policy/signal"

	"github.com/google/go-cmp/cmp"
)

// folder is a policy's folder with the key files that the policies in testdata name.
func folder(policy string) fstest.MapFS {
	return fstest.MapFS{
		FileName:               {Data: []byte(policy)},
		"keys/alice.asc":       {Data: []byte("an OpenPGP key, which this package never reads")},
		"keys/bob.pub":         {Data: []byte("# at home\nssh-ed25519 AAAA home\n\n  ssh-ed25519 BBBB work\r\n")},
		"keys/revoked.krl":     {Data: []byte("revoked")},
		"keys/company.pem":     {Data: []byte("roots")},
		"keys/company.crl":     {Data: []byte("revocations")},
		"keys/allowed_signers": {Data: []byte("alice@example.org ssh-ed25519 JJJJ")},
		"keys/none.pub":        {Data: []byte("# ssh-ed25519 AAAA\n\n")},
	}
}

const alice = `
[[principal]]
name = "alice"
role = "maintainer"
emails = ["alice@example.org"]
keys = [{ ssh = "ssh-ed25519 AAAA" }]
`

func mustLoad(t *testing.T, policy string) *Policy {
	t.Helper()
	p, err := Load(folder(policy))
	if err != nil {
		t.Fatalf("%v\n%s", err, policy)
	}
	return p
}

func policies(t *testing.T, pattern string, atLeast int) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "testdata", "policy", pattern))
	if err != nil || len(names) < atLeast {
		t.Fatalf("%d files, %v", len(names), err)
	}
	texts := make(map[string]string)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(b)
	}
	return texts
}

// Each policy in testdata/policy/bad begins with the one line it must be refused with.
func TestBadPoliciesAreRefusedWithTheirLine(t *testing.T) {
	for name, text := range policies(t, "bad/*.toml", 100) {
		first, _, _ := strings.Cut(text, "\n")
		want, ok := strings.CutPrefix(strings.TrimSuffix(first, "\r"), "# want: ")
		if !ok {
			t.Errorf("%s doesn't begin with # want:", name)
		}
		p, err := Load(folder(text))
		var bad *FileError
		if p != nil || !errors.As(err, &bad) {
			t.Errorf("%s: loaded, error %v", name, err)
			continue
		}
		if got := err.Error(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestGoodPoliciesLoad(t *testing.T) {
	for name, text := range policies(t, "*.toml", 3) {
		if _, err := Load(folder(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Everything in everything.toml differs from its default.
func TestEverySettingIsRead(t *testing.T) {
	const d = 24 * time.Hour
	p := mustLoad(t, policies(t, "everything.toml", 1)["everything.toml"])
	want := &Policy{
		Protect: Protect{Refs: []string{"refs/heads/trunk"}, AllowRewind: true, AllowDelete: true},
		Signatures: Signatures{
			Require: "landing", Kinds: []string{"ssh"}, Tags: false, Identity: "author", MergesApprove: "none",
			ClockSkew: 2 * time.Minute, EndGrace: 30 * time.Minute, UserVerified: true, Trailing: OpenTimestamps,
			WeakUntil:  time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
			RevokedSSH: []File{{"keys/revoked.krl", []byte("revoked")}},
		},
		X509: X509{
			Roots: []File{{"keys/company.pem", []byte("roots")}}, CRLs: []File{{"keys/company.crl", []byte("revocations")}},
			Transparency: "online", Log: "https://log.example.org/rekor", Timeout: 3 * time.Second,
		},
		Adoption:      Adoption{Commits: []string{"cf44e4b7f5dfdbf8c78aef377c10f71e274f63c0"}, CreditClaims: false},
		Tenure:        TenureBounds{Settling: 30 * d, MaxLandingAge: 36 * time.Hour},
		Quorum:        Quorum{Maintainers: 1, CoolDown: 36 * time.Hour},
		Push:          Push{Certificate: "required"},
		Introductions: Introductions{Across: true, SiblingsApart: 90 * d},
		Rules: []Rule{
			{
				Name: "docs", Why: "People run what they read.", Classes: []string{"docs", "binary"}, Approvals: 2,
				Exempt: Exempt{Days: 1, Commits: 2, Months: 3, In: "all"}, Approvers: &Exempt{Days: 90, In: "class"},
				SignedOnly: true,
			},
			{Name: "hidden", Classes: []string{"bidi"}, Exempt: Exempt{Nobody: true}, Approvals: 1, Refuse: true},
			{Name: "nobody-alone", Classes: []string{"build"}, Exempt: Exempt{Nobody: true}, Approvals: 1, Wait: 7 * d},
		},
		Limits:  Limits{Commits: 7, Blob: 512 << 10, Message: 16 << 10, Time: 90 * time.Second},
		Journal: Journal{File: "log/decisions", Rotate: 512 << 10},
		Principals: []Principal{
			{
				Name: "alice", Role: Maintainer, Emails: []string{"alice@example.org", "a@work.example"}, IntroducedBy: "founder",
				Since: time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC),
				Keys: []Key{
					{Kind: "openpgp", Data: []byte("an OpenPGP key, which this package never reads"), Source: "keys/alice.asc"},
					{
						Kind: "ssh", Data: []byte("ssh-ed25519 CCCC"), Source: "policy.toml:93",
						From: time.Date(2024, 1, 1, 10, 0, 0, 0, time.UTC),
					},
					{
						Kind: "ssh", Authority: true, Identities: []string{"alice@example.org", "a@work.example"},
						Data: []byte("ssh-ed25519 HHHH"), Source: "policy.toml:94",
					},
					{
						Kind: "ssh", Authority: true, Identities: []string{"alice"},
						Data: []byte("ssh-ed25519 IIII"), Source: "policy.toml:95",
					},
					{Kind: "allowed-signers", Data: []byte("alice@example.org ssh-ed25519 JJJJ"), Source: "keys/allowed_signers"},
					{
						Kind: "x509", Identities: []string{"alice@example.org"}, Issuer: "https://accounts.example.com",
						Source: "policy.toml:97", From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
					},
					{Kind: "x509", Identities: []string{"a@work.example"}, Source: "policy.toml:98"},
					{
						Kind: "ssh", Data: []byte("ssh-ed25519 DDDD"), Source: "policy.toml:99", Revoked: "retired",
						Until: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
					},
				},
			},
			{
				Name: "bob", Role: Reviewer, IntroducedBy: "alice", Introduced: time.Date(2022, 2, 2, 0, 0, 0, 0, time.UTC),
				Keys: []Key{
					{
						Kind: "ssh", Data: []byte("ssh-ed25519 AAAA home"), Source: "keys/bob.pub:2", Revoked: "compromised",
						RevokedAt: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
					},
					{
						Kind: "ssh", Data: []byte("ssh-ed25519 BBBB work"), Source: "keys/bob.pub:4", Revoked: "compromised",
						RevokedAt: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
					},
				},
			},
			{Name: "carol", Role: Reviewer, Keys: []Key{
				{Kind: "ssh", Data: []byte("ssh-ed25519 EEEE"), Source: "policy.toml:113"},
			}},
			{Name: "con", Role: Contributor, Keys: []Key{
				{Kind: "ssh", Data: []byte("ssh-ed25519 FFFF"), Source: "policy.toml:118"},
			}},
			{Name: "bot", Role: Service, Attests: AttestsAuthors},
			{Name: "dan", Role: Reviewer, Keys: []Key{
				{Kind: "ssh", Data: []byte("ssh-ed25519 GGGG"), Source: "policy.toml:128"},
			}},
		},
	}
	if diff := cmp.Diff(want, p, settings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for path, class := range map[string]string{
		"manual/intro.md": "docs", "src/x.bin": "fixture", "third_party/x.c": "", "deps/x.c": "vendored",
	} {
		var classes []string
		for _, m := range p.Classes.Match(path) {
			classes = append(classes, m.Class)
		}
		if strings.Join(classes, " ") != class {
			t.Errorf("%s: classes %q, want %q", path, classes, class)
		}
	}
}

// settings compares what a policy file says.
var settings = cmp.FilterPath(func(p cmp.Path) bool {
	switch p.Last().String() {
	case ".Classes", ".Digest", ".floor", ".files", ".carries", ".byName", ".byEmail":
		return p.Index(-2).Type().String() == "policy.Policy"
	}
	return false
}, cmp.Ignore())

func TestAttackPolicyThatMeansTwoThings(t *testing.T) {
	twins := []string{
		"[[rule]]\nname = \"one\"\nclasses = [\"build\"]\napprovals = 1\nApprovals = 0\n",
		"[[rule]]\nname = \"one\"\nclasses = [\"build\"]\nApprovals = 0\napprovals = 1\n",
		"[[rule]]\nname = \"one\"\nclasses = [\"build\"]\nexempt = { days = 365, Days = 0 }\n",
		"[quorum]\nmaintainers = 1\n[QUORUM]\nmaintainers = 1\n",
		"[class.build]\nadd = [\"x\"]\n[class.Build]\npaths = [\"y\"]\n",
		"[protect]\nallow-rewind = false\nALLOW-REWIND = true\n",
		"version = 1\nVersion = 1\n",
	}
	for _, twin := range twins {
		var first string
		for i := range 200 {
			p, err := Load(folder(twin + alice))
			if err == nil {
				t.Fatalf("run %d: loaded as %+v\n%s", i, p.Rules, twin)
			}
			if first == "" {
				first = err.Error()
			}
			if err.Error() != first {
				t.Fatalf("run %d: %s, then %s", i, first, err)
			}
		}
	}
}

func TestLoadOfWhatIsNoPolicy(t *testing.T) {
	big := folder(alice)
	big["keys/big"] = &fstest.MapFile{Data: make([]byte, maxKeyFile+1)}
	big[FileName].Data = []byte(strings.Replace(alice, `{ ssh`, `{ openpgp = "keys/big" }, { ssh`, 1))
	link := folder(alice)
	link["keys/pipe"] = &fstest.MapFile{Mode: fs.ModeNamedPipe | 0o600}
	link[FileName].Data = []byte(strings.Replace(alice, `{ ssh`, `{ openpgp = "keys/pipe" }, { ssh`, 1))
	asFolder := fstest.MapFS{FileName + "/x": {}}
	for name, c := range map[string]struct {
		fsys fs.FS
		want string
	}{
		"byte order mark": {
			folder("\ufeffversion = 1\n" + alice), "policy.toml: it is not plain UTF-8 text; save it without a byte order mark",
		},
		"Latin-1": {
			folder("# caf\xe9\n" + alice), "policy.toml: it is not plain UTF-8 text; save it without a byte order mark",
		},
		"UTF-16": {
			folder("\xff\xfev\x00=\x00"), "policy.toml: it is not plain UTF-8 text; save it without a byte order mark",
		},
		"NUL": {folder("version = 1\n\x00\n"), "policy.toml:2: there is a control character (0x00)"},
		"lone CR": {
			folder("version = 1\n\ntags = 1\rversion = 2\n"), "policy.toml:3: there is a control character (0x0d)",
		},
		"escape in comment": {folder("# \x1b[2K\n"), "policy.toml:1: there is a control character (0x1b)"},
		"too large": {
			folder(alice + strings.Repeat("#", maxPolicyFile)), "policy.toml: it has 1048695 bytes; 1048576 are allowed",
		},
		"a folder":          {asFolder, "policy.toml: it is not a regular file"},
		"key too large":     {big, "keys/big: it has 4194305 bytes; 4194304 are allowed"},
		"key in a pipe":     {link, "keys/pipe: it is not a regular file"},
		"circle of three":   {folder(circle), circleErrors},
		"too many problems": {folder(strings.Repeat("[[principal]]\nname = \"A\"\nrole = \"maintainer\"\n", 15)), ""},
	} {
		p, err := Load(c.fsys)
		if p != nil || err == nil {
			t.Errorf("%s: loaded", name)
			continue
		}
		if c.want != "" && err.Error() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, err, c.want)
		}
		if n := strings.Count(err.Error(), "\n"); n > maxProblems {
			t.Errorf("%s: %d lines", name, n+1)
		}
	}
	if _, err := Load(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file at all: %v", err)
	}
}

const (
	circle = `[[principal]]
name = "ann"
role = "maintainer"
introduced-by = "dora"
[[principal]]
name = "ben"
role = "maintainer"
introduced-by = "ann"
[[principal]]
name = "dora"
role = "maintainer"
introduced-by = "ben"
`
	circleErrors = `policy.toml:4: ann stands at both ends of a line of introductions
policy.toml:8: ben stands at both ends of a line of introductions
policy.toml:12: dora stands at both ends of a line of introductions`
)

func TestProblemsComeInTheOrderOfTheirLines(t *testing.T) {
	_, err := Load(folder(`[limits]
blob = "1"
[protect]
refs = ["main"]
[signatures]
tgas = true
[[principal]]
name = "alice"
role = "maintainer"
keys = [{ openpgp = "keys/missing" }, { openpgp = "../x" }]
[class.docs]
`))
	var bad *FileError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range bad.Problems {
		got = append(got, place(p.File, p.Line))
	}
	want := []string{"policy.toml:2", "policy.toml:4", "policy.toml:6", "policy.toml:10", "policy.toml:11", "keys/missing"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%v", diff, err)
	}
}

func TestEmptyFileAndAKeyringIsTheDefaultPolicy(t *testing.T) {
	bob := strings.NewReplacer("alice", "bob", "AAAA", "BBBB").Replace(alice)
	p := mustLoad(t, alice+bob)
	want := Default()
	want.Principals = p.Principals
	if diff := cmp.Diff(want, p, settings); diff != "" {
		t.Errorf("-default +loaded:\n%s", diff)
	}
	draft, err := LoadDraft(folder(""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), draft, settings); diff != "" {
		t.Errorf("-default +draft:\n%s", diff)
	}
}

// To revoke or retire a key, which one maintainer does at once, never makes a policy unusable for want of a quorum.
func TestRevokedKeysStillMakeAQuorum(t *testing.T) {
	bob := strings.NewReplacer("alice", "bob", "AAAA", "BBBB").Replace(alice)
	for _, quorum := range []string{"", "[quorum]\nmaintainers = 2\n"} {
		for _, keys := range []string{
			`revoked = "compromised"`, `revoked = "retired", until = 2024-01-01`, `until = 2024-01-01`,
		} {
			p := mustLoad(t, quorum+alice+strings.Replace(bob, " }]", ", "+keys+" }]", 1))
			if p.Quorum.Maintainers != 2 {
				t.Errorf("%s%s: a quorum of %d", quorum, keys, p.Quorum.Maintainers)
			}
		}
	}
}

// In a project of one nobody can approve, so tenure must free from whatever the default rules ask, and
// tenure in classes that always need approval could never be earned.
func TestProjectOfOneCanUseTheDefaults(t *testing.T) {
	p := mustLoad(t, alice)
	if p.Quorum.Maintainers != 1 {
		t.Errorf("quorum %d", p.Quorum.Maintainers)
	}
	days, commits := make(map[string]int), 0
	for _, r := range p.Rules {
		if !r.Refuse {
			days[r.Name] = r.Exempt.Days
			commits = max(commits, r.Exempt.Commits)
		}
		if !r.Refuse && (r.Exempt.Nobody || r.Exempt.In != "all") {
			t.Errorf("rule %s: exempt %+v", r.Name, r.Exempt)
		}
	}
	want := map[string]int{
		"never-alone": 730, "opaque-files": 365, "build-and-ci": 730, "who-decides": 730,
	}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
	// Ordinary commits over the years earn it, and only they could.
	l, early := new(Ledger), new(Ledger)
	last := earn(p, l, "alice", t0, commits+5, source())
	earn(p, early, "alice", t0, 9, source())
	for _, change := range []Change{
		build(), adds("x.png", Traits(content.Binary)), adds("KEYS", 0), adds(".github/workflows/x.yml", 0),
		adds("x.js", Traits(signal.InvisibleText)<<signalBits),
	} {
		wantCodes(t, judged(p, early, single(commit("c", "alice", t0+300*day, change))), ApprovalMissing)
		wantCodes(t, judged(p, l, single(commit("c", "alice", last+30*day, change))))
	}
	wantCodes(t, judged(p, l, single(commit("c", "alice", last+30*day, adds("x", Traits(content.Bidi))))), ContentRefused)
	// With a second person there is somebody to ask, and the defaults are what they say.
	rev := "[[principal]]\nname = \"rev\"\nrole = \"reviewer\"\nkeys = [{ ssh = \"ssh-ed25519 BBBB\" }]\n"
	two := mustLoad(t, alice+rev)
	if diff := cmp.Diff(Default().Rules, two.Rules); diff != "" {
		t.Errorf("two people: -default +loaded:\n%s", diff)
	}
	// Nobody is asked who can't sign any more, or never could.
	for _, other := range []string{
		"role = \"reviewer\"\n",
		"role = \"contributor\"\nkeys = [{ ssh = \"ssh-ed25519 BBBB\" }]\nintroduced-by = \"alice\"\n",
		"role = \"maintainer\"\nkeys = [{ ssh = \"ssh-ed25519 BBBB\", revoked = \"retired\", until = 2024-01-01 }]\n",
	} {
		p := mustLoad(t, alice+"[[principal]]\nname = \"bob\"\n"+other)
		approvable := strings.Contains(other, "contributor") // alice approves bob's changes
		if got := p.Rules[1].Exempt.In == "rule"; got != approvable {
			t.Errorf("%s: rules %+v", other, p.Rules[1])
		}
	}
	// Whose key was stolen is still there.
	p = mustLoad(t, alice+"[[principal]]\nname = \"bob\"\nrole = \"reviewer\"\n"+
		"keys = [{ ssh = \"ssh-ed25519 BBBB\", revoked = \"compromised\" }]\n")
	if diff := cmp.Diff(Default().Rules, p.Rules); diff != "" {
		t.Errorf("a stolen key: -default +loaded:\n%s", diff)
	}
	// What an owner writes down is taken at its word, or refused.
	p = mustLoad(t, "[[rule]]\nname = \"one\"\nclasses = [\"build\"]\nexempt = { days = 3 }\n"+alice)
	if p.Rules[0].Exempt.In != "class" {
		t.Errorf("a rule of the file was changed: %+v", p.Rules[0])
	}
}

func TestSignaturesOnly(t *testing.T) {
	p := mustLoad(t, "rule = []\n"+alice)
	if len(p.Rules) != 0 {
		t.Errorf("rules: %+v", p.Rules)
	}
}

func TestDigest(t *testing.T) {
	text := strings.Replace(alice, "{ ssh", "{ openpgp = \"keys/alice.asc\" }, { ssh-file = \"keys/bob.pub\" }, { ssh", 1)
	digest := func(change func(fstest.MapFS)) string {
		t.Helper()
		fsys := folder(text)
		change(fsys)
		p, err := Load(fsys)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest
	}
	same := digest(func(fstest.MapFS) {})
	if len(same) != 64 {
		t.Errorf("digest %q", same)
	}
	if got := digest(func(f fstest.MapFS) { f["keys/none.pub"].Data = []byte("other") }); got != same {
		t.Error("a file that the policy doesn't name changes the digest")
	}
	touched := func(f fstest.MapFS) { f[FileName].Mode, f[FileName].ModTime = 0o400, time.Unix(1, 0) }
	if got := digest(touched); got != same {
		t.Error("a file's mode or time changes the digest")
	}
	for name, change := range map[string]func(fstest.MapFS){
		"a comment in the policy": func(f fstest.MapFS) { f[FileName].Data = append(f[FileName].Data, "# x\n"...) },
		"a key file":              func(f fstest.MapFS) { f["keys/alice.asc"].Data = []byte("another key") },
		"a comment in a key file": func(f fstest.MapFS) {
			f["keys/bob.pub"].Data = append(f["keys/bob.pub"].Data, "# x\n"...)
		},
		"a byte moved from one file to the next": func(f fstest.MapFS) {
			f["keys/alice.asc"].Data = append(f["keys/alice.asc"].Data, '\n')
			f["keys/bob.pub"].Data = f["keys/bob.pub"].Data[1:]
		},
	} {
		if digest(change) == same {
			t.Errorf("%s doesn't change the digest", name)
		}
	}
	// The same on a disk.
	dir := t.TempDir()
	for name, file := range folder(text) {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, file.Data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Load(os.DirFS(dir))
	if err != nil || p.Digest != same {
		t.Errorf("on a disk: %v, digest %s, want %s", err, p.Digest, same)
	}
	// Naming a file twice is reading it once.
	twice := folder(strings.Replace(text, "keys = [", "keys = [{ openpgp = \"keys/alice.asc\" }, ", 1))
	if p, err := Load(twice); err != nil || len(p.Principals[0].Keys) != 5 {
		t.Errorf("%+v, %v", p, err)
	}
}

// A setting by the name that it had before is read, and the policy says so.
func TestWaitByItsOldName(t *testing.T) {
	rule := "[[rule]]\nname = \"one\"\nclasses = [\"build\"]\nhold = \"36h\"\n"
	old, new := mustLoad(t, rule+alice), mustLoad(t, strings.Replace(rule, "hold", "wait", 1)+alice)
	want := []string{`policy.toml:4: "hold" in [[rule]] "one" is called "wait" now: write wait = "36h"`}
	if diff := cmp.Diff(want, old.Notes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if new.Notes != nil || new.Rules[0].Wait != 36*time.Hour {
		t.Errorf("%q, %+v", new.Notes, new.Rules[0])
	}
	if found := Amendments(old, new, time.Unix(t0, 0)); found != nil {
		t.Errorf("they don't say the same: %+v", found)
	}
	floor, err := LoadFloor(fstest.MapFS{FloorFile: {Data: []byte(rule)}})
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, strings.Replace(want[0], FileName, FloorFile, 1))
	if diff := cmp.Diff(want, old.WithFloor(floor).Notes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
