package content

import "bytes"

// keys says whether a blob holds OpenPGP keys that didn't stand there before: in binary, in a keybox of GnuPG, or in
// armor anywhere in a text.
func keys(stood *former) bool {
	if head := stood.head; keybox(head) || head[0]&0x80 != 0 && holdsKey(head) {
		return true // and Of is only asked about what isn't the same as before
	}
	rest, more := stood.armored, len(stood.armored) > 0
	for more {
		var block []byte
		block, rest, more = cutArmor(rest)
		if end := bytes.Index(block, armorEnd); end >= 0 {
			block = block[:end]
		}
		if holdsKey(unarmored(block)) && !stood.holds(block) {
			return true
		}
	}
	return false
}

// cutArmor cuts a text around the next beginning of an armored block. Dashes stand in many texts, and so are not what
// is searched for.
func cutArmor(text []byte) (before, after []byte, found bool) {
	const dashes = "-----"
	for at := 0; ; {
		i := bytes.Index(text[at:], armorBegin[len(dashes):])
		if i < 0 {
			return text, nil, false
		}
		at += i
		if bytes.HasSuffix(text[:at], []byte(dashes)) {
			at -= len(dashes)
			return text[:at], text[at+len(armorBegin):], true
		}
		at++
	}
}

var (
	armorBegin = []byte("-----BEGIN PGP ")
	armorEnd   = []byte("-----END PGP ")

	armorSignature = []byte("-----BEGIN PGP SIGNATURE-----")
)

// keybox knows GnuPG's keybox by its first blob (GnuPG, kbx/keybox-blob.c, "The header blob").
func keybox(head []byte) bool { return len(head) >= 12 && head[4] == 1 && string(head[8:12]) == "KBXf" }

// unarmored gives the bytes of an armored block, which begins amid its first line, as far as it takes to see its
// first packets. What the block is called doesn't matter to who imports it. It may be indented, quoted, or written
// as strings of a program. Lines with a colon are its headers (RFC 9580, section 6.2).
func unarmored(block []byte) []byte {
	const enough = 16 << 10
	_, rest, _ := bytes.Cut(block, []byte("-----"))
	var out []byte
	bits, n := uint32(0), 0
	for len(rest) > 0 && len(out) < enough {
		var line []byte
		if line, rest = armorLine(rest); bytes.IndexByte(line, ':') >= 0 {
			continue
		}
		for _, c := range line {
			bits = bits<<6 | uint32(sextet(c))
			if n += 6; n >= 8 {
				n -= 8
				out = append(out, byte(bits>>n))
			}
		}
	}
	return out
}

// armorLine cuts off a line, whose end may be written as in a string of a program, and gives what it holds of
// base64, or the line where that is a header.
func armorLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		end = len(text)
	}
	line, rest = text[:end], text[min(end+1, len(text)):]
	if i := bytes.Index(line, []byte(`\n`)); i >= 0 {
		line, rest = text[:i], text[i+2:]
	}
	if bytes.IndexByte(line, ':') >= 0 {
		return line, rest
	}
	line = bytes.Trim(line, " \t\r")
	var longest []byte
	for i := 0; i < len(line); i++ {
		from := i
		for i < len(line) && sextet(line[i]) >= 0 {
			i++
		}
		if i-from > len(longest) {
			longest = line[from:i]
		}
	}
	if len(longest) < 4 && len(longest) < len(line) { // the plus between two strings
		return nil, rest
	}
	return longest, rest
}

// sextet gives the value of a character of base64 (RFC 4648, section 4), or -1.
func sextet(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	default:
		return -1
	}
}

// holdsKey looks for a key among the packets that bytes begin with (RFC 9580, section 4.2), whatever stands before
// it, as who imports keys does.
func holdsKey(b []byte) bool {
	for range 64 {
		tag, body, rest, ok := packet(b)
		if !ok {
			return false
		}
		if (tag == secretKeyPacket || tag == publicKeyPacket) && keyBody(body) {
			return true
		}
		b = rest
	}
	return false
}

const (
	signaturePacket = 2 // RFC 9580, section 5
	secretKeyPacket = 5
	publicKeyPacket = 6
)

// besideSignatures gives what of a part of a text is no detached signature in armor. Such a block holds a kibibyte
// at most, of nothing but signatures, and a text has so many at most.
func besideSignatures(text []byte, part span) (parts []span) {
	const most, longest = 32, 1024
	from := part.from
	for range most {
		i := bytes.Index(text[from:part.to], armorSignature)
		if i < 0 {
			break
		}
		begin := from + i
		end := bytes.Index(text[begin:part.to], armorEnd)
		if end < 0 || end > 2*longest || !signatures(unarmored(text[begin+len(armorBegin):begin+end]), longest) {
			break
		}
		parts = append(parts, span{from, begin})
		from = begin + end
	}
	return append(parts, span{from, part.to})
}

// signatures says whether bytes are packets of signatures (RFC 9580, section 5.2) and a checksum.
func signatures(b []byte, longest int) bool {
	const checksum = 3
	if len(b) > longest {
		return false
	}
	for len(b) > checksum {
		tag, body, rest, ok := packet(b)
		if !ok || tag != signaturePacket || len(body) < 10 || body[0] < 3 || body[0] > 6 {
			return false
		}
		b = rest
	}
	return true
}

// packet cuts off the first packet. Of one whose length isn't given or goes beyond the end, the rest is its body.
func packet(b []byte) (tag byte, body, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x80 == 0 {
		return 0, nil, nil, false
	}
	head, size := 0, int64(0)
	if b[0]&0x40 != 0 { // section 4.2.1
		tag = b[0] & 0x3f
		switch l := b[1]; {
		case l < 192:
			head, size = 2, int64(l)
		case l < 224 && len(b) > 2:
			head, size = 3, (int64(l)-192)<<8+int64(b[2])+192
		case l == 255 && len(b) > 5:
			head, size = 6, bigEndian(b[2:6])
		default: // partial lengths, which keys don't have
			return tag, nil, nil, false
		}
	} else { // section 4.2.2
		tag = b[0] >> 2 & 0x0f
		switch b[0] & 3 {
		case 0:
			head, size = 2, int64(b[1])
		case 1:
			head = 3
		case 2:
			head = 5
		case 3:
			head, size = 1, int64(len(b))
		}
		if len(b) < head {
			return 0, nil, nil, false
		}
		if head == 3 || head == 5 {
			size = bigEndian(b[1:head])
		}
	}
	end := head + int(min(size, int64(len(b)-head)))
	return tag, b[head:end], b[end:], tag != 0
}

func bigEndian(b []byte) (n int64) {
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}

// keyBody says whether the body of a packet can be that of a key: by its version, and its algorithm (RFC 9580,
// sections 5.5.2 and 9.1).
func keyBody(body []byte) bool {
	at := 5 // behind the version and the time
	if len(body) > 0 && (body[0] == 2 || body[0] == 3) {
		at = 7 // and how many days it is valid
	}
	if len(body) <= at || body[0] < 2 || body[0] > 6 {
		return false
	}
	algorithm := body[at]
	return 1 <= algorithm && algorithm <= 3 || 16 <= algorithm && algorithm <= 40
}
