package history

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// endOfBatch is a line that git diff-tree --stdin, finding no object name in it, writes back
// unchanged and flushes (builtin/diff-tree.c): it frames the answers.
const endOfBatch = "end\n"

// rawDiff reads one answer of diff-tree --stdin --raw -z --always: a head, which is a commit's id and NUL,
// then a record a path (git-diff-tree(1), Raw output format). A combined diff has a colon and a side more
// for each further parent. Trees that changed are given apart, their new states only.
func (p *process) rawDiff(head string, limit int, b *budget) (changes []Change, trees []treeAt, err error) {
	got := make([]byte, len(head))
	if _, err := io.ReadFull(p.out, got); err != nil {
		return nil, nil, p.failed(err)
	}
	if string(got) != head {
		return nil, nil, fmt.Errorf("%w: git diff-tree answered %q when asked for %q", ErrUnreadable, got, head)
	}
	for {
		next, err := p.out.Peek(1)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		if next[0] != ':' {
			return changes, trees, nil
		}
		if len(changes) == limit {
			return nil, nil, exceeds("changes", "commit %s changes more than %d paths; the limit is changes",
				strings.TrimRight(head, "\x00\n"), limit)
		}
		sides, err := p.out.ReadString(0)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		path, err := p.out.ReadString(0)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		c, err := parseRaw(strings.TrimSuffix(sides, "\x00"))
		if err != nil {
			return nil, nil, fmt.Errorf("%w: git diff-tree printed %.200q for %q: %w", ErrUnreadable, sides, head, err)
		}
		c.Path = strings.TrimSuffix(path, "\x00")
		if len(path) > maxPath {
			return nil, nil, exceeds("", "commit %s has a path of more than %d bytes",
				strings.TrimRight(head, "\x00\n"), maxPath)
		}
		if err := b.take(len(path) + changeBytes); err != nil {
			return nil, nil, err
		}
		if c.New.Mode == ModeTree {
			trees = append(trees, treeAt{c.New.ID, c.Path})
			c.New = Side{}
		}
		for i, old := range c.Old {
			if old.Mode == ModeTree {
				c.Old[i] = Side{}
			}
		}
		if c.New != (Side{}) || slices.ContainsFunc(c.Old, func(s Side) bool { return s != Side{} }) {
			changes = append(changes, c)
		}
	}
}

// treeAt is a tree, and where it stands in a commit.
type treeAt struct {
	id   ID
	path string
}

// batchEnd reads the frame's end.
func (p *process) batchEnd() error {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return p.failed(err)
	}
	if line != endOfBatch {
		return fmt.Errorf("%w: git diff-tree printed %.80q after its answer", ErrUnreadable, line)
	}
	return nil
}

// parseRaw reads ":mode… mode id… id status" with one old side a colon.
func parseRaw(s string) (Change, error) {
	rest := strings.TrimLeft(s, ":")
	n := len(s) - len(rest)
	fields := strings.Split(rest, " ")
	if n < 1 || len(fields) != 2*(n+1)+1 {
		return Change{}, fmt.Errorf("want modes, ids and a status for %d parents", n)
	}
	sides := make([]Side, n+1)
	for i := range sides {
		mode, err := strconv.ParseUint(fields[i], 8, 32)
		if err != nil {
			return Change{}, err
		}
		id, err := ParseID(fields[n+1+i])
		if err != nil {
			return Change{}, err
		}
		sides[i] = Side{Mode: Mode(mode), ID: id}
	}
	return Change{Old: sides[:n:n], New: sides[n]}, nil
}

// writeRequests asks diff-tree for all that a plan needs.
func (p plan) writeRequests(w io.Writer) error {
	var b strings.Builder
	for _, n := range p.brought {
		fmt.Fprintln(&b, n.id)
	}
	fmt.Fprintln(&b, p.landing.id)
	b.WriteString(endOfBatch)
	_, err := io.WriteString(w, b.String())
	return err
}

func sortChanges(cs []Change) []Change {
	slices.SortFunc(cs, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	return cs
}
