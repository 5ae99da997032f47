package signal

import (
	"strings"
	"testing"
)

const (
	selector = "\ufe01"     // a variation selector
	zeroes   = "\u200b"     // a zero-width space
	england  = "\U0001f3f4" // the black flag of tags
)

func TestInvisibleText(t *testing.T) {
	tags := ""
	for _, c := range "hello" {
		tags += string(0xe0000 + c)
	}
	check(t, []hits{
		{"src/a.js", "invisible-text", []string{
			"let s = `" + strings.Repeat(selector, 4) + "`;\n",
			"let s = `" + strings.Repeat("\U000e0101\U000e0120", 9) + "`;\n",
			"let s = '" + strings.Repeat(zeroes, 4) + "';\n",
			"let s = '" + zeroes + "\u200c\u200d\u2060';\n",
			"let s = '" + strings.Repeat("\u200d\u200c", 3) + "';\n",
			"let s = 'a\U000e0101b';\n",
			"let s = '" + tags + "';\n",
			"let s = '" + england + tags + "';\n",
			"let \u3164 = 1;\n",
			"f(\uffa0)\n",
			"let s = '\u00ad\u034f\u2063\u2064';\n",
			"let s = '😀" + strings.Repeat("\ufe0f", 5) + "';\n",
			"let s = '" + strings.Repeat("a"+selector, 12) + "';\n",
			strings.Repeat("let s = 'a"+selector+"';\n", 64),
			"a;" + strings.Repeat(" \t  ", 9) + "\n",
			"// all is well\u2028send(x)\n",
			"// all is well\rsend(x)\n",
			"let s = `" + strings.Repeat("\u2800"+selector, 12) + "`;\n",
			"let s = `" + strings.Repeat("\u2003"+selector, 12) + "`;\n",
			"let s = `" + strings.Repeat("\ue001", 16) + "`;\n",
			"let s = `" + strings.Repeat("\U000f0001", 16) + "`;\n",
			"let s = `" + strings.Repeat("\ufff9\ufffb", 8) + "`;\n",
			"a(); // \x1b[8m\n", "a(); // \x1b[1;8m\n", "a();\x1b[2K\n", "\x1b[1A\n",
		}},
		{"AGENTS.md", "invisible-text", []string{
			"Be kind." + tags + "\n",
			"Be kind." + strings.Repeat(zeroes+"\u200c", 20) + "\n",
		}},
		{"src/a.js", "", []string{
			"\ufefflet a = 1;\n",
			"let a = '👨\u200d👩\u200d👧\u200d👦 ❤\ufe0f 🏳\ufe0f\u200d🌈 👩🏽\u200d💻 1\ufe0f⃣ #\ufe0f⃣ ✔\ufe0e';\n",
			"let a = '" + england + "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f';\n",
			"let a = '" + england + "\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f';\n",
			"let a = 'می\u200cخواهم و نمی\u200cدانم که کتاب\u200cها';\n",
			"let a = 'क्\u200dष र्\u200dय ശ്\u200c';\n",
			"let a = '葛\U000e0100城 辻\U000e0101';\n",
			"let a = 'ภาษา\u200bไทย\u200bง่าย';\n",
			"let a = 'sil\u00adben\u00adtren\u00adnung';\n",
			"let a = 'a" + zeroes + "b';\n",
			"let a = 1; // one\r\n",
			"let a = '𝒳︀ 0︀ ⊕︀';\n",
			"let a = '한글 ' + '안녕하세요';\n",
			"let a = `" + strings.Repeat("\ue001", 15) + "`;\n",
			"let a = '" + strings.Repeat("\ue001 ", 40) + "';\n",
			"let a = '\x1b[31mred\x1b[0m\x1b[38;5;1m';\n",
		}},
		{"src/test_unicode.py", "", []string{"FILLERS = ['\u3164', '\u115f']\n"}},
	})
}

func TestCodeBehindBlanks(t *testing.T) {
	far := strings.Repeat(" ", 120)
	check(t, []hits{
		{"docs/a.svg", "code-behind-blanks", []string{"<svg>" + far + "<script>send()</script></svg>\n"}},
		{"docs/a.html", "code-behind-blanks", []string{"<p>" + far + "<img onerror=send(x)>\n"}},
		{"docs/a.html", "", []string{"<p>" + far + "and a word more\n", "<svg>" + far + "<path d=\"M0 0\"/>\n"}},
		{"tailwind.config.js", "code-behind-blanks", []string{
			"module.exports = {};" + far + "send(x)\n",
			"module.exports = {};" + strings.Repeat("\t", 15) + "send(x)\n",
			"module.exports = {};" + strings.Repeat("\u00a0", 120) + "send(x)\n",
			"module.exports = {};" + strings.Repeat("\u3000", 60) + strings.Repeat(" \t", 7) + "send(x)\n",
			"module.exports = {};" + far + ";send(x)\n",
			"/*" + strings.Repeat("\u2800", 120) + "*/send(x)\n",
			"module.exports = {};" + strings.Repeat("\f", 120) + "send(x)\n",
			"class A {" + far + "#a = send(x) }\n",
			"module.exports = {};" + far + "/* a */send(x)\n",
			far + far + "send(x)\n",
			strings.Repeat("x", 100) + far[:60] + "send(x)\n",
			"a" + far + "}\n" + strings.Repeat("x", 77) + far + "send(x)\n",
			"a();" + strings.Repeat("\u3000", 60) + "send(x)\n",
			"a()" + strings.Repeat("\u3000", 60) + "send(x)\n",
			"ab()" + strings.Repeat("\u2003", 120) + "send(x)\n",
			"a();\n" + strings.Repeat("\n", 120) + "send(x)\n",
			"a();\n" + strings.Repeat(" \t\n", 120) + "send(x)\n",
		}},
		{"a.py", "code-behind-blanks", []string{"x = 1" + far + "// send(y)\n"}},
		{".github/workflows/a.yml", "code-behind-blanks", []string{"  run: make" + far + "; send\n"}},
		{"tailwind.config.js", "", []string{
			"module.exports = {};" + far[1:] + "send(x)\n",
			"module.exports = {" + far + "}\n",
			"module.exports = {" + far + "// a comment\n",
			"module.exports = {" + far + "/* a comment */\n",
			"#define A(b)" + far + "\\\n",
			strings.Repeat("x", 99) + far[:59] + "send(x)\n",
			"a();" + far + far + "\n",
			strings.Repeat("\t", 20) + "send(x)\n",
			"a();" + strings.Repeat("\u3000", 59) + "send(x)\n",
			"a();\n" + strings.Repeat("\n", 119) + "send(x)\n",
		}},
		{"doc/table.txt", "", []string{"a" + far + "send(x)\n"}},
		{"data/table.csv", "", []string{"a" + far + "send(x)\n"}},
	})
}

func TestObfuscated(t *testing.T) {
	plain := strings.Repeat(`\x61`, 40)
	base64 := strings.Repeat("aGVsbG8gd29ybGQsIEhlTGxPIFdvUmxEIDEyMzQ1Njc4", 10)
	check(t, []hits{
		{"src/a.js", "obfuscated", []string{
			"var _0x1a2b=_0x3c4d(_0x5e6f,_0x7a8b);\n",
			strings.Repeat("var _0x1a2b=1;\n", 12),
			"var s = '" + plain + "';\n",
			"var s = '" + strings.Repeat(`\u0061`, 40) + "';\n",
			"var s = '" + base64 + "';\n",
			"var s = 'data:text/plain;base64," + base64 + "';\n",
			"[][(![]+[])[+[]]+(!![]+[])[+!+[]]]" + strings.Repeat("(![]+[])[+[]]", 9) + "\n",
			"var s = '" + strings.Repeat(`\u{61}`, 40) + "';\n",
			"var s = '" + strings.Repeat(`\141`, 40) + "';\n",
			"[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]+(![]+[])[+!+[]]]\n",
			"x=String.fromCharCode(" + strings.Repeat("104,", 20) + "33);\n",
			"x=string.fromcodepoint(" + strings.Repeat("104,", 20) + "33);\n",
			"while(!![]){try{if(-parseInt(a)/1+parseInt(b)/2+parseInt(c)===d)break}catch(e){}}\n",
		}},
		{"dist/index.js", "obfuscated", []string{"var _0x1a2b=_0x3c4d(_0x5e6f,_0x7a8b);\n"}},
		{"a.php", "obfuscated", []string{"$x = chr(104).chr(101).chr(108).chr(108).chr(111).chr(33).chr(33).chr(33);\n"}},
		{
			"a.ps1",
			"obfuscated",
			[]string{"$x = [char]104+[char]101+[char]108+[char]108+[char]111+[char]33+[char]33+[char]33\n"},
		},
		{"src/a.js", "", []string{
			"var a_0x1a2b=b_0x3c4d(c_0x5e6f,d_0x7a8b);\n",
			"var s = '" + plain[4:] + "';\n",
			"var s = 'data:image/png;base64," + base64 + "';\n",
			"var s = 'data:application/font-woff;charset=utf-8;base64," + base64 + "';\n",
			"var re = /[" + strings.Repeat(`\u00c0-\u0242`, 40) + "]/;\n",
			"var s = '" + strings.Repeat(`\x8f\x00\xfe\x1b`, 20) + "';\n",
			"x=String.fromCharCode(0x68, a, b);\n",
			"var s = '" + strings.Repeat("aaaaaaaa/", 60) + "';\n",
			"const cert = 'MII" + base64 + "';\n",
			"if (a[b[c[0]]] && !(f(g(h())))) {}\n",
			"var s = '" + strings.Repeat(`\033`, 40) + "';\n",
			"x = " + strings.Repeat("[", 19) + strings.Repeat("]", 19) + "\n",
		}},
		{"test/a.js", "", []string{"var s = '" + base64 + "';\n", "var s = '" + plain + "';\n"}},
		{"dist/index.js", "", []string{"var s = '" + base64 + "';\n"}},
		{"a.md", "", []string{"_0x1a2b=_0x3c4d(_0x5e6f,_0x7a8b)\n"}},
	})
}

func TestDisguised(t *testing.T) {
	program := "const a = require('a');\na.send(process.env);\n"
	check(t, []hits{
		{"public/fonts/a.woff2", "disguised", []string{program, "wOF2" + program, "x();"}},
		{"public/A.PNG", "disguised", []string{program, "\ufeff" + program, "// é\n" + program}},
		{"a.zip", "disguised", []string{"#!/bin/sh\necho hello\n"}},
		{"a.gif", "disguised", []string{"GIF89a=1;" + program, "<svg><script>x()</script></svg>\n"}},
		{"test/a.png", "disguised", []string{program}},
		{"b.png", "disguised", []string{
			program + program + "//\xff\n", "\x89PNG\r\n\x1a\n" + strings.Repeat(program, 6), "// <svg\n" + program,
			"version https://git-lfs.github.com/spec/v1\n" + program,
		}},
		{"lib/a.pyc", "disguised", []string{program}},
		{"lib/a.pdf", "disguised", []string{program}},
		{"lib/a.node", "disguised", []string{program}},
		{"c.woff2", "disguised", []string{"//" + strings.Repeat("\xff\xfe\xfd", 40) + program + program + program}},
		{"c.woff2", "disguised", []string{"//" + strings.Repeat("\xff\xfe\xfd", 400) + program}},
		{"c.woff2. ", "disguised", []string{program}},
		{"a.png", "", []string{
			"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "/annex/objects/SHA256E-s1--00.png\n",
			"placeholder\n", "\n",
			"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
		}},
		{"tests/fixtures/a.jpg", "", []string{"not a picture (by intent)\n", "a\nb\n"}},
		{"a.svg", "", []string{"<svg/>\n"}},
		{"a.pdf", "", []string{"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\n"}},
		{"a.xpm", "", []string{"/* XPM */\nstatic char *a[] = {};\n"}},
		{"a.js", "", []string{"send(x);\n"}},
	})
}

func TestPythonPath(t *testing.T) {
	check(t, []hits{
		{"src/a.pth", "python-path", []string{
			"import os; os.getcwd()\n", "lib\nimport\tos\n", "\ufeffimport os\n", "lib\rimport os\n",
		}},
		{"lib/sitecustomize/__init__.py", "python-path", []string{"import os\n"}},
		{"sitecustomize.py", "python-path", []string{"import os\n"}},
		{"lib/usercustomize.py", "python-path", []string{"print(1)\n"}},
		{"src/a.pth", "", []string{"../lib\n# import os\nimports\n"}},
		{"sitecustomize.py", "", []string{"# nothing\n\n"}},
		{"a.py", "", []string{"import os\n"}},
	})
}
