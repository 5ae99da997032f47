package history

import (
	"slices"
	"strings"
)

// Link is a symbolic link in a commit's tree. Both are raw bytes as stored. A comparison of two commits gives
// an empty Target for a link that is gone; so does a Target that no file system would follow.
type Link struct {
	Path   string
	Target string
}

const (
	// maxTreeLinks bounds the links of one tree.
	maxTreeLinks = 1 << 17
	// maxTarget is as long as a link's target may be: PATH_MAX on Linux.
	maxTarget = 4096
)

// linksAmong gives the new state of the symbolic links among some changes, sorted by path. Read gives the first bytes
// of a blob, and its size.
func linksAmong(changes []Change, read func(id ID) (head []byte, size int64, err error)) ([]Link, error) {
	var found []Link
	for _, c := range changes {
		was := slices.ContainsFunc(c.Old, func(s Side) bool { return s.Mode == ModeSymlink })
		if !was && c.New.Mode != ModeSymlink {
			continue
		}
		if len(found) == maxTreeLinks {
			return nil, exceeds("", "more than %d symbolic links in one tree", maxTreeLinks)
		}
		l := Link{Path: c.Path}
		if c.New.Mode == ModeSymlink {
			head, size, err := read(c.New.ID)
			if err != nil {
				return nil, err
			}
			if size <= maxTarget {
				l.Target = string(head)
			}
		}
		found = append(found, l)
	}
	slices.SortFunc(found, func(a, b Link) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}
