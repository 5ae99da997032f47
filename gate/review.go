package gate

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/gate/record"
	"countersign/gate/shared"
	"countersign/policy"
)

// What passed by an exception is told in every later report until somebody has looked at it. The journal
// knows which pushes those are; a small file beside it spares each push reading that.

func (g *Gate) unreviewedFile() string { return filepath.Join(g.GitDir(), "countersign", "unreviewed") }

// Unreviewed gives the references of pushes that passed by an exception nobody has reviewed. The file is only
// ever appended to, by pushes and reviews at once: a line is a reference, or one with a minus that was reviewed.
func (g *Gate) Unreviewed() ([]string, error) {
	b, err := os.ReadFile(g.unreviewedFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	lines := strings.Fields(string(b))
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.HasPrefix(line, "-") || slices.Contains(lines, "-"+line)
	}), err
}

// remindOf notes what still has to be reviewed.
func (g *Gate) remindOf(d *policy.Decision) {
	references, err := g.Unreviewed()
	if err != nil || len(references) > 0 {
		what := strings.Join(references, ", ")
		if err != nil {
			what = "some, perhaps; the list can't be read"
		}
		d.Notes = append(d.Notes, policy.ExceptionNote+"not reviewed are the pushes "+what+": countersign log review")
	}
}

// keepForReview notes an accepted push if an exception let it pass.
func (g *Gate) keepForReview(d policy.Decision) error {
	if !Excepted(d) {
		return nil
	}
	return g.noteUnreviewed(d.Reference)
}

func (g *Gate) noteUnreviewed(line string) error {
	f, err := shared.Create(g.unreviewedFile(), os.O_APPEND)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// Excepted says whether a decision was reached by putting something aside.
func Excepted(d policy.Decision) bool {
	return slices.ContainsFunc(d.Notes, func(note string) bool { return strings.HasPrefix(note, policy.ExceptionNote) })
}

// Review records that somebody has looked at what passed by an exception, and takes it off the list.
func (g *Gate) Review(ctx context.Context, req Request, reference string) error {
	references, err := g.Unreviewed()
	if err != nil {
		return err
	}
	if !slices.Contains(references, reference) {
		return errNothingToReview
	}
	if err := g.record(ctx, record.Review, req, policy.Decision{Verdict: policy.Accepted, Reference: reference}); err != nil {
		return err
	}
	return g.noteUnreviewed("-" + reference)
}

var errNothingToReview = errors.New("no push of that reference waits for a review")
