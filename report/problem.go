package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"countersign/policy"
)

// problem is a finding as the formats of CI want it: with one place, and a name of its own.
type problem struct {
	finding policy.Finding // escaped
	title   string         // what is wrong, in one line
	lines   []string       // all that there is to say
	path    string         // of the tree, exactly; "" where it is about no path
	line    int            // of that file, 0 where none is known
	name    string         // the same in each run, and of no other problem of the decision
}

// problems gives what stands against a decision. A refusal without a finding is one, too.
func (d shown) problems(exact policy.Decision) []problem {
	all := make([]problem, 0, len(d.Findings)+1)
	seen := make(map[string]int)
	for i, f := range d.Findings {
		one := problem{finding: f, title: title(f)}
		if paths := exact.Findings[i].Paths; len(paths) > 0 {
			one.path, one.line = paths[0].Path, firstLine(paths[0])
		}
		var p page
		p.finding(d, i+1, f)
		_, head, _ := strings.Cut(p.lines[0], " ") // without its number
		one.lines = append([]string{head}, p.lines[1:]...)
		name := nameOf(exact.Findings[i], one.path)
		seen[name]++
		if one.name = name; seen[name] > 1 {
			one.name = digest(name, strconv.Itoa(seen[name]))
		}
		all = append(all, one)
	}
	if d.Verdict == policy.Accepted || !d.undecided() {
		return all
	}
	f := policy.Finding{Code: policy.Undecided, Detail: d.headline() + after(", because ", d.Undecided)}
	lines := []string{string(f.Code), "  " + f.Detail}
	return append(all, problem{finding: f, title: f.Detail, lines: lines, name: digest(string(f.Code))})
}

// title says in one line what is wrong with what.
func title(f policy.Finding) string {
	switch {
	case f.Commit != "":
		return short(f.Commit, 12) + after("  ", f.Subject) + ": " + detail(f)
	case f.Ref != "":
		return f.Ref + ": " + detail(f)
	default:
		return detail(f)
	}
}

// nameOf names a finding by what it is about. What was earned or approved meanwhile doesn't change the name.
func nameOf(f policy.Finding, path string) string {
	return digest(string(f.Code), f.Ref, f.Commit, f.Rule, path)
}

// digest is a name made of texts, none of which has a NUL.
func digest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// firstLine gives the first line of a path that says why it is asked about, 0 where none is known.
func firstLine(t policy.TouchedPath) int {
	for _, r := range t.Lines {
		if r.Line > 0 {
			return r.Line
		}
	}
	return 0
}

// place names where a problem is: a path, or else what it is about, as no file is called: a commit or a ref.
func (p problem) place() string {
	switch {
	case p.path != "":
		return shownPath(p.path)
	case p.finding.Commit != "":
		return "commit/" + p.finding.Commit
	case p.finding.Ref != "":
		return p.finding.Ref
	default:
		return "countersign"
	}
}

// shownPath gives a path as it is, where a reader sees all of it, and else escaped.
func shownPath(path string) string {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, func(r rune) bool { return !visible(r) }) {
		return escape(path)
	}
	return path
}

// firstLines gives so many of some lines, and says how many it leaves out.
func firstLines(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	left := fmt.Sprintf("and %s: countersign verify shows all", Count(len(lines)-most, "more line"))
	return append(lines[:most:most], left)
}
