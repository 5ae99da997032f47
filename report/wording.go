package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign/policy"
)

// shown is a decision ready to be shown: every text in it went through escape, and findings have
// the ref's name that was pushed to, also where that is a symbolic ref and they are about the ref
// behind it.
type shown struct {
	policy.Decision
	updates map[string]policy.RefDecision // by Ref
	refs    []string                      // those with findings, in the order of the findings
	codes   []policy.Code                 // of the findings, in their order
}

func show(d policy.Decision) shown {
	s := shown{Decision: escaped(d), updates: make(map[string]policy.RefDecision)}
	pushed := make(map[string]string)
	for _, r := range s.Refs {
		s.updates[r.Ref], pushed[r.Resolved], pushed[r.As] = r, r.Ref, r.Ref
	}
	refs, codes := make(map[string]bool), make(map[policy.Code]bool)
	for i := range s.Findings {
		f := &s.Findings[i]
		if name := pushed[f.Ref]; name != "" && f.Ref != "" {
			f.Ref = name
		}
		if !refs[f.Ref] {
			refs[f.Ref], s.refs = true, append(s.refs, f.Ref)
		}
		if !codes[f.Code] {
			codes[f.Code], s.codes = true, append(s.codes, f.Code)
		}
	}
	return s
}

// told gives the notes that everybody is told.
func (d shown) told() []string {
	return slices.DeleteFunc(slices.Clone(d.Notes), func(n string) bool {
		return !strings.HasPrefix(n, policy.ExceptionNote) && !strings.HasPrefix(n, policy.WordNote)
	})
}

// undecided says of a refusal whether no decision was reached. One without a reason is none.
func (d shown) undecided() bool { return d.Undecided != "" || len(d.Findings) == 0 }

// headline says in one line what became of a decision: accepted refs and how many commits, or what
// is wrong in a few words.
func (d shown) headline() string {
	switch {
	case d.SignaturesOnly && d.Summary != nil && d.Undecided == "":
		return signaturesLine(d.Summary)
	case d.Verdict == policy.Accepted && d.empty() && d.Earlier == nil:
		return "countersign: 0 commits: nothing was judged"
	case d.Verdict == policy.Accepted:
		return "countersign: accepted" + d.acceptance() + d.earlier()
	case d.Summary != nil && len(d.Findings) == 0: // of history that has landed
		return "countersign: undecided: not all of it could be judged"
	case d.Summary != nil && d.Undecided != "":
		return "countersign: refused: " + d.objection() + "; and not all of it could be judged"
	case d.undecided() && d.Observed:
		return d.refused() + ": could not decide"
	case d.undecided():
		return d.refused() + ", nothing changed: could not decide"
	case len(d.refs) > 1:
		all := Count(max(len(d.refs), len(d.Refs)), "ref")
		return fmt.Sprintf("%s %d of %s: %s", d.refused(), len(d.refs), all, d.objection())
	case d.refs[0] == "":
		return d.refused() + ": " + d.objection()
	default:
		return d.refused() + " " + cut(d.refs[0], 50) + ": " + d.objection()
	}
}

// empty says of what somebody had judged, and nobody pushed, that there was nothing to judge.
func (d shown) empty() bool {
	judged := func(r policy.RefDecision) bool { return r.Commits > 0 || strings.HasPrefix(r.Ref, "refs/tags/") }
	return d.Reference == "" && len(d.Refs) > 0 && !slices.ContainsFunc(d.Refs, judged)
}

// earlier says what was judged before, "" for nothing.
func (d shown) earlier() string {
	switch {
	case d.Earlier == nil:
		return ""
	case d.Summary != nil && d.Summary.Commits.Total+d.Summary.Tags.Total == 0:
		return ": nothing new; earlier runs judged " + Count(d.Earlier.Commits, "commit")
	default:
		return "; earlier runs judged " + Count(d.Earlier.Commits, "commit") + " more"
	}
}

// refused begins what is said of a refusal.
func (d shown) refused() string {
	if d.Observed {
		return "countersign: observed, would have refused"
	}
	return "countersign: refused"
}

func (d shown) acceptance() string {
	var refs []string
	commits := 0
	for _, r := range d.Refs {
		if r.Protected || r.Commits > 0 { // an auditor has unprotected ones judged, too
			refs = append(refs, r.Ref)
			commits += r.Commits
		}
	}
	var what string
	switch len(refs) {
	case 0:
		return ": no protected ref is touched"
	case 1:
		what = " " + cut(refs[0], 50)
	default:
		what = " " + Count(len(refs), "protected ref")
	}
	if commits > 0 {
		what += ": " + Count(commits, "commit") + attested(d.Refs)
	}
	return what
}

// objection sums the findings up: what is wrong with the refs, and how many commits have what.
func (d shown) objection() string {
	var parts []string
	commits := make(map[string]bool)
	var one, many string
	for _, f := range d.Findings {
		if f.Commit == "" {
			if says := f.Code.Meaning().Ref; !slices.Contains(parts, says) {
				parts = append(parts, says)
			}
			continue
		}
		m := f.Code.Meaning()
		if len(commits) > 0 && m.Commit != one {
			m = policy.Code("").Meaning() // no word fits all
		}
		one, many = m.Commit, m.Commits
		commits[f.Commit] = true
	}
	if len(parts) > 2 {
		parts = []string{parts[0], "and more"}
	}
	if n := len(commits); n > 0 {
		all := 0
		for _, ref := range d.refs {
			all += d.updates[ref].Commits
		}
		says := many
		if n == 1 {
			says = one
		}
		if all > n {
			parts = append(parts, fmt.Sprintf("%d of %d commits %s", n, all, says))
		} else {
			parts = append(parts, Count(n, "commit")+" "+says)
		}
	}
	return strings.Join(parts, "; ")
}

// detail says what is wrong, with the rule that says so.
func detail(f policy.Finding) string {
	if f.Rule == "" {
		return f.Detail
	}
	return "rule " + f.Rule + ": " + f.Detail
}

// standing says what the signer has earned and what would have done, or "" where tenure is no
// question.
func standing(f policy.Finding) string {
	if f.Tenure == nil {
		return ""
	}
	in := "in class " + f.TenureIn
	switch {
	case f.TenureIn == "":
		in = "overall"
	case strings.HasPrefix(f.TenureIn, "rule "):
		in = "in the rule's classes"
	}
	if f.Exempt == nil {
		return accountable(f) + ": no tenure is enough for this rule"
	}
	if f.TenureFrom != "" {
		in = "of their own signing " + in
	}
	var has, wants []string
	for _, t := range []struct {
		has, wants int
		noun       string
	}{
		{f.Tenure.Days, f.Exempt.Days, "day"},
		{f.Tenure.Commits, f.Exempt.Commits, "commit"},
		{f.Tenure.Months, f.Exempt.Months, "active month"},
	} {
		if t.wants > 0 {
			has, wants = append(has, Count(t.has, t.noun)), append(wants, Count(t.wants, t.noun))
		}
	}
	return fmt.Sprintf("%s: %s %s; %s would do", accountable(f), strings.Join(has, ", "), in, List(wants, "and"))
}

// accountable says who stands behind a finding's commit, and by whose word.
func accountable(f policy.Finding) string {
	if f.AttestedBy != "" {
		return "author " + f.Signer + ", attested by " + f.AttestedBy
	}
	return "signer " + f.Signer
}

// attested says which of a ref's judged commits are their authors' by the word of a service, "" for none.
func attested(refs []policy.RefDecision) string {
	commits := 0
	var services []string
	for _, r := range refs {
		for _, a := range r.Attested {
			commits += a.Commits
			if !slices.Contains(services, a.Service) {
				services = append(services, a.Service)
			}
		}
	}
	if commits == 0 {
		return ""
	}
	return fmt.Sprintf(", %d attested by %s", commits, List(some(services, 3), "and"))
}

// backing says what those who stand behind a finding's commit did. Who signs a change of the policy is one
// of them.
func backing(f policy.Finding) string {
	if f.Code == policy.QuorumMissing {
		return "behind it: "
	}
	return "approved by "
}

// asking says whom to ask for an approval that is missing, and "" if too few could give one.
func asking(f policy.Finding) string {
	missing := f.Needed - len(f.Have)
	switch names := some(f.Ask, 5); {
	case len(f.Ask) < max(missing, 1):
		return ""
	case missing > 1:
		return fmt.Sprintf("push it to an unprotected branch, ask %d of %s to run", missing, List(names, "and"))
	default:
		return "push it to an unprotected branch, ask " + List(names, "or") + " to run"
	}
}

// touched is the label of a path: its classes and what happened to it.
func touched(t policy.TouchedPath) string {
	change := t.Change
	if change == "mode" || change == "type" {
		change += " changed"
	}
	words := append(slices.Clone(t.Classes), change)
	if t.Shape == policy.ShapeRisky {
		words = append(words, string(t.Shape))
	}
	return "(" + strings.Join(words, ", ") + ")"
}

// Line says what a line of a change shows, and the line.
func Line(r policy.Reason) string {
	if place(r) == "" {
		return r.Is + ": " + r.Why
	}
	return fmt.Sprintf("%s, %s: %s: %s", place(r), r.Is, r.Why, r.Text)
}

// reason says what a line of a change shows, without the line.
func reason(r policy.Reason) string { return strings.TrimPrefix(place(r)+": ", ": ") + r.Why }

// place says where a line stands, "" for all of a text.
func place(r policy.Reason) string {
	switch {
	case r.Line > 0:
		return fmt.Sprintf("line %d", r.Line)
	case r.Text != "":
		return "taken out"
	default:
		return ""
	}
}

// shownAs says which symbolic links put a path in its classes, "" for none.
func shownAs(t policy.TouchedPath) string {
	if len(t.ShownAs) == 0 {
		return ""
	}
	return "a symbolic link shows it as " + List(some(t.ShownAs, 2), "and")
}

// steps gives what to do about the first of some findings that are alike, each step once, and says
// how many steps the others add.
func (d shown) steps(findings []policy.Finding, first int) (next []string, more int) {
	// A command that amends the tip mends nothing below it: then it is run for each commit since the first that was
	// judged.
	below := slices.ContainsFunc(findings, func(f policy.Finding) bool { return f.Commit != d.updates[f.Ref].New })
	known := make(map[string]bool)
	for i, f := range findings {
		steps := d.exact(f, below)
		for _, n := range steps {
			switch {
			case known[n]:
			case i < first:
				next = append(next, n)
			default:
				more++
			}
		}
		for _, n := range steps {
			known[n] = true
		}
	}
	return next, more
}

// exact gives the steps of a finding with the names that only the push tells.
func (d shown) exact(f policy.Finding, below bool) (steps []string) {
	r := d.updates[f.Ref]
	base := cmp.Or(r.From, r.Old)
	root := strings.Trim(base, "0") == ""
	if root && r.From == "" {
		return f.Next // nothing was judged
	}
	if base = short(base, 12); root {
		base = "--root"
	}
	rewrites := false
	for _, n := range f.Next {
		words, command := parts(n)
		amends := strings.HasPrefix(command, "git commit --amend ")
		byHand := strings.HasSuffix(words, "then: ")
		switch {
		case f.Commit == "" || !amends || !below:
		case byHand:
			steps = append(steps, "in the list that opens, change pick to edit before "+short(f.Commit, 8)+
				": git rebase -r -i --gpg-sign "+base)
		default:
			n = words + "git rebase -r -x '" + policy.AmendEmpty(command) + "' " + base // others may change nothing
		}
		rewrites = rewrites || amends || strings.Contains(n, "git rebase ")
		n = strings.Replace(n, "--no-ff -S TIP", "--no-ff -S "+short(r.New, 12), 1)
		if policy.Plain(f.Ref) {
			n = strings.Replace(n, "push origin HEAD:REF", "push origin HEAD:"+f.Ref, 1)
		}
		if before, ok := strings.CutSuffix(n, "--gpg-sign BASE"); ok {
			n = before + "--gpg-sign " + base
		} else if !root {
			n = strings.Replace(n, "--detach BASE", "--detach "+base, 1)
		}
		steps = append(steps, n)
		if byHand && below && amends {
			steps = append(steps, "git rebase --continue")
		}
	}
	if name, isTag := strings.CutPrefix(f.Ref, "refs/tags/"); isTag && rewrites {
		if !policy.Plain(name) {
			name = "NAME"
		}
		steps = append(steps, "then make the tag again: git tag -s -f "+name)
	}
	return steps
}

// short gives the first characters of an object's name.
func short(id string, n int) string {
	for i := range id {
		if n--; n < 0 {
			return id[:i]
		}
	}
	return id
}

// Count gives a number and its noun, in the plural where there isn't one of it.
func Count(n int, noun string) string {
	s := strconv.Itoa(n) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}
