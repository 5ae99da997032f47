package signal

import "bytes"

// mark is what a line may be about: a hint, by which most lines are passed over.
type mark uint32

const (
	quote     mark = 1 << iota // has a quotation mark
	plus                       // has a plus
	backslash                  // has a backslash
	dollar                     // has a dollar sign
	hidden                     // has the first byte of an invisible character

	down   // a command that fetches
	fetch  // an expression that fetches
	unpack // decodes
	run    // runs text as a program
	call   // may do so, if what is decoded stands just there
	socket // binds a shell to the network
	secret // names a secret
	carry  // encodes or sends
	stay   // writes where it stays
	split  // a word may be in parts
	odd    // names and characters of obfuscators
	pipe   // has a bar
)

// byteMarks are the marks of single bytes. Those of invisible characters are the first bytes of U+00AD, U+034F, U+061C,
// U+115F to U+180F, U+200B to U+206F, U+3164, U+E000 to U+FFF8, and of all from U+10000 on that are
// ignorable or private.
var byteMarks = [256]mark{
	'+': plus, '"': quote, '\'': quote, '`': quote, '\\': backslash, '$': dollar, '|': pipe, '\r': hidden, 0x1b: hidden,
	0xc2: hidden, 0xcd: hidden, 0xd8: hidden, 0xe1: hidden, 0xe2: hidden, 0xe3: hidden, 0xee: hidden, 0xef: hidden,
	0xf0: hidden, 0xf3: hidden, 0xf4: hidden,
}

const tableBits = 13

// table gives for the hash of four bytes the number of the first word that begins so, plus one; next gives the one
// after.
var table, next = tableOf()

func tableOf() (table [1 << tableBits]uint16, next []uint16) {
	next = make([]uint16, len(words)+1)
	for i, w := range words {
		var four uint32
		for j := range 4 {
			four |= uint32(w.text[j]|0x20) << (8 * j)
		}
		h := hash(four)
		next[i+1] = table[h]
		table[h] = uint16(i + 1)
	}
	return table, next
}

func hash(four uint32) uint32 { return four * 0x9e3779b1 >> (32 - tableBits) }

// marksOfBytes gives the marks that single bytes of a line have.
func marksOfBytes(line []byte) (m mark) {
	for _, c := range line {
		m |= byteMarks[c]
	}
	return m
}

// marksOf gives the marks of a line.
func marksOf(line []byte) mark {
	var m mark
	var four uint32
	for i, c := range line {
		m |= byteMarks[c]
		four = four>>8 | uint32(c|0x20)<<24
		if n := table[hash(four)]; n != 0 && i >= 3 {
			m |= wordsAt(line[i-3:], n)
		}
	}
	return m
}

func wordsAt(b []byte, n uint16) (m mark) {
	for ; n != 0; n = next[n] {
		if w := &words[n-1]; m&w.mark != w.mark && hasFold(b, w.text) {
			m |= w.mark
		}
	}
	return m
}

// hasFold says whether bytes begin with a text, whatever the case of letters that are small in it.
func hasFold(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	for i := range len(text) {
		if b[i] != text[i] && lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// indexFold finds a text in lower case, whatever the case of the letters it stands in, or gives -1.
func indexFold(b []byte, text string) int {
	first, last := text[0], len(b)-len(text)
	if !isLetter(first) {
		for from := 0; from <= last; from++ {
			i := bytes.IndexByte(b[from:last+1], first)
			if i < 0 {
				return -1
			}
			if from += i; hasFold(b[from:], text) {
				return from
			}
		}
		return -1
	}
	for i := 0; i <= last; i++ {
		if b[i]|0x20 == first && hasFold(b[i:], text) {
			return i
		}
	}
	return -1
}

func containsFold(b []byte, text string) bool { return indexFold(b, text) >= 0 }

// anyFold says whether one of several texts in lower case stands there.
func anyFold(b []byte, texts ...string) bool {
	for _, t := range texts {
		if containsFold(b, t) {
			return true
		}
	}
	return false
}
