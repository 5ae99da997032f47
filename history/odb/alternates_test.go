package odb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/regular"
)

// Each repository has a file of its own, and one with alternates. What git reads is read, and nothing else.
func TestAlternates(t *testing.T) {
	t.Parallel()
	chain := func(n int) map[int]string {
		links := make(map[int]string)
		for i := range n {
			links[i] = fmt.Sprintf("../../%d/objects\n", i+1)
		}
		return links
	}
	for _, test := range []struct {
		name  string
		lists map[int]string // info/alternates of each repository; ROOT is the folder of all
		want  string         // the repositories that are read, in order; or an error
	}{
		{"none", nil, "0"},
		{"an absolute path", map[int]string{0: "ROOT/1/objects\n"}, "0 1"},
		{"without a line's end", map[int]string{0: "ROOT/1/objects"}, "0 1"},
		{"relative to the object directory", map[int]string{0: "../../1/objects\n"}, "0 1"},
		{"quoted", map[int]string{0: "\"ROOT/\\061/objects\"\n"}, "0 1"},
		{"a quote that doesn't end", map[int]string{0: "\"ROOT/1/objects\n../../2/objects\n"}, "0 2"},
		{"comments and empty lines", map[int]string{0: "# ROOT/2/objects\n\n\nROOT/1/objects\n#"}, "0 1"},
		{
			"nested, each after who names it",
			map[int]string{0: "ROOT/1/objects\nROOT/3/objects\n", 1: "../../2/objects"},
			"0 1 2 3",
		},
		{"what isn't there", map[int]string{0: "ROOT/nowhere\nROOT/1/objects\n"}, "0 1"},
		{"a circle", map[int]string{0: "ROOT/1/objects\n", 1: "ROOT/0/objects\nROOT/2/objects\n"}, "0 1 2"},
		{"itself", map[int]string{0: "ROOT/0/objects\n../../0/objects/../objects\n"}, "0"},
		{"as deep as git goes", chain(6), "0 1 2 3 4 5 6"},
		{"deeper", chain(7), "alternates nested more than 5 deep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := must(filepath.EvalSymlinks(t.TempDir()))
			var repos []testRepo
			for i := range 8 {
				r := testRepo{t, filepath.Join(root, fmt.Sprint(i))}
				r.run("", "init", "-q", "--bare", r.dir)
				r.run(fmt.Sprint(i), "hash-object", "-w", "--stdin")
				repos = append(repos, r)
			}
			for i, list := range test.lists {
				list = strings.ReplaceAll(list, "ROOT", root)
				writeFile(t, filepath.Join(repos[i].objects(), "info", "alternates"), []byte(list))
			}
			dirs, err := Dirs([]string{repos[0].objects()})
			var got []string
			for _, dir := range dirs {
				got = append(got, filepath.Base(filepath.Dir(dir)))
			}
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				return
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			var theirs []string
			for i := range 8 {
				id := nameOf(Blob, fmt.Sprint(i)).String()
				if !strings.Contains(repos[0].run(id+"\n", "cat-file", "--batch-check"), "missing") {
					theirs = append(theirs, fmt.Sprint(i))
				}
			}
			if strings.Join(theirs, " ") != test.want {
				t.Errorf("git reads %q", theirs)
			}
		})
	}
}

// TestAlternatesFile: a list that isn't a file, or has no end, isn't read.
func TestAlternatesFile(t *testing.T) {
	t.Parallel()
	dir := must(filepath.EvalSymlinks(t.TempDir()))
	list := filepath.Join(dir, "info", "alternates")
	writeFile(t, list, []byte(strings.Repeat("\n", maxAlternates)))
	if _, err := Dirs([]string{dir}); err != nil {
		t.Error(err)
	}
	writeFile(t, list, []byte(strings.Repeat("\n", maxAlternates+1)))
	if _, err := Dirs([]string{dir}); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(list), os.Symlink(os.DevNull, list)); err != nil {
		t.Fatal(err)
	}
	if _, err := Dirs([]string{dir}); !errors.Is(err, regular.ErrNot) {
		t.Error(err)
	}
}

// Directories are asked in the order in which they are given, and those that are the same once.
func TestDirectoriesInOrder(t *testing.T) {
	t.Parallel()
	root := must(filepath.EvalSymlinks(t.TempDir()))
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	for _, dir := range []string{a, b} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(a, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(a, "info", "alternates"), []byte("../b\n"))
	dirs, err := Dirs([]string{filepath.Join(root, "nowhere"), b, filepath.Join(root, "link"), a})
	if err != nil || strings.Join(dirs, " ") != b+" "+a {
		t.Errorf("%q, %v", dirs, err)
	}
}
