package tarball

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/internal/archive"
	"countersign/policy"
)

// packed is a tar of entries, each "NAME=CONTENT", "NAME->TARGET", or "+NAME=CONTENT" of a file that may be run.
func packed(t *testing.T, entries ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Mode: 0o644}
		name, content, isFile := strings.Cut(e, "=")
		if !isFile {
			name, h.Linkname, _ = strings.Cut(e, "->")
			h.Typeflag = tar.TypeSymlink
		}
		if exec, ok := strings.CutPrefix(name, "+"); ok {
			name, h.Mode = exec, 0o755
		}
		h.Name, h.Size = name, int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sum is that of "made\n".
const sum = "c3a52fe3ee5bb0da8a9fc3b71bcd29d8c0ac6d3b1c3cd2b0ac0d3e42fcb1fd1f"

func TestCompare(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a.c", "one\ntwo\nthree\n")
	r.write("bin", "\x00old")
	r.write("run", "#!/bin/sh\n")
	r.write("dir/a", "a\n")
	r.write("version", "v $Format:%h$\nas is\n")
	r.write(".gitattributes", "version export-subst\n")
	for name, to := range map[string]string{"link": "a.c", "other": "dir"} {
		if err := os.Symlink(to, filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(r.dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.commit()
	short := string(r.git("rev-parse", "--short", "HEAD"))
	whole := map[string]string{
		"a.c": "a.c=one\ntwo\nthree\n", "bin": "bin=\x00old", "run": "+run=#!/bin/sh\n", "dir/a": "dir/a=a\n",
		"link":  "link->a.c",
		"other": "other->dir", "version": "version=v " + short + "as is\n",
		".gitattributes": ".gitattributes=version export-subst\n",
	}
	generated := func(paths ...string) policy.Generated { return policy.Generated{Paths: paths, MadeBy: "make it"} }
	tests := map[string]struct {
		change  map[string]string // in place of what the tree has; "" for nothing
		more    []string
		allowed policy.Allowed
		differ  []string
		allow   []string
		text    string // of the first difference
	}{
		"the same": {allow: []string{"substituted version:1"}},
		"only in the archive": {
			more: []string{"m4/x.m4=made\n"}, differ: []string{"added m4/x.m4"}, allow: []string{"substituted version:1"},
		},
		"allowed": {
			more:    []string{"m4/x.m4=made\n", "m4/to->x.m4"},
			allowed: policy.Allowed{Generated: []policy.Generated{generated("m4/*")}},
			allow:   []string{"generated m4/to", "generated m4/x.m4", "substituted version:1"},
		},
		"another name than the allowed": {
			more: []string{"m5/x.m4=made\n"}, allowed: policy.Allowed{Generated: []policy.Generated{generated("m4/*")}},
			differ: []string{"added m5/x.m4"}, allow: []string{"substituted version:1"},
		},
		"allowed as new, and in the tree": {
			change:  map[string]string{"a.c": "a.c=one\nTWO\nthree\n"},
			allowed: policy.Allowed{Generated: []policy.Generated{generated("**")}},
			differ:  []string{"changed a.c:2"}, allow: []string{"substituted version:1"}, text: "the first line that differs",
		},
		"allowed as rewritten": {
			change:  map[string]string{"a.c": "a.c=one\nTWO\nthree\n"},
			allowed: policy.Allowed{Rewritten: []policy.Generated{generated("a.c")}},
			allow:   []string{"rewritten a.c:2", "substituted version:1"},
		},
		"allowed as rewritten, and new": {
			more: []string{"b.c=x\n"}, allowed: policy.Allowed{Rewritten: []policy.Generated{generated("*.c")}},
			differ: []string{"added b.c"}, allow: []string{"substituted version:1"},
		},
		"another content than the allowed": {
			more: []string{"m4/x.m4=evil\n"},
			allowed: policy.Allowed{Generated: []policy.Generated{
				generated("**"), {Paths: []string{"m4/*"}, MadeBy: "make it", SHA256: []string{sum}},
			}},
			differ: []string{"added m4/x.m4"}, allow: []string{"substituted version:1"}, text: "none of those that are allowed",
		},
		"missing": {
			change: map[string]string{"a.c": "", "link": ""}, differ: []string{"missing a.c", "missing link"},
			allow: []string{"substituted version:1"},
		},
		"left out": {
			change:  map[string]string{"dir/a": ""},
			allowed: policy.Allowed{LeftOut: []policy.LeftOut{{Paths: []string{"dir/**"}, Why: "so"}}},
			allow:   []string{"left-out dir/a", "substituted version:1"},
		},
		"longer": {
			change: map[string]string{"a.c": "a.c=one\ntwo\nthree\nfour\n"}, differ: []string{"changed a.c:4"},
			allow: []string{"substituted version:1"}, text: "after the end of the tree's",
		},
		"shorter": {
			change: map[string]string{"a.c": "a.c=one\n"}, differ: []string{"changed a.c:2"},
			allow: []string{"substituted version:1"},
			text:  "ends before",
		},
		"other ends of lines": {
			change: map[string]string{"a.c": "a.c=one\r\ntwo\r\nthree\r\n"}, differ: []string{"changed a.c:1"},
			allow: []string{"substituted version:1"}, text: "another ending",
		},
		"binary": {
			change: map[string]string{"bin": "bin=\x00newer"}, differ: []string{"changed bin"},
			allow: []string{"substituted version:1"},
			text:  "6 bytes, 4 in the tree",
		},
		"modes": {
			change: map[string]string{"a.c": "+a.c=one\ntwo\nthree\n", "run": "run=#!/bin/sh\n"},
			differ: []string{"mode a.c", "mode run"}, allow: []string{"substituted version:1"}, text: "it may be run",
		},
		"links": {
			change: map[string]string{"link": "link->/etc/passwd", "other": "other=dir", "dir/a": "dir/a->../a.c"},
			differ: []string{"kind dir/a", "target link", "kind other"}, allow: []string{"substituted version:1"},
			text: "a symbolic link in the archive, a file in the tree",
		},
		"a folder became a file": {
			change: map[string]string{"dir/a": "dir=x"}, allowed: policy.Allowed{Generated: []policy.Generated{generated("**")}},
			differ: []string{"kind dir", "missing dir/a"}, allow: []string{"substituted version:1"}, text: "it is a folder",
		},
		"a file became a folder": {
			change: map[string]string{"a.c": "a.c/x=1"}, allowed: policy.Allowed{Generated: []policy.Generated{generated("**")}},
			differ: []string{"missing a.c", "added a.c/x"}, allow: []string{"substituted version:1"},
		},
		"another case": {
			more: []string{"A.c=x\n"}, allowed: policy.Allowed{Generated: []policy.Generated{generated("**")}},
			differ: []string{"added A.c"}, allow: []string{"substituted version:1"}, text: "takes the place of a.c",
		},
		"two of one name in another case": {
			more: []string{"x/b=1", "x/B=2"}, allowed: policy.Allowed{Generated: []policy.Generated{generated("**")}},
			differ: []string{"added x/b"},
			allow:  []string{"substituted version:1", "generated x/B"}, text: "takes the place of x/B",
		},
		"another commit": {
			change: map[string]string{"version": "version=v 0000000\nas is\n"}, differ: []string{"changed version:1"},
			text: "in part at most",
		},
		"more than is substituted": {
			change: map[string]string{"version": "version=v " + short + "as it was\n"}, differ: []string{"changed version:1"},
		},
		"a line more than is substituted": {
			change: map[string]string{"version": "version=v " + short + "as is\nrm -r /\n"},
			differ: []string{"changed version:1"},
		},
		"not substituted at all": {change: map[string]string{"version": "version=v $Format:%h$\nas is\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var entries []string
			for path, entry := range whole {
				if other, changed := test.change[path]; changed {
					entry = other
				}
				if entry != "" {
					entries = append(entries, entry)
				}
			}
			slices.Sort(entries)
			c, err := r.compare(packed(t, append(entries, test.more...)...), test.allowed)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.differ, lines(c.Differences)); d != "" {
				t.Errorf("differences: %s", d)
			}
			if d := cmp.Diff(test.allow, lines(c.Allowed)); d != "" {
				t.Errorf("allowed: %s", d)
			}
			if test.text != "" && (len(c.Differences) == 0 || !strings.Contains(c.Differences[0].Text, test.text)) {
				t.Errorf("%+v, want %q", c.Differences, test.text)
			}
		})
	}
}

// A content that is pinned is allowed, and said to be.
func TestPinned(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a", "a\n")
	r.commit()
	b := packed(t, "a=a\n", "new=made\n")
	first, err := r.compare(b, policy.Allowed{})
	if err != nil || len(first.Differences) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	c, err := r.compare(b, policy.Allowed{Generated: []policy.Generated{
		{Paths: []string{"new"}, MadeBy: "make it", SHA256: []string{first.Differences[0].SHA256}},
	}})
	if err != nil || len(c.Differences) > 0 || len(c.Allowed) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	if i := c.Allowed[0]; !i.Pinned || i.MadeBy != "make it" {
		t.Errorf("%+v", i)
	}
}

// A folder that all of the archive lies in is taken off, unless it is the tree's own.
func TestFolder(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("src/a", "a\n")
	r.commit()
	for folder, entries := range map[string][]string{
		"": {"src/a=a\n"}, "p-1": {"p-1/src/a=a\n"}, "src": {"src/src/a=a\n"},
	} {
		c, err := r.compare(packed(t, entries...), policy.Allowed{})
		if err != nil || len(c.Differences) > 0 || c.Folder != folder || c.Same != 1 {
			t.Errorf("%q: %+v, %v", folder, c, err)
		}
	}
}

// changing is an archive that is another one when it is read again.
type changing struct {
	first, then *bytes.Reader
	left        int
}

func (c *changing) ReadAt(b []byte, at int64) (int, error) {
	if c.left--; c.left < 0 {
		return c.then.ReadAt(b, at)
	}
	return c.first.ReadAt(b, at)
}

func TestArchiveChanges(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a", "a\n")
	r.commit()
	one, other := packed(t, "a=b\n"), packed(t, "a=c\n")
	repo, head := r.open()
	defer repo.Close()
	failed := 0
	for n := range 20 {
		in := &changing{bytes.NewReader(one), bytes.NewReader(other), n}
		if _, err := Compare(t.Context(), repo, head, in, int64(len(one)), policy.Allowed{}); errors.Is(err, errMoved) {
			failed++
		}
	}
	if failed == 0 {
		t.Error("nobody noticed")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("a", "a\n")
	r.commit()
	if _, err := r.compare([]byte("hello\n"), policy.Allowed{}); !errors.Is(err, archive.ErrFormat) {
		t.Errorf("no archive: %v", err)
	}
	if _, err := r.compare(packed(t, "../a=a\n"), policy.Allowed{}); !errors.Is(err, archive.ErrRefused) {
		t.Errorf("a hostile one: %v", err)
	}
	repo, head := r.open()
	defer repo.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	b := packed(t, "a=a\n")
	if _, err := Compare(ctx, repo, head, bytes.NewReader(b), int64(len(b)), policy.Allowed{}); !errors.Is(err, enough) {
		t.Errorf("broken off: %v", err)
	}
	r.write(".gitattributes", strings.Repeat("#\n", maxAttributes))
	r.commit()
	if _, err := r.compare(b, policy.Allowed{}); !errors.Is(err, errAttributes) {
		t.Errorf("large attributes: %v", err)
	}
}

// A pattern that would take forever takes none.
func TestWildmatchEnds(t *testing.T) {
	t.Parallel()
	if wildmatch(strings.Repeat("a*", 500)+"b", strings.Repeat("a", 4000)) {
		t.Error("it matches")
	}
}
