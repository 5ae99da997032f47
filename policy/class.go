package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"
)

// Classes decides which classes a change falls in: by its path, its mode and its content. It is safe
// for concurrent use.
type Classes struct {
	globs []classGlob
	// An index of the globs, since most paths match none of some hundred: by a part that the path must have, else by
	// what its last part must have in front of the first dot, or as its extension, and what has none of these.
	byPart map[string][]int
	byStem map[string][]int
	byExt  map[string][]int
	rest   []int

	mu   sync.Mutex
	seen map[string][]string // path classes of recent paths
}

type classGlob struct {
	class string
	shown string // as the policy has it
	glob  string // folded, without braces
}

// Match says that a path falls in a class because of a glob.
type Match struct {
	Class string `json:"class"`
	Glob  string `json:"glob"`
}

// The classes that content and modes make; a policy can't redefine them.
const (
	classExecBit    = "exec-bit"
	classSymlink    = "symlink"
	classSubmodule  = "submodule"
	classTypeChange = "type-change"
	classBinary     = "binary"
	classEncoded    = "encoded"
)

// fixedClasses are the names of classes that no glob makes.
func fixedClasses() []string {
	return append(traitNames(), classExecBit, classSubmodule, classSymlink, classTypeChange)
}

// byName gives the globs of each class as they were written.
func (c *Classes) byName() map[string][]string {
	globs := make(map[string][]string)
	for _, g := range c.globs {
		if !slices.Contains(globs[g.class], g.shown) { // which may stand for several
			globs[g.class] = append(globs[g.class], g.shown)
		}
	}
	return globs
}

// newClasses makes classes of globs by class name.
func newClasses(byName map[string][]string) (*Classes, error) {
	c := &Classes{
		byPart: make(map[string][]int), byStem: make(map[string][]int), byExt: make(map[string][]int),
		seen: make(map[string][]string),
	}
	for _, class := range slices.Sorted(maps.Keys(byName)) {
		for _, shown := range byName[class] {
			if err := checkGlob(shown); err != nil {
				return nil, fmt.Errorf("class %s: %w", class, err)
			}
			for _, glob := range expandBraces(foldASCII(shown)) {
				c.add(classGlob{class, shown, glob})
			}
			if len(c.globs) > maxGlobs {
				return nil, fmt.Errorf("class %s: all classes together stand for more than %d globs: write fewer, "+
					"or wider ones", class, maxGlobs)
			}
		}
	}
	return c, nil
}

func (c *Classes) add(g classGlob) {
	i := len(c.globs)
	c.globs = append(c.globs, g)
	const special = `*?[`
	parts := strings.Split(g.glob, "/")
	for _, part := range slices.Backward(parts) {
		if !strings.ContainsAny(part, special) {
			c.byPart[part] = append(c.byPart[part], i)
			return
		}
	}
	if stem, _, ok := strings.Cut(parts[len(parts)-1], "."); ok && stem != "" && !strings.ContainsAny(stem, special) {
		c.byStem[stem] = append(c.byStem[stem], i)
		return
	}
	if ext, ok := extension(parts[len(parts)-1]); ok && !strings.ContainsAny(ext, special) {
		c.byExt[ext] = append(c.byExt[ext], i)
		return
	}
	c.rest = append(c.rest, i)
}

func extension(part string) (ext string, ok bool) {
	dot := strings.LastIndexByte(part, '.')
	if dot < 0 {
		return "", false
	}
	return part[dot:], true
}

// Names lists every class, sorted.
func (c *Classes) Names() []string {
	names := fixedClasses()
	for _, g := range c.globs {
		names = append(names, g.class)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Match gives the classes a path falls in, each with the first glob that puts it there. Paths are
// matched as the checkouts of case-insensitive file systems would take them.
func (c *Classes) Match(path string) []Match {
	var ms []Match
	for _, form := range checkoutForms(path) {
		candidates := slices.Clone(c.rest)
		base := form
		for rest, more := form, true; more; {
			base, rest, more = strings.Cut(rest, "/")
			candidates = append(candidates, c.byPart[base]...)
		}
		if stem, _, ok := strings.Cut(base, "."); ok {
			candidates = append(candidates, c.byStem[stem]...)
		}
		if ext, ok := extension(base); ok {
			candidates = append(candidates, c.byExt[ext]...)
		}
		slices.Sort(candidates)
		candidates = slices.Compact(candidates) // the policy's order: the first glob is the one that is named
		for _, i := range candidates {
			g := &c.globs[i]
			named := slices.ContainsFunc(ms, func(m Match) bool { return m.Class == g.class })
			if !named && doublestar.MatchUnvalidated(g.glob, form) {
				ms = append(ms, Match{g.class, g.shown})
			}
		}
	}
	if short := shortName(path); short != "" {
		for i := range c.globs {
			if class := c.globs[i].class; !slices.ContainsFunc(ms, func(m Match) bool { return m.Class == class }) {
				ms = append(ms, Match{class, "any, since Windows may take " + short + " for another name"})
			}
		}
	}
	return ms
}

// rememberedPaths bounds the paths whose classes are remembered.
const rememberedPaths = 1 << 14

func (c *Classes) ofPath(path string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if names, ok := c.seen[path]; ok {
		return names
	}
	var names []string
	for _, m := range c.Match(path) {
		names = append(names, m.Class)
	}
	slices.Sort(names)
	if len(c.seen) == rememberedPaths {
		clear(c.seen)
	}
	c.seen[path] = names
	return names
}
