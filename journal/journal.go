// Package journal keeps an append-only, hash-chained file of records and proves that none was
// changed, removed or inserted.
//
// Start with [Open] and [Log.Append]; [Check] proves a journal whole, [Read] goes through it, [OpenIndex]
// finds what it says of a key without reading it all, and [Discard] is for those who have said that they
// keep no journal. A record is one JSON object; what it means is the caller's business. Each stands on a
// line of its own, in exactly this form:
//
//	{"v":1,"seq":12,"prev":"<64 hex digits>","record":{…}}
//
// Records are numbered from 1. prev is the SHA-256 of the previous record's line with its newline,
// so that "sed -n 11p FILE | sha256sum" gives the prev of line 12; in the first line it is that of
// nothing. What the chain can't show is that the last records were cut off: keep a [Head] elsewhere
// and compare.
//
// A crash may leave a torn last line. Nothing is ever moved or cut off to mend that: the next Append
// ends the torn line with a newline and says in its own line how many bytes, newline included, stand
// between the previous record and this one:
//
//	{"v":1,"seq":12,"prev":"…","repaired":57,"record":{…}}
//
// Its prev covers the previous record's line and these bytes, so the torn bytes can't be changed
// later either. Bytes that no record accounts for are a [Fault]. A last line that is whole but for
// its newline is a record, and gets the newline.
//
// A file that has grown to the size that Open is given becomes a segment: the next Append renames it to the
// journal's name with the number of its last record, as journal.jsonl.000000012, and begins a new file. Its
// first record continues the chain and says that it stands first:
//
//	{"v":1,"seq":13,"prev":"…","first":true,"record":{…}}
//
// So a missing, changed or exchanged segment is a [Fault], as a missing line is. The oldest segments may be
// moved away, to an archive: what is left is proven from its first record on. A segment is never written to
// again, renamed or removed. Where a file can't be renamed (chattr +a, a folder that can't be written to), it
// goes on growing.
//
// A journal's files are regular files. The first is made with mode 0640 less the umask, or in a folder that the group
// may write to with 0660, and readable by all if the folder is: there pushers are different users of the system. The
// mode of a file that exists is never changed, and a file that follows a segment gets the segment's. It works on a file
// that may only grow (chattr +a), where only the bytes of a write that failed stay behind until the next record repairs
// them.
package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// MaxRecord is how many bytes a record may have once white space between its tokens is gone.
const MaxRecord = 16 << 20

// lockWait bounds the wait for another process where the caller's context doesn't.
const lockWait = 10 * time.Second

// Log appends to one journal. It holds nothing open between calls, so that the file and all its segments may
// be renamed away at any time; a new one then begins at record 1. It is safe for concurrent use by any number
// of goroutines and processes.
type Log struct {
	path   string
	rotate int64
	wait   time.Duration
}

// Open gives the journal at path, which Append makes if there is none; the folder must be there.
// Anything but a regular file is refused, and so is a symbolic link to one. A file of at least rotate bytes
// becomes a segment; 0 is for never.
func Open(path string, rotate int64) (*Log, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	switch at, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("journal: no folder to keep it in: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("journal: %w", err)
	case !at.Mode().IsRegular():
		return nil, errNotRegular(path, at.Mode())
	}
	return &Log{path: path, rotate: rotate, wait: lockWait}, nil
}

// Writable says whether this user may add records to the journal at path, and new files to its folder as it grows. It
// writes nothing, and makes no file. Where the folder isn't there the error is [fs.ErrNotExist].
func Writable(path string) error {
	f, err := openFile(path, 0)
	switch {
	case err == nil:
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return mayWrite(filepath.Dir(path))
}

func errNotRegular(path string, mode fs.FileMode) error {
	return fmt.Errorf("journal %s: not a regular file (%s); name another file or move it away", path, mode)
}

// Append writes one record at the end and returns nil only when it is on disk. After an error nothing of the
// record is left, unless what was written can't be taken back either: then the error says so, and what is there is a
// torn line or, if only the disk didn't confirm it, the record. While another process writes, Append waits as long as
// ctx allows, ten seconds if that has no deadline; once it has begun to write, ctx stops it no more.
func (l *Log) Append(ctx context.Context, record []byte) error {
	body, err := compact(record)
	if err != nil {
		return fmt.Errorf("journal record: %w", err)
	}
	for {
		f, err := l.lock(ctx)
		if err != nil {
			return err
		}
		rotated, err := l.append(f, body)
		f.Close() // and so unlock
		if err != nil {
			return fmt.Errorf("journal %s: %w", l.path, err)
		}
		if !rotated {
			return nil
		}
	}
}

// append writes a record to a locked file, or makes the file a segment: then the record belongs to the next.
func (l *Log) append(f *os.File, body []byte) (rotated bool, err error) {
	at, err := f.Stat()
	if err != nil {
		return false, err
	}
	if at.Size() == 0 { // a new file, or one whose maker died before its name was on disk
		if err := syncFolder(filepath.Dir(l.path)); err != nil {
			return false, err
		}
	}
	e, err := endOf(f, at.Size(), l.newest)
	if err != nil {
		return false, err
	}
	if l.rotate > 0 && at.Size() >= l.rotate && e.sound() && makeSegment(l.path, e.seq) {
		return true, syncFolder(filepath.Dir(l.path))
	}
	return false, appendTo(f, at.Size(), e, body)
}

// file is what appending asks of a file opened for reading and appending.
type file interface {
	io.ReaderAt
	io.Writer
	Sync() error
	Truncate(size int64) error
}

// appendTo writes one line to a locked file of that size and end, in one write.
func appendTo(f file, size int64, end end, body []byte) error {
	if _, err := f.Write(end.line(body)); err != nil {
		return errors.Join(fmt.Errorf("record %d is not written: %w", end.seq+1, err), undo(f, size))
	}
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("record %d is not on disk: %w", end.seq+1, err), undo(f, size))
	}
	return nil
}

// undo takes back what a failed write left. Where that fails too, the next record repairs it, if it isn't a whole line.
func undo(f file, size int64) error {
	if err := f.Truncate(size); err != nil {
		return fmt.Errorf("what was written of it stays until the next record: %w", err)
	}
	return nil
}

// compact checks that a record is one JSON object and takes the white space between its tokens out,
// raw newlines with it.
func compact(record []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, record); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if b.Bytes()[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	if b.Len() > MaxRecord {
		return nil, fmt.Errorf("%d bytes long; %d are allowed", b.Len(), MaxRecord)
	}
	return b.Bytes(), nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Discard keeps no records. Whoever judges without a journal, as CI and a pre-push hook do, says so
// by naming it.
var Discard discard

type discard struct{}

// Append drops the record.
func (discard) Append(context.Context, []byte) error { return nil }
