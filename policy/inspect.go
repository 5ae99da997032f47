package policy

import (
	"bytes"
	"slices"
	"sync"

	"countersign/policy/content"
	"countersign/policy/edit"
	"countersign/policy/shape"
	"countersign/policy/signal"
)

// Content is what a change of a file puts in the place of what stood there. Of long files it has the beginning.
type Content struct {
	Path   string   // raw bytes
	Before [][]byte // what stood there; nothing for a new file, more than one for a merge
	Head   []byte
	Size   int64 // of all of it: what is longer than Head is large
	// Merged says that the file has the lines that both sides of a merge put there, as git merges them.
	Merged bool
	// Alone says that nobody read what stood there, where commits are only counted: then the file is looked at as it is,
	// for no shape and no signal.
	Alone bool
	// Missing says that nothing is known of what lands there: it is large, too.
	Missing bool
	// Brief says that the shape isn't looked for where that takes long, for hardly any rule asks for it at that path:
	// see [Policy.AsksShape].
	Brief bool
}

// Traits is what the content of a change shows, a set of bits: see [Inspect].
type Traits uint32

// The bits of traits: what package content finds, then what package signal does, then the shape.
const (
	signalBits = 10
	shapeBits  = 28

	contentTraits = Traits(content.All)
	signalTraits  = Traits(signal.All) << signalBits

	harmlessTrait Traits = 1 << shapeBits
	riskyTrait    Traits = 2 << shapeBits
	briefTrait    Traits = 4 << shapeBits // the shape wasn't looked for, and it isn't harmless
)

// Inspect says what the content of a change shows: what the file is, what the change adds to it, and of a manifest or
// build file which shape the change has.
func Inspect(c Content) Traits {
	if c.Missing {
		return Traits(content.Large)
	}
	if c.Alone {
		return Traits(content.Of(&edit.Change{Now: c.Head}, c.Size))
	}
	if len(c.Before) > 1 && !c.Merged {
		return inspectMerge(c)
	}
	change := edit.Change{Before: c.Before, Now: c.Head}
	t := Traits(content.Of(&change, c.Size))
	if t&Traits(content.Binary) == 0 || content.MostlyText(c.Head) {
		t |= Traits(signal.Find(c.Path, change.Added(), c.Head)) << signalBits
	}
	if c.Merged { // what each side did has its shape already; what they show only together can't be told
		if t == 0 {
			return harmlessTrait
		}
		return t | riskyTrait
	}
	if old, _ := change.Old(); c.Brief && !shape.Known(c.Path) && !bytes.Equal(old, c.Head) {
		return t | briefTrait
	}
	switch shape.Of(c.Path, &change) {
	case shape.Harmless:
		if t == 0 {
			t = harmlessTrait
		}
	case shape.Risky:
		t |= riskyTrait
	}
	return t
}

// LookAt says what the beginning of a file looks like.
func LookAt(head []byte) content.Look { return content.LookAt(head) }

// inspectMerge says what a merge makes of a file that isn't just what its parents make of it: whatever it adds to any
// of them, or takes out. To hold what one parent has can undo what another has mended.
func inspectMerge(c Content) Traits {
	all, harmless := Traits(0), harmlessTrait
	for i := range c.Before {
		one := c
		one.Before = c.Before[i : i+1]
		t := Inspect(one)
		all |= t &^ harmlessTrait
		harmless &= t
	}
	if all == 0 {
		return harmless
	}
	return all
}

// Names gives the classes that traits stand for, sorted.
func (t Traits) Names() []string {
	names := content.Traits(t & contentTraits).Names()
	if found := signal.Set(t & signalTraits >> signalBits); found != 0 {
		names = slices.Sorted(slices.Values(append(names, found.Names()...)))
	}
	return names
}

// traitNames are the names of all classes by content. They are asked for with each change, and nobody may change them.
var traitNames = sync.OnceValue(func() []string { return slices.Clip((contentTraits | signalTraits).Names()) })

// Shape is what a change of a manifest or build file is by its lines.
type Shape string

// The shapes, from the one that asks for most.
const (
	ShapeRisky    Shape = "risky"    // it brings in, runs, fetches or permits something, or turns a security check
	ShapeNew      Shape = "new"      // a file that wasn't there
	ShapePlain    Shape = "plain"    // anything else, and all that can't be told
	ShapeHarmless Shape = "harmless" // a newer version of what stands there, a remark, a source file in a list
)

// shapes are all of them, as messages list them.
var shapes = []Shape{ShapeRisky, ShapeNew, ShapePlain, ShapeHarmless}
