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
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/policy"

	"github.com/santhosh-tekuri/jsonschema/v6"
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
		"GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.org",
		"GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.org",
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
		{"install", "--server FOLDER, --all FOLDER"},
		{"uninstall", "or --local for the clone"},
		{"install --server . --kind github", "--kind github: want auto, none, gitolite, gitea, gitlab, http or ssh\n"},
		{
			"install --server . --introduction main@x",
			`--introduction main@x: commit = "main": want the full id of the commit`,
		},
		{"verify --policy abc@x", `--policy abc@x: commit = "abc": want the full id of the commit`},
		{"verify --format xml", "--format xml: want text, json, jsonl, markdown, sarif, junit, gitlab, github or html\n"},
		{"log review --format xml", "--format xml: want text, json or jsonl\n"},
		{"keyring graph --format xml", "--format xml: want text, json, jsonl or dot\n"},
		{"verify --format=", `--format "": want text, json, `},
		{"verify --format json --format json", "give one of them a file, as json=FILE\n"},
		{"verify --format json=a --format text=a", "--format json=a and --format text=a write the same file: name two\n"},
		{"verify --format json=", "--format json=: want a file, as json=FILE\n"},
		{"explain unsigned --reader libgit2", "--reader libgit2: want auto, git or go-git\n"},
		{"log --since yesterday", "--since yesterday: want a time as 2026-06-01 or 2026-06-01T12:00:00Z\n"},
		{"backtest --until 2026-06", "--until 2026-06: want a time as"},
		{"except HEAD --reason x --expires 2000h", "--expires 2000h: want a time as 24h, of up to"},
		{"approve HEAD --from abc", "--from abc: want a full id: "},
		{"approve HEAD --from " + zeros, "--from and --to want each other, and --ref"},
		{"approve HEAD --as Alice", "--as Alice: want " + policy.NameRule},
		{"keyring import x --role boss", "--role boss: want contributor, reviewer, maintainer or service\n"},
		{"install --server . --dry-run=perhaps", "--dry-run perhaps: want true or false\n"},
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
	if code != exitUndecided || out != "" ||
		errs != "countersign: refused: internal error; tell the operator of the server\n" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}

	// Who runs another command is told what they may report.
	env, shown := p.env, new(bytes.Buffer)
	env.Args, env.Stdout, env.Stderr = []string{"version"}, panics{}, shown
	if code := Run(t.Context(), env); code != exitUndecided ||
		shown.String() != `countersign: internal error: boom\x1b[2J`+"\n" {
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
	wantOutput(t, "version", p.must("version", "--format", "json"), `"modified": `)
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: vcs}, "v1.2.3, revision abc123 with changes"},
		{debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs[:1]}, "of no known version, revision abc123"},
		{debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3"}, // go install of a released version
		{
			debug.BuildInfo{Main: debug.Module{Version: "(devel)"}},
			"of no known version or revision: it was built without -buildvcs, or by go run",
		},
	} {
		if got := builtFrom(&c.info, true).String(); got != c.want {
			t.Errorf("version %q, want %q", got, c.want)
		}
	}
}

func TestCompletion(t *testing.T) {
	p := newPerson(t)
	wantOutput(t, "completion", p.must("completion", "bash"), "countersign")
	const kinds = "none\ngitolite\ngitea\ngitlab\nhttp\nssh\n:4\n"
	for args, want := range map[string]string{
		"verify --format ":                "text\njson\njsonl\nmarkdown\nsarif\njunit\ngitlab\ngithub\nhtml\n:4\n",
		"log show --format ":              "text\njson\njsonl\n:4\n",
		"verify --reader ":                "auto\ngit\ngo-git\n:4\n",
		"install --kind ":                 "auto\n" + kinds,
		"hook pre-receive --pusher-from ": kinds,
		"backtest --since ":               ":4\n",  // no files
		"verify --policy ":                ":16\n", // folders
	} {
		words := strings.Split("__complete "+args, " ")
		if got := p.must(words...); got != want {
			t.Errorf("%s: completed by %q, want %q", args, got, want)
		}
	}
}

// Every command that reads a repository has -C, but for those that name it otherwise or that Git starts in it. Every
// command that prints a listing has --format.
func TestFlagsAreEverywhere(t *testing.T) {
	p := newPerson(t)
	elsewhere := "install uninstall hook policy-diff keyring-import demo man version"
	silent := "approve except move accept-move hook keyring-import demo man"
	each(rootCommand(p.env), func(cmd *cobra.Command) {
		words := strings.Fields(cmd.CommandPath())
		if len(words) == 1 || cmd.HasSubCommands() && words[1] != "log" {
			return
		}
		// A hook is what Git starts.
		is := func(list string) bool {
			return slices.Contains(strings.Fields(list), strings.Join(words[1:], "-")) || words[1] == "hook"
		}
		if has := cmd.Flag("repository") != nil; has == is(elsewhere) {
			t.Errorf("%s: has -C: %v", cmd.CommandPath(), has)
		}
		if has := cmd.Flag("format") != nil; has == is(silent) {
			t.Errorf("%s: has --format: %v", cmd.CommandPath(), has)
		}
	})
}

// Help shows every command under a title.
func TestEveryCommandHasItsSection(t *testing.T) {
	p := newPerson(t)
	help := p.must("--help")
	for _, s := range sections(p.env) {
		wantOutput(t, "help", help, "\n"+s.title+"\n")
	}
	if strings.Contains(help, "Additional Commands") || strings.Contains(help, "audit") {
		t.Errorf("help has commands without a title, or former ones:\n%s", help)
	}
}

// TestCloneHasNoPolicy: who judges a clone isn't told only to install hooks there.
func TestCloneHasNoPolicy(t *testing.T) {
	s := newServer(t)
	s.tool("git", "clone", "-q", filepath.Join(s.dir, repo), filepath.Join(s.dir, "other"))
	code, _, errs := s.run("", "verify", "-C", "../other")
	if code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	wantOutput(t, "verify", errs, "no policy in ", "in a clone or in CI say --policy COMMIT@FINGERPRINT")
}

// Each listing is JSON with --format json, fits its schema, and has escapes for what a terminal would obey.
func TestListingsAsJSON(t *testing.T) {
	s, good, unsigned := newLog(t)
	folder := filepath.Join(s.dir, repo, "countersign")
	s.write("other/policy.toml", s.read(repo+"/countersign/policy.toml")+"\n[limits]\ncommits = 7\n")
	reference := strings.Fields(s.must("log", "--commit", good))[1]
	s.tool("git", "-C", filepath.Join(s.dir, repo), "archive", "--format=tar", "-o", "release.tar", "main")
	const drafted = "drafted"
	s.tool("git", "clone", "-q", filepath.Join(s.dir, clone), filepath.Join(s.dir, drafted))
	for key, value := range map[string]string{"user.name": "Alice", "user.email": "alice@example.org"} {
		s.tool("git", "-C", filepath.Join(s.dir, clone), "config", key, value)
	}
	s.must("log", "key", "--name", "example.org/x")
	s.must("log", "checkpoint")
	s.write("proof", s.must("log", "prove", reference))
	receiver := newCollector(t)
	listed := map[string]bool{"version": true}
	v := validators{t, make(map[string]*jsonschema.Schema)}
	for _, c := range []struct{ schema, args, want string }{
		{"log", "log", `"name":"mal\u001b[2Jlory"`},
		{"log", "log --refused", `"verdict":"refused"`},
		{"log", "log show " + reference, `"verdict": "accepted"`},
		{"log", "log review", ""},
		{"log-check", "log check", `"records": 4`},
		{"log-compare", "log compare", `"unknown": true`},
		{"log-stats", "log stats", `"unsigned": 1`},
		{"log-key", "log key --name example.org/y --key ../other.key", `"public": "example.org/y+`},
		{"log-prove", "log prove " + reference, `"number": 2`},
		{"log-check-proof", "log check-proof ../proof --key countersign/journal.jsonl.key.vkey", `"record": {`},
		{"log-checkpoint", "log checkpoint", `"records": 4`},
		{"log-export", "log export --otlp http://" + receiver.at + "/v1/logs", `"records": 4`},
		{"log-tiles", "log tiles ../served", `"files": 2`},
		{"log-consistency", "log consistency ../served/checkpoint", `"new": 4`},
		{"log-check", "log check --checkpoint ../served/checkpoint", `"checkpoints": [`},
		{"keyring-list", "keyring list", `"principal": "alice"`},
		{"keyring-check", "keyring check", `a second, kept elsewhere`},
		{"keyring-graph", "keyring graph", `"introduced_by": "founder"`},
		{"policy-check", "policy check", `"principals": 2`},
		{"policy-classes", "policy classes configure.ac README", `"name": "build-and-ci"`},
		{"policy-diff", "policy diff " + folder + " ../other", `"setting": "limits.commits"`},
		{"policy-diff", "policy diff " + folder + " " + folder, "[]"},
		{"doctor", "doctor", `"faults": [`},
		{"tenure", "tenure --at " + s.base, `"principal": "alice"`},
		{"revoked", "revoked", ""},
		{"tarball", "tarball release.tar main --unsigned", `"format": "tar"`},
		{"explain-code", "explain unsigned", `"code": "unsigned"`},
		{"explain", "explain " + good, `"steps": [`},
		{"explain", "explain " + unsigned, `"code": "unsigned"`},
		{"explain", "explain --claimed " + s.base, `"parents": []`},
		{"decision", "verify main", `"schema": "countersign-decision/1"`},
		{"decision", "verify topic --ref main", `"verdict": "refused"`},
		{"backtest", "backtest main", `"schema": "countersign-backtest/1"`},
		{"backtest-comparison", "backtest --compare main", `"profile": "calm"`},
		{"pending", "pending topic", "[]"},
		{"init", "init -C ../" + clone, `"principals": [`},
		{"init", "init --from-history -C ../" + drafted, `"signed": `},
		{"install", "install --server . --guard --dry-run", `"action": "write"`},
		{"install", "install --server .", `"changed": false`},
		{"install", "uninstall --server .", `"action": "delete"`},
		{"version", "version", `"go": `},
	} {
		args := strings.Fields(c.args)
		cmd, _, err := rootCommand(s.env).Find(args)
		if err != nil {
			t.Fatal(err)
		}
		listed[nameOf(cmd)] = true
		rows := filepath.Join(s.dir, "rows")
		code, out, errs := s.run("", append(args, "--format", "json", "--format", "jsonl="+rows)...)
		if n := v.fits(c.schema, c.args, out, false); n == 0 && c.want != "" {
			t.Errorf("%s: nothing was printed\n%s", c.args, errs)
		}
		if lines, err := os.ReadFile(rows); err == nil {
			if n := v.fits(c.schema, c.args, string(lines), true); n == 0 && c.want != "" && c.want != "[]" {
				t.Errorf("%s: no row", c.args)
			}
		} else if code < exitUsage {
			t.Errorf("%s: exit code %d, %v", c.args, code, err)
		}
		_ = os.Remove(rows) // it needn't be there
		wantOutput(t, c.args, out, c.want)
	}
	each(rootCommand(s.env), func(cmd *cobra.Command) {
		if cmd.Flag("format") != nil && !cmd.Hidden && !listed[nameOf(cmd)] {
			t.Errorf("%s has --format, and no listing of it is compared with a schema", cmd.CommandPath())
		}
	})
}

// Names that commands and flags had before do the same, and say on standard error where to go.
func TestFormerNames(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ former, now, note string }{
		{"log audit", "log compare", "countersign log audit is called compare now: countersign log compare"},
		{"audit", "revoked", "countersign audit is called revoked now: countersign revoked"},
		{"log --json", "log --format json", "--json is --format json now"},
		{"keyring graph --dot", "keyring graph --format dot", "--dot is --format dot now"},
	} {
		code, out, errs := s.run("", strings.Fields(c.former)...)
		wantCode, want, wantErrs := s.run("", strings.Fields(c.now)...)
		if code != wantCode || out != want || errs != "countersign: note: "+c.note+"\n"+wantErrs {
			t.Errorf("%s: exit code %d\n%s%s, want exit code %d\n%s%s", c.former, code, out, errs, wantCode, want, wantErrs)
		}
	}
}
