package archive

import (
	"bufio"
	"errors"
	"io"
)

// frame is the first frame of a zstd file, as it is compressed, and nothing of what follows: another frame, or a
// skippable one, which programs leave out (RFC 8878 section 3.1).
type frame struct {
	r      *bufio.Reader
	left   int // bytes of what is being handed on
	state  frameState
	summed bool // a checksum follows the last block
}

type frameState uint8

const (
	atHeader frameState = iota
	atBlock
	atChecksum
	atEnd
)

func (f *frame) Read(b []byte) (int, error) {
	for f.left == 0 {
		if f.state == atEnd {
			return 0, io.EOF
		}
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
	n, err := f.r.Read(b[:min(len(b), f.left)])
	if f.left -= n; errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// advance finds how long the next part of the frame is.
func (f *frame) advance() error {
	switch f.state {
	case atHeader: // section 3.1.1.1
		head, err := f.peek(len("\x28\xb5\x2f\xfd") + 1)
		if err != nil {
			return err
		}
		descriptor := head[4]
		single := descriptor >> 5 & 1
		f.left = len(head) + int(1-single) + []int{0, 1, 2, 4}[descriptor&3] + []int{int(single), 2, 4, 8}[descriptor>>6]
		f.summed, f.state = descriptor>>2&1 == 1, atBlock
	case atBlock: // section 3.1.1.2
		head, err := f.peek(3)
		if err != nil {
			return err
		}
		header := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		const repeated = 1 // a block of one byte, which stands for as many as its size says
		f.left = len(head) + header>>3
		if header>>1&3 == repeated {
			f.left = len(head) + 1
		}
		switch {
		case header&1 == 1 && f.summed:
			f.state = atChecksum
		case header&1 == 1:
			f.state = atEnd
		}
	case atChecksum:
		f.left, f.state = 4, atEnd
	}
	return nil
}

func (f *frame) peek(n int) ([]byte, error) {
	head, err := f.r.Peek(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return head, err
}
