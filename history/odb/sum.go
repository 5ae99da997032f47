package odb

import (
	"crypto/sha256"
	"errors"
	"hash"
	"strconv"

	"github.com/pjbgf/sha1cd"

	"countersign/internal/objectid"
)

// errCollides says of content that its name is another content's, too: somebody has made both so.
var errCollides = errors.New("was made to collide with another")

// Sum computes the name that content has as a blob. Write takes the content, of which the size was said before.
type Sum struct{ hash.Hash }

// NewSum begins a sum for names of so many bytes, 20 or 32.
func NewSum(nameSize int, size int64) Sum {
	h := newHash(nameSize)
	h.Write(appendHeader(nil, "blob", size))
	return Sum{h}
}

// Name gives the name, once all content was written. It fails where that was made to have another
// content's name.
func (s Sum) Name() (objectid.ID, error) {
	_, name, err := sumOf(s.Hash, nil)
	return name, err
}

func newHash(nameSize int) hash.Hash {
	if nameSize == sha256.Size {
		return sha256.New()
	}
	return sha1cd.New()
}

// appendHeader appends what an object's sum begins with: its kind and size.
func appendHeader(b []byte, kind string, size int64) []byte {
	b = append(append(b, kind...), ' ')
	return append(strconv.AppendInt(b, size, 10), 0)
}

// sumOf appends a sum to b, and reads it as a name.
func sumOf(h hash.Hash, b []byte) (sum []byte, name objectid.ID, err error) {
	collides := false
	if detecting, ok := h.(sha1cd.CollisionResistantHash); ok {
		b, collides = detecting.CollisionResistantSum(b)
	} else {
		b = h.Sum(b)
	}
	if collides {
		return b, name, errCollides
	}
	name, err = objectid.FromBytes(b)
	return b, name, err
}
