package content

import (
	"math"
	"sync"
)

// payloadBits is how much chance is a payload: seven eighths of a kibibyte.
const payloadBits = 7 << 10

// reading is a way to read the symbols of a part of a text.
type reading struct {
	size  int     // of the windows
	least float64 // size of an alphabet that can be one of encoded bytes
	read  func(w *window, text []byte, part span)
}

// runs gives the runs of noise in a part of a text, if one overlaps near, parts in order. It would do so with one of
// its windows, so these alone are measured first.
func (r reading) runs(text []byte, part span, near []span, c *counts) []span {
	w := window{reading: r, look: near, counts: c}
	r.read(&w, text, part)
	if w.noisy && w.passed {
		w = window{reading: r, look: []span{part}, counts: c}
		r.read(&w, text, part)
	}
	w.flush()
	return w.found
}

// window looks at a stream of symbols, so many at a time, the next time half as many further on. It finds runs of
// windows that are noise.
type window struct {
	reading
	look   []span // parts in order; a window that overlaps none of them is passed over
	passed bool   // one was
	noisy  bool   // one was noise
	n      int    // symbols so far
	begin  int    // where the first of them begins in the text
	middle int    // and the one that the next window begins with

	*counts
	bits  float64 // in the run
	run   span
	found []span
}

// add goes on with a symbol that begins at a place in the text.
func (w *window) add(symbol uint8, at int) {
	switch w.n {
	case 0:
		w.begin = at
	case w.size / 2:
		w.middle = at
	}
	w.symbols[w.n] = symbol
	if w.n++; w.n == w.size {
		w.full(at)
	}
}

// full takes in a whole window, whose last symbol begins at a place.
func (w *window) full(at int) {
	symbols := w.symbols[:w.n]
	if alphabet, noise := w.judge(symbols, at); noise {
		fresh := w.size / 2
		if w.bits == 0 {
			w.run.from, fresh = w.begin, w.size
		}
		w.run.to = at + 1
		w.bits += float64(fresh) * math.Log2(alphabet)
	} else {
		w.flush()
	}
	w.n = copy(symbols, symbols[w.size/2:])
	w.begin = w.middle
}

// judge says whether the symbols of a window are noise, and of how many.
func (w *window) judge(symbols []uint8, at int) (alphabet float64, noise bool) {
	for len(w.look) > 0 && w.look[0].to <= w.begin {
		w.look = w.look[1:]
	}
	if w.done() || w.look[0].from > at {
		w.passed = true
		return 0, false
	}
	alphabet, noise = w.measure(symbols)
	noise = noise && alphabet >= w.least
	w.noisy = w.noisy || noise
	return alphabet, noise
}

// done says that all further windows are passed over.
func (w *window) done() bool { return len(w.look) == 0 }

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
	ones := 0
	for _, s := range symbols {
		ones += int(c.ones[s])
		c.ones[s]++
	}
	clear(c.ones[:])
	n := float64(len(symbols))
	pairs := n * (n - 1) / 2
	alike := max(float64(ones), 1) / pairs
	chance := pairs * alike * alike
	noise = c.repeats(symbols, chance*1.08+3.5*math.Sqrt(chance)+1, 1.4*float64(ones)) && !columns(symbols, n*alike)
	return min(1/alike, 256), noise
}

// repeats says whether there are so many pairs of two in a row at most, and so many of the same difference. What people
// and programs write has more of them soon.
func (c *counts) repeats(symbols []uint8, mostTwos, mostSteps float64) bool {
	twos, steps := 0, 0
	most, mostOf := int(mostTwos), int(mostSteps)
	last, counted := symbols[0], 1
	for _, s := range symbols[1:] {
		two, step := &c.twos[int(last)<<8|int(s)], &c.steps[s-last]
		twos, steps = twos+int(*two), steps+int(*step)
		*two++
		*step++
		last = s
		if counted++; twos > most || steps > mostOf {
			break
		}
	}
	last = symbols[0]
	for _, s := range symbols[1:counted] {
		c.twos[int(last)<<8|int(s)] = 0
		last = s
	}
	clear(c.steps[:])
	return twos <= most && steps <= mostOf
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
