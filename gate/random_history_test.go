package gate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"countersign/policy"
)

// randomHistory is a history being played.
type randomHistory struct {
	*world
	inTree    bool
	server    *rulesOf // the policy beside the repository, or that of the introduction
	texts     map[string]*rulesOf
	begin     *randomCommit // what was there at adoption
	attackers []string
	commits   []*randomCommit
	pushes    int
	came      map[*randomCommit]int // in which push something landed
	lines     map[*randomCommit]line
	unclear   bool // some merge is one of which the oracle can't say what it holds of its own
	topics    int
	passed    int // pushes to protected refs that were accepted
}

// begins makes a repository in which alice has worked for a year, and others a little.
func begins(t failing, rules rulesOf, inTree bool, attackers []string) *randomHistory {
	h := &randomHistory{
		world: newWorld(t, received), inTree: inTree, texts: make(map[string]*rulesOf), attackers: attackers,
		came: make(map[*randomCommit]int), lines: make(map[*randomCommit]line),
	}
	start := received.Unix() - 300*oneDay
	var tip *randomCommit
	add := func(by, path, text string, days int64) {
		c := &randomCommit{files: map[string]string{}, signer: by, author: by, when: start + days*oneDay}
		if tip != nil {
			c.files, c.parents = maps.Clone(tip.files), []*randomCommit{tip}
		}
		c.files[path] = text
		tip = h.commit(c)
		h.came[tip] = 0
		h.commits = append(h.commits, tip)
	}
	for i := range int64(4) {
		add("alice", "configure.ac", fmt.Sprint(i), i*10)
	}
	add("jia", "src/a.c", "jia\n", 50)
	add("jia", "tests/files/x", "jia\n", 60)
	add("lasse", ".github/workflows/ci.yml", "lasse\n", 70)
	if inTree {
		add("alice", policyPath, rules.text(), 80)
		introduction := fmt.Sprintf("commit = %q\nfingerprint = %q\n", tip.id, fingerprintOf("alice"))
		h.write("countersign/introduction.toml", introduction)
	} else {
		rules.adopted = tip.id
		h.write("countersign/policy.toml", rules.text())
	}
	h.server, h.begin = &rules, tip
	h.texts[rules.text()] = &rules
	h.apply(refUpdate{name: mainRef, to: tip.id, commit: tip})
	h.with(func(g *Gate) error { return g.Baseline(context.Background(), Request{Received: h.clock}) }) // as install does
	return h
}

func drawHistory(t *rapid.T, age int, inTree bool) *randomHistory {
	rules := rulesOf{
		approve: rapid.IntRange(1, 2).Draw(t, "approvals"), exempt: rapid.SampledFrom(exempts[:3]).Draw(t, "exempt"),
		hold: rapid.SampledFrom([]int{0, 0, 48}).Draw(t, "hold"), quorum: rapid.IntRange(2, 3).Draw(t, "quorum"),
		coolDown: rapid.SampledFrom([]int{0, 24}).Draw(t, "cool-down"), age: age,
	}
	h := begins(t, rules, inTree, rapid.SampledFrom(coalitions).Draw(t, "attackers"))
	h.goGit = rapid.IntRange(0, 5).Draw(t, "read by git") < 5 // which takes no process
	return h
}

// policyAt gives the policy that judges what comes after a commit.
func (h *randomHistory) policyAt(c *randomCommit) *rulesOf {
	if h.inTree && c != nil {
		if text, ok := c.files[policyPath]; ok {
			return h.texts[text]
		}
	}
	return h.server
}

func (h *randomHistory) wait(hours int) { h.clock = h.clock.Add(time.Duration(hours) * time.Hour) }

func (h *randomHistory) tip() *randomCommit { return h.refs[mainRef].commit }

// edit changes a file of a commit, the policy by an amendment of the one that is there.
func (h *randomHistory) edit(c *randomCommit, w work) {
	switch {
	case w.Path == "":
	case w.Path == policyPath && h.inTree:
		becomes := h.policyAt(c).amended(w.Text)
		c.files[policyPath] = becomes.text()
		h.texts[becomes.text()] = becomes
	case w.Text == "":
		delete(c.files, w.Path)
	case w.Text == carried:
		from := "src/a.c"
		if w.Path == from {
			from = "src/b.c"
		}
		if text, ok := c.files[from]; ok {
			delete(c.files, from)
			c.files[w.Path] = text
		}
	default:
		c.files[w.Path] = w.Path + ": " + w.Text // else no two files are alike
	}
}

// add makes a commit of somebody's.
func (h *randomHistory) add(w work, parents []*randomCommit, files map[string]string) *randomCommit {
	c := &randomCommit{
		parents: parents, files: maps.Clone(files), signer: w.By, author: w.As, committer: w.Name,
		when: h.clock.Unix() - int64(w.Age)*60*60,
	}
	h.edit(c, w)
	h.commits = append(h.commits, h.commit(c))
	return c
}

// merge makes a merge of a branch into main.
func (h *randomHistory) merge(m move, side *randomCommit) *randomCommit {
	tip := h.tip()
	parents, files := []*randomCommit{tip, side}, maps.Clone(tip.files)
	base := &randomCommit{}
	for _, c := range h.commits { // parents come first: the last common one is nearest
		if tip.reach()[c] && side.reach()[c] {
			base = c
		}
	}
	for path := range side.differs(base) {
		if _, there := side.files[path]; files[path] != base.files[path] {
			continue
		} else if there {
			files[path] = side.files[path]
		} else {
			delete(files, path)
		}
	}
	w := work{By: m.By, As: m.By, Age: m.Age}
	switch m.Merge {
	case "ours":
		files = tip.files
	case "theirs":
		files = side.files
	case "evil":
		w.Path, w.Text = m.Evil.Path, m.Evil.Text
	case "foxtrot":
		slices.Reverse(parents)
	case "octopus":
		if third := h.newest(m.From + 3); !tip.reach()[third] && !side.reach()[third] {
			parents = append(parents, third)
		}
	}
	return h.add(w, parents, files)
}

func (h *randomHistory) newest(n int) *randomCommit { return h.commits[max(0, len(h.commits)-1-n)] }

// say makes an attestation ready to be pushed.
func (h *randomHistory) say(s said, branch []*randomCommit) refUpdate {
	about := h.tip().first()
	if s.About >= 0 || about == nil {
		about = branch[max(0, len(branch)-1-max(0, s.About))]
	}
	v := &word{kind: s.Kind, about: about, name: s.Name, signer: s.By, when: h.clock.Unix(), ref: s.Ref}
	if v.name == "" {
		v.name = v.signer
	}
	if s.Kind == policy.Excepts {
		v.reason, v.expires = s.Ref == "", v.when+10*oneDay
		if s.Brief {
			v.expires = v.when + oneDay/2
		}
	}
	if s.Move {
		v.kind, v.move = policy.Moves, h.refs[s.Ref].id+" "+about.id
	}
	return refUpdate{name: h.attestation(v), to: v.tag, commit: about, word: v}
}

// update gives what is asked of a ref: to hold what lands, to be deleted or to be wound back.
func (h *randomHistory) update(ref string, by string, lands *randomCommit) (refUpdate, bool) {
	name := strings.TrimLeft(ref, "-<")
	old := h.refs[name].commit
	switch {
	case strings.HasPrefix(ref, "-"):
		return refUpdate{name: name}, old != nil
	case strings.HasPrefix(ref, "<"):
		if old == nil || old.first() == nil {
			return refUpdate{}, false
		}
		return refUpdate{name: name, to: old.first().id, commit: old.first()}, true
	case ref == "light":
		return refUpdate{name: "refs/tags/v1", to: lands.id, commit: lands}, true
	case strings.HasPrefix(ref, "refs/tags/"):
		tag := h.tag(strings.TrimPrefix(ref, "refs/tags/"), lands, by, h.clock.Unix(), "release\n")
		return refUpdate{name: name, to: tag, commit: lands}, true
	default:
		return refUpdate{name: name, to: lands.id, commit: lands}, true
	}
}

// play makes a move, and has each push judged.
func (h *randomHistory) play(m move, push func(updates ...refUpdate)) {
	h.wait(m.Wait)
	at := h.tip()
	switch v := h.refs["refs/heads/release/1"]; {
	case m.From == 1 && v.commit != nil:
		at = v.commit
	case m.From > 1:
		at = h.newest(m.From - 2)
	}
	branch := []*randomCommit{at}
	for _, w := range m.Work {
		at = h.add(w, []*randomCommit{at}, at.files)
		branch = append(branch, at)
	}
	if m.Show {
		h.topics++
		push(refUpdate{name: fmt.Sprintf("refs/heads/topic/%d", h.topics), to: at.id, commit: at})
		for _, s := range m.Words {
			push(h.say(s, branch))
		}
		h.wait(m.Sight)
	}
	if m.Merge != "" && at != h.tip() {
		at = h.merge(m, at)
		branch = append(branch, at)
	}
	var updates []refUpdate
	add := func(u refUpdate) {
		if !slices.ContainsFunc(updates, func(other refUpdate) bool { return other.name == u.name }) {
			updates = append(updates, u)
		}
	}
	for _, s := range m.Late {
		add(h.say(s, branch))
	}
	for _, ref := range m.Refs {
		if u, ok := h.update(ref, m.By, at); ok && (u.commit == nil || u.to != h.refs[u.name].id) {
			add(u)
		}
	}
	if len(updates) > 0 {
		push(updates...)
	}
}

// push has a push judged, and moves the refs if it passes.
func (h *randomHistory) push(updates ...refUpdate) policy.Decision {
	h.t.Helper()
	h.pushes++
	d := h.judge(updates...)
	before := maps.Clone(h.refs)
	if d.Verdict != policy.Accepted {
		h.refused(before, d.Findings, updates)
		return d
	}
	h.apply(updates...)
	if why := h.accepted(before, updates, true); why != "" {
		h.t.Fatalf("this push was accepted: %s", why)
	}
	for _, u := range updates {
		if protected(u.name) && u.commit != nil {
			h.passed++
			for c := range u.commit.reach() {
				if _, ok := h.came[c]; !ok {
					h.came[c] = h.pushes
				}
			}
		}
	}
	return d
}
