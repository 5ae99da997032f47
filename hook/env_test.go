package hook

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/record"
)

// everything is an environment in which each variable that any server uses claims another name.
func everything(name string) string {
	return map[string]string{
		"GL_USER": "gitolite-name", "GITEA_PUSHER_NAME": "gitea-name", "GL_USERNAME": "root", "GL_ID": "user-1",
		"REMOTE_USER": "http-name", "REMOTE_ADDR": "198.51.100.9", "SSH_CONNECTION": "2001:db8::7 50122 2001:db8::1 22",
		"COUNTERSIGN_USER": "root", "LOGNAME": "root", "USER": "root", "GIT_COMMITTER_NAME": "root", "GIT_PUSHER": "root",
	}[name]
}

func pusher(t *testing.T, kind string, getenv func(string) string) record.Pusher {
	t.Helper()
	req, err := Update([]string{main, a1, b2}, Environment{Getenv: getenv, PusherFrom: kind})
	if err != nil {
		t.Fatal(err)
	}
	return req.Pusher
}

// "GL_USERNAME=root git push /srv/r.git" says nothing to a server that isn't GitLab: only what
// installation fixed is read.
func TestAttackPusherNamesThemselves(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]record.Pusher{
		"":         {},
		"none":     {},
		"ssh":      {}, // somebody whose account isn't the repository's owner's
		"http":     {Name: "http-name", Source: "REMOTE_USER", Address: "198.51.100.9"},
		"gitolite": {Name: "gitolite-name", Source: "GL_USER", Address: "2001:db8::7"},
		"gitea":    {Name: "gitea-name", Source: "GITEA_PUSHER_NAME"},
		"gitlab":   {Name: "root", Source: "GL_USERNAME"},
	} {
		if diff := cmp.Diff(want, pusher(t, kind, everything)); diff != "" {
			t.Errorf("kind %q (-want +got):\n%s", kind, diff)
		}
	}
	for _, kind := range Kinds() {
		if kind != "gitlab" {
			if p := pusher(t, kind, everything); p.Name == "root" {
				t.Errorf("kind %s believes GL_USERNAME", kind)
			}
		}
	}
}

func TestGitLabDeployKeyHasNoNameButAnID(t *testing.T) {
	t.Parallel()
	got := pusher(t, "gitlab", func(name string) string { return map[string]string{"GL_ID": "key-12"}[name] })
	if want := (record.Pusher{Name: "key-12", Source: "GL_ID"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestUnknownKindOfServerIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Update([]string{main, a1, b2}, Environment{Getenv: everything, PusherFrom: "GL_USERNAME"})
	if err == nil || !strings.Contains(err.Error(), "want one of none, gitolite, gitea, gitlab, http, ssh") {
		t.Errorf("a variable's name in place of a kind: got error %v", err)
	}
}

func TestAddressThatIsNoneIsNotRecorded(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"", "example.org 1 2 3", "\x1b[2J", "192.0.2.7:50122 x"} {
		got := pusher(t, "ssh", func(name string) string { return map[string]string{"SSH_CONNECTION": claim}[name] })
		if got != (record.Pusher{}) {
			t.Errorf("SSH_CONNECTION=%q was read as %+v", claim, got)
		}
	}
}

func TestLongNameIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Update([]string{main, a1, b2}, Environment{
		PusherFrom: "http", Getenv: func(name string) string {
			return map[string]string{"REMOTE_USER": strings.Repeat("x", maxName+1)}[name]
		},
	})
	if err == nil || !strings.Contains(err.Error(), "REMOTE_USER is 257 bytes long") {
		t.Errorf("a name of 257 bytes: got error %v", err)
	}
}

// Go's CGI hands a password on as HTTP_AUTHORIZATION. What isn't on the list is never looked up, so
// it can reach neither a record nor a message.
func TestAttackSecretsInTheEnvironmentAreNeverRead(t *testing.T) {
	t.Parallel()
	listed := []string{
		"GL_USER", "GITEA_PUSHER_NAME", "GL_USERNAME", "GL_ID", "REMOTE_USER", "REMOTE_ADDR", "SSH_CONNECTION",
		"GIT_PUSH_OPTION_COUNT", "GIT_PUSH_OPTION_0", "GIT_PUSH_CERT", "GIT_NAMESPACE",
	}
	for _, kind := range Kinds() {
		pusher(t, kind, func(name string) string {
			if !slices.Contains(listed, name) {
				t.Errorf("kind %s: %s is looked up", kind, name)
			}
			return map[string]string{"GIT_PUSH_OPTION_COUNT": "1"}[name]
		})
	}
}

// Push options are handed on as text, whatever they look like.
func TestAttackPushOptionsAreInert(t *testing.T) {
	t.Parallel()
	odd := []string{"$(reboot)", "--upload-pack=x", "\x1b]0;owned\a", "GIT_DIR=/tmp/x", ""}
	got, err := Update([]string{main, a1, b2}, Environment{Getenv: func(name string) string {
		if name == "GIT_PUSH_OPTION_COUNT" {
			return strconv.Itoa(len(odd))
		}
		i, err := strconv.Atoi(strings.TrimPrefix(name, "GIT_PUSH_OPTION_"))
		if err != nil {
			return ""
		}
		return odd[i]
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(odd, got.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestPushOptionCountIsStrict(t *testing.T) {
	t.Parallel()
	for _, count := range []string{"-1", "+1", "01", " 1", "1 ", "0x1", "1e1", "101", "99999999999999999999", "one"} {
		env := Environment{Getenv: func(name string) string {
			return map[string]string{"GIT_PUSH_OPTION_COUNT": count}[name]
		}}
		if _, err := Update([]string{main, a1, b2}, env); err == nil {
			t.Errorf("GIT_PUSH_OPTION_COUNT=%q: no error", count)
		}
	}
}

// Over ssh somebody is the account that they logged in to, whatever they say. The account that owns the repository may
// be one that all share: whom the command bound to their key names, or that key.
func TestPusherOverSSH(t *testing.T) {
	t.Parallel()
	const fingerprint = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
	login := "password\npublickey ssh-ed25519-cert-v01@openssh.com AAAA\npublickey ssh-ed25519 " +
		"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n"
	const from = "2001:db8::7"
	key := record.Pusher{Key: fingerprint, Source: "SSH_USER_AUTH", Address: from}
	forced := record.Pusher{Name: "al", Source: "COUNTERSIGN_USER", Address: from}
	account := record.Pusher{Name: "jia", Source: "account"}
	owner := record.Pusher{Name: "jia", Source: "account", Address: from}
	for name, c := range map[string]struct {
		owner         bool
		forced, login string
		want          record.Pusher
	}{
		"an account of one's own":        {want: account},
		"and a variable":                 {forced: "root", want: account},
		"and a file":                     {login: login, want: account},
		"the owner's account":            {owner: true, want: owner},
		"with a command that names them": {owner: true, forced: "al", want: forced},
		"with a key":                     {owner: true, login: login, want: key},
		"with both":                      {owner: true, forced: "al", login: login, want: forced},
		"with a password":                {owner: true, login: "password\n", want: owner},
		"with what isn't base64":         {owner: true, login: "publickey ssh-ed25519 !\n", want: owner},
		"with a line cut short":          {owner: true, login: "publickey\n", want: owner},
	} {
		req, err := Update([]string{main, a1, b2}, Environment{
			Getenv: func(name string) string {
				return map[string]string{"COUNTERSIGN_USER": c.forced, "SSH_CONNECTION": from + " 50122 ::1 22"}[name]
			},
			PusherFrom: SSH, Account: "jia", Owner: c.owner, Login: c.login,
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, req.Pusher); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
