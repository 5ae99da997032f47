// Package audit judges history that has landed, as a push of it would have been judged, by the same functions.
//
// [New] gives the [Auditor] of a site. [Auditor.Audits] reads what is to be judged; [Auditor.Audit] judges the landings
// of one, and [Auditor.AuditRef] the ref itself. [Auditor.Verify] does all of that and makes a decision, and
// [Auditor.VerifyAll] compares the refs with the journal as well, as [Auditor.Compare] alone does. [Auditor.Explain]
// judges one commit, and [Auditor.Suspects] finds what revoked keys let in.
//
// Who judges a part of what has landed takes what is kept of tenure before it, as a push does. Where all of it is
// judged, nothing that was kept is asked.
//
// Nothing is written or recorded. An Auditor is for one goroutine; landings are read and verified ahead of the one that
// is judged. With an error nothing is known to be good. Errors wrap [site.ErrUndecided], but for those that say what is
// wrong with the question: a revision that can't be resolved to one commit, and all that are [ErrQuestion], such as
// [ErrNoneProtected]; and those of who was shown something.
package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/gate/inforce"
	"countersign/gate/settle"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// Auditor judges what has landed in one repository.
type Auditor struct {
	Progress Progress
	site     *site.Site
	answers  *settle.Answers
}

// Progress is told how many commits an audit was found to have, before it begins, and how many more of them were
// judged. Either may be nil; both may be called while a landing is read.
type Progress struct{ Found, Judged func(commits int) }

// New gives the auditor of a site.
func New(s *site.Site) *Auditor { return &Auditor{site: s, answers: settle.New(s)} }

// Web says who is taken to stand behind what a forge made, in an audit by claimed identity.
type Web = walk.Web

// Webs are the words for all that it can be, the default first.
func Webs() []string { return walk.Webs() }

// Audit names history that already landed, to be judged as a push of it would have been.
type Audit struct {
	// Ref is the full name of the ref whose rules apply.
	Ref string
	// Read is the full name of the ref that was read, or the commit's where none was; Ref where it is that.
	Read string
	// Assumed says that nobody said whose rules apply.
	Assumed bool
	Range   history.Range
	// Claimed takes committers for signers, and everybody for a maintainer: for a backtest of a
	// history that nobody signed.
	Claimed bool
	Web     Web
	Beside  []Other // judge, too, in the same reading

	tag     history.ID // what a protected tag holds; zero for a branch
	all     bool       // one of all protected refs
	must    bool       // the tag has to be signed, whatever the policy says of protected tags
	anybody bool       // whose key counts may have signed it
	part    bool       // the caller said where it begins, or it is the one landing that is asked about

	broken   error                            // why nothing of it can be judged
	asked    func()                           // is told when what somebody earned is asked; nil to count that
	stood    func(history.ID) *policy.Ledger  // what stood after a commit, nil where that isn't known; nil for none
	credited func(history.ID, *policy.Ledger) // is told what stands after each landing; nil for nobody
	alsoOn   func(history.ID) []string        // the refs besides Ref that a landing is judged for; nil for none
}

// For judges the same history by the rules of another ref.
func (a Audit) For(ref string) Audit {
	a.Ref, a.Assumed, a.tag = ref, false, history.ID{}
	return a
}

// From is where the range begins: the commit it was told to leave out, or else the last adopted one,
// or zero for all of history. What a tag brings is whatever no branch has.
func (a Audit) From() history.ID {
	if n := len(a.Range.Not); n > 0 && (a.tag.IsZero() || !a.all) {
		return a.Range.Not[n-1]
	}
	return history.ID{}
}

// Judged is one landing of an audit, with the tenure that stood before it.
type Judged struct {
	Policy   *policy.Policy
	Ledger   *policy.Ledger
	Landing  *policy.Landing
	Findings []policy.Finding
	Notes    []string
	Beside   []Opinion // of the other policies, in their order

	also  [][]policy.Finding // for each other ref that it is judged for; nil where it is the same for all
	ofRef bool               // what is found, or what the policy becomes, may be otherwise on another ref
	by    *inforce.Policy    // nil in an audit by claimed identity, as fact
	fact  *walk.Fact
	read  history.Landing
}

// Other is a policy that judges beside the one in force: one that is made of that, and asks for something else of the
// same people; or, in an audit by claimed identity, one of its own, with people and classes of its own.
type Other struct {
	Made   func(*policy.Policy) *policy.Policy
	Policy *policy.Policy
}

// Opinion is what another policy says of a landing, by the tenure that stood before it.
type Opinion struct {
	Policy   *policy.Policy
	Ledger   *policy.Ledger
	Landing  *policy.Landing
	Findings []policy.Finding
}

// Holds is what the ref holds that is judged: a tag object, or a commit.
func (a Audit) Holds() history.ID {
	if !a.tag.IsZero() {
		return a.tag
	}
	return a.Range.Tip
}

// ErrQuestion is wrapped by errors that say what is wrong with a question, and not with the history.
var ErrQuestion = errors.New("it can't be answered")

// ErrNoneProtected says that there is nothing to audit.
var ErrNoneProtected = question{errors.New("nothing that is protected exists here")}

// question is an error about what was asked.
type question struct{ error }

func (question) Is(target error) bool { return target == ErrQuestion }

func (a *Auditor) noneProtected(ctx context.Context) error {
	fetched, err := a.fetched(ctx)
	if err != nil {
		return site.Undecided(err)
	}
	say := "fetch what is, git fetch origin '+refs/heads/*:refs/remotes/origin/*', and say which: " +
		"countersign verify origin/main"
	if len(fetched) > 0 {
		say = "say which, as it was fetched: countersign verify " +
			policy.Typed(strings.TrimPrefix(fetched[0].Name, "refs/remotes/"))
	}
	return fmt.Errorf("%w; protected are %s; in a clone %s",
		ErrNoneProtected, strings.Join(a.site.Rules().Protect.Refs, ", "), say)
}

// approvalsFetched says whether this repository has any approval at all: a clone doesn't unless it
// was told to fetch them.
func (a *Auditor) approvalsFetched(ctx context.Context) (bool, error) {
	refs, err := a.site.Repo.Refs(ctx, policy.Approves.Prefix())
	return len(refs) > 0, err
}

var errNoKeys = errors.New("the policy names no key, so no signature can be judged")
