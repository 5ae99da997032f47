package odb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"countersign/internal/objectid"
)

// testRepo is a repository that the git program made.
type testRepo struct {
	t   testing.TB
	dir string
}

func newRepo(t testing.TB, args ...string) testRepo {
	t.Helper()
	r := testRepo{t, filepath.Join(t.TempDir(), "repo.git")}
	r.run("", append([]string{"init", "-q", "--bare", r.dir}, args...)...)
	return r
}

// run runs git in the repository.
func (r testRepo) run(stdin string, args ...string) string {
	r.t.Helper()
	if args[0] != "init" {
		args = append([]string{"--git-dir=" + r.dir}, args...)
	}
	cmd := exec.Command("git", args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

func (r testRepo) objects() string { return filepath.Join(r.dir, "objects") }

// grow adds so many commits, with files that change a little and make good deltas, and a tag.
func (r testRepo) grow(branch string, seed uint64, commits int) {
	r.t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	var lines [4][]string
	for i := range lines {
		for range 50 * (i*i*i*i + 1) {
			lines[i] = append(lines[i], strconv.FormatUint(random.Uint64(), 36))
		}
	}
	var in strings.Builder
	data := func(s string) { fmt.Fprintf(&in, "data %d\n%s\n", len(s), s) }
	for n := range commits {
		fmt.Fprintf(&in, "commit refs/heads/%s\nmark :%d\ncommitter Ann <ann@example.org> %d +0000\n", branch, n+1, n)
		data(fmt.Sprintf("change %d", n))
		for i := range lines {
			lines[i][random.IntN(len(lines[i]))] = "changed"
			fmt.Fprintf(&in, "M 100644 inline folder%d/file\n", i)
			data(strings.Join(lines[i], "\n"))
		}
		fmt.Fprintf(&in, "M 100644 inline empty\n")
		data("")
	}
	fmt.Fprintf(&in, "tag %s-tag\nfrom :1\ntagger Ann <ann@example.org> 0 +0000\n", branch)
	data("a tag")
	r.run(in.String(), "-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet")
}

// conforms compares all objects with what git says of them.
func conforms(t *testing.T, r testRepo, o Options) {
	t.Helper()
	db, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	out := r.run("", "cat-file", "--batch-all-objects", "--batch")
	type object struct {
		id      objectid.ID
		kind    string
		content string
	}
	var objects []object
	for out != "" {
		header, rest, _ := strings.Cut(out, "\n")
		words := strings.Fields(header)
		id, err := objectid.Parse(words[0])
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.Atoi(words[2])
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object{id, words[1], rest[:size]})
		out = rest[size+1:]
	}
	if len(objects) < 5 {
		t.Fatalf("only %d objects", len(objects))
	}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for _, i := range rand.New(rand.NewPCG(7, uint64(worker))).Perm(len(objects)) {
				want := objects[i]
				size, keep := int64(len(want.content)), int64(i%100)
				kind, statSize, err := db.Stat(want.id)
				if err != nil || kind.String() != want.kind || statSize != size {
					t.Errorf("Stat of %s %s: %v, %d, %v, want %d", want.kind, want.id, kind, statSize, err, size)
				}
				kind, first, headSize, err := db.Head(want.id, keep, size)
				if err != nil || kind.String() != want.kind || headSize != size ||
					string(first) != want.content[:min(keep, size)] {
					t.Errorf("Head of %s %s: %v, %d, %v, want %d", want.kind, want.id, kind, headSize, err, size)
				}
				kind, content, err := db.Read(want.id, size)
				if err != nil || kind.String() != want.kind || string(content) != want.content {
					t.Errorf("Read of %s %s: %v, %v, or another content", want.kind, want.id, kind, err)
				}
			}
		})
	}
	wait.Wait()
}

func TestReadsWhatGitReads(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		for _, test := range []struct {
			name  string
			pack  func(r testRepo)
			wants []string // what must have been made, for the test to say something
		}{
			{"loose", func(testRepo) {}, []string{"??"}},
			{"a pack", func(r testRepo) { r.run("", "repack", "-adfq") }, []string{"pack/*.pack"}},
			{"a pack of long chains", func(r testRepo) { r.run("", "repack", "-adfq", "--depth=4000", "--window=20") }, nil},
			{"deltas by name", func(r testRepo) {
				r.run("", "-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
			}, nil},
			{"an index of version 1", func(r testRepo) { r.run("", "-c", "pack.indexVersion=1", "repack", "-adfq") }, nil},
			{"large offsets", func(r testRepo) {
				r.run("", "repack", "-adfq")
				packs, _ := filepath.Glob(r.objects() + "/pack/*.pack")
				r.run("", "index-pack", "--index-version=2,0x40", packs[0])
			}, nil},
			{"two packs and loose", func(r testRepo) {
				r.run("", "repack", "-dq")
				r.grow("second", 1, 10)
				r.run("", "repack", "-dq")
				r.grow("third", 2, 3)
			}, []string{"??", "pack/*.pack"}},
			{"a multi-pack-index over some packs", func(r testRepo) {
				r.run("", "repack", "-dq")
				r.grow("second", 1, 10)
				r.run("", "repack", "-dq")
				r.run("", "multi-pack-index", "write")
				r.grow("third", 2, 3)
				r.run("", "repack", "-dq")
			}, []string{"pack/multi-pack-index"}},
			{"zlib at its most, and not at all", func(r testRepo) {
				r.run("", "-c", "core.compression=9", "repack", "-adfq")
				r.grow("second", 1, 10)
				r.run("", "-c", "core.compression=0", "repack", "-dFq")
			}, nil},
		} {
			t.Run(format+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				r := newRepo(t, "--object-format="+format)
				r.grow("main", 0, 15)
				test.pack(r)
				for _, want := range test.wants {
					if found, _ := filepath.Glob(filepath.Join(r.objects(), want)); len(found) == 0 {
						t.Errorf("no %s", want)
					}
				}
				conforms(t, r, Options{Dirs: []string{r.objects()}, SHA256: format == "sha256"})
			})
		}
	}
}
