package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

func TestReadFrom(t *testing.T) {
	l, files := inSegments(t, 11)
	if len(files) < 4 {
		t.Fatalf("only %d files", len(files))
	}
	for seq := range uint64(14) {
		next := max(seq, 1)
		for e, err := range ReadFrom(l.path, seq) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Seq != next {
				t.Fatalf("from %d: record %d, want %d", seq, e.Seq, next)
			}
			next++
			line := e.Written()
			sum := sha256.Sum256(line)
			if again, ok := ParseLine(line); !ok || again.Seq != e.Seq || hex.EncodeToString(sum[:]) != e.Hash {
				t.Errorf("record %d is written as %q", e.Seq, line)
			}
		}
		if next != max(seq, 12) {
			t.Errorf("from %d: %d records", seq, next-seq)
		}
	}
	for e, err := range ReadFrom("../testdata/journal/repaired.jsonl", 1) {
		sum := sha256.Sum256(e.Written())
		if err != nil || hex.EncodeToString(sum[:]) != e.Hash {
			t.Errorf("a repaired record is written as %q (%v)", e.Written(), err)
		}
	}
	for _, bad := range []string{"", "\n", `{"v":1,"seq":1}` + "\n", "x"} {
		if _, ok := ParseLine([]byte(bad)); ok {
			t.Errorf("%q is a line", bad)
		}
	}
}

func TestHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Hold(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Millisecond))
	defer cancel()
	if _, err := Hold(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("held twice: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := Hold(t.Context(), path)
	if err != nil {
		t.Fatal(fmt.Errorf("not given back: %w", err))
	}
	again()
}
