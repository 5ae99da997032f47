package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An index's folder has a file for each of 256 buckets, into which keys are divided by their hash, a file
// "position" and a file "lock". A bucket is only ever appended to. The position says how much of each bucket
// counts, with a checksum, and up to which line of the journal that goes; it is replaced as a whole once the
// buckets are written. What stands in a bucket beyond it was left by a process that died, and is cut off by the
// next that writes. Buckets made anew have new names, so that whoever still reads the old ones isn't disturbed.
// Nothing is fsynced: what a power failure takes, the checksums show.

const (
	buckets      = 256
	positionFile = "position"
	lockFile     = "lock"
	indexHead    = "countersign journal index 2\n" // of the position: the form of the folder
)

// position is how far an index goes, in the journal and in its buckets.
type position struct {
	Version    int    // of the function that says what a record says
	Generation string // the first part of the buckets' names

	Seq    uint64 // of the last record read
	Hash   string
	Line   int   // in its file
	Offset int64 // where its line ends
	Length int64 // of its line

	Buckets [buckets]extent `json:"-"` // which stand behind the JSON, 16 bytes each: all of it as JSON takes too long
}

// extent is how much of a bucket counts.
type extent struct {
	Size int64
	Sum  uint64
}

var (
	crcTable = crc64.MakeTable(crc64.ECMA)

	// errBucket says that a bucket isn't what the position says.
	errBucket = errors.New("a bucket of the index is damaged")
)

func newGeneration() string { return rand.Text() }

// isGeneration says whether a text is as newGeneration makes it: RFC 4648, section 6.
func isGeneration(text string) bool {
	return len(text) == 26 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func bucketOf(key string) byte { return sha256.Sum256([]byte(key))[0] }

func (x *Index) bucketPath(generation string, bucket byte) string {
	return filepath.Join(x.dir, fmt.Sprintf("%s-%02x", generation, bucket))
}

// load reads the position; false if there is none that can be used.
func (x *Index) load() (at position, ok bool) {
	b, err := readRegular(filepath.Join(x.dir, positionFile), 64<<10)
	if err != nil {
		return at, false
	}
	body, ok := bytes.CutPrefix(b, []byte(indexHead))
	const sumLen = 2*sha256.Size + 1
	if !ok || len(body) < sumLen {
		return at, false
	}
	sum := sha256.Sum256(body[sumLen:])
	text, extents, _ := bytes.Cut(body[sumLen:], []byte("\n"))
	if string(body[:sumLen]) != hex.EncodeToString(sum[:])+"\n" || json.Unmarshal(text, &at) != nil ||
		len(extents) != binary.Size(at.Buckets) {
		return at, false
	}
	if _, err := binary.Decode(extents, binary.BigEndian, &at.Buckets); err != nil {
		return at, false
	}
	return at, at.Version == x.version && isGeneration(at.Generation) &&
		at.Length > 0 && at.Length <= maxLine && at.Offset >= at.Length
}

// save replaces the position.
func (x *Index) save(at position, like os.FileInfo) error {
	body, err := json.Marshal(at)
	if err == nil {
		body, err = binary.Append(append(body, '\n'), binary.BigEndian, at.Buckets)
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	b := append([]byte(indexHead+hex.EncodeToString(sum[:])+"\n"), body...)
	next := filepath.Join(x.dir, positionFile+".new")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := makeLike(next, like)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(x.dir, positionFile))
}

// readRegular reads a small file, following no link.
func readRegular(path string, most int64) ([]byte, error) {
	f, err := openRead(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	at, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !at.Mode().IsRegular() || at.Size() > most {
		return nil, errNotRegular(path, at.Mode())
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// makeLike makes a file that whoever writes to the journal can write to, too.
func makeLike(path string, like os.FileInfo) (*os.File, error) {
	f, err := openFile(path, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	shareGroup(f, like)
	if err := f.Chmod(0o640 | like.Mode().Perm()&0o024); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// stored gives what the folder says of a key; false if it isn't what the position says.
func (x *Index) stored(key string) ([]Found, bool) {
	bucket := bucketOf(key)
	if x.read[bucket] == nil {
		keys, ok := x.bucket(bucket)
		if !ok {
			return nil, false
		}
		x.read[bucket] = keys
	}
	return x.read[bucket][key], true
}

// bucket reads what the folder has in a bucket.
func (x *Index) bucket(bucket byte) (map[string][]Found, bool) {
	keys := make(map[string][]Found)
	extent := x.at.Buckets[bucket]
	if extent.Size == 0 {
		return keys, true
	}
	f, err := openRead(x.bucketPath(x.at.Generation, bucket))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if at, err := f.Stat(); err != nil || !at.Mode().IsRegular() || at.Size() < extent.Size {
		return nil, false
	}
	b := make([]byte, extent.Size)
	if _, err := io.ReadFull(f, b); err != nil || crc64.Checksum(b, crcTable) != extent.Sum {
		return nil, false
	}
	for len(b) > 0 {
		seq, n := binary.Uvarint(b)
		k, rest, ok := field(b[max(n, 0):])
		value, rest, also := field(rest)
		if n <= 0 || !ok || !also {
			return nil, false
		}
		if b = rest; seq >= x.first {
			keys[string(k)] = append(keys[string(k)], Found{seq, value})
		}
	}
	return keys, true
}

// field cuts off bytes that their length stands before.
func field(b []byte) (value, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size) : n+int(size)], b[n+int(size):], true
}

func appendField(b []byte, value string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(value))), value...)
}

// How much is kept in memory before it is stored, and read of the journal: a process that runs out of time
// leaves to the next what it has done.
const (
	mostKept = 8 << 20
	mostRead = 32 << 20
)

// store brings the folder up to date.
func (x *Index) store(ctx context.Context, bad string) error {
	like, err := x.makeFolder()
	if err != nil {
		return err
	}
	lock, err := x.lock(ctx, like)
	if err != nil {
		return err
	}
	defer lock.Close()
	at, c, err := x.begin(bad) // another process may have done it meanwhile
	if err != nil {
		return &readingError{err}
	}
	defer c.close()
	w := writer{x: x, at: at, like: like, made: at.Seq == 0}
	read := int64(0)
	err = x.each(ctx, c, func(e Entry, pairs []Pair) error {
		w.at.Seq, w.at.Hash, w.at.Line, w.at.Offset, w.at.Length = e.Seq, e.Hash, e.Line, c.at, e.length
		w.add(e.Seq, pairs)
		if read += e.length; read < mostRead && w.kept < mostKept {
			return nil
		}
		read = 0
		return w.flush()
	})
	if err != nil {
		return err
	}
	if w.at.Seq != at.Seq {
		if err := w.flush(); err != nil {
			return err
		}
	}
	x.at, x.ready = w.at, true
	return nil
}

// writer collects what records say, and writes it to the buckets.
type writer struct {
	x    *Index
	at   position
	like os.FileInfo
	made bool // the generation is new
	next [buckets][]byte
	kept int
}

func (w *writer) add(seq uint64, pairs []Pair) {
	for _, p := range pairs {
		bucket := bucketOf(p.Key)
		before := len(w.next[bucket])
		b := binary.AppendUvarint(w.next[bucket], seq)
		b = appendField(appendField(b, p.Key), string(p.Value))
		w.next[bucket], w.kept = b, w.kept+len(b)-before
	}
}

// flush appends to the buckets, and then says so in the position.
func (w *writer) flush() error {
	for i := range w.next {
		if len(w.next[i]) == 0 {
			continue
		}
		if err := w.x.appendBucket(w.at.Generation, byte(i), &w.at.Buckets[i], w.next[i], w.like); err != nil {
			return err
		}
		w.next[i] = w.next[i][:0]
	}
	w.kept = 0
	if err := w.x.save(w.at, w.like); err != nil {
		return err
	}
	if w.made {
		w.x.clean(w.at.Generation)
		w.made = false
	}
	return nil
}

func (x *Index) appendBucket(generation string, bucket byte, at *extent, b []byte, like os.FileInfo) error {
	path := x.bucketPath(generation, bucket)
	f, err := openFile(path, 0)
	if errors.Is(err, fs.ErrNotExist) && at.Size == 0 {
		f, err = makeLike(path, like)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return errBucket
	}
	if err != nil {
		return err
	}
	defer f.Close()
	now, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !now.Mode().IsRegular() || now.Size() < at.Size:
		return errBucket
	case now.Size() > at.Size:
		if err := f.Truncate(at.Size); err != nil {
			return err
		}
	}
	if _, err := f.Write(b); err != nil {
		return err
	}
	at.Size, at.Sum = at.Size+int64(len(b)), crc64.Update(at.Sum, crcTable, b)
	return nil
}

// clean removes the buckets of other generations.
func (x *Index) clean(generation string) {
	all, _ := os.ReadDir(x.dir)
	for _, entry := range all {
		of, bucket, _ := strings.Cut(entry.Name(), "-")
		if isGeneration(of) && of != generation && len(bucket) == 2 && strings.Trim(bucket, "0123456789abcdef") == "" {
			_ = os.Remove(filepath.Join(x.dir, entry.Name()))
		}
	}
}

// makeFolder makes the folder if there is none, and gives the journal's file, which its files are to be like.
func (x *Index) makeFolder() (os.FileInfo, error) {
	like, err := likeOf(x.path)
	if err != nil {
		return nil, &readingError{err}
	}
	switch err := os.Mkdir(x.dir, 0o750); {
	case errors.Is(err, fs.ErrExist):
	case err != nil:
		return nil, err
	default:
		if err := shareFolder(x.dir, like); err != nil {
			return nil, err
		}
	}
	at, err := os.Lstat(x.dir)
	if err == nil && !at.IsDir() {
		err = fmt.Errorf("journal: %s is no folder", x.dir)
	}
	return like, err
}

// shareFolder lets whoever writes to the journal write to a folder, too.
func shareFolder(dir string, like os.FileInfo) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	shareGroup(d, like)
	if like.Mode().Perm()&0o020 == 0 {
		return nil
	}
	return d.Chmod(0o770 | like.Mode().Perm()&0o004 | like.Mode().Perm()&0o004>>2 | fs.ModeSetgid)
}

// lock waits until nobody else writes to the folder. Closing the file gives the lock back.
func (x *Index) lock(ctx context.Context, like os.FileInfo) (*os.File, error) {
	path := filepath.Join(x.dir, lockFile)
	f, err := openFile(path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = makeLike(path, like)
		if errors.Is(err, fs.ErrExist) {
			f, err = openFile(path, 0)
		}
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, x.wait)
	defer cancel()
	if err := retry(ctx, func() error { return flock(f) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
