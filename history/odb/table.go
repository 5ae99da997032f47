package odb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// fanoutSize is the length of a fan-out table: 256 numbers of four bytes.
const fanoutSize = 256 * 4

// table is a sorted table of names, one a row, with the fan-out before it: the n-th number says how many names begin
// with a byte of at most n.
type table struct {
	fanout []byte
	rows   []byte
	row    int // bytes of a row
	skip   int // bytes of a row before the name
}

// count gives the number of names that a fan-out claims.
func count(fanout []byte) int64 { return int64(binary.BigEndian.Uint32(fanout[fanoutSize-4:])) }

// count gives the number of rows.
func (t *table) count() int { return len(t.rows) / t.row }

// check says what is wrong with a table.
func (t *table) check() error {
	before := uint32(0)
	for i := range 256 {
		n := binary.BigEndian.Uint32(t.fanout[4*i:])
		if n < before {
			return fmt.Errorf("the fan-out falls from %d to %d", before, n)
		}
		before = n
	}
	if int64(before)*int64(t.row) != int64(len(t.rows)) {
		return errors.New("the fan-out and the table of names don't fit")
	}
	return nil
}

// name gives what stands in a row from its name on.
func (t *table) name(i int) []byte { return t.rows[i*t.row+t.skip : (i+1)*t.row] }

// search gives the row of the first name that isn't less than the given one, or the beginning of one.
func (t *table) search(name []byte) int {
	low, high := 0, int(binary.BigEndian.Uint32(t.fanout[4*int(name[0]):]))
	if name[0] > 0 {
		low = int(binary.BigEndian.Uint32(t.fanout[4*(int(name[0])-1):]))
	}
	for low < high {
		middle := int(uint(low+high) / 2)
		if bytes.Compare(t.name(middle), name) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// find gives the row of a name.
func (t *table) find(name []byte) (row int, found bool) {
	row = t.search(name)
	return row, row < t.count() && bytes.HasPrefix(t.name(row), name)
}
