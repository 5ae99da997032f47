package policy

import (
	"slices"

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
)

// Inspect says what the content of a change shows: what the file is, what the change adds to it, and of a manifest or
// build file which shape the change has.
func Inspect(c Content) Traits {
	t := Traits(content.Of(c.Before, c.Head, c.Size))
	if t&Traits(content.Binary) == 0 || content.MostlyText(c.Head) {
		t |= Traits(signal.Find(c.Path, edit.Added(c.Before, c.Head), c.Head)) << signalBits
	}
	if t&contentTraits != 0 {
		return t
	}
	switch shape.Of(c.Path, c.Before, c.Head) {
	case shape.Harmless:
		t |= harmlessTrait
	case shape.Risky:
		t |= riskyTrait
	}
	return t
}

// Names gives the classes that traits stand for, sorted.
func (t Traits) Names() []string {
	names := content.Traits(t & contentTraits).Names()
	if found := signal.Set(t & signalTraits >> signalBits); found != 0 {
		names = slices.Sorted(slices.Values(append(names, found.Names()...)))
	}
	return names
}

// traitNames are the names of all classes by content.
func traitNames() []string { return (contentTraits | signalTraits).Names() }

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
