package merkle

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.org/project"

func newKey(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func line(n int) []byte { return fmt.Appendf(nil, "record %d\n", n) }

func lineHash(n int) [32]byte { return sha256.Sum256(line(n)) }

// grown publishes a tree of n lines, from what is in the folder on.
func grown(t testing.TB, dir string, signer note.Signer, key note.Verifier, n int) (Checkpoint, []byte) {
	t.Helper()
	tree := Open(dir)
	before, err := tree.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	var from Checkpoint
	if before != nil {
		if from, err = OpenCheckpoint(before, key); err != nil {
			t.Fatal(err)
		}
	}
	g, err := tree.Grow(from)
	if err != nil {
		t.Fatal(err)
	}
	for g.Size() < int64(n) {
		if err := g.Add(lineHash(int(g.Size()))); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := g.Publish(signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenCheckpoint(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	return c, signed
}

// oracle is the tree of n lines as x/mod makes it.
func oracle(t testing.TB, n int) (tlog.Hash, tlog.HashReader) {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var all []tlog.Hash
		for _, i := range indexes {
			all = append(all, stored[i])
		}
		return all, nil
	})
	for i := range n {
		h := lineHash(i)
		more, err := tlog.StoredHashes(int64(i), h[:], read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(n), read)
	if err != nil {
		t.Fatal(err)
	}
	return root, read
}

// Roots and tiles are those of x/mod, and the example of tlog-tiles has the files that it says.
func TestTreeIsAsXModMakesIt(t *testing.T) {
	signer, key := newKey(t, origin)
	dir := t.TempDir()
	for _, n := range []int{0, 1, 2, 3, 255, 256, 257, 511, 512, 70_000} {
		c, _ := grown(t, dir, signer, key, n)
		root, read := oracle(t, n)
		if c.Root != root || c.Size != int64(n) || c.Origin != origin {
			t.Fatalf("%d: %+v, want the root %s", n, c, root)
		}
		for _, tile := range partial(int64(n)) {
			want, err := tlog.ReadTileData(tile, read)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Open(dir).ReadTile(tile); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d: %v: %v", n, tile, err)
			}
		}
	}
	for _, name := range []string{
		"tile/0/000", "tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
		"tile/entries/000", "tile/entries/273.p/112", "checkpoint",
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	bundle, err := os.ReadFile(filepath.Join(dir, "tile/entries/273.p/112"))
	if err != nil || len(bundle) != 112*34 {
		t.Fatalf("%d bytes, %v", len(bundle), err)
	}
	last := lineHash(69_999)
	if binary.BigEndian.Uint16(bundle[111*34:]) != 32 || !bytes.Equal(bundle[111*34+2:], last[:]) {
		t.Error("the last entry isn't the last line's hash")
	}
}

// A tree that grows in steps is the one that grows at once.
func TestTreeGrowsInSteps(t *testing.T) {
	signer, key := newKey(t, origin)
	steps, once := t.TempDir(), t.TempDir()
	for _, n := range []int{1, 5, 256, 300, 512, 513, 600} {
		grown(t, steps, signer, key, n)
	}
	a, _ := grown(t, steps, signer, key, 700)
	b, _ := grown(t, once, signer, key, 700)
	if left, err := filepath.Glob(filepath.Join(steps, "tile/*/*.p")); err != nil || len(left) != 3 {
		t.Errorf("partial tiles of which the full one is there: %v, %v", left, err)
	}
	if a != b {
		t.Errorf("%+v in steps, %+v at once", a, b)
	}
}

func TestProofs(t *testing.T) {
	signer, key := newKey(t, origin)
	dir := t.TempDir()
	const n = 600
	c, signed := grown(t, dir, signer, key, n)
	for i := range n {
		p, err := Open(dir).Prove(line(i), int64(i), c, signed)
		if err != nil {
			t.Fatal(err)
		}
		b := p.Format()
		again, err := ParseProof(b)
		if err != nil || !bytes.Equal(again.Format(), b) {
			t.Fatalf("%d: %v", i, err)
		}
		if got, err := again.Check(key); err != nil || got != c {
			t.Fatalf("%d: %+v, %v", i, got, err)
		}
		if err := tlog.CheckRecord(again.Path, c.Size, c.Root, int64(i), leafHash(lineHash(i))); err != nil {
			t.Fatalf("%d: x/mod says %v", i, err)
		}
	}
	if _, err := Open(dir).Prove(line(3), 4, c, signed); err == nil {
		t.Error("a record is proven to be another's number")
	}
	if _, err := Open(dir).Prove(line(n), n, c, signed); err == nil {
		t.Error("a record after the checkpoint is proven")
	}
}

// No byte of a proof, its checkpoint included, can be changed, left out or put in without being noticed.
func TestMangledProofs(t *testing.T) {
	signer, key := newKey(t, origin)
	dir := t.TempDir()
	c, signed := grown(t, dir, signer, key, 300)
	p, err := Open(dir).Prove(line(42), 42, c, signed)
	if err != nil {
		t.Fatal(err)
	}
	whole := p.Format()
	wantBad := func(b []byte, what string, at int) {
		t.Helper()
		p, err := ParseProof(b)
		if err == nil {
			_, err = p.Check(key)
		}
		if err == nil {
			t.Errorf("%s byte %d of\n%s", what, at, whole)
		}
	}
	for at := range whole {
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[at] ^= 1 << bit
			wantBad(b, fmt.Sprintf("bit %d is changed of", bit), at)
		}
		wantBad(slices.Delete(bytes.Clone(whole), at, at+1), "without", at)
		wantBad(whole[:at], "cut before", at)
		for _, more := range []string{" ", "\n", "\r", "=", "A", "0"} {
			if more[0] == whole[at] {
				continue // at the other end of the run it is the same file
			}
			wantBad(slices.Insert(bytes.Clone(whole), at, []byte(more)...), fmt.Sprintf("%q before", more), at)
		}
	}
	wantBad(append(bytes.Clone(whole), '\n'), "after", len(whole))
	for at := range signed { // and of a checkpoint alone
		for bit := range 8 {
			b := bytes.Clone(signed)
			b[at] ^= 1 << bit
			if _, err := OpenCheckpoint(b, key); err == nil {
				t.Errorf("bit %d of byte %d of a checkpoint", bit, at)
			}
		}
	}
}

func TestProofsOfOthers(t *testing.T) {
	signer, key := newKey(t, origin)
	foreign, foreignKey := newKey(t, origin)
	other, otherKey := newKey(t, "example.org/other")
	dir := t.TempDir()
	c, signed := grown(t, dir, signer, key, 20)
	p, err := Open(dir).Prove(line(2), 2, c, signed)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []note.Verifier{foreignKey, otherKey} {
		if _, err := p.Check(wrong); err == nil || !strings.Contains(err.Error(), "signed by") {
			t.Errorf("a proof of another log: %v", err)
		}
	}
	// The same key may not speak for another log.
	text := Checkpoint{"example.org/other", c.Size, c.Root}
	b, err := note.Sign(&note.Note{Text: text.text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(b, key); err == nil {
		t.Error("a checkpoint of a log by another's key")
	}
	// Others may sign as well.
	b, err = note.Sign(&note.Note{Text: c.text()}, other, signer, foreign)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenCheckpoint(b, key); err != nil || got != c {
		t.Errorf("a checkpoint with a witness: %+v, %v", got, err)
	}
}

func TestCheckpointsThatAreNone(t *testing.T) {
	signer, key := newKey(t, origin)
	root := emptyRoot.String()
	for name, text := range map[string]string{
		"two lines":       origin + "\n1\n",
		"an empty line":   origin + "\n\n1\n" + root + "\n",
		"zeros before it": origin + "\n01\n" + root + "\n",
		"negative":        origin + "\n-1\n" + root + "\n",
		"plus":            origin + "\n+1\n" + root + "\n",
		"too many":        origin + "\n9223372036854775807\n" + root + "\n",
		"no hash":         origin + "\n1\nabc\n",
		"a long hash":     origin + "\n1\n" + root + "AAAA\n",
		"other base64":    origin + "\n1\n" + strings.ReplaceAll(root, "/", "_") + "\n",
		"loose bits":      origin + "\n1\n" + strings.TrimSuffix(root, "U=") + "V=\n",
		"of go.sum":       string(tlog.FormatTree(tlog.Tree{N: 1, Hash: emptyRoot})),
	} {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c, err := OpenCheckpoint(signed, key); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	extended, err := note.Sign(&note.Note{Text: origin + "\n0\n" + root + "\nmore\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := OpenCheckpoint(extended, key); err != nil || c != (Checkpoint{origin, 0, emptyRoot}) {
		t.Errorf("a further line: %+v, %v", c, err)
	}
}

// Of all checkpoints of one log the older is the beginning of the newer; of a rewritten log it isn't.
func TestConsistency(t *testing.T) {
	signer, key := newKey(t, origin)
	dir, fork := t.TempDir(), t.TempDir()
	var all []Checkpoint
	for _, n := range []int{0, 1, 2, 7, 255, 256, 257, 300, 520} {
		c, _ := grown(t, dir, signer, key, n)
		all = append(all, c)
	}
	for i, old := range all {
		for _, new := range all[i:] {
			if err := Open(dir).CheckConsistency(old, new); err != nil {
				t.Errorf("%d and %d: %v", old.Size, new.Size, err)
			}
		}
	}
	if err := Open(dir).CheckConsistency(all[3], all[2]); err == nil || errors.Is(err, ErrFork) {
		t.Errorf("the other way round: %v", err)
	}
	g, err := Open(fork).Grow(Checkpoint{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 520 {
		h := lineHash(i)
		if i == 100 {
			h[0]++
		}
		if err := g.Add(h); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := g.Publish(signer)
	if err != nil {
		t.Fatal(err)
	}
	forked, err := OpenCheckpoint(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range all {
		if err := Open(fork).CheckConsistency(old, forked); errors.Is(err, ErrFork) != (old.Size > 100) {
			t.Errorf("%d records: %v", old.Size, err)
		}
	}
	if err := Open(fork).CheckConsistency(all[3], all[len(all)-1]); err == nil || errors.Is(err, ErrFork) {
		t.Errorf("by the tiles of another tree: %v", err)
	}
	// A fork can't be published over what was.
	g, err = Open(dir).Grow(Checkpoint{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		h := lineHash(i + 1)
		if err = g.Add(h); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("another tree was written over one")
	}
	if _, err := Open(dir).Grow(forked); err == nil {
		t.Error("a tree goes on from a fork's checkpoint")
	}
}

// Whatever is changed in the folder, nothing is proven by it, published from it or found consistent that isn't so.
func TestMangledTiles(t *testing.T) {
	signer, key := newKey(t, origin)
	dir := t.TempDir()
	old, _ := grown(t, dir, signer, key, 200)
	c, signed := grown(t, dir, signer, key, 600)
	var files []string
	for _, pattern := range []string{"tile/0/*", "tile/1/*", "tile/entries/*", "tile/*/*.p/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		whole, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		for _, at := range []int{0, 33, len(whole) / 2, len(whole) - 1} {
			b := bytes.Clone(whole)
			b[min(at, len(b)-1)] ^= 1
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, 255, 256, 599} {
				if p, err := Open(dir).Prove(line(i), int64(i), c, signed); err == nil {
					if _, err := p.Check(key); err != nil {
						t.Errorf("%s: a proof that doesn't hold: %v", name, err)
					}
				}
			}
			if err := Open(dir).CheckConsistency(old, c); errors.Is(err, ErrFork) {
				t.Errorf("%s: a damaged tile is taken for a fork", name)
			}
			if g, err := Open(dir).Grow(c); err == nil {
				if g.edge.root() != c.Root || g.Last() != lineHash(599) {
					t.Errorf("%s: goes on from another tree", name)
				}
			}
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 8 {
		t.Errorf("only %d files", len(files))
	}
}

func TestRecount(t *testing.T) {
	signer, key := newKey(t, origin)
	dir := t.TempDir()
	old, _ := grown(t, dir, signer, key, 300)
	c, _ := grown(t, dir, signer, key, 600)
	count := func(from, to, bad int, points ...Checkpoint) error {
		r := Open(dir).NewRecount(c, points...)
		for i := from; i < to; i++ {
			h := lineHash(i)
			if i == bad {
				h[5]++
			}
			if err := r.Add(uint64(i+1), h); err != nil {
				return err
			}
		}
		return r.End()
	}
	for _, from := range []int{0, 1, 256, 450} { // what is before was archived
		for _, to := range []int{600, 700} {
			if err := count(from, to, -1, old, c); err != nil {
				t.Errorf("%d to %d: %v", from, to, err)
			}
		}
	}
	for name, err := range map[string]error{
		"changed":           count(0, 600, 77, old, c),
		"cut off":           count(0, 599, -1, old, c),
		"cut off, archived": count(500, 510, -1, old, c),
		"the last changed":  count(0, 600, 599, c),
	} {
		if !errors.Is(err, ErrFork) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := count(601, 700, -1, c); err == nil {
		t.Error("records are missing that no checkpoint has")
	}
	if err := count(0, 700, 650, c); err != nil {
		t.Errorf("what no checkpoint has is anybody's: %v", err)
	}
}

func TestCopies(t *testing.T) {
	signer, key := newKey(t, origin)
	dir, to := t.TempDir(), t.TempDir()
	old, signed := grown(t, dir, signer, key, 300)
	if _, err := Open(dir).CopyTo(to, signed); err != nil {
		t.Fatal(err)
	}
	c, signed := grown(t, dir, signer, key, 600)
	n, err := Open(dir).CopyTo(to, signed)
	if err != nil || n > 8 {
		t.Fatalf("%d files, %v", n, err)
	}
	if err := Open(to).CheckConsistency(old, c); err != nil {
		t.Error(err)
	}
	if p, err := Open(to).Prove(line(5), 5, c, signed); err != nil || len(p.Path) == 0 {
		t.Error(err)
	}
	other := t.TempDir()
	stranger, strangerKey := newKey(t, "example.org/other")
	_, foreign := grown(t, other, stranger, strangerKey, 900)
	if _, err := Open(other).CopyTo(to, foreign); err == nil {
		t.Error("another log was copied over one")
	}
}

// FuzzParseProof holds that what is taken for a proof is written as Format writes it.
func FuzzParseProof(f *testing.F) {
	h := emptyRoot.String() + "\n"
	for _, s := range []string{
		"", proofHead + "\nextra \nindex 0\n\n", proofHead + "\nextra YQ==\nindex 7\n" + h + h + "\nx\n1\n" + h + "\n",
		proofHead + "\nindex 0\n\n", proofHead + "\nextra YR==\nindex 0\n\n", proofHead + "\nextra \nindex 00\n\n\n\n",
	} {
		f.Add([]byte(s))
	}
	_, key := newKey(f, origin)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseProof(b)
		if err != nil {
			return
		}
		if got := p.Format(); !bytes.Equal(got, b) {
			t.Errorf("%q is read as %q", b, got)
		}
		if _, err := p.Check(key); err == nil {
			t.Errorf("%q holds by a key that signed nothing", b)
		}
	})
}
