package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	const text = "+\tplain, gr\u00fcn \\x1b\n-\x1b[8mhidden\x1b[0m\r\u202e\u200b\xff\n"
	const want = "+\tplain, gr\u00fcn \\x1b\n-<U+001B>[8mhidden<U+001B>[0m<U+000D><U+202E><U+200B><FF>\n"
	for size := 1; size <= len(text); size++ {
		var b bytes.Buffer
		w := Visible(&b)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if written, err := w.Write([]byte(rest[:n])); written != n || err != nil {
				t.Fatal(written, err)
			}
			rest = rest[n:]
		}
		if got := b.String(); got != want {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
	if strings.ContainsAny(want, "\x1b\r") {
		t.Error("the test wants what a terminal obeys")
	}
}
