package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPolicyCheck(t *testing.T) {
	s := newServer(t)
	file := repo + "/countersign/policy.toml"
	wantOutput(t, "policy check", s.must("policy", "check"),
		file+" is valid\n", "protected: refs/heads/main, refs/heads/master, refs/heads/release/**, refs/tags/v*\n",
		"principals: 2, keys: 2\n")
	s.must("policy", "check", "--prepare")

	good := s.read(file)
	for name, c := range map[string]struct{ text, want string }{
		"typo":         {good + "\n[[rule]]\nname = \"x\"\nclasses = [\"build\"]\naprovals = 1\n", "aprovals"},
		"no principal": {"version = 1\n", "principal"},
		"unreadable":   {strings.Replace(good, "AAAAC3", "BBBBC3", 1), "policy.toml:"},
	} {
		s.write(file, c.text)
		code, out, errs := s.run("", "policy", "check")
		if code != exitUsage || out != "" {
			t.Errorf("%s: exit code %d\n%s", name, code, out)
		}
		wantOutput(t, name, errs, c.want)
	}

	// A policy elsewhere, before it is put in place.
	s.write("draft/policy.toml", good)
	if code, _, errs := s.run("", "policy", "check", "--policy", filepath.Join(s.dir, "draft")); code != 0 {
		t.Errorf("draft: exit code %d\n%s", code, errs)
	}
	if code, _, _ := s.run("", "policy", "check", "-C", s.dir); code != exitUsage {
		t.Errorf("no repository: exit code %d", code)
	}
}

func TestPolicyClasses(t *testing.T) {
	s := newServer(t)
	s.write("elf", "\x7fELF\x02\x01\x01\x00\x00\x00")
	if err := os.Symlink("/etc/passwd", filepath.Join(s.dir, "leads-away")); err != nil {
		t.Fatal(err)
	}
	s.env.Dir = s.dir
	out := s.must("policy", "classes", "-C", repo, "configure.ac", "src/plain.c", "elf", "leads-away")
	var classes []string
	rules := make(map[string]string)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "  ") {
			classes = append(classes, line)
			continue
		}
		path, _, _ := strings.Cut(classes[len(classes)-1], ":")
		rules[path] += strings.TrimSpace(line) + "\n"
	}
	want := []string{"configure.ac: build", "src/plain.c: no class", "elf: binary, executable", "leads-away: symlink"}
	if diff := cmp.Diff(want, classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	wantOutput(t, "rules for configure.ac", rules["configure.ac"],
		"rule build-and-ci: 1 approval of what is risky or new; none of a signer with 730 days, 20 commits, 6 months "+
			"in the rule's classes together\n")
	wantOutput(t, "rules for elf", rules["elf"],
		"rule opaque-files: 1 approval; none of a signer with 365 days, 10 commits, 6 months "+
			"in the rule's classes together\n")
	if rules["src/plain.c"] != "" {
		t.Errorf("rules for src/plain.c: %s", rules["src/plain.c"])
	}
}

func TestKeyringList(t *testing.T) {
	s := newServer(t)
	file := repo + "/countersign/policy.toml"
	s.write(file, strings.Replace(s.read(file), `alice" }]`,
		`alice", from = 2024-01-01, until = 2027-01-01, revoked = "retired" }]`, 1))
	got := s.must("keyring", "list")
	for _, who := range []string{"alice", "bob"} {
		fingerprint := strings.Fields(s.tool("ssh-keygen", "-l", "-f", filepath.Join(s.dir, who+".pub")))[1]
		wantOutput(t, "keyring list", got, who+"@example.org", fingerprint)
	}
	wantOutput(t, "keyring list", got, "maintainer", "introduced by founder", "from 2024-01-01, until 2027-01-01, retired")
}
