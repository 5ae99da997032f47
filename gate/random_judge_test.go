package gate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"countersign/policy"
)

// asked is a landing that the oracle is asked about: how it came to a ref, and by which rules.
type asked struct {
	*randomHistory
	landed
	rules *rulesOf
	ref   string
	at    int64
	line  line
	alone bool // nobody's word counts
}

// above gives the commits of the landing that reach one.
func (a *asked) above(c *randomCommit) map[*randomCommit]bool {
	above := make(map[*randomCommit]bool)
	for b := range a.brought {
		if b.reach()[c] {
			above[b] = true
		}
	}
	return above
}

// words gives the valid attestations of a kind for commits.
func (a *asked) words(kind policy.AttestationKind, about map[*randomCommit]bool) []*word {
	var words []*word
	if a.alone {
		return nil
	}
	for _, ref := range slices.Sorted(maps.Keys(a.said)) {
		if w := a.said[ref]; w.kind == kind && about[w.about] && w.name == w.signer && a.rules.role(w.signer) != "" {
			words = append(words, w)
		}
	}
	return words
}

// approvals gives those of some commits that weren't withdrawn.
func (a *asked) approvals(about map[*randomCommit]bool) []*word {
	back := a.words(policy.Withdraws, about)
	return slices.DeleteFunc(a.words(policy.Approves, about), func(w *word) bool {
		return w.move != "" || w.ref != "" && w.ref != a.ref || slices.ContainsFunc(back, w.takenBack)
	})
}

// takenBack says whether another word withdraws this one.
func (w *word) takenBack(by *word) bool {
	return by.kind == policy.Withdraws && by.name == by.signer && by.signer == w.signer &&
		by.about == w.about && by.when >= w.when
}

// seconds gives who stands second behind a commit: who approved it, or something that brings it, and who
// merged it.
func (a *asked) seconds(c *randomCommit) []string {
	above := a.above(c)
	var names []string
	add := func(name string) {
		role := a.rules.role(name)
		if (role == "maintainer" || role == "reviewer") && name != c.signer && !a.rules.tied(c.signer, name) &&
			!slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, w := range a.approvals(above) {
		add(w.signer)
	}
	// Of the merges that bring it, the landing itself is a word about it, but of somebody who withdrew theirs.
	m := a.landed.randomCommit
	unsaid := slices.ContainsFunc(a.words(policy.Withdraws, above), func(w *word) bool { return w.signer == m.signer })
	if len(m.parents) > 1 && m.signer != "" && !a.alone && !m.parents[0].reach()[c] && above[m] && m != c && !unsaid {
		add(m.signer)
	}
	return names
}

// excepted says whether the quorum let a commit pass.
func (a *asked) excepted(c *randomCommit) bool {
	var names []string
	for _, w := range a.words(policy.Excepts, a.above(c)) {
		if w.reason && w.expires > max(a.at, a.clock.Unix()) {
			names = append(names, w.signer)
		}
	}
	return a.rules.independent(names, a.rules.quorum)
}

// sight is since when a ref of the server shows a commit, itself or below what it holds, without a gap.
func (a *asked) sight(c *randomCommit) int64 {
	first := a.at
	for _, values := range a.shown {
		for _, v := range slices.Backward(values) {
			if v.commit == nil || !v.commit.reach()[c] {
				break
			}
			first = min(first, v.at)
		}
	}
	return first
}

// elsewhere says whether the commit lies on the line of another protected branch already.
func (a *asked) elsewhere() bool {
	for ref, values := range a.shown {
		if ref == a.ref || !protected(ref) || strings.HasPrefix(ref, "refs/tags/") {
			continue
		}
		// In the push that is asked about, it may be the last.
		for _, v := range values {
			if v.at < a.clock.Unix() && v.commit != nil && slices.Contains(v.commit.firsts(), a.landed.randomCommit) {
				return true
			}
		}
	}
	return false
}

// check says what the model has against a landing, "" for nothing.
func (a *asked) check() string {
	if now := a.clock.Unix(); a.when > now+600 || a.when < now-int64(a.rules.age)*oneDay && !a.elsewhere() {
		return "its date is out of bounds"
	}
	for _, c := range a.inOrder() {
		role := a.rules.role(c.signer)
		paths, _ := c.made()
		bot := role == "service" && len(c.parents) > 1 && len(paths) == 0
		if !bot && (role != "maintainer" && role != "contributor" || c.committer != c.signer) {
			if !a.excepted(c) {
				return c.id + ": " + c.signer + " can't sign this"
			}
			continue // nobody is accountable, and what follows isn't asked
		}
		for _, rule := range a.rules.rules() {
			if !a.held(c, rule, paths) || len(a.seconds(c)) >= rule.Approvals || a.excepted(c) {
				continue
			}
			if rule.Wait == 0 || a.at-a.sight(c) < int64(rule.Wait.Seconds()) {
				return c.id + ": rule " + rule.Name + " holds it for a second person"
			}
		}
	}
	return a.amendment()
}

// held says whether a rule asks for a second person.
func (a *asked) held(c *randomCommit, rule policy.Rule, paths map[string]bool) bool {
	for path := range paths {
		if a.inTree && path == policyPath {
			continue // judged by what it does to the policy
		}
		for _, class := range classesOf(path, c.files[path]) {
			if !slices.Contains(rule.Classes, class) {
				continue
			}
			if rule.Exempt.In == "all" {
				class = ""
			}
			f, e := a.line.figures(a.rules, c.signer, class, a.at), rule.Exempt
			if e.Nobody || a.rules.role(c.signer) == "service" ||
				f.Days < e.Days || f.Commits < e.Commits || f.Months < e.Months {
				return true
			}
			for _, credit := range a.line.counted(a.rules, c.signer, class, a.at) {
				if came, ok := a.came[credit.commit]; !ok || came == a.pushes {
					a.t.Fatalf("what came in this push counts: %s", credit.commit.id)
				}
			}
		}
	}
	return false
}

// amendment says what the model has against what the landing makes of the policy.
func (a *asked) amendment() string {
	if !a.inTree {
		return ""
	}
	policyOf := func(c *randomCommit) map[string]string {
		files := maps.Clone(c.files)
		maps.DeleteFunc(files, func(path, _ string) bool { return !strings.HasPrefix(path, policy.Folder+"/") })
		return files
	}
	was, is := policyOf(a.first()), policyOf(a.landed.randomCommit)
	if maps.Equal(was, is) {
		return ""
	}
	becomes := a.texts[is[policyPath]]
	if becomes == nil || becomes.broken {
		return "the policy can't be used"
	}
	same, changes := make(map[*randomCommit]bool), make(map[*randomCommit]bool) // is so, and makes it so
	names, since := []string{a.signer}, map[string]int64{a.signer: a.at}
	for c := range a.brought {
		if same[c] = maps.Equal(policyOf(c), is); !same[c] {
			continue
		}
		own, unclear := c.made()
		for _, path := range slices.AppendSeq(slices.Collect(maps.Keys(own)), maps.Keys(unclear)) {
			changes[c] = changes[c] || strings.HasPrefix(path, policy.Folder+"/")
		}
		if changes[c] && !a.alone {
			names = append(names, c.signer)
			since[c.signer] = min(cmp.Or(since[c.signer], a.at), a.sight(c))
		}
	}
	for _, w := range a.approvals(same) {
		reach := w.about.reach()
		brought := func(c *randomCommit) bool { return changes[c] && reach[c] }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(changes)), brought) {
			continue // what they approved only had that policy already
		}
		at := a.at
		if seen, ok := a.seen[w.tag]; ok {
			at = max(seen.Unix(), w.when)
		}
		names = append(names, w.signer)
		since[w.signer] = min(cmp.Or(since[w.signer], a.at), at)
	}
	loosens := becomes.looser(a.rules)
	if a.alone && !loosens {
		return "" // one of them may
	}
	need := 1
	if loosens {
		need = a.rules.quorum
	}
	if !a.rules.independent(names, need) {
		return "it changes the policy without enough behind it"
	}
	moments := slices.Sorted(maps.Values(since)) // the wait begins with the second, or the only one
	if loosens && a.at-moments[min(1, need-1, len(moments)-1)] < int64(a.rules.coolDown)*60*60 {
		return "it loosens the policy too soon"
	}
	return ""
}

// plainly are the codes of refusals that the oracle understands to the letter. The others are about refs and tags,
// or about a quorum, of which people may be left out who could be in it.
var plainly = []policy.Code{
	policy.Unsigned, policy.SignerUnknown, policy.SignerMismatch, policy.SignerRole, policy.ApprovalMissing,
	policy.OnHold, policy.DateFuture, policy.DateTooOld,
}

// refused asks the oracle about a push that was refused: it must have something against it, too.
func (h *randomHistory) refused(before map[string]value, findings []policy.Finding, updates []refUpdate) {
	h.t.Helper()
	unclear := func(f policy.Finding) bool { return f.Commit == "" || !slices.Contains(plainly, f.Code) }
	if slices.ContainsFunc(findings, unclear) {
		return
	}
	said := maps.Clone(h.said)
	defer func() { h.said = said }()
	h.said = maps.Clone(said)
	for _, u := range updates {
		if u.word != nil {
			h.said[u.name] = u.word
		}
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(h.said)), func(w *word) bool { return w.kind == policy.Excepts }) {
		return
	}
	for _, u := range updates {
		if u.commit == nil {
			continue
		}
		for c := range u.commit.reach() {
			if _, unclear := c.made(); len(unclear) > 0 {
				return
			}
		}
	}
	if h.accepted(before, updates, false) == "" {
		h.t.Fatalf("this push was refused though the model has nothing against it: %+v", findings)
	}
}

// accepted asks the oracle what it has against a push that was accepted, and, where alone is true, what it would
// have against attackers whom nobody's word helps.
func (h *randomHistory) accepted(before map[string]value, updates []refUpdate, alone bool) string {
	now := h.policyAt(before[mainRef].commit)
	for _, u := range updates {
		old := before[u.name].commit
		if !protected(u.name) {
			continue
		}
		tag := strings.HasPrefix(u.name, "refs/tags/")
		if old != nil &&
			(u.commit == nil || tag && u.commit != old || !tag && !slices.Contains(u.commit.firsts(), old)) &&
			!h.moved(now, u, before[u.name]) && !h.unused(u, updates, before) {
			return u.name + " lost what it had"
		}
		if u.commit == nil {
			continue
		}
		not := make(map[*randomCommit]bool)
		exclude := func(c *randomCommit) { maps.Copy(not, c.reach()) }
		exclude(h.begin)
		if old != nil && !tag {
			exclude(old)
		} else {
			for name, v := range before {
				if protected(name) {
					exclude(v.commit)
				}
			}
		}
		also := []*rulesOf(nil) // where the line goes on from another policy than the one in force, that judges, too
		for i, l := range landings(u.commit, not) {
			judges := []*rulesOf{h.policyAt(l.first())}
			if i == 0 && judges[0] != now {
				also = append(also, now)
			}
			judges = append(judges, also...)
			for _, rules := range judges {
				line := h.lineTo(l.first())
				a := &asked{randomHistory: h, landed: l, rules: rules, ref: u.name, at: max(line.last, l.when), line: line}
				if why := a.check(); why != "" {
					return u.name + ": " + why
				}
				if a.alone = alone && !h.honest(a) && !rules.across && rules.hired == ""; a.alone {
					if why := a.check(); why != "" {
						return u.name + " by the attackers alone: " + why
					}
				}
			}
		}
	}
	return ""
}

// honest says whether anybody but the attackers signed a commit of a landing, or an attestation for one.
func (h *randomHistory) honest(a *asked) bool {
	for c := range a.brought {
		if c.signer != "" && c.signer != "mallory" && !slices.Contains(h.attackers, c.signer) {
			return true
		}
	}
	for _, w := range h.said {
		if a.brought[w.about] && w.signer != "mallory" && !slices.Contains(h.attackers, w.signer) {
			return true
		}
	}
	return false
}

// protected says whether a ref is one that the policy protects.
func protected(ref string) bool {
	return ref == mainRef || strings.HasPrefix(ref, "refs/heads/release/") || strings.HasPrefix(ref, "refs/tags/v")
}

// moved says whether the quorum approved this very move of a ref.
func (h *randomHistory) moved(now *rulesOf, u refUpdate, old value) bool {
	about, to := u.commit, u.to
	if about == nil {
		about, to = old.commit, zeroID
	}
	var names []string
	for _, w := range h.said {
		if w.kind == policy.Moves && w.about == about && w.name == w.signer && w.ref == u.name && w.move == old.id+" "+to {
			names = append(names, w.signer)
		}
	}
	return now.independent(names, now.quorum)
}

// unused says whether a push takes away a release branch on which nothing landed since it was made, and which another
// protected branch keeps.
func (h *randomHistory) unused(u refUpdate, updates []refUpdate, before map[string]value) bool {
	if u.commit != nil || u.name == mainRef || strings.HasPrefix(u.name, "refs/tags/") {
		return false
	}
	old, had := before[u.name].commit, h.shown[u.name]
	if n := len(had); n > 0 && had[n-1].commit == nil { // by this very push
		had = had[:n-1]
	}
	n := len(had)
	if n == 0 || had[n-1].commit != old || n > 1 && had[n-2].commit != nil {
		return false
	}
	judged, kept := false, false
	for name, values := range h.shown {
		if name == u.name || !protected(name) || strings.HasPrefix(name, "refs/tags/") {
			continue
		}
		judged = judged || slices.ContainsFunc(values, func(v shown) bool {
			return v.at <= had[n-1].at && v.commit != nil && v.commit.reach()[old]
		})
		there := before[name].commit
		moves := slices.ContainsFunc(updates, func(other refUpdate) bool { return other.name == name })
		kept = kept || !moves && there != nil && there.reach()[old]
	}
	return judged && kept
}

// firsts gives a commit's first-parent line.
func (c *randomCommit) firsts() []*randomCommit {
	var line []*randomCommit
	for ; c != nil; c = c.first() {
		line = append(line, c)
	}
	return line
}
