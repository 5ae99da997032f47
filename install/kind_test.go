package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files in a repository tell whose it is, and a hook of ours what it was installed for.
func TestPlaceTellsTheKind(t *testing.T) {
	t.Parallel()
	for want, file := range map[string]string{
		"gitea as hooks/pre-receive.d/gitea tells": "r.git/hooks/pre-receive.d/gitea",
		"gitolite as gl-conf tells":                "r.git/gl-conf",
		"gitlab as @hashed tells":                  "@hashed/ab/r.git/HEAD",
		" as  tells":                               "r.git/HEAD",
	} {
		file = filepath.Join(t.TempDir(), file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		dir := file[:strings.Index(file, "r.git")+len("r.git")]
		if kind, by := Placed(dir); kind+" as "+by+" tells" != want {
			t.Errorf("%s: got %s by %s", want, kind, by)
		}
	}
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/hooks", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/home/git/.gitolite/hooks/common/update", dir+"/hooks/update"); err != nil {
		t.Fatal(err)
	}
	if kind, by := Placed(dir); kind != Gitolite || by != "hooks/update" {
		t.Errorf("a link of gitolite's: got %s by %s", kind, by)
	}
}

// A repository that another kind of server serves by now has the hooks of that one alone, and is never without.
func TestAnotherKindOfServer(t *testing.T) {
	s := newSite(t)
	s.install("ssh")
	if got := s.look("").Kind; got != "ssh" {
		t.Errorf("nothing tells the kind but the hook itself: got %s", got)
	}
	p, err := PlanServer(s.look("gitlab"), Server{Program: s.program, Kind: "gitlab"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`make folder custom_hooks/pre-receive.d (0755)
write custom_hooks/pre-receive.d/countersign (0755)
make folder custom_hooks/post-receive.d (0755)
write custom_hooks/post-receive.d/countersign (0755)
delete hooks/pre-receive
delete hooks/post-receive
`, p.String()); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	// Our own hook runs no scripts of Gitea's.
	if _, err := PlanServer(s.look("gitea"), Server{Program: s.program, Kind: "gitea", Guard: true}); err == nil ||
		!strings.Contains(err.Error(), "let Gitea write its hooks anew") {
		t.Errorf("without Gitea's hooks: %v", err)
	}
	s.write(s.repo+"/gl-conf", 0o644, "")
	if got := strings.Join(Check(s.look("")), "\n"); !strings.Contains(got,
		"hooks/pre-receive was installed for the kind ssh, and gl-conf shows that this is gitolite") {
		t.Errorf("check: %s", got)
	}
}

// A link to one of our hooks, wherever it stands, is one: nothing is put over it, and nobody takes it out for all.
func TestLinkToOurHook(t *testing.T) {
	s := newSite(t)
	s.install("none")
	folder := filepath.Join(s.dir, "hooks", "common")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pre-receive", "post-receive"} {
		if err := os.Rename(s.hook(name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(folder, name), s.hook(name)); err != nil {
			t.Fatal(err)
		}
	}
	facts := s.look("")
	if got := Check(facts); got != nil {
		t.Errorf("all is well, yet: %q", got)
	}
	if p, err := PlanServer(facts, Server{Program: s.program, Kind: "none"}); err != nil || p.Steps != nil {
		t.Errorf("install again: %v\n%s", err, p)
	}
	if _, err := PlanRemoval(facts, false); err == nil || !strings.Contains(err.Error(), "other repositories are judged") {
		t.Errorf("uninstall: %v", err)
	}
	p, err := PlanRemoval(facts, true)
	if err != nil || p.String() != "delete hooks/pre-receive\ndelete hooks/post-receive\n" {
		t.Errorf("uninstall all: %v\n%s", err, p)
	}
	s.write(filepath.Join(folder, "pre-receive"), 0o755, "#!/bin/sh\nexit 0\n")
	if got := strings.Join(Check(s.look("")), "\n"); !strings.Contains(got, "hooks/pre-receive is not the hook") ||
		!strings.Contains(got, "install --all FOLDER") {
		t.Errorf("a link to another's: %s", got)
	}
}

// What Git runs is in what repositories a folder holds, however deep, by a link too, each once.
func TestRepositoriesOfAFolder(t *testing.T) {
	s := newSite(t)
	dir := filepath.Join(s.dir, "all")
	s.git(s.dir, "init", "-q", "--bare", "all/team/a.git")
	s.git(s.dir, "init", "-q", "all/work")
	for link, to := range map[string]string{"b.git": s.repo, "again.git": dir + "/team/a.git", "nowhere": "/nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Repositories(dir)
	if diff := cmp.Diff([]string{dir + "/team/a.git", dir + "/work/.git", s.repo}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := Repositories(filepath.Join(dir, "team/a.git/hooks")); err == nil {
		t.Error("a folder without any: no error")
	}
}

// Where several users push as themselves, all of them must read the policy of many repositories.
func TestSharedRepositoryReadsTheCommonPolicy(t *testing.T) {
	s := newSite(t)
	common := filepath.Join(s.dir, "policy")
	s.write(common+"/policy.toml", 0o644, "")
	s.write(common+"/keys/alice.asc", 0o640, "")
	s.git(s.repo, "config", "core.sharedRepository", "group")
	p, err := PlanServer(s.look("none"), Server{Program: s.program, Kind: "none", Common: common})
	if err != nil {
		t.Fatal(err)
	}
	if err := Apply(p); err != nil {
		t.Fatal(err)
	}
	if got := Check(s.look("")); got != nil {
		t.Errorf("all is well, yet: %q", got)
	}
	s.write(common+"/keys/alice.asc", 0o600, "")
	if got := strings.Join(Check(s.look("")), "\n"); !strings.Contains(got, "its group can't read all of ") {
		t.Errorf("a key that the group can't read: %q", got)
	}
}

// Root, looking at another user's repository, runs nothing that this user wrote there.
func TestAttackRootRunsNothingOfOthers(t *testing.T) {
	s := newSite(t)
	s.install("none")
	s.write(s.program, 0o755, "#!/bin/sh\ntouch '"+s.dir+"/ran'\n")
	s.write(s.hook("update"), 0o755, "#!/bin/sh\n# countersign hook update\ntouch '"+s.dir+"/ran'\n")
	place := plain.place(preReceive)
	for _, c := range []struct {
		owner, user int
		runs        bool
	}{{7, 7, true}, {0, 0, true}, {7, 8, true}, {7, 0, false}} {
		f := Facts{GitDir: s.repo, owner: c.owner, user: c.user}
		if err := os.RemoveAll(s.dir + "/ran"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.lookAt(s.Context(), place); err != nil {
			t.Fatal(err)
		}
		if ran := s.read(s.dir + "/ran"); at(s.dir+"/ran").exists != c.runs {
			t.Errorf("user %d in the repository of %d: ran %q, want %v", c.user, c.owner, ran, c.runs)
		}
		if err := os.RemoveAll(s.dir + "/ran"); err != nil {
			t.Fatal(err)
		}
		if judges, _, err := lookAtUpdate(s.Context(), s.repo, f.mayRun()); err != nil || !judges ||
			at(s.dir+"/ran").exists != c.runs {
			t.Errorf("user %d in the repository of %d: update judges %v, %v", c.user, c.owner, judges, err)
		}
	}
}
