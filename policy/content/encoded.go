package content

import "bytes"

// payload is the size from which something encoded is a file in disguise: characters of base64, bytes
// of hexadecimal. These tests find what encoders write, for any content; dense finds other ways of writing it.
const payload = 512

const (
	// wrapped is the length from which lines that are one run of base64 each, and all of one length,
	// can be a wrapped payload. Lists of identifiers are not of one length, or begin alike.
	wrapped = 20
	// long is the length from which neither is asked: no list has such words.
	long = 60
)

// encodedLines finds runs of 512 characters of base64 and more: in one line, and in lines one under the other,
// quoted or not; and hexadecimal dumps of as many bytes. Paths, words and rules of one character are in base64's
// alphabet too: a run must mix capitals, small letters and digits as chance does.
//
// It looks at what overlaps near, parts in order: from a line before each on by which every run ends, to one behind it.
func encodedLines(text []byte, near []span) (found []span) {
	var run base64Run
	var dump dumpRun
	at := 0
	for _, part := range near {
		if part.from > at {
			at = quietBefore(text, at, part.from)
		}
		for at < len(text) && (at <= part.to || run.n > 0 || dump.shown > 0) {
			end := lineEnd(text, at)
			line := bytes.TrimSuffix(text[at:end], []byte{'\n'})
			found = dump.add(found, line, span{at, end})
			found = run.next(found, line, at)
			at = end
		}
	}
	found = dump.end(found)
	return run.end(found)
}

// lineEnd gives the end of a line, behind its line feed.
func lineEnd(text []byte, start int) int {
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		return start + i + 1
	}
	return len(text)
}

// quietBefore gives where the line begins that a place is in, or one before it, so that no run goes on into it. Before
// the line that begins at first there is none.
func quietBefore(text []byte, first, at int) int {
	at = max(first, bytes.LastIndexByte(text[:at], '\n')+1)
	for at > first {
		start := bytes.LastIndexByte(text[:at-1], '\n') + 1
		line := text[start : at-1]
		if _, _, ok := base64Line(line); !ok && len(bytes.TrimSpace(line)) > 0 && dumped(line) == 0 {
			break
		}
		at = start
	}
	return at
}

// dumpRun is a run of lines of a dump.
type dumpRun struct {
	span
	shown int // bytes
}

func (d *dumpRun) add(found []span, line []byte, at span) []span {
	n := dumped(line)
	if n == 0 {
		return d.end(found)
	}
	if d.shown == 0 {
		d.from = at.from
	}
	d.to, d.shown = at.to, d.shown+n
	return found
}

// dumped gives the number of bytes that a line of a dump shows or carries.
func dumped(line []byte) int { return max(dumpLine(line), recordLine(line)) }

func (d *dumpRun) end(found []span) []span {
	if d.shown >= payload {
		found = append(found, d.span)
	}
	*d = dumpRun{}
	return found
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

// base64Line finds the longest run of base64 in a line. A line of base64 is that, and its quotes.
func base64Line(line []byte) (start, n int, alone bool) {
	start, n = longestBase64(line)
	front, rest := line[:start], line[start+n:]
	around := len(bytes.Trim(front, " \t")) + len(bytes.Trim(rest, " \t\r"))
	return start, n, n >= wrapped && around <= 8 && bytes.IndexByte(front, '.') < 0 && bytes.IndexByte(rest, '.') < 0
}

// base64Run is a run of lines of base64, and what it is made of.
type base64Run struct {
	span
	last                    []byte // line
	n, single, turns, plain int
	large                   bool // and as mixed as base64 is
}

// next goes on with a line that begins at a position of the text.
func (r *base64Run) next(found []span, line []byte, at int) []span {
	if len(line) < wrapped {
		if len(bytes.TrimSpace(line)) > 0 {
			found = r.end(found)
		}
		return found
	}
	start, n, alone := base64Line(line)
	part := line[start : start+n]
	if n >= payload {
		var one base64Run
		one.add(part, at+start)
		found = one.end(found)
	}
	if !alone {
		return r.end(found)
	}
	if n < len(r.last) && !bytes.Equal(r.last[:4], part[:4]) { // the last line
		r.add(part, at+start)
		return r.end(found)
	}
	if n < long && (n != len(r.last) || bytes.Equal(r.last[:4], part[:4])) {
		found = r.end(found)
	}
	r.last = part
	r.add(part, at+start)
	return found
}

func (r *base64Run) end(found []span) []span {
	if r.large {
		found = append(found, r.span)
	}
	*r = base64Run{}
	return found
}

// add counts characters: those that don't just repeat the one before, as in a ruler and where a program
// has zeros; of them, the turns from one kind of character to another, and what is no digit of
// hexadecimal.
func (r *base64Run) add(b []byte, at int) {
	if r.n == 0 {
		r.from = at
	}
	r.to = at + len(b)
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
	r.large = r.large || r.n >= payload && r.mixed()
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

// recordLine gives the number of bytes that a record of Intel's or Motorola's hexadecimal files carries: a colon,
// or S and its type, then bytes, of which the first is how many there are and the last makes their sum what it must
// be (Intel, Hexadecimal Object File Format Specification; Motorola, M68000 Family Programmer's Reference Manual,
// appendix C).
func recordLine(line []byte) int {
	framed, want, ends := 5, byte(0), 1 // length, address, type and sum
	switch {
	case len(line) > 1 && line[0] == ':':
	case len(line) > 2 && line[0] == 'S' && '1' <= line[1] && line[1] <= '3':
		framed, want, ends = 3+int(line[1]-'0'), 0xff, 2
	default:
		return 0
	}
	var sum, first byte
	digits := bytes.TrimRight(line[ends:], "\r ")
	if len(digits)%2 == 1 || hexDigits(digits) != len(digits) || len(digits)/2 < framed {
		return 0
	}
	for i := 0; i < len(digits); i += 2 {
		b := byte(digit(digits[i])<<4 | digit(digits[i+1]))
		if sum += b; i == 0 {
			first = b
		}
	}
	n := len(digits)/2 - framed
	counted := n // in an S-record with the address and the sum
	if want == 0xff {
		counted = len(digits)/2 - 1
	}
	if sum != want || int(first) != counted {
		return 0
	}
	return n
}

// hexDigits gives the number of hexadecimal digits that text begins with.
func hexDigits(text []byte) (n int) {
	for n < len(text) && byteKinds[text[n]]&hexKind != 0 {
		n++
	}
	return n
}

// hexText finds 512 bytes in hexadecimal and more, with nothing between them but what separates them in
// a dump, a string or an array: 7f45, 7f 45, \x7f\x45, "\x7f" "\x45", 0x7f, 0x45.
//
// It looks at what overlaps near, parts in order.
func hexText(head []byte, near []span) (found []span) {
	next := 0
	for _, part := range near {
		// A stretch of that many bytes covers every 512th position.
		for next = max(next, part.from); next < min(len(head), part.to+payload); next += payload {
			if byteKinds[head[next]]&hexTextKind == 0 {
				continue
			}
			from, to := next, next+1
			for from > 0 && byteKinds[head[from-1]]&hexTextKind != 0 {
				from--
			}
			for to < len(head) && byteKinds[head[to]]&hexTextKind != 0 {
				to++
			}
			if to-from >= 2*payload && hexBytes(head[from:to]) >= payload {
				found = append(found, span{from, to})
			}
			next = to
		}
	}
	return found
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
