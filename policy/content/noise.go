package content

import (
	"math"
	"sync"
)

// payloadBits is how much chance is a payload: seven eighths of a kibibyte.
const payloadBits = 7 << 10

// window looks at a stream of symbols, so many at a time, the next time half as many further on. It finds runs of
// windows that are noise.
type window struct {
	size  int
	least float64 // size of an alphabet that can be one of encoded bytes
	n     int     // symbols so far

	*counts
	bits  float64 // in the run
	run   span
	found []span
}

// add goes on with a symbol that begins at a place in the text.
func (w *window) add(symbol uint8, at int) {
	w.symbols[w.n], w.at[w.n] = symbol, at
	if w.n++; w.n < w.size {
		return
	}
	symbols := w.symbols[:w.n]
	alphabet, noise := w.measure(symbols)
	if !noise || alphabet < w.least {
		w.flush()
	} else {
		fresh := w.size / 2
		if w.bits == 0 {
			w.run.from, fresh = w.at[0], w.size
		}
		w.run.to = at + 1
		w.bits += float64(fresh) * math.Log2(alphabet)
	}
	w.n = copy(symbols, symbols[w.size/2:])
	copy(w.at[:], w.at[w.size/2:w.size])
}

// cut forgets what isn't a whole window: what comes doesn't go on with it.
func (w *window) cut() {
	w.flush()
	w.n = 0
}

func (w *window) flush() {
	if w.bits >= payloadBits {
		w.found = append(w.found, w.run)
	}
	w.bits = 0
}

// counts is what a window counts with: the tables, and room for the symbols that it looks at.
type counts struct {
	tables
	symbols [maxWindow]uint8
	at      [maxWindow]int // where each begins in the text
}

// tables say how often each symbol, each two in a row and each difference between these was seen. They are empty
// between two measures.
type tables struct {
	ones, steps [256]int32
	twos        [256 * 256]int16
}

// maxWindow is how many symbols a window looks at.
const maxWindow = 2048

// countsPool has those that are not in use. One in which something is still counted must not come back.
var countsPool = sync.Pool{New: func() any { return new(counts) }}

// measure says how many symbols there are, as far as it takes to choose one by chance, and whether these are in an
// order of chance. It counts pairs of places that have the same symbol, the same two in a row, and the same
// difference between the two. By chance the share of the second kind is the square of that of the first. Where it
// counts up or draws a line, the third is large.
func (c *counts) measure(symbols []uint8) (alphabet float64, noise bool) {
	var ones, twos, steps int
	last := symbols[0]
	c.ones[last]++
	for _, s := range symbols[1:] {
		two := &c.twos[int(last)<<8|int(s)]
		ones, twos, steps = ones+int(c.ones[s]), twos+int(*two), steps+int(c.steps[s-last])
		c.ones[s]++
		*two++
		c.steps[s-last]++
		last = s
	}
	last = symbols[0]
	c.ones[last] = 0
	for _, s := range symbols[1:] {
		c.ones[s], c.twos[int(last)<<8|int(s)], c.steps[s-last] = 0, 0, 0
		last = s
	}
	n := float64(len(symbols))
	pairs := n * (n - 1) / 2
	alike := max(float64(ones), 1) / pairs
	chance := pairs * alike * alike
	noise = float64(twos) <= chance*1.08+3.5*math.Sqrt(chance)+1 && float64(steps) <= 1.4*float64(ones) &&
		!columns(symbols, n*alike)
	return min(1/alike, 256), noise
}

// columns says whether symbols are those of a table, in which one is what stood above it far more often than by
// chance.
func columns(symbols []uint8, chance float64) bool {
	most := int(chance*1.5 + 4*math.Sqrt(chance) + 2)
	for width := 1; width <= 16; width++ {
		same := 0
		for i, s := range symbols[width:] {
			if s == symbols[i] {
				same++
			}
		}
		if same > most {
			return true
		}
	}
	return false
}
