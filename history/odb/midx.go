package odb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// midx says in which pack each object is, and where: gitformat-pack(5), multi-pack-index. The indexes of the packs say
// the same; so one that is damaged, or of a version that this reader doesn't know, and a chain of them
// (multi-pack-index.d), are passed over.
type midx struct {
	file    *file
	packs   []string // names without suffix
	covers  map[string]bool
	names   table
	offsets []byte // of each object the number of the pack, and the offset
	large   []byte
}

// openMidx opens a multi-pack-index of names of so many bytes, and gives none if it can't be read, isn't whole or isn't
// for this reader.
func openMidx(path string, nameSize int) (*midx, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, nil
	}
	m := &midx{file: f}
	whole := false
	err = opening(func() error {
		data, err := f.bytes(0, f.size)
		whole = err == nil && m.parse(data, nameSize)
		return err
	}, f)
	if err != nil || !whole {
		return nil, f.Close()
	}
	return m, nil
}

// parse reads all but the names and offsets, and says whether that is whole.
func (m *midx) parse(data []byte, nameSize int) bool {
	const header = 12
	if len(data) < header+nameSize || string(data[:4]) != "MIDX" {
		return false
	}
	version, function, chunks, before := data[4], data[5], int(data[6]), data[7]
	if version != 1 || before != 0 || function != hashFunction(nameSize) {
		return false
	}
	packs := binary.BigEndian.Uint32(data[8:])
	end := int64(len(data) - nameSize)
	if int64(header+12*(chunks+1)) > end {
		return false
	}
	chunk := make(map[string][]byte)
	for i := range chunks {
		row := data[header+12*i:]
		from, to := binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[16:])
		if from > to || to > uint64(end) {
			return false
		}
		if _, twice := chunk[string(row[:4])]; twice {
			return false
		}
		chunk[string(row[:4])] = data[from:to]
	}
	if len(chunk["OIDF"]) != fanoutSize {
		return false
	}
	m.names = table{fanout: chunk["OIDF"], rows: chunk["OIDL"], row: nameSize}
	if m.names.check() != nil {
		return false
	}
	m.offsets, m.large = chunk["OOFF"], chunk["LOFF"]
	if int64(len(m.offsets)) != 8*count(m.names.fanout) {
		return false
	}
	m.covers = make(map[string]bool)
	rest := chunk["PNAM"]
	for range packs {
		name, after, ok := bytes.Cut(rest, []byte{0})
		if !ok || len(name) == 0 {
			return false
		}
		pack := strings.TrimSuffix(string(name), ".idx")
		m.packs, m.covers[pack] = append(m.packs, pack), true
		rest = after
	}
	return true
}

// hashFunction gives the number of the function that makes names of so many bytes.
func hashFunction(nameSize int) byte {
	if nameSize == 32 {
		return 2
	}
	return 1
}

// find gives the pack of an object, and the offset in it.
func (m *midx) find(name []byte) (pack string, offset int64, found bool, err error) {
	row, found := m.names.find(name)
	if !found {
		return "", 0, false, nil
	}
	at := m.offsets[8*row:]
	number := int64(binary.BigEndian.Uint32(at))
	if number >= int64(len(m.packs)) {
		return "", 0, false, &Error{m.file.path, 0, fmt.Errorf("there is no pack %d", number)}
	}
	narrow := binary.BigEndian.Uint32(at[4:])
	offset = int64(narrow)
	if m.large != nil { // else all offsets fit
		offset, err = largeOffset(narrow, m.large)
	}
	return m.packs[number], offset, true, asError(m.file.path, 0, err)
}
