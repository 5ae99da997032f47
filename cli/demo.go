package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign/history"
	"countersign/report"
)

func demoCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the gate at work on a throw-away repository",
		Long: `Makes a server repository in a temporary folder, with two maintainers and a newcomer whose keys are
made on the spot, and puts it behind the hook. The newcomer pushes something good, then what xz's
attacker pushed: an opaque test file and a build line. The push is refused, approved by a second
person, and accepted. Needs git (2.38 or newer) and ssh-keygen; asks nothing, uses no network, and
removes the folder at the end.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "countersign-demo-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			d := &demonstration{dir: dir, program: env.Executable, out: env.out}
			return d.play(cmd.Context())
		},
	}
}

// demonstration is a stage: a server, three people, and what each of them types.
type demonstration struct {
	dir     string
	program string
	out     *report.Printer
}

func (d *demonstration) play(ctx context.Context) error {
	for _, act := range []func(context.Context) error{d.setUp, d.good, d.refused, d.approved, d.record} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

var demoPeople = []string{"alice", "lasse", "jia"}

func (d *demonstration) setUp(ctx context.Context) error {
	d.say("A server repository, and three people with a key each. alice and lasse have maintained the",
		"project for years; jia was introduced by alice.")
	for _, who := range demoPeople {
		file := d.path(who + ".key")
		if err := d.quietly(ctx, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", file); err != nil {
			return fmt.Errorf("the demonstration needs ssh-keygen: %w", err)
		}
	}
	server := d.path("server.git")
	steps := [][]string{
		{"", "git", "init", "-q", "--bare", "--initial-branch=main", server},
		{"", "git", "clone", "-q", server, d.path("alice")},
	}
	if err := d.all(ctx, steps); err != nil {
		return err
	}
	if err := d.write("alice", "src/liblzma.c", "int main(void) { return 0; }\n"); err != nil {
		return err
	}
	steps = [][]string{
		{"alice", "git", "checkout", "-q", "-b", "main"},
		{"alice", "git", "add", "."},
		{"alice", "git", "commit", "-q", "-m", "Begin"},
		{"alice", "git", "push", "-q", "origin", "main"},
		{"", "git", "clone", "-q", server, d.path("lasse")},
		{"", "git", "clone", "-q", server, d.path("jia")},
	}
	if err := d.all(ctx, steps); err != nil {
		return err
	}
	if err := d.show(ctx, "", true, "countersign", "install", "--server", server); err != nil {
		return err
	}
	return d.keyring(filepath.Join(server, "countersign", "policy.toml"))
}

// keyring names the three people in the policy that install wrote.
func (d *demonstration) keyring(policy string) error {
	f, err := os.OpenFile(policy, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, who := range demoPeople {
		key, err := os.ReadFile(d.path(who + ".key.pub"))
		if err != nil {
			return errors.Join(err, f.Close())
		}
		introduced := "founder"
		if who == "jia" {
			introduced = "alice"
		}
		report.NewPrinter(f).Printf(`
[[principal]]
name = %s
role = "maintainer"
emails = [%s]
introduced-by = %s
keys = [{ ssh = %s }]
`, report.TOML(who), report.TOML(who+"@example.org"), report.TOML(introduced),
			report.TOML(strings.TrimSpace(string(key))))
	}
	return f.Close()
}

func (d *demonstration) good(ctx context.Context) error {
	d.say("jia pushes a signed change of the source. Nothing is asked of anybody.")
	if err := d.write("jia", "src/liblzma.c", "int main(void) { return 1; }\n"); err != nil {
		return err
	}
	if err := d.all(ctx, [][]string{{"jia", "git", "add", "."}}); err != nil {
		return err
	}
	if err := d.show(ctx, "jia", true, "git", "commit", "-q", "-m", "Return the right thing"); err != nil {
		return err
	}
	return d.show(ctx, "jia", true, "git", "push", "-q", "origin", "main")
}

func (d *demonstration) refused(ctx context.Context) error {
	d.say("Now what happened to xz: an opaque test file, and a build line that will unpack it.")
	if err := d.write("jia", "tests/files/good-large_compressed.lzma",
		"\x5d\x00\x00\x80\x00"+strings.Repeat("\x00\xff\x8e", 200)); err != nil {
		return err
	}
	if err := d.write("jia", "configure.ac",
		"AC_CONFIG_COMMANDS([build], [xz -dc tests/files/good-large_compressed.lzma | sh])\n"); err != nil {
		return err
	}
	if err := d.all(ctx, [][]string{{"jia", "git", "add", "."}}); err != nil {
		return err
	}
	if err := d.show(ctx, "jia", true, "git", "commit", "-q", "-m", "Tests: Add a few test files"); err != nil {
		return err
	}
	return d.show(ctx, "jia", false, "git", "push", "-q", "origin", "main")
}

func (d *demonstration) approved(ctx context.Context) error {
	d.say("The commit waits on a topic branch, which nobody guards. lasse reads it there, and this is the",
		"moment at which xz's users would have been saved. Here he lets it pass.")
	for _, step := range [][]string{
		{"jia", "git", "push", "-q", "origin", "main:refs/heads/for-review"},
		{"lasse", "git", "fetch", "-q", "origin", "for-review"},
		{"lasse", "countersign", "approve", "--yes", "--as", "lasse", "FETCH_HEAD"},
		{"lasse", "git", "push", "-q", "origin", "refs/approvals/*:refs/approvals/*"},
		{"jia", "git", "push", "-q", "origin", "main"},
	} {
		if err := d.show(ctx, step[0], true, step[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (d *demonstration) record(ctx context.Context) error {
	d.say("Every decision was written down.")
	return d.show(ctx, "", true, "countersign", "log", "--repository", d.path("server.git"))
}

func (d *demonstration) path(name string) string { return filepath.Join(d.dir, name) }

func (d *demonstration) write(who, name, text string) error {
	file := filepath.Join(d.path(who), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

func (d *demonstration) say(lines ...string) {
	d.out.Printf("\n")
	for _, line := range lines {
		d.out.Printf("# %s\n", line)
	}
}

func (d *demonstration) all(ctx context.Context, steps [][]string) error {
	for _, step := range steps {
		if err := d.quietly(ctx, step[0], step[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// quietly runs a command whose output nobody needs unless it fails.
func (d *demonstration) quietly(ctx context.Context, who string, args ...string) error {
	out, err := d.run(ctx, who, args...)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// show prints a command as it would be typed, runs it and prints what it says.
func (d *demonstration) show(ctx context.Context, who string, passes bool, args ...string) error {
	prompt := who
	if who == "" {
		prompt = "server"
	}
	d.out.Printf("%s$ %s\n", prompt, strings.ReplaceAll(quoted(args), d.dir+"/", ""))
	out, err := d.run(ctx, who, args...)
	for line := range strings.Lines(strings.ReplaceAll(string(out), d.dir+"/", "")) {
		d.out.Printf("    %s\n", strings.TrimRight(line, " \n"))
	}
	if (err == nil) != passes {
		return fmt.Errorf("%s: expected otherwise (%v)", strings.Join(args, " "), err)
	}
	return nil
}

func (d *demonstration) run(ctx context.Context, who string, args ...string) ([]byte, error) {
	if args[0] == "countersign" {
		args = append([]string{d.program}, args[1:]...)
	}
	dir := d.dir
	if who != "" {
		dir = d.path(who)
	}
	env := []string{
		"HOME=" + d.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_NAME=" + who, "GIT_AUTHOR_EMAIL=" + who + "@example.org",
		"GIT_COMMITTER_NAME=" + who, "GIT_COMMITTER_EMAIL=" + who + "@example.org",
		"GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_0=gpg.format", "GIT_CONFIG_VALUE_0=ssh",
		"GIT_CONFIG_KEY_1=user.signingKey", "GIT_CONFIG_VALUE_1=" + d.path(who+".key"),
		"GIT_CONFIG_KEY_2=commit.gpgSign", "GIT_CONFIG_VALUE_2=true",
	}
	var out bytes.Buffer
	err := history.Command{Dir: dir, Args: args, Env: env, Stdout: &out, Stderr: &out}.Run(ctx)
	return out.Bytes(), err
}

func quoted(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a; strings.ContainsAny(a, " *") {
			words[i] = "'" + a + "'"
		}
	}
	return strings.Join(words, " ")
}
