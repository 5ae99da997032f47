package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/gate/record"
	"countersign/gate/site"
	"countersign/gate/ticket"
	"countersign/history"
	"countersign/policy"
)

// Guard decides what a reference transaction may do beside a push: it gives a finding for each move of a protected ref
// that no ticket lets pass, and records them. With one finding or an error the whole transaction must not go on, unless
// the gate only observes ([Observes]); what goes on then remains a move that nobody decided.
//
// Which refs are protected is the policy's to say; where it can't be read all are. Options are those of a gate. The
// policy is read last, since few moves need it.
func Guard(ctx context.Context, o Options, req Request, t ticket.Transaction) ([]policy.Finding, error) {
	g := closed(o)
	defer g.Close()
	lacking := ticket.In(o.Dir).Lacks(o.Process, t.Moves)
	if len(lacking) == 0 {
		return nil, nil // a push that was accepted
	}
	if err := g.openForRefs(); err != nil {
		return nil, site.Undecided(fmt.Errorf("the repository can't be read: %w", err))
	}
	tickets := ticket.In(g.GitDir()) // a worktree has none of its own
	moves, err := g.changing(ctx, ticket.Transaction{Moves: tickets.Lacks(o.Process, lacking), Command: t.Command})
	if err != nil {
		return nil, err
	}
	if m, renames := t.Rename(); renames {
		moves = append(moves, m)
	}
	if len(moves) == 0 {
		return nil, nil
	}
	if g.readPolicy(ctx) != nil {
		g.site.InForce = nil
	}
	var stopped []ticket.Move
	for _, m := range moves {
		if g.guards(m.Ref) && !tickets.Use(m, g.o.Now()) {
			stopped = append(stopped, m)
		}
	}
	if stopped == nil {
		return nil, nil
	}
	d := policy.Decision{Verdict: policy.Refused, Reference: reference(req)}
	if Observes(g.GitDir()) {
		d.Notes = append(d.Notes, "the server only observes: it goes on all the same")
	}
	wanted := strings.Join(t.Command, " ")
	for _, m := range stopped {
		byHand := fmt.Sprintf("or on the server: countersign move %s %s %s --reason TEXT", policy.Typed(m.Ref), m.Old, m.New)
		d.Findings = append(d.Findings, policy.Finding{
			Code: policy.RefUndecided, Ref: m.Ref,
			Detail: fmt.Sprintf("no decision lets it move from %s to %s, as %.200q wants", m.Old, m.New, wanted),
			Next:   append(pushed(m), byHand, "then run the command again"),
		})
		d.Refs = append(d.Refs, policy.RefDecision{Ref: m.Ref, Old: m.Old, New: m.New, Protected: true})
	}
	return d.Findings, site.Undecided(g.record(ctx, record.Push, req, record.Bounded(d)))
}

// pushed says how a push makes a move, which a deletion needs the quorum for.
func pushed(m ticket.Move) []string {
	if strings.Trim(m.New, "0") != "" {
		return []string{"push it"}
	}
	c := policy.RefChange{Ref: m.Ref, Old: m.Old}
	return []string{
		"have the quorum approve it: " + c.ApproveMove(),
		"then push the deletion: git push origin :" + policy.Typed(m.Ref),
	}
}

// guards says whether a ref is protected, or may be.
func (g *Gate) guards(ref string) bool {
	return g.site.InForce == nil || g.site.Rules().Protects(ref)
}

// openForRefs opens the repository with the reader that starts no other process, where that can read it.
func (g *Gate) openForRefs() (err error) {
	g.o.GoGit = true
	if g.site.Repo, err = g.o.openRepo(history.Limits{}); err != nil {
		return g.openByGit()
	}
	return nil
}

// openByGit opens the repository with a git program.
func (g *Gate) openByGit() (err error) {
	g.o.GoGit = false
	g.site.Repo, err = g.o.openRepo(history.Limits{})
	return err
}

// changing gives the moves of a transaction that would change what a ref holds, each from what it really holds.
func (g *Gate) changing(ctx context.Context, t ticket.Transaction) ([]ticket.Move, error) {
	moves := t.Moving(g.GitDir())
	if len(moves) == 0 {
		return nil, nil
	}
	var names []string
	for _, m := range moves {
		names = append(names, m.Ref)
	}
	if len(names) > mostNames {
		names = nil // one question for all is shorter
	}
	refs, err := g.site.Repo.Refs(ctx, names...)
	if err != nil && g.o.GoGit { // git passes over what is broken
		if err = errors.Join(g.site.Repo.Close(), g.openByGit()); err == nil {
			refs, err = g.site.Repo.Refs(ctx, names...)
		}
	}
	if err != nil {
		return nil, site.Undecided(err)
	}
	held := make(map[string]ticket.Value, len(refs))
	for _, r := range refs {
		held[r.Name] = ticket.Value{ID: r.ID.String(), Target: r.Target}
	}
	return ticket.Changing(moves, held), nil
}
