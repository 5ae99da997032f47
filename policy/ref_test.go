package policy

import (
	"testing"
	"time"
)

const (
	anOld   = "1111111111111111111111111111111111111111"
	aNew    = "2222222222222222222222222222222222222222"
	another = "3333333333333333333333333333333333333333"
)

func refWorld() *Policy {
	p := world()
	p.Protect = Protect{Refs: []string{"refs/heads/main", "refs/heads/release/*", "refs/tags/v*"}}
	p.Quorum = Quorum{Maintainers: 2, CoolDown: 3 * 24 * time.Hour}
	return p
}

func moveOf(who ...string) *[]Approval {
	var moves []Approval
	for _, name := range who {
		moves = append(moves, approval("c", name))
	}
	return &moves
}

func TestJudgeRef(t *testing.T) {
	p := refWorld()
	for name, c := range map[string]struct {
		change func(*RefChange)
		want   []Code
		needs  bool
	}{
		"a move": {func(*RefChange) {}, nil, false},
		"of what git reads instead": {func(c *RefChange) {
			c.Name, c.Ref = "refs/replace/x", "refs/replace/x"
		}, []Code{RefReserved}, false},
		"through a symbolic ref":           {func(c *RefChange) { c.Ref = "refs/countersign/x" }, []Code{RefReserved}, false},
		"of what nobody protects":          {func(c *RefChange) { c.Claimed, c.Protected = another, false }, nil, false},
		"of an older value":                {func(c *RefChange) { c.Claimed = another }, []Code{RefStale}, false},
		"of an older value, to what it is": {func(c *RefChange) { c.Claimed, c.New = another, anOld }, nil, false},
		"an approval in place of an unseen": {func(c *RefChange) {
			c.Ref, c.Protected, c.Claimed, c.New = "refs/approvals/c/x", false, "", anOld
		}, []Code{RefStale}, false},
		"a new one":           {func(c *RefChange) { c.Claimed, c.Old = "", "" }, nil, true},
		"a new one with room": {func(c *RefChange) { c.Claimed, c.Old, c.Beside = "", "", &Beside{} }, nil, false},
		"a new one in a ref": {func(c *RefChange) {
			c.Claimed, c.Old, c.Beside = "", "", &Beside{Ref: "refs/heads/a"}
		}, []Code{RefName}, false},
		"a new one in another new one": {func(c *RefChange) {
			c.Claimed, c.Old, c.Beside = "", "", &Beside{Ref: "refs/heads/a", Coming: true}
		}, []Code{RefName}, false},
		"deleted": {func(c *RefChange) { c.New = "" }, nil, false},
	} {
		change := RefChange{
			Name: "refs/heads/main", Ref: "refs/heads/main", Claimed: anOld, Old: anOld, New: aNew, Protected: true,
		}
		c.change(&change)
		out := p.JudgeRef(change)
		wantCodes(t, out.Findings, c.want...)
		if out.Needs.Beside != c.needs {
			t.Errorf("needs %+v", out.Needs)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestJudgeMove(t *testing.T) {
	yes, no := true, false
	lax := refWorld()
	lax.Protect.AllowDelete, lax.Protect.AllowRewind = true, true
	strict := refWorld()
	loose := *strict
	loose.Rules = nil
	holder := func(c *RefChange, since int64) {
		c.HoldsPolicy, c.Line, c.Moves, c.After, c.Received = true, LosesOld, moveOf("lasse", "alice"), &loose, t0
		for i := range *c.Moves {
			(*c.Moves)[i].Seen = since
		}
	}
	for name, c := range map[string]struct {
		p      *Policy
		change func(*RefChange)
		want   []Code
		needs  Needs
		notes  int
	}{
		"forward": {strict, func(c *RefChange) { c.Line, c.Kind = Continues, "commit" }, nil, Needs{}, 0},
		"nowhere": {strict, func(c *RefChange) { c.New = c.Old }, nil, Needs{}, 0},
		"deleted": {strict, func(c *RefChange) { c.New = "" }, nil, Needs{Moves: true}, 0},
		"deleted, nobody approves": {strict, func(c *RefChange) {
			c.New, c.Moves = "", moveOf()
		}, nil, Needs{Unused: true}, 0},
		"deleted, in use": {strict, func(c *RefChange) {
			c.New, c.Moves, c.Unused = "", moveOf("lasse"), &no
		}, []Code{RefDelete}, Needs{}, 0},
		"deleted, never used": {strict, func(c *RefChange) {
			c.New, c.Moves, c.Unused = "", moveOf(), &yes
		}, nil, Needs{}, 1},
		"deleted by the quorum": {strict, func(c *RefChange) {
			c.New, c.Moves = "", moveOf("lasse", "alice")
		}, nil, Needs{}, 1},
		"deleted by two, one no maintainer": {strict, func(c *RefChange) {
			c.New, c.Moves, c.Unused = "", moveOf("lasse", "con"), &no
		}, []Code{RefDelete}, Needs{}, 0},
		"deleted, which is allowed": {lax, func(c *RefChange) { c.New = "" }, nil, Needs{}, 0},
		"nothing deleted":           {strict, func(c *RefChange) { c.Old, c.New = "", "" }, nil, Needs{}, 0},
		"the old tip merged":        {strict, func(c *RefChange) { c.Line = MergesOld }, []Code{RefDetour}, Needs{}, 0},
		"the old tip gone":          {strict, func(c *RefChange) { c.Line = LosesOld }, nil, Needs{Moves: true}, 0},
		"the old tip gone, unapproved": {strict, func(c *RefChange) {
			c.Line, c.Moves = LosesOld, moveOf("lasse")
		}, []Code{RefRewind}, Needs{}, 0},
		"the old tip gone, by quorum": {strict, func(c *RefChange) {
			c.Line, c.Moves = LosesOld, moveOf("lasse", "alice")
		}, nil, Needs{}, 1},
		"the old tip gone, allowed": {lax, func(c *RefChange) { c.Line = LosesOld }, nil, Needs{}, 0},
		"another history, by quorum": {strict, func(c *RefChange) {
			c.Line, c.Moves, c.Lacks = LosesOld, moveOf("lasse", "alice"), "it is gone"
		}, []Code{HistoryGone}, Needs{}, 1},
		"beside all lines": {strict, func(c *RefChange) {
			c.Begins, c.Main = another, "origin/main"
		}, []Code{RefDetour}, Needs{}, 0},
		"no commit":               {strict, func(c *RefChange) { c.Kind = "blob" }, []Code{RefNotCommit}, Needs{}, 0},
		"a tag where a branch is": {strict, func(c *RefChange) { c.Kind = "tag" }, []Code{RefNotCommit}, Needs{}, 0},
		"a tag that moves":        {strict, func(c *RefChange) { c.Ref = "refs/tags/v1" }, nil, Needs{Moves: true}, 0},
		"a tag that moves, unapproved": {strict, func(c *RefChange) {
			c.Ref, c.Moves = "refs/tags/v1", moveOf("alice")
		}, []Code{TagMoved}, Needs{}, 0},
		"a tag that moves, by quorum": {strict, func(c *RefChange) {
			c.Ref, c.Moves = "refs/tags/v1", moveOf("lasse", "alice")
		}, nil, Needs{}, 1},
		"a tag that moves, allowed": {lax, func(c *RefChange) { c.Ref = "refs/tags/v1" }, nil, Needs{}, 0},
		"the policy's branch, allowed": {lax, func(c *RefChange) {
			c.HoldsPolicy, c.Line = true, LosesOld
		}, nil, Needs{Moves: true}, 0},
		"the policy's branch": {strict, func(c *RefChange) {
			holder(c, t0-4*day)
			c.After = nil
		}, nil, Needs{After: true}, 0},
		"the policy's branch, too soon": {strict, func(c *RefChange) { holder(c, t0-2*day) }, []Code{CoolDown}, Needs{}, 0},
		"the policy's branch, in time":  {strict, func(c *RefChange) { holder(c, t0-4*day) }, nil, Needs{}, 1},
		"the policy's branch, stricter": {strict, func(c *RefChange) {
			holder(c, t0-2*day)
			c.After = strict
		}, nil, Needs{}, 1},
		"seen by nobody": {strict, func(c *RefChange) { holder(c, 0) }, []Code{CoolDown}, Needs{}, 0},
	} {
		change := RefChange{
			Name: "refs/heads/main", Ref: "refs/heads/main", Claimed: anOld, Old: anOld, New: aNew, Protected: true,
			Received: t0,
		}
		c.change(&change)
		out := c.p.JudgeMove(change)
		wantCodes(t, out.Findings, c.want...)
		n := out.Needs
		if n.Moves != c.needs.Moves || n.After != c.needs.After || n.Unused != c.needs.Unused || len(out.Notes) != c.notes {
			t.Errorf("needs %+v, notes %q", n, out.Notes)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
