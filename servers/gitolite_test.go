//go:build servers

package servers

import (
	"fmt"
	"strings"
	"testing"
)

const gitoliteConf = `repo gitolite-admin
    RW+ = alice

repo project
    RW+ = @all
`

// TestGitolite pushes to a repository of gitolite's, over ssh.
func TestGitolite(t *testing.T) {
	if !root(t) {
		return
	}
	needs(t, "gitolite")
	w := newWorld(t)
	git := w.newAccount("git")
	port, env := w.startSSHD("%h/.ssh/authorized_keys", "")
	url := func(repository string) string {
		return fmt.Sprintf("ssh://%s@127.0.0.1:%d/%s", git.name, port, repository)
	}
	w.server = &server{
		gitDir: git.home + "/repositories/project.git", owner: git, env: env,
		url:    func(string) string { return url("project") },
		pusher: func(who string) string { return who },
	}

	w.sh(git, `cd && cp "$1" alice.pub && gitolite setup -pk alice.pub`, w.path("keys/alice.pub"))

	// Everybody else, and the repository, by a push to gitolite's own.
	w.write("gitolite.conf", gitoliteConf)
	admin := func(script string) {
		t.Helper()
		cmd := w.command("alice", "sh", "-ec", script, "sh", url("gitolite-admin"), w.dir)
		cmd.Dir = w.path("home/alice")
		if r := w.finish(cmd); r.code != 0 {
			t.Fatalf("gitolite-admin: %s", r.text)
		}
	}
	admin(`git clone -q "$1" admin && cp "$2"/keys/*.pub admin/keydir && cp "$2/gitolite.conf" admin/conf
		cd admin && git add -A && git commit -q --no-gpg-sign -m everybody && git push -q`)

	w.begin("--kind gitolite")
	w.play()

	// Whatever gitolite does to its hooks, ours stay.
	w.part("setup again", func(w *world) {
		w.sh(git, `gitolite setup && gitolite setup --hooks-only`)
		w.refusesStill()
		admin(`cd admin && printf '\nrepo later\n    RW+ = @all\n' >>conf/gitolite.conf
			git commit -q --no-gpg-sign -a -m later && git push -q`)
		w.refusesStill()
		if all := w.sh(git, `ls "$HOME/repositories"`); !strings.Contains(all, "later.git") {
			w.Errorf("gitolite-admin makes no repository any more: there are\n%s", all)
		}
	})
}

// refusesStill has mallory push what nobody signed, and alice what she did.
func (w *world) refusesStill() {
	w.Helper()
	w.do(stranger, `git fetch -q && git reset -q --hard origin/main && git commit -q --no-gpg-sign --allow-empty -m evil`)
	w.push(stranger, false, "countersign explain unsigned", "HEAD:main")
	w.do("alice", `git fetch -q && git reset -q --hard origin/main && git commit -q --allow-empty -m good`)
	w.push("alice", true, nothingAgainst+"refs/heads/main: 1 commit", "HEAD:main")
	w.do("", `countersign doctor`)
}
