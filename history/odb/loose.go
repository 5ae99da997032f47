package odb

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"countersign/internal/regular"
)

// maxLooseHeader is how many bytes the header of a loose object has at most, as in git's object-file.c.
const maxLooseHeader = 32

// openLoose begins to read the object in a file of its own.
func (r *reading) openLoose(path string) error {
	f, _, err := regular.Open(path)
	if err != nil {
		return unopened(path, err)
	}
	r.path, r.offset, r.loose = path, 0, f
	r.buffered.Reset(f)
	if err := r.readHeader(); err != nil {
		return r.fail(0, err)
	}
	return nil
}

// readHeader reads the kind and the size, which a loose object begins with once inflated.
func (r *reading) readHeader() error {
	if err := r.own.begin(&r.buffered, unknown); err != nil {
		return err
	}
	var b []byte
	end := -1
	for end < 0 {
		var err error
		had := len(b)
		if b, err = r.own.next(b); err != nil {
			return err
		}
		end = bytes.IndexByte(b[:min(len(b), maxLooseHeader)], 0)
		if end < 0 && (len(b) == had || len(b) >= maxLooseHeader) {
			return errors.New("the header isn't one")
		}
	}
	word, digits, _ := bytes.Cut(b[:end], []byte{' '})
	for _, k := range []Kind{Commit, Tree, Blob, Tag} {
		if string(word) == k.String() {
			r.kind = k
		}
	}
	size, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || size < 0 || size > math.MaxInt64-maxLooseHeader {
		return errors.New("the header has no size")
	}
	if r.kind == 0 || strconv.FormatInt(size, 10) != string(digits) {
		return errors.New("the header isn't one")
	}
	r.first = b[end+1:]
	r.size, r.own.size = size, int64(end)+1+size
	return r.own.check()
}

// eachLoose gives the content, and makes sure that nothing follows it in the file.
func (r *reading) eachLoose(emit func([]byte)) error {
	emit(r.first)
	if err := r.own.each(emit); err != nil {
		return err
	}
	if _, err := r.buffered.ReadByte(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}
