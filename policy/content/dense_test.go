package content

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// packed is what a compressor makes of a program's symbols.
func packed(n int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		fmt.Fprintf(w, "call %x\nmov r%d, [r%d+%d]\njmp .L%d\n",
			rng.IntN(1<<20), rng.IntN(16), rng.IntN(16), rng.IntN(256), rng.IntN(999))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()[:n]
}

// each writes every byte in a form, so many in a line.
func each(b []byte, form string, perLine int, between string) string {
	var s strings.Builder
	for i, c := range b {
		fmt.Fprintf(&s, form, c)
		if i%perLine == perLine-1 {
			s.WriteString("\n")
		} else {
			s.WriteString(between)
		}
	}
	return s.String()
}

// eachWord32 writes words of four bytes.
func eachWord32(b []byte, form string, perLine int) string {
	var s strings.Builder
	for i := 0; i+4 <= len(b); i += 4 {
		fmt.Fprintf(&s, form, uint32(b[i])<<24|uint32(b[i+1])<<16|uint32(b[i+2])<<8|uint32(b[i+3]))
		if i/4%perLine == perLine-1 {
			s.WriteString("\n")
		}
	}
	return s.String()
}

// runes writes every byte as a character.
func runes(b []byte, r func(c byte) rune) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(r(c))
	}
	return s.String()
}

// printable writes a byte as it is where it can be, and else in a form.
func printable(b []byte, form string) string {
	var s strings.Builder
	for _, c := range b {
		if ' ' < c && c < 0x7f && c != '\\' && c != '"' && c != '\'' {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, form, c)
		}
	}
	return s.String()
}

// base85 is git's (git, base85.c).
func base85(b []byte) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		v, d := uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), [5]byte{}
		for i := range d {
			d[4-i] = digits[v%85]
			v /= 85
		}
		s.Write(d[:])
	}
	return s.String()
}

func uuencoded(b []byte, zero byte) string {
	var s strings.Builder
	s.WriteString("begin 644 x\n")
	digit := func(v byte) byte {
		if v == 0 {
			return zero
		}
		return v + ' '
	}
	for ; len(b) >= 45; b = b[45:] {
		s.WriteByte(digit(45))
		for i := 0; i < 45; i += 3 {
			v := uint32(b[i])<<16 | uint32(b[i+1])<<8 | uint32(b[i+2])
			s.Write([]byte{digit(byte(v >> 18)), digit(byte(v >> 12 & 63)), digit(byte(v >> 6 & 63)), digit(byte(v & 63))})
		}
		s.WriteByte('\n')
	}
	return s.String() + string(zero) + "\nend\n"
}

// records writes Intel's records, or Motorola's.
func records(b []byte, motorola bool) string {
	var s strings.Builder
	for i := 0; i+16 <= len(b); i += 16 {
		record := append([]byte{16, byte(i >> 8), byte(i), 0}, b[i:i+16]...)
		if motorola {
			record = append([]byte{19, byte(i >> 8), byte(i)}, b[i:i+16]...)
		}
		var sum byte
		for _, c := range record {
			sum += c
		}
		if motorola {
			fmt.Fprintf(&s, "S1%X%02X\n", record, ^sum)
		} else {
			fmt.Fprintf(&s, ":%X%02X\r\n", record, -sum)
		}
	}
	return s.String()
}

// signed writes bytes as numbers from -128 to 127.
func signed(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, "%d, ", int8(c))
	}
	return s.String()
}

// twos writes every two bytes as a character.
func twos(b []byte, r func(v int) rune) string {
	var s strings.Builder
	for i := 0; i+2 <= len(b); i += 2 {
		s.WriteRune(r(int(b[i])<<8 | int(b[i+1])))
	}
	return s.String()
}

// Whatever way a payload is written in, it is seen.
func TestAttackPayloadInAnotherWriting(t *testing.T) {
	payloads := map[string][]byte{"chance": noise(3000), "a compressed file": packed(3000)}
	for name, write := range map[string]func(b []byte) string{
		"git's binary patch": func(b []byte) string {
			return "GIT binary patch\nliteral 3000\n" + wrap(base85(b), 65, "z", "") + "\nliteral 0\nHcmV?d00001\n"
		},
		"base85":                func(b []byte) string { return base85(b) },
		"uuencode":              func(b []byte) string { return uuencoded(b, '`') },
		"uuencode with blanks":  func(b []byte) string { return uuencoded(b, ' ') },
		"base32":                func(b []byte) string { return wrap(base32.StdEncoding.EncodeToString(b), 72, "", "") },
		"base32, small letters": func(b []byte) string { return strings.ToLower(base32.StdEncoding.EncodeToString(b)) },
		"ascii85": func(b []byte) string {
			out := make([]byte, ascii85.MaxEncodedLen(len(b)))
			return "<~" + wrap(string(out[:ascii85.Encode(out, b)]), 72, "", "") + "~>"
		},
		"percent":          func(b []byte) string { return each(b, "%%%02x", 1<<20, "") },
		"a form of a page": func(b []byte) string { return url.QueryEscape(string(b)) },
		"quoted-printable": func(b []byte) string {
			var s strings.Builder
			w := quotedprintable.NewWriter(&s)
			w.Binary = true
			if _, err := w.Write(b); err != nil {
				panic(err)
			}
			if err := w.Close(); err != nil {
				panic(err)
			}
			return s.String()
		},
		"Intel's records":      func(b []byte) string { return records(b, false) },
		"Motorola's records":   func(b []byte) string { return records(b, true) },
		"7f:45":                func(b []byte) string { return each(b, "%02x", 16, ":") },
		"7f;45":                func(b []byte) string { return each(b, "%02x", 1<<20, ";") },
		"7f-45":                func(b []byte) string { return each(b, "%02X", 16, "-") },
		"$7f,$45":              func(b []byte) string { return each(b, "$%02x", 16, ",") },
		"07fh":                 func(b []byte) string { return each(b, "0%02xh", 12, ", ") },
		"db 07fh":              func(b []byte) string { return each(b, "\tdb 0%02xh", 1, "") },
		".byte 0x7f":           func(b []byte) string { return each(b, "\t.byte 0x%02x", 1, "") },
		`\u007f`:               func(b []byte) string { return `"` + each(b, `\u%04x`, 1<<20, "") + `"` },
		"{0x7f}":               func(b []byte) string { return each(b, "{0x%02x}", 12, ", ") },
		"0x7f454c46UL":         func(b []byte) string { return eachWord32(b, "0x%08xUL, ", 6) },
		"0x7f454c46, one each": func(b []byte) string { return eachWord32(b, "    0x%08X,", 1) },
		"numbers of 32 bits":   func(b []byte) string { return eachWord32(b, "%d, ", 8) },
		"0x7f45": func(b []byte) string {
			return "0x" + strings.Join(strings.Fields(wrapWords(hex.EncodeToString(b), 4)), ", 0x")
		},
		"repr of Python":        func(b []byte) string { return "b'" + printable(b, `\x%02x`) + "'" },
		"octal in C strings":    func(b []byte) string { return wrap(each(b, `\%03o`, 1<<20, ""), 64, "\t\"", "\"") },
		"C strings":             func(b []byte) string { return "\"" + printable(b, `\%03o`) + "\"" },
		"WebAssembly text":      func(b []byte) string { return `(data (i32.const 0) "` + printable(b, `\%02x`) + `")` },
		"WebAssembly text, all": func(b []byte) string { return `(data "` + each(b, `\%02x`, 1<<20, "") + `")` },
		"an array of JSON":      func(b []byte) string { return "[" + each(b, "%d", 1<<20, ",") + "]" },
		"an array in lines":     func(b []byte) string { return "[\n" + each(b, "  %d,", 1, "") + "]" },
		"an array of C":         func(b []byte) string { return "char x[] = {\n" + each(b, "%3d", 16, ", ") + "};\n" },
		"octal numbers":         func(b []byte) string { return each(b, "0%03o", 12, ", ") },
		"signed numbers":        func(b []byte) string { return signed(b) },
		"a picture of PPM":      func(b []byte) string { return "P3\n40 25\n255\n" + each(b, "%d", 15, " ") },
		"references of HTML":    func(b []byte) string { return each(b, "&#%d;", 1<<20, "") },
		"references in hex":     func(b []byte) string { return each(b, "&#x%x;", 1<<20, "") },
		"elements of XML":       func(b []byte) string { return each(b, "<b>%d</b>", 1, "") },
		"chr(127)":              func(b []byte) string { return each(b, "chr(%d)", 8, " + ") },
		"zeros and ones":        func(b []byte) string { return wrap(each(b, "%08b", 1<<20, ""), 64, "", "") },
		"zeros and ones, apart": func(b []byte) string { return each(b, "%08b", 8, " ") },
		"Latin-1 as UTF-8":      func(b []byte) string { return runes(b, func(c byte) rune { return 0xa1 + rune(c) }) },
		"base64 in short lines": func(b []byte) string { return wrap(base64.StdEncoding.EncodeToString(b), 8, "", "") },
		"base64 in pieces": func(b []byte) string {
			return "a = [" + wrap(base64.StdEncoding.EncodeToString(b), 10, "'", "', ") + "]"
		},
		"base64 in sums": func(b []byte) string {
			return wrap(base64.StdEncoding.EncodeToString(b), 12, "    \"", "\" +")
		},
		"hexadecimal in pieces": func(b []byte) string { return wrap(hex.EncodeToString(b), 16, "  - \"", "\"") },
		"Chinese characters":    func(b []byte) string { return runes(b, func(c byte) rune { return 0x4e00 + 7*rune(c) }) },
		"all Chinese characters": func(b []byte) string {
			return twos(b, func(v int) rune { return 0x4e00 + rune(v%20000) })
		},
		"emoji": func(b []byte) string { return runes(b, func(c byte) rune { return 0x1f400 + rune(c) }) },
		"sixty-four emoji": func(b []byte) string {
			return runes(b, func(c byte) rune { return 0x1f600 + rune(c&63) })
		},
		"braille": func(b []byte) string { return runes(b, func(c byte) rune { return 0x2800 + rune(c) }) },
		"Hangul":  func(b []byte) string { return runes(b, func(c byte) rune { return 0xac00 + 28*rune(c) }) },
		"base64 as numbers": func(b []byte) string {
			return each([]byte(base64.StdEncoding.EncodeToString(b)), "%d", 1<<20, ",")
		},
		"strings of Go": func(b []byte) string { return "const x = " + strconv.Quote(string(b)) },
		"one number":    func(b []byte) string { return wrap(new(big.Int).SetBytes(b).String(), 70, "", "") },
		"amid source": func(b []byte) string {
			return strings.Repeat(source1, 100) + base85(b) + "\n" + strings.Repeat(source1, 100)
		},
		"amid prose, in a comment": func(b []byte) string {
			return strings.Repeat("what it says of it\n", 100) + wrap(base85(b), 60, "// ", "")
		},
	} {
		for kind, b := range payloads {
			if got := inspect(write(b)); got&Encoded == 0 {
				t.Errorf("%s of %s passes", name, kind)
			}
		}
	}
}
