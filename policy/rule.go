package policy

import (
	"fmt"
	"slices"
	"strings"

	"countersign/policy/content"
)

// rules asks every rule about a commit.
func (j *judgement) rules(c *Commit, accountable *Principal) {
	classes := c.classified(j.p)
	for i := range j.p.Rules {
		rule := &j.p.Rules[i]
		touched := j.outsidePolicy(c, touchedBy(j.p.Classes, rule, c, classes))
		if len(touched) == 0 {
			j.step(c, "rule "+rule.Name, true, notTouched)
			continue
		}
		if rule.Refuse {
			f := j.finding(c, ContentRefused, "the rule lets nobody make this change",
				"take it out, then: git commit --amend --allow-empty -a --no-edit -S")
			f.Rule, f.Why, f.Paths, f.Signer = rule.Name, rule.Why, touched, accountable.Name
			j.add(f)
			continue
		}
		short := j.shortfall(rule, c, touched, accountable)
		if short == nil {
			j.step(c, "rule "+rule.Name, true, "%s is exempt by tenure", accountable.Name)
			continue
		}
		have, discounted := j.approvers(rule, c, touched, accountable)
		if len(have) >= j.needed(rule, c) {
			j.step(c, "rule "+rule.Name, true, "approved by %s", strings.Join(have, ", "))
			continue
		}
		if rule.Wait > 0 && j.waited(c, rule) {
			continue
		}
		j.needsApproval(c, rule, touched, accountable, short, have, discounted)
	}
}

// AsksShape says whether a rule asks for the shape of changes at a path, as long as no symbolic link shows it elsewhere
// and its mode stays. It is safe for concurrent use.
func (p *Policy) AsksShape(path string) bool {
	classes := p.Classes.ofPath(path)
	return slices.ContainsFunc(p.Rules, func(r Rule) bool {
		return len(r.Shapes) > 0 &&
			slices.ContainsFunc(classes, func(class string) bool { return slices.Contains(r.Classes, class) })
	})
}

// touchedBy lists the changes that fall in a rule's classes, each with those classes.
func touchedBy(by *Classes, rule *Rule, c *Commit, classes [][]string) []TouchedPath {
	var touched []TouchedPath
	for i, ch := range c.Changes {
		var in []string
		for _, class := range classes[i] {
			if rule.asks(class, &ch) {
				in = append(in, class)
			}
		}
		if in != nil {
			t := TouchedPath{Path: ch.Path, Change: ch.Kind(), Classes: in, ShownAs: by.shownAs(&ch, in)}
			if len(rule.Shapes) > 0 {
				t.Shape = ch.Shape()
			}
			touched = append(touched, t)
		}
	}
	return touched
}

// outsidePolicy takes out of what a commit touched what is judged by what it does to the policy instead: that a file
// of the policy in the tree, before or after the landing, changes at all. What shows or hides something there
// is judged as anywhere, but that keys are binary or encoded where the landing leaves them.
func (j *judgement) outsidePolicy(c *Commit, touched []TouchedPath) []TouchedPath {
	if !j.landing.InTree {
		return touched
	}
	var becomes *Policy
	if a := j.landing.Amended; a != nil {
		becomes = a.Policy
	}
	left := touched[:0]
	for _, t := range touched {
		name, within := strings.CutPrefix(t.Path, Folder+"/")
		after := becomes != nil && slices.Contains(becomes.files, name)
		if within && (after || slices.Contains(j.p.files, name)) {
			read := after && j.landing.Amended.Same[c.ID]
			t.Classes = slices.DeleteFunc(t.Classes, func(class string) bool {
				switch class {
				case classBinary:
					return read && name != FileName && becomes.carries()[name]&Traits(content.Binary) == 0
				case classEncoded:
					return read && becomes.carries()[name]&Traits(content.Encoded) == 0
				default:
					return !slices.Contains(fixedClasses(), class)
				}
			})
		}
		if len(t.Classes) > 0 {
			left = append(left, t)
		}
	}
	return left
}

// shortfall is the tenure that a principal lacks for a rule.
type shortfall struct {
	paths   []TouchedPath // those whose classes aren't earned
	in      string        // the class that lacks most, "" for overall
	tenure  TenureFigures
	signed  bool           // they have earned more, and this is what they signed
	exempts *TenureFigures // what would do, nil if nothing would
}

// shortfall gives nil if the principal's tenure exempts it. Where the rule counts by class, each class that a path
// falls in must be earned by itself: years of one kind of file don't make somebody known for another.
func (j *judgement) shortfall(rule *Rule, c *Commit, touched []TouchedPath, q *Principal) *shortfall {
	s, exempt := &shortfall{paths: touched}, rule.Exempt
	if q.Role == Service || rule.SignedOnly && j.p.attester(c) != nil {
		exempt.Nobody = true
	}
	if !exempt.Nobody {
		s.exempts = &TenureFigures{Days: exempt.Days, Commits: exempt.Commits, Months: exempt.Months}
	}
	earned := func(classes []string) TenureFigures {
		t := rule.tenure(j.p, j.l, q.Name, classes, j.at)
		s.signed = s.signed || t != j.l.Tenure(j.p, q.Name, classes, j.at)
		return t
	}
	if exempt.In != "class" {
		if exempt.In == "rule" {
			s.in = "rule " + rule.Name
		}
		if s.tenure = earned(exempt.together(rule)); exempt.met(s.tenure) {
			return nil
		}
		return s
	}
	s.paths = nil
	for _, path := range touched {
		unmet := false
		for _, class := range path.Classes {
			t := earned([]string{class})
			if exempt.met(t) {
				continue
			}
			unmet = true
			if s.in == "" || t.Commits < s.tenure.Commits {
				s.in, s.tenure = class, t
			}
		}
		if unmet {
			s.paths = append(s.paths, path)
		}
	}
	if s.paths == nil {
		return nil
	}
	return s
}

// needsApproval reports a change that needs a second person, or has to wait.
func (j *judgement) needsApproval(c *Commit, rule *Rule, touched []TouchedPath, accountable *Principal,
	short *shortfall, have []string, discounted []Discount,
) {
	needed, attested := j.needed(rule, c), j.p.attester(c) != nil
	code, detail := ApprovalMissing, fmt.Sprintf("needs %s, has %d", plural(needed, "approval"), len(have))
	if attested {
		detail += "; one more than the rule asks, since its author is only attested: that of " + accountable.Name + " counts"
	}
	next := []string{"countersign approve " + c.ID}
	switch {
	case rule.Wait > 0:
		code = OnHold
		from := date(j.firstSeen(c.ID, c.Committer.When) + seconds(rule.Wait))
		detail += fmt.Sprintf("; or it must have been in sight on the server for %s when it lands, so from %s on",
			span(rule.Wait), from)
		next = []string{
			"push it to an unprotected branch, if it isn't on one", "when the time is over: " + mergeIt,
			"or have it approved there: countersign approve " + c.ID,
		}
		j.needsFirstSeen(c.ID)
	case !j.landing.ApprovalsFetched:
		code, detail = ApprovalNotFetched, detail+"; this repository has no approval refs, so they may not have been fetched"
		next = []string{"git fetch origin 'refs/approvals/*:refs/approvals/*'"}
	}
	j.needsApprovals()
	if rule.SignedOnly && !rule.Exempt.Nobody && attested {
		detail += "; no tenure exempts what a service signs, by tenure-from"
		next = append(next, "or let its author sign it: git commit --amend --no-edit --reset-author -S")
	}
	f := j.finding(c, code, detail, next...)
	if code == OnHold {
		j.ifMadeUnknown(&f)
	}
	f.Rule, f.Why, f.Paths, f.Signer = rule.Name, rule.Why, short.paths, accountable.Name
	f.Tenure, f.TenureIn, f.Exempt = &short.tenure, short.in, short.exempts
	if short.signed {
		f.TenureFrom = "signatures"
	}
	f.Needed, f.Have, f.Discounted = needed, have, discounted
	f.Ask = j.couldApprove(rule, c, touched, accountable, have)
	j.add(f)
}
