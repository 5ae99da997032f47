package history

import (
	"errors"
	"fmt"
	"sync"

	"countersign/history/odb"
)

// odbStore is a [store] of the object directories of a repository. They are opened once it is clear from the first name
// that is asked for whether it is one of SHA-1 or SHA-256.
type odbStore struct {
	dirs []string

	mu     sync.Mutex
	opened map[int]*odb.DB // by the bytes of a name
}

func (s *odbStore) db(id ID) (*odb.DB, error) {
	if id.IsZero() {
		return nil, missing(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if db := s.opened[id.Size()]; db != nil {
		return db, nil
	}
	db, err := odb.Open(odb.Options{Dirs: s.dirs, SHA256: id.Size() == 32})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if s.opened == nil {
		s.opened = make(map[int]*odb.DB)
	}
	s.opened[id.Size()] = db
	return db, nil
}

func (s *odbStore) head(id ID, kind string, keep int64, b bound) ([]byte, int64, error) {
	return s.begin((*odb.DB).Head, id, kind, keep, b)
}

// uncheckedStore is the same store for what is counted, and not judged: no name is computed anew.
type uncheckedStore struct{ *odbStore }

func (s *odbStore) counting() store { return uncheckedStore{s} }

func (s uncheckedStore) head(id ID, kind string, keep int64, b bound) ([]byte, int64, error) {
	return s.begin((*odb.DB).Claimed, id, kind, keep, b)
}

// begin gives the beginning of an object, which is read by a method of the database.
func (s *odbStore) begin(
	read func(_ *odb.DB, id ID, keep, most int64) (odb.Kind, []byte, int64, error),
	id ID, kind string, keep int64, b bound,
) ([]byte, int64, error) {
	db, err := s.db(id)
	if err != nil {
		return nil, 0, err
	}
	is, first, size, err := read(db, id, keep, b.most)
	var large *odb.SizeError
	switch {
	case err == nil && is.String() != kind:
		return nil, 0, notA(kind, id, is.String())
	case errors.As(err, &large) && large.Max == b.most:
		return nil, 0, b.exceeded(kind, id, large.Size)
	case errors.As(err, &large):
		return nil, 0, exceeds("memory", "%s %s is stored as the difference from an object of %d bytes; the limit memory "+
			"is %d", kind, id, large.Size, large.Max)
	case err != nil:
		return nil, 0, unreadable(id, err)
	}
	return first, size, nil
}

func (s *odbStore) kind(id ID) (string, error) {
	db, err := s.db(id)
	if err != nil {
		return "", err
	}
	kind, _, err := db.Stat(id)
	if err != nil {
		return "", unreadable(id, err)
	}
	return kind.String(), nil
}

func unreadable(id ID, err error) error {
	if errors.Is(err, odb.ErrMissing) {
		return missing(id)
	}
	return fmt.Errorf("%w: object %s: %w; %s", ErrUnreadable, id, err, refetch)
}

func (s *odbStore) Close() error {
	var errs []error
	for _, db := range s.opened {
		errs = append(errs, db.Close())
	}
	s.opened = nil
	return errors.Join(errs...)
}
