package shape

import (
	"bytes"
	"slices"
	"strings"
)

// compareTOML compares by a rule and finds the lines that added texts stand on.
func compareTOML(judge rule) comparer {
	return func(old, now []byte) []change {
		all := compareParsed(parseTOML, func(path []string, a, b *node) (change, bool) {
			c, known := judge(path, a, b)
			if known && b != nil && c.line == 0 {
				c.line = lineWith(old, now, path[len(path)-1], b.str())
			}
			return c, known
		})(old, now)
		return all
	}
}

// lineWith gives the first line that has a key and a text and that the old text doesn't have, else the first with the
// key, else none.
func lineWith(old, now []byte, key, text string) int {
	number, found := 0, 0
	for line := range bytes.Lines(now) {
		number++
		if !bytes.Contains(line, []byte(key)) {
			continue
		}
		if bytes.Contains(line, []byte(text)) && !bytes.Contains(old, line) {
			return number
		}
		if found == 0 {
			found = number
		}
	}
	return found
}

var cargoDependencies = []string{"dependencies", "dev-dependencies", "build-dependencies"}

// judgeCargo judges Cargo.toml (The Cargo Book, "The Manifest Format").
func judgeCargo(path []string, old, now *node) (change, bool) {
	if len(path) == 0 {
		return change{}, false
	}
	if path[0] == "workspace" && len(path) > 1 {
		path = path[1:]
	}
	if path[0] == "target" && len(path) > 2 {
		path = path[2:]
	}
	switch key, last := path[0], path[len(path)-1]; {
	case slices.Contains(cargoDependencies, key) && len(path) == 2:
		return cargoDependency(last, old, now)
	case slices.Contains(cargoDependencies, key) && len(path) == 3:
		return cargoField(path[1], last, old, now)
	case (key == "patch" || key == "replace") && now != nil:
		return risky(0, "it replaces dependencies"), true
	case key == "package" && len(path) == 2 && isMetadata(last):
		return describes(old, now)
	case key == "package" && len(path) == 2 && last == "rust-version":
		if raised(old.str(), now.str()) {
			return harmless(0, "a newer version of the compiler"), true
		}
	case key == "package" && len(path) == 2 && now != nil && (last == "build" || last == "links"):
		return risky(0, "a program that runs at build time"), true
	case key == "lib" && len(path) == 2 && last == "proc-macro":
		return risky(0, "code that runs at build time"), true
	}
	return change{}, false
}

// cargoDependency judges a dependency that is a text, or that is new, gone or of another kind.
func cargoDependency(name string, old, now *node) (change, bool) {
	switch {
	case now == nil:
		return plain(0, "a dependency is taken out"), true
	case old == nil && now.kind == mapping && (now.at("workspace") != nil || local(now)):
		return plain(0, "a new dependency on a part of the same project"), true
	case old == nil:
		return risky(0, "a new dependency"), true
	case now.kind == mapping && old.kind == mapping:
		return change{}, false
	case now.kind == mapping && old.kind == scalar:
		for _, key := range now.keys {
			if cargoSource(key) {
				return risky(0, "another source of a dependency"), true
			}
		}
		return plain(0, "a dependency with other settings"), true
	case now.kind == scalar && old.kind == mapping:
		return plain(0, "a dependency with other settings"), true
	}
	return requires(name, old, now)
}

// local tells whether a dependency is a folder of the same repository.
func local(n *node) bool { return n.at("path") != nil && n.at("git") == nil && n.at("registry") == nil }

func cargoSource(key string) bool {
	return slices.Contains([]string{
		"git", "branch", "tag", "rev", "path", "registry", "registry-index", "package", "base", "url", "artifact",
	}, key)
}

func cargoField(name, key string, old, now *node) (change, bool) {
	switch {
	case key == "version" && old != nil && now != nil:
		return requires(name, old, now)
	case cargoSource(key) && now != nil:
		return risky(0, "another source of a dependency"), true
	}
	return change{}, false
}

// judgeCatalog judges Gradle's libs.versions.toml.
func judgeCatalog(path []string, old, now *node) (change, bool) {
	if len(path) < 2 {
		return change{}, false
	}
	switch section := path[0]; {
	case section == "versions" && len(path) == 2 && old != nil && now != nil:
		return requires(path[1], old, now)
	case (section == "libraries" || section == "plugins") && len(path) == 2:
		return coordinate(old, now)
	case (section == "libraries" || section == "plugins") && len(path) == 3 && path[2] == "version" &&
		old != nil && now != nil && now.kind == scalar:
		return requires(path[1], old, now)
	case (section == "libraries" || section == "plugins") && len(path) == 3 && now != nil:
		return risky(0, "another source of a dependency"), true
	}
	return change{}, false
}

// coordinate judges group:name:version, or a table of them.
func coordinate(old, now *node) (change, bool) {
	switch {
	case now == nil:
		return plain(0, "a dependency is taken out"), true
	case old == nil:
		return risky(0, "a new dependency"), true
	case now.kind == mapping && old.kind == mapping:
		return change{}, false
	case coordinateRaised(old.str(), now.str()):
		return harmless(0, "a newer version of a dependency"), true
	}
	return risky(0, "another source of a dependency"), true
}

// coordinateRaised tells whether a Maven coordinate is the same but for a newer version.
func coordinateRaised(old, now string) bool {
	i, j := strings.LastIndexByte(old, ':'), strings.LastIndexByte(now, ':')
	return i > 0 && j > 0 && old[:i] == now[:j] && asciiName(now[:j]) && newer(old[i+1:], now[j+1:])
}
