package history

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrUnreadable is wrapped by every error that means "this history can't be judged from here":
// missing or malformed objects, shallow or partial history, a git program that failed.
var ErrUnreadable = errors.New("history can't be read")

// ErrMissing is wrapped, too, where an object isn't here.
var ErrMissing = errors.New("missing")

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

// ID names a Git object: 20 bytes for SHA-1, 32 for SHA-256. IDs are comparable; the zero ID is
// "no object", which Git writes as 40 or 64 zeros (githooks(5), pre-receive).
type ID struct {
	sum  [32]byte
	size uint8
}

// ParseID reads a full object name in lower-case hexadecimal. All zeros give the zero ID.
func ParseID(s string) (ID, error) {
	if len(s) != 40 && len(s) != 64 {
		return ID{}, fmt.Errorf("object name of %d characters: want 40 or 64", len(s))
	}
	var id ID
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ID{}, fmt.Errorf("object name with byte %q: want lower-case hexadecimal", c)
		}
	}
	if strings.Trim(s, "0") == "" {
		return ID{}, nil
	}
	n, err := hex.Decode(id.sum[:], []byte(s))
	if err != nil {
		return ID{}, err
	}
	id.size = uint8(n)
	return id, nil
}

// IDFromBytes makes an ID of a raw object name as it stands in a tree.
func IDFromBytes(b []byte) (ID, error) {
	if len(b) != 20 && len(b) != 32 {
		return ID{}, fmt.Errorf("raw object name of %d bytes: want 20 or 32", len(b))
	}
	var id ID
	copy(id.sum[:], b)
	if id.sum != [32]byte{} {
		id.size = uint8(len(b))
	}
	return id, nil
}

// IsZero says whether the ID names no object.
func (id ID) IsZero() bool { return id.size == 0 }

// compare orders IDs by their bytes.
func (id ID) compare(other ID) int { return bytes.Compare(id.sum[:], other.sum[:]) }

// String gives the full hexadecimal name; 40 zeros for the zero ID.
func (id ID) String() string {
	if id.size == 0 {
		return strings.Repeat("0", 40)
	}
	return hex.EncodeToString(id.sum[:id.size])
}

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
