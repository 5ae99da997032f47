package shape

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"countersign/policy/edit"
)

// A nameList tells how a kind of file names what it brings in. Files of it are read line by line: a name, or the
// source of one, that the text before doesn't have is risky, and everything else as plain as in files that aren't
// known.
type nameList struct {
	line *regexp.Regexp // its groups are names, "" without
	// Where it isn't nil, lines count from one that begins a section, itself among them, to one that begins another.
	section, other *regexp.Regexp
}

// namePattern is a nameList as it is written.
type namePattern struct{ line, section, other string }

// nameLists are the kinds of files, each made when the first file of it is read.
var nameLists = laterLists(namePatterns)

func laterLists(patterns map[string][]namePattern) map[string]func() []nameList {
	all := make(map[string]func() []nameList, len(patterns))
	for name, list := range patterns {
		all[name] = sync.OnceValue(func() (lists []nameList) {
			for _, p := range list {
				n := nameList{line: regexp.MustCompile(p.line)}
				if p.section != "" {
					n.section, n.other = regexp.MustCompile(p.section), regexp.MustCompile(p.other)
				}
				lists = append(lists, n)
			}
			return lists
		})
	}
	return all
}

// nameListsOf gives the kind of a file by its path in lower case.
func nameListsOf(lower string) []nameList {
	name := base(lower)
	if lists := nameLists[name]; lists != nil {
		return lists()
	}
	name = strings.TrimSuffix(name, ".kts")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if lists := nameLists[name[i:]]; lists != nil {
			return lists()
		}
	}
	return nil
}

// newNames gives the lines on which a text names what the text before doesn't.
func newNames(lists []nameList, old, now []byte, added []edit.Line) []Reason {
	if len(lists) == 0 {
		return nil
	}
	var reasons []Reason
	numbers := make(map[int]bool, len(added))
	for _, l := range added {
		numbers[l.Number] = true
	}
	for i := range lists {
		if !lists[i].mayName(now, added) {
			continue
		}
		known := make(map[string]bool)
		lists[i].each(old, func(_ int, _ []byte, name string) { known[name] = true })
		lists[i].each(now, func(number int, line []byte, name string) {
			if known[name] {
				return
			}
			known[name] = true
			if numbers[number] {
				reasons = append(reasons, Reason{
					number, string(bytes.TrimRight(line, "\r\n")), Risky,
					"a new dependency, or another source",
				})
			}
		})
	}
	return reasons
}

// mayName tells whether one of some lines of a text may have a name.
func (n *nameList) mayName(text []byte, lines []edit.Line) bool {
	return slices.ContainsFunc(lines, func(l edit.Line) bool {
		line := text[l.At:lineEnd(text, l.At)]
		return n.line.Match(line) || n.section != nil && n.section.Match(line)
	})
}

// each calls found with each name of a text, in lower case, and its line.
func (n *nameList) each(text []byte, found func(number int, line []byte, name string)) {
	number, in := 0, n.section == nil
	for line := range bytes.Lines(text) {
		number++
		if isComment(line) {
			continue
		}
		at := 0
		if n.section != nil {
			if m := n.section.FindIndex(line); m != nil {
				in, at = true, m[1]
			} else if in && n.other.Match(line) {
				in = false
			}
		}
		if !in {
			continue
		}
		for _, m := range n.line.FindAllSubmatch(line[min(at, len(line)):], -1) {
			for _, name := range m[1:] {
				if len(name) > 0 {
					found(number, line, strings.ReplaceAll(strings.ToLower(string(name)), "_", "-"))
				}
			}
		}
	}
}
