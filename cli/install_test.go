package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"countersign/install"
	"countersign/policy"
)

func TestInstallAndUninstall(t *testing.T) {
	p := newPerson(t)
	p.tool("git", "init", "-q", "--bare", repo)
	p.write("countersign", "#!/bin/sh\nexit 41\n")
	p.tool("chmod", "+x", "countersign")

	const plan = "make folder countersign (0750)\nmake folder countersign/keys (0750)\n" +
		"create countersign/policy.toml (0640)\nwrite hooks/pre-receive (0755)\nwrite hooks/post-receive (0755)\n"
	const kind = "kind: none, so the journal won't say who pushes; --kind ssh or --kind http would\n"
	if diff := cmp.Diff(kind+plan+"nothing was changed\n", p.must("install", "--server", repo, "--dry-run")); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(p.dir, repo, "countersign")); err == nil {
		t.Error("the dry run changed something")
	}
	const next = "next: name the maintainers in countersign/policy.toml, then run countersign policy check\n"
	if diff := cmp.Diff(plan+next, p.must("install", "--server", repo, "--kind", "gitolite")); diff != "" {
		t.Errorf("install (-want +got):\n%s", diff)
	}
	wantOutput(t, "hook", p.read(repo+"/hooks/pre-receive"), "program='"+p.env.Executable+"'\n",
		"--pusher-from='gitolite'")
	if got := p.must("install", "--server", repo, "--kind", "gitolite"); got != "nothing to do\n" {
		t.Errorf("installed again: %s", got)
	}
	if got := p.must("uninstall", "--server", repo); got != "delete hooks/pre-receive\ndelete hooks/post-receive\n" {
		t.Errorf("uninstall: %s", got)
	}
	if got := p.must("uninstall", "--server", repo); got != "nothing to do\n" {
		t.Errorf("uninstalled again: %s", got)
	}

	p.tool("git", "-C", repo, "config", "core.hooksPath", "/dev/null")
	code, _, errs := p.run("", "install", "--server", repo)
	if code != exitRefused {
		t.Errorf("hooks led elsewhere: exit code %d", code)
	}
	wantOutput(t, "refusal", errs, "core.hooksPath")
	if code, _, _ := p.run("", "install", "--server", "nowhere.git"); code != exitUsage {
		t.Errorf("no such folder: exit code %d", code)
	}
}

// The first policy takes for granted what the protected refs hold, each tip that no other reaches
// once, and is a policy once somebody is named in it.
func TestFirstPolicyAdoptsWhatIsThere(t *testing.T) {
	p := newPerson(t)
	p.tool("git", "init", "-q", "--initial-branch=trunk", "work")
	commit := func() string {
		p.tool("git", "-C", "work", "commit", "-q", "--allow-empty", "-m", "change")
		return p.tool("git", "-C", "work", "rev-parse", "HEAD")
	}
	commit()
	p.tool("git", "-C", "work", "tag", "-a", "-m", "merged", "v1")
	trunk := commit()
	p.tool("git", "-C", "work", "checkout", "-q", "-b", "release/1", "v1")
	release := p.tool("git", "-C", "work", "commit-tree", "-p", "HEAD", "-m", "release", "HEAD^{tree}")
	p.tool("git", "-C", "work", "reset", "-q", "--hard", release)
	p.tool("git", "-C", "work", "checkout", "-q", "-b", "old", "v1")
	old := p.tool("git", "-C", "work", "commit-tree", "-p", "HEAD", "-m", "old", "HEAD^{tree}")
	p.tool("git", "-C", "work", "tag", "-a", "-m", "not merged", "v0.9", old)
	p.tool("git", "-C", "work", "tag", "not-protected",
		p.tool("git", "-C", "work", "commit-tree", "-m", "other", "HEAD^{tree}"))
	p.tool("git", "clone", "-q", "--mirror", "work", repo)
	p.tool("git", "-C", repo, "symbolic-ref", "HEAD", "refs/heads/trunk")
	p.write("countersign", "#!/bin/sh\n")
	p.must("install", "--server", repo)

	text := p.read(repo + "/countersign/policy.toml")
	got, err := policy.LoadDraft(fstest.MapFS{"policy.toml": {Data: []byte(text)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	protected := []string{
		"refs/heads/trunk", "refs/heads/main", "refs/heads/master", "refs/heads/release/**", "refs/tags/v*",
	}
	if diff := cmp.Diff(protected, got.Protect.Refs); diff != "" {
		t.Errorf("protected (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{release, trunk, old}, got.Adoption.Commits); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}
	// But for what is protected and adopted it says what an empty file says.
	want := policy.Default()
	if diff := cmp.Diff(want.Rules, got.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if got.Signatures.Require != want.Signatures.Require || got.Limits != want.Limits || got.Journal != want.Journal ||
		got.Tenure != want.Tenure || got.Quorum != want.Quorum {
		t.Errorf("other defaults: %+v", got)
	}
	code, _, errs := p.run("", "policy", "check", "-C", repo)
	if code != exitUsage {
		t.Errorf("nobody is named, yet: exit code %d\n%s", code, errs)
	}
}

func TestFirstPolicyOfAnEmptyRepository(t *testing.T) {
	t.Parallel()
	text := install.StarterPolicy(policy.Default().Protect.Refs, nil)
	got, err := policy.LoadDraft(fstest.MapFS{"policy.toml": {Data: []byte(text)}})
	if err != nil || len(got.Adoption.Commits) != 0 {
		t.Errorf("%v\n%s", err, text)
	}
	// The example in its comments is a policy, too, but for the keys that it shortens.
	example := strings.ReplaceAll(text[strings.Index(text, "#\n# [[principal]]"):], "\n# ", "\n")
	if _, err := policy.LoadDraft(fstest.MapFS{"policy.toml": {Data: []byte(example)}}); err == nil ||
		strings.Contains(err.Error(), "unknown") || !strings.Contains(err.Error(), "keys/alice.asc") {
		t.Errorf("the example: %v", err)
	}
}

// Who isn't the owner is told as whom to run the very command, but no pusher is.
func TestSaysAsWhomToRun(t *testing.T) {
	p := newPerson(t)
	other := exitError{exitRefused, install.StrangerError{Owner: "git", User: "root", Path: "/srv/r.git"}}
	p.env.Args = []string{"doctor", "-C", "it's a repo"}
	err := p.env.asOwner(other)
	wantOutput(t, "error", err.Error(), "belongs to the user git",
		`next: sudo -u git countersign doctor -C 'it'\''s a repo'`)
	if exitCode(err) != exitRefused {
		t.Errorf("exit code %d", exitCode(err))
	}
	p.env.Args = []string{"hook", "pre-receive"}
	if err := p.env.asOwner(other); err != error(other) {
		t.Errorf("a hook says %v", err)
	}
}

// What lets pushes past the hook is found by doctor.
func TestAttackDoctorFindsABypass(t *testing.T) {
	s := newServer(t)
	if got := s.must("doctor"); got != "all is well\n" {
		t.Errorf("doctor: %s", got)
	}
	faults := func(want ...string) {
		t.Helper()
		code, out, errs := s.run("", "doctor")
		if code != exitRefused || out != "" {
			t.Errorf("exit code %d\n%s", code, out)
		}
		wantOutput(t, "doctor", errs, want...)
	}
	hook := filepath.Join(s.dir, repo, "hooks", "pre-receive")
	if err := os.Chmod(hook, 0o644); err != nil {
		t.Fatal(err)
	}
	s.write(repo+"/countersign/journal.jsonl", "{}\n")
	s.write(repo+"/countersign/policy.toml", "version = 1\naprovals = 2\n")
	s.tool("git", "-C", filepath.Join(s.dir, repo), "config", "core.hooksPath", "/dev/null")
	faults("hooks/pre-receive is not an executable file, and Git lets everything in", "core.hooksPath", "aprovals",
		"line 1: torn")
	if err := os.RemoveAll(filepath.Join(s.dir, repo, "countersign")); err != nil {
		t.Fatal(err)
	}
	faults("there is no countersign/policy.toml")
}
