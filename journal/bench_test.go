package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bigJournal makes a journal of 200,000 records of a kilobyte, each about a commit of its own and one of a
// thousand refs.
func bigJournal(b *testing.B) (path string, x *Index) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "journal")
	var all bytes.Buffer
	e := end{prev: hex.EncodeToString(sha256.New().Sum(nil))}
	pad := strings.Repeat("x", 1000)
	for i := range 200_000 {
		line := e.line(fmt.Appendf(nil, `{"N":%d,"Keys":["commit %d","ref %d"],"pad":"%s"}`, i, i, i%1000, pad))
		all.Write(line)
		sum := sha256.Sum256(line)
		e = end{seq: e.seq + 1, prev: hex.EncodeToString(sum[:])}
	}
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	x = newIndex(path)
	if err := x.Update(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	return path, x
}

// BenchmarkIndex is what a push pays that asks of one key and finds the index up to date.
func BenchmarkIndex(b *testing.B) {
	path, _ := bigJournal(b)
	for b.Loop() {
		x := newIndex(path)
		if err := x.Update(context.Background()); err != nil {
			b.Fatal(err)
		}
		if found, err := x.Lookup(context.Background(), "ref 7"); err != nil || len(found) != 200 {
			b.Fatal(len(found), err)
		}
	}
}

// BenchmarkIndexAfterOneMore is the same after a push that was recorded meanwhile.
func BenchmarkIndexAfterOneMore(b *testing.B) {
	path, _ := bigJournal(b)
	l, err := Open(path, 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		if err := l.Append(context.Background(), []byte(record(1, "ref 7"))); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := newIndex(path).Update(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadWhole is what was paid without an index.
func BenchmarkReadWhole(b *testing.B) {
	path, _ := bigJournal(b)
	for b.Loop() {
		for _, err := range Read(path) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
