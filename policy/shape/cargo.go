package shape

import (
	"bytes"
	"slices"
	"strings"

	"countersign/policy/edit"
)

// compareTOML compares by a rule and finds the lines that added texts stand on.
func compareTOML(judge rule) comparer {
	read := remember(whether(parseTOML))
	return func(old, now []byte) []change {
		var keys map[string]int
		return compareRead(read, func(path []string, a, b *node) (change, bool) {
			c, known := judge(path, a, b)
			if known && b != nil && c.line == 0 && len(path) > 0 {
				if keys == nil {
					keys = addedKeys(old, now)
				}
				c.line = keys[path[len(path)-1]]
				if c.line == 0 && len(path) > 1 {
					c.line = keys[path[len(path)-2]] // name = { key = … }
				}
			}
			return c, known
		}, old, now)
	}
}

// addedKeys gives the first line that a change adds for each key or table, by its last part.
func addedKeys(old, now []byte) map[string]int {
	keys := make(map[string]int)
	for _, l := range edit.Added([][]byte{old}, now) {
		key, _, _ := bytes.Cut(bytes.Trim(l.Text, " \t[\r"), []byte{'='})
		key = bytes.TrimRight(key, " \t]")
		key = bytes.Trim(key[bytes.LastIndexByte(key, '.')+1:], `"'`)
		if name := string(key); keys[name] == 0 {
			keys[name] = l.Number
		}
	}
	return keys
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
	name, before, after := sameArtifact(old, now)
	return name != "" && asciiName(name) && newer(before, after)
}

// coordinateLoosened tells whether a Maven coordinate is the same, for any version.
func coordinateLoosened(old, now string) bool {
	name, before, after := sameArtifact(old, now)
	return name != "" && loosened(before, after)
}

// sameArtifact gives what two Maven coordinates of the same artifact name it by, and both versions; "" if they aren't.
func sameArtifact(old, now string) (name, before, after string) {
	i, j := strings.LastIndexByte(old, ':'), strings.LastIndexByte(now, ':')
	if i <= 0 || j <= 0 || old[:i] != now[:j] {
		return "", "", ""
	}
	return now[:j], old[i+1:], now[j+1:]
}
