package gate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// Guarded is what a reference-transaction hook was told.
type Guarded struct {
	Moves   []RefMove
	Command []string // of the git that moves the refs
}

// Guard says which moves of protected refs nobody decided; none may go on. It records them. Which refs are
// protected is the policy's to say; where that can't be read all are. Options are those of a gate: the policy is
// opened last, as few moves need it.
//
// Git's lines look alike for a deletion, for the packing of refs and for a mere check: what tells them apart is
// what the ref really holds, and the lock that only a deletion takes.
func Guard(ctx context.Context, o Options, req Request, t Guarded) ([]policy.Finding, error) {
	g := &Gate{o: o, logs: new(transparency)}
	defer g.Close()
	ask := TicketsOf(o.Dir).lacks(o.Process, t.Moves)
	if len(ask) == 0 {
		return nil, nil // a push that was accepted
	}
	if err := g.openForRefs(); err != nil {
		return nil, fmt.Errorf("%w: the repository can't be read: %w", ErrUndecided, err)
	}
	ask = TicketsOf(g.GitDir()).lacks(o.Process, ask) // a worktree has none of its own
	moves, err := g.changing(ctx, ask, t.Command)
	if err != nil {
		return nil, err
	}
	if m, renames := renamed(t); renames {
		moves = append(moves, m)
	}
	if len(moves) == 0 {
		return nil, nil
	}
	if g.readPolicy(ctx) != nil {
		g.now = nil
	}
	var stopped []RefMove
	for _, m := range moves {
		if g.guards(m.Ref) && !TicketsOf(g.GitDir()).use(m, g.o.Now()) {
			stopped = append(stopped, m)
		}
	}
	if stopped == nil {
		return nil, nil
	}
	d := policy.Decision{Verdict: policy.Refused, Reference: reference(req)}
	for _, m := range stopped {
		d.Findings = append(d.Findings, policy.Finding{
			Code: policy.RefUndecided, Ref: m.Ref,
			Detail: fmt.Sprintf("no decision lets it move from %s to %s, as %.200q wants", m.Old, m.New, strings.Join(t.Command, " ")),
			Next:   []string{"push it", fmt.Sprintf("or on the server: countersign move %s %s %s --reason TEXT, then run the command again", m.Ref, m.Old, m.New)},
		})
		d.Refs = append(d.Refs, policy.RefDecision{Ref: m.Ref, Old: m.Old, New: m.New, Protected: true})
	}
	return d.Findings, g.record(ctx, RecordSchema, req, bounded(d))
}

func (g *Gate) guards(ref string) bool { return g.now == nil || g.now.policy.Protects(ref) }

// openForRefs opens the repository with the reader that starts no other process, where that can read it.
func (g *Gate) openForRefs() (err error) {
	g.o.GoGit = true
	if g.repo, err = g.o.openRepo(history.Limits{}); err != nil {
		return g.openByGit()
	}
	return nil
}

func (g *Gate) openByGit() (err error) {
	g.o.GoGit = false
	g.repo, err = g.o.openRepo(history.Limits{})
	return err
}

// changing gives the moves that would change what a ref holds, with its real value.
func (g *Gate) changing(ctx context.Context, moves []RefMove, command []string) (changing []RefMove, err error) {
	deletes := g.deletes(command)
	moves = slices.DeleteFunc(moves, func(m RefMove) bool {
		return allZeros(m.New) && !deletes // pack-refs takes the loose half away, or somebody only checks
	})
	if len(moves) == 0 {
		return nil, nil
	}
	var names []string
	for _, m := range moves {
		names = append(names, m.Ref)
	}
	if len(names) > 500 {
		names = nil // one question for all is shorter
	}
	refs, err := g.repo.Refs(ctx, names...)
	if err != nil && g.o.GoGit { // git passes over what is broken
		if err = errors.Join(g.repo.Close(), g.openByGit()); err == nil {
			refs, err = g.repo.Refs(ctx, names...)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	held := make(map[string]history.Ref, len(refs))
	for _, r := range refs {
		held[r.Name] = r
	}
	for _, m := range moves {
		real, exists := held[m.Ref]
		now := strings.Repeat("0", len(m.Old))
		if exists {
			now = real.ID.String()
		}
		switch target, symbolic := strings.CutPrefix(m.New, "ref:"); {
		case symbolic && real.Target == target, !symbolic && exists && real.Target == "" && m.New == now, allZeros(m.New) && !exists:
			continue // it stays what it is
		}
		if strings.HasPrefix(m.Old, "ref:") || allZeros(m.Old) && exists {
			m.Old = now
		}
		changing = append(changing, m)
	}
	return changing, nil
}

// deletes says whether a line to all zeros is of a deletion: in the files backend that holds the lock of
// packed-refs, and nothing else does at that moment but pack-refs itself.
func (g *Gate) deletes(command []string) bool {
	if _, err := os.Stat(filepath.Join(g.GitDir(), "reftable")); err == nil {
		return true
	}
	if len(command) > 1 && command[1] == "pack-refs" {
		return false
	}
	_, err := os.Lstat(filepath.Join(g.GitDir(), "packed-refs.lock"))
	return err == nil || !os.IsNotExist(err)
}

// renamed gives the rename of a branch to another name: Git announces only that the old name goes.
func renamed(t Guarded) (RefMove, bool) {
	i := slices.Index(t.Command, "branch")
	if i < 0 || !slices.ContainsFunc(t.Command[i:], func(arg string) bool {
		return arg == "--move" || len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.ContainsAny(arg, "mM")
	}) {
		return RefMove{}, false
	}
	to := "refs/heads/" + t.Command[len(t.Command)-1]
	for _, m := range t.Moves {
		if allZeros(m.New) && !allZeros(m.Old) && strings.HasPrefix(m.Ref, "refs/heads/") && m.Ref != to {
			return RefMove{m.New, m.Old, to}, true
		}
	}
	return RefMove{}, false
}
