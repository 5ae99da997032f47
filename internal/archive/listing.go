package archive

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxName  = 4096 // bytes of a name or target: PATH_MAX of Linux
	maxDepth = 256  // parts of a name
)

// listing is what was shown of an archive so far.
type listing struct {
	limits Limits
	show   func(Entry, io.Reader) error
	kinds  map[string]Kind // by name; of the folders that an entry lies in, too
	links  map[string]bool // whether it is one, by the name as file systems fold it that take no notice of case
	shown  int             // entries
	count  int             // names
	bytes  int64           // of names
}

func newListing(limits Limits, show func(Entry, io.Reader) error) *listing {
	return &listing{limits: limits, show: show, kinds: make(map[string]Kind), links: make(map[string]bool)}
}

// visit checks the name of an entry among the others, and shows it.
func (l *listing) visit(e Entry, content io.Reader) error {
	if l.shown++; l.shown > l.limits.Entries {
		return refused("it has more than %d entries", l.limits.Entries)
	}
	name, err := cleanName(e.Name, e.Kind == Folder)
	if err != nil || name == "" { // the archive's own folder
		return err
	}
	e.Name = name
	if len(e.Target) > maxName || strings.Contains(e.Target, "\x00") || e.Kind == Link && e.Target == "" {
		return refused("%q is a symbolic link to nowhere that can be", name)
	}
	if l.bytes += 2*int64(len(name)) + int64(len(e.Target)); l.bytes > l.limits.Names {
		return refused("its names have more than %d bytes in all", l.limits.Names/2)
	}
	if err := l.put(name, e.Kind); err != nil {
		return err
	}
	return l.show(e, content)
}

// put enters a name, and the folders that it lies in. Whoever unpacks a name twice keeps one of both, and who unpacks
// something under a symbolic link writes elsewhere.
func (l *listing) put(name string, kind Kind) error {
	folded := fold(name)
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		n, m := strings.IndexByte(name[i:], '/'), strings.IndexByte(folded[j:], '/')
		if n < 0 || m < 0 {
			break
		}
		i, j = i+n, j+m
		if is := l.kinds[name[:i]]; is != 0 && is != Folder || l.links[folded[:j]] {
			return refused("%q lies under %q, which isn't a folder", name, name[:i])
		}
		if err := l.enter(name[:i], folded[:j], Folder); err != nil {
			return err
		}
	}
	if is := l.kinds[name]; is != 0 && (is != Folder || kind != Folder) {
		return refused("%q stands in it twice", name)
	}
	return l.enter(name, folded, kind)
}

// enter enters one name, which may be a folder's that is there already. A symbolic link must be the only one of its
// name where case or Unicode's composition makes no difference.
func (l *listing) enter(name, folded string, kind Kind) error {
	if l.kinds[name] != 0 {
		return nil
	}
	if link, known := l.links[folded]; known && (link || kind == Link) {
		return refused("%q is another entry's name where case or Unicode's composition makes no difference, and one of "+
			"both is a symbolic link", name)
	}
	if l.count++; l.count > l.limits.Entries {
		return refused("it has more than %d entries", l.limits.Entries)
	}
	l.kinds[name], l.links[folded] = kind, kind == Link
	return nil
}

// fold gives a name as file systems take it that fold case and composition, such as those of macOS and Windows.
func fold(name string) string {
	lower := func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
	if !utf8.ValidString(name) {
		return strings.ToLower(name)
	}
	return norm.NFD.String(strings.Map(lower, norm.NFD.String(name)))
}

// cleanName gives the name of an entry without "./" before it and the slash behind a folder's: "" for the folder that
// the archive is itself. It refuses what programs clean in different ways.
func cleanName(name string, folder bool) (string, error) {
	bad := ""
	switch {
	case name == "":
		bad = "is empty"
	case len(name) > maxName:
		return "", refused("the name of an entry has %d bytes, and %d are allowed: %.60q…", len(name), maxName, name)
	case strings.Contains(name, "\x00"):
		bad = "has a NUL byte"
	case strings.Contains(name, `\`):
		bad = "has a backslash, which some systems take for a slash"
	case name[0] == '/':
		bad = "is absolute"
	case len(name) > 1 && name[1] == ':' && unicode.IsLetter(rune(name[0])):
		bad = "begins with the letter of a drive"
	}
	clean := strings.TrimPrefix(name, "./")
	if folder {
		clean = strings.TrimSuffix(clean, "/")
	}
	if bad == "" && (clean == "" || clean == ".") && folder {
		return "", nil
	}
	if bad == "" && strings.Count(clean, "/") >= maxDepth {
		bad = "lies too deep"
	}
	for part := range strings.SplitSeq(clean, "/") {
		switch {
		case bad != "":
		case part == "..":
			bad = "leads out of the archive"
		case part == "" || part == ".":
			bad = "has a part that is empty or a dot"
		}
	}
	if bad != "" {
		return "", refused("the name %.200q %s", name, bad)
	}
	return clean, nil
}
