package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/gate/audit"
	"countersign/gate/verified"
	"countersign/policy"
)

// input gives the digest of an input.
func input(s *verified.State, name string) string {
	i := slices.IndexFunc(s.Inputs, func(in verified.Input) bool { return in.Name == name })
	return s.Inputs[i].Digest
}

// showsAndLands makes a commit of somebody's, shows it, has words said of it, waits, and lands it on main.
func (h *randomHistory) showsAndLands(t *testing.T, w work, sight int, words ...*word) *randomCommit {
	t.Helper()
	c := h.add(w, []*randomCommit{h.tip()}, h.tip().files)
	h.push(refUpdate{name: "refs/heads/topic/1", to: c.id, commit: c})
	for _, v := range words {
		v.about, v.name, v.when = c, v.signer, v.when+h.clock.Unix()
		h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: c, word: v})
	}
	if h.wait(sight); sight > 0 {
		c = h.merge(move{By: w.By}, c) // with a date of its own
	}
	if d := h.judge(refUpdate{name: mainRef, to: c.id, commit: c}); d.Verdict != policy.Accepted {
		t.Fatalf("not accepted: %+v", d.Findings)
	}
	h.apply(refUpdate{name: mainRef, to: c.id, commit: c})
	return c
}

func beginning(t *testing.T, hold int) *randomHistory {
	t.Helper()
	h := begins(t, rulesOf{approve: 1, exempt: exempts[0], hold: hold, quorum: 2, age: 14}, false, nil)
	t.Cleanup(h.remove)
	return h
}

// What had to wait leans on the journal: with another one all is judged, and so it is after more runs.
func TestJournalIsLeanedOn(t *testing.T) {
	t.Parallel()
	h := beginning(t, 24)
	_, plain := since(t, h, nil, "a test")
	if input(plain, "journal") != "" {
		t.Error("nothing waited, and the journal is leaned on")
	}
	h.showsAndLands(t, work{By: "jia", As: "jia", Path: "configure.ac", Text: "one\n"}, 30)
	_, waited := since(t, h, plain, "a test")
	if waited == nil || input(waited, "journal") == "" {
		t.Fatal("something waited, and the journal isn't leaned on")
	}
	if d, _ := since(t, h, waited, "a test"); anew(d) != "" {
		t.Errorf("with the same journal all is judged: %s", anew(d))
	}
	before := slices.Clone(h.journal.records)
	h.showsAndLands(t, work{By: "jia", As: "jia", Path: "src/a.c", Text: "two\n"}, 0)
	d, more := since(t, h, waited, "a test")
	if !strings.HasPrefix(anew(d), "the journal") || input(more, "journal") == "" {
		t.Errorf("with a longer journal all is judged because %q", anew(d))
	}
	whole := h.journal.records
	h.journal.records = slices.DeleteFunc(slices.Clone(before), func(r []byte) bool {
		return strings.Contains(string(r), "refs/heads/topic/")
	})
	if d, next := since(t, h, more, "a test"); d.Verdict == policy.Accepted || next != nil {
		t.Errorf("by a journal that doesn't know what was shown: %v, %q", d.Verdict, anew(d))
	}
	// What doesn't ask the journal leans on it all the same, if what came before does.
	h.journal.records = whole
	c := h.add(work{By: "jia", As: "jia", Path: "src/a.c", Text: "three\n"}, []*randomCommit{h.tip()}, h.tip().files)
	h.write(mainRef, c.id+"\n")
	h.refs[mainRef] = value{c.id, c}
	if beside, next := since(t, h, more, "a test"); len(beside.Findings) != 1 || next != nil {
		t.Errorf("what landed beside a push: %+v, and %+v is remembered", beside.Findings, next)
	}
	s := &audit.Since{Was: more, Program: "a test"}
	h.with(func(g *Gate) error { // which doesn't compare the refs with the journal
		d, err := g.Auditor().Verify(t.Context(), audit.Wanted{Since: s})
		if anew(d) != "" || s.Next == nil || input(s.Next, "journal") == "" {
			t.Errorf("all is judged because %q; what is remembered is %+v", anew(d), s.Next)
		}
		return err
	})
}

// An approval for another branch leans on the refs where that branch didn't have it.
func TestOtherBranchesAreLeanedOn(t *testing.T) {
	t.Parallel()
	h := beginning(t, 0)
	build := work{By: "jia", As: "jia", Path: "configure.ac", Text: "one\n"}
	h.showsAndLands(t, build, 0, &word{kind: policy.Approves, signer: "lasse"},
		&word{kind: policy.Approves, signer: "rev", ref: "refs/heads/release/1"})
	_, next := since(t, h, nil, "a test")
	if next == nil || input(next, "elsewhere") == "" {
		t.Fatalf("an approval for another branch isn't leaned on: %+v", next)
	}
	h.apply(refUpdate{name: "refs/heads/topic/9", to: h.begin.id, commit: h.begin})
	if d, _ := since(t, h, next, "a test"); !strings.HasPrefix(anew(d), "other refs moved") {
		t.Errorf("all is judged because %q", anew(d))
	}
}

// A word that is dated ahead of the clock keeps all from being remembered, until it isn't any more.
func TestClockIsLeanedOn(t *testing.T) {
	t.Parallel()
	h := beginning(t, 0)
	build := work{By: "jia", As: "jia", Path: "configure.ac", Text: "one\n"}
	h.showsAndLands(t, build, 0, &word{kind: policy.Approves, signer: "lasse"})
	v := &word{kind: policy.Withdraws, about: h.tip(), name: "lasse", signer: "lasse", when: h.clock.Unix() + 7200}
	h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: h.tip(), word: v})
	d, next := since(t, h, nil, "a test")
	ahead := func(n string) bool { return strings.HasPrefix(n, "nothing is remembered for the next run: ") }
	if d.Verdict != policy.Accepted || next != nil || !slices.ContainsFunc(d.Notes, ahead) {
		t.Errorf("%v is remembered: %+v, %q", d.Verdict, next, d.Notes)
	}
	h.clock = h.clock.Add(3 * time.Hour)
	if _, next = since(t, h, nil, "a test"); next == nil {
		t.Error("nothing is remembered, though nothing is ahead of the clock")
	}
}

// What was worth knowing of what isn't judged again is said again: exceptions, and tags that are old.
func TestNotesAreRemembered(t *testing.T) {
	t.Parallel()
	h := beginning(t, 0)
	h.write("refs/tags/v0", h.begin.id+"\n")
	expires := h.clock.Unix() + 5*oneDay
	h.showsAndLands(t, work{By: "jia", As: "jia", Path: "configure.ac", Text: "one\n"}, 0,
		&word{kind: policy.Excepts, signer: "alice", reason: true, expires: expires},
		&word{kind: policy.Excepts, signer: "lasse", reason: true, expires: expires})
	first, next := since(t, h, nil, "a test")
	again, _ := since(t, h, next, "a test")
	if again.Earlier == nil {
		t.Fatalf("all is judged: %q", again.Notes)
	}
	for _, begin := range []string{policy.ExceptionNote, "tags that stand on what was adopted"} {
		of := func(d policy.Decision) (notes []string) {
			for _, n := range d.Notes {
				if strings.HasPrefix(n, begin) {
					notes = append(notes, n)
				}
			}
			return notes
		}
		if len(of(first)) != 1 || !slices.Equal(of(first), of(again)) {
			t.Errorf("%q: first %q, then %q", begin, first.Notes, again.Notes)
		}
	}
}
