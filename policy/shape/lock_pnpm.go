package shape

import (
	"bytes"
	"slices"
	"strings"
)

// pnpmEntry is what stands below a key of a large section of pnpm-lock.yaml.
type pnpmEntry struct {
	key   string
	is    locked // in "packages", its line counted from that of the key
	no    bool   // it is no package there: then no part of the lockfile counts
	edges []string
}

// readPNPMLock gives a reader of pnpm-lock.yaml. It reads as [readWholePNPMLock] does, and what stands below a key of a
// large section not again while it stays.
func readPNPMLock() func(text []byte) (lockfile, bool) {
	known := map[string]*parts[*pnpmEntry]{
		"importers": {read: pnpmReader(func(e *pnpmEntry, n *node) {
			e.edges = pnpmEdges("importers>"+e.key, n, true, 1)
		})},
		"packages": {read: pnpmReader(func(e *pnpmEntry, n *node) {
			var ok bool
			e.is, ok = pnpmPackage(e.key, n)
			e.no = !ok
		})},
		"snapshots": {read: pnpmReader(func(e *pnpmEntry, n *node) {
			e.edges = pnpmEdges(e.key, n, false, 1)
		})},
	}
	return func(text []byte) (lockfile, bool) {
		cut, ok := cutPNPM(text)
		root := parseYAML(cut.rest)
		if !ok || root == nil || len(cut.parts["packages"]) == 0 {
			return readWholePNPMLock(text)
		}
		var f lockfile
		var edges []string
		for _, name := range pnpmLarge {
			entries, ok := known[name].all(cut.parts[name])
			if !ok || !distinct(entries) {
				return readWholePNPMLock(text)
			}
			if name == "packages" {
				f.packages = make([]locked, 0, len(entries))
			}
			for i, e := range entries {
				if e.no {
					return lockfile{}, false
				}
				edges = append(edges, e.edges...)
				if name == "packages" {
					f.packages = append(f.packages, e.is)
					f.packages[i].line += cut.lines[name][i] - 1
				}
			}
		}
		for _, key := range pnpmEdged {
			if len(cut.parts[key]) == 0 {
				edges = append(edges, pnpmEdges(key, root.at(key), key != "snapshots", 0)...)
			}
		}
		f.frame = pnpmFrame(root, edges)
		return f, true
	}
}

// pnpmReader gives a reader of what stands below a key.
func pnpmReader(take func(*pnpmEntry, *node)) func(string) (*pnpmEntry, bool) {
	return func(text string) (*pnpmEntry, bool) {
		n := parseYAMLBelow(text, 1)
		if n == nil || n.kind != mapping || len(n.keys) != 1 {
			return nil, false
		}
		e := &pnpmEntry{key: n.keys[0]}
		take(e, n.kids[0])
		return e, true
	}
}

// distinct says whether all keys are different, as they are where each comes after the one before.
func distinct(entries []*pnpmEntry) bool {
	ordered := true
	for i := 1; i < len(entries) && ordered; i++ {
		ordered = entries[i-1].key < entries[i].key
	}
	if ordered {
		return true
	}
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		seen[entries[i].key] = true
	}
	return len(seen) == len(entries)
}

// readWholePNPMLock reads pnpm-lock.yaml of version 6 and 9.
func readWholePNPMLock(text []byte) (lockfile, bool) {
	root := parseYAML(text)
	packages := root.at("packages")
	if packages == nil || packages.kind != mapping {
		return lockfile{}, false
	}
	var f lockfile
	for i, key := range packages.keys {
		p, ok := pnpmPackage(key, packages.kids[i])
		if !ok {
			return lockfile{}, false
		}
		f.packages = append(f.packages, p)
	}
	var edges []string
	for _, key := range pnpmEdged {
		edges = append(edges, pnpmEdges(key, root.at(key), key != "snapshots", 0)...)
	}
	f.frame = pnpmFrame(root, edges)
	return f, true
}

// pnpmPackage reads one of the packages.
func pnpmPackage(key string, n *node) (locked, bool) {
	key, _, _ = strings.Cut(strings.TrimPrefix(key, "/"), "(")
	at := strings.LastIndexByte(key, '@')
	if at <= 0 || n.kind != mapping {
		return locked{}, false
	}
	p := locked{name: key[:at], version: key[at+1:], line: n.line}
	p.rest = frameOf(n, "resolution", "engines", "peerDependencies", "peerDependenciesMeta", "deprecated", "cpu", "os",
		"libc", "dependencies", "optionalDependencies", "transitivePeerDependencies", "dev", "optional")
	resolution := n.at("resolution")
	hash, isHash := strings.CutPrefix(resolution.str(), "{integrity: ")
	if isHash && strings.HasPrefix(hash, "sha") && !strings.ContainsAny(hash, ", :") {
		p.hash, p.source = hash, "registry"
	} else {
		p.source = frameOf(resolution)
	}
	return p, true
}

// pnpmEdged are the keys of what has edges.
var pnpmEdged = []string{
	"importers", "snapshots", "catalogs", "dependencies", "devDependencies", "optionalDependencies",
}

// pnpmFrame is all that a lockfile says besides its packages.
func pnpmFrame(root *node, edges []string) string {
	slices.Sort(edges)
	return frameOf(root, append([]string{"packages"}, pnpmEdged...)...) + strings.Join(slices.Compact(edges), "\n")
}

// pnpmEdges gives what a part of the lockfile says besides versions: which names importers ask for, and names that
// stand for another package, a folder or an address.
func pnpmEdges(place string, n *node, all bool, depth int) []string {
	if n == nil || depth > maxDepth {
		return nil
	}
	if n.kind == mapping {
		var edges []string
		for i, key := range n.keys {
			below := key
			if all {
				below = place + ">" + key
			}
			edges = append(edges, pnpmEdges(below, n.kids[i], all, depth+1)...)
		}
		return edges
	}
	value, _ := unquoted(n.str())
	value, _, _ = strings.Cut(value, "(")
	switch {
	case strings.ContainsAny(value, "@"):
		value = value[:strings.LastIndexByte(value, '@')]
	case strings.ContainsAny(value, ":/"):
	case all:
		value = ""
	default:
		return nil
	}
	return []string{place + "=" + value}
}

// cutLock is a lockfile in parts.
type cutLock struct {
	parts map[string][][]byte // by section, what stands below each key of it
	lines map[string][]int    // where each begins, from 1
	rest  []byte              // all other lines
}

// cutPNPM cuts a pnpm-lock.yaml into what stands below the keys of its large sections, and the rest: each part begins
// with a key that is indented by two, and ends before the next, or with its section. It gives false where another line
// isn't indented as such files are: for comments on lines of their own, sequences in place of keys, tabs and carriage
// returns, and a section that stands there twice.
func cutPNPM(text []byte) (c cutLock, ok bool) {
	if bytes.IndexByte(text, '\t') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return c, false
	}
	c.parts, c.lines = make(map[string][][]byte), make(map[string][]int)
	var section string
	var parts [][]byte
	var lines []int
	begun := -1
	endPart := func(at int) {
		if begun >= 0 {
			parts = append(parts, text[begun:at])
		}
		begun = -1
	}
	endSection := func(at int) {
		if endPart(at); section != "" {
			c.parts[section], c.lines[section] = parts, lines
		}
		section, parts, lines = "", nil, nil
	}
	number := 0
	for at, next := 0, 0; at < len(text); at = next {
		next = lineEnd(text, at)
		line := text[at:next]
		number++
		indent := 0
		for indent < len(line) && line[indent] == ' ' {
			indent++
		}
		blank := indent == len(line) || line[indent] == '\n'
		switch {
		case blank && begun >= 0:
			continue
		case blank || section == "" && indent > 0:
			c.rest = append(c.rest, line...)
			continue
		case line[indent] == '#', line[indent] == '-' && indent <= 2, indent == 1, indent > 2 && begun < 0:
			return c, false
		}
		switch indent {
		case 0:
			endSection(at)
			section = pnpmSection(line)
			if _, twice := c.parts[section]; twice {
				return c, false
			}
			c.rest = append(c.rest, line...)
		case 2:
			endPart(at)
			begun, lines = at, append(lines, number)
		}
	}
	endSection(len(text))
	return c, true
}

// lineEnd gives the end of a line, behind its line feed.
func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

// pnpmSection gives the name of a large section whose key a line has, or "".
func pnpmSection(line []byte) string {
	name, isKey := bytes.CutSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{':'})
	if isKey && slices.Contains(pnpmLarge, string(name)) {
		return string(name)
	}
	return ""
}

// pnpmLarge are the sections that are read in parts.
var pnpmLarge = []string{"importers", "packages", "snapshots"}
