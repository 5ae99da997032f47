package shape

import (
	"slices"
	"strings"
)

// metadata are the keys under which a manifest describes its project. Nothing is fetched or run for them.
var metadata = []string{
	"description", "keywords", "categories", "authors", "author", "contributors", "maintainers", "funding", "bugs",
	"classifiers", "support", "version",
}

func isMetadata(key string) bool { return slices.Contains(metadata, key) }

// describes gives the verdict on what describes the project, if both values are texts or nothing.
func describes(old, now *node) (change, bool) {
	for _, n := range []*node{old, now} {
		if n != nil && strings.Contains(n.text, "${") {
			return change{}, false
		}
	}
	return harmless(0, "it describes the project"), true
}

// foreign tells whether a requirement names another source than the registry: a repository, a URL, a path, an alias.
func foreign(requirement string) bool {
	return strings.ContainsAny(requirement, ":/#") || strings.HasPrefix(requirement, ".")
}

// requires gives the verdict on a dependency by its requirement of versions, in a manifest whose requirements are
// texts.
func requires(name string, old, now *node) (change, bool) {
	switch {
	case now == nil:
		return plain(0, "a dependency is taken out"), true
	case now.kind != scalar:
		return risky(0, "a dependency that isn't a version"), true
	case old == nil && sameTree(now.text):
		return plain(0, "a new dependency on a part of the same project"), true
	case old == nil:
		return risky(0, "a new dependency"), true
	case old.kind != scalar || !asciiName(name):
		return risky(0, "a dependency of another kind"), true
	case requirementRaised(old.text, now.text):
		return harmless(0, "a newer version of a dependency"), true
	case foreign(now.text) && (source(old.text) != source(now.text) || !foreign(old.text)):
		return risky(0, "another source of a dependency"), true
	}
	if loosened(old.text, now.text) {
		return risky(0, whyLoose), true
	}
	return plain(0, "another version of a dependency, not known to be newer"), true
}

// sameTree tells whether a requirement is met by another folder of the same repository.
func sameTree(requirement string) bool {
	return strings.HasPrefix(requirement, "workspace:") || strings.HasPrefix(requirement, "link:.") ||
		strings.HasPrefix(requirement, "file:.") || strings.HasPrefix(requirement, "catalog:")
}

// source gives what stands before the versions of a requirement.
func source(requirement string) string {
	if i := strings.LastIndexAny(requirement, "@#"); i >= 0 {
		return requirement[:i]
	}
	if i := strings.IndexByte(requirement, ':'); i >= 0 {
		return requirement[:i+1]
	}
	return ""
}

// requirementRaised is raised for requirements that may begin with an alias or a registry's sign: npm:name@1, jsr:…
func requirementRaised(old, now string) bool {
	for _, prefix := range []string{"npm:", "jsr:"} {
		if strings.HasPrefix(old, prefix) && strings.HasPrefix(now, prefix) && source(old) == source(now) {
			return raised(old[len(source(old)):], now[len(source(now)):]) ||
				raised(strings.TrimPrefix(old, source(old)+"@"), strings.TrimPrefix(now, source(now)+"@"))
		}
	}
	return !foreign(old) && !foreign(now) && raised(old, now)
}

func asciiName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
