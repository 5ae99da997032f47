package history

import (
	"bytes"
	"fmt"
	"strings"
)

// treeEntry is one entry of a tree object.
type treeEntry struct {
	mode Mode
	name string
	id   ID
}

// parseTree reads a raw tree strictly: entries "<octal mode> SP <name> NUL <raw id>", sorted as Git
// sorts them, none twice, and with names and modes that a checkout can only take one way. Git's own
// default accepts a tree with the same name twice, of which a checkout shows the second.
func parseTree(raw []byte, hash int) ([]treeEntry, error) {
	var entries []treeEntry
	for len(raw) > 0 {
		nul := bytes.IndexByte(raw, 0)
		if nul < 0 || len(raw) < nul+1+hash {
			return nil, fmt.Errorf("it ends in the middle of an entry")
		}
		octal, name, ok := strings.Cut(string(raw[:nul]), " ")
		if !ok {
			return nil, fmt.Errorf("it has an entry without a name")
		}
		mode, ok := treeModes[octal]
		if !ok {
			return nil, fmt.Errorf("%.200q has the mode %.20q", name, octal)
		}
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") || strings.EqualFold(name, ".git") {
			return nil, fmt.Errorf("it has an entry called %.200q", name)
		}
		id, err := IDFromBytes(raw[nul+1 : nul+1+hash])
		if err != nil {
			return nil, err
		}
		e := treeEntry{mode, name, id}
		if n := len(entries); n > 0 && !entries[n-1].before(e) {
			return nil, fmt.Errorf("%.200q stands twice or out of order", name)
		}
		entries = append(entries, e)
		raw = raw[nul+1+hash:]
	}
	return entries, nil
}

// treeModes are the modes as Git writes them, and 100664 as it once did, which Git reads as 100644
// (canon_mode in git's cache.h).
var treeModes = map[string]Mode{
	"40000": ModeTree, "100644": ModeFile, "100664": ModeFile, "100755": ModeExec,
	"120000": ModeSymlink, "160000": ModeSubmodule,
}

// before says whether an entry sorts before another as base_name_compare in git's tree.c has it: a
// tree's name counts as if it ended in a slash.
func (e treeEntry) before(f treeEntry) bool {
	return e.key() < f.key() && e.name != f.name
}

func (e treeEntry) key() string {
	if e.mode == ModeTree {
		return e.name + "/"
	}
	return e.name
}
