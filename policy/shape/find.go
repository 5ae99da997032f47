package shape

// finder finds words in a text in one pass, by a table of their first four bytes. Each has four at least.
type finder struct {
	words []string
	table [1 << finderBits]uint8 // by the hash of four bytes: the number of a word that begins so, from 1
	next  []uint8                // the number of another
}

const finderBits = 12

// newFinder gives a finder of 255 words at most.
func newFinder(words []string) *finder {
	f := &finder{words: words, next: make([]uint8, len(words)+1)}
	for i, w := range words {
		h := hashOf(uint32(w[0]) | uint32(w[1])<<8 | uint32(w[2])<<16 | uint32(w[3])<<24)
		f.next[i+1] = f.table[h]
		f.table[h] = uint8(i + 1)
	}
	return f
}

func hashOf(four uint32) uint32 { return four * 0x9e3779b1 >> (32 - finderBits) }

// each calls found with each place of a word in a text, and the number of the word from 0.
func (f *finder) each(text []byte, found func(word, at int)) {
	var four uint32
	for i, c := range text {
		four = four>>8 | uint32(c)<<24
		for n := f.table[hashOf(four)]; n != 0; n = f.next[n] {
			if w := f.words[n-1]; i >= 3 && len(text)-i+3 >= len(w) && string(text[i-3:i-3+len(w)]) == w {
				found(int(n-1), i-3)
			}
		}
	}
}
