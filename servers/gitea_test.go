//go:build servers && gitea

package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const giteaConfig = `RUN_MODE = prod
RUN_USER = %[1]s
WORK_PATH = %[2]s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[3]d
ROOT_URL = http://127.0.0.1:%[3]d/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = %[4]s
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$10$50
[repository.signing]
SIGNING_KEY = %[2]s/forge.pub
SIGNING_FORMAT = ssh
SIGNING_NAME = forge
SIGNING_EMAIL = forge@example.org
DEFAULT_TRUST_MODEL = collaboratorcommitter
INITIAL_COMMIT = never
CRUD_ACTIONS = always
MERGES = always
[log]
MODE = console
LEVEL = Error
`

// forge is a Gitea with everybody's accounts.
type forge struct {
	*world
	at string
}

// TestGitea pushes to a repository of Gitea's, and presses its buttons. The folder of Gitea's source, with the program
// in it, is what GITEA says.
func TestGitea(t *testing.T) {
	from := os.Getenv("GITEA")
	if from == "" {
		t.Fatal("GITEA names no folder: bash .ci/servers gitea makes one")
	}
	w := newWorld(t)
	var git *account
	name, home := me(t), w.path("gitea")
	if root(t) { // Gitea doesn't run as root
		git = w.newAccount("gitea")
		name, home = git.name, git.home
	} else {
		w.check(os.Mkdir(home, 0o755))
	}
	port := freePort(t)
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	w.write("app.ini", fmt.Sprintf(giteaConfig, name, home, port, from))
	gitea := filepath.Join(from, "gitea")
	w.server = &server{
		gitDir: home + "/data/gitea-repositories/alice/project.git", owner: git,
		url: func(who string) string {
			return fmt.Sprintf("http://%s:password1@127.0.0.1:%d/alice/project.git", who, port)
		},
		pusher: func(who string) string { return who },
	}
	w.sh(git, `cp "$1" "$2/app.ini" && ssh-keygen -q -t ed25519 -N '' -f "$2/forge"
		"$3" --config "$2/app.ini" migrate
		"$3" --config "$2/app.ini" admin user create --admin --username alice --password password1 \
			--email alice@example.org --must-change-password=false`, w.path("app.ini"), home, gitea)
	w.start(git, "gitea", gitea, "--config", home+"/app.ini", "web")
	listens(t, port)

	f := &forge{w, at}
	for _, who := range everybody() {
		if who != "alice" {
			f.want(201, "alice", "POST", "/admin/users", map[string]any{
				"username": who, "email": who + "@example.org", "password": "password1", "must_change_password": false,
			})
		}
	}
	f.want(201, "alice", "POST", "/user/repos", map[string]any{"name": "project", "default_branch": "main"})
	for _, who := range everybody() {
		if who != "alice" {
			f.want(204, "alice", "PUT", "/repos/alice/project/collaborators/"+who, map[string]any{"permission": "write"})
		}
	}
	w.begin("--kind gitea")
	key := w.sh(git, `cat "$1"`, home+"/forge.pub")
	w.do("", `printf '\n[[principal]]\nname = "forge"\nrole = "service"\nemails = ["forge@example.org"]\n`+
		`introduced-by = "alice"\nkeys = [{ ssh = "%s" }]\n' "$1" >>countersign/policy.toml && countersign policy check`, key)
	w.play()

	w.part("merge button", func(w *world) { (&forge{w, at}).playMerge() })
	w.part("other buttons", func(w *world) { (&forge{w, at}).playButtons() })
	w.part("what runs no push", func(w *world) { (&forge{w, at}).playBeside() })
	w.part("hooks written anew", func(w *world) {
		(&forge{w, at}).want(204, "alice", "POST", "/admin/cron/resync_all_hooks", nil)
		w.sh(git, `"$1" --config "$2/app.ini" admin regenerate hooks`, gitea, home)
		w.refusesStill()
	})
}

// call asks Gitea's API as somebody, and gives the status and what it answers.
func (f *forge) call(who, method, path string, body any) (int, string) {
	f.Helper()
	text, err := json.Marshal(body)
	f.check(err)
	req, err := http.NewRequest(method, f.at+"/api/v1"+path, bytes.NewReader(text))
	f.check(err)
	req.SetBasicAuth(who, "password1")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	f.check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	f.check(err)
	return resp.StatusCode, string(answer)
}

// want is call, and wants a status.
func (f *forge) want(status int, who, method, path string, body any) string {
	f.Helper()
	got, answer := f.call(who, method, path, body)
	if got != status {
		f.Errorf("%s %s as %s: status %d, want %d: %s", method, path, who, got, status, answer)
	}
	return answer
}

// propose has somebody push a commit to a branch, and ask for it to be merged. It gives the request's number.
func (f *forge) propose(who, branch, file string) int {
	f.Helper()
	if _, err := os.Stat(f.path("home/" + who + "/clone")); err != nil {
		f.clone(who)
	}
	f.do(who, `git fetch -q && git checkout -q --detach origin/main`)
	f.commit(who, file, "text of "+file+"\n")
	f.push(who, true, "", "HEAD:refs/heads/"+branch)
	var pull struct{ Number int }
	answer := f.want(201, who, "POST", "/repos/alice/project/pulls",
		map[string]any{"head": branch, "base": "main", "title": branch})
	f.check(json.Unmarshal([]byte(answer), &pull))
	return pull.Number
}

// press merges a request in some way, once Gitea has looked whether it can be merged.
func (f *forge) press(status int, number int, way string) {
	f.Helper()
	pull := fmt.Sprintf("/repos/alice/project/pulls/%d", number)
	waitFor(f.T, "Gitea knows that "+pull+" can be merged", func() bool {
		_, answer := f.call("alice", "GET", pull, nil)
		return strings.Contains(answer, `"mergeable":true`)
	})
	f.want(status, "alice", "POST", pull+"/merge", map[string]any{"Do": way})
}

// playMerge: what the forge merges adds nothing and is signed by its key.
func (f *forge) playMerge() {
	f.press(200, f.propose("lasse", "by-lasse", "src/f.c"), "merge")
	if got := f.do("", `git log -1 --format=%P main | wc -w`); strings.TrimSpace(got) != "2" {
		f.Errorf("main's tip has %s parents, want 2", got)
	}

	// A branch that is brought up to date by the forge, and then merged.
	number := f.propose("lasse", "behind", "src/g.c")
	f.do("alice", `git fetch -q && git reset -q --hard origin/main`)
	f.commit("alice", "src/h.c", "int h;\n")
	f.push("alice", true, nothingAgainst, "HEAD:main")
	f.want(200, "lasse", "POST", fmt.Sprintf("/repos/alice/project/pulls/%d/update?style=merge", number), nil)
	f.press(200, number, "merge")

	// What a stranger wrote doesn't get better by a button.
	main := f.tip("refs/heads/main")
	number = f.propose(stranger, "by-stranger", "src/i.c")
	f.press(409, number, "merge")
	if got := f.tip("refs/heads/main"); got != main {
		f.Errorf("main is at %s, want %s", got, main)
	}
}

// playButtons: what the forge writes itself has nobody behind it.
func (f *forge) playButtons() {
	main := f.tip("refs/heads/main")
	f.press(409, f.propose("lasse", "to-squash", "src/k.c"), "squash")
	contents := map[string]any{"content": "aW50IGw7Cg==", "message": "edit", "branch": "main"}
	f.want(403, "lasse", "POST", "/repos/alice/project/contents/src/l.c", contents)
	if got := f.tip("refs/heads/main"); got != main {
		f.Errorf("main is at %s, want %s", got, main)
	}
	contents["branch"] = "to-squash"
	f.want(201, "lasse", "POST", "/repos/alice/project/contents/src/l.c", contents)
}

// playBeside: for these Gitea runs no push; the guard stops them where the ref is protected.
func (f *forge) playBeside() {
	before := f.do("", `git for-each-ref refs/heads/main refs/heads/release refs/tags/v1`)
	repo := "/repos/alice/project"
	f.want(500, "lasse", "POST", repo+"/tags", map[string]any{"tag_name": "v5", "target": "main"})
	f.want(500, "lasse", "POST", repo+"/tags", map[string]any{"tag_name": "v6", "target": "main", "message": "six"})
	f.want(500, "lasse", "POST", repo+"/releases", map[string]any{"tag_name": "v7", "target_commitish": "main"})
	f.want(500, "alice", "DELETE", repo+"/tags/v1", nil)
	f.want(500, "alice", "DELETE", repo+"/branches/release%2Fc01", nil)
	f.want(500, "alice", "PATCH", repo+"/branches/main", map[string]any{"name": "trunk"})
	f.want(500, "alice", "PATCH", repo+"/branches/topic", map[string]any{"name": "release/topic"})
	if got := f.do("", `git for-each-ref refs/heads/main refs/heads/release refs/tags/v1`); got != before {
		f.Errorf("refs were\n%s\nand are\n%s", before, got)
	}
	if got := f.do("", `git tag -l 'v[5-9]'`); got != "" {
		f.Errorf("tags were made: %s", got)
	}
	// Control: of what isn't protected.
	f.want(201, "lasse", "POST", repo+"/tags", map[string]any{"tag_name": "nightly", "target": "main"})
	f.want(204, "alice", "DELETE", repo+"/tags/nightly", nil)
	f.want(204, "alice", "PATCH", repo+"/branches/topic", map[string]any{"name": "another"})
	f.want(204, "alice", "DELETE", repo+"/branches/another", nil)
	f.do("", `countersign log compare && countersign doctor`)
}
