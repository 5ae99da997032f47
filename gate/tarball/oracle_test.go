package tarball

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/history"
	"countersign/policy"
)

// repository is a work tree in which tests run git.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

// git runs git, with nobody's configuration but its own.
func (r repository) git(args ...string) []byte { return r.gitIn("", args...) }

func (r repository) gitIn(stdin string, args ...string) []byte {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"XDG_CONFIG_HOME=/nonexistent", "GIT_AUTHOR_NAME=A U. Thor (x)", "GIT_AUTHOR_EMAIL=a.u+thor@example.org",
		"GIT_AUTHOR_DATE=1700000000 -0330", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org",
		"GIT_COMMITTER_DATE=1700000777 +0000")
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %q: %v", args, err)
	}
	return out
}

func (r repository) write(name, content string) {
	r.t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

func (r repository) commit() {
	r.git("add", "-A")
	r.git("commit", "-q", "--no-gpg-sign", "-m", "x")
}

// compare compares an archive with HEAD.
func (r repository) compare(b []byte, allowed policy.Allowed) (*Comparison, error) {
	r.t.Helper()
	repo, head := r.open()
	defer repo.Close()
	return Compare(r.t.Context(), repo, head, bytes.NewReader(b), int64(len(b)), allowed)
}

// open opens a reader, which is to be closed, and gives HEAD.
func (r repository) open() (history.Repo, history.ID) {
	r.t.Helper()
	repo, err := history.Open(history.Options{Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	head, err := repo.Resolve(r.t.Context(), "HEAD")
	if err != nil {
		r.t.Fatal(err)
	}
	return repo, head
}

// lines gives items one a line.
func lines(items []Item) (all []string) {
	for _, i := range items {
		line := i.What + " " + i.Path
		if i.Line > 0 {
			line += fmt.Sprintf(":%d", i.Line)
		}
		all = append(all, line)
	}
	return all
}

const someAttributes = `# a remark
[attr]release export-ignore -text
*.md export-ignore
README.md -export-ignore
/top export-ignore
doc/ export-ignore
src/*.tmp export-ignore
"with space/*" export-ignore
a/**/z export-ignore
**/hidden export-ignore
[[:upper:]]x[!0-9]? export-ignore
macro.* release
version export-subst
*.bat eol=crlf
*.sh text eol=lf
!negative export-ignore
escaped\*star export-ignore
`

const someFormats = `commit $Format:%H$ and tree $Format:%T$
no parents: $Format:%P$$Format:%p$
short $Format:%h %t$ of $Format:%an <%ae> %al$
dates $Format:%ad|%ai|%aI|%aD|%at|%as$
committed $Format:%cn %cd %ci %cI %ct %cs$
refs$Format:%d$ $Format:%D$, 100%% $Format:%%$
described as $Format:%(describe)$ or $Format:%(describe:tags=true)$
price: $5
`

// What git archive makes of a tree doesn't differ from it, whatever its attributes say, and what it left out is said.
func TestGitArchive(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	names := []string{
		"README.md", "x.md", "top", "deep/top", "doc/a", "deep/doc/b", "src/a.tmp", "src/a.c",
		"src/deep/b.tmp", "with space/a",
		"a/z", "a/b/z", "a/b/c/z", "b/hidden", "hidden", "Qxyz", "Qx1z", "macro.c", "run.sh", "negative", "escaped*star", "ä",
		"other/keep.md", "other/x.tmp", "nested/deep/z/y", "empty",
	}
	for _, name := range names {
		r.write(name, "text of "+name+"\n")
	}
	r.write("empty", "")
	r.write(".gitattributes", someAttributes)
	r.write("other/.gitattributes", "*.md !export-ignore\n*.tmp export-ignore\n")
	r.write("nested/.gitattributes", "/deep export-ignore\n")
	r.write("version", someFormats)
	r.write("run.bat", "one\ntwo\n")
	r.write("binary", "\x00\x01\xff")
	if err := os.Symlink("../x.md", filepath.Join(r.dir, "src/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.commit()
	r.git("tag", "v1.0")
	tree := strings.Split(strings.TrimSuffix(string(r.git("ls-tree", "-r", "-z", "--name-only", "HEAD")), "\x00"), "\x00")
	for _, form := range [][]string{{"tar"}, {"tar", "--prefix=p-1.0/"}, {"zip"}, {"zip", "--prefix=p-1.0/"}, {"tar.gz"}} {
		archived := r.git(append([]string{"archive", "--format=" + form[0], "HEAD"}, form[1:]...)...)
		c, err := r.compare(archived, policy.Allowed{})
		if err != nil {
			t.Fatalf("%q: %v", form, err)
		}
		var ignored []string
		for _, i := range c.Allowed {
			if i.What == Ignored {
				ignored = append(ignored, i.Path)
			}
		}
		if len(c.Differences) > 0 || len(ignored) < 8 || len(ignored)+c.Files != len(tree) {
			t.Errorf("%q: %q differ; %d of %d files are there, and left out are %q",
				form, lines(c.Differences), c.Files, len(tree), ignored)
		}
		if got := lines(c.Allowed); !slices.Contains(got, "line-ends run.bat") ||
			!slices.Contains(got, "substituted version:7") ||
			slices.Contains(got, "substituted version:8") {
			t.Errorf("%q: %q", form, got)
		}
		if (c.Folder == "p-1.0") != (len(form) > 1) {
			t.Errorf("%q: the folder is %q", form, c.Folder)
		}
	}
}

// What a pattern matches git check-attr says.
func TestCheckAttr(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"a", "b", "*", "?", "/", "/", "**", "[ab]", "[!a]", "[a-c]", `\a`, `\*`,
		"[[:alpha:]]", "ab", "**/", "/**", "[]a]", ".",
	}
	pathWords := []string{"a", "b", "c", "/", "/", "ab", ".", "*", "]"}
	pick := func(from []string, most int) (s string) {
		for range 1 + random.IntN(most) {
			s += from[random.IntN(len(from))]
		}
		return s
	}
	var text strings.Builder
	attributes := newAttributes()
	var names []string
	for n := range 300 {
		pattern := pick(words, 5)
		if strings.HasPrefix(pattern, "#") || strings.HasPrefix(pattern, "!") {
			continue
		}
		name := fmt.Sprintf("a%d", n)
		fmt.Fprintf(&text, "%s %s\n", pattern, name)
		names = append(names, name)
	}
	r.write(".gitattributes", text.String())
	attributes.add("", []byte(text.String()))
	var paths []string
	for range 200 {
		p := strings.Trim(pick(pathWords, 6), "/")
		for strings.Contains(p, "//") {
			p = strings.ReplaceAll(p, "//", "/")
		}
		if p == "" || slices.Contains(strings.Split(p, "/"), ".") || slices.Contains(strings.Split(p, "/"), "..") {
			continue
		}
		paths = append(paths, p)
	}
	out := r.gitIn(strings.Join(paths, "\x00")+"\x00", append([]string{"check-attr", "-z", "--stdin"}, names...)...)
	fields := strings.Split(string(out), "\x00")
	set, differ := 0, 0
	for i := 0; i+2 < len(fields); i += 3 {
		path, name, value := fields[i], fields[i+1], fields[i+2]
		got := attributes.of(path, false)[name]
		if got == "" {
			got = unspecified
		}
		if got != value {
			if differ++; differ < 20 {
				n := slices.Index(names, name)
				t.Errorf("%q of %q: %s, git says %s", strings.Split(text.String(), "\n")[n], path, got, value)
			}
		}
		if value == isSet {
			set++
		}
	}
	if set < 100 {
		t.Errorf("only %d matches", set)
	}
}
