package gate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign/policy"
)

// The oracle: what docs/model.md says, asked of what the test itself knows of a history. It shares no code
// with what it judges, but for the struct that a rule is.

// classesOf gives the classes of a file that the random histories have.
func classesOf(path, text string) []string {
	var classes []string
	switch {
	case strings.HasPrefix(path, ".countersign/"):
		classes = append(classes, "policy")
	case path == "configure.ac":
		classes = append(classes, "build")
	case strings.HasPrefix(path, ".github/"):
		classes = append(classes, "ci")
	case strings.HasPrefix(path, "tests/files/"):
		classes = append(classes, "fixture")
	}
	if strings.Contains(text, "\x00") {
		classes = append(classes, "binary")
	}
	return classes
}

// reach gives all that a commit reaches, itself included.
func (c *randomCommit) reach() map[*randomCommit]bool {
	all := make(map[*randomCommit]bool)
	var add func(*randomCommit)
	add = func(c *randomCommit) {
		if !all[c] {
			all[c] = true
			for _, p := range c.parents {
				add(p)
			}
		}
	}
	add(c)
	return all
}

func (c *randomCommit) first() *randomCommit {
	if len(c.parents) == 0 {
		return nil
	}
	return c.parents[0]
}

// differs gives the paths in which a commit differs from all of some others.
func (c *randomCommit) differs(from ...*randomCommit) map[string]bool {
	paths := make(map[string]bool)
	for _, other := range append([]*randomCommit{c}, from...) {
		for path := range other.files {
			if !slices.ContainsFunc(from, func(p *randomCommit) bool { return c.alike(p, path) }) {
				paths[path] = true
			}
		}
	}
	return paths
}

// made gives the paths that a commit answers for. Of a merge those are what a merge of its parents, file by file,
// doesn't give: a path is settled if the merge has what one parent has, and every other one that has something
// else has it from before they parted. Unclear is what Git could still tell otherwise: where it merges lines, or
// has several beginnings to choose from.
func (c *randomCommit) made() (paths, unclear map[string]bool) {
	if len(c.parents) < 2 {
		return c.differs(cmp.Or(c.first(), &randomCommit{})), nil
	}
	if c.own != nil {
		return c.own, c.unclear
	}
	c.own, c.unclear = make(map[string]bool), make(map[string]bool)
	settled := func(path string) bool {
		return slices.ContainsFunc(c.parents, func(has *randomCommit) bool {
			return c.alike(has, path) && !slices.ContainsFunc(c.parents, func(other *randomCommit) bool {
				return !c.alike(other, path) && slices.ContainsFunc(parted(has, other), func(base *randomCommit) bool {
					return !other.alike(base, path)
				})
			})
		})
	}
	several := func(path string) bool {
		changed := make(map[*randomCommit]bool)
		for i, one := range c.parents {
			for _, other := range c.parents[i+1:] {
				bases := parted(one, other)
				for _, base := range bases {
					changed[one], changed[other] = changed[one] || !one.alike(base, path), changed[other] || !other.alike(base, path)
					if !base.alike(bases[0], path) {
						return true
					}
				}
			}
		}
		maps.DeleteFunc(changed, func(_ *randomCommit, is bool) bool { return !is })
		return len(changed) > 1 && (len(c.parents) > 2 || path == policyPath)
	}
	for _, parent := range c.parents {
		for path := range c.differs(parent) {
			if several(path) {
				c.unclear[path] = true
			} else if !settled(path) {
				c.own[path] = true
			}
		}
	}
	return c.own, c.unclear
}

// parted gives where two commits parted: what both reach, and nothing else that both reach does.
func parted(a, b *randomCommit) []*randomCommit {
	both, of := a.reach(), b.reach()
	maps.DeleteFunc(both, func(c *randomCommit, _ bool) bool { return !of[c] })
	var bases []*randomCommit
	for c := range both {
		best := true
		for other := range both {
			best = best && (other == c || !other.reach()[c])
		}
		if best {
			bases = append(bases, c)
		}
	}
	if bases == nil {
		return []*randomCommit{{}}
	}
	return bases
}

// landed is a landing as the test itself sees it.
type landed struct {
	*randomCommit
	brought map[*randomCommit]bool // the landing commit too
}

// landings parts what a tip has, and some others don't reach, into landings, oldest first.
func landings(tip *randomCommit, not map[*randomCommit]bool) []landed {
	var all []landed
	for c := tip; c != nil && !not[c]; c = c.first() {
		brought := c.reach()
		if c.first() != nil {
			maps.DeleteFunc(brought, func(b *randomCommit, _ bool) bool { return c.first().reach()[b] })
		}
		maps.DeleteFunc(brought, func(b *randomCommit, _ bool) bool { return not[b] })
		all = append(all, landed{c, brought})
	}
	slices.Reverse(all)
	return all
}

// alike says whether a path is the same in two commits.
func (c *randomCommit) alike(other *randomCommit, path string) bool {
	text, there := c.files[path]
	old, was := other.files[path]
	return text == old && there == was
}

// credit is a commit that somebody has earned.
type credit struct {
	who     string
	classes []string
	when    int64
	commit  *randomCommit
}

// line is what a first-parent line has earned everybody, and when its last landing was.
type line struct {
	last    int64
	credits []credit
}

// lineTo works out the line up to a commit. What had landed at adoption counts by claims, which all are true.
func (h *randomHistory) lineTo(tip *randomCommit) line {
	if tip == nil {
		return line{}
	}
	if l, ok := h.lines[tip]; ok {
		return l
	}
	before := h.lineTo(tip.first())
	l := line{max(before.last, tip.when), slices.Clone(before.credits)}
	not := map[*randomCommit]bool{}
	if tip.first() != nil {
		not = tip.first().reach()
	}
	if adopted := h.begin.reach(); !adopted[tip] { // what a branch brings of that was there before, and beside the line
		maps.Copy(not, adopted)
	}
	by := h.policyAt(tip.first())
	landing := landings(tip, not)[0]
	for _, c := range landing.inOrder() {
		people, vouched := map[string]bool{}, false
		for _, signer := range []string{c.signer, tip.signer} {
			role := by.role(signer)
			if role == "maintainer" || role == "contributor" {
				people[signer] = true
			}
			vouched = vouched || role == "maintainer" && before.figures(by, signer, "", l.last).Days >= 90
		}
		if role := by.role(c.author); vouched && role != "" && role != "service" {
			people[c.author] = true
		}
		e := credit{"", []string{""}, l.last, c}
		own, unclear := c.made()
		for _, paths := range []map[string]bool{own, unclear} {
			for path := range paths {
				e.classes = append(e.classes, classesOf(path, c.files[path])...)
			}
		}
		h.unclear = h.unclear || len(unclear) > 0
		for e.who = range people {
			l.credits = append(l.credits, e)
		}
	}
	h.lines[tip] = l
	return l
}

// inOrder gives the commits of a landing, parents before children.
func (l landed) inOrder() []*randomCommit {
	return slices.SortedFunc(maps.Keys(l.brought), func(a, b *randomCommit) int {
		return cmp.Compare(len(a.reach()), len(b.reach()))
	})
}

// counted gives the credits of somebody in a class that have settled by a time.
func (l line) counted(r *rulesOf, who, class string, at int64) []credit {
	var counted []credit
	for _, e := range l.credits {
		if e.who == who && slices.Contains(e.classes, class) && at-e.when > int64(r.age)*oneDay+600 {
			counted = append(counted, e)
		}
	}
	return counted
}

// figures counts what somebody has earned in a class by a time.
func (l line) figures(r *rulesOf, who, class string, at int64) policy.TenureFigures {
	var f policy.TenureFigures
	months := make(map[string]bool)
	for i, e := range l.counted(r, who, class, at) {
		if i == 0 {
			f.Days = int((at - e.when) / oneDay)
		}
		f.Commits++
		months[time.Unix(e.when, 0).UTC().Format("2006-01")] = true
	}
	f.Months = len(months)
	return f
}

// independent says whether as many of some people as the number given, all maintainers, are tied to none of
// the others.
func (r *rulesOf) independent(names []string, number int) bool {
	if number <= 0 {
		return true
	}
	for i, a := range names {
		rest := slices.DeleteFunc(slices.Clone(names[i+1:]), func(b string) bool {
			return a == b || r.tied(a, b) || r.tied(b, a)
		})
		if r.role(a) == "maintainer" && r.independent(rest, number-1) {
			return true
		}
	}
	return false
}
