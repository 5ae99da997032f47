package journal

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzValid holds what is JSON here against encoding/json.
func FuzzValid(f *testing.F) {
	for _, s := range []string{
		``, ` `, `{}`, `[]`, `{"a":1}`, `{"a":1,}`, `{"a" : [ 1 , 2 ] }`, `[1,]`, `[,1]`, `{,}`, `{"a"}`, `{"a":}`, `{1:2}`,
		`"`, `"a`, `"\`,
		`"\"`, `"\u12"`, `"\u12aF"`, `"\u12aG"`, `"\x"`, `"\/\b\f\n\r\t\\"`,
		"\"\x1f\"", "\"\xff\"", "\"\u2028\"",
		`0`, `-0`, `01`, `-`, `1.`, `1.5`, `.5`, `1e`, `1E+`, `1e-9`, `1.5E+10`, `+1`,
		`true`, `tru`, `nulll`, `{} {}`, "\v1", `NaN`,
		"\t{\r\n}", `[[[]]]`, `[[[]]`, `[}`, `{]`, `{"a":{"b":[null,false,"c"]}}`, "[\x00]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := valid(b), json.Valid(b); got != want {
			t.Errorf("valid(%q) is %t, encoding/json says %t", b, got, want)
		}
	})
}

func TestValidIsAsDeepAsEncodingJSON(t *testing.T) {
	for _, n := range []int{maxDepth - 1, maxDepth, maxDepth + 1, 1_000_000} {
		for _, pair := range []string{"[]", `{"a":}`} {
			i := len(pair) - 1
			b := []byte(strings.Repeat(pair[:i], n) + "1" + strings.Repeat(pair[i:], n))
			if got, want := valid(b), json.Valid(b); got != want {
				t.Errorf("%d of %s: %t, encoding/json says %t", n, pair, got, want)
			}
		}
	}
}
