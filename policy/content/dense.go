package content

// dense finds text that carries a kibibyte and more of what looks like chance, as compressed and encrypted bytes
// do, in whatever way they are written. Three readings of the text are asked: its characters, its hexadecimal
// numbers and its decimal ones. In each, text is noise if two in a row come back no more often than by chance; in
// what people or programs write to be read, they come back far more often.
//
// Who makes up words for bytes can hide a file in any text. Digits of decimal fractions, and lists of names with a
// digest each, are honest chance, and no payload here.
//
// It looks at what overlaps near, parts in order, and is worth it.
func dense(text []byte, near []span, worth func(span) bool) (found []span) {
	const step = 512
	plainAt := func(i int) bool { return plain(text[i:min(i+step, len(text))]) }
	var c *counts
	next := 0 // a step before which nothing goes on
	for _, around := range near {
		start := max(next, (around.from/step-1)*step)
		for start > next && !plainAt(start) {
			start -= step
		}
		for next = start; next < min(len(text), around.to+step); next += step {
			if plainAt(next) {
				continue
			}
			from := max(0, next-step)
			for next < len(text) && !plainAt(next) {
				next += step
			}
			to := min(len(text), next+step) // what looks plain may end within the step
			part := span{from, to}
			if to-from < 3*step || !worth(part) {
				continue
			}
			if c == nil {
				c = countsPool.Get().(*counts)
			}
			found = append(found, asChars.runs(text, part, near, c)...)
			if numbers(text[from:to]) {
				found = append(found, asHex.runs(text, part, near, c)...)
				found = append(found, asDecimals.runs(text, part, near, c)...)
			}
		}
	}
	if c != nil {
		countsPool.Put(c)
	}
	return found
}

// plain says whether text is words in Latin letters, as prose and programs are. The letters of which there are most
// are more than a third of these, and a fifth and less of all that is written by chance.
func plain(text []byte) bool {
	var sums uint64
	for _, c := range text {
		sums += letterCounts[c]
	}
	seen, often := uint32(sums), sums>>32
	return often*32 >= uint64(seen)*9
}

// letterCounts gives for a byte 1 if it isn't blank, and 1<<32 if it is one of the most frequent letters.
var letterCounts = countsOfLetters()

func countsOfLetters() (counts [256]uint64) {
	for c, kind := range byteKinds {
		counts[c] = uint64(kind>>5&1) | uint64(kind>>4&1)<<32
	}
	return counts
}

// numbers says whether a sixth of what isn't blank are digits.
func numbers(text []byte) bool {
	seen, digits := 0, 0
	for _, c := range text {
		seen += int(byteKinds[c] >> 5 & 1)
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	return digits*6 >= seen
}
