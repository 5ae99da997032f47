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
	// what its last part must have in front of the first dot, or as its extension, and what has none of these. It has
	// the last glob of a key, which has the one before it.
	byPart map[string]int
	byStem map[string]int
	byExt  map[string]int
	rest   []int

	mu   sync.Mutex
	seen map[string][]string // path classes of recent paths
}

type classGlob struct {
	class string
	shown string // as the policy has it
	glob  string // folded, without braces
	next  int    // of the same key of the index; -1 for none
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

// newClasses makes classes of globs by class name. The globs must be sound; see checkGlob.
func newClasses(byName map[string][]string) (*Classes, error) {
	c := &Classes{ // with room for those that every policy has
		globs:  make([]classGlob, 0, 1000),
		byPart: make(map[string]int, 800), byStem: make(map[string]int), byExt: make(map[string]int),
		seen: make(map[string][]string),
	}
	for _, class := range slices.Sorted(maps.Keys(byName)) {
		for _, shown := range byName[class] {
			for _, glob := range expandBraces(foldASCII(shown)) {
				c.add(classGlob{class, shown, glob, -1})
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
	if by, key := c.key(g.glob); by == nil {
		c.rest = append(c.rest, i)
	} else {
		if last, ok := by[key]; ok {
			c.globs[i].next = last
		}
		by[key] = i
	}
}

// key says where in the index a glob belongs.
func (c *Classes) key(glob string) (by map[string]int, key string) {
	const special = `*?[`
	last := glob[strings.LastIndexByte(glob, '/')+1:]
	for end := len(glob); end >= 0; {
		begin := strings.LastIndexByte(glob[:end], '/') + 1
		if part := glob[begin:end]; !strings.ContainsAny(part, special) {
			return c.byPart, part
		}
		end = begin - 1
	}
	if stem, _, ok := strings.Cut(last, "."); ok && stem != "" && !strings.ContainsAny(stem, special) {
		return c.byStem, stem
	}
	if ext, ok := extension(last); ok && !strings.ContainsAny(ext, special) {
		return c.byExt, ext
	}
	return nil, ""
}

// under adds the globs that the index has under a key.
func (c *Classes) under(by map[string]int, key string, to []int) []int {
	i, ok := by[key]
	for ok && i >= 0 {
		to, i = append(to, i), c.globs[i].next
	}
	return to
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
			candidates = c.under(c.byPart, base, candidates)
		}
		if stem, _, ok := strings.Cut(base, "."); ok {
			candidates = c.under(c.byStem, stem, candidates)
		}
		if ext, ok := extension(base); ok {
			candidates = c.under(c.byExt, ext, candidates)
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
