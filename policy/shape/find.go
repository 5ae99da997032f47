package shape

// finder finds words in a text in one pass, by a table of their first four bytes. Each has four at least, and no
// capitals; in the text, capitals of ASCII count as small letters.
type finder struct {
	words []string
	table [1 << finderBits]uint16 // by the hash of four bytes: the number of a word that begins so, from 1
	next  []uint16                // the number of another
}

const finderBits = 12

// newFinder gives a finder of 320 words at most.
func newFinder(words []string) *finder {
	f := &finder{words: words, next: make([]uint16, len(words)+1)}
	for i, w := range words {
		h := hashOf(uint32(w[0]) | uint32(w[1])<<8 | uint32(w[2])<<16 | uint32(w[3])<<24)
		f.next[i+1] = f.table[h]
		f.table[h] = uint16(i + 1)
	}
	return f
}

func hashOf(four uint32) uint32 { return four * 0x9e3779b1 >> (32 - finderBits) }

// each calls found with each place of a word in a text, and the number of the word from 0.
func (f *finder) each(text []byte, found func(word, at int)) {
	var four uint32
	for i, c := range text {
		four = four>>8 | uint32(small[c])<<24
		for n := f.table[hashOf(four)]; n != 0; n = f.next[n] {
			if w := f.words[n-1]; i >= 3 && beginsWith(text[i-3:], w) {
				found(int(n-1), i-3)
			}
		}
	}
}

// in gives the words that a text holds.
func (f *finder) in(text []byte) (words wordSet) {
	f.each(text, func(word, _ int) { words[word/64] |= 1 << (word % 64) })
	return words
}

// wordSet is a set of the words of a finder.
type wordSet [5]uint64

func (s *wordSet) has(word int) bool { return s[word/64]&(1<<(word%64)) != 0 }

// beginsWith tells whether a text begins with a word in small letters, however it writes these.
func beginsWith(text []byte, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		if small[text[i]] != word[i] {
			return false
		}
	}
	return true
}

// small gives small letters for the capitals of ASCII.
var small = smallLetters()

func smallLetters() (table [256]byte) {
	for i := range table {
		if table[i] = byte(i); 'A' <= i && i <= 'Z' {
			table[i] += 'a' - 'A'
		}
	}
	return table
}
