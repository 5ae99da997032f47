package shape

import "strings"

const whyLoose = "a dependency that takes any version, or what its maker calls so"

// loosened tells whether a requirement of versions that said which ones became one of any: *, a tag as latest, or a
// lower bound without an upper one.
func loosened(old, now string) bool {
	old, now = strings.TrimSpace(old), strings.TrimSpace(now)
	return old != "" && !anyVersion(old) && anyVersion(now)
}

// anyVersion tells whether a requirement has no upper bound: npm's "package.json", dependencies; PEP 440, "Version
// specifiers"; Gradle, "Declaring versions and ranges".
func anyVersion(s string) bool {
	for {
		first, rest, more := strings.Cut(s, "||")
		if !more {
			break
		}
		if s = strings.TrimSpace(rest); anyVersion(strings.TrimSpace(first)) {
			return true
		}
	}
	switch {
	case s == "" || s == "x" || s == "X" || s == "latest.release" || s == "latest.integration":
		return true
	case strings.Contains(s, ":") || strings.Contains(s, "/") || strings.HasPrefix(s, "$"):
		return false // from elsewhere, which is judged otherwise
	case s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z':
		_, version := versionOf(strings.TrimPrefix(s, "v"))
		return !version // a tag
	}
	_, after, lower := strings.Cut(s, ">")
	return lower && !strings.ContainsAny(strings.TrimPrefix(after, "="), "<=~^-|") ||
		!strings.ContainsAny(s, "0123456789") && strings.Contains(s, "*") ||
		strings.HasSuffix(s, "+") || strings.HasSuffix(s, ",)")
}

// loosenedPython tells the same of two requirements of PEP 508 with their names, the first of one version.
func loosenedPython(old, now string) bool {
	old, _, _ = strings.Cut(old, ";")
	now, _, _ = strings.Cut(now, ";")
	_, a := cutName(old)
	_, b := cutName(now)
	return strings.Contains(a, "==") && a != b && anyVersion(strings.TrimSpace(b))
}

// unpinnedImage tells whether an image that named a version now takes what is newest.
func unpinnedImage(old, now string) bool {
	nameA, tagA, hashA := cutImage(old)
	nameB, tagB, hashB := cutImage(now)
	if nameA != nameB || nameA == "" || hashB != "" {
		return false
	}
	newest := tagB == "" || tagB == "latest" || tagB == "edge" || tagB == "nightly"
	return hashA != "" || newest && versionLike(tagA)
}

const whyNewest = "an image that named a version, and takes what is newest"
