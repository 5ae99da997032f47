package walk

import (
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Claims takes committers for signers, where history is unsigned: before adoption, and in a backtest.
type Claims struct {
	Rules     *policy.Policy // as it knows these people
	Everybody bool           // make a principal of each address the policy doesn't know
	None      bool           // believe no claim at all
	Web       Web            // who stands behind what a forge made

	landed map[string]bool // the addresses of those who have landed something themselves
}

// ClaimedKind is the kind of a signature that is only a claim.
const ClaimedKind = "claimed"

// Landing gives a landing as its committers claim it; elsewhere is nil where its files don't matter.
func (cl *Claims) Landing(l history.Landing, elsewhere Shown) *policy.Landing {
	landing := &policy.Landing{Brought: make([]policy.Commit, len(l.Brought))}
	if cl.Everybody {
		cl.know(&l)
	}
	one := func(e *history.Entry) policy.Commit {
		c := commitOf(e, elsewhere)
		c.Malformed = "" // it is only counted
		return c
	}
	for i := range l.Brought {
		landing.Brought[i] = one(&l.Brought[i])
	}
	landing.Commit = one(&l.Commit)
	cl.Claim(landing)
	return landing
}

// Claim takes who is said to have made each commit of a landing for its signer.
func (cl *Claims) Claim(landing *policy.Landing) {
	for c := range landing.Commits() {
		c.Signature = policy.Signature{Status: verify.Missing.String()}
		cl.web(c)
		if q := cl.Rules.ByEmail(cl.signer(c)); q != nil && !cl.None {
			c.Signature = policy.Signature{Status: verify.Good.String(), Principal: q.Name, Kind: ClaimedKind}
		}
	}
	cl.lands(&landing.Commit)
}

// know makes principals of the people of a landing whom the policy doesn't know.
func (cl *Claims) know(l *history.Landing) {
	var unknown []string
	for _, e := range append(l.Brought[:len(l.Brought):len(l.Brought)], l.Commit) {
		for _, who := range []history.Identity{e.Author, e.Committer} {
			if cl.Rules.ByEmail(who.Email) == nil {
				unknown = append(unknown, who.Email)
			}
		}
	}
	if unknown != nil {
		cl.Rules = cl.Rules.Claim(forges, unknown...)
	}
}
