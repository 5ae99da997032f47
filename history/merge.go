package history

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// A merge's own changes are those that Git's own merge of its parents doesn't give. Git writes that merge as
// a tree (git-merge-tree(1)), into a folder of its own, and the merge commit's tree is compared with it.
// Nothing is asked about who else changed what: a merge that prefers one side, that undoes a fix, or that
// lies below another, answers for the difference like one that adds a line.

// merger merges parents anew.
type merger struct {
	ctx     context.Context
	r       *gitRepo // writes into a folder of its own
	folder  string
	merges  map[ID]*automerge
	changes *process // a diff-tree that sees what was written
}

// automerge is what Git makes of a merge commit's parents: a tree, and the paths of which it couldn't say
// what they should be. Both may be read once done is closed.
type automerge struct {
	tree      ID
	conflicts []string
	err       error
	done      chan struct{}
}

// newMerger begins to merge the parents of the merge commits among nodes, several at a time, but of those that
// have more than are read. It is nil where there is none.
func (s *stream) newMerger(nodes []node, running *sync.WaitGroup) (*merger, error) {
	m := &merger{ctx: s.ctx, merges: make(map[ID]*automerge)}
	var queue []node
	for _, n := range nodes {
		if len(n.parents) > 1 && len(n.parents) <= s.r.limits.Parents {
			m.merges[n.id] = &automerge{done: make(chan struct{})}
			queue = append(queue, n)
		}
	}
	if len(queue) == 0 {
		return nil, nil
	}
	var err error
	if m.r, m.folder, err = s.r.scratch(); err != nil {
		return nil, err
	}
	busy := make(chan struct{}, runtime.GOMAXPROCS(0))
	running.Go(func() {
		var merging sync.WaitGroup
		defer merging.Wait()
		for _, n := range queue {
			select {
			case busy <- struct{}{}:
			case <-s.ctx.Done(): // whoever waits for the rest sees that, too
				return
			}
			merging.Go(func() {
				defer func() { <-busy }()
				a := m.merges[n.id]
				defer close(a.done)
				a.err = a.merge(s.ctx, m.r, n.parents)
			})
		}
	})
	return m, nil
}

// scratch gives a reader of the same repository that writes into a new folder: git-merge-tree(1) leaves
// objects, which are nobody's.
func (r *gitRepo) scratch() (*gitRepo, string, error) {
	folder, err := os.MkdirTemp("", "countersign-")
	if err != nil {
		return nil, "", fmt.Errorf("%w: a folder to merge in: %w", ErrUnreadable, err)
	}
	env := r.opts.Env
	if env == nil {
		env = func(string) string { return "" }
	}
	objects := env("GIT_OBJECT_DIRECTORY")
	if objects == "" {
		objects = filepath.Join(r.dir, "objects")
	}
	alternates := quoteAlternate(objects)
	if more := env("GIT_ALTERNATE_OBJECT_DIRECTORIES"); more != "" {
		alternates += string(filepath.ListSeparator) + more
	}
	scratch := &gitRepo{gitDir: r.gitDir, dir: r.dir, opts: r.opts, limits: r.limits}
	scratch.opts.Env = func(name string) string {
		switch name {
		case "GIT_OBJECT_DIRECTORY":
			return folder
		case "GIT_ALTERNATE_OBJECT_DIRECTORIES":
			return alternates
		default:
			return env(name)
		}
	}
	return scratch, folder, nil
}

// quoteAlternate writes a folder as git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES, wants it.
func quoteAlternate(folder string) string {
	if !strings.ContainsRune(folder, filepath.ListSeparator) && !strings.HasPrefix(folder, `"`) {
		return folder
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(folder) + `"`
}

func (m *merger) stop() {
	if m.changes != nil {
		m.changes.stop()
	}
	os.RemoveAll(m.folder)
}

// merge merges the first parent with the second, the outcome with the third, and so on, as git merge does
// it with several branches.
func (a *automerge) merge(ctx context.Context, r *gitRepo, parents []ID) error {
	ours := parents[0]
	for i, theirs := range parents[1:] {
		tree, conflicts, err := r.mergeTree(ctx, ours, theirs)
		if err != nil {
			return err
		}
		a.tree, a.conflicts = tree, append(a.conflicts, conflicts...)
		if i == len(parents)-2 {
			return nil
		}
		const nobody = "nobody <> 0 +0000"
		commit := fmt.Sprintf("tree %s\nparent %s\nparent %s\nauthor %s\ncommitter %s\n\n", tree, ours, theirs, nobody, nobody)
		out, err := r.output(ctx, commit, "hash-object", "-t", "commit", "-w", "--stdin")
		if err != nil {
			return err
		}
		if ours, err = ParseID(strings.TrimSpace(string(out))); err != nil {
			return fmt.Errorf("%w: git hash-object printed %.80q", ErrUnreadable, out)
		}
	}
	return nil
}

// mergeTree gives the tree of a merge of two commits, and every path that Git's conflicts speak of. Git ends
// with 1 where there are any (git-merge-tree(1), Exit status).
func (r *gitRepo) mergeTree(ctx context.Context, ours, theirs ID) (tree ID, conflicts []string, err error) {
	p, err := r.start(ctx, "merge-tree", "--write-tree", "-z", "--name-only", "--allow-unrelated-histories", ours.String(), theirs.String())
	if err != nil {
		return tree, nil, err
	}
	defer p.stop()
	p.in.Close()
	out, err := io.ReadAll(p.out)
	if err != nil {
		return tree, nil, p.failed(err)
	}
	switch err := p.wait(); {
	case exitedWith(err, 129): // git's code for options that it doesn't know
		return tree, nil, fmt.Errorf("%w: this git can't say what a merge should hold: install git %s or newer", ErrUnreadable, minGit)
	case err != nil && !exitedWith(err, 1):
		return tree, nil, p.failed(err)
	}
	if tree, conflicts, err = parseMergeTree(string(out)); err != nil {
		return tree, nil, fmt.Errorf("%w: git merge-tree printed %.200q: %w", ErrUnreadable, out, err)
	}
	return tree, conflicts, nil
}

// parseMergeTree reads git-merge-tree(1), Output, with -z and --name-only: the tree, the conflicted files, an
// empty field, and messages: how many paths they are about, the paths, a type, and a text. A file that is in a
// folder's way is moved aside, and then only the messages have its name.
func parseMergeTree(out string) (tree ID, conflicts []string, err error) {
	fields := strings.Split(out, "\x00")
	if tree, err = ParseID(fields[0]); err != nil {
		return tree, nil, err
	}
	i := 1
	for ; i < len(fields) && fields[i] != ""; i++ {
		conflicts = append(conflicts, fields[i])
	}
	for i++; i < len(fields)-1; {
		n, err := strconv.Atoi(fields[i])
		if err != nil || n < 0 || n > len(fields)-i-3 {
			return tree, nil, fmt.Errorf("a message about %q paths", fields[i])
		}
		paths, kind := fields[i+1:i+1+n], fields[i+1+n]
		if kind != "Auto-merging" {
			conflicts = append(conflicts, paths...)
		}
		i += n + 3
	}
	return tree, conflicts, nil
}

// own gives the changes of a merge commit that Git's own merge of its parents doesn't make.
func (m *merger) own(c *Commit, limit int, b *budget) ([]Change, error) {
	a := m.merges[c.ID]
	select {
	case <-a.done:
	case <-m.ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(m.ctx))
	}
	if a.err != nil {
		return nil, fmt.Errorf("merging the parents of commit %s anew: %w", c.ID, a.err)
	}
	var differs []Change
	if a.tree != c.Tree {
		var err error
		if differs, err = m.treeDifference(a.tree, c.Tree, limit, b); err != nil {
			return nil, err
		}
	}
	wanted := make(map[string]bool)
	for _, d := range differs {
		wanted[d.Path] = true
	}
	for _, path := range a.conflicts { // settled by whoever merges, even by leaving it as Git left it
		wanted[path] = true
	}
	return m.fromParents(c, wanted, limit, b)
}

// fromParents gives the changes of some paths, each from the first parent that has something else.
func (m *merger) fromParents(c *Commit, wanted map[string]bool, limit int, b *budget) ([]Change, error) {
	var changes []Change
	for _, parent := range c.Parents {
		if len(wanted) == 0 {
			break
		}
		differs, err := m.difference(parent, c.ID, limit, b)
		if err != nil {
			return nil, err
		}
		for _, d := range differs {
			if wanted[d.Path] {
				changes = append(changes, d)
				delete(wanted, d.Path)
			}
		}
	}
	return sortChanges(changes), nil
}

// difference gives the changes from a commit to another.
func (m *merger) difference(old, new ID, limit int, b *budget) ([]Change, error) {
	return m.ask(fmt.Sprintf("%s %s\n", new, old), new.String()+"\x00", limit, b)
}

func (m *merger) treeDifference(old, new ID, limit int, b *budget) ([]Change, error) {
	question := fmt.Sprintf("%s %s\n", old, new)
	return m.ask(question, question, limit, b) // git-diff-tree(1), --stdin: two trees are answered like this
}

func (m *merger) ask(question, head string, limit int, b *budget) (changes []Change, err error) {
	if m.changes == nil {
		if m.changes, err = m.r.start(m.ctx, diffArgs...); err != nil {
			return nil, err
		}
	}
	if _, err := io.WriteString(m.changes.in, question+endOfBatch); err != nil {
		return nil, m.changes.failed(err)
	}
	if changes, _, err = m.changes.rawDiff(head, limit, b); err != nil {
		return nil, err
	}
	return changes, m.changes.batchEnd()
}
