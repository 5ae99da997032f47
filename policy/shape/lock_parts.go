package shape

import "sync"

// parts remembers what the parts of lockfiles were read as. From one version of such a file to the next most parts stay
// as they are.
type parts[T any] struct {
	read func(part string) (T, bool)

	mu    sync.Mutex
	known map[string]*part[T]
	texts int // read so far
}

type part[T any] struct {
	value T
	ok    bool
	text  int // the last that has it, as parts.texts counts them
}

// keptFor is how many texts long a part is kept that they don't have.
const keptFor = 4

// all reads the parts of one text in order, and gives false if one can't be read.
func (p *parts[T]) all(texts [][]byte) (values []T, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]*part[T])
	}
	p.texts++
	values = make([]T, 0, len(texts))
	for _, text := range texts {
		known := p.known[string(text)]
		if known == nil {
			known = new(part[T])
			whole := string(text)
			known.value, known.ok = p.read(whole)
			p.known[whole] = known
		}
		known.text = p.texts
		if !known.ok {
			return nil, false
		}
		values = append(values, known.value)
	}
	if len(p.known) > 2*len(texts) {
		for text, known := range p.known {
			if known.text <= p.texts-keptFor {
				delete(p.known, text)
			}
		}
	}
	return values, true
}
