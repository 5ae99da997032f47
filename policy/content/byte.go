package content

import "bytes"

// byteKinds is what Of asks of single bytes.
var byteKinds = kindsOfBytes()

const (
	base64Kind  = 1 << 0 // of the base64 alphabets (RFC 4648, sections 4 and 5)
	hexKind     = 1 << 1 // a hexadecimal digit
	hexTextKind = 1 << 2 // what hexadecimal is written with: digits, 0x, \x, quotes, commas, white space
	glueKind    = 1 << 3 // white space, a quote or a comma
	oftenKind   = 1 << 4 // one of the letters that are most frequent in Latin letters
	blackKind   = 1 << 5 // no white space
	wordKind    = 1 << 6 // a letter, a digit or an underscore of ASCII
	controlKind = 1 << 7 // a control character that text doesn't have
)

func kindsOfBytes() (kinds [256]byte) {
	for i := range kinds {
		c := byte(i)
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if letter || digit || bytes.IndexByte([]byte("+/-_="), c) >= 0 {
			kinds[i] |= base64Kind
		}
		if digit || letter && c|0x20 <= 'f' {
			kinds[i] |= hexKind | hexTextKind
		}
		if bytes.IndexByte([]byte("xX\\\"',\t\n\r "), c) >= 0 {
			kinds[i] |= hexTextKind
		}
		if bytes.IndexByte([]byte("einorst"), c) >= 0 {
			kinds[i] |= oftenKind
		}
		if bytes.IndexByte([]byte(" \t\n\r\"'`,"), c) >= 0 {
			kinds[i] |= glueKind
		}
		if c > ' ' {
			kinds[i] |= blackKind
		}
		if letter || digit || c == '_' {
			kinds[i] |= wordKind
		}
		if c < ' ' && bytes.IndexByte([]byte("\t\n\r\f\x1b"), c) < 0 || c == 0x7f {
			kinds[i] |= controlKind
		}
	}
	return kinds
}
