package report

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for s, want := range map[string]string{
		"":                                 "",
		"src/main.c":                       "src/main.c",
		"größer/文件/😀.txt":                  "größer/文件/😀.txt",
		"a b":                              "a b",
		"a\u0301":                          "a\u0301", // as macOS writes á in a path
		`C:\new`:                           `C:\\new`,
		"a\nremote: b\r\n\tc":              `a\nremote: b\r\n\tc`,
		"\x1b[2J\x07\x00\x7f":              `\x1b[2J\x07\x00\x7f`,
		"\u009b31m\u0085":                  `\u009b31m\u0085`,
		"\xff\xc3(\x80":                    `\xff\xc3(\x80`,
		"\ufffd":                           "\ufffd",
		"\xed\xa0\x80":                     `\xed\xa0\x80`, // a surrogate
		"\xc0\xaf":                         `\xc0\xaf`,     // an overlong slash
		"gpj.\u202eexe\u2066\u200f":        `gpj.\u202eexe\u2066\u200f`,
		"a\u200bb\u2060\ufeff\u00ad":       `a\u200bb\u2060\ufeff\u00ad`,
		"a\u2028b\u2029":                   `a\u2028b\u2029`,
		"a\u00a0b\u3000\u2003":             `a\u00a0b\u3000\u2003`,
		"\ue000\U000f0000\U0010ffff\ufdd0": `\ue000\U000f0000\U0010ffff\ufdd0`,
		"\U000e0041\ufe0f\U000e0100":       `\U000e0041\ufe0f\U000e0100`,
		"a\u3164b\u115f\uffa0\u2800\u034f": `a\u3164b\u115f\uffa0\u2800\u034f`,
	} {
		if got := escape(s); got != want {
			t.Errorf("escape(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		s       string
		columns int
		want    string
	}{
		{"tests/files/good.xz", 19, "tests/files/good.xz"},
		{"tests/files/good.xz", 18, "tests/fil…/good.xz"},
		{"tests/files/good.xz", 2, "t…"},
		{"tests/files/good.xz", 1, "…"},
		{"\x1b\x1b\x1b\x1b", 9, `\x1b…\x1b`},
		{"\x1b\x1b\x1b\x1b", 8, `\x1b…`},
		{"文件文件文件", 12, "文件文件文件"},
		{"文件文件文件", 9, "文件…文件"},
		{"文件文件文件", 8, "文件…件"},
		{`\\\\\\`, 7, `\\…\\`},
	} {
		if got := cut(escape(tc.s), tc.columns); got != tc.want {
			t.Errorf("cut(%q, %d) = %s, want %s", tc.s, tc.columns, got, tc.want)
		}
	}
}

// unescape reads an escaped text as Go reads a string: another's reading of the same escapes.
func unescape(s string) (string, error) {
	return strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
}

// FuzzEscape holds that nothing a terminal obeys comes out, and that the text can be read back: so
// two texts never look the same.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a\\n", "\xff\\xff", "\u202e\"", "\x1b[1A\rremote: ok\n", "é\u200d\U000e0001…"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, columns int) {
		shown := escape(s)
		checkShown(t, shown)
		if back, err := unescape(shown); err != nil || back != s {
			t.Fatalf("%q became %s, which reads %q (%v)", s, shown, back, err)
		}
		columns = max(columns%200, 1)
		short := cut(shown, columns)
		if width(short) > columns {
			t.Fatalf("%s takes %d columns of %d", short, width(short), columns)
		}
		if short == shown {
			return
		}
		checkShown(t, short)
		for i := range short { // one of the marks is the cut
			if front, back := short[:i], strings.TrimPrefix(short[i:], "…"); strings.HasPrefix(short[i:], "…") &&
				strings.HasPrefix(shown, front) && strings.HasSuffix(shown, back) {
				if _, err := unescape(front); err == nil {
					return
				}
			}
		}
		t.Fatalf("%s is no beginning and end of %s", short, shown)
	})
}

// checkShown fails on characters that a terminal obeys, or that no reader sees.
func checkShown(t interface{ Fatalf(string, ...any) }, s string) {
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Zs, r) && r != ' ' {
			t.Fatalf("%q shows %U", s, r)
		}
	}
}
