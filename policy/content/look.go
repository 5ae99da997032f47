package content

import "github.com/gabriel-vasile/mimetype"

// Look is what the bytes of a file look like, for somebody who decides about it.
type Look struct {
	Type   string // by the first bytes, as mimetype calls it
	Chance int    // how many of a hundred parts of it are in an order of chance, as what is compressed or encrypted is
}

// lookAt is how many bytes are looked at together.
const lookAt = 1 << 10

// LookAt says what the beginning of a file looks like. What is shorter than a part has no order to speak of.
func LookAt(head []byte) Look {
	l := Look{Type: mimetype.Detect(head).String()}
	parts, noise := len(head)/lookAt, 0
	c := countsPool.Get().(*counts)
	for i := range parts {
		if alphabet, chance := c.measure(head[i*lookAt : (i+1)*lookAt]); chance && alphabet > 64 {
			noise++
		}
	}
	countsPool.Put(c)
	if parts > 0 {
		l.Chance = noise * 100 / parts
	}
	return l
}
