// Package objectid has the names of Git objects, which several packages share.
package objectid

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// ID names a Git object: 20 bytes for SHA-1, 32 for SHA-256. IDs are comparable; the zero ID is
// "no object", which Git writes as 40 or 64 zeros (githooks(5), pre-receive).
type ID struct {
	sum  [32]byte
	size uint8
}

// Parse reads a full object name in lower-case hexadecimal. All zeros give the zero ID.
func Parse(s string) (ID, error) {
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

// FromBytes makes an ID of a raw object name as it stands in a tree.
func FromBytes(b []byte) (ID, error) {
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

// Compare orders IDs by their bytes.
func (id ID) Compare(other ID) int { return bytes.Compare(id.sum[:], other.sum[:]) }

// Size is the length of the name in bytes: 20, 32, or 0 for the zero ID.
func (id ID) Size() int { return int(id.size) }

// Bytes gives a copy of the raw name, none for the zero ID.
func (id ID) Bytes() []byte { return append([]byte(nil), id.sum[:id.size]...) }

// String gives the full hexadecimal name; 40 zeros for the zero ID.
func (id ID) String() string {
	if id.size == 0 {
		return strings.Repeat("0", 40)
	}
	return hex.EncodeToString(id.sum[:id.size])
}
