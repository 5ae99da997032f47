package shape

import (
	"cmp"
	"strings"
)

// version is a version as most registries write it: numbers with dots, and perhaps something behind them.
type version struct {
	numbers []string // without zeros in front
	rest    string   // with the sign that leads it: -rc.1, +build, -alpine
}

// maxVersion is how long the text of a version may be.
const maxVersion = 64

// versionOf reads a version; a v in front is left to who asks.
func versionOf(s string) (version, bool) {
	var v version
	if len(s) == 0 || len(s) > maxVersion {
		return v, false
	}
	for {
		n := 0
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		if n == 0 {
			return v, false
		}
		v.numbers = append(v.numbers, strings.TrimLeft(s[:n-1], "0")+s[n-1:n])
		s = s[n:]
		if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
			break
		}
		s = s[1:]
	}
	v.rest = strings.ToLower(s)
	for i := range len(s) {
		if !isWord(s[i]) && !strings.ContainsRune(".-+", rune(s[i])) {
			return v, false
		}
	}
	return v, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// compare puts versions in order by their numbers: a missing one is zero.
func (v version) compare(w version) int {
	for i := range max(len(v.numbers), len(w.numbers)) {
		a, b := "0", "0"
		if i < len(v.numbers) {
			a = v.numbers[i]
		}
		if i < len(w.numbers) {
			b = w.numbers[i]
		}
		if c := cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)); c != 0 {
			return c
		}
	}
	return 0
}

// preRelease cuts what stands behind the numbers into the word for a version before its release and its number.
func preRelease(rest string) (word, number string, ok bool) {
	rest = strings.TrimLeft(rest, ".-")
	n := 0
	for n < len(rest) && 'a' <= rest[n] && rest[n] <= 'z' {
		n++
	}
	word, number = rest[:n], strings.TrimLeft(rest[n:], ".-")
	for i := range len(number) {
		if !isDigit(number[i]) && number[i] != '.' {
			return "", "", false
		}
	}
	switch word {
	case "a", "alpha", "b", "beta", "c", "rc", "pre", "preview", "dev", "next", "canary":
		return word, number, true
	}
	return "", "", false
}

// newer tells whether one version is of the same kind as another and newer. False also if it can't be told.
func newer(old, now string) bool {
	oldV, nowV := strings.HasPrefix(old, "v"), strings.HasPrefix(now, "v")
	a, okA := versionOf(strings.TrimPrefix(old, "v"))
	b, okB := versionOf(strings.TrimPrefix(now, "v"))
	if oldV != nowV || !okA || !okB {
		return false
	}
	wordA, numberA, preA := preRelease(a.rest)
	wordB, numberB, preB := preRelease(b.rest)
	switch c := a.compare(b); {
	case c > 0:
		return false
	case c < 0:
		return a.rest == b.rest || b.rest == "" && preA || preB && (preA || a.rest == "")
	case preA && b.rest == "":
		return true
	case preA && preB && wordA == wordB:
		x, okX := versionOf(numberA)
		y, okY := versionOf(numberB)
		return okX && okY && x.compare(y) < 0
	case preA && preB:
		return wordA < wordB // a before b before rc, as they mean it
	}
	return false
}

// raised tells whether a requirement of versions became one of newer ones: the same signs before the versions,
// none of which is older. Where an upper bound is raised, a lower one must be, too.
func raised(old, now string) bool {
	old, now = tight(old), tight(now)
	olds, nows := strings.FieldsFunc(old, separates), strings.FieldsFunc(now, separates)
	if len(olds) == 0 || len(olds) != len(nows) || len(olds) > 8 || separators(old) != separators(now) {
		return false
	}
	lower := false
	for i := range olds {
		signA, a := cutSign(olds[i])
		signB, b := cutSign(nows[i])
		switch {
		case signA != signB || b == "-": // 1.2 - 2.3 is a range
			return false
		case a == b:
		case !newer(a, b):
			return false
		case strings.ContainsAny(signA, "!"):
			return false
		case !strings.HasPrefix(signA, "<"):
			lower = true
		}
	}
	return lower
}

// tight takes out the blanks between signs and versions.
func tight(s string) string {
	for _, sign := range []string{"<", ">", "=", "~", "^", "!"} {
		for strings.Contains(s, sign+" ") && len(s) <= 8*maxVersion {
			s = strings.ReplaceAll(s, sign+" ", sign)
		}
	}
	return s
}

func separates(r rune) bool { return r == ' ' || r == ',' || r == '|' }

func separators(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ',' || r == '|' {
			return r
		}
		return -1
	}, s)
}

func cutSign(s string) (sign, rest string) {
	rest = strings.TrimLeft(s, "<>=~^!")
	return s[:len(s)-len(rest)], rest
}

// isCommit tells whether a pin is the whole name of a commit, in SHA-1 or SHA-256.
func isCommit(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}

// imageRaised tells whether the image of a container is the same by name, with a newer tag.
func imageRaised(old, now string) bool {
	nameA, tagA, hashA := cutImage(old)
	nameB, tagB, hashB := cutImage(now)
	if nameA != nameB || nameA == "" || hashA != "" && hashB == "" {
		return false
	}
	if hashB != "" && (!strings.HasPrefix(hashB, "sha256:") || !isCommit(hashB[len("sha256:"):])) {
		return false
	}
	if tagA == tagB {
		return hashA != hashB && tagA != ""
	}
	return newer(tagA, tagB)
}

func cutImage(s string) (name, tag, hash string) {
	s, hash, _ = strings.Cut(s, "@")
	name = s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, '/') {
		name, tag = s[:i], s[i+1:]
	}
	for i := range len(name) {
		if !isWord(name[i]) && !strings.ContainsRune("./:-", rune(name[i])) {
			return "", "", ""
		}
	}
	return name, tag, hash
}

func versionLike(s string) bool {
	_, ok := versionOf(strings.TrimPrefix(s, "v"))
	return ok
}

// cutName cuts a requirement of PEP 508 into its name, with extras, and the rest.
func cutName(s string) (name, versions string) {
	i := strings.IndexAny(s, "=<>~! ")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}
