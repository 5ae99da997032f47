package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RefChange is what a push would do to a ref. What is nil or zero from Beside on is not known yet.
type RefChange struct {
	Name, Ref string // full names: that was pushed to, and that really moves
	// object ids, "" for nothing: what the pusher says the ref was at, what it is at, what it is to be
	Claimed, Old, New string
	Protected         bool

	HoldsPolicy bool  // the policy in force is what this branch holds
	Received    int64 // the receiver's clock, seconds since 1970

	Beside *Beside     // a ref beside which Git can't store it
	Moves  *[]Approval // the approvals of this very move
	After  *Policy     // what the policy in force would be afterwards, where the branch that holds it moves
	Unused *bool       // nothing landed on it, so that nothing is lost where it is deleted
	Kind   string      // of the object that a branch is to hold: "commit", "tag", "tree" or "blob"
	Line   Line        // how a branch goes on from what it was
	Begins string      // the commit at which what is new begins, where that lies beside all protected branches' lines
	Lacks  string      // what it lacks of the history that trust begins with
	Main   string      // the branch that most is merged into, as a clone calls it
}

// Beside is a ref with a name that is a folder of another's, or the other way round; Ref is "" for none.
type Beside struct {
	Ref    string
	Coming bool // the same push brings it
}

// Line is how a branch goes on from what it was.
type Line uint8

// How a branch goes on.
const (
	LineUnknown Line = iota
	Continues        // the old tip is on the new one's first-parent line, or there was none
	MergesOld        // the old tip is merged in
	LosesOld         // the old tip is gone
)

// reserved are the namespaces that nobody pushes to: Git reads other objects in place of those that
// refs/replace/ names (git-replace(1)), and refs/countersign/ is this program's own.
var reserved = []string{"refs/replace/", "refs/countersign/"}

// JudgeRef says what stands against a push to a ref, whatever it is to do there: that nobody may push to it, that it
// isn't where the pusher says it is, or that Git couldn't store it.
func (p *Policy) JudgeRef(c RefChange) (out Outcome) {
	for _, prefix := range reserved {
		if strings.HasPrefix(c.Ref, prefix) || strings.HasPrefix(c.Name, prefix) {
			return c.refuse(out, RefReserved, "nobody may push to "+prefix, "take it out of the push: git push origin main")
		}
	}
	attestation := IsAttestation(c.Ref)
	if !attestation && !c.Protected {
		return out
	}
	if c.Claimed != c.Old && (c.New != c.Old || attestation) {
		// Git compares the ref with what the client says it was when it is moved at last, not with what was
		// judged: another push may land in between. And an approval that Git then doesn't store, nobody finds later.
		out.Findings = append(out.Findings, StaleRef(c.Name, cmp.Or(c.Old, c.zeros()), cmp.Or(c.Claimed, c.zeros())))
		return out
	}
	switch b := c.Beside; {
	case c.Old != "" || c.New == "":
	case b == nil:
		out.Needs.Beside = true
	case b.Coming:
		return c.refuse(out, RefName, "Git can't store it beside "+b.Ref+", which this push brings, too",
			"push only one of the two")
	case b.Ref != "":
		return c.refuse(out, RefName, "Git can't store it beside "+b.Ref, p.wayOut(b.Ref)...)
	}
	return out
}

// JudgeMove says what stands against moving a protected ref, whatever that brings: what it would lose, and where it
// begins. What is read only later, and so isn't known yet, doesn't count against it: Kind, Line, Begins and Lacks.
func (p *Policy) JudgeMove(c RefChange) (out Outcome) {
	quorum := "have the quorum approve it: " + c.ApproveMove()
	isTag := strings.HasPrefix(c.Ref, "refs/tags/")
	may := func(allowed bool) (may, settled bool) {
		may = p.mayMove(c, allowed, &out)
		return may, !may && (out.Findings != nil || !out.Needs.Empty())
	}
	switch {
	case c.New == c.Old:
		return out
	case c.New == "":
		if may, settled := may(p.Protect.AllowDelete || c.Old == ""); may || settled {
			return out
		}
		switch {
		case c.Unused == nil:
			out.Needs.Unused = true
		case *c.Unused:
			out.Notes = append(out.Notes, fmt.Sprintf("%s goes from %s: nothing landed on it", c.Ref, c.Old))
		default:
			return c.refuse(out, RefDelete, "it is protected and may not be deleted", quorum, PushAgain)
		}
		return out
	case isTag && c.Old != "":
		switch may, settled := may(p.Protect.AllowRewind); {
		case settled:
			return out
		case !may:
			return c.refuse(out, TagMoved, "it stands already at "+c.Old+"; a released name never changes what it means",
				"give the release a new name: git tag -s NAME "+c.New+"^{}",
				"or push it to a tag that isn't protected, where the others find it", "and "+quorum, PushAgain)
		}
	case c.Line == MergesOld:
		return c.refuse(out, RefDetour,
			"its old tip "+c.Old+" is merged in, not continued: the first parents of the new tip don't lead to it",
			"git pull --rebase --gpg-sign origin "+Typed(c.Name), "or on the up-to-date branch: git merge --no-ff -S TOPIC")
	case c.Line == LosesOld:
		switch may, settled := may(p.Protect.AllowRewind); {
		case settled:
			return out
		case !may:
			return c.refuse(out, RefRewind,
				"the new tip doesn't continue the old one: commits that are on the ref would be gone",
				"git pull --rebase --gpg-sign origin "+Typed(c.Name), "then push again without --force",
				"or push it to an unprotected branch, if it isn't on one", "and "+quorum, PushAgain)
		}
	}
	switch {
	case c.Kind == "tag":
		return c.refuse(out, RefNotCommit, "it would hold a tag where a commit belongs",
			fmt.Sprintf("push the commit that it tags: git push origin '%s^{commit}':%s", c.New, Typed(c.Name)))
	case c.Kind != "" && c.Kind != "commit":
		next := "push a commit: git push origin COMMIT:" + Typed(c.Name)
		if isTag {
			next = Tag{Shown: c.Name}.Again() + " COMMIT"
		}
		return c.refuse(out, RefNotCommit, "it would hold a "+c.Kind+" where a commit belongs", next)
	case c.Begins != "":
		return c.refuse(out, RefDetour,
			"it begins at "+c.Begins+", which was merged into a protected branch but is not on its first-parent line",
			"git rebase --gpg-sign --onto "+c.Main+" "+c.Begins,
			"or onto another commit that git log --first-parent BRANCH shows of a protected branch")
	case c.Lacks != "":
		out.Findings = append(out.Findings, HistoryIsGone(c.Name, c.Lacks, c.Main))
	}
	return out
}

func (c RefChange) refuse(out Outcome, code Code, detail string, next ...string) Outcome {
	out.Findings = append(out.Findings, Finding{Code: code, Ref: c.Name, Detail: detail, Next: next})
	return out
}

// StaleRef is the finding about a ref that isn't where it was thought to be.
func StaleRef(ref, now, thought string) Finding {
	next := "git fetch"
	if strings.HasPrefix(ref, "refs/heads/") && strings.Trim(now, "0") != "" {
		next = "git pull --rebase --gpg-sign origin " + Typed(ref)
	}
	return Finding{
		Code: RefStale, Ref: ref, Detail: "it is at " + now + " by now, not at " + thought,
		Next: []string{next, PushAgain},
	}
}

// HistoryIsGone is the finding about a branch that lacks the history that trust begins with. Main is the branch that
// most is merged into, as a clone calls it.
func HistoryIsGone(ref, lacks, main string) Finding {
	return Finding{Code: HistoryGone, Ref: ref, Detail: lacks, Next: []string{
		"put it on a protected branch: git rebase --gpg-sign --root --onto " + main,
		"or, if it is right that it begins anew, have its first commit adopted: adoption.commits in the policy",
	}}
}

// mayMove says whether a protected ref may lose what it holds: because the policy allows that to everybody, or because
// as many maintainers as the quorum asks for approved the very old and new ids. What is allowed to everybody isn't for
// the branch that holds the policy: the one in force would be another, and one that loosens it waits as long as it
// would by a commit, since the second approved of it.
func (p *Policy) mayMove(c RefChange, allowed bool, out *Outcome) bool {
	holdsPolicy := c.HoldsPolicy && c.Old != ""
	if allowed && !holdsPolicy {
		return true
	}
	if c.Moves == nil {
		out.Needs.Moves = true
		return false
	}
	by := p.quorate(*c.Moves)
	if by == nil {
		return false
	}
	if holdsPolicy && c.After == nil {
		out.Needs.After = true
		return false
	}
	loosens := func(a Amendment) bool { return a.Effect == Loosens }
	if holdsPolicy && slices.ContainsFunc(Amendments(p, c.After, time.Unix(c.Received, 0)), loosens) {
		var since []int64
		for _, a := range *c.Moves {
			if slices.Contains(by, a.Signature.Principal) {
				since = append(since, cmp.Or(a.Seen, c.Received))
			}
		}
		slices.Sort(since)
		if until := since[p.second()] + seconds(p.Quorum.CoolDown); until > c.Received {
			out.Findings = append(out.Findings, Finding{
				Code: CoolDown, Ref: c.Name,
				Detail: fmt.Sprintf("it would loosen the policy, and may be done %s, on %s at the earliest",
					p.Quorum.After(), date(until)),
				Next: []string{"push the approvals, if they aren't on the server, and this again when the time is over"},
			})
			return false
		}
	}
	out.Notes = append(out.Notes, fmt.Sprintf("%s moves from %s to %s as approved by %s",
		c.Ref, c.Old, cmp.Or(c.New, c.zeros()), strings.Join(by, ", ")))
	return true
}

// zeros is nothing as people write it: as long as an id.
func (c RefChange) zeros() string {
	return strings.Repeat("0", max(len(c.Old), len(c.New), len(c.Claimed)))
}

// ApproveMove is the command that approves a move.
func (c RefChange) ApproveMove() string {
	return fmt.Sprintf("countersign approve %s --ref %s --from %s --to %s",
		cmp.Or(c.New, c.Old), Typed(c.Ref), cmp.Or(c.Old, c.zeros()), cmp.Or(c.New, c.zeros()))
}

// wayOut says how a ref that is in the way goes.
func (p *Policy) wayOut(ref string) []string {
	if p.Names(ref) || IsAttestation(ref) {
		return []string{"ask the server's operator to take " + ref + " away", PushAgain}
	}
	return []string{"git push origin :" + Typed(ref), PushAgain}
}

// MovedRef is a protected ref that isn't where the last judged push left it. Ids are "" for nothing.
type MovedRef struct {
	Ref         string
	Known, Now  string
	WhatCameIn  string // in words
	LengthOfIDs int
}

// Finding is the one about it.
func (m MovedRef) Finding() Finding {
	zeros := strings.Repeat("0", m.LengthOfIDs)
	back := fmt.Sprintf("or bring it back: git push --force origin %s:%s", m.Known, Typed(m.Ref))
	if m.Known == "" {
		back = "or take it away: git push origin :" + Typed(m.Ref)
	}
	return Finding{
		Code: MovedOutside, Ref: m.Ref,
		Detail: fmt.Sprintf("it was known to be at %s, and it is at %s now: %s",
			cmp.Or(m.Known, "nothing"), cmp.Or(m.Now, "nothing"), m.WhatCameIn),
		Next: []string{
			fmt.Sprintf("the server's operator lets it stand, in the repository: countersign accept-move %s %s %s --reason TEXT",
				Typed(m.Ref), cmp.Or(m.Known, zeros), cmp.Or(m.Now, zeros)),
			back,
		},
	}
}
