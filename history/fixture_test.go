package history

import (
	"bytes"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// opener is what makes a reader: Open or OpenGoGit.
type opener = func(Options) (Repo, error)

// eachReader runs a test with both readers.
func eachReader(t *testing.T, test func(t *testing.T, open opener)) {
	t.Helper()
	t.Run("git", func(t *testing.T) { test(t, Open) })
	t.Run("go-git", func(t *testing.T) { test(t, OpenGoGit) })
}

// testRepo is a repository of a test's own, with nobody's configuration in it.
type testRepo struct {
	t   *testing.T
	dir string
}

func newTestRepo(t *testing.T) testRepo {
	t.Helper()
	// The readers start git too, and must find no configuration of this machine.
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	r := testRepo{t: t, dir: filepath.Join(tempDir(t), "repo.git")}
	r.git("init", "-q", "--bare", "--initial-branch=main", r.dir)
	return r
}

// tempDir is t.TempDir with symbolic links resolved, as git prints paths.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// importedRepo is a new repository with a stream of testdata/history in it.
func importedRepo(t *testing.T, stream string) testRepo {
	t.Helper()
	r := newTestRepo(t)
	content, err := os.ReadFile(filepath.Join("..", "testdata", "history", stream))
	if err != nil {
		t.Fatal(err)
	}
	r.feed(content, "fast-import", "--quiet")
	return r
}

// git runs git in the repository and gives its output without the last newline.
func (r testRepo) git(args ...string) string {
	r.t.Helper()
	return r.feed(nil, args...)
}

// feed is git with something to read.
func (r testRepo) feed(stdin []byte, args ...string) string {
	r.t.Helper()
	cmd := r.command(args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r testRepo) command(args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	if args[0] != "init" && args[0] != "clone" {
		cmd.Dir = r.dir
	}
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=Cem Committer", "GIT_COMMITTER_EMAIL=cem@example.org", "GIT_COMMITTER_DATE=1700000000 +0100")
	return cmd
}

// id is the object a revision names.
func (r testRepo) id(rev string) ID {
	r.t.Helper()
	return mustID(r.t, r.git("rev-parse", "--verify", rev))
}

// named finds a commit of any branch by its message's first words.
func (r testRepo) named(subject string) ID {
	r.t.Helper()
	return mustID(r.t, r.git("log", "--all", "--format=%H", "--fixed-strings", "--grep="+subject))
}

func mustID(t *testing.T, hex string) ID {
	t.Helper()
	id, err := ParseID(hex)
	if err != nil {
		t.Fatalf("%q: %v", hex, err)
	}
	return id
}

// write writes a file under the repository's directory.
func (r testRepo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// fingerprint is an Inspect function whose answer depends on everything it is given.
func fingerprint(l Landed) uint32 {
	sum := crc32.ChecksumIEEE(append([]byte(l.Path), l.Head...)) + uint32(l.Size)
	for _, before := range l.Before {
		sum = sum*31 + crc32.ChecksumIEEE(before)
	}
	return sum
}

// open opens the repository with a reader, for as long as the test runs.
func (r testRepo) open(open opener, change ...func(*Options)) Repo {
	r.t.Helper()
	o := Options{Dir: r.dir, Env: os.Getenv, Inspect: fingerprint}
	for _, c := range change {
		c(&o)
	}
	repo, err := open(o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := repo.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return repo
}

// landings collects the landings of a range.
func landings(t *testing.T, repo Repo, r Range) []Landing {
	t.Helper()
	all, err := collect(t, repo, r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// collect gives the landings up to the first error, which must be the last thing to come.
func collect(t *testing.T, repo Repo, r Range) (all []Landing, failed error) {
	t.Helper()
	for l, err := range repo.Landings(t.Context(), r) {
		if failed != nil {
			t.Fatalf("%v came after the error %v", l.Commit.ID, failed)
		}
		if failed = err; err == nil {
			all = append(all, l)
		}
	}
	return all, failed
}

// compare says how two answers differ, to the last byte.
func compare(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b ID) bool { return a == b }), cmpopts.EquateEmpty())
}

func subject(c Commit) string {
	line, _, _ := strings.Cut(string(c.Message), "\n")
	return line
}

func paths(changes []Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Path)
	}
	return all
}
