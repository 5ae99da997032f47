package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// person is somebody at a terminal, in a folder of their own.
type person struct {
	*testing.T
	dir string
	env Env
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func newPerson(t *testing.T) *person {
	t.Helper()
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &person{T: t, dir: dir, env: Env{
		Getenv: func(name string) string {
			if name == "PATH" {
				return os.Getenv(name)
			}
			return ""
		},
		Now: func() time.Time { return noon }, Dir: dir, Executable: filepath.Join(dir, "countersign"),
	}}
}

// run runs a command and gives its exit code and what it writes.
func (p *person) run(stdin string, args ...string) (code int, stdout, stderr string) {
	return p.runContext(p.Context(), stdin, args...)
}

func (p *person) runContext(ctx context.Context, stdin string, args ...string) (code int, stdout, stderr string) {
	env := p.env
	var out, errs bytes.Buffer
	env.Args, env.Stdin, env.Stdout, env.Stderr = args, strings.NewReader(stdin), &out, &errs
	code = Run(ctx, env)
	return code, out.String(), errs.String()
}

// must runs a command that ends well and gives its output.
func (p *person) must(args ...string) string {
	p.Helper()
	code, out, errs := p.run("", args...)
	if code != 0 {
		p.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// tool runs another program.
func (p *person) tool(args ...string) string {
	p.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = p.env.Dir
	at := noon.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.org", "GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.org",
		"GIT_AUTHOR_DATE="+at, "GIT_COMMITTER_DATE="+at)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (p *person) write(name, text string) {
	p.Helper()
	name = filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		p.Fatal(err)
	}
}

func (p *person) read(name string) string {
	p.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

func wantOutput(t *testing.T, name, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s lacks %q:\n%s", name, w, got)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	p := newPerson(t)
	for _, c := range []struct{ args, want string }{
		{"", ""},
		{"hokk", `no such command: "hokk"; is it hook?`},
		{"--nope", "unknown flag: --nope"},
		{"hook", "which of its commands?"},
		{"hook post-checkout", `no such command: "post-checkout"`},
		{"hook pre-receive x", "countersign hook pre-receive --help"},
		{"hook update refs/heads/main", "accepts 3 arg(s), received 1"},
		{"install", "install --server FOLDER"},
		{"uninstall", "uninstall --server FOLDER"},
		{"install --server . --kind github", `no kind of server is called "github"`},
		{"log --since yesterday", `"yesterday" is no time`},
		{"version now", "countersign version --help"},
	} {
		code, _, errs := p.run("", strings.Fields(c.args)...)
		if code != exitUsage {
			t.Errorf("%q: exit code %d, want %d", c.args, code, exitUsage)
		}
		wantOutput(t, c.args, errs, c.want)
	}
}

func TestEveryHelpTextListsTheExitCodes(t *testing.T) {
	p := newPerson(t)
	each(rootCommand(p.env), func(cmd *cobra.Command) {
		args := strings.Fields(cmd.CommandPath())[1:]
		code, out, errs := p.run("", append(args, "--help")...)
		if code != 0 || errs != "" || !strings.HasSuffix(out, exitTable) {
			t.Errorf("%s --help: exit code %d, %s\n%s", cmd.CommandPath(), code, errs, out)
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: %q is no title", cmd.CommandPath(), cmd.Short)
		}
	})
}

// Each command is in a file that has its name.
func TestEveryCommandHasItsFile(t *testing.T) {
	p := newPerson(t)
	each(rootCommand(p.env), func(cmd *cobra.Command) {
		_, path, isSub := strings.Cut(cmd.CommandPath(), " ")
		if !isSub || cmd.Hidden {
			return
		}
		file := strings.NewReplacer(" ", "_", "-", "_").Replace(path) + ".go"
		if _, err := os.Stat(file); err != nil {
			t.Errorf("countersign %s: %v", path, err)
		}
	})
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitAccepted},
		{errors.New("unmarked"), exitUndecided},
		{exitError{exitRefused, nil}, exitRefused},
		{fmt.Errorf("wrapped: %w", usage("x")), exitUsage},
		{errors.Join(exitError{exitRefused, nil}, errors.New("and closing failed")), exitRefused},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

// A panic refuses, and shows the pusher nothing of the server.
func TestPanicIsUndecided(t *testing.T) {
	p := newPerson(t)
	p.env.Now = func() time.Time { panic("at /srv/secret\x1b[2J") }
	line := strings.Repeat("1", 40) + " " + strings.Repeat("2", 40) + " refs/heads/main\n"
	code, out, errs := p.run(line, "hook", "pre-receive")
	if code != exitUndecided || out != "" || errs != "countersign: refused: internal error; tell the operator of the server\n" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}

	// Who runs another command is told what they may report.
	env, shown := p.env, new(bytes.Buffer)
	env.Args, env.Stdout, env.Stderr = []string{"version"}, panics{}, shown
	if code := Run(t.Context(), env); code != exitUndecided || shown.String() != `countersign: internal error: boom\x1b[2J`+"\n" {
		t.Errorf("exit code %d\n%s", code, shown)
	}
}

type panics struct{}

func (panics) Write([]byte) (int, error) { panic("boom\x1b[2J") }

func TestErrorsAreShownHarmless(t *testing.T) {
	p := newPerson(t)
	_, _, errs := p.run("", "\x1b[2J")
	if strings.ContainsAny(errs, "\x1b") || !strings.Contains(errs, `\x1b`) {
		t.Errorf("shown: %q", errs)
	}
}

func TestVersion(t *testing.T) {
	p := newPerson(t)
	wantOutput(t, "version", p.must("version"), "countersign ", "\ngo1.")
	built := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := versionOf(built); got != "v1.2.3 abc123 with changes" {
		t.Errorf("version %q", got)
	}
	if got := versionOf(&debug.BuildInfo{}); got != "(devel)" {
		t.Errorf("version %q", got)
	}
}

func TestCompletion(t *testing.T) {
	p := newPerson(t)
	wantOutput(t, "completion", p.must("completion", "bash"), "countersign")
}

// TestCloneHasNoPolicy: who judges a clone isn't told only to install hooks there.
func TestCloneHasNoPolicy(t *testing.T) {
	s := newServer(t)
	s.tool("git", "clone", "-q", filepath.Join(s.dir, repo), filepath.Join(s.dir, "other"))
	code, _, errs := s.run("", "verify", "-C", "../other")
	if code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	wantOutput(t, "verify", errs, "no policy: ", "in a clone say --policy")
}
