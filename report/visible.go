package report

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// Visible gives a writer for text of many lines, such as a diff, that a terminal is to show. Lines and tabs stay as
// they are. What a terminal would obey, and what has no shape of its own, is written as <U+001B>, and a byte that isn't
// UTF-8 as <80>.
func Visible(w io.Writer) io.Writer { return &visibly{w: w} }

type visibly struct {
	w    io.Writer
	part []byte // of a character, the rest of which is still to come
}

func (v *visibly) Write(p []byte) (int, error) {
	text := append(v.part, p...)
	shown := make([]byte, 0, len(text))
	for len(text) > 0 && (utf8.FullRune(text) || len(text) >= utf8.UTFMax) {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			shown = fmt.Appendf(shown, "<%02X>", text[0])
		case r == '\n' || r == '\t' || visible(r):
			shown = append(shown, text[:size]...)
		default:
			shown = fmt.Appendf(shown, "<U+%04X>", r)
		}
		text = text[size:]
	}
	v.part = append([]byte(nil), text...)
	if _, err := v.w.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}
