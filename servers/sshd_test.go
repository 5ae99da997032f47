//go:build servers

package servers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start starts a server as a user of the system and stops it, and all that it started, when the test ends.
func (w *world) start(user *account, what string, args ...string) {
	w.Helper()
	said, err := os.Create(w.path(what + ".log"))
	w.check(err)
	defer said.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = w.dir, environment(w.homeOf(user))
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	user.become(cmd)
	w.check(cmd.Start())
	w.Cleanup(func() {
		if w.Failed() {
			w.Logf("%s said:\n%s", what, w.read(what+".log"))
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // it may have ended by itself
		_ = cmd.Wait()
	})
}

// freePort gives a port of loopback on which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// listens waits until somebody listens on a port of loopback.
func listens(t *testing.T, port int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("port %d is listened on", port), func() bool {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

const sshdConfig = `ListenAddress 127.0.0.1
Port %d
HostKey %s
PidFile none
AuthorizedKeysFile %s
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 1000
MaxSessions 1000
LogLevel ERROR
%s
`

// startSSHD starts an sshd with a host key of its own, and gives its port and the variables by which somebody's git
// uses their key with it.
func (w *world) startSSHD(authorizedKeys, settings string) (port int, env func(who string) []string) {
	w.Helper()
	needs(w.T, "sshd", "ssh")
	sshd, err := exec.LookPath("sshd") // which wants to be started by its whole name
	w.check(err)
	if os.Geteuid() == 0 {
		w.makeFolder("/run/sshd")
	}
	port = freePort(w.T)
	w.sh(nil, `ssh-keygen -q -t ed25519 -N '' -f host`)
	w.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", port, w.read("host.pub")))
	w.write("sshd_config", fmt.Sprintf(sshdConfig, port, w.path("host"), authorizedKeys, settings))
	w.start(nil, "sshd", sshd, "-D", "-e", "-f", w.path("sshd_config"))
	listens(w.T, port)
	return port, func(who string) []string {
		return []string{"GIT_SSH_COMMAND=ssh -F none -i " + w.path("keys/"+who) +
			" -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=" + w.path("known_hosts")}
	}
}

// makeFolder makes a folder that a server needs, and takes it away again if it wasn't there.
func (w *world) makeFolder(name string) {
	w.Helper()
	err := os.Mkdir(name, 0o755)
	if os.IsExist(err) {
		return
	}
	w.check(err)
	w.Cleanup(func() { _ = os.Remove(name) })
}

// me is the name of the user who runs this.
func me(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("id", "-un").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// forced gives everybody's line of authorized_keys: who has the key may do nothing but what the command does.
func (w *world) forced(command func(who string) string) string {
	var lines strings.Builder
	for _, who := range everybody() {
		fmt.Fprintf(&lines, "restrict,command=%q %s", command(who), w.read("keys/"+who+".pub"))
	}
	return lines.String()
}

// TestSSHForcedCommand pushes over ssh to one account that all share, in which each key may do no more than git's. The
// journal names members of the crowd by the command that their key is bound to, others by their key.
func TestSSHForcedCommand(t *testing.T) {
	w := newWorld(t)
	port, env := w.startSSHD(w.path("authorized_keys"), "ExposeAuthInfo yes")
	w.write("authorized_keys", w.forced(func(who string) string {
		name := ""
		if strings.HasPrefix(who, "c") {
			name = "COUNTERSIGN_USER=" + who + " "
		}
		return name + "PATH=" + filepath.Dir(program) + `:$PATH git-shell -c "$SSH_ORIGINAL_COMMAND"`
	}))
	w.server = &server{
		gitDir: w.path("project.git"), env: env,
		url: func(string) string { return fmt.Sprintf("ssh://%s@127.0.0.1:%d%s", me(t), port, w.path("project.git")) },
		pusher: func(who string) string {
			if who == stranger { // whose key nobody knows
				return strings.Fields(w.sh(nil, `ssh-keygen -lf "keys/$1.pub"`, who))[1]
			}
			return who
		},
	}
	w.sh(nil, `git init -q --bare -b main project.git`)
	w.begin("--kind ssh")
	w.play()
}
