// Package ticket keeps the tickets by which the guard of a repository, Git's reference-transaction hook, tells what
// was decided from what was not.
//
// A ticket says which moves of refs somebody may make. [Folder] holds them, in [Dir] of the Git directory; that
// folder is there where the guard is installed, and without it nothing is written ([Folder.Wanted]). There are two
// kinds:
//
//	PROCESS/REF~	"OLD NEW": of the push that the git-receive-pack PROCESS runs, a file for each ref
//	move-HASH	"OLD NEW REF": of an operator, for one move
//
// A push's ticket is written when the push is accepted and before Git hears that ([Folder.Write]). It is good for as
// long as that process runs, and for the very values that were decided; post-receive takes it away ([Folder.Remove]).
// The guard lets pass what the ticket has, and asks further about the rest ([Folder.Lacks]). The hook's script, which
// package install has, reads the same files, so that no program is started for a push: who changes the form changes
// it there. An operator's ticket is good for [OperatorTime] and for one use ([Folder.Let], [Folder.Use]): a second
// file, move-HASH.used, marks that.
//
// A [Transaction] is what the hook was told. Git's lines look alike for a deletion, for the packing of refs and for a
// mere check: [Transaction.Moving] and [Changing] leave only those that would change a ref. Which refs
// are protected, this package doesn't know.
//
// What can't be read is no ticket. Whoever may write to the folder may move every ref: it is the repository's own.
// Everything here may be used by any number of processes at once: a ticket is written by one process only, and a use is
// marked by making a file that must not be there yet.
package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/gate/shared"
)

// Dir is where tickets lie in a Git directory.
const Dir = "countersign/tickets"

// OperatorTime is how long an operator's ticket is good for.
const OperatorTime = 10 * time.Minute

const (
	// refEnd ends the name of a ref's file. No ref has it in its name: the file of one is no folder of another's.
	refEnd = "~"
	// operator begins the name of an operator's ticket, and usedEnd ends that of the mark of its use.
	operator = "move-"
	usedEnd  = ".used"
	// usedTime is how long after its first use: one deletion is announced more than once.
	usedTime = 10 * time.Second
)

// Move is a move of a ref: values as Git writes them, ids or "ref:TARGET", all zeros for nothing.
type Move struct{ Old, New, Ref string }

func (m Move) String() string { return m.Old + " " + m.New + " " + m.Ref }

// Folder is the folder of tickets of one repository.
type Folder string

// In gives the folder of tickets of a Git directory.
func In(gitDir string) Folder { return Folder(filepath.Join(gitDir, Dir)) }

// Wanted says whether tickets are needed: the guard is installed.
func (d Folder) Wanted() bool {
	_, err := os.Stat(string(d))
	return !errors.Is(err, fs.ErrNotExist)
}

// Write leaves the ticket of a push, in place of one that the process had.
func (d Folder) Write(process string, moves []Move) error {
	if process == "" {
		return errors.New("which git-receive-pack runs this hook can't be told")
	}
	d.Remove(process)
	for _, m := range moves {
		if err := write(d.file(process, m.Ref), m.Old+" "+m.New); err != nil {
			d.Remove(process)
			return err
		}
	}
	return nil
}

// Lacks gives the moves of refs that a push's ticket doesn't have. What isn't below refs/ needs none.
func (d Folder) Lacks(process string, moves []Move) (lacking []Move) {
	for _, m := range moves {
		if strings.HasPrefix(m.Ref, "refs/") && !d.has(process, m) {
			lacking = append(lacking, m)
		}
	}
	return lacking
}

// has says whether a push's ticket has a move.
func (d Folder) has(process string, m Move) bool {
	b, err := os.ReadFile(d.file(process, m.Ref))
	if err != nil || process == "" {
		return false
	}
	says := strings.TrimSuffix(string(b), "\n")
	_, to, _ := strings.Cut(says, " ")
	// Git names no old id for the packed half of a deletion.
	return says == m.Old+" "+m.New || allZeros(m.Old+m.New) && to == m.New
}

// Remove takes a push's ticket away: what was to be made is made.
func (d Folder) Remove(process string) {
	if process != "" {
		_ = os.RemoveAll(filepath.Join(string(d), process))
	}
}

// Sweep takes away what nobody will use any more: tickets of processes that aren't alive, and operators' that are too
// old.
func (d Folder) Sweep(alive func(process string) bool, now time.Time) {
	entries, _ := os.ReadDir(string(d))
	for _, e := range entries {
		at, err := e.Info()
		done := !alive(e.Name())
		if strings.HasPrefix(e.Name(), operator) {
			done = err == nil && now.Sub(at.ModTime()) > OperatorTime
		}
		if done {
			_ = os.RemoveAll(filepath.Join(string(d), e.Name()))
		}
	}
}

// Let leaves an operator's ticket for a move, from now on and whether there was one or not.
func (d Folder) Let(m Move) error {
	name := d.operatorFile(m)
	for _, end := range []string{"", usedEnd} {
		_ = os.Remove(name + end)
	}
	return write(name, m.String())
}

// Use says whether an operator let a move through, and marks that as used.
func (d Folder) Use(m Move, now time.Time) bool {
	name := d.operatorFile(m)
	at, err := os.Stat(name)
	if err != nil || now.Sub(at.ModTime()) > OperatorTime {
		return false
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != m.String()+"\n" {
		return false
	}
	used := name + usedEnd
	f, err := shared.Create(used, os.O_EXCL)
	if err == nil {
		return f.Close() == nil
	}
	at, err = os.Stat(used)
	return err == nil && now.Sub(at.ModTime()) <= usedTime
}

func (d Folder) file(process, ref string) string {
	return filepath.Join(string(d), process, ref+refEnd)
}

func (d Folder) operatorFile(m Move) string {
	h := sha256.Sum256([]byte(m.String()))
	return filepath.Join(string(d), operator+hex.EncodeToString(h[:8]))
}

func write(name, text string) error {
	f, err := shared.Create(name, os.O_EXCL)
	if errors.Is(err, fs.ErrNotExist) && shared.MakeFolder(filepath.Dir(name)) == nil {
		f, err = shared.Create(name, os.O_EXCL)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Close())
}
