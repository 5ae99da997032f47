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
	// An index of the globs, since most paths match none of some hundred: by the whole last part of
	// the path, by its extension, and what fits neither.
	byBase map[string][]int
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
)

var contentClasses = []struct {
	trait Traits
	name  string
}{
	{Archive, "archive"},
	{Bidi, "bidi"},
	{Binary, "binary"},
	{Encoded, "encoded"},
	{Executable, "executable"},
	{Large, "large"},
}

// fixedClasses are the names of classes that no glob makes.
func fixedClasses() []string {
	names := []string{classExecBit, classSubmodule, classSymlink, classTypeChange}
	for _, c := range contentClasses {
		names = append(names, c.name)
	}
	return names
}

// newClasses makes classes of globs by class name.
func newClasses(byName map[string][]string) (*Classes, error) {
	c := &Classes{byBase: make(map[string][]int), byExt: make(map[string][]int), seen: make(map[string][]string)}
	for _, class := range slices.Sorted(maps.Keys(byName)) {
		for _, shown := range byName[class] {
			if err := checkGlob(shown); err != nil {
				return nil, fmt.Errorf("class %s: %w", class, err)
			}
			for _, glob := range expandBraces(foldASCII(shown)) {
				c.add(classGlob{class, shown, glob})
			}
		}
	}
	return c, nil
}

func (c *Classes) add(g classGlob) {
	i := len(c.globs)
	c.globs = append(c.globs, g)
	const special = `*?[\`
	base, anywhere := strings.CutPrefix(g.glob, "**/")
	if !anywhere || strings.Contains(base, "/") {
		c.rest = append(c.rest, i)
		return
	}
	dot := strings.LastIndexByte(base, '.')
	switch {
	case !strings.ContainsAny(base, special):
		c.byBase[base] = append(c.byBase[base], i)
	case dot >= 0 && !strings.ContainsAny(base[dot:], special):
		c.byExt[base[dot:]] = append(c.byExt[base[dot:]], i)
	default:
		c.rest = append(c.rest, i)
	}
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
		base := form[strings.LastIndexByte(form, '/')+1:]
		candidates := slices.Concat(c.rest, c.byBase[base])
		if dot := strings.LastIndexByte(base, '.'); dot >= 0 {
			candidates = append(candidates, c.byExt[base[dot:]]...)
		}
		slices.Sort(candidates)
		for _, i := range candidates {
			g := &c.globs[i]
			if !slices.ContainsFunc(ms, func(m Match) bool { return m.Class == g.class }) && doublestar.MatchUnvalidated(g.glob, form) {
				ms = append(ms, Match{g.class, g.shown})
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

// Of gives the classes of a change, sorted. A rename is an add and a delete, so a file that is moved
// falls in the classes of both its paths.
func (c *Classes) Of(ch Change) []string {
	names := c.ofPath(ch.Path)
	n := len(names)
	names = names[:n:n] // the remembered slice stays as it is
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
	for _, t := range contentClasses {
		if ch.Traits&t.trait != 0 {
			names = append(names, t.name)
		}
	}
	if len(names) > n {
		slices.Sort(names)
	}
	return names
}

// checkoutForms gives a path folded as ASCII case is, and, where that differs, as file systems that
// fold more would take it: HFS+ leaves out code points that show nothing, NTFS drops trailing dots
// and spaces and what follows a colon, and Windows takes a backslash for a slash.
func checkoutForms(path string) []string {
	folded := foldASCII(path)
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case ignorable(r):
			return -1
		case 0xff01 <= r && r <= 0xff5e: // full-width forms, which compatibility folding makes ASCII
			return foldRune(r - 0xfee0)
		case r == '\u212a': // the Kelvin sign folds to k
			return 'k'
		case r == '\u017f': // the long s folds to s
			return 's'
		}
		return r
	}, folded)
	parts := strings.Split(plain, "/")
	kept := parts[:0]
	for _, part := range parts {
		part, _, _ = strings.Cut(part, ":")
		part = strings.TrimRight(part, ". ")
		if part != "" {
			kept = append(kept, part)
		}
	}
	if plain = strings.Join(kept, "/"); plain == folded {
		return []string{folded}
	}
	return []string{folded, plain}
}

func foldRune(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// ignorable says whether HFS+ leaves a code point out of names (git's utf8.c, next_hfs_char).
func ignorable(r rune) bool {
	return 0x200c <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x206a <= r && r <= 0x206f || r == 0xfeff
}

// checkGlob refuses a glob that is malformed or can't match any path of a tree.
func checkGlob(glob string) error {
	switch {
	case glob == "":
		return fmt.Errorf("an empty glob matches nothing")
	case !doublestar.ValidatePattern(glob):
		return fmt.Errorf("the glob %q is malformed", glob)
	case strings.HasPrefix(glob, "/"), strings.HasPrefix(glob, "./"), strings.HasSuffix(glob, "/"),
		strings.Contains(glob, "//"), strings.Contains("/"+glob+"/", "/../"), strings.Contains("/"+glob+"/", "/./"):
		return fmt.Errorf("the glob %q can't match: paths have no leading, trailing or doubled slash and no \".\" or \"..\"", glob)
	case strings.Contains(glob, `\`):
		return fmt.Errorf("the glob %q has a backslash; paths are separated by slashes", glob)
	}
	return nil
}

// expandBraces writes out the alternatives of a glob: a{b,c}d is abd and acd.
func expandBraces(glob string) []string {
	open := strings.IndexByte(glob, '{')
	if open < 0 {
		return []string{glob}
	}
	depth, start := 0, open+1
	var alternatives []string
	for i := open; i < len(glob); i++ {
		switch glob[i] {
		case '{':
			depth++
		case ',':
			if depth == 1 {
				alternatives = append(alternatives, glob[start:i])
				start = i + 1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			alternatives = append(alternatives, glob[start:i])
			var all []string
			for _, a := range alternatives {
				all = append(all, expandBraces(glob[:open]+a+glob[i+1:])...)
			}
			return all
		}
	}
	return []string{glob}
}
