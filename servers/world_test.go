//go:build servers

// Package servers plays pushes against real servers on this machine: bare repositories over file, ssh and smart HTTP,
// gitolite, and, with the tag gitea, Gitea. Each test starts its own servers on loopback, with keys, accounts and
// folders of its own, and takes everything away again. What needs root is said to be not run where this isn't root.
package servers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is the program under test, built as it ships.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "countersign")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "countersign")
		build := exec.Command("go", "build", "-o", program, "countersign")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v\n%s", err, out))
		}
		if err := os.Chmod(dir, 0o755); err != nil { // other users run it
			panic(err)
		}
		return m.Run()
	}())
}

// maintainers are who decides. jia was brought in by alice. mallory may push and is in nobody's keyring.
var maintainers = []string{"alice", "lasse", "jia"}

const (
	stranger = "mallory"
	crowd    = 50 // contributors who push at once
)

func member(n int) string { return fmt.Sprintf("c%02d", n) }

// everybody lists who may push to a server.
func everybody() []string {
	names := append([]string{stranger}, maintainers...)
	for n := range crowd {
		names = append(names, member(n))
	}
	return names
}

// world is a folder with everybody's keys and clones, and a server. Of each it has one.
type world struct {
	*testing.T
	dir    string
	server *server
}

// server is where pushes go.
type server struct {
	gitDir string
	owner  *account                  // who owns the repository; nil is who runs the test
	url    func(who string) string   // where somebody pushes to
	env    func(who string) []string // what somebody's git needs to know
	user   func(who string) *account // whose processes somebody's are; nil is who runs the test
	pusher func(who string) string   // whom the journal names for somebody's pushes; nil for nobody
	gone   func(*world)              // what an operator does when a pusher has gone amid a push; nil for nothing
}

// newWorld makes the folder and the keys.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "servers")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, dir: dir}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	w.check(os.Chmod(dir, 0o755)) // as other users it is looked into
	w.check(os.Mkdir(w.path("keys"), 0o755))
	for _, who := range everybody() {
		w.sh(nil, `ssh-keygen -q -t ed25519 -N '' -C "$1" -f "keys/$1"`, who)
		w.write("home/"+who+"/.gitconfig", fmt.Sprintf("[user]\n\tname = %[1]s\n\temail = %[1]s@example.org\n"+
			"\tsigningKey = %[2]s\n[init]\n\tdefaultBranch = main\n[gpg]\n\tformat = ssh\n[commit]\n\tgpgSign = true\n"+
			"[tag]\n\tgpgSign = true\n[countersign]\n\tprincipal = %[1]s\n[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n"+
			"[advice]\n\tpushUpdateRejected = false\n", who, w.path("keys/"+who)))
	}
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) write(name, text string) {
	w.Helper()
	w.check(os.MkdirAll(filepath.Dir(w.path(name)), 0o755))
	w.check(os.WriteFile(w.path(name), []byte(text), 0o644))
}

func (w *world) read(name string) string {
	w.Helper()
	text, err := os.ReadFile(w.path(name))
	w.check(err)
	return string(text)
}

// result is how a command ended.
type result struct {
	code int
	text string // what it printed, and what it said
}

// command prepares a command in the world's folder, of somebody's or, for "", of the server's owner.
func (w *world) command(who string, args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = w.dir
	user := w.server.owner
	home := w.homeOf(user)
	var more []string
	if who != "" {
		user = nil
		if w.server.user != nil {
			user = w.server.user(who)
		}
		home = w.path("home/" + who)
		if w.server.env != nil {
			more = w.server.env(who)
		}
	}
	cmd.Env = append(environment(home), more...)
	user.become(cmd)
	return cmd
}

// homeOf gives the home of a user of the system.
func (w *world) homeOf(user *account) string {
	if user == nil {
		return w.dir
	}
	return user.home
}

func environment(home string) []string {
	return []string{
		"PATH=" + filepath.Dir(program) + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
		"HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
	}
}

// finish runs a command to its end.
func (w *world) finish(cmd *exec.Cmd) result {
	w.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatalf("%v: %v", cmd.Args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String()}
}

// sh runs a script by the shell in the world's folder, as a user of the system, and gives what it printed.
func (w *world) sh(user *account, script string, args ...string) string {
	w.Helper()
	cmd := exec.Command("sh", append([]string{"-ec", script, "sh"}, args...)...)
	cmd.Dir, cmd.Env = w.dir, environment(w.homeOf(user))
	user.become(cmd)
	r := w.finish(cmd)
	if r.code != 0 {
		w.Fatalf("%s %v: exit code %d\n%s", script, args, r.code, r.text)
	}
	return strings.TrimSuffix(r.text, "\n")
}

// do runs a script by the shell as somebody, in their clone, and wants it to succeed.
func (w *world) do(who, script string, args ...string) string {
	w.Helper()
	r := w.try(who, script, args...)
	if r.code != 0 {
		w.Fatalf("%s: %s %v: exit code %d\n%s", who, script, args, r.code, r.text)
	}
	return strings.TrimSuffix(r.text, "\n")
}

// try is do without a wish. Somebody "" is the server's owner, in the repository.
func (w *world) try(who, script string, args ...string) result {
	w.Helper()
	cmd := w.command(who, append([]string{"sh", "-ec", script, "sh"}, args...)...)
	cmd.Dir = w.server.gitDir
	if who != "" {
		cmd.Dir = w.path("home/" + who + "/clone")
	}
	return w.finish(cmd)
}

// push pushes, and wants a text in what the pusher hears and an exit code of 0 where accepted.
func (w *world) push(who string, accepted bool, want string, args ...string) {
	w.Helper()
	r := w.try(who, `git push -q "$@"`, append([]string{w.server.url(who)}, args...)...)
	if (r.code == 0) != accepted || !strings.Contains(r.text, want) {
		w.Errorf("%s pushes %v: exit code %d, want %q and accepted: %t\n%s", who, args, r.code, want, accepted, r.text)
	}
}

// commit makes a commit that changes a file, and gives its name.
func (w *world) commit(who, file, text string) string {
	w.Helper()
	return w.do(who, `mkdir -p "$(dirname "$1")" && printf %b "$2" >"$1" && git add -A
		git commit -q -m "change $1" && git rev-parse HEAD`, file, text)
}

// tip gives what a ref of the server holds, "" for nothing.
func (w *world) tip(ref string) string {
	w.Helper()
	return w.do("", `git rev-parse -q --verify "$1" || true`, ref)
}

// account is a user of the system.
type account struct {
	name     string
	uid, gid uint32
	groups   []uint32 // besides gid
	home     string
}

// become has a command run as the user; nil is who runs the test.
func (a *account) become(cmd *exec.Cmd) {
	if a == nil {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid, Groups: a.groups}
}
