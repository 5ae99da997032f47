package history

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"countersign/internal/objectid"
)

// treeEntry is one entry of a tree object.
type treeEntry struct {
	mode Mode
	name []byte
	id   ID
}

// grammar is how a tree may be written. Each one takes what those after it take, and reads it in the same way.
type grammar uint8

const (
	// anyTree is whatever git makes a difference of.
	anyTree grammar = iota
	// oldTree is in order, with no name twice and none that can't be checked out; its modes are as git reads them, not
	// only as it writes them. It serves where merges are compared with commits that may have landed long ago.
	oldTree
	// strictTree is as Git writes trees: entries "<octal mode> SP <name> NUL <raw id>", sorted as Git sorts them, none
	// twice, and with names and modes that a checkout can only take one way. Git's own default accepts a tree with the
	// same name twice, of which a checkout shows the second.
	strictTree
)

// each reads a raw tree with names of so many bytes, and shows its entries.
func (g grammar) each(raw []byte, hash int, visit func(*treeEntry) error) error {
	var last, e treeEntry
	for first := true; len(raw) > 0; first = false {
		n := entrySize(raw, hash)
		if n > len(raw) {
			return errCut
		}
		if err := g.entry(raw[:n], hash, &e); err != nil {
			return err
		}
		if g > anyTree && !first && (bytes.Equal(last.name, e.name) || compareEntries(&last, &e) > 0) {
			return fmt.Errorf("%.200q stands twice or out of order", e.name)
		}
		if err := visit(&e); err != nil {
			return err
		}
		last, raw = e, raw[n:]
	}
	return nil
}

// check says whether a raw tree is written so. Of any tree it is asked whether its entries have an end: what is the
// same in all trees that are compared is not looked into.
func (g grammar) check(raw []byte, hash int) error {
	if g > anyTree {
		return g.each(raw, hash, func(*treeEntry) error { return nil })
	}
	for len(raw) > 0 {
		n := entrySize(raw, hash)
		if n > len(raw) {
			return errCut
		}
		raw = raw[n:]
	}
	return nil
}

var errCut = errors.New("it ends in the middle of an entry")

// parse gives all entries of a raw tree.
func (g grammar) parse(raw []byte, hash int) (entries []treeEntry, err error) {
	err = g.each(raw, hash, func(e *treeEntry) error {
		entries = append(entries, *e)
		return nil
	})
	return entries, err
}

// entrySize is how many bytes the first entry of a raw tree takes.
func entrySize(raw []byte, hash int) int {
	nul := bytes.IndexByte(raw, 0)
	if nul < 0 {
		nul = len(raw)
	}
	return nul + 1 + hash
}

// entry reads one entry.
func (g grammar) entry(raw []byte, hash int, e *treeEntry) (err error) {
	nul := len(raw) - hash - 1
	space := bytes.IndexByte(raw[:nul], ' ')
	if space < 0 {
		return errors.New("it has an entry without a name")
	}
	e.name = raw[space+1 : nul]
	if e.id, err = objectid.FromBytes(raw[nul+1:]); err != nil {
		return err
	}
	var ok bool
	e.mode, ok = g.mode(raw[:space])
	switch {
	case !ok:
		return fmt.Errorf("%.200q has the mode %.20q", e.name, raw[:space])
	case len(e.name) == 0 || g > anyTree && oddName(e.name):
		return fmt.Errorf("it has an entry called %.200q", e.name)
	case e.mode == ModeTree && e.id.IsZero():
		return fmt.Errorf("the folder %.200q in it names no tree", e.name)
	}
	return nil
}

// mode reads the mode of an entry.
func (g grammar) mode(octal []byte) (Mode, bool) {
	switch string(octal) {
	case "40000":
		return ModeTree, true
	case "100644", "100664": // as Git once wrote, and reads as the other: canon_mode in git's cache.h
		return ModeFile, true
	case "100755":
		return ModeExec, true
	case "120000":
		return ModeSymlink, true
	case "160000":
		return ModeSubmodule, true
	}
	if g == strictTree {
		return 0, false
	}
	return gitMode(octal)
}

// oddName says whether no checkout can have a file of this name, or Git means something by it.
func oddName(name []byte) bool {
	return string(name) == "." || string(name) == ".." || isGitDir(name) || bytes.IndexByte(name, '/') >= 0
}

// isGitDir says whether a file system may take a name for .git: NTFS by is_ntfs_dotgit in git's path.c, by which git
// checks out no such file on any system, and HFS+ by is_hfs_dotgit in its utf8.c.
func isGitDir(name []byte) bool {
	if len(name) == 0 || name[0] != '.' && name[0]|0x20 != 'g' && name[0] < utf8.RuneSelf {
		return false // most names
	}
	for _, ntfs := range []string{".git", "git~1"} {
		if len(name) >= len(ntfs) && bytes.EqualFold(name[:len(ntfs)], []byte(ntfs)) {
			rest := bytes.TrimLeft(name[len(ntfs):], ". ")
			if len(rest) == 0 || rest[0] == ':' || rest[0] == '\\' {
				return true
			}
		}
	}
	return utf8.RuneCount(name) < len(name) && bytes.EqualFold(bytes.Map(seenByHFS, name), []byte(".git"))
}

// seenByHFS gives -1 for a character that HFS+ passes over in names.
func seenByHFS(r rune) rune {
	if 0x200c <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x206a <= r && r <= 0x206f || r == 0xfeff {
		return -1
	}
	return r
}

// compareEntries orders the entries of a tree as base_name_compare in git's tree.c does: a tree's name counts as if it
// ended in a slash.
func compareEntries(a, b *treeEntry) int {
	n := min(len(a.name), len(b.name))
	if c := bytes.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return int(a.end(n)) - int(b.end(n))
}

func (e *treeEntry) end(at int) byte {
	switch {
	case at < len(e.name):
		return e.name[at]
	case e.mode == ModeTree:
		return '/'
	default:
		return 0
	}
}

// gitMode reads a mode as git does: get_mode in its tree-walk.c, and canon_mode in its cache.h.
func gitMode(octal []byte) (Mode, bool) {
	mode, err := strconv.ParseUint(string(octal), 8, 16)
	switch {
	case err != nil:
		return 0, false
	case mode&0o170000 == 0o100000 && mode&0o100 != 0:
		return ModeExec, true
	case mode&0o170000 == 0o100000:
		return ModeFile, true
	case mode&0o170000 == 0o120000:
		return ModeSymlink, true
	case mode&0o170000 == 0o040000:
		return ModeTree, true
	default:
		return ModeSubmodule, true
	}
}
