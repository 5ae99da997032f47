package gate

import (
	"errors"
	"fmt"
	"slices"

	"countersign/gate/attest"
	"countersign/gate/settle"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// push is one request being decided.
type push struct {
	site         *site.Site
	answers      *settle.Answers
	o            Options // of the gate, to see the repository as it was before the push
	req          Request
	pusher       string              // who signed the push certificate; "" for nobody
	chain        map[string][]string // names between one that is pushed to and the ref that moves
	updates      []update
	attestations []attest.Ref      // those that come in this very push
	judged       []history.Ref     // see judgedRefs; nil before it was asked
	beside       map[string]string // see noRoom; nil before it was asked
	clashes      map[string]string // see clash; nil before it was asked
	decision     policy.Decision
	landed       map[history.ID]bool      // see standsOnJudged; nil before it was asked
	empty        map[string]bool          // see holdsNothing; nil before it was asked
	straights    map[string][]history.Ref // see straight; by the ref that is judged
	tried        *tried                   // the merge of a pull request; nil where somebody pushes
	adoption     *int64                   // see newestAdopted; nil before it was asked
	oldTags      []string                 // those that came in by oldTag
}

// update is a ref update as the repository, not the client, sees it.
type update struct {
	history.RefUpdate
	resolved string     // the ref that really moves
	real     history.ID // its value before the push, or what the last judged push left; see outside
	above    bool       // that value reaches every commit of adoption
	decision *policy.RefDecision
	facts    policy.RefChange // as far as they were looked up; see [push.change]
}

// newPush gives a push of which nothing has been asked yet.
func (g *Gate) newPush(req Request) *push {
	return &push{site: g.site, answers: settle.New(g.site), o: g.o, req: req}
}

// foresees says whether the push is still to leave a clone for the server.
func (p *push) foresees() bool { return p.o.Remote != nil }

// errRefused stops the judging of a ref update that has its finding already.
var errRefused = errors.New("refused")

// refuse takes in that a push can't pass.
func (p *push) refuse(u *update, code policy.Code, detail string, next ...string) {
	p.find(u, policy.Finding{Code: code, Detail: detail, Next: next})
}

// find takes in what stands against an update, by the name that was pushed to.
func (p *push) find(u *update, findings ...policy.Finding) {
	for _, f := range findings {
		f.Ref = u.Name
		p.decision.Findings = append(p.decision.Findings, f)
	}
}

// final takes in what is said of an update in the end. What needs something that nobody looks up is no answer.
func (p *push) final(u *update, outcome policy.Outcome) error {
	if !outcome.Needs.Empty() {
		return fmt.Errorf("%s can't be judged without what the policy needs to know: %+v", u.Name, outcome.Needs)
	}
	p.find(u, outcome.Findings...)
	p.note(outcome.Notes...)
	return nil
}

// note takes in what is worth knowing, once.
func (p *push) note(notes ...string) {
	for _, n := range notes {
		if !slices.Contains(p.decision.Notes, n) {
			p.decision.Notes = append(p.decision.Notes, n)
		}
	}
}

// holdsPolicy says whether an update is of the branch that holds the policy in the tree.
func (p *push) holdsPolicy(u *update) bool {
	return p.site.InTree() && u.resolved == p.site.Source.Introduction.Ref
}
