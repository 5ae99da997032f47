package tarball

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"countersign/history"
	"countersign/internal/archive"
	"countersign/policy"
)

// maxCompared is how much of a file is compared line by line, and held in memory.
const maxCompared = 1 << 20

// errMoved says that an archive isn't what it was when it was read first.
var errMoved = errors.New("the archive changes while it is read")

// readContents reads the archive once more, for what must be looked at.
func (c *comparer) readContents(in io.ReaderAt, size int64) error {
	if len(c.look) == 0 {
		return nil
	}
	_, err := archive.Read(in, size, archive.Limits{}, func(e archive.Entry, r io.Reader) error {
		l, wanted := c.look[e.Name]
		if !wanted || e.Kind != archive.File {
			return nil
		}
		name, sum := history.NewBlobSum(c.found.id(), e.Size), sha256.New()
		first := &beginning{most: maxCompared}
		if _, err := io.Copy(io.MultiWriter(name, sum, first), r); err != nil {
			return err
		}
		m := c.members[l.path]
		if id, err := name.Name(); id != m.id || (err != nil) != m.odd || e.Size != m.Size {
			return errMoved
		}
		delete(c.look, e.Name)
		if l.side == (history.Side{}) {
			c.judge(l.item, Generated, l.by, hex.EncodeToString(sum.Sum(nil)))
			return nil
		}
		return c.changed(l, m, first.kept, hex.EncodeToString(sum.Sum(nil)))
	})
	if err == nil && len(c.look) > 0 {
		return errMoved
	}
	return err
}

// beginning keeps the beginning of what is written.
type beginning struct {
	kept []byte
	most int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.most-len(b.kept))]...)
	return len(p), nil
}

// judge reports a content that the tree hasn't, which something may allow as what it says.
func (c *comparer) judge(i Item, as string, by *policy.Generated, sum string) {
	i.SHA256 = sum
	switch {
	case by == nil:
		c.differ(i)
	case len(by.SHA256) > 0 && !slices.Contains(by.SHA256, sum):
		i.MadeBy = by.MadeBy
		i.Text = "its content is none of those that are allowed"
		c.differ(i)
	default:
		i.What, i.MadeBy, i.Pinned = as, by.MadeBy, len(by.SHA256) > 0
		c.allow(i)
	}
}

// changed compares a file with that of the tree.
func (c *comparer) changed(l looked, m member, now []byte, sum string) error {
	i := Item{Path: l.path, What: Changed}
	was, size, err := c.repo.Beginning(c.ctx, l.side.ID, maxCompared)
	if err != nil {
		return err
	}
	if m.odd {
		i.Text = "its content was made to have the name of another content"
		c.differ(i)
		return nil
	}
	has := c.tree.attributes.of(l.path, false)
	whole := size <= maxCompared && m.Size <= maxCompared
	crlf := has["eol"] == "crlf" && has["text"] != isUnset
	switch lines, ok := map[int]string(nil), false; {
	case whole && has["export-subst"] == isSet:
		if lines, ok = substituted(was, now, &c.tree.commit); !ok && crlf {
			lines, ok = substituted(withCRLF(was), now, &c.tree.commit)
		}
		if ok {
			c.substituted(l.path, lines)
			return nil
		}
		i.Text = "export-subst in .gitattributes explains it in part at most; "
	case whole && crlf && bytes.Equal(withCRLF(was), now):
		c.allow(Item{Path: l.path, What: LineEnds, Text: "eol=crlf in .gitattributes"})
		return nil
	}
	i.compare(was, now, size, m.Size)
	c.judge(i, Rewritten, c.allowed.Rewrites(l.path), sum)
	return nil
}

// substituted reports the lines that git archive made.
func (c *comparer) substituted(path string, lines map[int]string) {
	for _, n := range slices.Sorted(maps.Keys(lines)) {
		c.allow(Item{
			Path: path, What: Substituted, Line: n, Archive: short(strings.TrimRight(lines[n], "\r\n")),
			Text: "export-subst in .gitattributes",
		})
	}
}

// withCRLF gives a text with a carriage return before each line feed that has none, as git writes it out.
func withCRLF(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// compare says where two contents differ, of which there are the beginnings.
func (i *Item) compare(was, now []byte, wasSize, nowSize int64) {
	if isBinary(was) || isBinary(now) {
		i.Text += fmt.Sprintf("binary, %d bytes, %d in the tree", nowSize, wasSize)
		return
	}
	for n := 1; len(was) > 0 || len(now) > 0; n++ {
		var a, b []byte
		a, was = cutLine(was)
		b, now = cutLine(now)
		if bytes.Equal(a, b) {
			continue
		}
		i.Line, i.Tree, i.Archive = n, short(shownLine(a)), short(shownLine(b))
		switch {
		case len(a) == 0:
			i.Text += "it goes on after the end of the tree's"
		case len(b) == 0:
			i.Text += "it ends before the tree's"
		case i.Tree == i.Archive:
			i.Text += "the line has another ending, or goes on otherwise"
		default:
			i.Text += "the first line that differs"
		}
		return
	}
	i.Text += fmt.Sprintf("it differs after its first %d bytes: %d bytes, %d in the tree", maxCompared, nowSize, wasSize)
}

func shownLine(line []byte) string { return strings.TrimRight(string(line), "\r\n") }

// isBinary says whether git takes a text for a binary file: it has a NUL among its first 8,000 bytes
// (buffer_is_binary in git's xdiff-interface.c).
func isBinary(text []byte) bool {
	return bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0
}
