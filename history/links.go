package history

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Link is a symbolic link in a commit's tree. Both are raw bytes as stored. A comparison of two commits gives
// an empty Target for a link that is gone; so does a Target that no file system would follow.
type Link struct {
	Path   string
	Target string
}

const (
	// maxTreeLinks bounds the links of one tree.
	maxTreeLinks = 1 << 17
	// maxTarget is as long as a link's target may be: PATH_MAX on Linux.
	maxTarget = 4096
)

// linksAmong gives the new state of the symbolic links among some changes, sorted by path. Read gives the first bytes
// of a blob, and its size.
func linksAmong(changes []Change, read func(id ID) (head []byte, size int64, err error)) ([]Link, error) {
	var found []Link
	for _, c := range changes {
		was := slices.ContainsFunc(c.Old, func(s Side) bool { return s.Mode == ModeSymlink })
		if !was && c.New.Mode != ModeSymlink {
			continue
		}
		if len(found) == maxTreeLinks {
			return nil, exceeds("", "more than %d symbolic links in one tree", maxTreeLinks)
		}
		l := Link{Path: c.Path}
		if c.New.Mode == ModeSymlink {
			head, size, err := read(c.New.ID)
			if err != nil {
				return nil, err
			}
			if size <= maxTarget {
				l.Target = string(head)
			}
		}
		found = append(found, l)
	}
	slices.SortFunc(found, func(a, b Link) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

func (r *gitRepo) Links(ctx context.Context, commit, since ID) ([]Link, error) {
	var changes []Change
	var err error
	if since.IsZero() {
		changes, err = r.linksIn(ctx, commit)
	} else {
		changes, err = r.changesSince(ctx, commit, since)
	}
	if err != nil {
		return nil, err
	}
	return linksAmong(changes, func(id ID) (head []byte, size int64, err error) {
		err = r.question(ctx, id, func(p *process) error {
			var kind string
			if kind, size, err = p.object(id); err != nil {
				return err
			}
			if kind != "blob" {
				return fmt.Errorf("%w: %s is a %s where a symbolic link belongs", ErrUnreadable, id, kind)
			}
			head, err = p.body(nil, size, maxTarget)
			return err
		})
		return head, size, err
	})
}

// linksIn lists the symbolic links of a commit's tree: git ls-tree -r, "<mode> SP <type> SP <id> TAB <path> NUL".
func (r *gitRepo) linksIn(ctx context.Context, commit ID) ([]Change, error) {
	p, err := r.start(ctx, "ls-tree", "-r", "-z", "--full-tree", commit.String())
	if err != nil {
		return nil, err
	}
	defer p.stop()
	p.in.Close()
	var links []Change
	for {
		line, err := p.out.ReadString(0)
		if err == io.EOF && line == "" {
			return links, p.finish()
		}
		if err != nil {
			return nil, p.failed(err)
		}
		head, path, ok := strings.Cut(strings.TrimSuffix(line, "\x00"), "\t")
		hex, isLink := strings.CutPrefix(head, "120000 blob ")
		if ok && !isLink {
			continue
		}
		id, err := ParseID(hex)
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: git ls-tree printed %.80q", ErrUnreadable, line)
		}
		if len(links) > maxTreeLinks { // linksAmong says so
			return links, nil
		}
		links = append(links, Change{Path: path, New: Side{ModeSymlink, id}})
	}
}

// changesSince compares a commit with another, which diff-tree takes for its only parent (git-diff-tree(1),
// --stdin). The process is kept, since a long history has many merges.
func (r *gitRepo) changesSince(ctx context.Context, commit, since ID) (changes []Change, err error) {
	if r.compare == nil {
		if r.compare, err = r.start(context.WithoutCancel(ctx), diffArgs...); err != nil {
			return nil, err
		}
	}
	p := r.compare
	p.ctx = ctx
	undo := context.AfterFunc(ctx, p.cancel)
	defer undo()
	if _, err = fmt.Fprintf(p.in, "%s %s\n%s", commit, since, endOfBatch); err != nil {
		err = p.failed(err)
	} else {
		changes, err = p.compared(commit, r.limits)
	}
	if err != nil { // what it says next would answer another question
		p.stop()
		r.compare = nil
	}
	return changes, err
}

// compared reads the answer of changesSince. Of a commit that isn't there diff-tree says nothing.
func (p *process) compared(commit ID, l Limits) ([]Change, error) {
	first, err := p.out.Peek(len(endOfBatch))
	if err != nil {
		return nil, p.failed(err)
	}
	if string(first) == endOfBatch {
		return nil, fmt.Errorf("%w: commit %s, or the one it is compared with, is missing", ErrUnreadable, commit)
	}
	changes, _, err := p.rawDiff(commit.String()+"\x00", l.Changes, newBudget(l.Bytes, Range{}))
	if err != nil {
		return nil, err
	}
	return changes, p.batchEnd()
}
