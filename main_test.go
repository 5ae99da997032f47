package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The sessions in testdata/script run real git with the real hook, real keys and a clock of their
// own. Besides testscript's commands they know
//
//	world [policy-file]   a server repository behind the hook, and a clone for each person
//	clock TIME            set the time for everybody, the server included; "now" is the machine's
//	alice, lasse, jia, mallory, server COMMAND ARGS...
//	                      run a command as that person, in their clone
//	commit PERSON PATH [TEXT]
//	                      PERSON writes TEXT to PATH in their clone and commits it, signed
//	policy-add FILE       append a file to the server's policy
//	introduce [policy-file]
//	                      move the policy into the tree: alice commits it, the server pins her commit
//	want PERSON BRANCH REV
//	                      PERSON approves that the protected branch moves to the commit
//	readme FILE           the README's first block stands in the file
//	forge PERSON FILTER ARGS...
//	                      the branch "forged" of PERSON's clone becomes their last commit as a
//	                      filter rewrites its raw bytes; Git checks nothing
//	record                print the last decision in the server's journal
//	memory KIB            bound the data of each process of the server's pre-receive
//	ci-script FILE OUT    write the script that a job in a file of ci/ runs
//	advised PERSON CODE TEXT ...
//	                      do what the last refusal says: see advice_test.go
//	log silent|endless    start a transparency log at $LOG that never answers, or never ends its answer
//
// alice, lasse and jia are maintainers; jia was introduced by alice. mallory is in nobody's keyring.
var people = []string{"alice", "lasse", "jia", "mallory"}

// clockVar carries the sessions' clock to the program under test.
const clockVar = "SESSION_CLOCK"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"countersign": func() {
			now := func() time.Time {
				t, err := time.Parse(time.RFC3339, os.Getenv(clockVar))
				if err != nil {
					panic(err)
				}
				return t
			}
			env := environment()
			env.Now = now
			os.Exit(execute(env))
		},
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"jia2"}, people...) {
		run(t, keys, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", filepath.Join(keys, name))
	}
	said := &advice{given: make(map[string]string), followed: make(map[string]bool)}
	t.Cleanup(func() { said.complain(t) })
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			// The race detector else has each process sleep for a second before it exits.
			e.Setenv("GORACE", "atexit_sleep_ms=10")
			e.Setenv("KEYS", keys)
			e.Setenv("CI_SCRIPTS", filepath.Join(root, "ci"))
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			e.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(e.WorkDir, "gitconfig"))
			e.Setenv("GIT_TERMINAL_PROMPT", "0")
			e.Setenv("LC_ALL", "C")
			e.Values[adviceKey{}] = new(told)
			said.begin()
			setClock(e.Setenv, "2026-06-01T12:00:00Z")
			return os.WriteFile(filepath.Join(e.WorkDir, "gitconfig"), []byte(gitconfig), 0o600)
		},
		Cmds: commands(t, said),
		Condition: func(name string) (bool, error) {
			if name != "reftable" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return exec.Command("git", "init", "-q", "--bare", "--ref-format=reftable", filepath.Join(t.TempDir(), "r")).Run() == nil, nil
		},
	})
}

const gitconfig = `[init]
	defaultBranch = main
[gpg]
	format = ssh
[commit]
	gpgSign = true
[tag]
	gpgSign = true
[advice]
	pushUpdateRejected = false
	detachedHead = false
[gc]
	auto = 0
`

func commands(t *testing.T, said *advice) map[string]func(*testscript.TestScript, bool, []string) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	cmds := map[string]func(*testscript.TestScript, bool, []string){
		"world": func(ts *testscript.TestScript, _ bool, args []string) {
			policy := ""
			if len(args) > 0 {
				policy = ts.ReadFile(args[0])
			}
			makeWorld(ts, policy)
		},
		"readme": readmeCommand(string(readme)),
		"memory": memoryCommand(t),
		"ci-script": func(ts *testscript.TestScript, _ bool, args []string) {
			script := scriptOf(ts.ReadFile(filepath.Join(ts.Getenv("CI_SCRIPTS"), args[0])))
			ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(script), 0o666))
		},
		"log":     logCommand,
		"advised": said.follow,
		"clock": func(ts *testscript.TestScript, _ bool, args []string) {
			at := args[0]
			if at == "now" {
				at = time.Now().UTC().Format(time.RFC3339)
			}
			setClock(ts.Setenv, at)
		},
		"commit": func(ts *testscript.TestScript, _ bool, args []string) {
			text := "text of " + args[1]
			if len(args) > 2 {
				text = args[2]
			}
			file := filepath.Join(ts.MkAbs(args[0]), args[1])
			ts.Check(os.MkdirAll(filepath.Dir(file), 0o777))
			ts.Check(os.WriteFile(file, []byte(strings.NewReplacer(`\0`, "\x00", `\n`, "\n").Replace(text)+"\n"), 0o666))
			as(ts, args[0], "git", "add", "-A")
			as(ts, args[0], "git", "commit", "-q", "-m", "change "+args[1])
		},
		"policy-add": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(appendTo(ts.MkAbs("server.git/countersign/policy.toml"), ts.ReadFile(args[0])))
		},
		"introduce": func(ts *testscript.TestScript, _ bool, args []string) {
			policy := ""
			if len(args) > 0 {
				policy = ts.ReadFile(args[0])
			}
			ts.Check(os.MkdirAll(ts.MkAbs("alice/.countersign"), 0o777))
			ts.Check(os.WriteFile(ts.MkAbs("alice/.countersign/policy.toml"), []byte(policy+keyring(ts)), 0o666))
			ts.Check(as(ts, "alice", "git", "add", "-A"))
			ts.Check(as(ts, "alice", "git", "commit", "-q", "-m", "the policy"))
			ts.Check(as(ts, "server", "sh", "-ec", `rm -r countersign/policy.toml countersign/keys
				set -- $(ssh-keygen -lf "$KEYS/alice.pub")
				countersign install --server . --introduction "$(git -C ../alice rev-parse HEAD)@$2"`))
			ts.Check(as(ts, "alice", "git", "push", "-q", "origin", "main"))
		},
		"want": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(as(ts, args[0], "sh", "-ec", `
				old=$(git ls-remote origin "refs/heads/$1" | cut -f 1) new=$(git rev-parse "$2")
				countersign approve --yes --ref "refs/heads/$1" --from "${old:-$(printf %040d 0)}" --to "$new" "$new"
				git push -q origin "+refs/moves/$new/*:refs/moves/$new/*"`, "sh", args[1], args[2]))
		},
		"forge": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(as(ts, args[0], append([]string{"sh", "-ec", `
				git cat-file commit HEAD | "$@" >../forged
				git update-ref refs/heads/forged "$(git hash-object -t commit -w --stdin --literally <../forged)"`, "sh"}, args[1:]...)...))
		},
		"record": func(ts *testscript.TestScript, _ bool, _ []string) {
			ts.Check(as(ts, "server", "sh", "-ec", "countersign log --format json | grep -v countersign-applied | tail -n 1"))
		},
	}
	for _, name := range append([]string{"server"}, people...) {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			said.run(ts, neg, name, args)
		}
	}
	return cmds
}

// appendTo adds text to a file, which is made if it isn't there.
func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func setClock(setenv func(string, string), at string) {
	setenv(clockVar, at)
	setenv("GIT_AUTHOR_DATE", at)
	setenv("GIT_COMMITTER_DATE", at)
}

// as runs a command as a person, in their clone; the server's is its bare repository.
func as(ts *testscript.TestScript, name string, args ...string) error {
	dir := name
	if name == "server" {
		dir = "server.git"
	}
	back := ts.MkAbs(".")
	ts.Check(ts.Chdir(ts.Getenv("WORK") + "/" + dir))
	defer func() { ts.Check(ts.Chdir(back)) }()
	key, email := filepath.Join(ts.Getenv("KEYS"), name), name+"@example.org"
	if config, err := os.ReadFile(ts.MkAbs(".git/config")); err == nil { // what they configured themselves
		key = configured(config, "signingKey", key)
		email = configured(config, "email", email)
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		ts.Setenv("GIT_"+who+"_NAME", name)
		ts.Setenv("GIT_"+who+"_EMAIL", email)
	}
	ts.Setenv("GIT_CONFIG_COUNT", "2")
	ts.Setenv("GIT_CONFIG_KEY_0", "user.signingKey")
	ts.Setenv("GIT_CONFIG_VALUE_0", key)
	ts.Setenv("GIT_CONFIG_KEY_1", "countersign.principal")
	ts.Setenv("GIT_CONFIG_VALUE_1", name)
	return ts.Exec(args[0], args[1:]...)
}

// configured gives a setting of a file of git-config(1), or what it is without that.
func configured(config []byte, setting, unset string) string {
	for line := range strings.Lines(string(config)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && name == setting {
			return value
		}
	}
	return unset
}

// makeWorld sets up a server repository with one signed commit, puts it behind the hook, and gives
// everybody a clone.
func makeWorld(ts *testscript.TestScript, policy string) {
	work := ts.Getenv("WORK")
	must := func(err error) {
		if err != nil {
			ts.Fatalf("world: %v", err)
		}
	}
	must(os.MkdirAll(filepath.Join(work, "server.git"), 0o777))
	must(as(ts, "server", "git", "init", "-q", "--bare", "."))
	must(ts.Exec("git", "clone", "-q", filepath.Join(work, "server.git"), filepath.Join(work, "alice")))
	must(os.WriteFile(filepath.Join(work, "alice", "README"), []byte("A project\n"), 0o666))
	must(as(ts, "alice", "git", "add", "-A"))
	must(as(ts, "alice", "git", "commit", "-q", "-m", "begin"))
	must(as(ts, "alice", "git", "push", "-q", "origin", "main"))
	for _, name := range people[1:] {
		must(ts.Exec("git", "clone", "-q", filepath.Join(work, "server.git"), filepath.Join(work, name)))
	}
	must(as(ts, "server", "countersign", "install", "--server", "."))
	file := filepath.Join(work, "server.git", "countersign", "policy.toml")
	if policy != "" {
		must(os.WriteFile(file, nil, 0o600))
	}
	must(appendTo(file, policy+keyring(ts)))
}

// keyring names the people in a policy.
func keyring(ts *testscript.TestScript) string {
	var b strings.Builder
	for _, who := range [][2]string{{"alice", "founder"}, {"lasse", "founder"}, {"jia", "alice"}} {
		key, err := os.ReadFile(filepath.Join(ts.Getenv("KEYS"), who[0]+".pub"))
		ts.Check(err)
		fmt.Fprintf(&b, "\n[[principal]]\nname = %q\nrole = \"maintainer\"\nemails = [\"%s@example.org\"]\nintroduced-by = %q\nkeys = [{ ssh = %q }]\n",
			who[0], who[0], who[1], strings.TrimSpace(string(key)))
	}
	return b.String()
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
