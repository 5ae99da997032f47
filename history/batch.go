package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// object reads the next reply of a cat-file --batch (git-cat-file(1), BATCH OUTPUT): a line
// "<id> SP <type> SP <size> LF", the contents, and LF. The caller reads the contents with body.
func (p *process) object(want ID) (kind string, size int64, err error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", 0, p.failed(err)
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return "", 0, fmt.Errorf("%w: object %s is %w: the history is shallow, partial or damaged; git fetch --unshallow, "+
			"or git fsck", ErrUnreadable, want, ErrMissing)
	}
	if len(fields) != 3 || fields[0] != want.String() {
		return "", 0, fmt.Errorf("%w: git cat-file answered %.80q when asked for %s", ErrUnreadable, line, want)
	}
	if size, err = strconv.ParseInt(fields[2], 10, 64); err != nil || size < 0 {
		return "", 0, fmt.Errorf("%w: git cat-file gave the size %.40q", ErrUnreadable, fields[2])
	}
	return fields[1], size, nil
}

// body reads the first keep bytes of an object's contents into buf, which grows as needed, and
// passes over the rest.
func (p *process) body(buf []byte, size, keep int64) ([]byte, error) {
	n := min(size, keep)
	if int64(cap(buf)) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(p.out, buf); err != nil {
		return nil, p.failed(err)
	}
	if _, err := io.CopyN(io.Discard, p.out, size-n); err != nil {
		return nil, p.failed(err)
	}
	if b, err := p.out.ReadByte(); err != nil || b != '\n' {
		return nil, p.failed(fmt.Errorf("no end of object: %w", io.ErrUnexpectedEOF))
	}
	return buf, nil
}

// readObject reads an object whole, refusing one over the limit before it is read.
func (p *process) readObject(id ID, kind string, l Limits) ([]byte, error) {
	got, size, err := p.object(id)
	if err != nil {
		return nil, err
	}
	if got != kind {
		return nil, fmt.Errorf("%w: object %s is a %s, not a %s", ErrUnreadable, id, got, kind)
	}
	if size > l.Object {
		return nil, exceeds("object", "%s %s has %d bytes; the limit object is %d", kind, id, size, l.Object)
	}
	return p.body(nil, size, size)
}

// asking gives the process that answers single questions.
func (r *gitRepo) asking(ctx context.Context) (*process, error) {
	if r.ask == nil {
		p, err := r.start(context.WithoutCancel(ctx), "cat-file", "--batch")
		if err != nil {
			return nil, err
		}
		r.ask = p
	}
	r.ask.ctx = ctx
	return r.ask, nil
}

// question asks for one object and hands its process over for the answer. On an error the process is
// given up: what it says next would answer another question.
func (r *gitRepo) question(ctx context.Context, id ID, answer func(*process) error) error {
	p, err := r.asking(ctx)
	if err != nil {
		return err
	}
	undo := context.AfterFunc(ctx, p.cancel)
	defer undo()
	if _, err = fmt.Fprintln(p.in, id); err != nil {
		err = p.failed(err)
	} else {
		err = answer(p)
	}
	if err != nil {
		p.stop()
		r.ask = nil
	}
	return err
}

// asked is what a single question found. It is kept for a while: who asks for a tag's kind asks for the tag next.
type asked struct {
	kind string
	raw  []byte
}

const (
	maxAsked     = 1 << 12 // objects
	maxAskedSize = 8 << 10 // bytes of one
)

// remember keeps a commit or tag that was asked for.
func (r *gitRepo) remember(id ID, kind string, raw []byte) {
	if len(raw) > maxAskedSize || kind != "commit" && kind != "tag" {
		return
	}
	if r.asked == nil || len(r.asked) == maxAsked {
		r.asked = make(map[ID]asked)
	}
	r.asked[id] = asked{kind, raw}
}

func (r *gitRepo) read(ctx context.Context, id ID, kind string) (raw []byte, err error) {
	if a, ok := r.asked[id]; ok && a.kind == kind {
		return a.raw, nil
	}
	err = r.question(ctx, id, func(p *process) error {
		raw, err = p.readObject(id, kind, r.limits)
		return err
	})
	if err == nil {
		r.remember(id, kind, raw)
	}
	return raw, err
}

func (r *gitRepo) Commit(ctx context.Context, id ID) (Commit, error) {
	raw, err := r.read(ctx, id, "commit")
	if err != nil {
		return Commit{}, err
	}
	return ParseCommit(id, raw)
}

func (r *gitRepo) Tag(ctx context.Context, id ID) (Tag, error) {
	raw, err := r.read(ctx, id, "tag")
	if err != nil {
		return Tag{}, err
	}
	return ParseTag(id, raw)
}

func (r *gitRepo) Blob(ctx context.Context, id ID) ([]byte, error) { return r.read(ctx, id, "blob") }

func (r *gitRepo) Kind(ctx context.Context, id ID) (kind string, err error) {
	if a, ok := r.asked[id]; ok {
		return a.kind, nil
	}
	err = r.question(ctx, id, func(p *process) error {
		var size int64
		if kind, size, err = p.object(id); err != nil {
			return err
		}
		keep := size
		if size > maxAskedSize || kind == "blob" {
			keep = 0
		}
		raw, err := p.body(nil, size, keep)
		if err == nil && keep == size {
			r.remember(id, kind, raw)
		}
		return err
	})
	return kind, err
}

// Refs asks for-each-ref, whose patterns are ref names or prefixes up to a slash
// (git-for-each-ref(1)).
func (r *gitRepo) Refs(ctx context.Context, patterns ...string) ([]Ref, error) {
	args := []string{"for-each-ref", "--format=%(objectname)%00%(symref)%00%(refname)"}
	for _, p := range patterns {
		if strings.HasPrefix(p, "refs/") && !strings.ContainsAny(p, "*?[\\\n\x00") { // else no ref is called that
			args = append(args, p)
		}
	}
	if len(patterns) > 0 && len(args) == 2 {
		return nil, nil
	}
	out, err := r.output(ctx, "", args...)
	if err != nil {
		return nil, err
	}
	var refs []Ref
	for line := range bytes.Lines(out) {
		fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), "\x00", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("%w: git for-each-ref printed %.80q", ErrUnreadable, line)
		}
		id, err := ParseID(fields[0])
		if err != nil {
			return nil, fmt.Errorf("%w: ref %.200q: %w", ErrUnreadable, fields[2], err)
		}
		if r := (Ref{ID: id, Target: fields[1], Name: fields[2]}); r.matches(patterns) {
			refs = append(refs, r)
		}
	}
	return refs, nil
}

// Symbolic asks git-symbolic-ref(1), which ends with 1 for what isn't one.
func (r *gitRepo) Symbolic(ctx context.Context, name string) (string, error) {
	if !strings.HasPrefix(name, "refs/") && name != "HEAD" {
		return "", nil
	}
	if !r.mayBeSymbolic(name) {
		return "", nil
	}
	out, err := r.output(ctx, "", "symbolic-ref", "--quiet", "--no-recurse", name)
	if err != nil && exitedWith(err, 1) {
		return "", nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// mayBeSymbolic says whether a ref may be symbolic: one in a file of its own, or in a reftable. Packed refs never
// are (gitrepository-layout(5)), and a push of many new names needs no process for each.
func (r *gitRepo) mayBeSymbolic(name string) bool {
	for _, path := range []string{
		filepath.Join(r.gitDir, name), filepath.Join(r.dir, name), filepath.Join(r.dir, "reftable"),
	} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return true
		}
	}
	return false
}

// matches says whether one of the patterns, if there are any, takes in a ref.
func (r Ref) matches(patterns []string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
		return r.Name == p || strings.HasSuffix(p, "/") && strings.HasPrefix(r.Name, p)
	})
}

func (r *gitRepo) Resolve(ctx context.Context, rev string) (ID, error) {
	if rev == "" || strings.ContainsAny(rev, "\n\x00") {
		return ID{}, fmt.Errorf("%w: %.80q is no revision", ErrUnreadable, rev)
	}
	if err := r.meansOne(ctx, rev); err != nil {
		return ID{}, err
	}
	out, err := r.output(ctx, "", "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return ID{}, fmt.Errorf("%w: no commit is called %.80q here", ErrUnreadable, rev)
	}
	id, err := ParseID(strings.TrimSpace(string(out)))
	if err != nil {
		return ID{}, fmt.Errorf("%w: %.80q is no single revision", ErrUnreadable, rev)
	}
	return id, nil
}

// meansOne fails where a revision may mean more than one thing.
func (r *gitRepo) meansOne(ctx context.Context, rev string) error {
	name, rest, err := Named(ctx, r, rev)
	if err != nil {
		return err
	}
	if strings.HasPrefix(rev, "refs/") && name == "" {
		return fmt.Errorf("%w: no ref is called %.200q here", ErrUnreadable, strings.TrimSuffix(rev, rest))
	}
	short := abbreviated(rev, rest)
	if name == "" || short == "" {
		return nil
	}
	out, err := r.output(ctx, "", "rev-parse", "--disambiguate="+short)
	if objects := strings.Fields(string(out)); err == nil && len(objects) > 0 {
		err = ambiguous(strings.TrimSuffix(rev, rest), []string{name, "the object " + objects[0]})
	}
	return err
}
