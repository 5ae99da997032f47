package history

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// remerge merges a merge commit's parents as git does by itself, renames included (git-merge-tree(1)), into a folder
// of its own, and compares. What git makes of a merge depends on its version; so this decides nothing but whether a
// service did more than git.
func (g *gitNames) remerge(ctx context.Context, c *Commit) (differs []string, known bool, err error) {
	scratch, folder, err := g.scratch(c.ID)
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(folder)
	tree, differs, err := scratch.mergeAll(ctx, c.Parents)
	if err != nil {
		return nil, false, fmt.Errorf("merging the parents of commit %s anew: %w", c.ID, err)
	}
	out, err := scratch.output(ctx, "", "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none",
		tree.String(), c.Tree.String())
	if err != nil {
		return nil, false, err
	}
	// A conflict is settled by whoever merges, even by leaving it as git left it.
	return append(differs, strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })...), true, nil
}

// scratch gives a repository in a new folder that has the objects of this one, whose names are as long as one of them:
// git-merge-tree(1) leaves objects, which are nobody's. It has a configuration and attributes of its own, which are
// none: those of the other may name a program that merges (gitattributes(5), Defining a custom merge driver), and who
// audits a stranger's repository runs nothing of theirs.
func (g *gitNames) scratch(like ID) (*gitNames, string, error) {
	folder, err := emptyRepository(like)
	if err != nil {
		return nil, "", fmt.Errorf("%w: a folder to merge in: %w", ErrUnreadable, err)
	}
	objects := g.env("GIT_OBJECT_DIRECTORY")
	if objects == "" {
		objects = filepath.Join(g.dir, "objects")
	}
	alternates := quoteAlternate(objects)
	if more := g.env("GIT_ALTERNATE_OBJECT_DIRECTORIES"); more != "" {
		alternates += string(filepath.ListSeparator) + more
	}
	scratch := &gitNames{gitDir: folder, dir: g.dir, env: func(name string) string {
		switch name {
		case "GIT_OBJECT_DIRECTORY":
			return filepath.Join(folder, "objects")
		case "GIT_ALTERNATE_OBJECT_DIRECTORIES":
			return alternates
		default:
			return g.env(name)
		}
	}}
	return scratch, folder, nil
}

// emptyRepository makes a bare repository (gitrepository-layout(5)) whose objects have names as long as one of them.
func emptyRepository(like ID) (folder string, err error) {
	config := "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
	if like.Size() == sha256.Size {
		config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
	}
	if folder, err = os.MkdirTemp("", "countersign-"); err != nil {
		return "", err
	}
	for _, name := range []string{"objects", "refs"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(folder, name), 0o700))
	}
	for name, text := range map[string]string{"HEAD": "ref: refs/heads/main\n", "config": config} {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return folder, nil
}

// quoteAlternate writes a folder as git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES, wants it.
func quoteAlternate(folder string) string {
	if !strings.ContainsRune(folder, filepath.ListSeparator) && !strings.HasPrefix(folder, `"`) {
		return folder
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(folder) + `"`
}

// mergeAll merges the first parent with the second, the outcome with the third, and so on, as git merge does it with
// several branches. It gives the tree, and the paths of which git couldn't say what they should be.
func (g *gitNames) mergeAll(ctx context.Context, parents []ID) (tree ID, conflicts []string, err error) {
	ours := parents[0]
	for i, theirs := range parents[1:] {
		var more []string
		if tree, more, err = g.mergeTree(ctx, ours, theirs); err != nil {
			return tree, nil, err
		}
		if conflicts = append(conflicts, more...); i == len(parents)-2 {
			break
		}
		if ours, err = g.commitTree(ctx, tree, ours, theirs, 0); err != nil {
			return tree, nil, err
		}
	}
	return tree, conflicts, nil
}

// commitTree writes a merge that is nobody's, with a date in seconds since 1970.
func (g *gitNames) commitTree(ctx context.Context, tree, ours, theirs ID, when int64) (ID, error) {
	nobody := fmt.Sprintf("nobody <> %d +0000", when)
	commit := fmt.Sprintf("tree %s\nparent %s\nparent %s\nauthor %s\ncommitter %s\n\n", tree, ours, theirs, nobody, nobody)
	out, err := g.output(ctx, commit, "hash-object", "-t", "commit", "-w", "--stdin")
	if err != nil {
		return ID{}, err
	}
	id, err := ParseID(strings.TrimSpace(string(out)))
	if err != nil {
		return id, fmt.Errorf("%w: git hash-object printed %.80q", ErrUnreadable, out)
	}
	return id, nil
}

// mergeTree gives the tree of a merge of two commits, and every path that Git's conflicts speak of. Git ends
// with 1 where there are any (git-merge-tree(1), Exit status).
func (g *gitNames) mergeTree(ctx context.Context, ours, theirs ID) (tree ID, conflicts []string, err error) {
	p, err := g.start(ctx, "merge-tree", "--write-tree", "-z", "--name-only", "--allow-unrelated-histories",
		ours.String(), theirs.String())
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
		return tree, nil, fmt.Errorf("%w: this git can't say what a merge should hold: install git %s or newer",
			ErrUnreadable, minGit)
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
