package reftable

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The tables were made by git 2.55, with 23, 64 and 204 refs: HEAD, two symbolic ones, a signed tag and branches, in
// blocks of 256, 512 and 256 bytes. The second is of a SHA-256 repository, the third has an index of an index.
var tables = []string{"small.ref", "sha256.ref", "levels.ref"}

func load(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestWhole(t *testing.T) {
	for _, name := range tables {
		symbolic, err := read(load(t, name))
		if want := []string{"HEAD", "refs/heads/alias", "refs/heads/dang"}; err != nil || !slices.Equal(symbolic, want) {
			t.Errorf("%s: %q, %v", name, symbolic, err)
		}
	}
}

// TestDamage: what a disk loses is noticed, wherever it is. Where it is within an id, Git misses the object.
func TestDamage(t *testing.T) {
	const lost = 64 // more than an id
	for _, name := range tables {
		content := load(t, name)
		end := len(content)
		if _, err := read(content); err != nil {
			t.Fatal(err)
		}
		for at := range content {
			if _, err := read(content[:at]); err == nil {
				t.Errorf("%s: cut at %d: no error", name, at)
			}
		}
		// Behind the refs and their index stand logs, which nobody here reads.
		if log := binary.BigEndian.Uint64(content[len(content)-20:]); log > 0 {
			end = int(log)
		}
		for at := 0; at+lost <= end; at += lost {
			zeroed := slices.Clone(content)
			clear(zeroed[at : at+lost])
			if slices.Equal(zeroed[at:at+lost], content[at:at+lost]) {
				continue
			}
			if _, err := read(zeroed); err == nil {
				t.Errorf("%s: zeroes at %d: no error", name, at)
			}
		}
	}
}

func TestStack(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := Open(dir)
	if err := s.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a list: %v", err)
	}
	write("tables.list", "\n")
	if err := s.Read(); !errors.Is(err, errDamaged) {
		t.Errorf("with an empty list: %v", err)
	}
	write("tables.list", "a.ref\n")
	if err := s.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its table: %v", err)
	}
	write("a.ref", string(load(t, "small.ref")))
	if err := s.Read(); err != nil || !s.Symbolic("refs/heads/dang") || s.Symbolic("refs/heads/main") {
		t.Errorf("%v, %v", err, s.symbolic)
	}
	write("tables.list", "a.ref\nb.ref\n")
	write("b.ref", "REFT")
	if err := s.Read(); !errors.Is(err, errDamaged) {
		t.Errorf("with a damaged table: %v", err)
	}
}

// FuzzRead: whatever a table says, it is read within its bounds.
func FuzzRead(f *testing.F) {
	for _, name := range tables {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for at := range 64 {
			f.Add(content, at, byte(at))
		}
	}
	f.Fuzz(func(_ *testing.T, content []byte, at int, with byte) {
		content = slices.Clone(content)
		if n := len(content); n > 4 {
			content[(at%n+n)%n] ^= with
			for _, header := range []int{24, 28} { // as if somebody had meant it
				if footer := n - header - 44; footer > header {
					copy(content[footer:], content[:header])
				}
			}
			binary.BigEndian.PutUint32(content[n-4:], crc32.ChecksumIEEE(content[max(0, n-72):n-4]))
		}
		_, _ = read(content)
	})
}
