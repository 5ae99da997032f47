//go:build servers

package servers

import (
	"fmt"
	"strings"
	"testing"
)

// TestSharedRepository pushes to a repository of a group (git init --shared=group), as users of the system: to its
// folder, and over ssh to everybody's own account.
func TestSharedRepository(t *testing.T) {
	if !root(t) {
		return
	}
	for _, over := range []string{"file", "ssh"} {
		t.Run(over, func(t *testing.T) {
			w := newWorld(t)
			accounts := make(map[string]*account)
			for _, who := range []string{"alice", "lasse", "jia", stranger} {
				accounts[who] = w.newAccount(who)
				w.sh(accounts[who], `printf '[safe]\n\tdirectory = *\n' >"$HOME/.gitconfig"`)
			}
			group := w.newGroup("devs", accounts["alice"], accounts["lasse"], accounts["jia"], accounts[stranger])
			w.server = &server{
				gitDir: w.path("srv/project.git"), owner: accounts["alice"],
				user: func(who string) *account { return accounts[who] },
				url:  func(string) string { return w.path("srv/project.git") },
			}
			if over == "ssh" {
				port, env := w.startSSHD(w.path("authorized/%u"), "")
				for who, a := range accounts {
					w.write("authorized/"+a.name, w.read("keys/"+who+".pub"))
				}
				w.server.env = env
				w.server.url = func(who string) string {
					return fmt.Sprintf("ssh://%s@127.0.0.1:%d%s", accounts[who].name, port, w.path("srv/project.git"))
				}
				w.server.pusher = func(who string) string { return accounts[who].name }
			}
			w.sh(nil, `install -d -m 2775 -o "$1" -g "$2" srv`, accounts["alice"].name, fmt.Sprint(group))
			w.sh(accounts["alice"], `umask 077; git init -q --bare --shared=group -b main srv/project.git`)
			w.begin("--kind ssh")
			w.part("push", (*world).playPush)
			w.part("approval", (*world).playApproval)
			w.part("topic first", (*world).playTopicFirst)
			w.part("tags", (*world).playTags)
			w.part("deletes and rewinds", (*world).playDeletes)
			w.part("afterwards", (*world).playAfterwards)
			w.part("another's name", func(w *world) {
				w.push(stranger, false, "countersign explain unsigned", "HEAD:main",
					"--receive-pack=COUNTERSIGN_USER=alice SSH_USER_AUTH="+w.path("keys/alice.pub")+" git-receive-pack")
				got := w.do("", `countersign log | tail -n 1`)
				if want := "  by " + accounts[stranger].name + "  unsigned"; !strings.HasSuffix(got, want) {
					w.Errorf("the log says %q, want %q", got, want)
				}
			})
			w.part("everybody's", func(w *world) {
				if kept := w.do("", `find countersign ! -perm -060`); kept != "" {
					w.Errorf("the group can't write\n%s", kept)
				}
				// Whoever pushed can read what became of it.
				for _, a := range accounts {
					w.sh(a, `cd "$1" && countersign log show "$(countersign log | awk 'END { print $2 }')"`, w.server.gitDir)
				}
			})
		})
	}
}
