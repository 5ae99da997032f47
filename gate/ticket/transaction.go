package ticket

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Transaction is what a reference-transaction hook was told (githooks(5)).
type Transaction struct {
	Moves   []Move
	Command []string // of the git that moves the refs
}

// Value is what a ref holds.
type Value struct {
	ID     string // as Git writes it
	Target string // of a symbolic ref; "" for none
}

func allZeros(value string) bool { return strings.Trim(value, "0") == "" }

// Moving leaves out the lines to all zeros that take nothing away: git pack-refs removes the loose half of a ref, or
// somebody only checks. In the files backend a deletion holds the lock of packed-refs, and nothing else does at that
// moment but pack-refs itself.
func (t Transaction) Moving(gitDir string) []Move {
	deletes := t.deletes(gitDir)
	return slices.DeleteFunc(slices.Clone(t.Moves), func(m Move) bool { return allZeros(m.New) && !deletes })
}

func (t Transaction) deletes(gitDir string) bool {
	if _, err := os.Stat(filepath.Join(gitDir, "reftable")); err == nil {
		return true
	}
	if len(t.Command) > 1 && t.Command[1] == "pack-refs" {
		return false
	}
	_, err := os.Lstat(filepath.Join(gitDir, "packed-refs.lock"))
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// Changing gives those of some moves that would change what a ref holds, each from what it really holds. A ref that
// isn't among the held doesn't exist.
func Changing(moves []Move, held map[string]Value) []Move {
	var changing []Move
	for _, m := range moves {
		real, exists := held[m.Ref]
		now := strings.Repeat("0", len(m.Old))
		if exists {
			now = real.ID
		}
		switch target, symbolic := strings.CutPrefix(m.New, "ref:"); {
		case symbolic && real.Target == target,
			!symbolic && exists && real.Target == "" && m.New == now,
			allZeros(m.New) && !exists:
			continue // it stays what it is
		}
		if strings.HasPrefix(m.Old, "ref:") || allZeros(m.Old) && exists {
			m.Old = now
		}
		changing = append(changing, m)
	}
	return changing
}

// Rename gives the rename of a branch to another name: Git announces only that the old name goes.
func (t Transaction) Rename() (Move, bool) {
	i := slices.Index(t.Command, "branch")
	if i < 0 || !slices.ContainsFunc(t.Command[i:], func(arg string) bool {
		return arg == "--move" || len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.ContainsAny(arg, "mM")
	}) {
		return Move{}, false
	}
	to := "refs/heads/" + t.Command[len(t.Command)-1]
	for _, m := range t.Moves {
		if allZeros(m.New) && !allZeros(m.Old) && strings.HasPrefix(m.Ref, "refs/heads/") && m.Ref != to {
			return Move{m.New, m.Old, to}, true
		}
	}
	return Move{}, false
}
