package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// amendment judges what a landing makes of the policy. One maintainer is enough to tighten it, and to revoke and
// to retire a key from now on; what could shut out the others takes the quorum; and what loosens it that, and time
// in which they can object. All by the policy that stood before. What somebody's own keys and addresses lose
// shuts out nobody else.
func (j *judgement) amendment() {
	a, c := j.landing.Amended, &j.landing.Commit
	if a == nil {
		return
	}
	if a.Policy == nil {
		j.find(c, PolicyInvalid, "it leaves a policy that can't be used: "+a.Problem,
			"countersign policy check --policy "+Folder, "mend it, then: git commit --amend -a --no-edit -S")
		return
	}
	j.needsApprovals() // who proposed it may have taken it back
	_, own, _ := j.sponsors(a, 1)
	texts := make(map[Effect][]string)
	changes := amendments(j.p, a.Policy, time.Unix(j.at, 0))
	for i, amendment := range changes.found {
		effect := amendment.Effect
		if effect == Binds && slices.Contains(namesOf(own), changes.whose[i]) {
			effect = Tightens
		}
		texts[effect] = append(texts[effect], amendment.Text)
	}
	if text := j.p.takesTooMany(a.Policy, namesOf(own), time.Unix(j.at, 0)); text != "" {
		texts[Binds] = append(texts[Binds], text)
	}
	need, what := 1, "it changes the policy"
	switch loosens, binds := texts[Loosens], texts[Binds]; {
	case loosens != nil:
		need, what = j.p.Quorum.Maintainers, "it loosens the policy: "+strings.Join(loosens, "; ")
	case binds != nil:
		need, what = j.p.Quorum.Maintainers, "it binds the other maintainers: "+strings.Join(binds, "; ")
	}
	counted, sponsors, discounted := j.sponsors(a, need)
	if len(counted) < need {
		ask := j.otherMaintainers(sponsors, len(counted))
		code, next := QuorumMissing, j.gainSponsors(a, need-len(counted), ask, texts[Loosens] != nil)
		if texts[Loosens] == nil {
			next = append(next, changes.withoutQuorum()...)
		}
		if !j.landing.ApprovalsFetched {
			code, next = ApprovalNotFetched, []string{"git fetch origin 'refs/approvals/*:refs/approvals/*'"}
		}
		detail := fmt.Sprintf("%s; needs %s behind it, has %d", what, plural(need, "maintainer"), len(counted))
		f := j.finding(c, code, detail, next...)
		f.Needed, f.Have, f.Discounted, f.Paths = need, namesOf(counted), discounted, j.policyPaths()
		f.Ask = ask
		j.add(f)
		return
	}
	j.step(c, "quorum", true, "%s; %s stand behind it", what, strings.Join(namesOf(counted), ", "))
	if texts[Loosens] != nil {
		j.coolDown(what, counted)
	}
}

// takesTooMany says why a change of the policy takes from others what one maintainer may not take alone, or "": the
// role of a maintainer, or all keys of more than one; nor of a further one while somebody's were taken before and the
// others have not decided about that.
func (p *Policy) takesTooMany(after *Policy, own []string, at time.Time) string {
	var suspended, before []string
	for _, q := range p.maintainers() {
		is := after.Principal(q.Name)
		switch {
		case slices.Contains(own, q.Name) || is == nil: // who is taken out is told of elsewhere
		case is.Role != Maintainer:
			return q.Name + " is a maintainer no more"
		case !q.canSign(q, at):
			before = append(before, q.Name)
		case !is.canSign(q, at):
			suspended = append(suspended, q.Name)
		}
	}
	if len(suspended) > 1 || len(suspended) > 0 && len(before) > 0 {
		return "nobody alone leaves " + strings.Join(append(suspended, before...), " and ") + " without a key"
	}
	return ""
}

// sponsor is a maintainer who stands behind a change of the policy, since some time.
type sponsor struct {
	*Principal
	since int64
	own   bool   // signed the landing commit itself
	by    string // which tag or commit says so
}

func principalsOf(sponsors []sponsor) []*Principal {
	people := make([]*Principal, len(sponsors))
	for i, s := range sponsors {
		people[i] = s.Principal
	}
	return people
}

func namesOf(sponsors []sponsor) []string {
	ns := make([]string, len(sponsors))
	for i, s := range sponsors {
		ns[i] = s.Name
	}
	return ns
}

// sponsors gives the maintainers who stand behind what the policy becomes: who signed the landing or a commit that made
// the change, and who approved one that brings it. Those who count have no conflict of interest with one another; where
// they are more than needed, it is those of whom the second did so first.
func (j *judgement) sponsors(a *Amended, need int) (counted, sponsors []sponsor, discounted []Discount) {
	landing, proposals := &j.landing.Commit, j.proposals(a)
	// Commit is what the signature made, or "" where it is an approval.
	add := func(s Signature, commit, name string, since int64) {
		own := commit == landing.ID
		q, why := j.p.signedBy(s, amend)
		reason := ""
		switch {
		case why != nil:
			reason = why.detail
		case q.Role != Maintainer:
			reason = fmt.Sprintf("%s is a %s; maintainers decide about the policy", q.Name, q.Role)
		case commit != "" && j.withdrawn(commit, q):
			reason = q.Name + " took back what they said of it"
		default:
			if i := slices.IndexFunc(sponsors, func(s sponsor) bool { return s.Principal == q }); i >= 0 {
				sponsors[i].since, sponsors[i].own = min(sponsors[i].since, since), sponsors[i].own || own
				return
			}
			sponsors = append(sponsors, sponsor{q, since, own, name})
			return
		}
		if !own || s.Status == StatusGood { // else it has a finding of its own
			discounted = append(discounted, Discount{Principal: s.Principal, Name: name, Reason: reason})
		}
	}
	if len(landing.Parents) < 2 || !j.mergedElsewhere(landing) {
		add(landing.Signature, landing.ID, "commit "+landing.ID, j.at)
	} else {
		discounted = append(discounted, Discount{landing.Signature.Principal, "merge " + landing.ID, j.elsewhere()})
	}
	for i := range j.landing.Brought {
		c := &j.landing.Brought[i]
		if proposals[c.ID] && slices.ContainsFunc(c.Changes, func(ch Change) bool { return InFolder(ch.Path) }) {
			add(c.Signature, c.ID, "commit "+c.ID, j.firstSeen(c.ID, c.Committer.When))
		}
	}
	for _, approval := range j.approvals {
		j.out.OfRef = j.out.OfRef || approval.Ref != ""
		switch {
		case !a.Same[approval.Commit]:
		case approval.Ref != "" && approval.Ref != j.landing.Ref:
		case !proposals[approval.Commit]:
			discounted = append(discounted, Discount{
				approval.Signature.Principal, approval.Name, "what it approves has that policy, and doesn't change it so",
			})
		default:
			add(approval.Signature, "", approval.Name, j.approvalFirstSeen(approval))
		}
	}
	slices.SortStableFunc(sponsors, func(a, b sponsor) int { return cmp.Compare(a.since, b.since) })
	people := j.p.soonest(principalsOf(sponsors), need)
	for _, s := range sponsors {
		if slices.Contains(people, s.Principal) {
			counted = append(counted, s)
			continue
		}
		with := slices.IndexFunc(people, func(q *Principal) bool { return j.p.conflict(q, s.Principal) != "" })
		reason := j.p.conflict(people[with], s.Principal)
		discounted = append(discounted, Discount{Principal: s.Name, Name: s.by, Reason: reason})
	}
	return counted, sponsors, discounted
}

// proposals gives the commits of the landing that stand for its change of the policy: the landing itself,
// commits that make the policy what it becomes, and what has it so and brings one of them. A branch that
// merely began when the policy was so says nothing about bringing that back.
func (j *judgement) proposals(a *Amended) map[string]bool {
	in, brings, began := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	proposals := map[string]bool{j.landing.Commit.ID: true}
	for i := range j.landing.Brought { // parents come before children
		c := &j.landing.Brought[i]
		in[c.ID] = true
		brings[c.ID] = a.Same[c.ID] && slices.ContainsFunc(c.Changes, func(ch Change) bool { return InFolder(ch.Path) })
		for _, parent := range c.Parents {
			brings[c.ID] = brings[c.ID] || brings[parent]
			began[c.ID] = began[c.ID] || began[parent] || !in[parent] && a.Same[parent]
		}
		proposals[c.ID] = a.Same[c.ID] && brings[c.ID] && !began[c.ID]
	}
	return proposals
}

// coolDown makes a loosening wait since somebody else stood behind it as well, or the one, where one is enough:
// whoever hurries people along shall not have gained by it.
func (j *judgement) coolDown(what string, sponsors []sponsor) {
	c, wait := &j.landing.Commit, seconds(j.p.Quorum.CoolDown)
	if wait == 0 {
		return
	}
	slices.SortStableFunc(sponsors, func(a, b sponsor) int { return cmp.Compare(a.since, b.since) })
	oldest := sponsors[j.p.second()]
	if j.at-oldest.since >= wait {
		if j.landing.untimed() {
			j.unproven = append(j.unproven, "commit "+c.ID+": since when its change of the policy was approved is unproven "+
				"here, without the server's journal")
			j.needsFirstSeen(slices.Collect(maps.Keys(j.landing.Amended.Same))...)
		}
		j.step(c, "cool-down", true, "%s has stood behind it since %s", oldest.Name, date(oldest.since))
		return
	}
	from := oldest.since
	if oldest.own {
		from = j.at
	}
	next := []string{"push it to an unprotected branch, if it isn't on one", "at that time or later: " + mergeIt}
	if j.mergesIt(c) {
		next = []string{
			"at that time or later: " + amendNow,
			"then push again; without the new date it counts as of " + date(j.at),
		}
	}
	f := j.finding(c, CoolDown, fmt.Sprintf("%s; it may land %s, on %s at the earliest",
		what, j.p.Quorum.After(), date(from+wait)), next...)
	f.Paths = j.policyPaths()
	j.ifMadeUnknown(&f)
	j.needsFirstSeen(slices.Collect(maps.Keys(j.landing.Amended.Same))...)
	j.add(f)
}

// mergesIt says whether the landing is a merge of what others have approved, which may be made anew without that.
func (j *judgement) mergesIt(c *Commit) bool { return len(c.Parents) > 1 && len(j.landing.Brought) > 0 }

// gainSponsors says how a change of the policy gets more sponsors.
func (j *judgement) gainSponsors(a *Amended, missing int, ask []string, loosens bool) []string {
	c := &j.landing.Commit
	about, land := c.ID, []string{PushAgain}
	if proposals := j.proposals(a); j.mergesIt(c) {
		for i := range j.landing.Brought {
			if id := j.landing.Brought[i].ID; proposals[id] {
				about = id
			}
		}
	}
	switch wait := j.p.Quorum.CoolDown; {
	case loosens && wait > 0 && about != c.ID:
		land = []string{span(wait) + " after that: " + amendNow, PushAgain}
	case loosens && wait > 0:
		land = []string{span(wait) + " after that: " + mergeIt}
	}
	who := strings.Join(ask, " or ")
	switch {
	case len(ask) < missing:
		who = "other maintainers"
	case missing > 1:
		who = fmt.Sprintf("%d of %s", missing, strings.Join(ask, ", "))
	}
	return append([]string{
		"push it to an unprotected branch, if it isn't on one",
		"ask " + who + " to run: countersign approve " + about,
	}, land...)
}

// policyPaths gives what of the policy's folder the landing touches.
func (j *judgement) policyPaths() []TouchedPath {
	var touched []TouchedPath
	for c := range j.landing.Commits() {
		for _, ch := range c.Changes {
			if InFolder(ch.Path) && !slices.ContainsFunc(touched, func(t TouchedPath) bool { return t.Path == ch.Path }) {
				touched = append(touched, TouchedPath{Path: ch.Path, Change: ch.Kind(), Classes: []string{"policy"}})
			}
		}
	}
	return touched
}

// otherMaintainers names who would make the sponsors who count more than they are.
func (j *judgement) otherMaintainers(sponsors []sponsor, counted int) []string {
	var ask []string
	people := principalsOf(sponsors)
	for i := range j.p.Principals {
		q := &j.p.Principals[i]
		if q.Role != Maintainer || slices.Contains(people, q) {
			continue
		}
		if more, _ := j.p.withoutConflict(append(people, q), counted+1); len(more) > counted {
			ask = append(ask, q.Name)
		}
	}
	return ask
}
