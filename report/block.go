package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign/policy"
)

// amount is what a block may show of things that can be many.
type amount struct {
	list     int // lines for commits and their paths
	paths    int // of one commit
	commands int // findings whose commands are shown
}

const mostDiscounts = 2

// block is what is said of one commit, or of several commits of which the same is to be said. Each
// of its sections is about one rule or code and has findings that are alike.
type block struct {
	page
	amount
	d        shown
	sections [][]policy.Finding
	left     bool // something was left out
}

// blocks shows as many blocks as there is room for, and says which refs they are about and whether
// anything was left out.
func (p *page) blocks(d shown, room int) (named map[string]bool, left bool) {
	named = make(map[string]bool)
	all := together(alike(d.Findings))
	// A push with one or two things wrong gets them in some breadth, one with more gets each in short.
	b, rows := block{d: d, amount: amount{list: 12, paths: 3, commands: 3}}, 2*p.rows
	if len(all) > 2 {
		b.amount, rows = amount{list: 4, paths: 1, commands: 1}, p.rows
	}
	ref := ""
	for i, sections := range all {
		b.page, b.sections = page{columns: p.columns, rows: rows}, sections
		if i > 0 {
			b.blank()
		}
		if heading := b.refs(); len(d.refs) > 1 && heading != ref {
			b.line(2, heading+":")
			ref = heading
		}
		b.write()
		if len(b.lines) > room {
			if i > 0 {
				return named, true
			}
			b.lines, b.left = b.lines[:room], true
		}
		room -= len(b.lines)
		p.lines = append(p.lines, b.lines...)
		for _, f := range sections[0] {
			named[f.Ref] = true
		}
	}
	return named, b.left
}

// alike puts findings together that say the same of different commits of a ref, or of different
// refs, in the order of their first.
func alike(findings []policy.Finding) [][]policy.Finding {
	type key struct {
		ref, rule, signer, attestedBy, ask, detail string
		code                                       policy.Code
		needed                                     int
	}
	index := make(map[key]int)
	var groups [][]policy.Finding
	for _, f := range findings {
		k := key{code: f.Code, rule: f.Rule, signer: f.Signer, attestedBy: f.AttestedBy, needed: f.Needed}
		k.ask = strings.Join(f.Ask, " ")
		if k.ref = f.Ref; f.Commit == "" {
			k.ref, k.detail = "", f.Detail
		}
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// together puts the groups that are about one and the same commit into one block.
func together(groups [][]policy.Finding) [][][]policy.Finding {
	type key struct{ ref, commit string }
	index := make(map[key]int)
	var blocks [][][]policy.Finding
	for _, g := range groups {
		k := key{g[0].Ref, g[0].Commit}
		i, known := index[k]
		if !known || len(g) > 1 || k.commit == "" {
			i = len(blocks)
			blocks = append(blocks, nil)
			if len(g) == 1 {
				index[k] = i
			}
		}
		blocks[i] = append(blocks[i], g)
	}
	return blocks
}

// refs names the ref of a block, or the refs of which the same is to be said.
func (b *block) refs() string {
	var refs []string
	for _, f := range b.sections[0] {
		if ref := cut(f.Ref, 50); len(refs) == 0 || refs[len(refs)-1] != ref {
			refs = append(refs, ref)
		}
	}
	return strings.Join(some(refs, 3), ", ")
}

func (b *block) write() {
	first := b.sections[0][0]
	indent := 2
	if first.Commit != "" {
		indent = 4
	}
	for i, findings := range b.sections {
		same := !slices.ContainsFunc(findings, func(f policy.Finding) bool { return detail(f) != detail(findings[0]) })
		if first.Commit != "" {
			b.entries(findings, same, i == 0)
		}
		if same {
			b.line(indent, detail(findings[0])+b.code(findings[0]))
		}
		b.reasons(indent, findings[0])
		next := b.next(indent, findings)
		if i+1 == len(b.sections) || !slices.Equal(next, b.next(indent, b.sections[i+1])) {
			b.lines = append(b.lines, next...)
		}
	}
}

// code names a finding's code where a push has several; else the last line names it.
func (b *block) code(f policy.Finding) string {
	if len(b.d.codes) == 1 {
		return ""
	}
	return "  [" + string(f.Code) + "]"
}

// entries lists commits with their paths, and with what is wrong where that differs.
func (b *block) entries(findings []policy.Finding, same, names bool) {
	before := len(b.lines)
	for i, f := range findings {
		e := page{columns: b.columns, rows: b.rows}
		if names {
			e.line(2, cut(short(f.Commit, 8)+"  "+f.Subject, e.columns-2))
		}
		for j, t := range f.Paths {
			if j == b.paths {
				e.line(4, "and "+Count(len(f.Paths)-j, "more path"))
				b.left = true
				break
			}
			label := cut(touched(t), 40)
			e.line(4, cut(t.Path, e.columns-4-2-width(label))+"  "+label)
			if as := shownAs(t); as != "" {
				e.line(6, cut(as, e.columns-6))
			}
			if len(t.Lines) > 0 {
				r := t.Lines[0]
				e.line(6, cut(reason(r), e.columns-6))
				if r.Text != "" {
					e.line(8, cut(r.Text, e.columns-8))
				}
			}
		}
		if !same {
			e.line(4, detail(f)+b.code(f))
		}
		if i > 0 && len(b.lines)-before+len(e.lines) > b.list {
			b.line(2, "and "+Count(len(findings)-i, "more commit"))
			b.left = true
			return
		}
		b.lines = append(b.lines, e.lines...)
	}
}

// reasons says who signed, what they have earned, and who stands behind the change already.
func (b *block) reasons(indent int, f policy.Finding) {
	if f.Needed == 0 && f.Why != "" {
		b.line(indent, f.Why) // no approval helps, so this is all there is to say
	}
	switch {
	case f.Tenure != nil:
		b.line(indent, standing(f))
	case f.Signer != "" && f.Rule != "":
		b.line(indent, accountable(f))
	case f.Signer == "" && f.Fingerprint != "":
		b.line(indent, "key "+cut(f.Fingerprint, 70))
	}
	if f.Code == policy.SignerMismatch && f.Claim != "" {
		b.line(indent, "committer "+f.Claim)
	}
	if len(f.Have) > 0 {
		b.line(indent, backing(f)+List(some(f.Have, 5), "and"))
	}
	for i, d := range f.Discounted {
		if i == mostDiscounts {
			b.line(indent, "others that don't count: "+strconv.Itoa(len(f.Discounted)-i))
			b.left = true
			return
		}
		who := d.Principal
		if who == "" {
			who = cut(d.Name, 50)
		}
		b.line(indent, "approval of "+who+" doesn't count: "+d.Reason)
	}
}

// next gives the lines that say what to type, or whom to ask to.
func (b *block) next(indent int, findings []policy.Finding) []string {
	p := page{columns: b.columns, rows: b.rows}
	commands, more := b.d.steps(findings, b.commands)
	asks := findings[0].Code == policy.ApprovalMissing
	switch ask := asking(findings[0]); {
	case asks && ask == "":
		p.line(indent, "next: ask an administrator to name more people who may approve this: there are too few")
		return p.lines
	case asks:
		p.line(indent, "next: "+ask)
	case len(commands) == 0:
		return nil
	case len(commands)+more == 1:
		p.step(indent, "next: ", commands[0])
		return p.lines
	default:
		p.line(indent, "next:")
	}
	for _, c := range commands {
		p.step(indent+2, "", c)
	}
	if more > 0 {
		p.line(indent+2, fmt.Sprintf("and %d more like that", more))
		b.left = true
	}
	if asks {
		p.line(indent, "then push again")
	}
	return p.lines
}
