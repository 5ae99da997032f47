// Package refname has Git's own rules for the names of refs: what a name may be, and which names a short one stands
// for. [Fault] and [Valid] keep git-check-ref-format(1), [Meant] and [Spellings] gitrevisions(7).
package refname

import (
	"fmt"
	"strings"
)

// Valid says whether a name is the full name of a ref.
func Valid(name string) bool { return Fault(name) == "" }

// Fault says why a name is no full name of a ref, "" if it is one. It refuses what git-check-ref-format(1) refuses, and
// every name outside refs/, where git-receive-pack(1) lets nobody push. A valid name may still hold characters that
// mean something to a shell.
func Fault(name string) string {
	if !strings.HasPrefix(name, "refs/") {
		return "it doesn't begin with refs/"
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`~^:?*[\`, c) >= 0 {
			return fmt.Sprintf("it has the character %q in it", c)
		}
	}
	for _, odd := range []string{"..", "@{"} {
		if strings.Contains(name, odd) {
			return "it has " + odd + " in it"
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "a part of it is empty"
		case part[0] == '.':
			return "a part of it begins with a dot"
		case strings.HasSuffix(part, ".lock"):
			return "a part of it ends in .lock"
		}
	}
	if strings.HasSuffix(name, ".") {
		return "it ends with a dot"
	}
	return ""
}

// rules are how Git finds a ref by a short name, in this order (gitrevisions(7), <refname>).
var rules = []struct{ before, after string }{
	{"", ""}, {"refs/", ""}, {"refs/tags/", ""}, {"refs/heads/", ""}, {"refs/remotes/", ""}, {"refs/remotes/", "/HEAD"},
}

// Meant gives the names that Git looks a name up as, in its order: the name itself, then longer ones.
func Meant(name string) []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.before + name + r.after
	}
	return names
}

// Spellings gives the names, short and long, by which Git finds a ref.
func Spellings(ref string) []string {
	var names []string
	for _, r := range rules {
		name, begins := strings.CutPrefix(ref, r.before)
		name, ends := strings.CutSuffix(name, r.after)
		if begins && ends && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// LikeObject says whether a name is written as an object's is: whole, or shortened to no fewer than the seven digits
// that Git prints.
func LikeObject(name string) bool {
	return len(name) >= 7 && len(name) <= 64 && strings.Trim(name, "0123456789abcdefABCDEF") == ""
}
