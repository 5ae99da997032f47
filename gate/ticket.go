package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/policy"
)

// TicketFolder is where tickets lie in a Git directory. It is there where the guard is installed, and tickets
// are written only there.
const TicketFolder = "countersign/tickets"

// A ticket says which ref updates somebody may make: those that were decided. A push's is a folder named after its
// git-receive-pack, with a file for each ref, REF and a tilde, that says "OLD NEW"; so the hook's script, too, finds what
// it says of a ref. An operator's is a file that begins with operatorTicket and says "OLD NEW REF".
const (
	// refEnd ends the name of a ref's file. No ref has it in its name: the file of one is no folder of another's.
	refEnd         = "~"
	operatorTicket = "move-"
	// OperatorTime is how long an operator's ticket is good for.
	OperatorTime = 10 * time.Minute
	// usedTime is how long after its first use: one deletion is announced more than once.
	usedTime = 10 * time.Second
)

// RefMove is a line of a reference-transaction hook: values as Git writes them, ids or "ref:TARGET".
type RefMove struct{ Old, New, Ref string }

func (m RefMove) String() string { return m.Old + " " + m.New + " " + m.Ref }

func allZeros(value string) bool { return strings.Trim(value, "0") == "" }

// Tickets is the folder of tickets of one repository.
type Tickets string

// TicketsOf gives the tickets of a Git directory.
func TicketsOf(gitDir string) Tickets { return Tickets(filepath.Join(gitDir, TicketFolder)) }

// Wanted says whether tickets are needed: the guard is installed.
func (t Tickets) Wanted() bool {
	_, err := os.Stat(string(t))
	return !errors.Is(err, fs.ErrNotExist)
}

// write leaves the ticket of a push.
func (t Tickets) write(process string, moves []RefMove) error {
	if process == "" {
		return errors.New("which git-receive-pack runs this hook can't be told")
	}
	t.Remove(process)
	for _, m := range moves {
		name := filepath.Join(string(t), process, m.Ref+refEnd)
		if err := writeTicket(name, m.Old+" "+m.New); err != nil {
			t.Remove(process)
			return err
		}
	}
	return nil
}

func writeTicket(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if errors.Is(err, fs.ErrNotExist) && MakeFolder(filepath.Dir(name)) == nil {
		f, err = os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	}
	if err != nil {
		return err
	}
	share(f)
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Close())
}

// has says whether a push's ticket has a move.
func (t Tickets) has(process string, m RefMove) bool {
	b, err := os.ReadFile(filepath.Join(string(t), process, m.Ref+refEnd))
	if err != nil || process == "" {
		return false
	}
	says := strings.TrimSuffix(string(b), "\n")
	_, to, _ := strings.Cut(says, " ")
	// Git names no old id for the packed half of a deletion.
	return says == m.Old+" "+m.New || allZeros(m.Old+m.New) && to == m.New
}

// Remove takes a push's ticket away: what was to be made is made.
func (t Tickets) Remove(process string) {
	if process != "" {
		_ = os.RemoveAll(filepath.Join(string(t), process))
	}
}

// sweep takes away what nobody will use any more.
func (t Tickets) sweep(alive func(process string) bool, now time.Time) {
	entries, _ := os.ReadDir(string(t))
	for _, e := range entries {
		at, err := e.Info()
		done := !alive(e.Name())
		if strings.HasPrefix(e.Name(), operatorTicket) {
			done = err == nil && now.Sub(at.ModTime()) > OperatorTime
		}
		if done {
			_ = os.RemoveAll(filepath.Join(string(t), e.Name()))
		}
	}
}

// lacks gives the moves of refs that a push's ticket doesn't have.
func (t Tickets) lacks(process string, moves []RefMove) (lacking []RefMove) {
	for _, m := range moves {
		if strings.HasPrefix(m.Ref, "refs/") && !t.has(process, m) {
			lacking = append(lacking, m)
		}
	}
	return lacking
}

// leaveTicket lets Git make what was accepted, under each name of what moves.
func (g *Gate) leaveTicket(req Request) error {
	t := TicketsOf(g.GitDir())
	if !t.Wanted() {
		return nil
	}
	t.sweep(g.o.Alive, g.o.Now())
	var moves []RefMove
	for _, u := range req.Updates {
		old, to := u.Old.String(), u.New.String()
		length := max(len(old), len(to))
		if u.Old.IsZero() {
			old = strings.Repeat("0", length)
		}
		if u.New.IsZero() {
			to = strings.Repeat("0", length)
		}
		moves = append(moves, RefMove{old, to, u.Name})
		for _, name := range g.chain[u.Name] {
			moves = append(moves, RefMove{old, to, name})
		}
	}
	return t.write(g.o.Process, moves)
}

// operatorName names the ticket for a move by an operator.
func operatorName(m RefMove) string {
	h := sha256.Sum256([]byte(m.String()))
	return operatorTicket + hex.EncodeToString(h[:8])
}

// MayMove leaves a ticket, by an operator, for one move of one ref, and records it with the reason.
func (g *Gate) MayMove(ctx context.Context, req Request, reason string) error {
	u := req.Updates[0]
	t := TicketsOf(g.GitDir())
	if !t.Wanted() {
		return fmt.Errorf("no guard is installed at %s: nothing has to be let through", g.GitDir())
	}
	d := policy.Decision{Verdict: policy.Accepted, Refs: g.asked(req), Notes: []string{"an operator lets it move: " + reason}}
	d.Refs[0].Old = u.Old.String()
	d.Reference = reference(req)
	if err := g.record(ctx, OperatorSchema, req, d); err != nil {
		return err
	}
	m := RefMove{u.Old.String(), u.New.String(), u.Name}
	t.sweep(g.o.Alive, g.o.Now())
	for _, end := range []string{"", ".used"} {
		_ = os.Remove(filepath.Join(string(t), operatorName(m)+end))
	}
	return writeTicket(filepath.Join(string(t), operatorName(m)), m.String())
}

// use says whether an operator let this move through, and marks that as used.
func (t Tickets) use(m RefMove, now time.Time) bool {
	name := operatorName(m)
	at, err := os.Stat(filepath.Join(string(t), name))
	if err != nil || now.Sub(at.ModTime()) > OperatorTime {
		return false
	}
	if b, err := os.ReadFile(filepath.Join(string(t), name)); err != nil || string(b) != m.String()+"\n" {
		return false
	}
	used := filepath.Join(string(t), name+".used")
	f, err := os.OpenFile(used, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err == nil {
		share(f)
		return f.Close() == nil
	}
	at, err = os.Stat(used)
	return err == nil && now.Sub(at.ModTime()) <= usedTime
}
