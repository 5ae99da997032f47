package shape

import (
	"bytes"
	"slices"
	"strings"
)

// readCargoLock gives a reader of Cargo.lock, poetry.lock, uv.lock and pdm.lock. It reads as [readWholeCargoLock] does,
// and a table [[package]] not again while it stays.
func readCargoLock() func(text []byte) (lockfile, bool) {
	known := parts[locked]{read: func(text string) (locked, bool) {
		root := parseTOML([]byte(text))
		if packages := root.at("package"); packages != nil && packages.kind == sequence &&
			len(packages.kids) == 1 && len(root.keys) == 1 {
			return cargoPackage(packages.kids[0])
		}
		return locked{}, false
	}}
	return func(text []byte) (lockfile, bool) {
		parts, rest := cutCargo(text)
		if len(parts) == 0 || !shallow(text) {
			return readWholeCargoLock(text)
		}
		root := parseTOML(rest)
		packages, ok := known.all(parts)
		if !ok || root == nil || root.at("package") != nil {
			return readWholeCargoLock(text)
		}
		return lockfile{packages, cargoFrame(root)}, true
	}
}

// cutCargo cuts a text into its tables [[package]], each with the tables within it, and the rest. Where a line only
// looks like the head of a table, in a value of several lines, what is before it can't be read by itself.
func cutCargo(text []byte) (parts [][]byte, rest []byte) {
	begun := -1
	for at, next := 0, 0; at < len(text); at = next {
		next = lineEnd(text, at)
		line := text[at:next]
		within := line[0] != '[' || bytes.HasPrefix(line, []byte("[package.")) || bytes.HasPrefix(line, []byte("[[package."))
		if begun >= 0 && !within {
			parts = append(parts, text[begun:at])
			begun = -1
		}
		switch {
		case string(line) == "[[package]]\n":
			begun = at
		case begun < 0:
			rest = append(rest, line...)
		}
	}
	if begun >= 0 {
		parts = append(parts, text[begun:])
	}
	return parts, rest
}

// readWholeCargoLock reads tables [[package]].
func readWholeCargoLock(text []byte) (lockfile, bool) {
	root := parseTOML(text)
	packages := root.at("package")
	if packages == nil || packages.kind != sequence {
		return lockfile{}, false
	}
	f := lockfile{frame: cargoFrame(root)}
	for _, n := range packages.kids {
		p, ok := cargoPackage(n)
		if !ok {
			return lockfile{}, false
		}
		f.packages = append(f.packages, p)
	}
	return f, true
}

// cargoFrame is all that a lockfile says besides its packages.
func cargoFrame(root *node) string {
	frame := frameOf(root, "package", "metadata", "content-hash")
	if m := root.at("metadata"); m != nil {
		frame += frameOf(m, "content-hash", "files")
	}
	return frame
}

// cargoPackage reads one of the tables.
func cargoPackage(n *node) (locked, bool) {
	name, version := n.at("name").str(), n.at("version").str()
	if name == "" {
		return locked{}, false
	}
	p := locked{name: name, version: version, source: frameOf(n.at("source")), hash: n.at("checksum").str()}
	p.rest = frameOf(n, "name", "version", "source", "checksum", "dependencies", "sdist", "wheels", "files",
		"description", "optional-dependencies", "dev-dependencies", "package", "metadata", "extras", "python-versions",
		"resolution-markers", "optional", "groups", "markers", "category", "requires_python")
	var hosts []string
	hashes := ""
	for _, key := range []string{"sdist", "wheels", "files"} {
		hosts = append(hosts, hostsOf(n.at(key), 0)...)
		hosts = append(hosts, otherFiles(n.at(key), name, 0)...)
		if n.at(key) != nil {
			hashes += key + frameOf(n.at(key))
		}
	}
	slices.Sort(hosts)
	p.source += strings.Join(slices.Compact(hosts), " ")
	if hashes != "" {
		p.hash = hashSet + hashes
	}
	return p, true
}

// hostsOf gives the hosts of all addresses in a value.
func hostsOf(n *node, depth int) []string {
	if n == nil || depth > maxDepth {
		return nil
	}
	var hosts []string
	if scheme, rest, ok := strings.Cut(n.text, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		hosts = append(hosts, scheme+"://"+host)
	}
	for _, kid := range n.kids {
		hosts = append(hosts, hostsOf(kid, depth+1)...)
	}
	return hosts
}

// otherFiles gives the addresses and names of files in a value that aren't called as the package is.
func otherFiles(n *node, name string, depth int) []string {
	if n == nil || depth > maxDepth {
		return nil
	}
	var others []string
	for i, kid := range n.kids {
		if n.kind == mapping && n.keys[i] != "url" && n.keys[i] != "file" && n.keys[i] != "filename" {
			continue
		}
		if kid.kind == scalar && !strings.HasPrefix(requirementName(base(kid.text)), requirementName(name)+"-") {
			others = append(others, kid.text)
		}
		others = append(others, otherFiles(kid, name, depth+1)...)
	}
	return others
}
