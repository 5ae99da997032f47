package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"countersign/policy/content"

	"github.com/bmatcuk/doublestar/v4"
)

// Classes decides which classes a change falls in: by its path, its mode and its content. It is safe
// for concurrent use.
type Classes struct {
	globs []classGlob
	// An index of the globs, since most paths match none of some hundred: by a part that the path must
	// have, else by the extension that its last part must have, and what has neither.
	byPart map[string][]int
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
	return append(content.All.Names(), classExecBit, classSubmodule, classSymlink, classTypeChange)
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
	c := &Classes{byPart: make(map[string][]int), byExt: make(map[string][]int), seen: make(map[string][]string)}
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

// checkoutForms gives a path as file systems may take it: folded as ASCII case is, and, where that
// differs, folded as those that know Unicode do (HFS+, APFS, ext4 with casefold), and then as Windows
// does, for which a backslash is a slash, and which drops trailing dots and spaces and what follows a
// colon.
func checkoutForms(path string) []string {
	forms := []string{foldASCII(path)}
	unfolded := func(r rune) bool { return r >= utf8.RuneSelf }
	if form := forms[0]; strings.ContainsFunc(form, unfolded) {
		if folded := ligatures.Replace(strings.Map(foldUnicode, form)); folded != form {
			forms = append(forms, folded)
		}
	}
	last := forms[len(forms)-1]
	parts := strings.FieldsFunc(last, func(r rune) bool { return r == '/' || r == '\\' })
	kept := parts[:0]
	for _, part := range parts {
		part, _, _ = strings.Cut(part, ":")
		if part = strings.TrimRight(part, ". "); part != "" {
			kept = append(kept, part)
		}
	}
	if form := strings.Join(kept, "/"); form != last {
		forms = append(forms, form)
	}
	return forms
}

// shortName gives a part of a path that Windows may take for the short name of any longer one: GITHUB~1 is .github
// there, CONFIG~1.AC is configure.ac. It gives "" where there is none.
func shortName(path string) string {
	if !strings.Contains(path, "~") {
		return ""
	}
	forms := checkoutForms(path)
	for part := range strings.SplitSeq(forms[len(forms)-1], "/") {
		base, _, _ := strings.Cut(part, ".")
		if utf8.RuneCountInString(base) <= 8 && shortNames.MatchString(part) {
			return part
		}
	}
	return ""
}

var shortNames = regexp.MustCompile(`^[^.~]+~[0-9]+(\.[^.]{0,3})?$`)

// foldUnicode folds what becomes ASCII, in case or in compatibility, and drops what shows nothing:
// git's own list for HFS+ (next_hfs_char in its utf8.c), and more. Marks on letters don't matter,
// since no glob has any.
func foldUnicode(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case 0xff01 <= r && r <= 0xff5e: // full-width forms
		return unicode.ToLower(r - 0xfee0)
	case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return -1
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) { // the Kelvin sign, the long s
		if f < utf8.RuneSelf {
			return unicode.ToLower(f)
		}
	}
	return r
}

// ligatures are the letters that full case folding makes several ASCII letters of (Unicode,
// CaseFolding.txt, status F).
var ligatures = strings.NewReplacer("ß", "ss", "ẞ", "ss", "ﬀ", "ff", "ﬁ", "fi",
	"ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// Each pair of braces multiplies what a glob stands for, so a short policy could take all memory.
const (
	maxGlob         = 1000 // bytes
	maxAlternatives = 256  // of one glob
	maxGlobs        = 20_000
)

// checkGlob refuses a glob that is malformed or can't match any path of a tree, whichever of its
// alternatives is taken.
func checkGlob(glob string) error {
	switch {
	case glob == "":
		return errors.New("an empty glob matches nothing")
	case len(glob) > maxGlob:
		return fmt.Errorf("the glob %.20q… has %d bytes, and %d are allowed: write several", glob, len(glob), maxGlob)
	case strings.Contains(glob, `\`):
		return fmt.Errorf("the glob %q has a backslash: paths are separated by slashes, and [*] stands for an asterisk", glob)
	case !doublestar.ValidatePattern(glob):
		return fmt.Errorf("the glob %q is malformed", glob)
	case bracesInBrackets.MatchString(glob):
		return fmt.Errorf("the glob %q has a brace or comma in brackets, which can be read in two ways", glob)
	case backwardRange(foldASCII(glob)):
		return fmt.Errorf("the glob %q has a range that ends before it begins once case is folded", glob)
	}
	expanded := expandBraces(glob)
	if len(expanded) > maxAlternatives {
		return fmt.Errorf("the glob %q stands for more than %d globs: write fewer braces, or several globs",
			glob, maxAlternatives)
	}
	for _, g := range expanded {
		in := "/" + g + "/"
		if g == "" || strings.Contains(in, "//") || strings.Contains(in, "/./") || strings.Contains(in, "/../") {
			return fmt.Errorf("the glob %q can't match: paths have no leading, trailing or doubled slash and no \".\" or \"..\"",
				glob)
		}
	}
	return nil
}

// backwardRange says whether a folded glob has a range such as [z-a], which matches nothing.
func backwardRange(glob string) bool {
	for _, set := range brackets.FindAllString(glob, -1) {
		for i := 1; i+2 < len(set)-1; i++ {
			if set[i+1] == '-' && set[i] > set[i+2] {
				return true
			}
		}
	}
	return false
}

var brackets = regexp.MustCompile(`\[[^]]+\]`)

var bracesInBrackets = regexp.MustCompile(`\[[^]]*[{},][^]]*\]`)

// expandBraces writes out the alternatives of a glob: a{b,c}d is abd and acd. It stops once they are
// more than maxAlternatives.
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
				if all = append(all, expandBraces(glob[:open]+a+glob[i+1:])...); len(all) > maxAlternatives {
					break
				}
			}
			return all
		}
	}
	return []string{glob}
}
