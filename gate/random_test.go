package gate

import (
	"context"
	"flag"
	"maps"
	"math"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"countersign/gate/earned"
	"countersign/policy"
)

// checkFew checks a property of some random histories: each costs some pushes. With -rapid.checks=N, N other than
// rapid's own 100, it is N. Under the race detector half of them are enough.
func checkFew(t *testing.T, few int, property func(*rapid.T)) {
	t.Helper()
	if flag.Lookup("rapid.checks").Value.String() != "100" {
		few = math.MaxInt
	} else if raced {
		few /= 2
	}
	runs, failed := 0, false
	rapid.Check(t, func(t *rapid.T) {
		if runs++; runs > few && !failed {
			return
		}
		failed = true // unless it gets to its end: then all that follows makes the failure smaller
		property(t)
		failed = false
	})
}

func fingerprintOf(name string) string { return ssh.FingerprintSHA256(keyOf(name).PublicKey()) }

// Whatever attackers do who are fewer than the rules ask for, and others beside them: nothing lands that the
// model would have held, the policy is not bent, and nobody's tenure is beyond what landed.
//
// A longer run: go test ./gate -run Random -rapid.checks=10000
func TestRandomHistoriesLandNothingThatTheModelHolds(t *testing.T) {
	t.Parallel()
	for name, inTree := range map[string]bool{"policy in the tree": true, "policy on the server": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFew(t, 24, func(t *rapid.T) {
				h := drawHistory(t, 14, inTree)
				defer h.remove()
				for _, m := range rapid.SliceOfN(drawMove(h.attackers), 1, 12).Draw(t, "moves") {
					if m.Past != "" {
						h.movedPast(m)
					}
					h.play(m, func(updates ...refUpdate) {
						if m.Stale {
							h.stale(updates)
						}
						h.push(updates...)
					})
				}
				h.tenureIsEarned()
			})
		})
	}
}

// tenureIsEarned compares everybody's tenure on main with a simple count.
func (h *randomHistory) tenureIsEarned() {
	h.t.Helper()
	tip := h.tip()
	line, rules := h.lineTo(tip), h.policyAt(tip)
	if h.unclear {
		return
	}
	h.with(func(g *Gate) error {
		stored, err := earned.At(context.Background(), g.site, mainRef, mustID(tip.id))
		if err != nil {
			return err
		}
		_, p, err := g.Auditor().Tenure(context.Background(), mainRef)
		if err != nil {
			return err
		}
		anew, err := earned.All(context.Background(), g.site, mustID(tip.id))
		if err != nil {
			return err
		}
		if stored.Last() != line.last || anew.Last() != line.last {
			h.t.Errorf("the last landing was at %d, in the stored tenure at %d, by a simple count at %d",
				anew.Last(), stored.Last(), line.last)
		}
		for _, at := range []int64{line.last, h.clock.Unix(), h.clock.Unix() + 30*oneDay} {
			for _, who := range everybody {
				for _, class := range []string{"", "build", "ci", "fixture", "binary", "policy"} {
					want := line.figures(rules, who, class, at)
					if got := anew.Tenure(p, who, inClass(class), at); got != want {
						h.t.Errorf("%s has earned %+v in class %q at %d, by a simple count %+v", who, got, class, at, want)
					}
					if got := stored.Tenure(p, who, inClass(class), at); got != want {
						h.t.Errorf("%s has %+v in class %q at %d in the stored tenure, by a simple count %+v", who, got, class, at, want)
					}
				}
			}
		}
		return nil
	})
}

// stale has a push judged that claims the refs held something else: it lands nothing, and changes nothing.
func (h *randomHistory) stale(updates []refUpdate) {
	h.t.Helper()
	if !slices.ContainsFunc(updates, func(u refUpdate) bool { return protected(u.name) }) {
		return
	}
	real := maps.Clone(h.refs)
	for _, u := range updates {
		v := value{id: h.begin.id, commit: h.begin}
		if real[u.name].id == v.id {
			v = value{}
		}
		h.refs[u.name] = v
	}
	d := h.judge(updates...)
	h.refs = real
	for _, u := range updates {
		if protected(u.name) && d.Verdict == policy.Accepted {
			h.t.Fatalf("%s lands with a false old id", u.name)
		}
	}
}

// movedPast moves main without the hook. Nobody goes on from there, and once it is back all is as before.
func (h *randomHistory) movedPast(m move) {
	h.t.Helper()
	known, there := h.refs[mainRef], h.newest(m.From)
	if there.id == known.id {
		return
	}
	set := func(v value) {
		h.write(mainRef, v.id+"\n")
		h.refs[mainRef] = v
	}
	set(value{there.id, there})
	g, err := h.open()
	if cerr := g.Close(); cerr != nil {
		h.t.Fatal(cerr)
	}
	if err != nil { // its policy can't be used: no push is judged until the operator has brought it back
		set(known)
		return
	}
	next := h.add(work{By: "alice", As: "alice", Path: "src/a.c", Text: "next\n"}, []*randomCommit{there}, there.files)
	d := h.judge(refUpdate{name: mainRef, to: next.id, commit: next})
	outside := func(f policy.Finding) bool { return f.Code == policy.MovedOutside }
	if d.Verdict == policy.Accepted || !slices.ContainsFunc(d.Findings, outside) {
		h.t.Fatalf("main was moved to %s past the hook, and a push from there finds %+v", there.id, d.Findings)
	}
	if m.Past == "push" {
		back := refUpdate{name: mainRef, to: known.id, commit: known.commit}
		if d := h.judge(back); d.Verdict != policy.Accepted {
			h.t.Fatalf("main is not brought back to where it was: %+v", d.Findings)
		}
		h.apply(back)
		return
	}
	set(known)
}

// inClass names a class to ask tenure in; "" is overall.
func inClass(class string) []string {
	if class == "" {
		return nil
	}
	return []string{class}
}
