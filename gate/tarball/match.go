package tarball

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"countersign/history"
	"countersign/internal/archive"
	"countersign/policy"
)

// match compares the names of both sides, and notes whose contents must be looked at.
func (c *comparer) match() {
	for _, name := range slices.Sorted(maps.Keys(c.members)) {
		m := c.members[name]
		side, known := c.tree.files[name]
		switch {
		case !known:
			c.added(name, m)
		case m.Kind == archive.Link && side.Mode == history.ModeSymlink && m.id == side.ID:
			c.found.Same++
		case m.Kind == archive.Link && side.Mode == history.ModeSymlink:
			c.differ(Item{Path: name, What: Target, Text: "it leads elsewhere than in the tree", Archive: short(m.Target)})
		case m.Kind == archive.Link || side.Mode == history.ModeSymlink || side.Mode == history.ModeSubmodule:
			c.differ(Item{Path: name, What: Kind, Text: fmt.Sprintf("%s in the archive, %s in the tree",
				map[bool]string{true: "a symbolic link", false: "a file"}[m.Kind == archive.Link], kindOf(side))})
		default:
			c.file(name, m, side)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.tree.files)) {
		if _, there := c.members[name]; !there && c.tree.files[name].Mode != history.ModeSubmodule {
			c.missing(name)
		}
	}
}

func kindOf(s history.Side) string {
	switch s.Mode {
	case history.ModeSymlink:
		return "a symbolic link"
	case history.ModeSubmodule:
		return "a submodule"
	default:
		return "a file"
	}
}

// file compares a file that both sides have.
func (c *comparer) file(name string, m member, side history.Side) {
	same := m.id == side.ID && !m.odd
	if exec := side.Mode == history.ModeExec; exec != m.Exec {
		text := "it may be run, and not in the tree"
		if exec {
			text = "it may not be run, as in the tree"
		}
		c.differ(Item{Path: name, What: Mode, Text: text})
	} else if same {
		c.found.Same++
	}
	if !same {
		c.look[m.Name] = looked{path: name, side: side}
	}
}

// added says what there is to say of a file that only the archive has.
func (c *comparer) added(name string, m member) {
	i := Item{Path: name, What: Added}
	by := c.allowed.Generates(name)
	if c.tree.folders[name] {
		i.What, i.Text, by = Kind, "it is a folder in the tree", nil
	} else if under := c.tree.above(name); under != "" {
		i.Text = fmt.Sprintf("it lies under %s, %s in the tree", under, kindOf(c.tree.files[under]))
		if c.tree.files[under].Mode != history.ModeSubmodule {
			by = nil
		}
	} else if twin := c.twin(name); twin != name {
		i.Text = fmt.Sprintf("it takes the place of %s where case or Unicode's composition makes no difference", twin)
		by = nil
	}
	switch {
	case m.Kind == archive.Link && by != nil && len(by.SHA256) == 0:
		c.allow(Item{Path: name, What: Generated, MadeBy: by.MadeBy, Text: "a symbolic link to " + short(m.Target)})
	case m.Kind == archive.Link:
		i.Text = cmp.Or(i.Text, "a symbolic link to "+short(m.Target))
		c.differ(i)
	default:
		c.look[m.Name] = looked{path: name, by: by, item: i}
	}
}

// missing says what there is to say of a file that only the tree has.
func (c *comparer) missing(name string) {
	if c.tree.exportIgnored(name) {
		c.allow(Item{Path: name, What: Ignored, Text: "export-ignore in .gitattributes"})
		return
	}
	if by := c.allowed.LeavesOut(name); by != nil {
		c.allow(Item{Path: name, What: LeftOut, Text: by.Why})
		return
	}
	c.differ(Item{Path: name, What: Missing})
}

// above gives the path of the tree that a name would lie in, though that is no folder; "" for none.
func (t *tree) above(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, file := t.files[dir]; file {
			return dir
		}
	}
	return ""
}

// twin gives the first path that is the same as a name where names are folded: of the tree, or else of the archive,
// where it may be the name itself.
func (c *comparer) twin(name string) string {
	if c.folded == nil {
		c.folded = make(map[string]string)
		for _, names := range [][]string{slices.Sorted(maps.Keys(c.tree.files)), slices.Sorted(maps.Keys(c.members))} {
			for _, known := range names {
				if key := policy.FoldRef(known); c.folded[key] == "" {
					c.folded[key] = known
				}
			}
		}
	}
	return c.folded[policy.FoldRef(name)]
}

// byDepth sorts paths from the top down.
func byDepth(paths []string) {
	slices.SortStableFunc(paths, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
}

// maxShown is how much of a line is shown.
const maxShown = 200

// short gives the beginning of a text.
func short(s string) string {
	if len(s) > maxShown {
		return s[:maxShown] + "…"
	}
	return s
}
