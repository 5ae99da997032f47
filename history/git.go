package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"countersign/history/commitgraph"
	"countersign/history/odb"
	"countersign/history/reftable"
)

// gitNames asks git for what git alone knows: refs, wherever they are stored, revisions in every spelling, and its own
// merges. It is the only part of the program that starts processes on behalf of a push, and says in one place what they
// may see.
type gitNames struct {
	gitDir string // absolute: the repository's, or a linked worktree's own
	dir    string // absolute, common to the worktrees
	env    func(string) string
	tables []*reftable.Stack // where refs are, unless they are in files
}

// minGit is the oldest git whose options this reader needs: merge-tree --write-tree.
const minGit = "2.38"

// Open opens a repository. Its objects are read in process, and the git program on PATH is asked for refs and
// revisions. It starts no process yet.
func Open(o Options) (Repo, error) {
	if o.Env == nil {
		o.Env = func(string) string { return "" }
	}
	g := &gitNames{env: o.Env}
	var err error
	if g.gitDir, g.dir, err = findGitDir(o.Dir); err != nil {
		return nil, asUnreadable(err)
	}
	// Tenure and approvals need the whole history, and a shallow push has cut its own.
	if info, err := os.Stat(filepath.Join(g.dir, "shallow")); (err == nil && info.Size() > 0) ||
		o.Env("GIT_SHALLOW_FILE") != "" {
		return nil, fmt.Errorf("%w: it is shallow, cut off somewhere in the past: git fetch --unshallow", ErrUnreadable)
	}
	if g.tables, err = tablesOf(g.gitDir, g.dir, o.Env); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	dirs := quarantined(o.Env)
	for i, dir := range dirs {
		if !filepath.IsAbs(dir) { // as git has it, which runs there
			dirs[i] = filepath.Join(g.dir, dir)
		}
	}
	if dirs, err = odb.Dirs(append(dirs, filepath.Join(g.dir, "objects"))); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return newReader(g, newObjects(&odbStore{dirs: dirs}, o), commitgraph.Open(dirs), o), nil
}

// HasGit says whether there is a git program to read with.
func HasGit() bool {
	_, err := exec.LookPath("git")
	return err == nil
}

// GitVersion names the git program on PATH, "" for none.
func GitVersion(ctx context.Context) (string, error) {
	if !HasGit() {
		return "", nil
	}
	said, err := exec.CommandContext(ctx, "git", "version").Output()
	return strings.TrimSpace(string(said)), err
}

func (g *gitNames) Dir() string { return g.dir }

// passed are the variables a git process may inherit: the quarantine's (git-receive-pack(1)), and
// what finds the program and the user's safe.directory setting.
var passed = []string{
	"PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM",
	"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
}

// fixed is the rest of their environment: nothing replaces, grafts or fetches an object, and nothing
// asks, locks or pages.
var fixed = []string{
	"GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE=" + os.DevNull, "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none",
	"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "LC_ALL=C", "GIT_ATTR_NOSYSTEM=1",
}

// settings are what a repository's own configuration may not change.
var settings = []string{
	"-c", "protocol.allow=never", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false",
	"-c", "core.commitGraph=false", "-c", "core.useReplaceRefs=false", "-c", "diff.ignoreSubmodules=none",
	// Where git's own merge is asked for, it is as git makes it by default, whatever a server or a pushed file wants.
	"-c", "merge.renames=true", "-c", "merge.directoryRenames=conflict", "-c", "merge.renormalize=false",
	"-c", "merge.default=text", "-c", "core.attributesFile=" + os.DevNull, "-c", "attr.tree=refs/countersign/none",
	"-c", "diff.orderFile=" + os.DevNull, "-c", "diff.renames=false", "-c", "advice.graftFileDeprecated=false",
	// A third of the default: it costs a fiftieth of the time, and a large history else takes 300 MiB.
	"-c", "core.deltaBaseCacheLimit=32m",
	// A blob larger than this is read in pieces, not whole, unless it is stored as a difference from another.
	"-c", "core.bigFileThreshold=8m",
	// Packs are mapped in small windows, so that they take no memory of their own.
	"-c", "core.packedGitWindowSize=4m", "-c", "core.packedGitLimit=32m", "--no-pager", "--literal-pathspecs",
}

func (g *gitNames) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append(append([]string{"--git-dir=" + g.gitDir}, settings...), args...)...)
	cmd.Dir = g.dir
	cmd.WaitDelay = time.Second
	cmd.Env = fixed[:len(fixed):len(fixed)]
	for _, name := range passed {
		if v := g.env(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}

// process is a running git command, fed and read through pipes.
type process struct {
	cmd    *exec.Cmd
	name   string
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *tail
	cancel context.CancelFunc
	ctx    context.Context
	once   sync.Once
	err    error // of Wait
}

// gitMemory is how many bytes of data a git process may hold: two versions of a file of 100 MiB, one of which is stored
// as a difference from the other.
const gitMemory = 256 << 20

func (g *gitNames) start(ctx context.Context, args ...string) (*process, error) {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: g.command(ctx, args...), name: "git " + args[0], stderr: new(tail), cancel: cancel, ctx: outer}
	p.cmd.Stderr = p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		var out io.Reader
		if out, err = p.cmd.StdoutPipe(); err == nil {
			p.out = bufio.NewReaderSize(out, 64<<10)
			err = p.cmd.Start()
		}
	}
	if err == nil {
		if err = boundMemory(p.cmd.Process.Pid, gitMemory); err != nil {
			p.stop()
		}
	}
	if err != nil {
		cancel()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("%w: no git program on PATH: install git %s or newer", ErrUnreadable, minGit)
		}
		return nil, fmt.Errorf("%w: starting %s: %w", ErrUnreadable, p.name, err)
	}
	return p, nil
}

// stop ends the process, whatever it is doing.
func (p *process) stop() {
	p.cancel()
	p.in.Close()
	p.wait()
}

func (p *process) wait() error {
	p.once.Do(func() { p.err = p.cmd.Wait() })
	return p.err
}

// failed explains a read that went wrong: a git that dies early is an error, never an end of input.
func (p *process) failed(err error) error {
	if p.ctx.Err() != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnreadable, p.name, context.Cause(p.ctx))
	}
	p.in.Close()
	p.cancel()
	p.wait()
	said := p.stderr.last()
	switch {
	case strings.Contains(said, "ut of memory"), strings.Contains(said, "mmap failed: Cannot allocate memory"):
		return exceeds("memory", "%s needs more than %d MiB for one object; the limit is memory", p.name, gitMemory>>20)
	case strings.Contains(said, "dubious ownership"), strings.Contains(said, "safe.directory"):
		return fmt.Errorf("%w: git refuses a repository of another owner; as the user that runs the hook: git config "+
			"--global --add safe.directory %s", ErrUnreadable, p.cmd.Dir)
	case said != "":
		return fmt.Errorf("%w: %s: %s: %w", ErrUnreadable, p.name, said, err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %s ended early: %w", ErrUnreadable, p.name, err)
}

// finish waits for a process that was told all, and reports how it ended.
func (p *process) finish() error {
	if err := p.wait(); err != nil {
		return p.failed(err)
	}
	p.cancel()
	return nil
}

// exitedWith says whether an error is that of a program that ended with a code, and said nothing.
func exitedWith(err error, code int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == code
}

// maxOutput bounds what a git command may print that isn't read by lines. A folder of a million files takes less.
const maxOutput = 128 << 20

// output runs a git command to its end.
func (g *gitNames) output(ctx context.Context, input string, args ...string) ([]byte, error) {
	p, err := g.start(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	go func() {
		io.WriteString(p.in, input)
		p.in.Close()
	}()
	b, err := io.ReadAll(io.LimitReader(p.out, maxOutput+1))
	if err != nil {
		return nil, p.failed(err)
	}
	if len(b) > maxOutput {
		return nil, fmt.Errorf("%w: %s printed more than %d bytes", ErrUnreadable, p.name, maxOutput)
	}
	return b, g.ended(p)
}

// lines runs a git command to its end, and shows each line that it prints. A last line without an end is an error:
// something cut it.
func (g *gitNames) lines(ctx context.Context, args []string, visit func(line string) error) error {
	p, err := g.start(ctx, args...)
	if err != nil {
		return err
	}
	defer p.stop()
	p.in.Close()
	for {
		line, err := p.out.ReadSlice('\n')
		switch {
		case err == nil:
			if err := visit(string(line[:len(line)-1])); err != nil {
				return err
			}
			continue
		case errors.Is(err, io.EOF):
			if err := g.ended(p); err != nil || len(line) == 0 {
				return err
			}
		case !errors.Is(err, bufio.ErrBufferFull):
			return p.failed(err)
		}
		return fmt.Errorf("%w: %s printed a line without an end: %.80q", ErrUnreadable, p.name, line)
	}
}

// ended waits for a process that has printed all, and says what it left out.
func (g *gitNames) ended(p *process) error {
	if err := p.finish(); err != nil {
		return err
	}
	if broken := p.stderr.broken; broken != "" {
		return g.brokenRef(broken)
	}
	return nil
}

// tail keeps the end of what a process says on standard error.
type tail struct {
	mu     sync.Mutex
	b      []byte
	broken string // the first ref that it leaves out since it can't read it
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if _, name, ok := bytes.Cut(t.b, []byte("warning: ignoring broken ref ")); ok && t.broken == "" {
		name, _, _ = bytes.Cut(name, []byte("\n"))
		t.broken = string(name)
	}
	if len(t.b) > tailSize {
		t.b = append(t.b[:0], t.b[len(t.b)-tailSize:]...)
	}
	return len(b), nil
}

// last gives the last line that says what went wrong, and with it the next one that it announces.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if bytes.Contains(lines[i], []byte("fatal:")) || bytes.Contains(lines[i], []byte("error:")) {
			said := string(lines[i])
			if strings.HasSuffix(said, ":") && i+1 < len(lines) {
				said += " " + string(bytes.TrimSpace(lines[i+1]))
			}
			return said
		}
	}
	return string(lines[len(lines)-1])
}
