package shape

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// locked is a version of a package that a lockfile names.
type locked struct {
	name, version string
	source        string // the kind of source and its host, without what names the version
	hash          string
	rest          string // what must not change when the version does
	other         bool   // its address in a registry is that of another name
	line          int
}

// nameVersion is what a lockfile names a package by.
type nameVersion struct{ name, version string }

// lockfile is what a lockfile says.
type lockfile struct {
	packages []locked
	frame    string // all that isn't about a version of a package
}

// maxVersions is how many versions of a package are looked at.
const maxVersions = 64

// compareLocks is the comparer of a lockfile that is read into packages.
func compareLocks(read func([]byte) (lockfile, bool)) comparer {
	read = remember(read)
	return func(old, now []byte) []change {
		if old == nil {
			return []change{plain(0, "a new lockfile")}
		}
		b, ok := read(now)
		a, okOld := read(old)
		if !ok || !okOld {
			return unread()
		}
		return judgeLocks(a, b)
	}
}

// judgeLocks tells whether a lockfile differs only by newer versions, with their hashes, of names that stand there
// already, from where these came. What stays keeps its hash.
func judgeLocks(a, b lockfile) []change {
	if a.frame != b.frame {
		return []change{plain(0, "something besides versions")}
	}
	exact := make(map[nameVersion]*locked, len(a.packages))
	known := make(map[string]bool)
	for i := range a.packages {
		p := &a.packages[i]
		exact[nameVersion{p.name, p.version}] = p
		if i == 0 || p.source != a.packages[i-1].source {
			known[originOf(p.source)] = true
		}
	}
	var changed []*locked
	byName := make(map[string][]*locked) // those before, of what changed
	for i := range b.packages {
		p := &b.packages[i]
		before := exact[nameVersion{p.name, p.version}]
		if before == nil || before.source != p.source || before.hash != p.hash || before.rest != p.rest {
			changed = append(changed, p)
			byName[p.name] = nil
		}
	}
	for i := range a.packages {
		p := &a.packages[i]
		if olds, asked := byName[p.name]; asked && len(olds) < maxVersions {
			byName[p.name] = append(olds, p)
		}
	}
	var all []change
	for _, p := range changed {
		olds := byName[p.name]
		before := exact[nameVersion{p.name, p.version}]
		stays := before != nil
		switch {
		case stays && before.hash != "" && p.hash != "" && !strings.HasPrefix(p.hash, hashSet) &&
			hashKind(before.hash) == hashKind(p.hash) &&
			before.hash != p.hash && sameSource(before.source, p.source):
			all = append(all, risky(p.line, "another hash of the same version"))
		case stays && before.hash != "" && p.hash == "":
			all = append(all, risky(p.line, "no hash of it any more"))
		case stays && strings.HasPrefix(p.hash, "sha1-") && !strings.HasPrefix(before.hash, "sha1-"):
			all = append(all, risky(p.line, "a weaker hash of it"))
		case p.other && !stays && len(olds) > 0 && !slices.ContainsFunc(olds, func(o *locked) bool { return o.other }):
			all = append(all, risky(p.line, "what another name has in the registry"))
		case originOf(p.source) != "" && !known[originOf(p.source)] && !registry(originOf(p.source)),
			stays && before.source != "" && p.source != "" && !sameSource(before.source, p.source):
			all = append(all, risky(p.line, "from where nothing came before"))
		case stays:
			all = append(all, plain(p.line, "the same version in another way"))
		case len(olds) == 0 || !asciiName(strings.TrimPrefix(p.name, "checksum ")):
			all = append(all, plain(p.line, "a new name"))
		case !slices.ContainsFunc(olds, func(o *locked) bool { return comesAfter(o, p) }):
			all = append(all, plain(p.line, "not known to be newer, or from elsewhere"))
		default:
			all = append(all, harmless(p.line, "a newer version of a dependency"))
		}
	}
	return all
}

// comesAfter tells whether a package is a newer version of another from the same source.
func comesAfter(old, now *locked) bool {
	return sameSource(old.source, now.source) && old.rest == now.rest && (old.hash == "") == (now.hash == "") &&
		hashKind(old.hash) == hashKind(now.hash) && newer(old.version, now.version)
}

// originOf gives the kind and host of a source, "" if it names none.
func originOf(source string) string {
	scheme, rest, found := strings.Cut(source, "://")
	if !found {
		return ""
	}
	scheme = scheme[strings.LastIndexAny(scheme, "\"= ")+1:]
	if i := strings.IndexAny(rest, "/\"?# "); i >= 0 {
		rest = rest[:i]
	}
	return strings.ToLower(scheme + "://" + rest)
}

// registry says whether an origin is that of the registry that its tool asks where nothing else is said.
func registry(origin string) bool {
	switch origin {
	case "https://registry.npmjs.org", "https://registry.yarnpkg.com", "https://files.pythonhosted.org",
		"https://pypi.org", "registry+https://github.com":
		return true
	}
	return false
}

// sameSource takes the two names of npm's registry for one.
func sameSource(a, b string) bool {
	one := func(s string) string { return strings.Replace(s, "registry.yarnpkg.com", "registry.npmjs.org", 1) }
	return a == b || one(a) == one(b)
}

// hashSet is what stands before several hashes, of which new ones may be added to the same version.
const hashSet = "set:"

// hashKind gives what stands before a hash, and how long it is.
func hashKind(hash string) string {
	if i := strings.IndexAny(hash, "-:"); i >= 0 {
		return hash[:i]
	}
	return fmt.Sprint(len(hash))
}

// sourceOf takes the version and the name of a package out of where it comes from, so that what is left stays the
// same from version to version. It gives false for an address that doesn't have them, which could be that of
// anything.
func sourceOf(url, name, version string) (string, bool) {
	if url == "" {
		return "", true
	}
	url, _, _ = strings.Cut(url, "#")
	if !strings.HasPrefix(url, "https://") || !strings.Contains(url, "/"+name+"/") || !strings.Contains(url, version) ||
		strings.ContainsAny(url, "\\@?%") && !strings.Contains(name, "@") {
		return url, false
	}
	return strings.ReplaceAll(url, version, "VERSION"), true
}

// frameOf writes a value, without some of its keys, in a form that is the same for the same value.
func frameOf(n *node, without ...string) string {
	return string(appendFrame(nil, n, without, 0))
}

func appendFrame(b []byte, n *node, without []string, depth int) []byte {
	if n == nil || depth > maxDepth {
		return b
	}
	b = strconv.AppendInt(b, int64(n.kind), 10)
	b = strconv.AppendQuote(b, n.text)
	if n.kind != mapping {
		for _, kid := range n.kids {
			b = appendFrame(b, kid, nil, depth+1)
		}
		return append(b, '.')
	}
	// What was asked for may be all that there is.
	var room [8]int
	order := room[:0]
	for i, key := range n.keys {
		if !slices.Contains(without, key) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return strings.Compare(n.keys[i], n.keys[j]) })
	for _, i := range order {
		b = strconv.AppendQuote(b, n.keys[i])
		b = append(b, '=')
		b = appendFrame(b, n.kids[i], nil, depth+1)
	}
	return append(b, '.')
}
