package odb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// delta makes one object from another: gitformat-pack(5), Deltified representation. It is applied while it is read.
type delta struct {
	stream     *stream
	steps      []byte // inflated, and not applied yet
	base, size int64  // bytes of what it is a delta to, and of what it makes
}

// errDelta is the error of a delta that can't be applied.
var errDelta = errors.New("the delta is damaged")

// longestStep is the length of the longest step of a delta: 127 new bytes, and their number before them.
const longestStep = 128

// ended is the stream of a delta that is inflated as a whole.
var ended = &stream{done: true}

// begin reads the sizes that a delta begins with. What of it is inflated already comes before what the stream gives.
func (d *delta) begin(s *stream, steps []byte) error {
	*d = delta{stream: s, steps: steps}
	if err := d.fill(); err != nil {
		return err
	}
	for _, claim := range []*int64{&d.base, &d.size} {
		v, n := binary.Uvarint(d.steps)
		if n <= 0 || v>>63 != 0 {
			return errDelta
		}
		*claim, d.steps = int64(v), d.steps[n:]
	}
	return nil
}

// fill makes sure that the next step is there as a whole, if one is left.
func (d *delta) fill() (err error) {
	for len(d.steps) < longestStep && !d.stream.done && err == nil {
		d.steps, err = d.stream.next(d.steps)
	}
	return err
}

// apply gives what the delta makes of its base, piece by piece: as many bytes as it says.
func (d *delta) apply(base []byte, emit func([]byte)) error {
	if int64(len(base)) != d.base {
		return fmt.Errorf("%w: it is for a base of %d bytes, not %d", errDelta, d.base, len(base))
	}
	left := d.size
	for {
		if err := d.fill(); err != nil {
			return err
		}
		if len(d.steps) == 0 {
			break
		}
		piece, used := step(d.steps, base)
		if used == 0 || int64(len(piece)) > left {
			return errDelta
		}
		emit(piece)
		left -= int64(len(piece))
		d.steps = d.steps[used:]
	}
	if left != 0 {
		return fmt.Errorf("%w: it says %d bytes, and makes %d fewer", errDelta, d.size, left)
	}
	return nil
}

// step gives what the first step makes, and its length: 0 if it isn't one.
func step(steps, base []byte) (piece []byte, used int) {
	op := steps[0]
	if op&0x80 == 0 { // new bytes
		used = 1 + int(op)
		if op == 0 || used > len(steps) {
			return nil, 0
		}
		return steps[1:used], used
	}
	used = 1 + bits.OnesCount8(op&0x7f)
	if used > len(steps) {
		return nil, 0
	}
	// Four bytes of offset and three of size, of which those are there whose bit is set.
	var place uint64
	at := 1
	for i := range 7 {
		if op>>i&1 != 0 {
			place |= uint64(steps[at]) << (8 * i)
			at++
		}
	}
	offset, size := place&0xffffffff, place>>32
	if size == 0 {
		size = 0x10000
	}
	if offset+size > uint64(len(base)) {
		return nil, 0
	}
	return base[offset : offset+size], used
}
