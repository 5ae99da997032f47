package content

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestLookAt(t *testing.T) {
	t.Parallel()
	random := make([]byte, 64<<10)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(random)
	xz := append([]byte("\xfd7zXZ\x00"), random...)
	for name, c := range map[string]struct {
		head        []byte
		is          string
		least, most int
	}{
		"text":        {[]byte(strings.Repeat("int main(void) { return 0; }\n", 1000)), "text/plain", 0, 0},
		"an archive":  {xz, "application/x-xz", 95, 100},
		"zeros":       {make([]byte, 10<<10), "application/octet-stream", 0, 0},
		"half a file": {append(bytes.Repeat([]byte{0, 1}, 32<<10), random...), "application/octet-stream", 40, 60},
		"a few bytes": {[]byte("\x7fELF"), "application/", 0, 0},
		"nothing":     {nil, "", 0, 0},
	} {
		if l := LookAt(c.head); !strings.Contains(l.Type, c.is) || l.Chance < c.least || l.Chance > c.most {
			t.Errorf("%s: %+v, want %s and %d to %d of a hundred", name, l, c.is, c.least, c.most)
		}
	}
}
