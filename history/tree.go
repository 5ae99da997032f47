package history

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// treeEntry is one entry of a tree object.
type treeEntry struct {
	mode Mode
	name string
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

// parse reads a raw tree with names of so many bytes.
func (g grammar) parse(raw []byte, hash int) ([]treeEntry, error) {
	text := string(raw) // that all names share
	entries := make([]treeEntry, 0, len(raw)/(hash+len("100644 name ")))
	for at := 0; at < len(raw); {
		nul := bytes.IndexByte(raw[at:], 0) + at
		if nul < at || len(raw) < nul+1+hash {
			return nil, errors.New("it ends in the middle of an entry")
		}
		space := bytes.IndexByte(raw[at:nul], ' ') + at
		if space < at {
			return nil, errors.New("it has an entry without a name")
		}
		e := treeEntry{name: text[space+1 : nul]}
		var ok bool
		if e.mode, ok = g.mode(text[at:space]); !ok {
			return nil, fmt.Errorf("%.200q has the mode %.20q", e.name, text[at:space])
		}
		if e.name == "" || g > anyTree && oddName(e.name) {
			return nil, fmt.Errorf("it has an entry called %.200q", e.name)
		}
		if g > anyTree && len(entries) > 0 && !sorted(&entries[len(entries)-1], &e) {
			return nil, fmt.Errorf("%.200q stands twice or out of order", e.name)
		}
		at = nul + 1 + hash
		var err error
		if e.id, err = IDFromBytes(raw[nul+1 : at]); err != nil {
			return nil, err
		}
		if e.mode == ModeTree && e.id.IsZero() {
			return nil, fmt.Errorf("the folder %.200q in it names no tree", e.name)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// mode reads the mode of an entry.
func (g grammar) mode(octal string) (Mode, bool) {
	if g == strictTree {
		mode, ok := treeModes[octal]
		return mode, ok
	}
	return gitMode(octal)
}

// oddName says whether no checkout can have a file of this name, or Git means something by it.
func oddName(name string) bool {
	return name == "." || name == ".." || len(name) == len(".git") && strings.EqualFold(name, ".git") ||
		strings.IndexByte(name, '/') >= 0
}

// sorted says whether an entry may stand right before another.
func sorted(a, b *treeEntry) bool {
	return a.name != b.name && compareEntries(a, b) < 0
}

// compareEntries orders the entries of a tree as base_name_compare in git's tree.c does: a tree's name counts as if it
// ended in a slash.
func compareEntries(a, b *treeEntry) int {
	n := min(len(a.name), len(b.name))
	if c := strings.Compare(a.name[:n], b.name[:n]); c != 0 {
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

// treeModes are the modes as Git writes them, and 100664 as it once did, which Git reads as 100644
// (canon_mode in git's cache.h).
var treeModes = map[string]Mode{
	"40000": ModeTree, "100644": ModeFile, "100664": ModeFile, "100755": ModeExec,
	"120000": ModeSymlink, "160000": ModeSubmodule,
}

// gitMode reads a mode as git does: get_mode in its tree-walk.c, and canon_mode in its cache.h.
func gitMode(octal string) (Mode, bool) {
	mode, err := strconv.ParseUint(octal, 8, 16)
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
