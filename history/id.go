package history

import (
	"errors"
	"fmt"

	"countersign/internal/objectid"
)

// ErrUnreadable is wrapped by every error that means "this history can't be judged from here":
// missing or malformed objects, shallow or partial history, a git program that failed.
var ErrUnreadable = errors.New("history can't be read")

// ErrMissing is wrapped, too, where an object isn't here.
var ErrMissing = errors.New("missing")

// ErrNotFound is what errors are, beside [ErrUnreadable], about what a caller named and isn't here: a repository, or a
// commit. Their texts don't say that history can't be read.
var ErrNotFound = errors.New("not found")

// NotFound makes an error [ErrNotFound], and leaves its text as it is.
func NotFound(err error) error { return notFound{err} }

type notFound struct{ error }

func (n notFound) Unwrap() error { return n.error }

// Is says that it is an [ErrNotFound] and an [ErrUnreadable].
func (notFound) Is(target error) bool { return target == ErrNotFound || target == ErrUnreadable }

// asUnreadable makes an error [ErrUnreadable] that isn't yet.
func asUnreadable(err error) error {
	if errors.Is(err, ErrUnreadable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

// ErrMalformed is wrapped, in place of ErrUnreadable, which it wraps in turn, by errors about an
// object that Git, or two readers of it, could read in two ways. The texts name objects and paths of
// trees, nothing of the machine.
var ErrMalformed = fmt.Errorf("%w: malformed object", ErrUnreadable)

// ErrLimit is what every [LimitError] is, to errors.Is.
var ErrLimit = errors.New("limit exceeded")

// A LimitError says that the history exceeds a limit. Its text names objects, nothing of the machine.
type LimitError struct {
	// Limit is the name of the limit: a field of [Limits] in lower case, or what else the caller bounds; "" where it
	// is none of these and nobody can set it.
	Limit string
	Text  string // what exceeds it
}

func (e *LimitError) Error() string { return ErrLimit.Error() + ": " + e.Text }

// Is says that it is an [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

func exceeds(limit, format string, args ...any) error {
	return &LimitError{limit, fmt.Sprintf(format, args...)}
}

// ID names a Git object; see [objectid.ID].
type ID = objectid.ID

// ParseID reads a full object name in lower-case hexadecimal. All zeros give the zero ID.
func ParseID(s string) (ID, error) { return objectid.Parse(s) }

// RefUpdate is one line of a receiving hook's standard input: a ref and its old and new value.
// A zero Old creates the ref, a zero New deletes it.
type RefUpdate struct {
	Old, New ID
	Name     string
}

// Ref is a ref as it stands. Target is the full name a symbolic ref points to, else "".
type Ref struct {
	Name   string
	ID     ID
	Target string
}
