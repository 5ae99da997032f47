package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// folder lists what lies in the person's folder out.
func (p *person) folder() string {
	p.Helper()
	files, err := os.ReadDir(filepath.Join(p.dir, "out"))
	if err != nil {
		p.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return strings.Join(names, " ")
}

// A command prints in several formats at once, with the exit code of its verdict.
func TestSeveralFormats(t *testing.T) {
	s, _, _ := newLog(t)
	s.write("out/old", "old\n")
	old := filepath.Join(s.dir, "out", "old")
	if err := os.Chmod(old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("old", filepath.Join(s.dir, "out", "link")); err != nil {
		t.Fatal(err)
	}
	_, want, _ := s.run("", "verify", "topic", "--ref", "main", "--format", "json")
	code, out, errs := s.run("", "verify", "topic", "--ref", "main", "--format", "text", "--format", "json=../out/link",
		"--format", "jsonl=../out/rows", "--format", "junit="+filepath.Join(s.dir, "out", "junit.xml"))
	if code != exitRefused || errs != "" {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	wantOutput(t, "text", out, "countersign: refused")
	wantOutput(t, "rows", s.read("out/rows"), `{"kind":"decision",`, `{"kind":"finding","code":"unsigned",`)
	wantOutput(t, "junit", s.read("out/junit.xml"), `type="unsigned"`)
	if got := s.read("out/old"); got != want {
		t.Errorf("json in a file:\n%s\nwant\n%s", got, want)
	}
	if got, want := s.folder(), "junit.xml link old rows"; got != want {
		t.Errorf("files %q, want %q", got, want)
	}
	for file, want := range map[string]os.FileMode{"old": 0o600, "rows": 0o666 &^ umask(t)} {
		if info, err := os.Stat(filepath.Join(s.dir, "out", file)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want mode %v", file, info.Mode(), err, want)
		}
	}
}

// umask gives the bits that new files don't get.
func umask(t *testing.T) os.FileMode {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_CREATE, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return 0o666 &^ info.Mode()
}

// An output that can't be written is said in one line, with exit code 3, and leaves nothing behind. So does a command
// that doesn't come to an end; what stood there stays.
func TestOutputsThatCannotBeWritten(t *testing.T) {
	s, _, _ := newLog(t)
	s.write("out/old", "old\n")
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{
			"verify --format json=../out/none/x",
			"json=../out/none/x: there is no folder ../out/none: make it, or name another", exitUndecided,
		},
		{"verify --format json=../out", "json=../out: it is a folder", exitUndecided},
		{"verify --format json=../out/old/x", "json=../out/old/x: not a directory", exitUndecided},
		{"verify --format text --format json=/dev/full", "json=/dev/full: no space left on device", exitUndecided},
		{"log --format text --format jsonl=/dev/full", "jsonl=/dev/full: no space left on device", exitUndecided},
		{"verify nothing --format json=../out/old", "", exitUsage},
		{"log show nothing --format json=../out/new", "", exitUsage},
	} {
		code, _, errs := s.run("", strings.Fields(c.args)...)
		if code != c.code || c.want != "" && errs != "countersign: undecided: --format "+c.want+"\n" {
			t.Errorf("%s: exit code %d\n%s", c.args, code, errs)
		}
	}
	if got := s.folder() + " " + s.read("out/old"); got != "old old\n" {
		t.Errorf("left behind: %s", got)
	}
}

// What isn't a file is written to as it is.
func TestOutputToAPipe(t *testing.T) {
	s, _, _ := newLog(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s.must("version", "--format", "json=/dev/fd/"+strconv.Itoa(int(w.Fd())))
	w.Close()
	text := make([]byte, 4096)
	n, err := r.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	wantOutput(t, "version", string(text[:n]), `"modified": `)
}

// The summary of a step is added to, as GitHub asks.
func TestStepSummary(t *testing.T) {
	s, _, _ := newLog(t)
	s.write("out/summary", "before\n")
	summary := filepath.Join(s.dir, "out", "summary")
	getenv := s.env.Getenv
	s.env.Getenv = func(name string) string {
		if name == "GITHUB_STEP_SUMMARY" {
			return summary
		}
		return getenv(name)
	}
	if code, _, errs := s.run("", "verify", "nothing", "--format", "markdown="+summary); code != exitUsage {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	if got := s.read("out/summary"); got != "before\n" {
		t.Errorf("after an error: %q", got)
	}
	for range 2 {
		s.must("verify", s.base, "--format", "markdown="+summary)
	}
	if got := s.read("out/summary"); !strings.HasPrefix(got, "before\n### Countersign: accepted\n") ||
		strings.Count(got, "### Countersign") != 2 {
		t.Errorf("summary:\n%s", got)
	}
}

// Who waits for a reader that never comes can break it off.
func TestOutputToAPipeThatNobodyReads(t *testing.T) {
	p := newPerson(t)
	p.tool("mkfifo", filepath.Join(p.dir, "pipe"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, out, errs := p.runContext(ctx, "", "version", "--format", "json=pipe")
	if code != exitUndecided || out != "" || errs != "countersign: undecided: broken off: 0 commits read by then\n" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// Who may not write in a folder is told so, and not the name under which a file was begun there. Root may, so the error
// is made here.
func TestFolderMayNotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun := &fs.PathError{Op: "open", Path: filepath.Join(dir, ".countersign-ABC"), Err: fs.ErrPermission}
	const want = "permission denied in the folder out, where a new file is made that takes its place: " +
		"name a file in another folder"
	if err := noPlace("out/x", filepath.Join(dir, "x"), begun); err.Error() != want || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
