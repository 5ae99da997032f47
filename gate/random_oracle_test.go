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

// made gives the paths that are the commit's own work: what differs from every parent.
func (c *randomCommit) made() map[string]bool {
	if len(c.parents) == 0 {
		return c.differs(&randomCommit{})
	}
	return c.differs(c.parents...)
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

// answers gives the paths that a landing commit answers for beyond its own work: what it takes away of, or
// puts back into, the line that it continues, and what it undoes of what it merges.
func (l landed) answers() map[string]bool {
	paths := l.made()
	if len(l.parents) < 2 {
		return paths
	}
	// A step is explained if of some commits one changed the old text away, and one made the new one.
	explained := func(by map[*randomCommit]bool, path string, from, to *randomCommit) bool {
		away, made := false, false
		for b := range by {
			if b == l.randomCommit || !b.made()[path] {
				continue
			}
			parents := b.parents
			if len(parents) == 0 {
				parents = []*randomCommit{{}}
			}
			away = away || slices.ContainsFunc(parents, func(p *randomCommit) bool { return p.alike(from, path) })
			made = made || b.alike(to, path)
		}
		return away && made
	}
	for path := range l.differs(l.parents[0]) {
		if !explained(l.brought, path, l.parents[0], l.randomCommit) {
			paths[path] = true
		}
	}
	for _, parent := range l.parents[1:] {
		beside := maps.Clone(l.brought)
		maps.DeleteFunc(beside, func(b *randomCommit, _ bool) bool { return parent.reach()[b] })
		for path := range l.differs(parent) {
			itsOwn := false
			for b := range l.brought {
				itsOwn = itsOwn || parent.reach()[b] && b.made()[path] && b.alike(parent, path)
			}
			if itsOwn && !explained(beside, path, parent, l.randomCommit) {
				paths[path] = true
			}
		}
	}
	return paths
}

// alike says whether a path is the same in two commits.
func (c *randomCommit) alike(other *randomCommit, path string) bool {
	text, there := c.files[path]
	old, was := other.files[path]
	return text == old && there == was
}

// credit is a commit that somebody earned.
type earned struct {
	who     string
	classes []string
	when    int64
	commit  *randomCommit
}

// line is what a line of first parents has earned everybody, and when its last landing was.
type line struct {
	last    int64
	credits []earned
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
	by := h.policyAt(tip.first())
	landing := landings(tip, not)[0]
	for _, c := range landing.inOrder() {
		author, signer := by.role(c.author), c.signer
		if signer == "" {
			signer = tip.signer
		}
		if by.role(signer) == "" || author == "" || author == "service" {
			continue
		}
		if c.author != signer && (by.role(signer) != "maintainer" || before.figures(by, signer, "", l.last).Days < 90) {
			continue
		}
		e := earned{c.author, []string{""}, l.last, c}
		paths := c.made()
		if c == tip {
			paths = landing.answers()
		}
		for path := range paths {
			e.classes = append(e.classes, classesOf(path, c.files[path])...)
		}
		l.credits = append(l.credits, e)
	}
	h.lines[tip] = l
	return l
}

// inOrder gives the commits of a landing, parents before children.
func (l landed) inOrder() []*randomCommit {
	return slices.SortedFunc(maps.Keys(l.brought), func(a, b *randomCommit) int { return cmp.Compare(len(a.reach()), len(b.reach())) })
}

// counted gives the credits of somebody in a class that have settled by a time.
func (l line) counted(r *rulesOf, who, class string, at int64) []earned {
	var counted []earned
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
		rest := slices.DeleteFunc(slices.Clone(names[i+1:]), func(b string) bool { return a == b || r.tied(a, b) || r.tied(b, a) })
		if r.role(a) == "maintainer" && r.independent(rest, number-1) {
			return true
		}
	}
	return false
}
