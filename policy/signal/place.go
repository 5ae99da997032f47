package signal

import (
	"bytes"
	"path"
	"strings"
)

// kind is what becomes of a file's text.
type kind uint8

const (
	code   kind = iota // a program in a language that isn't a shell's, and whatever isn't known
	script             // run by a shell or a build tool, or holds commands that are
	config             // settings, which may hold commands
	markup             // shown by a browser, which may run parts of it
	data               // read by programs
	doc                // read by people
)

// runs says whether commands in such a file may be run.
func (k kind) runs() bool { return k == code || k == script || k == config }

// place is what a path says of a file.
type place struct {
	path, name string // in lower case; name is what stands after the last slash
	ext        string // what follows the last dot of the name
	kind       kind
	language   bool // a program in a language that is known by its extension
	test       bool // a test, what it reads, or an example
	made       bool // written by a program or copied from others: bundled, minified, vendored
}

// languages are extensions of programs, each between blanks.
const languages = " js mjs cjs jsx ts mts cts tsx vue svelte astro py pyw pyi rb php phtml pl pm lua c h cc cpp cxx" +
	" hpp hh rs go java kt kts scala groovy gradle cs fs vb swift m mm zig nim dart ex exs erl hs ml jl r d v coffee" +
	" sh bash zsh ps1 psm1 bat cmd "

var kinds = map[string]kind{
	"sh": script, "bash": script, "zsh": script, "ksh": script, "csh": script, "fish": script, "ps1": script,
	"psm1": script,
	"bat":  script, "cmd": script, "mk": script, "mak": script, "make": script, "am": script, "ac": script, "m4": script,
	"in": script, "cmake": script, "spec": script, "ebuild": script, "nix": script, "dockerfile": script,
	"containerfile": script,
	"command":       script, "envrc": script, "install": script, "postinst": script, "preinst": script, "prerm": script,
	"postrm": script,
	"bats":   script, "just": script, "bzl": script, "expect": script, "ninja": script,

	"yml": config, "yaml": config, "toml": config, "json": config, "jsonc": config, "json5": config, "ini": config,
	"cfg": config, "conf": config, "properties": config, "service": config, "desktop": config, "tf": config, "hcl": config,

	"html": markup, "htm": markup, "xhtml": markup, "svg": markup, "css": markup, "scss": markup, "less": markup,
	"xml": markup,
	"xsl": markup, "plist": markup, "ui": markup, "sass": markup,

	"csv": data, "tsv": data, "lock": data, "map": data, "sum": data, "snap": data, "po": data, "pot": data, "dat": data,
	"log": data, "pem": data, "crt": data, "ipynb": data, "geojson": data, "uu": data, "out": data, "golden": data,
	"ndjson": data,

	"md": doc, "mdx": doc, "markdown": doc, "mdown": doc, "rst": doc, "txt": doc, "adoc": doc, "asciidoc": doc, "tex": doc,
	"texi": doc, "texinfo": doc, "org": doc, "rtf": doc, "pod": doc, "textile": doc, "wiki": doc, "mdc": doc,
	"1": doc, "2": doc, "3": doc, "4": doc, "5": doc, "6": doc, "7": doc, "8": doc, "roff": doc, "man": doc,
}

// documents are names without an extension, and beginnings of such, that people read.
var documents = []string{
	"readme", "news", "changelog", "changes", "license", "licence", "copying", "authors", "contributing", "install",
	"todo",
	"thanks", "faq", "hacking", "history", "notice", "releasenotes", "release-notes", "maintainers",
}

var scripts = []string{
	"makefile", "gnumakefile", "bsdmakefile", "dockerfile", "containerfile", "jenkinsfile", "vagrantfile", "justfile",
	".justfile", "procfile", "pkgbuild", "apkbuild", "kbuild", "tiltfile", "earthfile", "configure", ".envrc", ".bashrc",
	".profile", ".zshrc", "cmakelists.txt", "meson.build",
}

// testParts are the parts of paths, and testMarks what stands within names, of tests, of what they read, and of
// examples.
var (
	testParts = map[string]bool{
		"test": true, "tests": true, "t": true, "testing": true, "testdata": true, "test-data": true, "test_data": true,
		"spec":  true,
		"specs": true, "__tests__": true, "__mocks__": true, "__fixtures__": true, "__snapshots__": true, "fixture": true,
		"fixtures": true, "e2e": true, "fuzz": true, "fuzzing": true, "corpus": true, "example": true, "examples": true,
		"samples": true,
		"bench":   true, "benches": true, "benchmark": true, "benchmarks": true, "playground": true, "testsuite": true,
		"unittests": true,
		"unittest":  true, "integration-tests": true, "cassettes": true, "mock": true, "mocks": true, "unit-test": true,
	}
	testMarks = []string{"_test.", ".test.", ".spec.", "-test.", "_spec.", ".bench.", ".e2e."}
	madeParts = map[string]bool{
		"dist": true, "vendor": true, "vendored": true, "third_party": true, "third-party": true, "thirdparty": true,
		"3rdparty":     true,
		"node_modules": true, "external": true, "extern": true, "deps": true, "generated": true, ".yarn": true,
	}
)

func placeOf(raw string, now []byte) place {
	p := place{path: strings.ToLower(plainPath(raw))}
	p.name = path.Base(p.path)
	for rest := p.path; ; {
		part, after, more := strings.Cut(rest, "/")
		if !more {
			break
		}
		p.test = p.test || testParts[part]
		p.made = p.made || madeParts[part]
		rest = after
	}
	for _, mark := range testMarks {
		p.test = p.test || strings.Contains(p.name, mark)
	}
	p.test = p.test || strings.HasPrefix(p.name, "test_") || strings.HasPrefix(p.name, "test-")
	p.made = p.made || strings.Contains(p.name, ".min.")
	p.ext = strings.TrimPrefix(path.Ext(p.name), ".")
	p.kind = kindOf(p.name, p.ext, now)
	p.language = strings.Contains(languages, " "+p.ext+" ")
	if p.ext == "" && p.test && p.kind == script && !bytes.HasPrefix(now, []byte("#!")) {
		p.kind = data
	}
	return p
}

// plainPath gives a path as file systems may take it: without characters that show nothing (HFS+), with slashes for
// backslashes and without dots and blanks behind a name (Windows).
func plainPath(raw string) string {
	plain := !strings.Contains(raw, "\\") && !strings.HasSuffix(raw, ".") && !strings.HasSuffix(raw, " ") &&
		!strings.Contains(raw, "./") && !strings.Contains(raw, " /")
	for i := 0; plain && i < len(raw); i++ {
		plain = raw[i] < 0x80
	}
	if plain {
		return raw
	}
	raw = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case ignorable(r):
			return -1
		case 0xff01 <= r && r <= 0xff5e: // full-width forms
			return r - 0xfee0
		}
		return r
	}, raw)
	parts := strings.Split(raw, "/")
	for i := range parts {
		parts[i] = strings.TrimRight(parts[i], ". ")
	}
	return strings.Join(parts, "/")
}

func kindOf(name, ext string, now []byte) kind {
	if bytes.HasPrefix(now, []byte("#!")) && (ext == "" || kinds[ext] == doc || kinds[ext] == data) {
		return script
	}
	stem, _, _ := strings.Cut(name, ".")
	for _, s := range scripts {
		if name == s || stem == s && ext != "md" {
			return script
		}
	}
	if ext == "" {
		for _, d := range documents {
			if strings.HasPrefix(name, d) {
				return doc
			}
		}
		return script
	}
	if strings.HasSuffix(stem, "-lock") || stem == "npm-shrinkwrap" {
		return data
	}
	return kinds[ext]
}
