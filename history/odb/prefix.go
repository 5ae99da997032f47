package odb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/internal/objectid"
)

// WithPrefix gives the objects whose names begin with at least four hexadecimal digits, in order, at most n.
func (db *DB) WithPrefix(prefix string, n int) (found []objectid.ID, err error) {
	prefix = strings.ToLower(prefix)
	even, err := hex.DecodeString(prefix[:len(prefix)&^1])
	if err != nil || len(prefix) < 4 || len(prefix) > 2*db.nameSize || strings.Trim(prefix, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("%q isn't how an object's name begins: want 4 to %d hexadecimal digits",
			prefix, 2*db.nameSize)
	}
	err = db.guard(func() error {
		if err := db.list(); err != nil {
			return err
		}
		db.mu.Lock()
		defer db.mu.Unlock()
		add := func(name []byte) error {
			id, err := objectid.FromBytes(name)
			at, known := slices.BinarySearchFunc(found, id, objectid.ID.Compare)
			if !known {
				found = slices.Insert(found, at, id)
				found = found[:min(max(n, 0), len(found))]
			}
			return err
		}
		for _, d := range db.dirs {
			if err := d.withPrefix(prefix, even, add); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// withPrefix gives to add what one directory has. The bytes are those of all pairs of digits.
func (d *dir) withPrefix(prefix string, even []byte, add func([]byte) error) error {
	for _, p := range slices.Clone(d.packs) {
		open, err := d.open(p)
		if err != nil {
			return err
		}
		if !open {
			continue
		}
		names := p.index.names
		for row := names.search(even); row < names.count(); row++ {
			name := names.name(row)
			if !strings.HasPrefix(hex.EncodeToString(name), prefix) {
				if !bytes.HasPrefix(name, even) {
					break
				}
				continue
			}
			if err := add(name); err != nil {
				return err
			}
		}
	}
	files, err := os.ReadDir(filepath.Join(d.path, prefix[:2]))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		name, err := hex.DecodeString(prefix[:2] + f.Name())
		if err != nil || len(name) != d.nameSize || !strings.HasPrefix(prefix[:2]+f.Name(), prefix) {
			continue // not an object, or another
		}
		if err := add(name); err != nil {
			return err
		}
	}
	return nil
}
