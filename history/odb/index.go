package odb

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// index says where in a pack each object is: gitformat-pack(5), pack-*.idx.
type index struct {
	file  *file
	names table
	// offsets are in the rows of names in version 1, and here in version 2, where those from 2 GiB on are in large.
	offsets, large []byte
	packSum        []byte // the checksum of the pack
}

// openIndex opens an index of names of so many bytes.
func openIndex(path string, nameSize int) (*index, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	x := &index{file: f}
	data, err := f.bytes(0, f.size)
	if err == nil {
		err = opening(func() error { return x.parse(data, nameSize) }, f)
	}
	if err != nil {
		return nil, errors.Join(asError(path, 0, err), f.Close())
	}
	return x, nil
}

func (x *index) parse(data []byte, nameSize int) error {
	const magic, version = 0xff744f63, 2 // \377tOc
	size := int64(nameSize)
	if int64(len(data)) < 8+fanoutSize+2*size {
		return errors.New("cut short")
	}
	end := int64(len(data)) - 2*size
	x.packSum = data[end : end+size]
	if binary.BigEndian.Uint32(data) != magic {
		x.names = table{fanout: data[:fanoutSize], rows: data[fanoutSize:end], row: 4 + nameSize, skip: 4}
		return x.names.check()
	}
	if v := binary.BigEndian.Uint32(data[4:]); v != version {
		return fmt.Errorf("version %d is unknown", v)
	}
	fanout, body := data[8:8+fanoutSize], data[8+fanoutSize:end]
	n := count(fanout)
	if int64(len(body)) < n*(size+4+4) {
		return errors.New("cut short")
	}
	x.names = table{fanout: fanout, rows: body[:n*size], row: nameSize}
	x.offsets = body[n*(size+4) : n*(size+4+4)]
	x.large = body[n*(size+4+4):]
	if len(x.large)%8 != 0 {
		return errors.New("the table of large offsets is cut short")
	}
	return x.names.check()
}

// find gives the offset of an object in the pack.
func (x *index) find(name []byte) (offset int64, found bool, err error) {
	row, found := x.names.find(name)
	if !found {
		return 0, false, nil
	}
	if x.offsets == nil {
		return int64(binary.BigEndian.Uint32(x.names.rows[row*x.names.row:])), true, nil
	}
	offset, err = largeOffset(binary.BigEndian.Uint32(x.offsets[4*row:]), x.large)
	return offset, true, asError(x.file.path, 0, err)
}

// largeOffset gives the offset that four bytes stand for: a row of the table of large offsets if the highest bit is
// set.
func largeOffset(offset uint32, large []byte) (int64, error) {
	if offset>>31 == 0 {
		return int64(offset), nil
	}
	row := int64(offset &^ (1 << 31))
	if 8*row >= int64(len(large)) {
		return 0, fmt.Errorf("there is no large offset %d", row)
	}
	wide := binary.BigEndian.Uint64(large[8*row:])
	if wide>>63 != 0 {
		return 0, fmt.Errorf("an offset of %d is too large", wide)
	}
	return int64(wide), nil
}

// asError makes an Error of an error that has no place yet.
func asError(path string, offset int64, err error) error {
	if err == nil {
		return nil
	}
	if place := new(Error); errors.As(err, &place) {
		return err
	}
	return &Error{path, offset, err}
}
