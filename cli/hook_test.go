package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/gate/record"
	"countersign/install"
	"countersign/journal"
	"countersign/policy"
)

// server is a repository behind a policy that names alice and bob, and a clone of alice's whose key
// signs.
type server struct {
	*person
	base string // commit that was there before
}

const (
	repo  = "repo.git"
	clone = "clone"
	zeros = "0000000000000000000000000000000000000000"
)

func newServer(t *testing.T) *server {
	t.Helper()
	p := newPerson(t)
	for _, who := range []string{"alice", "bob"} {
		p.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", who)
	}
	p.tool("git", "init", "-q", "--bare", "--initial-branch=main", repo)
	p.tool("git", "clone", "-q", repo, clone)
	p.tool("git", "-C", clone, "checkout", "-q", "-b", "main")
	p.tool("git", "-C", clone, "commit", "-q", "--allow-empty", "-m", "begin")
	p.tool("git", "-C", clone, "push", "-q", "origin", "main")
	s := &server{person: p, base: p.tool("git", "-C", clone, "rev-parse", "HEAD")}
	p.write("countersign", "#!/bin/sh\nexit 41\n")
	p.tool("chmod", "+x", "countersign")
	p.must("install", "--server", repo)
	s.write(repo+"/countersign/policy.toml", s.read(repo+"/countersign/policy.toml")+s.people())
	for key, value := range map[string]string{"gpg.format": "ssh", "user.signingKey": filepath.Join(p.dir, "alice")} {
		p.tool("git", "-C", clone, "config", key, value)
	}
	p.env.Dir = filepath.Join(p.dir, repo) // where Git starts a hook
	return s
}

// people names alice and bob in a policy.
func (s *server) people() string {
	var b strings.Builder
	for _, who := range []string{"alice", "bob"} {
		b.WriteString("\n[[principal]]\nname = \"" + who + "\"\nrole = \"maintainer\"\n" +
			"emails = [\"" + who + "@example.org\"]\n" +
			"introduced-by = \"founder\"\nkeys = [{ ssh = \"" + strings.TrimSpace(s.read(who+".pub")) + "\" }]\n")
	}
	return b.String()
}

// commit makes a commit in alice's clone and brings it to the server on an unprotected ref.
func (s *server) commit(args ...string) string {
	s.Helper()
	at := filepath.Join(s.dir, clone)
	s.tool(append([]string{"git", "-C", at, "commit", "-q", "--allow-empty", "-m", "change"}, args...)...)
	s.tool("git", "-C", at, "push", "-q", "--force", "origin", "HEAD:refs/heads/topic")
	return s.tool("git", "-C", at, "rev-parse", "HEAD")
}

// records gives those of pushes.
func (s *server) records() []logged {
	s.Helper()
	var records []logged
	for e, err := range journal.Read(filepath.Join(s.dir, repo, "countersign", "journal.jsonl")) {
		if err != nil {
			s.Fatal(err)
		}
		r, err := readRecord(e.Record)
		if err != nil {
			s.Fatal(err)
		}
		if r.Schema != record.Baseline {
			records = append(records, r)
		}
	}
	return records
}

func TestPreReceiveAcceptsAndRefuses(t *testing.T) {
	s := newServer(t)
	good := s.commit("-S")
	code, out, errs := s.run(s.base+" "+good+" refs/heads/main\n", "hook", "pre-receive")
	if code != exitAccepted || out != "" || errs != "countersign: nothing against refs/heads/main: 1 commit\n" {
		t.Errorf("signed: exit code %d\n%s%s", code, out, errs)
	}
	unsigned := s.commit()
	code, out, errs = s.run(s.base+" "+unsigned+" refs/heads/main\n", "hook", "pre-receive")
	if code != exitRefused || out != "" {
		t.Errorf("unsigned: exit code %d\n%s", code, out)
	}
	wantOutput(t, "unsigned", errs, "countersign: refused refs/heads/main", "countersign explain unsigned")

	// The update hook says the same.
	if code, _, errs := s.run("", "hook", "update", "refs/heads/main", s.base, good); code != exitAccepted {
		t.Errorf("update, signed: exit code %d\n%s", code, errs)
	}
	if code, _, errs := s.run("", "hook", "update", "refs/heads/main", s.base, unsigned); code != exitRefused {
		t.Errorf("update, unsigned: exit code %d\n%s", code, errs)
	}
	if code, _, errs := s.run("", "hook", "update", "--answer", "refs/heads/main", s.base, good); code != install.Answer {
		t.Errorf("update, signed, to a hook that waits for an answer: exit code %d\n%s", code, errs)
	}
	// It runs too late to tell what is new.
	code, _, errs = s.run("", "hook", "update", "refs/heads/release/1", zeros, good)
	if code != exitRefused {
		t.Errorf("update, a new branch: exit code %d\n%s", code, errs)
	}
	wantOutput(t, "update, a new branch", errs, "an update hook can't tell whether", "countersign explain ref-unwanted")
	var verdicts []string
	for _, r := range s.records() {
		verdicts = append(verdicts, r.Decision.Verdict.String())
	}
	if got := strings.Join(verdicts, " "); got != "accepted refused accepted refused accepted refused" {
		t.Errorf("records: %s", got)
	}
}

func TestPusherIsRecordedAsInstallationFixedIt(t *testing.T) {
	s := newServer(t)
	s.env.Getenv = func(name string) string {
		return map[string]string{
			"PATH": os.Getenv("PATH"), "GL_USERNAME": "root", "GL_USER": "alice", "HTTP_AUTHORIZATION": "secret",
		}[name]
	}
	line := s.base + " " + s.commit("-S") + " refs/heads/main\n"
	for _, kind := range []string{"none", "gitolite"} {
		if code, _, errs := s.run(line, "hook", "pre-receive", "--pusher-from="+kind); code != 0 {
			t.Fatalf("exit code %d\n%s", code, errs)
		}
	}
	got := s.records()
	if got[0].Pusher != (record.Pusher{}) || got[1].Pusher != (record.Pusher{Name: "alice", Source: "GL_USER"}) {
		t.Errorf("pushers %+v and %+v", got[0].Pusher, got[1].Pusher)
	}
	if strings.Contains(s.read(repo+"/countersign/journal.jsonl"), "secret") {
		t.Error("a password is in the journal")
	}
	code, _, errs := s.run(line, "hook", "pre-receive", "--pusher-from=GL_USERNAME")
	if code == 0 {
		t.Errorf("an unknown kind of server: accepted\n%s", errs)
	}
}

// GitLab's pages show only those lines of a hook that begin so; a terminal shows all as they are.
func TestGitLabsPagesShowWhatIsWrong(t *testing.T) {
	s := newServer(t)
	line := s.base + " " + s.commit() + " refs/heads/main\n"
	for protocol, mark := range map[string]string{"web": "GL-HOOK-ERR: ", "ssh": ""} {
		s.env.Getenv = func(name string) string {
			return map[string]string{"PATH": os.Getenv("PATH"), "GL_PROTOCOL": protocol}[name]
		}
		code, _, errs := s.run(line, "hook", "pre-receive", "--pusher-from=gitlab")
		if code != exitRefused {
			t.Errorf("%s: exit code %d", protocol, code)
		}
		wantOutput(t, protocol, errs, mark+"countersign: refused refs/heads/main")
		for line := range strings.Lines(errs) {
			if strings.HasPrefix(line, "GL-HOOK-ERR: ") != (mark != "") {
				t.Errorf("%s: a line %q", protocol, line)
			}
		}
	}
}

// Somebody who logs in by ssh to the account that owns the repository is who has that key in the keyring.
func TestPusherIsWhoHasTheKey(t *testing.T) {
	s := newServer(t)
	s.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, "other"))
	line := s.base + " " + s.commit("-S") + " refs/heads/main\n"
	for _, who := range []string{"alice", "other"} {
		s.write("login", "publickey "+s.read(who+".pub"))
		s.env.Getenv = func(name string) string {
			return map[string]string{"PATH": os.Getenv("PATH"), "SSH_USER_AUTH": filepath.Join(s.dir, "login")}[name]
		}
		if code, _, errs := s.run(line, "hook", "pre-receive", "--pusher-from=ssh"); code != 0 {
			t.Fatalf("exit code %d\n%s", code, errs)
		}
	}
	fingerprint := func(who string) string {
		return strings.Fields(s.tool("ssh-keygen", "-lf", filepath.Join(s.dir, who+".pub")))[1]
	}
	for i, want := range []record.Pusher{
		{Name: "alice", Source: "SSH_USER_AUTH", Key: fingerprint("alice")},
		{Source: "SSH_USER_AUTH", Key: fingerprint("other")},
	} {
		if got := s.records()[i].Pusher; got != want {
			t.Errorf("pusher %+v, want %+v", got, want)
		}
	}
	wantOutput(t, "log", s.must("log"), "  by alice\n", "  by "+fingerprint("other")+"\n")
}

func TestHookRefusesWhatItDoesNotUnderstand(t *testing.T) {
	s := newServer(t)
	for in, want := range map[string]string{
		"":                             "no ref update on standard input",
		"nonsense\n":                   "line 1: 1 fields",
		s.base + " " + s.base + " x\n": `line 1: ref "x"`,
		s.base + " " + s.base + " refs/heads/main": "line 1: no line feed",
	} {
		code, out, errs := s.run(in, "hook", "pre-receive")
		if code != exitUndecided || out != "" {
			t.Errorf("%q: exit code %d\n%s", in, code, out)
		}
		// Quotes and backslashes of a quoted ref are escaped once more by what shows it.
		wantOutput(t, in, errs, "countersign: refused: the hook doesn't understand what Git says: ", want)
	}
}

// A repository that somebody put the hook in front of, and nothing else, lets nothing in and says
// how to go on; that, too, is recorded.
func TestNotConfigured(t *testing.T) {
	s := newServer(t)
	good := s.commit("-S")
	for _, left := range []string{"an empty folder", "no folder"} {
		if err := os.RemoveAll(filepath.Join(s.dir, repo, "countersign")); err != nil {
			t.Fatal(err)
		}
		if left == "an empty folder" {
			if err := os.Mkdir(filepath.Join(s.dir, repo, "countersign"), 0o750); err != nil {
				t.Fatal(err)
			}
		}
		code, _, errs := s.run(s.base+" "+good+" refs/heads/main\n", "hook", "pre-receive")
		if code != exitRefused {
			t.Errorf("%s: exit code %d", left, code)
		}
		wantOutput(t, left, errs, "countersign: refused", "countersign doctor", "countersign explain not-configured")
		if r := s.records(); len(r) != 1 || len(r[0].Decision.Findings) != 1 ||
			r[0].Decision.Findings[0].Code != policy.NotConfigured {
			t.Errorf("%s: records %+v", left, r)
		}
	}
}

// What the operator must know goes into the record; the pusher gets its reference, and no path.
func TestUndecidedShowsThePusherNothingOfTheServer(t *testing.T) {
	s := newServer(t)
	good := s.commit("-S")
	line := s.base + " " + good + " refs/heads/main\n"
	s.write(repo+"/countersign/policy.toml", "version = 1\nsecret-setting = 1\n")
	code, _, errs := s.run(line, "hook", "pre-receive")
	if code != exitUndecided || strings.Contains(errs, "secret") || strings.Contains(errs, s.dir) ||
		strings.Contains(errs, ".toml") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	r := s.records()
	if len(r) != 1 || !strings.Contains(r[0].Decision.Undecided, "secret-setting") {
		t.Fatalf("records %+v", r)
	}
	wantOutput(t, "message", errs, "countersign: refused", r[0].Decision.Reference)
}

func TestNoRecordNoPush(t *testing.T) {
	s := newServer(t)
	good := s.commit("-S")
	file := filepath.Join(s.dir, repo, "countersign", "journal.jsonl")
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o750)); err != nil {
		t.Fatal(err)
	}
	code, _, errs := s.run(s.base+" "+good+" refs/heads/main\n", "hook", "pre-receive")
	if code != exitUndecided || strings.Contains(errs, "nothing against") || strings.Contains(errs, s.dir) {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}

// A pusher who hangs up while the push is judged: it is refused, and recorded all the same.
func TestInterruptedPushIsRecorded(t *testing.T) {
	s := newServer(t)
	good := s.commit("-S")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, errs := s.runContext(ctx, s.base+" "+good+" refs/heads/main\n", "hook", "pre-receive")
	if code != exitUndecided {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	if r := s.records(); len(r) != 1 || r[0].Decision.Verdict != policy.Refused || r[0].Decision.Undecided == "" {
		t.Errorf("records %+v", r)
	}
}

func TestPrePushForesees(t *testing.T) {
	s := newServer(t)
	s.env.Dir = filepath.Join(s.dir, clone)
	push := func(old, tip, ref string) (int, string) {
		code, _, errs := s.run("refs/heads/main "+tip+" "+ref+" "+old+"\n", "hook", "pre-push", "origin", "url",
			"--policy", "../"+repo+"/countersign")
		return code, errs
	}
	good := s.commit("-S")
	if code, errs := push(s.base, good, "refs/heads/main"); code != exitAccepted {
		t.Errorf("signed: exit code %d\n%s", code, errs)
	}
	unsigned := s.commit()
	if code, errs := push(s.base, unsigned, "refs/heads/main"); code != exitRefused ||
		!strings.Contains(errs, "explain unsigned") {
		t.Errorf("unsigned: exit code %d\n%s", code, errs)
	}
	if code, errs := push(zeros, unsigned, "refs/heads/release/1"); code != exitRefused {
		t.Errorf("unsigned, to a new branch: exit code %d\n%s", code, errs)
	}
	if code, errs := push(s.base, unsigned, "refs/heads/topic"); code != exitAccepted {
		t.Errorf("unsigned, to a topic: exit code %d\n%s", code, errs)
	}
	if code, errs := push(strings.Repeat("1", 40), good, "refs/heads/main"); code != exitUndecided ||
		!strings.Contains(errs, "git fetch") {
		t.Errorf("the remote has what isn't here: exit code %d\n%s", code, errs)
	}
	if code, _, errs := s.run("", "hook", "pre-push", "origin", "url"); code != exitAccepted {
		t.Errorf("nothing to push: exit code %d\n%s", code, errs)
	}
	left, err := os.ReadDir(filepath.Join(s.dir, clone, ".git", "countersign"))
	if err != nil || len(left) != 1 || left[0].Name() != "tenure" {
		t.Errorf("judging before a push leaves %v in the clone, %v: want what was earned, and no record", left, err)
	}
}

func TestWhatIsNotUnderstoodIsRecorded(t *testing.T) {
	s := newServer(t)
	for before, input := range []string{"", "nonsense\n", s.base + " " + s.base + " refs/heads/main"} {
		code, out, errs := s.run(input, "hook", "pre-receive")
		if code != exitUndecided || out != "" {
			t.Errorf("%q: exit code %d\n%s", input, code, out)
		}
		after := s.records()
		if len(after) != before+1 || after[before].Decision.Verdict != policy.Refused ||
			after[before].Decision.Undecided == "" {
			t.Fatalf("%q: %d records, had %d", input, len(after), before)
		}
		wantOutput(t, input, errs, "refused: the hook doesn't understand", "ref: "+after[before].Decision.Reference)
	}
}
