package shape

import (
	"bytes"
	"strings"
)

// readNPMLock reads package-lock.json and npm-shrinkwrap.json of version 2 and 3 (npm, "package-lock.json").
func readNPMLock(text []byte) (lockfile, bool) {
	root := parseJSON(text)
	packages := root.at("packages")
	if packages == nil || root.at("dependencies") != nil {
		return lockfile{}, false // version 1 says it in another way, and version 2 says all twice
	}
	f := lockfile{frame: frameOf(root, "packages", "version")}
	for i, path := range packages.keys {
		n := packages.kids[i]
		j := strings.LastIndex(path, "node_modules/")
		if j < 0 {
			f.frame += path + frameOf(n, "version", "dependencies", "devDependencies", "peerDependencies",
				"optionalDependencies", "engines")
			continue
		}
		name, version := path[j+len("node_modules/"):], n.at("version").str()
		source, ok := sourceOf(n.at("resolved").str(), name, version)
		if !ok {
			source = n.at("resolved").str()
		}
		f.packages = append(f.packages, locked{
			other: !ok && registry(originOf(source)),
			name:  name, version: version, source: source, hash: n.at("integrity").str(), line: n.line,
			rest: frameOf(n, "version", "resolved", "integrity", "dependencies", "optionalDependencies",
				"peerDependencies", "peerDependenciesMeta", "engines", "license", "funding", "deprecated", "dev", "peer",
				"optional", "devOptional"),
		})
	}
	return f, true
}

// distOf gives where an archive comes from, without what names its version.
func distOf(n *node) string {
	if ref := n.at("reference").str(); ref != "" {
		return strings.ReplaceAll(n.at("url").str(), ref, "REF")
	}
	return n.at("url").str()
}

// readPipfileLock reads Pipfile.lock.
func readPipfileLock(text []byte) (lockfile, bool) {
	root := parseJSON(text)
	if root == nil || root.kind != mapping {
		return lockfile{}, false
	}
	var f lockfile
	for i, section := range root.keys {
		n := root.kids[i]
		if section == "_meta" {
			f.frame += frameOf(n, "hash")
			continue
		}
		f.frame += section + ";"
		for j, name := range n.keys {
			p := n.kids[j]
			version, _ := strings.CutPrefix(p.at("version").str(), "==")
			f.packages = append(f.packages, locked{
				name: section + ":" + name, version: version, source: p.at("index").str(), line: p.line,
				hash: hashSet + frameOf(p.at("hashes")), rest: frameOf(p, "version", "hashes", "markers", "index"),
			})
		}
	}
	return f, true
}

// readComposerLock reads composer.lock.
func readComposerLock(text []byte) (lockfile, bool) {
	root := parseJSON(text)
	if root == nil || root.at("packages") == nil {
		return lockfile{}, false
	}
	f := lockfile{frame: frameOf(root, "packages", "packages-dev", "content-hash", "_readme", "plugin-api-version")}
	for _, section := range []string{"packages", "packages-dev"} {
		n := root.at(section)
		if n == nil {
			continue
		}
		for _, p := range n.kids {
			// Dist names a commit; its address must be that of the source.
			f.packages = append(f.packages, locked{
				name: p.at("name").str(), version: strings.TrimPrefix(p.at("version").str(), "v"), line: p.line,
				source: frameOf(p.at("source"), "reference") + distOf(p.at("dist")),
				hash:   hashSet + frameOf(p.at("source")) + frameOf(p.at("dist")),
				rest:   frameOf(p.at("type")) + frameOf(p.at("bin")) + frameOf(p.at("transport-options")),
			})
		}
	}
	return f, true
}

// compareGoSum gives the differences of two go.sum (go.dev/ref/mod, "go.sum files"). It has hashes of versions,
// older ones too; go.mod says which is used. What is taken out takes no check away, for Go refuses what it has no
// hash of.
func compareGoSum(old, now []byte) []change {
	olds := make(map[string]string)
	names := make(map[string]bool)
	for line := range bytes.Lines(old) {
		if f := strings.Fields(string(line)); len(f) == 3 {
			olds[f[0]+" "+f[1]] = f[2]
			names[f[0]] = true
		}
	}
	var all []change
	number := 0
	for line := range bytes.Lines(now) {
		number++
		f := strings.Fields(string(line))
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || !strings.HasPrefix(f[2], "h1:") {
			return []change{plain(number, "not a line of a go.sum")}
		}
		hash, known := olds[f[0]+" "+f[1]]
		switch {
		case known && hash == f[2]:
		case known:
			all = append(all, risky(number, "another hash of the same version"))
		case !names[f[0]] || !asciiName(f[0]):
			all = append(all, plain(number, "a new name"))
		default:
			all = append(all, harmless(number, "another version of a dependency"))
		}
	}
	return all
}
