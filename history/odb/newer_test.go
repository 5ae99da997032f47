package odb

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitTakes says whether the git at hand knows an option. What is asked is its usage, which names them all.
func gitTakes(command, option string) bool {
	out, _ := exec.Command("git", command, "-h").CombinedOutput() // it ends with 129
	return strings.Contains(string(out), option)
}

// What newer git writes is read as well: where the git at hand doesn't know an option, the same is packed without it.
func TestReadsWhatNewerGitWrites(t *testing.T) {
	t.Parallel()
	with := func(command string, options ...string) (known []string) {
		for _, option := range options {
			if name, _, _ := strings.Cut(option, "="); gitTakes(command, strings.TrimPrefix(name, "--")) {
				known = append(known, option)
			}
		}
		return known
	}
	layers := "pack/multi-pack-index"
	if gitTakes("multi-pack-index", "incremental") {
		layers += ".d/*.midx"
	}
	for _, test := range []struct {
		name string
		pack func(r testRepo)
		want string // what must have been made
	}{
		{"deltas found along paths", func(r testRepo) {
			r.run("", append([]string{"repack", "-adfq"}, with("repack", "--path-walk")...)...)
		}, "pack/*.pack"},
		{"deltas found by the second hash of names", func(r testRepo) {
			r.run("", append([]string{"repack", "-adfq"}, with("repack", "--name-hash-version=2")...)...)
		}, "pack/*.pack"},
		{"cruft, and a limit to its packs", func(r testRepo) {
			r.run("", "branch", "-D", "second")
			r.run("", "tag", "-d", "second-tag")
			r.run("", append([]string{"repack", "--cruft", "-dq", "--cruft-expiration=2.weeks.ago"},
				with("repack", "--max-cruft-size=4k")...)...)
		}, "pack/*.mtimes"},
		{"layers of a multi-pack-index", func(r testRepo) {
			layer := append([]string{"multi-pack-index", "write"}, with("multi-pack-index", "--bitmap", "--incremental")...)
			r.run("", "repack", "-adq")
			r.run("", layer...)
			r.grow("third", 2, 3)
			r.run("", "repack", "-dq")
			r.run("", layer...)
		}, layers},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.grow("main", 0, 6)
			r.grow("second", 1, 4)
			test.pack(r)
			if found, err := filepath.Glob(filepath.Join(r.objects(), test.want)); err != nil || len(found) == 0 {
				t.Errorf("no %s, %v", test.want, err)
			}
			conforms(t, r, Options{Dirs: []string{r.objects()}})
		})
	}
}
