package history

import (
	"bytes"
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

// parseTree reads a raw tree strictly; see [checkTree].
func parseTree(raw []byte, hash int) ([]treeEntry, error) { return parseTreeOf(raw, hash, strictMode) }

// parseOldTree reads a raw tree of a commit that may have landed long ago: modes as git reads them, not only as it
// writes them.
func parseOldTree(raw []byte, hash int) ([]treeEntry, error) { return parseTreeOf(raw, hash, gitMode) }

func parseTreeOf(raw []byte, hash int, modeOf func(string) (Mode, bool)) ([]treeEntry, error) {
	var entries []treeEntry
	err := eachEntry(raw, hash, modeOf, func(mode Mode, name, sum []byte) error {
		id, err := IDFromBytes(sum)
		entries = append(entries, treeEntry{mode, string(name), id})
		return err
	})
	return entries, err
}

// checkTree reads a raw tree strictly: entries "<octal mode> SP <name> NUL <raw id>", sorted as Git
// sorts them, none twice, and with names and modes that a checkout can only take one way. Git's own
// default accepts a tree with the same name twice, of which a checkout shows the second. It gives what
// is called watch, zero for nothing.
func checkTree(raw []byte, hash int, watch string) (watched ID, err error) {
	err = eachEntry(raw, hash, strictMode, func(_ Mode, name, sum []byte) (err error) {
		if string(name) == watch {
			watched, err = IDFromBytes(sum)
		}
		return err
	})
	return watched, err
}

func eachEntry(raw []byte, hash int, modeOf func(string) (Mode, bool),
	visit func(mode Mode, name, sum []byte) error,
) error {
	var last []byte
	var lastMode Mode
	for len(raw) > 0 {
		nul := bytes.IndexByte(raw, 0)
		if nul < 0 || len(raw) < nul+1+hash {
			return fmt.Errorf("it ends in the middle of an entry")
		}
		space := bytes.IndexByte(raw[:nul], ' ')
		if space < 0 {
			return fmt.Errorf("it has an entry without a name")
		}
		name := raw[space+1 : nul]
		mode, ok := modeOf(string(raw[:space]))
		if !ok {
			return fmt.Errorf("%.200q has the mode %.20q", name, raw[:space])
		}
		if len(name) == 0 || name[0] == '.' && (len(name) == 1 || string(name) == ".." ||
			len(name) == 4 && bytes.EqualFold(name, []byte(".git"))) || bytes.IndexByte(name, '/') >= 0 {
			return fmt.Errorf("it has an entry called %.200q", name)
		}
		if last != nil && (bytes.Equal(last, name) || !sorted(last, lastMode, name, mode)) {
			return fmt.Errorf("%.200q stands twice or out of order", name)
		}
		if err := visit(mode, name, raw[nul+1:nul+1+hash]); err != nil {
			return err
		}
		last, lastMode = name, mode
		raw = raw[nul+1+hash:]
	}
	return nil
}

// sorted says whether an entry may stand before another: compareNames without its conversions where
// neither name begins with the other, which is nearly always.
func sorted(a []byte, aMode Mode, b []byte, bMode Mode) bool {
	if bytes.HasPrefix(b, a) || bytes.HasPrefix(a, b) {
		return compareNames(string(a), aMode, string(b), bMode) < 0
	}
	return bytes.Compare(a, b) < 0
}

// compareNames orders the entries of a tree as base_name_compare in git's tree.c does: a tree's name
// counts as if it ended in a slash.
func compareNames(a string, aMode Mode, b string, bMode Mode) int {
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return int(endByte(a, aMode, n)) - int(endByte(b, bMode, n))
}

func endByte(name string, mode Mode, at int) byte {
	switch {
	case at < len(name):
		return name[at]
	case mode == ModeTree:
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

func strictMode(octal string) (Mode, bool) {
	mode, ok := treeModes[octal]
	return mode, ok
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
