package content

import "bytes"

// payload is the size from which something encoded is a file in disguise: characters of base64, bytes
// of hexadecimal.
const payload = 512

// encoded looks for text that carries bytes: base64 or hexadecimal of the size of a payload. It
// finds what encoders write; somebody who writes their own can hide a file in any text.
func encoded(head []byte) bool {
	return encodedLines(head) || hexText(head)
}

const (
	// wrapped is the length from which lines that are one run of base64 each, and all of one length,
	// can be a wrapped payload. Lists of identifiers are not of one length, or begin alike.
	wrapped = 20
	// long is the length from which neither is asked: no list has such words.
	long = 60
)

// encodedLines looks for 512 characters of base64 in one line, and for lines one under the other that
// come to as much: of base64, quoted or not, or of a hexadecimal dump. Paths, words and rules of one
// character are in base64's alphabet too: a run must mix capitals, small letters and digits as chance does.
func encodedLines(head []byte) bool {
	var run base64Run
	dumped := 0
	for len(head) > 0 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		if n := dumpLine(line); n > 0 {
			if dumped += n; dumped >= payload {
				return true
			}
		} else {
			dumped = 0
		}
		if len(line) < wrapped {
			if len(bytes.TrimSpace(line)) > 0 {
				run = base64Run{}
			}
			continue
		}
		start, n := longestBase64(line)
		if n >= payload {
			var alone base64Run
			if alone.add(line[start : start+n]); alone.mixed() {
				return true
			}
		}
		around := len(bytes.Trim(line[:start], " \t")) + len(bytes.Trim(line[start+n:], " \t\r"))
		if n < wrapped || around > 8 || bytes.IndexByte(line[:start], '.') >= 0 || bytes.IndexByte(line[start+n:], '.') >= 0 {
			run = base64Run{} // a line of base64 is that, and its quotes
			continue
		}
		if n < long && (n != len(run.last) || bytes.Equal(run.last[:4], line[start:start+4])) {
			run = base64Run{}
		}
		run.last = line[start : start+n]
		if run.add(line[start : start+n]); run.n >= payload && run.mixed() {
			return true
		}
	}
	return false
}

// longestBase64 finds the longest run of base64 in a line, if it has one of 20 characters or more.
// Such a run covers every twentieth byte, so only those are looked at.
func longestBase64(line []byte) (start, n int) {
	for i := wrapped - 1; i < len(line); i += wrapped {
		if byteKinds[line[i]]&base64Kind == 0 {
			continue
		}
		from, to := i, i+1
		for from > 0 && byteKinds[line[from-1]]&base64Kind != 0 {
			from--
		}
		for to < len(line) && byteKinds[line[to]]&base64Kind != 0 {
			to++
		}
		if to-from >= wrapped && to-from > n {
			start, n = from, to-from
		}
		i = to
	}
	return start, n
}

// base64Run counts what a run is made of.
type base64Run struct {
	last                    []byte // line
	n, single, turns, plain int
}

// add counts characters: those that don't just repeat the one before, as in a ruler and where a program
// has zeros; of them, the turns from one kind of character to another, and what is no digit of
// hexadecimal.
func (r *base64Run) add(b []byte) {
	r.n += len(b)
	last := byte(0)
	for _, c := range b {
		if c == last {
			continue
		}
		r.single++
		if kindInBase64(c) != kindInBase64(last) {
			r.turns++
		}
		if byteKinds[c]&hexKind == 0 {
			r.plain++
		}
		last = c
	}
}

// mixed says whether a run can be encoded data. In base64 of random bytes, 64 of 100 characters are of
// another kind than the one before; of text and of programs it is 42 and more; in words, names and
// paths run together, 38 and fewer. Hexadecimal is counted by its bytes elsewhere.
func (r *base64Run) mixed() bool {
	return r.single >= payload/4 && r.turns*100 >= r.single*40 && r.plain*10 >= r.single
}

func kindInBase64(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return 'A'
	case 'a' <= c && c <= 'z':
		return 'a'
	case '0' <= c && c <= '9':
		return '0'
	default:
		return '+'
	}
}

// dumpLine gives the number of bytes that a line of a dump shows, as xxd(1), hexdump(1) and od(1) with
// -tx1 write them: an offset, then hexadecimal in groups, then perhaps the same as text.
func dumpLine(line []byte) int {
	offset := hexDigits(line)
	if offset < 4 || offset == len(line) || line[offset] != ':' && line[offset] != ' ' {
		return 0
	}
	shown := 0
	for rest := line[offset+1:]; ; {
		rest = bytes.TrimLeft(rest, " ")
		n := hexDigits(rest)
		if n == 0 || n > 8 || n%2 == 1 || n < len(rest) && rest[n] != ' ' && rest[n] != '\r' {
			break
		}
		shown += n / 2
		rest = rest[n:]
	}
	if shown < 8 {
		return 0
	}
	return shown
}

// hexDigits gives the number of hexadecimal digits that text begins with.
func hexDigits(text []byte) (n int) {
	for n < len(text) && byteKinds[text[n]]&hexKind != 0 {
		n++
	}
	return n
}

// hexText looks for 512 bytes in hexadecimal, with nothing between them but what separates them in
// a dump, a string or an array: 7f45, 7f 45, \x7f\x45, "\x7f" "\x45", 0x7f, 0x45.
func hexText(head []byte) bool {
	// A stretch of that many bytes covers every 512th position.
	for i := payload - 1; i < len(head); i += payload {
		if byteKinds[head[i]]&hexTextKind == 0 {
			continue
		}
		from, to := i, i+1
		for from > 0 && byteKinds[head[from-1]]&hexTextKind != 0 {
			from--
		}
		for to < len(head) && byteKinds[head[to]]&hexTextKind != 0 {
			to++
		}
		if to-from >= 2*payload && hexBytes(head[from:to]) >= payload {
			return true
		}
		i = to
	}
	return false
}

// hexBytes counts the bytes in a stretch of hexadecimal, or of octal escapes. Decimal numbers and
// rules of one letter are no bytes: of random digits three in eight are letters, and a tenth must be,
// and a tenth not.
func hexBytes(stretch []byte) int {
	digits, letters := 0, 0
	for i := 0; i < len(stretch); {
		switch c := stretch[i]; {
		case (c == '0' || c == '\\') && i+1 < len(stretch) && stretch[i+1]|0x20 == 'x':
			i += 2
		case c == '\\' && octal(stretch[i+1:]):
			digits, letters = digits+2, letters+1
			i += 4
		case byteKinds[c]&hexKind == 0:
			i++
		default:
			n := hexDigits(stretch[i:])
			if n%2 == 0 || n > 16 { // a line may end amid a byte, a number has no odd length
				digits += n
				for _, c := range stretch[i : i+n] {
					if c > '9' {
						letters++
					}
				}
			}
			i += n
		}
	}
	if letters*10 < digits || (digits-letters)*10 < digits {
		return 0
	}
	return digits / 2
}

// octal says whether text begins with the three digits of an octal escape.
func octal(text []byte) bool {
	return len(text) >= 3 && '0' <= text[0] && text[0] <= '3' && '0' <= text[1] && text[1] <= '7' &&
		'0' <= text[2] && text[2] <= '7'
}
