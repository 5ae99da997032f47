package shape

import (
	"reflect"
	"strings"
	"testing"
)

// pnpmText is a lockfile with what can stand in one.
const pnpmText = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: false

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.0(b@2.0.0)
      l:
        specifier: workspace:*
        version: link:../l

  packages/b: {}

packages:

  '@x/a@1.2.0':
    resolution: {integrity: sha512-aaaa}
    engines: {node: '>=18'}

  b@2.0.0:
    resolution: {integrity: sha512-bbbb}
    deprecated: |
      long

      text
    hasBin: true

  c@https://x.test/c.tgz:
    resolution: {tarball: https://x.test/c.tgz}

snapshots:

  '@x/a@1.2.0': {}

  b@2.0.0:
    dependencies:
      d: c@https://x.test/c.tgz
`

// FuzzPNPM reads lockfiles in parts, of which some are remembered, and wholly: both say the same.
func FuzzPNPM(f *testing.F) {
	f.Add([]byte(pnpmText), []byte(strings.Replace(pnpmText, "2.0.0", "2.1.0", -1)))
	f.Add([]byte(pnpmText), []byte(strings.Replace(pnpmText, "\npackages:", "\npackages: {}\nold:", 1)))
	for from, to := range map[string]string{
		"\n  b@2.0.0:":     "\n  '@x/a@1.2.0':", // twice
		"\n\nsnapshots:":   "\n\npackages:",
		"    hasBin":       "   hasBin",
		"    engines":      "  engines",
		"  packages/b: {}": "- packages/b",
		"      long":       "# long",
		"      text":       "  text",
		"packages:\n":      "packages:\n\n    a: b\n",
		"importers:\n":     "importers:\n  \n",
		"snapshots:":       "snapshots",
		"  .:":             " .:",
		"true":             "true\n",
	} {
		f.Add([]byte(pnpmText), []byte(strings.Replace(pnpmText, from, to, 1)))
	}
	fuzzParts(f, readPNPMLock(), readWholePNPMLock)
}

// cargoText is a lockfile with what can stand in one.
const cargoText = `version = 1
requires-python = ">=3.9"

[options]
a = 1

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/packages/a-1.0.tar.gz", hash = "sha256:aa" }
wheels = [
    { url = "https://files.pythonhosted.org/packages/a-1.0.whl", hash = "sha256:ab" },
]

[package.metadata]
requires-dist = [{ name = "b" }]

[[package]]
name = "b"
version = "2.0"
description = """
x
"""

[metadata]
lock-version = "2.0"
content-hash = "x"

[metadata.files]
a = []
`

// FuzzCargo is FuzzPNPM for lockfiles of tables.
func FuzzCargo(f *testing.F) {
	f.Add([]byte(cargoText), []byte(strings.Replace(cargoText, "2.0", "2.1", 1)))
	for from, to := range map[string]string{
		"[metadata]":    "[[package]]",
		"x\n":           "[[package]]\n",
		"wheels = [\n":  "wheels = [\n[[package]]\n",
		"[options]":     "[package.x]",
		"a = 1":         "package = 1",
		"[[package]]\n": "[[package]]\r\n",
		"\"b\"":         "\"b",
		"name":          "nam",
		"[metadata.f":   "[package.f",
	} {
		f.Add([]byte(cargoText), []byte(strings.Replace(cargoText, from, to, 1)))
		last := strings.LastIndex(cargoText, from)
		f.Add([]byte(cargoText), []byte(cargoText[:last]+to+cargoText[last+len(from):]))
	}
	fuzzParts(f, readCargoLock(), readWholeCargoLock)
}

// fuzzParts makes sure that two readers say the same, whatever was read before.
func fuzzParts(f *testing.F, read, readWhole func([]byte) (lockfile, bool)) {
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, text := range [][]byte{a, b, a} {
			got, ok := read(text)
			want, wantOK := readWhole(text)
			if ok != wantOK || !reflect.DeepEqual(got, want) {
				t.Fatalf("%q\nin parts: %v %+v\nwholly: %v %+v", text, ok, got, wantOK, want)
			}
		}
	})
}

// TestLocksInParts makes sure that it is read in parts at all, and that what stays is read once.
func TestLocksInParts(t *testing.T) {
	cut, ok := cutPNPM([]byte(pnpmText))
	if !ok || len(cut.parts["importers"]) != 2 || len(cut.parts["packages"]) != 3 || len(cut.parts["snapshots"]) != 2 {
		t.Errorf("cut: %v %q", ok, cut.parts)
	}
	const rest = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: false\n\n" +
		"importers:\n\npackages:\n\nsnapshots:\n\n"
	if string(cut.rest) != rest {
		t.Errorf("the rest is %q", cut.rest)
	}
	tables, others := cutCargo([]byte(cargoText))
	if len(tables) != 2 || !strings.HasPrefix(string(others), "version") || !strings.Contains(string(others), "[meta") {
		t.Errorf("cut: %q %q", tables, others)
	}
	reads := make(map[string]int)
	p := parts[int]{read: func(part string) (int, bool) { reads[part]++; return len(part), part != "bad" }}
	texts := func(words string) (all [][]byte) {
		for _, word := range strings.Fields(words) {
			all = append(all, []byte(word))
		}
		return all
	}
	for _, words := range []string{"a b c", "a bb c", "a b d e", "bad a"} {
		values, ok := p.all(texts(words))
		if ok != !strings.Contains(words, "bad") {
			t.Errorf("%s: %v", words, ok)
		}
		for i, n := range values {
			if n != len(strings.Fields(words)[i]) {
				t.Errorf("%s: %v", words, values)
			}
		}
	}
	if want := map[string]int{"a": 1, "b": 1, "c": 1, "bb": 1, "d": 1, "e": 1, "bad": 1}; !reflect.DeepEqual(reads, want) {
		t.Errorf("read: %v", reads)
	}
	for range keptFor {
		p.all(texts("a"))
	}
	if len(p.known) > 2 {
		t.Errorf("%d are kept for a text that has one", len(p.known))
	}
}
