package gate

import (
	"context"
	"errors"
	"strings"

	"countersign/gate/record"
	"countersign/gate/ticket"
	"countersign/history"
	"countersign/policy"
)

// leaveTicket leaves the ticket of a push that was accepted. A push to a symbolic ref moves the ref behind it: the
// ticket has a move for each of the names.
func (g *Gate) leaveTicket(req Request) error {
	tickets := ticket.In(g.GitDir())
	if !tickets.Wanted() {
		return nil
	}
	tickets.Sweep(g.o.Alive, g.o.Now())
	var moves []ticket.Move
	for _, u := range req.Updates {
		length := max(len(u.Old.String()), len(u.New.String()))
		old, new := padded(u.Old, length), padded(u.New, length)
		for _, name := range append([]string{u.Name}, g.chain[u.Name]...) {
			moves = append(moves, ticket.Move{Old: old, New: new, Ref: name})
		}
	}
	return tickets.Write(g.o.Process, moves)
}

// padded writes an id, and nothing as zeros of the length that ids have here.
func padded(id history.ID, length int) string {
	if id.IsZero() {
		return strings.Repeat("0", length)
	}
	return id.String()
}

// ErrNoGuard says that there is nothing that an operator would have to let through.
var ErrNoGuard = errors.New("no guard is installed here: nothing has to be let through")

// MayMove leaves an operator's ticket for the one move that a request is about, and records it with the reason.
func (g *Gate) MayMove(ctx context.Context, req Request, reason string) error {
	u := req.Updates[0]
	tickets := ticket.In(g.GitDir())
	if !tickets.Wanted() {
		return ErrNoGuard
	}
	d := policy.Decision{
		Verdict: policy.Accepted, Refs: g.asked(req), Notes: []string{"an operator lets it move: " + reason},
	}
	d.Refs[0].Old = u.Old.String()
	d.Reference = reference(req)
	if err := g.record(ctx, record.Operator, req, d); err != nil {
		return err
	}
	tickets.Sweep(g.o.Alive, g.o.Now())
	return tickets.Let(ticket.Move{Old: u.Old.String(), New: u.New.String(), Ref: u.Name})
}
