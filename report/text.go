package report

import (
	"fmt"
	"io"
	"slices"

	"countersign/policy"
)

// Text says everything about a decision to somebody who reads at leisure or runs the server: every
// ref, every finding with all its paths, approvals that don't count and why, notes, and why no
// decision could be reached. Nothing is left out; lines are wrapped if o bounds their columns.
func Text(w io.Writer, decision policy.Decision, o Options) error {
	d := show(decision)
	p := &page{}
	if o.Columns > 0 {
		p.columns = max(o.Columns, leastColumns)
	}
	p.line(0, d.headline())
	if d.Undecided != "" {
		p.line(2, "because: "+d.Undecided)
	}
	if len(d.Refs) > 0 {
		p.blank()
	}
	for _, r := range d.Refs {
		p.ref(r)
	}
	if d.Summary != nil {
		p.blank()
		p.summary(d.Summary)
	}
	p.findings(d, o.Alike)
	if len(d.Notes) > 0 || d.Reference != "" {
		p.blank()
	}
	for _, n := range d.Notes {
		p.line(0, "note: "+n)
	}
	if d.Reference != "" {
		p.line(0, "ref: "+d.Reference)
	}
	return p.writeTo(w)
}

// findings shows all findings; where most isn't 0, those that have code and rule in common stand together, and so many
// of them are shown.
func (p *page) findings(d shown, most int) {
	groups := [][]policy.Finding{d.Findings}
	if most > 0 {
		groups = alikeFindings(d.Findings)
	}
	number := 0
	for _, group := range groups {
		for i, f := range group {
			if most > 0 && i == most {
				p.blank()
				p.line(0, fmt.Sprintf("and %d more %s%s: --all shows each", len(group)-i, f.Code, after(" by rule ", f.Rule)))
				break
			}
			number++
			p.blank()
			p.finding(d, number, f)
		}
		if n := d.unlisted(group); n > 0 {
			p.blank()
			p.line(0, fmt.Sprintf("and %d %s that aren't listed: --all-commits lists each", n, group[0].Code))
		}
	}
}

// unlisted says how many findings of a code were counted where signatures alone are verified, and not kept.
func (d shown) unlisted(group []policy.Finding) int {
	if !d.SignaturesOnly || d.Summary == nil || len(group) == 0 {
		return 0
	}
	for _, n := range d.Summary.Findings {
		if n.Name == string(group[0].Code) {
			return n.Count - len(group)
		}
	}
	return 0
}

func (p *page) ref(r policy.RefDecision) {
	p.line(2, r.Ref+after(", which is ", r.Resolved))
	if r.As != "" {
		p.line(4, "judged as "+r.As)
	}
	shared := ""
	if r.SharedWith != "" {
		shared = ", which was judged with " + r.SharedWith + ","
	}
	p.line(4, "from "+r.Old+shared+" to "+r.New)
	protected := "protected"
	if !r.Protected {
		protected = "not protected"
	}
	if !r.Protected && r.Commits == 0 {
		p.line(4, protected)
		return
	}
	p.line(4, fmt.Sprintf("%s; %s judged, in %s", protected, Count(r.Commits, "commit"), Count(r.Landings, "landing")))
	if r.Undecided != "" {
		p.line(4, "undecided: "+r.Undecided)
	}
	for _, a := range r.Attested {
		p.line(4, fmt.Sprintf("%s of %s, attested by %s", Count(a.Commits, "commit"), a.Author, a.Service))
	}
}

func (p *page) finding(d shown, number int, f policy.Finding) {
	head := fmt.Sprintf("%d. %s", number, f.Code)
	if f.Commit == "" {
		p.line(0, head+after(" ", f.Ref))
	} else {
		p.line(0, head+" "+f.Commit+after("  ", f.Subject))
		p.line(2, "on "+on(f)+after(", brought in by ", f.Landing))
	}
	for _, t := range f.Paths {
		p.line(2, t.Path+"  "+touched(t))
		if as := shownAs(t); as != "" {
			p.line(4, as)
		}
		for _, r := range t.Lines {
			p.line(4, reason(r))
			if r.Text != "" {
				p.line(6, r.Text)
			}
		}
	}
	p.line(2, detail(f))
	if f.Why != "" {
		p.line(4, f.Why)
	}
	switch {
	case f.Tenure != nil:
		p.line(2, standing(f))
	case f.Signer != "":
		p.line(2, accountable(f))
	}
	if f.Fingerprint != "" {
		p.line(2, "key "+f.Fingerprint)
	}
	if f.Claim != "" {
		p.line(2, "committer "+f.Claim)
	}
	if len(f.Have) > 0 {
		p.line(2, backing(f)+List(f.Have, "and"))
	}
	for _, dc := range f.Discounted {
		p.line(2, "approval"+after(" ", dc.Name)+after(" of ", dc.Principal)+" doesn't count: "+dc.Reason)
	}
	if len(f.Ask) > 0 {
		p.line(2, "could approve: "+List(f.Ask, "and"))
	}
	next, _ := d.steps([]policy.Finding{f}, 1)
	for _, n := range next {
		p.step(2, "next: ", n)
	}
}

// on names the refs that hold what a finding is about.
func on(f policy.Finding) string {
	if len(f.Refs) == 0 {
		return f.Ref
	}
	names := slices.Clone(f.Refs)
	if f.MoreRefs > 0 {
		names = append(names, Count(f.MoreRefs, "other"))
	}
	return List(names, "and")
}
