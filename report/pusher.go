package report

import (
	"io"
	"slices"
	"strings"

	"countersign/policy"
)

// Options bound how much room a text takes.
type Options struct {
	// Columns of the widest line, at least 60. Zero is 91 for Pusher, since git shows each line with
	// "remote: " before it and 99 are read without wrapping, and no bound for Text.
	Columns int
	// Lines that Pusher may take, at least 12. Zero is 40.
	Lines int
	// AllNotes has Pusher tell all notes of what is accepted, not only those that everybody is to hear.
	AllNotes bool
	// Mark stands before each line of Pusher's, as some servers want it of what they are to show.
	Mark string
	// Alike is how many findings that are alike Text shows; 0 shows all, in their order.
	Alike int
}

// Less than these can't hold a refusal that helps.
const (
	leastColumns = 60
	leastLines   = 12
)

// Pusher tells the person who pushed what became of it: one line where the push is accepted, what was put aside by an
// exception, and which approvals can't count; none if it touches nothing of that; else the verdict, what is wrong
// where, what to do next, and the reference under which the server's operator finds the rest. Where the server only
// observes it says that the push goes on. Why a decision couldn't be reached is not said: that may name things of the
// server, and is for its operator to read with Text.
func Pusher(w io.Writer, decision policy.Decision, o Options) error {
	d := show(decision)
	if o.Columns == 0 {
		o.Columns = 91
	}
	if o.Lines == 0 {
		o.Lines = 40
	}
	p := &page{columns: max(o.Columns, leastColumns), rows: 2, mark: o.Mark}
	switch {
	case d.Verdict == policy.Accepted:
		told := d.told()
		if o.AllNotes {
			told = d.Notes
		}
		if len(told) > 0 || slices.ContainsFunc(d.Refs, func(r policy.RefDecision) bool { return r.Protected }) {
			p.rows = 1
			p.line(0, "countersign: nothing against"+d.acceptance()) // Git has the last word, and says it below
			p.rows = 3
			for _, n := range some(told, 5) {
				p.line(2, n)
			}
		}
	case d.undecided():
		p.line(0, d.headline()+"; tell the operator"+after(": ref ", d.Reference))
		p.observed(d)
		if !d.Unrecorded && d.Reference != "" {
			p.line(2, "next: the operator runs: countersign log show "+d.Reference)
		}
		if d.Unrecorded {
			p.line(2, "its record couldn't be written, and countersign log doesn't know it")
			p.line(2, "next: the operator runs: countersign doctor")
		}
		for _, f := range d.Findings {
			if f.Code == policy.LimitExceeded && f.Ref == "" { // the push as a whole took too long
				p.line(2, f.Detail)
				p.line(2, "next:")
				for _, n := range f.Next {
					p.step(4, "", n)
				}
			}
		}
	default:
		p.refusal(d, max(o.Lines, leastLines))
	}
	return p.writeTo(w)
}

// observed says, where the server only observes, that the push goes on.
func (p *page) observed(d shown) {
	if d.Observed {
		p.line(2, "this server only observes for now, and the push goes on")
	}
}

// after gives a text with something before it, or nothing if there is no text.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func (p *page) refusal(d shown, lines int) {
	p.line(0, d.headline())
	p.observed(d)
	p.blank()
	foot := &page{columns: p.columns, rows: 1}
	if others := d.alsoRefused(); others != nil {
		foot.line(2, "refused with it: "+strings.Join(some(others, 3), ", "))
	}
	// Lines are kept for what is left out, and for the blank line and the last one.
	named, left := p.blocks(d, lines-len(p.lines)-len(foot.lines)-4)
	if others := slices.DeleteFunc(slices.Clone(d.refs), func(ref string) bool { return named[ref] }); len(others) > 0 {
		foot.line(2, "more is wrong with "+strings.Join(some(others, 3), ", "))
	}
	if left {
		foot.line(2, Count(len(d.Findings), "finding")+after("; see countersign log show ", d.Reference))
	}
	why := "CODE"
	if len(d.codes) == 1 {
		why = string(d.codes[0])
	}
	foot.line(2, "why: countersign explain "+why+after("      ref: ", d.Reference))
	p.blank()
	p.lines = append(p.lines, foot.lines...)
}

// alsoRefused gives the refs nothing is wrong with: a push is accepted or refused as a whole
// (githooks(5), pre-receive).
func (d shown) alsoRefused() []string {
	wrong := make(map[string]bool)
	for _, ref := range d.refs {
		wrong[ref] = true
	}
	var others []string
	for _, r := range d.Refs {
		if !wrong[r.Ref] {
			others = append(others, r.Ref)
		}
	}
	return others
}
