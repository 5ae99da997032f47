package history

import (
	"bytes"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// links are what a commit points to, and its committer date: all that walking needs.
type links struct {
	tree    ID
	parents []ID
	when    int64 // committer date, 0 where it can't be read
}

// maxLinks bounds the bytes in which a commit's tree, parents and dates must stand: 20,000 parents.
const maxLinks = 1 << 20

// parseLinks reads the head of a commit as parse_commit_buffer in git's commit.c does: the tree line, the parent
// lines right after it, and the date of the committer line, which is 0 where there is none. Walking over what was
// accepted long ago asks for no more grammar than git does; what is new goes through ParseCommit as well.
func parseLinks(id ID, head []byte) (links, error) {
	var l links
	line, rest, _ := strings.Cut(string(head), "\n")
	hex, _ := strings.CutPrefix(line, "tree ")
	var err error
	if l.tree, err = ParseID(hex); err != nil {
		return links{}, fmt.Errorf("%w: commit %s names no tree: %w", ErrUnreadable, id, err)
	}
	for {
		line, rest, _ = strings.Cut(rest, "\n")
		hex, isParent := strings.CutPrefix(line, "parent ")
		if !isParent {
			break
		}
		parent, err := ParseID(hex)
		if err != nil {
			return links{}, fmt.Errorf("%w: commit %s names a parent badly: %w", ErrUnreadable, id, err)
		}
		l.parents = append(l.parents, parent)
	}
	l.when = committed(head)
	return l, nil
}

// committed reads the date of a commit's header, 0 where it can't be read.
func committed(head []byte) int64 {
	_, rest, found := bytes.Cut(head, []byte("\ncommitter "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := bytes.Fields(line)
	if !found || len(fields) < 2 {
		return 0
	}
	when, err := strconv.ParseInt(string(fields[len(fields)-2]), 10, 64)
	if err != nil {
		return 0
	}
	return when
}

// baseFinder finds the best common ancestors of two commits. It reads commits by date, newest first, from both
// down to what they share, as paint_down_to_common in git's commit-reach.c does without a commit-graph.
type baseFinder struct {
	linksOf func(context.Context, ID) (links, error)
}

// What is known to reach a commit: one of the two, the other, or a common ancestor.
const (
	byFirst = 1 << iota
	bySecond
	beneath
)

// bases gives the common ancestors that no other common ancestor reaches. Where dates go backwards by more than
// maxSkew it may give one too many; it never misses one. None means that the histories have nothing in common.
func (f baseFinder) bases(ctx context.Context, a, b ID) ([]ID, error) {
	marks := make(map[ID]uint8)
	queue := &youngest{}
	mark := func(id ID, with uint8) error {
		known := marks[id]
		if known|with == known {
			return nil
		}
		l, err := f.linksOf(ctx, id)
		if err != nil {
			return err
		}
		marks[id] = known | with
		heap.Push(queue, aged{id, age{when: l.when}}) // perhaps once more, with what is known by now
		return nil
	}
	if err := mark(a, byFirst); err != nil {
		return nil, err
	}
	if err := mark(b, bySecond); err != nil {
		return nil, err
	}
	var found []ID
	open := func(a aged) bool { return marks[a.id]&beneath == 0 }
	for slices.ContainsFunc(*queue, open) {
		id := heap.Pop(queue).(aged).id
		with := marks[id]
		if with == byFirst|bySecond {
			found = append(found, id)
			with |= beneath
		}
		l, err := f.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, parent := range l.parents {
			if err := mark(parent, with); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(found, ID.Compare)
	found = slices.DeleteFunc(slices.Compact(found), func(id ID) bool { return marks[id]&beneath != 0 })
	return f.best(ctx, found)
}

// maxSkew is how many seconds a commit may be dated after one that is built on it: clocks differ.
const maxSkew = 24 * 60 * 60

// best leaves out of common ancestors those that another reaches.
func (f baseFinder) best(ctx context.Context, found []ID) ([]ID, error) {
	if len(found) < 2 {
		return found, nil
	}
	reached := make(map[ID]bool)
	oldest, err := f.oldest(ctx, found)
	if err != nil {
		return nil, err
	}
	for _, from := range found {
		seen := make(map[ID]bool)
		for stack := []ID{from}; len(stack) > 0; {
			l, err := f.linksOf(ctx, stack[len(stack)-1])
			if err != nil {
				return nil, err
			}
			stack = stack[:len(stack)-1]
			if l.when < oldest-maxSkew {
				continue
			}
			for _, parent := range l.parents {
				if !seen[parent] {
					seen[parent] = true
					stack = append(stack, parent)
				}
			}
		}
		for id := range seen {
			reached[id] = true
		}
	}
	return slices.DeleteFunc(found, func(id ID) bool { return reached[id] }), nil
}

// oldest gives the earliest date of some commits.
func (f baseFinder) oldest(ctx context.Context, ids []ID) (int64, error) {
	var date int64
	for i, id := range ids {
		l, err := f.linksOf(ctx, id)
		if err != nil {
			return 0, err
		}
		if i == 0 || l.when < date {
			date = l.when
		}
	}
	return date, nil
}
