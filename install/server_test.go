package install

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These tests install into real repositories and push to them with real git.

// site is a repository on a server, a program that notes what it is given, and a clone.
type site struct {
	*testing.T
	dir, repo, clone, program string
}

func newSite(t *testing.T) *site {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	s := &site{
		T: t, dir: dir, repo: filepath.Join(dir, "it's a repo.git"), clone: filepath.Join(dir, "clone"),
		program: filepath.Join(dir, "a program"),
	}
	s.git(dir, "init", "-q", "--bare", "--initial-branch=main", s.repo)
	s.git(dir, "clone", "-q", s.repo, s.clone)
	s.git(s.clone, "checkout", "-q", "-b", "main")
	s.write(s.program, 0o755,
		"#!/bin/sh\necho \"$@\" >'"+dir+"'/$2.args\ncat >'"+dir+"'/$2.stdin\n[ ! -e '"+dir+"/refuse' ] && exit 41\nexit 1\n")
	return s
}

func (s *site) git(dir string, args ...string) string {
	s.Helper()
	out, err := s.try(dir, args...)
	if err != nil {
		s.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func (s *site) try(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *site) write(name string, mode fs.FileMode, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		s.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		s.Fatal(err)
	}
}

// read gives a file's text, "" if there is none.
func (s *site) read(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

func (s *site) look(kind string) Facts {
	s.Helper()
	f, err := Look(s.Context(), s.repo, kind)
	if err != nil {
		s.Fatal(err)
	}
	return f
}

func (s *site) install(kind string) {
	s.Helper()
	p, err := PlanServer(s.look(kind), Server{Program: s.program, Kind: kind, Policy: StarterPolicy(nil, nil)})
	if err != nil {
		s.Fatal(err)
	}
	if err := Apply(p); err != nil {
		s.Fatal(err)
	}
}

func (s *site) uninstall() {
	s.Helper()
	p, err := PlanRemoval(s.look(""), false)
	if err != nil {
		s.Fatal(err)
	}
	if err := Apply(p); err != nil {
		s.Fatal(err)
	}
}

// push pushes a new commit and gives what the pusher sees.
func (s *site) push(ref string) (string, error) {
	s.Helper()
	s.git(s.clone, "commit", "-q", "--allow-empty", "-m", "change")
	return s.try(s.clone, "push", "origin", "HEAD:"+ref)
}

func (s *site) hook(name string) string { return filepath.Join(s.repo, "hooks", name) }

func TestPushGoesThroughTheHook(t *testing.T) {
	s := newSite(t)
	s.install("ssh")
	if out, err := s.push("refs/heads/main"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff("hook pre-receive --answer --pusher-from=ssh\n", s.read(s.dir+"/pre-receive.args")); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	want := strings.Repeat("0", 40) + " " + s.git(s.clone, "rev-parse", "HEAD") + " refs/heads/main\n"
	if diff := cmp.Diff(want, s.read(s.dir+"/pre-receive.stdin")); diff != "" {
		t.Errorf("standard input (-want +got):\n%s", diff)
	}
	s.write(s.dir+"/refuse", 0o644, "")
	if out, err := s.push("refs/heads/main"); err == nil || !strings.Contains(out, "pre-receive hook declined") {
		t.Errorf("the program refuses, git says %v\n%s", err, out)
	}
	if err := os.Remove(s.dir + "/refuse"); err != nil {
		t.Fatal(err)
	}
	if got := Check(s.look("")); got != nil {
		t.Errorf("all is well, yet: %q", got)
	}
}

// A program that is gone, or can't be run, refuses every push; the message names no path.
func TestAttackProgramIsGone(t *testing.T) {
	s := newSite(t)
	s.install("none")
	s.write(s.hook("pre-receive.before-countersign"), 0o755, "#!/bin/sh\nexit 0\n")
	for _, chained := range []bool{false, true} {
		if chained {
			s.install("none")
		}
		for name, breakIt := range map[string]func() error{
			"gone":           func() error { return os.Remove(s.program) },
			"not executable": func() error { return os.Chmod(s.program, 0o644) },
			"a folder":       func() error { return os.Mkdir(s.program, 0o755) },
			"no program":     func() error { return os.WriteFile(s.program, []byte("\x7fELF nonsense"), 0o755) },
		} {
			if err := os.RemoveAll(s.program); err != nil {
				t.Fatal(err)
			}
			if name == "not executable" {
				s.write(s.program, 0o755, "#!/bin/sh\nexit 0\n")
			}
			if err := breakIt(); err != nil && name != "gone" {
				t.Fatal(err)
			}
			out, err := s.push("refs/heads/main")
			if err == nil || !strings.Contains(out, "pre-receive hook declined") {
				t.Errorf("chained %v, %s: pushed, %v\n%s", chained, name, err, out)
			}
			const want = "remote: countersign: refused: the program that judges pushes is gone"
			if name != "no program" && (!strings.Contains(out, want) || strings.Contains(out, s.program)) {
				t.Errorf("chained %v, %s: the pusher is told\n%s", chained, name, out)
			}
		}
	}
}

func TestFormerHookRunsFirstWithTheSameInput(t *testing.T) {
	s := newSite(t)
	former := "#!/bin/sh\ncat >'" + s.dir + "/former'\n[ ! -e '" + s.dir + "/former-refuses' ]\n"
	s.write(s.hook("pre-receive"), 0o755, former)
	s.install("none")
	s.install("none")
	if out, err := s.push("refs/heads/main"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := strings.Repeat("0", 40) + " " + s.git(s.clone, "rev-parse", "HEAD") + " refs/heads/main\n"
	for _, name := range []string{"/former", "/pre-receive.stdin"} {
		if diff := cmp.Diff(want, s.read(s.dir+name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	// It refuses: the push is refused, and nobody is asked further.
	s.write(s.dir+"/former-refuses", 0o644, "")
	s.write(s.dir+"/pre-receive.stdin", 0o644, "not run")
	if out, err := s.push("refs/heads/main"); err == nil {
		t.Errorf("the former hook refuses, yet pushed:\n%s", out)
	}
	if got := s.read(s.dir + "/pre-receive.stdin"); got != "not run" {
		t.Errorf("the former hook refuses, yet the program got %q", got)
	}

	// It passes and reads nothing: the program's refusal counts.
	s.write(s.hook("pre-receive.before-countersign"), 0o755, "#!/bin/sh\nexit 0\n")
	s.write(s.dir+"/refuse", 0o644, "")
	if out, err := s.push("refs/heads/main"); err == nil || strings.Contains(out, "roken pipe") {
		t.Errorf("the program refuses, git says %v\n%s", err, out)
	}

	// It is gone: nothing is let in.
	if err := os.Remove(s.hook("pre-receive.before-countersign")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.dir + "/refuse"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.push("refs/heads/main"); err == nil {
		t.Errorf("the former hook is gone, yet pushed:\n%s", out)
	}
}

// broken are programs that the shell runs, though nothing is in them that could judge: a disk was full, or a copy
// is not finished.
var broken = map[string]string{
	"empty": "", "newline": "\n", "zeros": strings.Repeat("\x00", 4096), "comment": "# x\n",
	"cut short": "#!/bin/sh\ncat >/dev/null\n",
	"succeeds":  "#!/bin/sh\nexit 0\n", "half a program": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 3000),
}

// What doesn't answer refuses every push, whatever it ends with; and doctor runs the very program.
func TestAttackProgramThatDoesNotAnswer(t *testing.T) {
	s := newSite(t)
	s.install("none")
	if out, err := s.push("refs/heads/main"); err != nil {
		t.Fatalf("control: %v\n%s", err, out)
	}
	s.write(s.hook("pre-receive.before-countersign"), 0o755, "#!/bin/sh\nexit 0\n")
	whole := s.read(s.program)
	for _, chained := range []bool{false, true} {
		if s.write(s.program, 0o755, whole); chained {
			s.install("none")
		}
		for name, text := range broken {
			s.write(s.program, 0o755, text)
			out, err := s.push("refs/heads/main")
			const want = "remote: countersign: refused: the program that judges pushes gave no answer"
			if err == nil || !strings.Contains(out, want) {
				t.Errorf("chained %v, %s: %v\n%s", chained, name, err, out)
			}
			if got := Check(s.look("")); len(got) != 2 ||
				!strings.Contains(got[0], "doesn't answer, and every push is refused") {
				t.Errorf("chained %v, %s: doctor says %q", chained, name, got)
			}
		}
	}
}

// The same under any shell that /bin/sh may be, and for the hook that refuses nothing.
func TestAttackNoAnswerUnderAnyShell(t *testing.T) {
	t.Parallel()
	for _, shell := range shells() {
		for _, event := range []string{preReceive.name, postReceive.name} {
			for _, kept := range []string{"", event + ".before-countersign"} {
				dir := t.TempDir()
				for name, text := range map[string]string{
					event:                         script{event: event, program: dir + "/program", kind: "none", kept: kept}.String(),
					event + ".before-countersign": "#!/bin/sh\nexit 0\n",
				} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				try := func(program string) (string, error) {
					if err := os.WriteFile(dir+"/program", []byte(program), 0o755); err != nil {
						t.Fatal(err)
					}
					cmd := exec.Command(shell[0], append(shell[1:], "./"+event)...)
					cmd.Dir, cmd.Stdin = dir, strings.NewReader("a line\n")
					out, err := cmd.CombinedOutput()
					return string(out), err
				}
				if out, err := try("#!/bin/sh\ncat >/dev/null\nexit 41\n"); err != nil || out != "" {
					t.Errorf("%v, %s%s: it answers, yet %v: %s", shell, event, kept, err, out)
				}
				for name, text := range broken {
					out, err := try(text)
					if !strings.Contains(out, "countersign: ") || (err == nil) != (event == postReceive.name) {
						t.Errorf("%v, %s%s, %s: %v: %s", shell, event, kept, name, err, out)
					}
				}
			}
		}
	}
}

// shells are those of the shells that /bin/sh may be that are here.
func shells() [][]string {
	found := [][]string{{"sh"}}
	for _, shell := range [][]string{
		{"dash"}, {"bash", "--posix"}, {"bash"}, {"busybox", "sh"}, {"mksh"}, {"yash"}, {"ksh"}, {"zsh"},
	} {
		if _, err := exec.LookPath(shell[0]); err == nil {
			found = append(found, shell)
		}
	}
	return found
}

// The guard's script hands over every byte, and starts the program only for what may be protected, at "prepared".
func TestGuardScriptUnderAnyShell(t *testing.T) {
	t.Parallel()
	zero, one := strings.Repeat("0", 40)+" ", strings.Repeat("1", 40)+" "
	heads, other := zero+one+"refs/heads/$(id)`'\xff\n", zero+one+"refs/notes/x\n"
	for _, shell := range shells() {
		for _, kept := range []string{"", Guard + ".before-countersign"} {
			for in, asked := range map[string]bool{
				"": false, other: false, other + other: false, heads: true,
				other + heads: true, other + other + other + heads: true, heads + other + other: true,
				strings.TrimSuffix(heads, "\n"): true, other + strings.TrimSuffix(heads, "\n"): true,
			} {
				for _, state := range []string{"prepared", "committed"} {
					dir := t.TempDir()
					for name, text := range map[string]string{
						Guard: script{
							event: Guard, program: dir + "/program",
							refs: patterns([]string{"refs/heads/"}), kept: kept,
						}.String(),
						Guard + ".before-countersign": "#!/bin/sh\ncat >'" + dir + "/former'\n",
						"program":                     "#!/bin/sh\ncat >'" + dir + "/stdin'\nexit 41\n",
					} {
						if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
							t.Fatal(err)
						}
					}
					cmd := exec.Command(shell[0], append(shell[1:], "./"+Guard, state)...)
					cmd.Dir, cmd.Stdin = dir, strings.NewReader(in)
					if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
						t.Errorf("%v, %q: %v\n%s", shell, in, err, out)
					}
					want := ""
					if asked && state == "prepared" {
						want = in
					}
					got, _ := os.ReadFile(filepath.Join(dir, "stdin"))
					former, _ := os.ReadFile(filepath.Join(dir, "former"))
					if string(got) != want || kept != "" && string(former) != in {
						t.Errorf("%v, kept %q, %s, %q: the program got %q, the former hook %q", shell, kept, state, in, got, former)
					}
				}
			}
		}
	}
}

// What the patterns of the guard's script let through without the program, and what they cover.
func TestGuardPatterns(t *testing.T) {
	t.Parallel()
	zero, one := strings.Repeat("0", 40), strings.Repeat("1", 40)
	line := func(from, to, ref string) string { return from + " " + to + " " + ref + "\n" }
	beside := []string{"refs/heads/main", "refs/heads/release/"}
	for _, c := range []struct {
		prefixes []string
		in       string
		asked    bool
	}{
		{beside, line(zero, one, "refs/heads/main"), true},
		{beside, line(zero, one, "refs/heads/release/1"), true},
		{beside, line(zero, one, "refs/heads/topic"), false},
		{beside, line(zero, one, "refs/tags/v1"), false},
		{beside, line(one, zero, "refs/tags/v1"), false},
		{beside, line(one, zero, "refs/heads/topic"), true}, // it may be renamed, the test's own command tells not
		{beside, line(one, zero+strings.Repeat("0", 24), "refs/heads/topic"), true},
		{beside, line(zero, one, "refs/heads/topic") + line(zero, one, "refs/heads/main"), true},
		{nil, line(zero, one, "refs/notes/x"), true},
		{nil, line(zero, one, "refs/approvals/x/y"), false},
		{nil, line(zero, one, "refs/approvals/x/y") + line(zero, one, "refs/meta/x"), true},
		{nil, line(zero, one, "HEAD"), false},
		{[]string{""}, line(zero, one, "refs/approvals/x/y"), true},
		{[]string{"HEAD"}, line(zero, one, "refs/notes/x"), true}, // no ref: as if nothing were known
	} {
		for _, shell := range shells() {
			dir := t.TempDir()
			for name, text := range map[string]string{
				Guard:     script{event: Guard, program: dir + "/program", refs: patterns(c.prefixes)}.String(),
				"program": "#!/bin/sh\ncat >'" + dir + "/stdin'\nexit 41\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(shell[0], append(shell[1:], "./"+Guard, "prepared")...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(c.in)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v, %q: %v\n%s", shell, c.in, err, out)
			}
			if got, _ := os.ReadFile(filepath.Join(dir, "stdin")); (string(got) == c.in) != c.asked {
				t.Errorf("%v, %q, %q: the program got %q", shell, c.prefixes, c.in, got)
			}
		}
	}
	for _, c := range []struct {
		have, want []string
		covered    bool
	}{
		{nil, nil, true},
		{nil, beside, true},
		{beside, nil, false},
		{beside, beside, true},
		{[]string{"refs/heads/"}, beside, true},
		{beside, []string{"refs/heads/"}, false},
		{beside, []string{"refs/heads/main", "refs/meta/config"}, false},
		{[]string{"refs/heads/it's"}, []string{"refs/heads/it's"}, true},
	} {
		text := script{event: Guard, program: "/p", refs: patterns(c.have)}.String()
		f := Facts{guarded: true, guard: slot{text: text}}
		if Covers(f, c.want) != c.covered {
			t.Errorf("%q covers %q: want %v", c.have, c.want, c.covered)
		}
		if read, who := readScript(text); who != ours || read.String() != text {
			t.Errorf("%q: not what was written:\n%s", c.have, text)
		}
	}
}

// Ref names hold any byte above 0x7f and much that means something to a shell; both hooks get the
// bytes, under any shell that /bin/sh may be.
func TestAttackRefNameForTheChainingShell(t *testing.T) {
	t.Parallel()
	in := strings.Repeat("1", 40) + " " + strings.Repeat("2", 40) +
		" refs/heads/$(touch${IFS}owned)`id`;'\"%s%n\xff\xc3\xe2\x80x\n" +
		strings.Repeat("1", 40) + " " + strings.Repeat("2", 40) + " refs/heads/-n\n\n\n"
	for _, shell := range shells() {
		for _, locale := range []string{"C", "C.UTF-8"} {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"pre-receive": script{
					event: "pre-receive", program: dir + "/program", kind: "none",
					kept: "pre-receive.before-countersign",
				}.String(),
				"pre-receive.before-countersign": "#!/bin/sh\ncat >'" + dir + "/former'\n",
				"program":                        "#!/bin/sh\ncat >'" + dir + "/stdin'\nexit 41\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(shell[0], append(shell[1:], "./pre-receive")...)
			cmd.Dir, cmd.Stdin, cmd.Env = dir, strings.NewReader(in), append(os.Environ(), "LC_ALL="+locale)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v, %s: %v\n%s", shell, locale, err, out)
			}
			for _, name := range []string{"former", "stdin"} {
				got, err := os.ReadFile(filepath.Join(dir, name))
				if diff := cmp.Diff(in, string(got)); err != nil || diff != "" {
					t.Errorf("%v, %s: %s (-want +got), %v:\n%s", shell, locale, name, err, diff)
				}
			}
			if _, err := os.Stat(dir + "/owned"); err == nil {
				t.Errorf("%v: a ref name was run", shell)
			}
		}
	}
}

func TestUninstallPutsTheFormerHookBack(t *testing.T) {
	s := newSite(t)
	s.write(s.hook("pre-receive"), 0o711, "#!/bin/sh\n# mine\n")
	before, err := os.Stat(s.hook("pre-receive"))
	if err != nil {
		t.Fatal(err)
	}
	s.install("none")
	s.write(filepath.Join(s.repo, policyFile), 0o640, "# edited\n")
	s.write(filepath.Join(s.repo, "countersign/journal.jsonl"), 0o640, "records\n")
	s.install("none")
	s.uninstall()
	s.uninstall()
	after, err := os.Stat(s.hook("pre-receive"))
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || after.Mode() != before.Mode() ||
		s.read(s.hook("pre-receive")) != "#!/bin/sh\n# mine\n" {
		t.Errorf("another hook is back: %v %q", after.Mode(), s.read(s.hook("pre-receive")))
	}
	if got := s.read(filepath.Join(s.repo, policyFile)); got != "# edited\n" {
		t.Errorf("the policy is %q now", got)
	}
	if got := s.read(filepath.Join(s.repo, "countersign/journal.jsonl")); got != "records\n" {
		t.Errorf("the journal is %q now", got)
	}
	left, err := filepath.Glob(s.hook("*countersign*"))
	if err != nil || left != nil {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestFormerHookThatIsALink(t *testing.T) {
	s := newSite(t)
	s.write(filepath.Join(s.dir, "former-hook"), 0o755, "#!/bin/sh\ncat >'"+s.dir+"/former'\n")
	if err := os.Symlink("../../former-hook", s.hook("pre-receive")); err != nil {
		t.Fatal(err)
	}
	s.install("none")
	if at, err := os.Lstat(s.hook("pre-receive")); err != nil || !at.Mode().IsRegular() {
		t.Errorf("the hook is no regular file: %v, %v", at, err)
	}
	if out, err := s.push("refs/heads/main"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := s.read(s.dir + "/former"); !strings.HasSuffix(got, " refs/heads/main\n") {
		t.Errorf("the former hook got %q", got)
	}
	s.uninstall()
	if target, err := os.Readlink(s.hook("pre-receive")); target != "../../former-hook" {
		t.Errorf("the link leads to %q now, %v", target, err)
	}
}

// At every point where an installation may stop, the former hook or ours is at work.
func TestInterruptedInstallLeavesAHookAtWork(t *testing.T) {
	s := newSite(t)
	s.write(s.hook("pre-receive"), 0o755, "#!/bin/sh\ntouch '"+s.dir+"/former'\nexit 1\n")
	p, err := PlanServer(s.look("none"), Server{Program: s.program, Kind: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 6 {
		t.Fatalf("steps:\n%s", p)
	}
	for n := range p.Steps {
		if err := Apply(Plan{Folder: p.Folder, Steps: p.Steps[n : n+1]}); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(s.dir + "/former"); err != nil && n > 0 {
			t.Fatal(err)
		}
		if out, err := s.push("refs/heads/main"); err == nil {
			t.Errorf("stopped after %d steps: pushed\n%s", n+1, out)
		}
		if _, err := os.Stat(s.dir + "/former"); err != nil {
			t.Errorf("stopped after %d steps: the former hook didn't run", n+1)
		}
		rest, err := PlanServer(s.look("none"), Server{Program: s.program, Kind: "none"})
		if err != nil {
			t.Fatal(err)
		}
		none := cmp.Transformer("none", func(s []Step) []Step { return append([]Step{}, s...) })
		if diff := cmp.Diff(p.Steps[n+1:], rest.Steps, none); diff != "" {
			t.Errorf("stopped after %d steps: the rest (-want +got):\n%s", n+1, diff)
		}
	}
	// A half-written file of a process that died is no obstacle.
	s.write(s.hook(".countersign.new"), 0o600, "#!/bi")
	s.uninstall()
	s.install("none")
}

func TestPolicyIsNeverOverwritten(t *testing.T) {
	s := newSite(t)
	p, err := PlanServer(s.look("none"), Server{Program: s.program, Kind: "none", Policy: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	s.write(filepath.Join(s.repo, policyFile), 0o640, "mine") // between planning and applying
	if err := Apply(p); err == nil || !strings.Contains(err.Error(), "create countersign/policy.toml") {
		t.Errorf("a policy appeared meanwhile: got error %v", err)
	}
	if got := s.read(filepath.Join(s.repo, policyFile)); got != "mine" {
		t.Errorf("the policy is %q now", got)
	}
	if left, _ := filepath.Glob(filepath.Join(s.repo, policyFolder, ".*")); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

func TestModes(t *testing.T) {
	s := newSite(t)
	s.install("none")
	for name, want := range map[string]fs.FileMode{
		"hooks/pre-receive": 0o755, policyFile: 0o640, policyFolder: fs.ModeDir | 0o750, keysFolder: fs.ModeDir | 0o750,
	} {
		at, err := os.Lstat(filepath.Join(s.repo, name))
		if err != nil {
			t.Fatal(err)
		}
		if at.Mode() != want {
			t.Errorf("%s: mode %v, want %v", name, at.Mode(), want)
		}
	}
}

// A setting of the repository, or a link, that keeps Git from running the hook is found on the disk.
func TestAttackHooksLedElsewhere(t *testing.T) {
	s := newSite(t)
	s.install("none")
	check := func(want ...string) {
		t.Helper()
		got := Check(s.look(""))
		ok := len(got) == len(want)
		for i := range want {
			ok = ok && strings.Contains(got[i], want[i])
		}
		if !ok {
			t.Errorf("got %q, want %q in them", got, want)
		}
	}
	s.git(s.repo, "config", "core.hooksPath", "hooks")
	if got := Check(s.look("")); got != nil {
		t.Errorf("core.hooksPath leads to the same folder, yet: %q", got)
	}
	s.git(s.repo, "config", "core.hooksPath", "/dev/null")
	check("looks for hooks in /dev/null")
	if _, err := PlanServer(s.look("none"), Server{Program: s.program}); err == nil ||
		!strings.Contains(err.Error(), "core.hooksPath in file:") {
		t.Errorf("planned in spite of core.hooksPath: %v", err)
	}
	s.git(s.repo, "config", "--unset", "core.hooksPath")
	s.git(s.repo, "config", "hook.lint.event", "pre-receive")
	check("hook.lint.event")
	s.git(s.repo, "config", "--unset", "hook.lint.event")

	if err := os.Chmod(s.hook("pre-receive"), 0o644); err != nil {
		t.Fatal(err)
	}
	check("not an executable file")
	if err := os.Chmod(s.hook("pre-receive"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.program); err != nil {
		t.Fatal(err)
	}
	check("is gone or can't be run: every push is refused",
		"is gone or can't be run: what Git makes of a push isn't recorded")
	s.write(s.program, 0o755, "#!/bin/sh\nexit 41\n")

	if err := os.Rename(filepath.Join(s.repo, "hooks"), filepath.Join(s.dir, "all-hooks")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../all-hooks", filepath.Join(s.repo, "hooks")); err != nil {
		t.Fatal(err)
	}
	check("link out of the repository")
	steps := []Step{{Action: Write, Path: "hooks/pre-receive", Mode: 0o755}}
	if err := Apply(Plan{Folder: s.repo, Steps: steps}); err == nil {
		t.Error("a step was applied through a link out of the repository")
	}
	if err := os.Remove(filepath.Join(s.repo, "hooks")); err != nil {
		t.Fatal(err)
	}
	check("there is no hooks/pre-receive", "there is no hooks/post-receive")
	s.write(s.hook("x"), 0o644, "")
	if err := os.Symlink("nowhere", s.hook("pre-receive")); err != nil {
		t.Fatal(err)
	}
	check("hooks/pre-receive is a link that leads nowhere", "there is no hooks/post-receive")
}

func TestGiteaFolder(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"pre-receive", "post-receive"} {
		s.write(s.hook(name), 0o755,
			"#!/bin/sh\ndata=$(cat)\nfor h in hooks/$(basename \"$0\").d/*; do echo \"$data\" | \"$h\" || exit 1; done\n")
	}
	s.write(s.hook("pre-receive.d/gitea"), 0o755, "#!/bin/sh\ncat >'"+s.dir+"/former'\n")
	if _, err := PlanServer(s.look("none"), Server{Program: s.program, Kind: "none"}); err == nil ||
		!strings.Contains(err.Error(), "--kind gitea") {
		t.Errorf("a hook that goes by its own name would be renamed: %v", err)
	}
	s.install("gitea")
	if out, err := s.push("refs/heads/main"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"/former", "/pre-receive.stdin"} {
		if got := s.read(s.dir + name); !strings.HasSuffix(got, " refs/heads/main\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := s.read(s.dir + "/pre-receive.args"); got != "hook pre-receive --answer --pusher-from=gitea\n" {
		t.Errorf("arguments %q", got)
	}
	if got := s.read(s.dir + "/post-receive.args"); got != "hook post-receive --answer --pusher-from=gitea\n" {
		t.Errorf("arguments after the push %q", got)
	}
	s.uninstall()
	if _, err := os.Stat(s.hook("pre-receive.d/gitea")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"pre-receive.d/countersign", "post-receive.d/countersign"} {
		if _, err := os.Stat(s.hook(name)); err == nil {
			t.Errorf("uninstalled, and %s is still there", name)
		}
	}
}
