package policy

import (
	"slices"
)

// Change is one path a commit changed. Modes are Git's; 0 is "no entry". Size is that of the new side, and Traits is
// what the change adds there; see [Inspect].
type Change struct {
	Path    string // raw bytes
	OldMode uint32
	NewMode uint32
	Size    int64
	Traits  Traits
	// Look gives all traits of a change that was looked at briefly, once a rule asks for its shape; nil where it wasn't,
	// and where nobody can look again: then such a change is risky.
	Look func() (Traits, error)
	// Merged says of a merge's change that it holds the lines that both sides put at this very path, merged. Only its
	// content is new: each side's own change of the path is judged where it was made.
	Merged bool
	// ByGit says of a merge's change that git's own merge makes it, too, as by a rename that git follows.
	ByGit bool
	// Also are the other paths under which a checkout shows it, by symbolic links; see [Links.Shown]. Anywhere
	// says that these are too many: then it is in every class by path.
	Also     []string
	Anywhere bool
}

// Kind says in a word what happened to a path: "added", "modified", "deleted", "mode" or "type".
func (ch Change) Kind() string {
	const typeBits = 0o170000
	switch {
	case ch.OldMode == 0:
		return "added"
	case ch.NewMode == 0:
		return "deleted"
	case ch.OldMode&typeBits != ch.NewMode&typeBits:
		return "type"
	case ch.OldMode != ch.NewMode:
		return "mode"
	default:
		return "modified"
	}
}

// Of gives the classes of a change, sorted. A rename is an add and a delete, so a file that is moved
// falls in the classes of both its paths; one that a symbolic link shows elsewhere in those of that path, too. Lines
// of both sides that a merge puts together have the classes of their content alone.
func (c *Classes) Of(ch Change) []string {
	if ch.Merged {
		return ch.Traits.Names()
	}
	names := c.ofPaths(&ch)
	n := len(names)
	const (
		typeBits = 0o170000
		file     = 0o100000
		link     = 0o120000
		gitlink  = 0o160000
		execBits = 0o111
	)
	was, is := ch.OldMode&typeBits, ch.NewMode&typeBits
	if is == link {
		names = append(names, classSymlink)
	}
	if is == gitlink || was == gitlink {
		names = append(names, classSubmodule)
	}
	if is == file && ch.NewMode&execBits != 0 && (was != file || ch.OldMode&execBits == 0) {
		names = append(names, classExecBit)
	}
	if was != 0 && is != 0 && was != is {
		names = append(names, classTypeChange)
	}
	names = append(names, ch.Traits.Names()...)
	if len(names) > n {
		slices.Sort(names)
	}
	return names
}

// ofPaths gives the classes of a change by its path and those that links show it under, sorted.
func (c *Classes) ofPaths(ch *Change) []string {
	names := c.ofPath(ch.Path)
	if len(ch.Also) == 0 && !ch.Anywhere {
		return names[:len(names):len(names)] // what is remembered stays as it is
	}
	names = slices.Clone(names)
	for _, path := range ch.Also {
		names = append(names, c.ofPath(path)...)
	}
	if ch.Anywhere {
		for _, g := range c.globs {
			names = append(names, g.class)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shownAs gives the paths of links by which a change falls in classes that its own path isn't in.
func (c *Classes) shownAs(ch *Change, classes []string) []string {
	var by []string
	own := c.ofPath(ch.Path)
	for _, path := range ch.Also {
		if slices.ContainsFunc(c.ofPath(path), func(class string) bool {
			return slices.Contains(classes, class) && !slices.Contains(own, class)
		}) {
			by = append(by, path)
		}
	}
	return by
}

// Shape says which shape a change has. What isn't wholly understood is never harmless: nor is what a link shows under
// another name. A path that becomes another kind of thing is risky, and so is a link that leads elsewhere.
func (ch *Change) Shape() Shape {
	const link = 0o120000
	traits := ch.Traits
	if traits&briefTrait != 0 {
		traits = ch.lookAgain()
	}
	switch {
	case traits&riskyTrait != 0 || ch.Kind() == "type" || ch.OldMode == link && ch.NewMode == link:
		return ShapeRisky
	case ch.OldMode == 0:
		return ShapeNew
	case traits&harmlessTrait != 0 && len(ch.Also) == 0 && !ch.Anywhere:
		return ShapeHarmless
	default:
		return ShapePlain
	}
}

// lookAgain gives all traits of a change that was looked at briefly. One that can't be looked at is risky.
func (ch *Change) lookAgain() Traits {
	if ch.Look == nil {
		return riskyTrait
	}
	traits, err := ch.Look()
	if err != nil {
		return riskyTrait
	}
	return traits
}

// harmless says whether the shape is [ShapeHarmless].
func (ch *Change) harmless() bool { return ch.Traits&briefTrait == 0 && ch.Shape() == ShapeHarmless }

// shapes gives the shapes that a rule asks about.
func (r *Rule) shapes() []string {
	var names []string
	for _, shape := range shapes {
		if len(r.Shapes) == 0 || slices.Contains(r.Shapes, shape) {
			names = append(names, string(shape))
		}
	}
	return names
}

// asks says whether a rule asks about a change because of a class that it falls in. Classes by path and by mode may be
// asked about by the shape of the change; content is what it is.
func (r *Rule) asks(class string, ch *Change) bool {
	return slices.Contains(r.Classes, class) &&
		(len(r.Shapes) == 0 || slices.Contains(traitNames(), class) || slices.Contains(r.Shapes, ch.Shape()))
}
