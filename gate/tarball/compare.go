// Package tarball compares a release archive with the tree of a commit.
//
// [Compare] reads the archive once, and names each content as Git does: what the tree has under the same name is the
// same. If anything differs it reads the archive a second time, and compares the contents. Nothing is written or run,
// and no more than a part of one file is held in memory.
//
// What git archive leaves out or rewrites, by the tree's own .gitattributes, is no difference, and is told. A file that
// only the archive has is one, unless a file of the user's says which command makes it: see [policy.Allowed].
package tarball

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign/history"
	"countersign/internal/archive"
	"countersign/policy"
)

// Repository is what is asked of a repository.
type Repository interface {
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
	Files(ctx context.Context, commit history.ID, see func(path string, at history.Side) error) error
	Beginning(ctx context.Context, blob history.ID, keep int64) (first []byte, size int64, err error)
}

// What can be said of a path: the first six are differences.
const (
	Added   = "added"   // only in the archive
	Missing = "missing" // only in the tree
	Changed = "changed" // of another content
	Mode    = "mode"    // one of both may be run
	Kind    = "kind"    // a file in one, a symbolic link or something else in the other
	Target  = "target"  // a symbolic link to something else

	Generated   = "generated"   // only in the archive, which is allowed
	Rewritten   = "rewritten"   // of another content, which is allowed
	LeftOut     = "left-out"    // only in the tree, which is allowed
	Ignored     = "ignored"     // only in the tree, by the attribute export-ignore
	Substituted = "substituted" // with lines that git archive made, by the attribute export-subst
	LineEnds    = "line-ends"   // with a carriage return at the end of each line, by the attribute eol
)

// Item is what there is to say of a path.
type Item struct {
	Path  string `json:"path"`
	Exact []byte `json:"exact,omitempty"` // the path, where it isn't UTF-8
	What  string `json:"what"`
	Text  string `json:"text,omitempty"` // in words
	Line  int    `json:"line,omitempty"` // the first that differs, or that git archive made
	// Tree and Archive are what that line is in both, shortened.
	Tree    string `json:"tree,omitempty"`
	Archive string `json:"archive,omitempty"`
	MadeBy  string `json:"made_by,omitempty"` // the command that makes a generated file
	Pinned  bool   `json:"pinned,omitempty"`  // its content is one of those that are allowed
	SHA256  string `json:"sha256,omitempty"`  // in the archive, of a file of which the tree hasn't that content
}

// Comparison is what there is to say of an archive.
type Comparison struct {
	Format string `json:"format"`
	SHA256 string `json:"sha256"`
	Commit string `json:"commit"`
	Folder string `json:"folder,omitempty"` // that everything in it lies in
	Files  int    `json:"files"`            // in the archive, symbolic links included
	Same   int    `json:"same"`             // of these
	// Differences refuse the archive; what is Allowed doesn't.
	Differences []Item `json:"differences"`
	Allowed     []Item `json:"allowed"`
}

// member is a file or symbolic link of the archive.
type member struct {
	archive.Entry
	id  history.ID // of the content, or of the target, as a blob
	odd bool       // its content was made to collide with another
}

// comparer compares one archive.
type comparer struct {
	ctx     context.Context
	repo    Repository
	allowed policy.Allowed
	tree    *tree
	members map[string]member // by path in the archive, without its folder
	look    map[string]looked // what the contents of a path are needed for, by name in the archive
	folded  map[string]string // a path of either side, by how file systems fold it; nil before it is needed
	found   *Comparison
}

// looked is a path of which the content is read.
type looked struct {
	path string
	side history.Side      // what the tree has; zero for nothing
	by   *policy.Generated // what allows it
	item Item              // of one that only the archive has: what was said of it so far
}

// Compare compares an archive of a size with the tree of a commit. Errors wrap [archive.ErrRefused] or
// [archive.ErrFormat] where it is the archive that is wrong.
func Compare(
	ctx context.Context, repo Repository, commit history.ID, in io.ReaderAt, size int64, allowed policy.Allowed,
) (*Comparison, error) {
	c := &comparer{
		ctx: ctx, repo: repo, allowed: allowed, look: make(map[string]looked),
		found: &Comparison{Commit: commit.String(), Differences: []Item{}, Allowed: []Item{}},
	}
	in = interruptible{in, ctx}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(in, 0, size)); err != nil {
		return nil, err
	}
	c.found.SHA256 = hex.EncodeToString(sum.Sum(nil))
	var err error
	if c.tree, err = readTree(ctx, repo, commit); err != nil {
		return nil, err
	}
	if err := c.readMembers(in, size); err != nil {
		return nil, err
	}
	c.match()
	if err := c.readContents(in, size); err != nil {
		return nil, err
	}
	for _, items := range [][]Item{c.found.Differences, c.found.Allowed} {
		slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.Path, b.Path) })
	}
	return c.found, nil
}

// interruptible is a file of which no more is read once a context is done.
type interruptible struct {
	io.ReaderAt
	ctx context.Context
}

func (i interruptible) ReadAt(b []byte, at int64) (int, error) {
	if i.ctx.Err() != nil {
		return 0, context.Cause(i.ctx)
	}
	return i.ReaderAt.ReadAt(b, at)
}

// readMembers reads the archive, and names what is in it.
func (c *comparer) readMembers(in io.ReaderAt, size int64) error {
	members := make(map[string]member)
	folder := ""
	first, all := true, true
	format, err := archive.Read(in, size, archive.Limits{}, func(e archive.Entry, content io.Reader) error {
		top, _, below := strings.Cut(e.Name, "/")
		if first {
			folder, first = top, false
		}
		if top != folder || !below && e.Kind != archive.Folder {
			all = false
		}
		if e.Kind == archive.Folder {
			return nil
		}
		m := member{Entry: e}
		if e.Kind == archive.Link {
			content, e.Size = strings.NewReader(e.Target), int64(len(e.Target))
		}
		name := history.NewBlobSum(c.found.id(), e.Size)
		if _, err := io.Copy(name, content); err != nil {
			return err
		}
		var err error
		if m.id, err = name.Name(); err != nil {
			m.odd = true
		}
		members[e.Name] = m
		return nil
	})
	c.found.Format = string(format)
	if err != nil {
		return err
	}
	c.found.Files = len(members)
	if all && !first {
		c.strip(members, folder)
	} else {
		c.members = members
	}
	return nil
}

// id is the commit's, whose format that of all names is.
func (f *Comparison) id() history.ID {
	id, _ := history.ParseID(f.Commit)
	return id
}

// strip takes a folder that all of an archive lies in off its names, unless the tree has that folder, too, and more of
// the names as they are.
func (c *comparer) strip(members map[string]member, folder string) {
	stripped, with, without := make(map[string]member), 0, 0
	for name, m := range members {
		short := strings.TrimPrefix(name, folder+"/")
		stripped[short] = m
		if _, ok := c.tree.files[name]; ok {
			with++
		}
		if _, ok := c.tree.files[short]; ok {
			without++
		}
	}
	if with > without {
		c.members = members
		return
	}
	c.members, c.found.Folder = stripped, folder
}

// differ reports a difference, and allow something that is none.
func (c *comparer) differ(i Item) { c.found.Differences = append(c.found.Differences, i.exact()) }
func (c *comparer) allow(i Item)  { c.found.Allowed = append(c.found.Allowed, i.exact()) }

// exact keeps the bytes of a path that JSON can't carry.
func (i Item) exact() Item {
	if !utf8.ValidString(i.Path) {
		i.Exact = []byte(i.Path)
	}
	return i
}
