package gate

import (
	"context"
	"flag"
	"math"
	"testing"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

// checkFew checks a property of some random histories: each costs some pushes. With -rapid.checks=N, N other than
// rapid's own 100, it is N.
func checkFew(t *testing.T, few int, property func(*rapid.T)) {
	t.Helper()
	if flag.Lookup("rapid.checks").Value.String() != "100" {
		few = math.MaxInt
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
					h.play(m, func(updates ...refUpdate) { h.push(updates...) })
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
		stored, err := g.ledgerAt(context.Background(), mainRef, mustID(tip.id))
		if err != nil {
			return err
		}
		anew, p, err := g.Tenure(context.Background(), mainRef)
		if err != nil {
			return err
		}
		if stored.Last() != line.last || anew.Last() != line.last {
			h.t.Errorf("the last landing was at %d, in the stored tenure at %d, by a simple count at %d", anew.Last(), stored.Last(), line.last)
		}
		for _, at := range []int64{line.last, h.clock.Unix(), h.clock.Unix() + 30*oneDay} {
			for _, who := range everybody {
				for _, class := range []string{"", "build", "ci", "fixture", "binary", "policy"} {
					want := line.figures(rules, who, class, at)
					if got := anew.Tenure(p, who, class, at); got != want {
						h.t.Errorf("%s has earned %+v in class %q at %d, by a simple count %+v", who, got, class, at, want)
					}
					if got := stored.Tenure(p, who, class, at); got != want {
						h.t.Errorf("%s has %+v in class %q at %d in the stored tenure, by a simple count %+v", who, got, class, at, want)
					}
				}
			}
		}
		return nil
	})
}
