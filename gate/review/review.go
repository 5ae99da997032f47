// Package review keeps the list of pushes that passed by an exception and that nobody has looked at yet.
//
// The journal says which pushes those are; the list beside it spares each push reading that. [List.Keep] puts an
// accepted push on it, before Git hears that it is accepted, and [List.Drop] takes it off if it is refused after all;
// [List.Remind] is the note about the list in each later report, until [List.Done] takes the push off. Whoever has
// reviewed a push has that recorded first.
//
// The list is the file countersign/unreviewed in the Git directory. A line is the reference of a push, or one after a
// minus of a push that was reviewed or dropped. It is only ever appended to: any number of pushes and reviews may write
// at once. Everybody who pushes may write to it: it reminds, and proves nothing.
package review

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/gate/shared"
	"countersign/policy"
)

// List is the list of one repository: the name of its file.
type List string

// In gives the list of a Git directory. It need not be there.
func In(gitDir string) List { return List(filepath.Join(gitDir, "countersign", "unreviewed")) }

// Waiting gives the references of the pushes that nobody has reviewed.
func (l List) Waiting() ([]string, error) {
	b, err := os.ReadFile(string(l))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	lines := strings.Fields(string(b))
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.HasPrefix(line, "-") || slices.Contains(lines, "-"+line)
	}), err
}

// Keep puts an accepted push on the list if an exception let it pass.
func (l List) Keep(d policy.Decision) error {
	if !byException(d) {
		return nil
	}
	return l.write(d.Reference)
}

// Drop takes off the list what Keep put on it: the push is refused after all. One that can't be taken off stays.
func (l List) Drop(d policy.Decision) {
	if byException(d) {
		_ = l.Done(d.Reference)
	}
}

func byException(d policy.Decision) bool {
	return slices.ContainsFunc(d.Notes, func(note string) bool { return strings.HasPrefix(note, policy.ExceptionNote) })
}

// Remind gives the note about what still has to be reviewed; "" where there is nothing.
func (l List) Remind() string {
	references, err := l.Waiting()
	what := strings.Join(references, ", ")
	switch {
	case err != nil:
		what = "some, perhaps; the list can't be read"
	case what == "":
		return ""
	}
	return policy.ExceptionNote + "not reviewed are the pushes " + what + ": countersign log review"
}

// Done takes a push off the list.
func (l List) Done(reference string) error { return l.write("-" + reference) }

func (l List) write(line string) error {
	f, err := shared.Create(string(l), os.O_APPEND)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
