package kept

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"

	"countersign/policy"
)

// version is that of the format, and of what reading finds in a history. A program of another version reads all anew.
const version = "countersign landings 1\n"

// ErrDamaged says that a file isn't what was written.
var ErrDamaged = errors.New("damaged")

// The modes that Git writes, by the number that stands for them.
var modes = []uint32{0, 0o100644, 0o100755, 0o120000, 0o160000, 0o040000}

// What a commit is, as a set of bits.
const (
	onlyChild = 1 << iota // it has one parent
	malformed
	signed // somebody's signature is good
)

// What a change is, as a set of bits beside the number of its other paths.
const (
	merged = 1 << iota
	anywhere
	otherPaths = iota
)

// number gives the number of a word.
func (l *Line) number(word string) uint64 {
	n, known := l.numbers[word]
	if !known {
		n = len(l.words)
		l.numbers[word], l.words = n, append(l.words, word)
	}
	return uint64(n)
}

// encoded gives the body with a landing after it; false where that has what can't be kept.
func (l *Line) encoded(landing *policy.Landing, verified bool) ([]byte, bool) {
	b := binary.AppendUvarint(l.body, uint64(len(landing.Brought)))
	b = binary.AppendVarint(b, landing.Commit.Committer.When)
	for c := range landing.Commits() {
		var is byte
		if len(c.Parents) == 1 {
			is |= onlyChild
		}
		if c.Malformed != "" {
			is |= malformed
		}
		if verified && c.Signature.Status == policy.StatusGood {
			is |= signed
		}
		b = append(b, is)
		b = binary.AppendUvarint(b, l.number(c.Author.Email))
		b = binary.AppendUvarint(b, l.number(c.Committer.Email))
		if is&signed != 0 {
			b = binary.AppendUvarint(b, l.number(c.Signature.Principal))
		}
		b = binary.AppendUvarint(b, uint64(len(c.Changes)))
		for i := range c.Changes {
			var ok bool
			if b, ok = l.change(b, &c.Changes[i]); !ok {
				return nil, false
			}
		}
	}
	return b, true
}

func (l *Line) change(b []byte, ch *policy.Change) ([]byte, bool) {
	old, is := slices.Index(modes, ch.OldMode), slices.Index(modes, ch.NewMode)
	if old < 0 || is < 0 {
		return nil, false
	}
	b = append(b, byte(old<<4|is))
	b = binary.AppendUvarint(b, l.number(ch.Path))
	b = binary.AppendUvarint(b, uint64(ch.Traits))
	how := uint64(len(ch.Also)) << otherPaths
	if ch.Merged {
		how |= merged
	}
	if ch.Anywhere {
		how |= anywhere
	}
	b = binary.AppendUvarint(b, how)
	for _, path := range ch.Also {
		b = binary.AppendUvarint(b, l.number(path))
	}
	return b, true
}

// text gives the file of a line.
func (l *Line) text() []byte {
	b := make([]byte, sha256.Size, sha256.Size+len(l.body)+24*len(l.ids)+32*len(l.words))
	b = append(b, version...)
	str := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	str(l.Keys)
	str(strings.Join(l.Adopted, " "))
	b = binary.AppendUvarint(b, uint64(l.claimed))
	b = binary.AppendUvarint(b, uint64(len(l.words)))
	for _, word := range l.words {
		str(word)
	}
	b = binary.AppendUvarint(b, uint64(len(l.ids)))
	at := 0
	for i, id := range l.ids {
		str(id)
		b = binary.AppendUvarint(b, uint64(l.ends[i]-at))
		at = l.ends[i]
	}
	b = append(b, l.body...)
	return summed(b)
}

// summed writes the checksum of what follows it at the beginning of a text, where there is room for it.
func summed(text []byte) []byte {
	sum := sha256.Sum256(text[sha256.Size:])
	copy(text, sum[:])
	return text
}

// checked gives what follows the checksum and the version in a text; false where that isn't what was written.
func checked(text []byte, version string) (rest []byte, ok bool) {
	if len(text) < sha256.Size {
		return nil, false
	}
	if sum := sha256.Sum256(text[sha256.Size:]); !bytes.Equal(sum[:], text[:sha256.Size]) {
		return nil, false
	}
	return bytes.CutPrefix(text[sha256.Size:], []byte(version))
}

// parse reads what text wrote.
func parse(text []byte) (*Line, error) {
	rest, ok := checked(text, version)
	r := reading{rest: rest, failed: !ok}
	l := &Line{Keys: r.str(), Adopted: strings.Fields(r.str()), claimed: r.count(-1)}
	l.words = make([]string, r.count(1))
	for i := range l.words {
		l.words[i] = r.str()
	}
	n := r.count(2)
	l.ids, l.ends = make([]string, n), make([]int, n)
	at := 0
	for i := range n {
		l.ids[i] = r.str()
		at += r.count(1)
		l.ends[i] = at
	}
	l.body = r.rest
	if r.failed || at != len(l.body) || l.claimed > n {
		return nil, ErrDamaged
	}
	return l, nil
}

// reading reads numbers and strings. After what can't be read all are zero.
type reading struct {
	rest   []byte
	failed bool
}

func (r *reading) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if r.failed = r.failed || n <= 0; r.failed {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many there are of what takes some bytes each; negative for no bound but that of memory.
func (r *reading) count(size int) int {
	v := r.uvarint()
	most := uint64(maxBytes)
	if size > 0 {
		most = uint64(len(r.rest) / size)
	}
	if v > most {
		r.failed, r.rest = true, nil
		return 0
	}
	return int(v)
}

func (r *reading) str() string {
	n := r.count(1)
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *reading) byte() byte {
	if r.failed = r.failed || len(r.rest) == 0; r.failed {
		r.rest = nil
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// word reads the number of a word.
func (r *reading) word(words []string) string {
	v := r.uvarint()
	if r.failed = r.failed || v >= uint64(len(words)); r.failed {
		return ""
	}
	return words[v]
}

// Landings gives the landings from one place to before another, in order. A landing is good until the next one. It has
// the signatures of those that were verified. The error says that the file doesn't hold what its checksum promised.
func (l *Line) Landings(from, to int) iter.Seq2[*policy.Landing, error] {
	return func(yield func(*policy.Landing, error) bool) {
		var landing policy.Landing
		begin := 0
		if from > 0 {
			begin = l.ends[from-1]
		}
		for i := from; i < to; i++ {
			r := reading{rest: l.body[begin:l.ends[i]]}
			l.landing(&r, &landing)
			if r.failed || len(r.rest) > 0 {
				yield(nil, ErrDamaged)
				return
			}
			if begin = l.ends[i]; !yield(&landing, nil) {
				return
			}
		}
	}
}

// landing reads one into another, whose memory it uses again.
func (l *Line) landing(r *reading, into *policy.Landing) {
	n := r.count(4)
	into.Brought = slices.Grow(into.Brought[:0], n)[:n]
	when, read := binary.Varint(r.rest)
	if r.failed = r.failed || read <= 0; r.failed {
		return
	}
	r.rest = r.rest[read:]
	for c := range into.Commits() {
		l.commit(r, c)
	}
	into.Commit.Committer.When = when
}

func (l *Line) commit(r *reading, c *policy.Commit) {
	is := r.byte()
	*c = policy.Commit{Changes: c.Changes[:0], Parents: c.Parents[:0]}
	if is&onlyChild != 0 {
		c.Parents = append(c.Parents, "")
	}
	if is&malformed != 0 {
		c.Malformed = policy.StatusMalformed
	}
	c.Author.Email, c.Committer.Email = r.word(l.words), r.word(l.words)
	if is&signed != 0 {
		c.Signature = policy.Signature{Status: policy.StatusGood, Principal: r.word(l.words)}
	}
	for n := r.count(4); n > 0 && !r.failed; n-- {
		c.Changes = append(c.Changes, l.changed(r))
	}
}

func (l *Line) changed(r *reading) (ch policy.Change) {
	both := r.byte()
	old, is := int(both>>4), int(both&15)
	if r.failed = r.failed || old >= len(modes) || is >= len(modes); r.failed {
		return ch
	}
	ch.OldMode, ch.NewMode = modes[old], modes[is]
	ch.Path, ch.Traits = r.word(l.words), policy.Traits(r.uvarint())
	how := r.uvarint()
	ch.Merged, ch.Anywhere = how&merged != 0, how&anywhere != 0
	for n := how >> otherPaths; n > 0 && !r.failed; n-- {
		ch.Also = append(ch.Also, r.word(l.words))
	}
	return ch
}
