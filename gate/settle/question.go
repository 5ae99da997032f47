package settle

import (
	"context"

	"countersign/gate/attest"
	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
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
	site        *site.Site
	exceptions  *bool                          // whether there is any; nil before somebody asked
	asked       int                            // of how many commits the attestations were asked for, one by one
	listed      map[string][]attest.Ref        // all attestations but withdrawals by commit; nil before they were listed
	withdrawals []attest.Ref                   // all of them, once listed
	withdrawn   map[history.ID]*history.Commit // those that withdrawals are about, once read
	held        map[string]history.ID          // what all refs hold, where they were listed; else nil
	leans       Leans
}

// Leans say which answers about history that has landed came from something that may say otherwise later, though
// neither the history nor what is said of it changes.
type Leans struct {
	Journal bool // since when something was in sight
	Git     bool // what the git program makes of a merge
	Clock   bool // a word is dated ahead of this machine's clock
	// Elsewhere are other refs for which something was approved, and whether they had each of the commits.
	Elsewhere map[string]bool
}

// Leans says what the answers so far lean on.
func (a *Answers) Leans() Leans { return a.leans }

// New gives the answers of a site.
func New(s *site.Site) *Answers { return &Answers{site: s} }
