package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"countersign/journal"
	"countersign/policy"
)

// The index of log has a row for each record: when it was (8 bytes, seconds since 1970), what became of its refs (1),
// and a key for each thing that may be asked of it: what it is (1) and the beginning of it or its hash (8). A row may
// match though the record doesn't; never the reverse.
const (
	rowsSuffix  = ".rows"
	rowsVersion = 1 // of what rowOf gives
	rowHead     = 8 + 1
	keySize     = 1 + 8
	maxKeys     = 5000 // of a row: one with more matches every question
)

// What a key is.
const (
	keyCommit    = 'c' // the beginning of an id
	keyReference = 'R' // the beginning of a reference
	keyPrincipal = 'p' // hashes from here on
	keyRef       = 'r'
	keyCode      = 'f'
)

// unreadRow is that of a record that can't be read, or that says too much: it matches every question.
var unreadRow = []byte("?")

// rowOf gives the row of a record.
func rowOf(e journal.Entry) []byte {
	r, err := readRecord(e.Record)
	if err != nil {
		return unreadRow
	}
	row := binary.BigEndian.AppendUint64(nil, uint64(r.Time.Unix()))
	row = append(row, becameByte(becameWord(r), r.Decision.Verdict != policy.Accepted))
	keys := make(map[string]bool)
	add := func(what byte, text string) {
		if text != "" {
			keys[string(key(what, text))] = true
		}
	}
	add(keyReference, r.Decision.Reference)
	for _, id := range commitsOf(r.Decision) {
		add(keyCommit, id)
	}
	for _, name := range concerned(r) {
		add(keyPrincipal, name)
	}
	for _, ref := range refsOf(r.Decision) {
		add(keyRef, ref)
	}
	for _, code := range codesOf(r.Decision) {
		add(keyCode, code)
	}
	if len(keys) > maxKeys {
		return unreadRow
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		row = append(row, k...)
	}
	return row
}

// becameByte gives the number of a word, and whether it was no acceptance.
func becameByte(word string, refused bool) byte {
	b := byte(slices.Index(becameWords, word)) << 1
	if refused {
		b |= 1
	}
	return b
}

// key gives the key of a thing.
func key(what byte, text string) []byte {
	k := make([]byte, keySize)
	k[0] = what
	if what == keyCommit || what == keyReference {
		copy(k[1:], text)
		return k
	}
	h := fnv.New64a()
	h.Write([]byte(text))
	binary.BigEndian.PutUint64(k[1:], h.Sum64())
	return k
}

// matcher gives what says of a row whether its record may be wanted.
func (f filter) matcher() func(row []byte) bool {
	since, until := f.since.Unix(), f.until.Unix()
	var wanted [][]byte
	for what, text := range map[byte]string{
		keyCommit: f.commit, keyReference: f.reference, keyPrincipal: f.principal, keyRef: f.ref, keyCode: f.code,
	} {
		if text == "" {
			continue
		}
		k := key(what, text)
		if what == keyCommit || what == keyReference {
			k = k[:min(1+len(text), keySize)]
		}
		wanted = append(wanted, k)
	}
	became := byte(slices.Index(becameWords, f.became)) << 1
	return func(row []byte) bool {
		if len(row) < rowHead {
			return true
		}
		at := int64(binary.BigEndian.Uint64(row))
		if at < since || !f.until.IsZero() && at > until ||
			f.refused && row[8]&1 == 0 || f.became != "" && row[8]&^1 != became {
			return false
		}
		for _, k := range wanted {
			if !hasKey(row[rowHead:], k) {
				return false
			}
		}
		return true
	}
}

func hasKey(keys, k []byte) bool {
	for ; len(keys) >= keySize; keys = keys[keySize:] {
		if string(keys[:len(k)]) == string(k) {
			return true
		}
	}
	return false
}

// eachWanted goes through the records that are wanted, oldest first, by the index where not all are. Where the journal
// is damaged all of it is read, as eachRecord does, and what is wrong with it is said at the end.
func eachWanted(ctx context.Context, env Env, repository string, f filter, do taking) error {
	if f == (filter{}) {
		return eachRecord(ctx, env, repository, do)
	}
	path, err := logPath(env, repository)
	if err != nil {
		return err
	}
	table := journal.OpenTable(path+rowsSuffix, path, rowsVersion, rowOf)
	rows, err := table.Select(ctx, f.matcher())
	if errors.As(err, new(*journal.Fault)) || unbegun(path, err) {
		return f.fromAll(ctx, env, repository, do)
	}
	if err != nil {
		return err
	}
	if f.last > 0 {
		slices.Reverse(rows)
	}
	found, most := []wanted(nil), f.first+f.last
	for e, err := range table.Entries(rows) {
		if err != nil {
			return damaged(err)
		}
		r, err := readRecord(e.Record)
		switch {
		case err != nil:
			err = exitError{exitRefused, fmt.Errorf("%s: record %d: no record of a push: %w", e.File, e.Seq, err)}
		case !f.takes(r):
		case f.last > 0:
			found = append(found, wanted{r, e.Record})
		default:
			most--
			err = do(r, e.Record)
		}
		if err != nil {
			return err
		}
		if f.first > 0 && most == 0 || f.last > 0 && len(found) == most {
			break
		}
	}
	slices.Reverse(found)
	return give(found, do)
}

// taking is what is done with a record.
type taking = func(r logged, raw []byte) error

// wanted is a record that is wanted.
type wanted struct {
	r   logged
	raw []byte
}

func give(found []wanted, do taking) error {
	for _, w := range found {
		if err := do(w.r, w.raw); err != nil {
			return err
		}
	}
	return nil
}

// fromAll is eachWanted without an index.
func (f filter) fromAll(ctx context.Context, env Env, repository string, do taking) error {
	var tail []wanted
	n := 0
	err := eachRecord(ctx, env, repository, func(r logged, raw []byte) error {
		switch {
		case !f.takes(r) || f.first > 0 && n == f.first:
			return nil
		case f.last > 0:
			tail = append(tail, wanted{r, raw})
			tail = tail[max(0, len(tail)-f.last):]
			return nil
		}
		n++
		return do(r, raw)
	})
	return errors.Join(give(tail, do), err)
}
