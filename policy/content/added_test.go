package content

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"countersign/policy/edit"
)

// of asks about a change of a text.
func of(now string, before ...string) string {
	var texts [][]byte
	for _, text := range before {
		texts = append(texts, []byte(text))
	}
	return traitNames(ofChange(texts, []byte(now), int64(len(now))))
}

func TestWhatAChangeAdds(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString(noise(3000))
	lines := wrap(b64, 76, "", "")
	digits := hex.EncodeToString(noise(3000))
	long := strings.Repeat(source1, 2000) // longer than what is read around a change
	override := "x = 1; // \u202e\n"
	key := pgpArmor("PUBLIC KEY BLOCK", pgpKey())
	for name, c := range map[string]struct {
		before []string
		now    string
		want   string
	}{
		"a new file":                        {nil, lines, "encoded"},
		"the same file":                     {[]string{lines}, lines, ""},
		"a comment beside a payload":        {[]string{"// one\n" + lines + "end\n"}, "// two\n" + lines + "end\n", ""},
		"a comment far from a payload":      {[]string{"// one\n" + long + lines}, "// two\n" + long + lines, ""},
		"a comment behind a payload":        {[]string{lines + "// one\n"}, lines + "// two\n", ""},
		"the rest of a line with a payload": {[]string{"a = '" + b64 + "'\n"}, "b = '" + b64 + "'\n", ""},
		"a payload that moves":              {[]string{"a\n" + lines + "b\n"}, "a\nb\n" + lines, ""},
		"a payload that goes":               {[]string{"a\n" + lines}, "a\n", ""},
		"one byte of a payload":             {[]string{lines}, strings.Replace(lines, "a", "b", 1), ""},
		"one line of a payload": {
			[]string{lines},
			strings.Replace(lines, lines[77:153], lines[:76], 1),
			"encoded",
		},
		"a payload that is added to":           {[]string{b64[:600]}, b64[:640], "encoded"},
		"a payload that grows in front":        {[]string{b64[40:640]}, b64[:640], "encoded"},
		"a payload that becomes one":           {[]string{b64[:500]}, b64[:540], "encoded"},
		"less than a payload":                  {[]string{b64[:400]}, b64[:500], ""},
		"a payload in lines, by pieces":        {[]string{lines[:77*6]}, lines[:77*8], "encoded"},
		"hexadecimal by pieces":                {[]string{digits[:900]}, digits[:1100], "encoded"},
		"far down, by pieces":                  {[]string{long + lines[:77*6]}, long + lines[:77*8], "encoded"},
		"a line less between two payloads":     {[]string{lines + "x\n" + lines}, lines + lines, ""},
		"one of two payloads":                  {[]string{lines + "x\n"}, lines + "x\n" + digits, "encoded"},
		"a second one at the far end":          {[]string{"x\n" + lines + long}, "y\n" + lines + long + digits, "encoded"},
		"a merge of both sides":                {[]string{"a\n" + lines + "b\n", "c\n" + lines}, "c\n" + lines + "b\n", ""},
		"a merge that takes one side":          {[]string{"a\n", "a\n" + lines}, "a\n" + lines, ""},
		"a merge that takes a side, changed":   {[]string{"a\n", "a\n" + lines}, "b\n" + lines, ""},
		"a merge that puts two halves in one":  {[]string{lines[:77*4], lines[77*4 : 77*8]}, lines[:77*8], "encoded"},
		"a merge that adds one of its own":     {[]string{"a\n", "b\n"}, "a\n" + lines, "encoded"},
		"an override":                          {nil, override, "bidi"},
		"an override that stood there":         {[]string{override + "a\n"}, override + "b\n", ""},
		"an override in a line that changes":   {[]string{override}, "y" + override, "bidi"},
		"another override":                     {[]string{override}, override + "// \u2066\n", "bidi"},
		"the same once more":                   {[]string{override}, override + override, "bidi"},
		"a merge of an override":               {[]string{"a\n" + override, "b\n"}, "b\n" + override, ""},
		"a key":                                {[]string{"# keys\n"}, "# keys\n" + key, "keys"},
		"a comment beside a key":               {[]string{"# keys\n" + key}, "# our keys\n" + key, ""},
		"another key":                          {[]string{key}, key + pgpArmor("PUBLIC KEY BLOCK", pgpKey()+"x"), "keys"},
		"a key that is changed":                {[]string{key}, strings.Replace(key, "AAAA", "AAAB", 1), "keys"},
		"a key that goes":                      {[]string{"a\n" + key}, "a\n", ""},
		"what a file is, whatever changes":     {[]string{"%PDF-1.4\na\n"}, "%PDF-1.4\nb\n", "archive binary"},
		"what a file is, and nothing changes":  {[]string{"\x00"}, "\x00", "binary"},
		"a payload in what was a binary":       {[]string{"\x00" + lines}, lines[:77*30], ""},
		"a text where a payload was before":    {[]string{lines}, "text\n", ""},
		"a file that becomes empty":            {[]string{lines}, "", ""},
		"an empty file that becomes a payload": {[]string{""}, lines, "encoded"},
	} {
		if got := of(c.now, c.before...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whoever brings a payload in by pieces is seen when it has become one.
func TestAttackPayloadByPieces(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString(noise(3000))
	for name, text := range map[string]string{
		"in one line": b64, "in lines": wrap(b64, 60, "", ""), "in strings": wrap(b64, 40, "\t\"", "\" +"),
		"as hexadecimal": wrap(hex.EncodeToString(noise(2000)), 64, "", ""),
	} {
		for _, step := range []int{100, 200, 511} {
			before, seen := source1, 0
			for i := 0; i < len(text); i += step {
				now := source1 + text[:min(i+step, len(text))]
				if of(now, before) == "encoded" {
					seen++
				}
				before = now
			}
			if all := (len(text) + step - 1) / step; seen*10 < all*5 {
				t.Errorf("%s, %d at a time: seen %d times of %d", name, step, seen, all)
			}
		}
	}
}

func FuzzOf(f *testing.F) {
	b64 := base64.StdEncoding.EncodeToString(noise(600))
	for _, seed := range [][2]string{
		{"", ""},
		{"a\nb\n", "a\nc\n"},
		{b64, b64 + "x"},
		{b64[:500], b64},
		{"x\u202e\n", "y\u202e\n"},
		{"\x00", "a"},
		{pgpArmor("PUBLIC KEY BLOCK", pgpKey()), "a\n" + pgpArmor("PRIVATE KEY BLOCK", pgpKey())},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]), []byte(seed[0]))
	}
	const added = Encoded | Bidi | Keys
	f.Fuzz(func(t *testing.T, a, now, b []byte) {
		whole := ofFile(now, int64(len(now)))
		for _, before := range [][][]byte{{a}, {a, b}, {b, a}} {
			got := ofChange(before, now, int64(len(now)))
			if got&^added != whole&^added {
				t.Errorf("a change shows %s, the file %s", traitNames(got), traitNames(whole))
			}
			if got&added&^whole != 0 {
				t.Errorf("a change shows %s, the whole file %s", traitNames(got), traitNames(whole))
			}
		}
		if one, two := ofChange([][]byte{a, b}, now, 0), ofChange([][]byte{b, a}, now, 0); one != two {
			t.Errorf("%s, in another order %s", traitNames(one), traitNames(two))
		}
		if got := ofChange([][]byte{a, now}, now, int64(len(now))); got&added != 0 {
			t.Errorf("nothing changes, and %s", traitNames(got))
		}
		part, _ := changed(&edit.Change{Before: [][]byte{a}, Now: now})
		if part.from < 0 || part.to < part.from || part.to > len(now) || part == (span{}) &&
			len(now) > 0 && !bytes.Equal(a, now) {
			t.Errorf("what changed is from %d to %d of %d", part.from, part.to, len(now))
		}
		if !slices.Equal(now[:part.from], a[:min(part.from, len(a))]) {
			t.Error("what is in front isn't the same")
		}
	})
}
