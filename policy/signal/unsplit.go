package signal

import "bytes"

// plain gives a line without what parts its words, and its marks.
func (f *file) plain(line []byte) ([]byte, mark) {
	m := marksOf(line)
	if f.maySplit(m) {
		if plain := unsplit(line, f.kind); plain != nil {
			return plain, m | marksOf(plain)
		}
	}
	return line, m
}

// maySplit says whether a line with some marks may have words in parts.
func (f *file) maySplit(m mark) bool {
	switch {
	case f.kind == script, f.kind == config && f.ext != "json":
		return m&(quote|backslash|dollar) != 0
	case f.kind == code:
		return m&(split|backslash) != 0 || m&quote != 0 && (m&plus != 0 || f.ext == "php")
	}
	return false
}

// unsplit gives a line without what may stand within a word and changes nothing of it: empty quotes and backslashes
// in a
// shell, a variable that is a blank, joined strings and comments in other languages. It gives nil if there is none.
func unsplit(b []byte, k kind) []byte {
	var out []byte
	from := 0
	inQuotes := k == config && bytes.Contains(b, []byte(`: "`))
	for i := 1; i+1 < len(b); i++ {
		n, with := 0, ""
		switch c := b[i]; {
		case c == '"' || c == '\'' || c == '`':
			n = joint(b, i, k)
		case c == '\\' && k == code && i+3 < len(b) && (b[i+1] == 'x' || b[i+1] == 'u'):
			n, with = escape(b[i:])
		case c == '\\' && inQuotes && i+3 < len(b) && (b[i+1] == 'x' || b[i+1] == 'u'):
			n, with = yamlEscape(b[i:])
		case c == '\\' && k == script && isLetter(b[i-1]) && isLetter(b[i+1]):
			n = 1
		case c == '$' && k != code:
			n, with = blankVariable(b[i:])
		case c == '/' && b[i+1] == '*' && k == code && isWord(b[i-1]):
			end := i + 4 + bytes.Index(b[i+2:min(len(b), i+40)], []byte("*/"))
			if end > i+3 && end < len(b) && (isWord(b[end]) || b[end] == '(') {
				n = end - i
			}
		}
		if n > 0 {
			out = append(append(out, b[from:i]...), with...)
			from = i + n
			i = from
		}
	}
	if from == 0 {
		return nil
	}
	return append(out, b[from:]...)
}

// escape gives the length of an escape of a letter or digit, and the letter.
func escape(b []byte) (n int, with string) {
	at := 2
	if b[1] == 'u' {
		if at = 4; len(b) < 6 || b[2] != '0' || b[3] != '0' {
			return 0, ""
		}
	}
	if !isHex(b[at]) || !isHex(b[at+1]) {
		return 0, ""
	}
	if c := digit(b[at])<<4 | digit(b[at+1]); isLetter(c) {
		return at + 2, string(c)
	}
	return 0, ""
}

// yamlEscape gives the length of an escape of a printable character in a double-quoted text of YAML, and the character.
func yamlEscape(b []byte) (n int, with string) {
	if n, with = escape(b); n > 0 {
		return n, with
	}
	if len(b) > 3 && b[1] == 'x' && isHex(b[2]) && isHex(b[3]) {
		if c := digit(b[2])<<4 | digit(b[3]); ' ' <= c && c < 0x7f {
			return 4, string(c)
		}
	}
	return 0, ""
}

// joint gives the length of what joins two strings, or two parts of a word of a shell.
func joint(b []byte, i int, k kind) int {
	j := i + 1
	if k == script || k == config {
		if b[j] == b[i] && b[i] != '`' && isLetter(b[i-1]) && j+1 < len(b) && isLetter(b[j+1]) {
			return 2
		}
		if b[i] != '`' && isLetter(b[i-1]) && isLetter(b[j]) {
			return 1
		}
	}
	if k != code {
		return 0
	}
	for j < len(b) && (b[j] == ' ' || b[j] == '\t') {
		j++
	}
	if j >= len(b) || b[j] != '+' && b[j] != '.' {
		return 0
	}
	for j++; j < len(b) && (b[j] == ' ' || b[j] == '\t'); j++ {
	}
	if j+1 < len(b) && b[j] == b[i] && b[i-1] != b[i] && b[j+1] != b[i] {
		return j + 1 - i
	}
	return 0
}

// blankVariable gives the length of $IFS, ${IFS} and $@, and what they are.
func blankVariable(b []byte) (n int, with string) {
	switch {
	case bytes.HasPrefix(b, []byte("${IFS}")):
		return 6, " "
	case bytes.HasPrefix(b, []byte("$IFS")):
		return 4, " "
	case len(b) > 2 && (b[1] == '@' || b[1] == '*') && isLetter(b[2]):
		return 2, ""
	}
	return 0, ""
}
