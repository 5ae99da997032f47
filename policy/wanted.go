package policy

import (
	"cmp"
	"fmt"
	"strings"
)

// BranchByPattern is a branch that only a pattern of the policy protects, and that is made, or moves for the first
// time, with what was here before: after that only the quorum may delete it.
type BranchByPattern struct {
	Name, Ref string // full names: that was pushed to, and that really moves
	Old, New  string // object ids, "" for nothing

	Bringer string     // who signed the new tip, if that comes in only now; "" for nobody
	Pusher  string     // who signed the push; "" for nobody
	Words   []Approval // of the tip for this very branch, and of the very move
	Blind   bool       // what comes in now can't be told from what was here
}

// JudgeWanted says whether somebody who may sign what lands wants there to be such a branch. Whoever may push could
// else fill the protected names with what others have only shown. It is wanted by who signed its tip, if that comes in
// only now, by who signed the push, or by a maintainer who approved the tip for this very branch, or the very move.
// Once is enough.
func (p *Policy) JudgeWanted(b BranchByPattern) (out Outcome) {
	for _, name := range []string{b.Bringer, b.Pusher} {
		if q := p.Principal(name); q != nil && q.lands() {
			return out
		}
	}
	if by := p.sponsorsOf(b.Words); len(by) > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s is wanted by %s", b.Ref, strings.Join(by, ", ")))
		return out
	}
	next := []string{
		fmt.Sprintf("have a maintainer run, once for the branch: countersign approve %s --ref %s --from %s --to %[1]s",
			b.New, Typed(b.Ref), cmp.Or(b.Old, strings.Repeat("0", len(b.New)))),
		PushAgain,
		"or, where the server takes signed pushes, push again with --signed",
	}
	if b.Old != "" {
		next = append(next, "or, if it is to begin elsewhere, delete it first: git push origin :"+Typed(b.Ref))
	}
	whence := "its tip was here before, where anybody could take it from"
	if b.Blind {
		whence = "an update hook can't tell whether its tip was here before"
	}
	out.Findings = append(out.Findings, Finding{
		Code: RefUnwanted, Ref: b.Name, Next: next,
		Detail: whence + ", and nobody in the keyring has said that there is to be such a branch",
	})
	return out
}
