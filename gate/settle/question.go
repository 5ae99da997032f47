// Package settle has a policy judge a landing, and looks up what the policy says it needs, until it needs nothing more.
//
// [New] gives what answers for a site, and [Answers.Settle] asks about one landing. What a policy may need is looked up
// only then: who approved, withdrew or excepted, since when something has been in sight, whether git makes the same of
// a merge, and where a commit landed before. The last only a push can say; see [Question].
//
// It reads by the second reader of the site, since the first may be streaming landings, and by the journal. It writes
// into the landing that is asked about, and nowhere else. Answers are for one goroutine, and remember for their life
// whether there are exceptions at all and, once they were asked of many commits, all attestations that are stored.
package settle

import (
	"context"

	"countersign/gate/attest"
	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/policy"
)

// Question is a landing for which the answer is sought, as one policy sees it.
type Question struct {
	By      *inforce.Policy
	Ledger  *policy.Ledger
	Landing *policy.Landing
	Fact    *walk.Fact
	// Coming are the attestations that come in the same push.
	Coming []attest.Ref
	// LandedBefore adds what another protected branch knows of a commit of the landing; nil where all has landed.
	LandedBefore func(ctx context.Context, commit string) error
}

// Answers looks up what policies need.
type Answers struct {
	site       *site.Site
	exceptions *bool                   // whether there is any; nil before somebody asked
	asked      int                     // of how many commits the attestations were asked for, one by one
	listed     map[string][]attest.Ref // all attestations by commit; nil before they were listed
}

// New gives the answers of a site.
func New(s *site.Site) *Answers { return &Answers{site: s} }
