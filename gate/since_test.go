package gate

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign/gate/audit"
	"countersign/gate/verified"
	"countersign/policy"
)

// remembered gives a history of two approved landings, and what a verification of it leaves.
func remembered(t *testing.T) (*randomHistory, *verified.State) {
	t.Helper()
	h := begins(t, rulesOf{approve: 1, exempt: exempts[0], quorum: 2, age: 14}, false, nil)
	t.Cleanup(h.remove)
	for _, path := range []string{"configure.ac", "src/a.c"} {
		h.wait(1)
		c := h.add(work{By: "alice", As: "alice", Path: path, Text: "one\n"}, []*randomCommit{h.tip()}, h.tip().files)
		h.apply(refUpdate{name: "refs/heads/topic/1", to: c.id, commit: c})
		v := &word{kind: policy.Approves, about: c, name: "lasse", signer: "lasse", when: h.clock.Unix()}
		h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: c, word: v})
		if d := h.push(refUpdate{name: mainRef, to: c.id, commit: c}); d.Verdict != policy.Accepted {
			t.Fatalf("not accepted: %+v", d.Findings)
		}
	}
	_, next := since(t, h, nil, "a test")
	if next == nil {
		t.Fatal("nothing is remembered")
	}
	return h, next
}

// since verifies a history from what is remembered of it.
func since(t *testing.T, h *randomHistory, was *verified.State, program string) (policy.Decision, *verified.State) {
	t.Helper()
	s := &audit.Since{Was: was, Program: program}
	var d policy.Decision
	h.with(func(g *Gate) (err error) {
		d, _, err = g.Auditor().VerifyAll(context.Background(), audit.Wanted{Since: s}, h.clock)
		return err
	})
	return d, s.Next
}

// anew says why all was judged, "" where it wasn't.
func anew(d policy.Decision) string {
	for _, n := range d.Notes {
		if why, is := strings.CutPrefix(n, "all was judged, not only what is new: "); is {
			return why
		}
	}
	return ""
}

// Where any of the inputs was another, all is judged; but for the list of all words, which alone changes nothing.
func TestEachInputIsCompared(t *testing.T) {
	t.Parallel()
	h, was := remembered(t)
	d, next := since(t, h, was, "a test")
	if why := anew(d); why != "" || next != nil || d.Earlier == nil || d.Earlier.Commits != 2 {
		t.Fatalf("the same is judged: %q, %+v; next: %v", why, d.Earlier, next)
	}
	if len(was.Inputs) != len(audit.Inputs()) {
		t.Fatalf("%d inputs are written, of %d", len(was.Inputs), len(audit.Inputs()))
	}
	other := func(names ...string) *verified.State {
		s := *was
		s.Inputs = slices.Clone(was.Inputs)
		for i := range s.Inputs {
			if slices.Contains(names, s.Inputs[i].Name) {
				s.Inputs[i].Digest = "another"
			}
		}
		return &s
	}
	for _, name := range audit.Inputs() {
		names := []string{name}
		switch name {
		case "words":
			if d, _ := since(t, h, other(names...), "a test"); anew(d) != "" {
				t.Errorf("other words that change nothing: %s", anew(d))
			}
			continue
		case "said": // which is only asked where there are other words
			names = append(names, "words")
		}
		if d, _ := since(t, h, other(names...), "a test"); anew(d) == "" || d.Earlier != nil {
			t.Errorf("another %s: %q, %+v", name, anew(d), d.Earlier)
		}
	}
	for what, change := range map[string]func(s *verified.State){
		"an input less":    func(s *verified.State) { s.Inputs = s.Inputs[1:] },
		"an input more":    func(s *verified.State) { s.Inputs = append(s.Inputs, verified.Input{}) },
		"an input renamed": func(s *verified.State) { s.Inputs[0].Name = "another" },
		"a ref less":       func(s *verified.State) { s.Refs = nil },
		"a later time":     func(s *verified.State) { s.At = h.clock.Unix() + 1 },
		"no id":            func(s *verified.State) { s.Refs[0].Holds = "main" },
		"a ref more":       func(s *verified.State) { s.Refs = append(s.Refs, verified.Ref{Name: []byte("refs/x")}) },
	} {
		s := *was
		s.Inputs, s.Refs = slices.Clone(was.Inputs), slices.Clone(was.Refs)
		change(&s)
		if d, _ := since(t, h, &s, "a test"); anew(d) == "" {
			t.Errorf("with %s it isn't judged anew", what)
		}
	}
}

// What is changed by hand between two runs has all judged, or is judged.
func TestEachChangeIsSeen(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(h *randomHistory)
		why    string // all is judged
	}{
		"a key that is gone": {
			func(h *randomHistory) { h.write("countersign/policy.toml", h.server.amended("retire").text()) }, "the policy",
		},
		"a new branch": {
			func(h *randomHistory) {
				h.apply(refUpdate{name: "refs/heads/release/1", to: h.tip().id, commit: h.tip()})
			},
			"other refs are protected",
		},
		"a withdrawal of what was never seen": {func(h *randomHistory) {
			v := &word{kind: policy.Withdraws, about: h.begin, name: "jia", signer: "jia", when: h.clock.Unix()}
			h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: h.begin, word: v})
		}, "approvals, withdrawals or exceptions"},
		"another approval of what landed": {func(h *randomHistory) {
			v := &word{kind: policy.Approves, about: h.tip(), name: "jia", signer: "jia", when: h.clock.Unix()}
			h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: h.tip(), word: v})
		}, "approvals, withdrawals or exceptions"},
		"an approval of what hasn't landed": {func(h *randomHistory) {
			c := h.add(work{By: "jia", As: "jia", Path: "src/b.c", Text: "one\n"}, []*randomCommit{h.tip()}, h.tip().files)
			v := &word{kind: policy.Approves, about: c, name: "lasse", signer: "lasse", when: h.clock.Unix()}
			h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: c, word: v})
		}, ""},
		"a rewind": {func(h *randomHistory) {
			h.apply(refUpdate{name: mainRef, to: h.tip().first().id, commit: h.tip().first()})
		}, mainRef + " no longer has"},
		"a clock that went back": {func(h *randomHistory) { h.wait(-1) }, "the clock"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h, was := remembered(t)
			c.change(h)
			d, next := since(t, h, was, "a test")
			why := anew(d)
			if !strings.HasPrefix(why, c.why) || (why == "") != (c.why == "") {
				t.Errorf("all is judged because %q", why)
			}
			if c.why == "" && (next == nil || d.Earlier == nil) {
				t.Error("it isn't remembered that it changes nothing")
			}
		})
	}
	h, was := remembered(t)
	if d, _ := since(t, h, was, "another test"); !strings.HasPrefix(anew(d), "another program") {
		t.Errorf("another program: %q", anew(d))
	}
}
