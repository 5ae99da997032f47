//go:build servers

package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// holdHook is a pre-receive hook that was there before: it holds pushes while somebody wants that.
const holdHook = `#!/bin/sh
[ -e hold ] || exit 0
: >held
while [ -e hold ]; do sleep 0.02; done
`

// begin has alice push the first commit, puts the repository behind the hooks, and gives the maintainers and mallory
// clones. Flags are of countersign install.
func (w *world) begin(flags string) {
	w.Helper()
	w.clone("alice")
	w.commit("alice", "README", "A project\n")
	w.do("alice", `git push -q origin HEAD:refs/heads/main`)
	w.write("hold.sh", holdHook)
	w.do("", `[ -e hooks/pre-receive ] || install -m 755 "$1" hooks/pre-receive`, w.path("hold.sh"))
	w.do("", `countersign install --server . `+flags)
	w.write("people.toml", w.keyring())
	w.do("", `cat "$1" >>countersign/policy.toml && countersign policy check`, w.path("people.toml"))
	for _, who := range []string{"lasse", "jia", stranger} {
		w.clone(who)
	}
}

// clone clones from the server.
func (w *world) clone(who string) {
	w.Helper()
	home := w.path("home/" + who)
	if w.server.user != nil {
		if user := w.server.user(who); user != nil {
			w.sh(nil, `chown -R "$1" "$2" && chown "$1" "keys/$3"`, user.name, home, who)
		}
	}
	cmd := w.command(who, "git", "clone", "-q", w.server.url(who), home+"/clone")
	if r := w.finish(cmd); r.code != 0 {
		w.Fatalf("%s clones: exit code %d\n%s", who, r.code, r.text)
	}
}

// keyring names the maintainers and the crowd in a policy.
func (w *world) keyring() string {
	var b strings.Builder
	name := func(who, role, by string) {
		fmt.Fprintf(&b, "\n[[principal]]\nname = %q\nrole = %q\nemails = [\"%s@example.org\"]\nintroduced-by = %q\n"+
			"keys = [{ ssh = %q }]\n", who, role, who, by, strings.TrimSpace(w.read("keys/"+who+".pub")))
	}
	name("alice", "maintainer", "founder")
	name("lasse", "maintainer", "founder")
	name("jia", "maintainer", "alice")
	for n := range crowd {
		name(member(n), "contributor", "alice")
	}
	return b.String()
}

// play is what holds on every server. It begins where begin ends.
func (w *world) play() {
	w.part("push", (*world).playPush)
	w.part("approval", (*world).playApproval)
	w.part("topic first", (*world).playTopicFirst)
	w.part("tags", (*world).playTags)
	w.part("deletes and rewinds", (*world).playDeletes)
	w.part("at once", (*world).playAtOnce)
	w.part("race", (*world).playRace)
	w.part("killed", (*world).playKilled)
	w.part("killed in the hook", (*world).playKilledInTheHook)
	w.part("afterwards", (*world).playAfterwards)
}

// part plays a part as a test of its own in the same world.
func (w *world) part(name string, play func(*world)) {
	w.Run(name, func(t *testing.T) {
		in := *w
		in.T = t
		play(&in)
	})
}

const nothingAgainst = "countersign: nothing against "

func (w *world) playPush() {
	good := w.commit("alice", "src/a.c", "int a;\n")
	w.push("alice", true, nothingAgainst+"refs/heads/main: 1 commit", "HEAD:main")
	if got := w.tip("refs/heads/main"); got != good {
		w.Errorf("main is at %q, want %s", got, good)
	}
	w.do(stranger, `git pull -q && git config user.signingKey "$1"`, w.path("keys/"+stranger))
	w.commit(stranger, "src/b.c", "int b;\n")
	w.push(stranger, false, "countersign explain signer-unknown", "HEAD:main")
	w.do(stranger, `git commit -q --amend --no-edit --no-gpg-sign`)
	w.push(stranger, false, "countersign explain unsigned", "HEAD:main")
	if got := w.tip("refs/heads/main"); got != good {
		w.Errorf("after two refusals main is at %q, want %s", got, good)
	}
	if w.server.pusher != nil {
		log := w.do("", `countersign log`)
		for _, who := range []string{"alice", stranger} {
			if want := "  by " + w.server.pusher(who); !strings.Contains(log, want) {
				w.Errorf("the log doesn't say %q:\n%s", want, log)
			}
		}
	}
}

var pushCommand = regexp.MustCompile(`(?m)^now: (git push .*)$`)

func (w *world) playApproval() {
	w.do("jia", `git pull -q`)
	id := w.commit("jia", "data/table.bin", `\0\01\02\03\0377\n`)
	w.push("jia", false, "countersign explain approval-missing", "HEAD:main")
	w.push("jia", true, "", "HEAD:table")
	w.do("lasse", `git fetch -q`)
	said := w.do("lasse", `countersign approve --yes "$1"`, id)
	command := pushCommand.FindStringSubmatch(said)
	if command == nil {
		w.Fatalf("approve names no command:\n%s", said)
	}
	w.do("lasse", command[1])
	w.push("jia", true, nothingAgainst+"refs/heads/main: 1 commit", "HEAD:main")
	if got := w.tip("refs/heads/main"); got != id {
		w.Errorf("main is at %q, want %s", got, id)
	}
}

func (w *world) playTopicFirst() {
	w.do(stranger, `git fetch -q && git reset -q --hard origin/main`)
	w.do(stranger, `echo evil >evil && git add evil && git commit -q --no-gpg-sign -m evil`)
	w.push(stranger, true, "", "HEAD:topic")
	w.do("alice", `git fetch -q`)
	w.push("alice", false, "countersign explain unsigned", "origin/topic:main")
	w.push("alice", false, "countersign explain unsigned", "origin/topic:refs/heads/release/1")
}

func (w *world) playTags() {
	w.do("alice", `git pull -q --rebase
		git tag -s -m one v1 && git tag --no-sign light && git tag --no-sign -a -m two v2`)
	w.push("alice", true, nothingAgainst+"refs/tags/v1", "v1")
	w.push("alice", false, "countersign explain tag-lightweight", "light:refs/tags/v3")
	w.push("alice", false, "countersign explain tag-unsigned", "v2")
	w.push("alice", true, "", "light")
	w.do("alice", `git commit -q --allow-empty -m more && git tag -s -f -m moved v1`)
	w.push("alice", false, "countersign explain tag-moved", "+v1")
	w.do("alice", `git reset -q --hard origin/main`)
}

func (w *world) playDeletes() {
	main := w.tip("refs/heads/main")
	w.push("alice", false, "ref-delete", ":main")
	w.push("alice", false, "ref-delete", ":refs/tags/v1")
	w.push("alice", true, "", ":table")
	w.push("alice", false, "ref-rewind", "+origin/main~1:main")
	if got := w.tip("refs/heads/main"); got != main || w.tip("refs/tags/v1") == "" || w.tip("refs/heads/table") != "" {
		w.Errorf("main is at %q, want %s; v1 at %q; table at %q", got, main, w.tip("refs/tags/v1"), w.tip("refs/heads/table"))
	}
}

// inCrowd makes a commit of each member's on top of main, in one clone, and pushes them all at once to the refs that
// ref names. It gives how each push ended.
func (w *world) inCrowd(members int, ref func(who string) string) []result {
	w.do("alice", `git fetch -q`)
	results := make([]result, members)
	var all sync.WaitGroup
	start := make(chan struct{})
	for n := range members {
		who := member(n)
		if err := os.Symlink(w.path("home/alice/clone"), w.path("home/"+who+"/clone")); err != nil && !os.IsExist(err) {
			w.Fatal(err)
		}
		id := w.do(who, `git commit-tree -S -p origin/main -m "by $1" 'origin/main^{tree}'`, who)
		push := w.command(who, "git", "push", "-q", w.server.url(who), id+":"+ref(who))
		push.Dir = w.path("home/alice/clone")
		all.Go(func() {
			<-start
			results[n] = w.finish(push)
		})
	}
	close(start)
	all.Wait()
	return results
}

func (w *world) playAtOnce() {
	before := w.count("applied")
	for n, r := range w.inCrowd(crowd, func(who string) string { return "refs/heads/release/" + who }) {
		want := nothingAgainst + "refs/heads/release/" + member(n) + ": 1 commit"
		if r.code != 0 || !strings.Contains(r.text, want) {
			w.Errorf("%s: exit code %d, want %q\n%s", member(n), r.code, want, r.text)
		}
	}
	if got := w.count("applied") - before; got != crowd {
		w.Errorf("%d of %d pushes are recorded as applied", got, crowd)
	}
	if w.server.pusher == nil {
		return
	}
	log := w.do("", `countersign log`)
	for n := range crowd {
		want := fmt.Sprintf("accepted   refs/heads/release/%s  by %s", member(n), w.server.pusher(member(n)))
		if strings.Count(log, want) != 1 {
			w.Errorf("the log doesn't say %q once", want)
		}
	}
}

// count counts the records of the journal that say so of what was pushed.
func (w *world) count(became string) int {
	w.Helper()
	return strings.Count(w.do("", `countersign log`), "  "+became+" ")
}

// Ten push to one branch at once: Git makes one.
func (w *world) playRace() {
	main, applied := w.tip("refs/heads/main"), w.count("applied")
	made := 0
	for _, r := range w.inCrowd(10, func(string) string { return "refs/heads/main" }) {
		if r.code == 0 {
			made++
		}
		if strings.Contains(r.text, "accepted") {
			w.Errorf("somebody hears that what Git may yet refuse is accepted:\n%s", r.text)
		}
	}
	if got := w.count("applied") - applied; made != 1 || got != 1 || w.tip("refs/heads/main~1") != main {
		w.Errorf("%d pushes of ten were made, %d are recorded as applied", made, got)
	}
}

// The pusher's side is killed while the server takes objects in.
func (w *world) playKilled() {
	w.do("alice", `git fetch -q && git reset -q --hard origin/main
		head -c 50000000 /dev/urandom >big && git add big && git commit -q -m big`)
	main := w.tip("refs/heads/main")
	w.kill("alice", func() bool {
		incoming, _ := filepath.Glob(w.server.gitDir + "/objects/tmp_objdir-incoming-*")
		return len(incoming) > 0
	}, "HEAD:main")
	if w.server.gone != nil {
		w.server.gone(w)
	}
	w.settled()
	if got := w.tip("refs/heads/main"); got != main {
		w.Errorf("main is at %q, want %s", got, main)
	}
	w.do("alice", `git reset -q --hard origin/main`)
	w.commit("alice", "src/c.c", "int c;\n")
	w.push("alice", true, nothingAgainst+"refs/heads/main: 1 commit", "HEAD:main")
}

// The pusher's side is killed while the server decides. The push may be made or not; the journal knows, and the next
// one finds everything in order.
func (w *world) playKilledInTheHook() {
	if w.do("", `cat hooks/pre-receive.before-countersign 2>/dev/null || true`)+"\n" != holdHook {
		return // a forge's hooks hold nothing
	}
	w.do("", `: >hold`)
	id := w.commit("alice", "src/d.c", "int d;\n")
	w.kill("alice", func() bool {
		_, err := os.Stat(w.server.gitDir + "/held")
		return err == nil
	}, "HEAD:main")
	w.do("", `rm hold held`)
	w.settled()
	log := w.do("", `countersign log --commit "$1"`, id)
	made := w.tip("refs/heads/main") == id
	if made && !strings.Contains(log, "  accepted ") {
		w.Errorf("main is at %s, and the journal has no decision:\n%s", id, log)
	}
	w.do("", `countersign log compare`)
	w.do("alice", `git fetch -q && git reset -q --hard origin/main`)
	w.commit("alice", "src/e.c", "int e;\n")
	w.push("alice", true, nothingAgainst+"refs/heads/main: 1 commit", "HEAD:main")
}

// kill begins a push, waits until something is so, and kills all processes of the pusher's.
func (w *world) kill(who string, until func() bool, args ...string) {
	w.Helper()
	cmd := w.command(who, append([]string{"git", "push", "-q", w.server.url(who)}, args...)...)
	cmd.Dir = w.path("home/" + who + "/clone")
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
	w.check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !until() {
		select {
		case err := <-ended:
			w.Fatalf("the push ended before it was killed: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	w.check(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
	<-ended
}

// settled waits until no process of the server's takes a push in.
func (w *world) settled() {
	w.Helper()
	waitFor(w.T, "the server is done", func() bool { return len(w.processes("")) == 0 })
}

// processes lists those that work in the repository and run a program.
func (w *world) processes(running string) (pids []int) {
	w.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cwd")
	w.check(err)
	for _, name := range names {
		at, err := os.Readlink(name)
		args, _ := os.ReadFile(filepath.Dir(name) + "/cmdline")
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && at == w.server.gitDir && strings.Contains(string(args), running) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// waitFor waits for something that other processes do.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	again, late := time.NewTicker(5*time.Millisecond), time.NewTimer(time.Minute)
	defer again.Stop()
	defer late.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("in a minute it doesn't come about that %s", what)
		}
	}
}

// playAfterwards: whatever went wrong before, everything is whole.
func (w *world) playAfterwards() {
	w.settled()
	w.do("", `countersign log check`)
	w.do("", `countersign log compare`)
	w.do("", `countersign verify`)
	w.do("", `countersign doctor`)
	w.do("", `git fsck --no-dangling --no-progress`)
	if left := w.do("", `find . -name '*.lock' -o -path './countersign/tickets/?*'`); left != "" {
		w.Errorf("left behind: %s", left)
	}
}

// needs fails where a program isn't there.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%v: bash .ci/servers installs it", err)
		}
	}
}
