package tarball

import "strings"

// wildmatch says whether a path matches a pattern of gitattributes(5), as git's wildmatch.c says with WM_PATHNAME: "*"
// and "?" and sets match no slash, "**" between slashes, before one or behind one matches any folders. Where the
// pattern has no slash, neither has the path.
func wildmatch(pattern, path string) bool {
	steps := maxSteps
	return match(pattern, path, &steps)
}

// maxSteps bounds what a pattern of many asterisks costs, which git itself doesn't. Past it nothing matches.
const maxSteps = 1 << 16

func match(p, s string, steps *int) bool {
	for i := 0; ; {
		if *steps--; *steps < 0 {
			return false
		}
		if i == len(p) {
			return s == ""
		}
		switch p[i] {
		case '*':
			return star(p[i:], s, i == 0 || p[i-1] == '/', steps)
		case '?':
			if s == "" || s[0] == '/' {
				return false
			}
			i++
		case '[':
			n, in := set(p[i:], s)
			if !in || s == "" || s[0] == '/' {
				return false
			}
			i += n
		case '\\':
			if i++; i == len(p) {
				return false
			}
			fallthrough
		default:
			if s == "" || s[0] != p[i] {
				return false
			}
			i++
		}
		s = s[1:]
	}
}

// star matches a pattern that begins with an asterisk, at the beginning of a part or within one.
func star(p, s string, atStart bool, steps *int) bool {
	n := len(p) - len(strings.TrimLeft(p, "*"))
	rest := p[n:]
	if n >= 2 && atStart && rest == "" {
		return true
	}
	if n >= 2 && atStart && rest[0] == '/' {
		if match(rest[1:], s, steps) {
			return true
		}
		for i := range len(s) {
			if s[i] == '/' && match(rest[1:], s[i+1:], steps) {
				return true
			}
		}
		return false
	}
	for i := 0; ; i++ {
		if match(rest, s[i:], steps) {
			return true
		}
		if i == len(s) || s[i] == '/' || *steps < 0 {
			return false
		}
	}
}

// set matches a set such as [a-z], [!0-9] or [[:alpha:]] with the first byte, and gives the set's length.
func set(p, s string) (n int, in bool) {
	if s == "" {
		return 0, false
	}
	c := s[0]
	n = 1
	not := n < len(p) && (p[n] == '!' || p[n] == '^')
	if not {
		n++
	}
	for first := true; ; first = false {
		switch {
		case n >= len(p):
			return 0, false
		case p[n] == ']' && !first:
			return n + 1, in != not
		}
		if strings.HasPrefix(p[n:], "[:") {
			name, _, ok := strings.Cut(p[n+2:], ":]")
			if ok && classes[name] != nil {
				in = in || classes[name](c)
				n += len("[::]") + len(name)
				continue
			}
		}
		low, m := setByte(p[n:])
		n += m
		high := low
		if n+1 < len(p) && p[n] == '-' && p[n+1] != ']' {
			high, m = setByte(p[n+1:])
			n += 1 + m
		}
		in = in || low <= c && c <= high
	}
}

// setByte reads a byte in a set, which a backslash may stand before.
func setByte(p string) (c byte, n int) {
	if p[0] == '\\' && len(p) > 1 {
		return p[1], 2
	}
	return p[0], 1
}

// classes are those of POSIX, of ASCII.
var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return isAlpha(c) || isDigit(c) },
	"alpha":  isAlpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  isDigit,
	"graph":  func(c byte) bool { return c > ' ' && c <= '~' },
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return c >= ' ' && c <= '~' },
	"punct":  func(c byte) bool { return c > ' ' && c <= '~' && !isAlpha(c) && !isDigit(c) },
	"space":  func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' },
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// unquoteC reads a string in quotes as C writes it, and gives what follows (unquote_c_style in git's quote.c).
func unquoteC(line string) (word, rest string, ok bool) {
	var b []byte
	for i := 1; i < len(line); i++ {
		switch c := line[i]; c {
		case '"':
			return string(b), line[i+1:], true
		case '\\':
			if i++; i == len(line) {
				return "", "", false
			}
			if at := strings.IndexByte(`abfnrtv\"`, line[i]); at >= 0 {
				b = append(b, "\a\b\f\n\r\t\v\\\""[at])
				continue
			}
			if i+2 >= len(line) || strings.Trim(line[i:i+3], "01234567") != "" || line[i] > '3' {
				return "", "", false
			}
			b = append(b, (line[i]-'0')<<6|(line[i+1]-'0')<<3|line[i+2]-'0')
			i += 2
		default:
			b = append(b, c)
		}
	}
	return "", "", false
}
