package history

import (
	"context"
	"fmt"
	"strings"
)

// gitStore asks cat-file for one object at a time.
type gitStore struct{ r *gitRepo }

func (s gitStore) head(id ID, kind string, keep int64, b bound) (head []byte, size int64, err error) {
	err = s.r.question(context.Background(), id, func(p *process) error {
		var got string
		if got, size, err = p.object(id); err != nil {
			return err
		}
		if got != kind {
			return notA(kind, id, got)
		}
		head, err = p.body(nil, size, keep)
		return err
	})
	return head, size, err
}

func (s gitStore) kind(id ID) (string, error) { return s.r.Kind(context.Background(), id) }

func (s gitStore) Close() error { return nil }

func (r *gitRepo) lineages() *lineages {
	if r.walked == nil {
		r.walked = newLineages(&objects{store: gitStore{r}, limits: r.limits}, nil)
	}
	return r.walked
}

// Reaches answers in one walk; see [Repo].
func (r *gitRepo) Reaches(ctx context.Context, tips, ids []ID) ([][]bool, error) {
	return r.lineages().Reaches(ctx, tips, ids)
}

// parseRevision reads a line that rev-list --parents printed.
func parseRevision(line string) (n node, err error) {
	for i, field := range strings.Fields(line) {
		id, err := ParseID(field)
		if err != nil {
			return n, fmt.Errorf("%w: git rev-list printed %.80q", ErrUnreadable, line)
		}
		if i == 0 {
			n.id = id
		} else {
			n.parents = append(n.parents, id)
		}
	}
	return n, nil
}
