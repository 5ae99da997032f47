package hook

import (
	"fmt"
	"strings"
)

// checkRefName refuses what git-check-ref-format(1) refuses, and every name outside refs/, where
// git-receive-pack(1) lets nobody push. A name may still hold characters that mean something to a
// shell: nothing here hands it to one.
func checkRefName(name string) error {
	if why := refNameFault(name); why != "" {
		return fmt.Errorf("ref %q: %s (git-check-ref-format)", name, why)
	}
	return nil
}

func refNameFault(name string) string {
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
