package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

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
	case slices.ContainsFunc(bracketSets(glob), func(set string) bool { return strings.ContainsAny(set, "{},") }):
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
	for _, set := range bracketSets(glob) {
		for i := 0; i+2 < len(set); i++ {
			if set[i+1] == '-' && set[i] > set[i+2] {
				return true
			}
		}
	}
	return false
}

// bracketSets gives what stands between the brackets of a glob.
func bracketSets(glob string) []string {
	var sets []string
	for {
		_, opened, _ := strings.Cut(glob, "[")
		set, rest, closed := strings.Cut(opened, "]")
		if !closed {
			return sets
		}
		sets, glob = append(sets, set), rest
	}
}

// expandBraces writes out the alternatives of a glob: a{b,c}d is abd and acd. It stops once they are
// more than maxAlternatives.
func expandBraces(glob string) []string {
	return appendExpanded(nil, glob)
}

func appendExpanded(all []string, glob string) []string {
	open := strings.IndexByte(glob, '{')
	if open < 0 {
		return append(all, glob)
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
			for _, a := range append(alternatives, glob[start:i]) {
				if all = appendExpanded(all, glob[:open]+a+glob[i+1:]); len(all) > maxAlternatives {
					break
				}
			}
			return all
		}
	}
	return append(all, glob)
}
