package policy

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestJudgeName(t *testing.T) {
	p := refWorld()
	for name, c := range map[string]struct {
		n    NewName
		want []Code
	}{
		"a topic": {NewName{Ref: "refs/heads/topic", New: true}, nil},
		"a tag called as the branch": {
			NewName{Ref: "refs/tags/main", Shadows: []string{"refs/heads/main"}},
			[]Code{RefShadows},
		},
		"a protected one, so called": {
			NewName{Ref: "refs/heads/main", Protected: true, Shadows: []string{"refs/tags/main"}},
			nil,
		},
		"in the way of a pattern": {NewName{Ref: "refs/heads/release", New: true}, []Code{RefName}},
		"shadowed": {
			NewName{Ref: "refs/heads/main", Protected: true, New: true, ShadowedBy: "refs/tags/main"},
			[]Code{RefShadows},
		},
		"a twin":                 {NewName{Ref: "refs/heads/Topic", New: true, Twin: "refs/heads/topic"}, []Code{RefTwin}},
		"a twin of a pattern":    {NewName{Ref: "refs/heads/Release/1", New: true}, []Code{RefTwin}},
		"like an id":             {NewName{Ref: "refs/heads/abcdef0", New: true, AsObject: "abcdef0"}, []Code{RefShadows}},
		"there, and like a twin": {NewName{Ref: "refs/heads/Release/1"}, nil},
	} {
		wantCodes(t, p.JudgeName(c.n), c.want...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// TestHomonymsAreWhatGitFinds pushes refs beside protected ones and asks git, on the server and in a clone, what
// it finds by each short name: where that isn't the protected ref, the name must be known.
func TestHomonymsAreWhatGitFinds(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	git := func(dir string, args ...string) string {
		t.Helper()
		options := []string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}
		cmd := exec.Command("git", append(options, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	find := func(dir, name string) string {
		out, err := exec.Command("git", "-C", dir, "rev-parse", "--verify", "-q", name).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	for protected, names := range map[string][]string{
		"refs/heads/main": {
			"main", "heads/main", "refs/heads/main", "origin/main", "remotes/origin/main", "refs/remotes/origin/main",
		},
		"refs/heads/release/1": {"release/1", "heads/release/1", "origin/release/1"},
		"refs/tags/v1.0":       {"v1.0", "tags/v1.0", "refs/tags/v1.0"},
	} {
		short := names[0]
		for _, shadow := range []string{
			"refs/" + short, "refs/tags/" + short, "refs/heads/" + short, "refs/remotes/" + short,
			"refs/remotes/" + short + "/HEAD", "refs/tags/origin/" + short, "refs/tags/elsewhere/" + short,
			"refs/heads/origin/" + short, "refs/heads/upstream/" + short,
			"refs/heads/heads/" + short, "refs/tags/heads/" + short, "refs/heads/" + protected, "refs/tags/" + protected,
			"refs/refs/heads/" + short, "refs/tags/refs/remotes/origin/" + short, "refs/tags/remotes/origin/" + short,
			"refs/heads/topic", "refs/tags/x-" + short, "refs/heads/" + short + "-fix",
		} {
			if shadow == protected {
				continue
			}
			dir := t.TempDir()
			server, clone := filepath.Join(dir, "s"), filepath.Join(dir, "c")
			git(dir, "init", "-q", "--bare", "--initial-branch=main", server)
			tree := git(server, "hash-object", "-t", "tree", "-w", os.DevNull)
			good, evil := git(server, "commit-tree", "-m", "good", tree), git(server, "commit-tree", "-m", "evil", tree)
			git(server, "update-ref", "refs/heads/main", good)
			git(server, "update-ref", protected, good)
			git(server, "update-ref", shadow, evil)
			git(dir, "clone", "-q", server, clone)
			taken := false
			for _, name := range names {
				for _, in := range []string{server, clone} {
					found := find(in, name)
					taken = taken || found == evil && !(in == server && strings.Contains(name, "origin/"))
				}
			}
			known := slices.Contains(Homonyms(shadow), protected)
			if taken && !known {
				t.Errorf("git finds %s by a name of %s, which isn't known", shadow, protected)
			}
			if known && !slices.ContainsFunc([]string{"/" + short}, func(end string) bool {
				return strings.HasSuffix(strings.TrimSuffix(shadow, "/HEAD"), end)
			}) {
				t.Errorf("%s was taken for %s", shadow, protected)
			}
		}
	}
}

func TestHomonymsOfOthers(t *testing.T) {
	for ref, not := range map[string]string{
		"refs/heads/alice/main":     "refs/heads/main", // a topic of alice's
		"refs/heads/main-fix":       "refs/heads/main",
		"refs/tags/history/v1.0":    "refs/tags/v1.0", // a module in a folder
		"refs/remotes/origin/main":  "refs/heads/main",
		"refs/notes/main":           "refs/heads/main",
		"refs/approvals/x/main":     "refs/heads/main",
		"refs/heads/tags/v1.0/more": "refs/tags/v1.0",
	} {
		if slices.Contains(Homonyms(ref), not) {
			t.Errorf("%s was taken for %s", ref, not)
		}
	}
	for _, ref := range []string{"refs/HEAD", "refs/heads/HEAD", "refs/tags/HEAD", "refs/tags/origin/HEAD"} {
		if !slices.Contains(Homonyms(ref), "HEAD") {
			t.Errorf("%s isn't taken for HEAD", ref)
		}
	}
}

// TestImitations: names that stand where protected ones belong, or look like them to a file system or to Git.
func TestImitations(t *testing.T) {
	p := Default()
	for ref, want := range map[string][3]string{
		"refs/heads/main":              {},
		"refs/heads/main/x":            {"refs/heads/main"},
		"refs/heads/MAIN/x":            {"refs/heads/main"},
		"refs/heads/main./x":           {"refs/heads/main"},
		"refs/heads/main-x":            {},
		"refs/heads/release":           {"refs/heads/release/**"},
		"refs/heads/Release":           {"refs/heads/release/**", "refs/heads/release/**"},
		"refs/heads/release/1":         {},
		"refs/heads/RELEASE/1":         {"", "refs/heads/release/**"},
		"refs/heads/relea\u017fe/1":    {"", "refs/heads/release/**"},
		"refs/heads/rel\u200beease/1":  {},
		"refs/heads/re\u200blease/1":   {"", "refs/heads/release/**"},
		"refs/heads/ma\u017fter":       {"", "refs/heads/master"},
		"refs/heads/ma\ufb06er":        {"", "refs/heads/master"},
		"refs/heads/releases":          {},
		"refs/heads/topic":             {},
		"refs/tags/v1":                 {},
		"refs/tags/V1":                 {"", "refs/tags/v*"},
		"refs/tags/V1/x":               {},
		"refs/tags/nightly":            {},
		"refs/tags/abcdef1":            {"", "", "abcdef1"},
		"refs/tags/ABCDEF1":            {"", "", "ABCDEF1"},
		"refs/heads/1234567":           {"", "", "1234567"},
		"refs/0123456789abcdef":        {"", "", "0123456789abcdef"},
		"refs/remotes/abcdef1/HEAD":    {"", "", "abcdef1"},
		"refs/tags/abcdef":             {},
		"refs/tags/abcdefg":            {},
		"refs/tags/x/abcdef1":          {},
		"refs/notes/abcdef1":           {},
		"refs/heads/caf\u00e9/release": {},
	} {
		if got := [3]string{p.Blocks(ref), p.Imitates(ref), AsObject(ref)}; got != want {
			t.Errorf("%q: %q, want %q", ref, got, want)
		}
	}
}
