package gate

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"countersign/gate/audit"
	"countersign/policy"
)

// What random histories, and thinking about them, have found, each as small as it got.

// smallest is a history without oddities: one approval, a quorum of two, nobody exempt.
func smallest(t *testing.T, inTree bool) *randomHistory {
	t.Helper()
	h := begins(t, rulesOf{approve: 1, exempt: exempts[0], quorum: 2, age: 14}, inTree, nil)
	t.Cleanup(h.remove)
	h.goGit = true
	return h
}

// passes asks whether a push is accepted, and makes it if it is.
func (h *randomHistory) passes(want bool, u refUpdate) {
	h.t.Helper()
	d := h.judge(u)
	if got := d.Verdict == policy.Accepted; got != want {
		h.t.Fatalf("push to %s: accepted %v, want %v: %+v", u.name, got, want, d.Findings)
	}
	if want {
		h.apply(u)
	}
}

func (h *randomHistory) lands(want bool, ref string, c *randomCommit) {
	h.t.Helper()
	h.passes(want, refUpdate{name: ref, to: c.id, commit: c})
}

// topic makes a commit and shows it on a branch of its own.
func (h *randomHistory) topic(by, path, text string, from *randomCommit) *randomCommit {
	h.t.Helper()
	c := h.add(work{By: by, As: by, Path: path, Text: text}, []*randomCommit{from}, from.files)
	h.lands(true, "refs/heads/topic/"+c.id, c)
	return c
}

// says has an attestation pushed. policy.Moves is the old and the new id, "" for no move.
func (h *randomHistory) says(kind policy.AttestationKind, by string, about *randomCommit, ref, move string) {
	h.t.Helper()
	v := &word{kind: kind, about: about, name: by, signer: by, when: h.clock.Unix(), ref: ref, move: move}
	h.passes(true, refUpdate{name: h.attestation(v), to: v.tag, commit: about, word: v})
}

// A branch on which nothing landed may go, whatever happened to the branch that keeps its commit; one on which
// something landed may not. The model says so, too: push asks it.
func TestUnusedBranchMayGo(t *testing.T) {
	t.Parallel()
	const release = "refs/heads/release/1"
	h := smallest(t, false)
	h.clock = h.clock.Add(20 * 24 * time.Hour)
	at := h.tip()
	goes := func(want policy.Verdict) {
		t.Helper()
		if d := h.push(refUpdate{name: release}); d.Verdict != want {
			t.Fatalf("to be deleted: %v, want %v: %+v", d.Verdict, want, d.Findings)
		}
	}
	h.push(refUpdate{name: release, to: at.id, commit: at})
	h.topic("jia", "src/a.c", "aside\n", at)
	h.movedPast(move{Past: "push"})
	goes(policy.Accepted)
	h.push(refUpdate{name: release, to: at.id, commit: at})
	next := h.topic("alice", "src/b.c", "next\n", at)
	h.says(policy.Approves, "lasse", next, release, "")
	h.lands(true, release, next)
	goes(policy.Refused)
}

// A change that a rule holds, and that was approved instead of waiting, is approved for whoever audits it
// beside the journal, too.
func TestApprovedBeforeItsHoldWasOverIsApprovedInAnAudit(t *testing.T) {
	t.Parallel()
	rules := rulesOf{approve: 1, exempt: exempts[0], hold: 48, quorum: 2, age: 14}
	s := &singles{randomHistory: begins(t, rules, false, nil), found: make(verdicts)}
	defer s.remove()
	s.goGit = true
	s.play(move{
		Work: []work{{By: "jia", As: "jia", Path: ".github/workflows/ci.yml", Text: "one\n"}},
		Show: true, Words: []said{{Kind: policy.Approves, By: "lasse"}}, Refs: []string{mainRef},
	}, s.push)
	if s.passed != 1 {
		t.Fatalf("it didn't land: %v", s.found)
	}
	s.found.same(t, "in an audit", s.audit(true))
}

// Far approved a change of lasse's on a branch from before the policy was tightened. Jia alone merges it so
// that the old policy is back, and says that far stands behind that.
func TestOldBranchThatHasTheOldPolicyIsNoWordForIt(t *testing.T) {
	t.Parallel()
	h := smallest(t, true)
	old := h.topic("lasse", "configure.ac", "new\n", h.tip())
	h.says(policy.Approves, "far", old, "", "")
	tightened := h.topic("alice", policyPath, "retire a puppet", h.tip())
	h.lands(true, mainRef, tightened)
	files := maps.Clone(tightened.files)
	files["configure.ac"] = old.files["configure.ac"]
	honest := h.add(work{By: "jia", As: "jia"}, []*randomCommit{tightened, old}, files)
	back := h.add(work{By: "jia", As: "jia"}, []*randomCommit{tightened, old}, old.files)
	h.lands(false, mainRef, back)
	h.lands(true, mainRef, honest)
}

// audits gives the codes of all that verify finds, by ref.
func (h *randomHistory) audits() map[string][]policy.Code {
	h.t.Helper()
	codes := make(map[string][]policy.Code)
	h.with(func(g *Gate) error {
		audits, err := g.Auditor().Audits(context.Background(), "", false)
		for _, a := range audits {
			if err != nil {
				break
			}
			err = g.Auditor().Audit(context.Background(), a, func(j audit.Judged) error {
				for _, f := range j.Findings {
					codes[a.Ref] = append(codes[a.Ref], f.Code)
				}
				return nil
			})
		}
		return err
	})
	return codes
}

// Lasse approved the commit for main, where it landed. A release branch begins there. What landed on main was
// judged there, and is no landing on the branch.
func TestApprovalForMainCountsWhereABranchOfItIsAudited(t *testing.T) {
	t.Parallel()
	h := smallest(t, false)
	c := h.topic("alice", "configure.ac", "new\n", h.tip())
	h.says(policy.Approves, "lasse", c, mainRef, "")
	h.lands(true, mainRef, c)
	h.lands(true, "refs/heads/release/1", c)
	if found := h.audits(); len(found) != 0 {
		t.Errorf("verify finds %v in what was accepted", found)
	}
}

// Lasse approved a commit for main, where it landed. A second tag of his, for a release branch, would take the
// first one's place, and is refused.
func TestApprovalForAnotherRefDoesntUndoTheFirst(t *testing.T) {
	t.Parallel()
	h := smallest(t, false)
	c := h.topic("alice", "configure.ac", "new\n", h.tip())
	h.says(policy.Approves, "lasse", c, mainRef, "")
	h.lands(true, mainRef, c)
	h.wait(1)
	v := &word{
		kind: policy.Approves, about: c, name: "lasse", signer: "lasse", when: h.clock.Unix(), ref: "refs/heads/release/1",
	}
	h.passes(false, refUpdate{name: h.attestation(v), to: v.tag, commit: c, word: v})
	if found := h.audits(); len(found) != 0 {
		t.Errorf("verify finds %v in what was accepted", found)
	}
}

// Jia and far, of whom neither is tied to the other, approve a change of the policy. Alice, who introduced both,
// approves it as well.
func TestOneApprovalMoreTakesNoneAway(t *testing.T) {
	t.Parallel()
	for _, third := range []string{"", "alice"} {
		h := smallest(t, true)
		c := h.topic("con", policyPath, "hire", h.tip())
		for _, by := range []string{"jia", "far", third} {
			if by != "" {
				h.says(policy.Approves, by, c, "", "")
			}
		}
		h.lands(true, mainRef, c)
	}
}

// Jia pushes a held change to a branch, which nobody judges, and then protects that branch: alone, since that
// tightens the policy. From then on the change counts as landed for every new branch and tag.
func TestProtectingABranchDoesntAdoptIt(t *testing.T) {
	t.Parallel()
	h := smallest(t, true)
	held := h.topic("jia", "configure.ac", "new\n", h.tip())
	h.lands(false, "refs/heads/release/1", held)
	h.lands(true, "refs/heads/mine", held)
	files := maps.Clone(h.tip().files)
	const protects = `version = 1
[protect]
refs = ["refs/heads/main", "refs/heads/master", "refs/heads/release/**", "refs/tags/v*", "refs/heads/mine"]
`
	files[policyPath] = strings.Replace(files[policyPath], "version = 1\n", protects, 1)
	h.lands(true, mainRef, h.add(work{By: "jia", As: "jia"}, []*randomCommit{h.tip()}, files))
	tag := h.tag("v1", held, "jia", h.clock.Unix(), "release\n")
	if d := h.judge(refUpdate{name: "refs/tags/v1", to: tag, commit: held}); d.Verdict == policy.Accepted {
		t.Error("a release tag of it is accepted")
	}
	if d := h.judge(refUpdate{name: "refs/heads/release/1", to: held.id, commit: held}); d.Verdict == policy.Accepted {
		t.Error("a release branch of it is accepted")
	}
}

// Lasse merges jia's held change by "-s ours", to say that it is superseded. Jia lands it by an octopus that merges
// that, too: lasse's merge counts as his word for what it threw away.
func TestMergeThatThrewAChangeAwayIsNoWordForIt(t *testing.T) {
	t.Parallel()
	h := smallest(t, true)
	held := h.topic("jia", "configure.ac", "new\n", h.tip())
	superseded := h.add(work{By: "lasse", As: "lasse"}, []*randomCommit{h.tip(), held}, h.tip().files)
	h.lands(true, "refs/heads/superseded", superseded)
	h.lands(false, mainRef, h.add(work{By: "jia", As: "jia"}, []*randomCommit{h.tip(), superseded, held}, held.files))
}

// A held commit was in sight only below another, which isn't landed with it. The push sees that, and so must who
// reads it again.
func TestInSightBelowWhatDoesntLandIsInSightInAnAudit(t *testing.T) {
	t.Parallel()
	h := begins(t, rulesOf{approve: 1, exempt: exempts[0], hold: 48, quorum: 2, age: 14}, false, nil)
	t.Cleanup(h.remove)
	h.goGit = true
	tip := h.tip()
	held := h.add(work{By: "jia", As: "jia", Path: "configure.ac", Text: "new\n"}, []*randomCommit{tip}, tip.files)
	h.topic("jia", "src/a.c", "unfinished\n", held)
	h.wait(50)
	h.lands(true, mainRef, h.add(work{By: "jia", As: "jia"}, []*randomCommit{tip, held}, held.files))
	if found := h.audits(); len(found) != 0 {
		t.Errorf("verify finds %v in what was accepted", found)
	}
}
