package policy

import (
	"slices"
	"strings"
)

// Links are the symbolic links of a tree: they show its files under other paths. It is not safe for concurrent
// use.
type Links struct {
	targets map[string]string // by the link's path, both raw
	// The index is made when it is needed, and dropped by every change of a link. Paths in it are folded.
	byPath map[string]string   // link path to link path, raw
	to     map[string][]string // where a link leads, to the paths of those links
}

const (
	// maxLinkHops is how many links are followed to find where one leads: MAXSYMLINKS on Linux.
	maxLinkHops = 40
	// maxShown is how many other paths of one file are looked at.
	maxShown = 100
)

// NewLinks makes links of their targets, by path.
func NewLinks(targets map[string]string) *Links {
	l := &Links{targets: make(map[string]string, len(targets))}
	for path, target := range targets {
		l.Set(path, target)
	}
	return l
}

// Set says where the link at a path leads; "" for nowhere, or that there is no link any more.
func (l *Links) Set(path, target string) {
	l.byPath, l.to = nil, nil
	if target == "" {
		delete(l.targets, path)
		return
	}
	l.targets[path] = target
}

// Targets gives the links by their path.
func (l *Links) Targets() map[string]string { return l.targets }

// Shown gives the other paths under which a checkout shows the file at a path: those of links to it, those below
// links to a folder that it is in, and those by links to such paths. Every link is followed once, so that one
// to a folder around itself ends. More is true if there are too many paths to give.
func (l *Links) Shown(path string) (also []string, more bool) {
	if len(l.targets) == 0 {
		return nil, false
	}
	l.index()
	type place struct {
		path string
		by   []string // links on the way to it
	}
	known := map[string]bool{path: true}
	for places := []place{{path: path}}; len(places) > 0; places = places[1:] {
		at := places[0]
		for rest, folder := at.path, ""; ; {
			for _, link := range l.to[folder] {
				shown := strings.TrimSuffix(link+"/"+rest, "/")
				if known[shown] || slices.Contains(at.by, link) {
					continue
				}
				if len(also) == maxShown {
					return also, true
				}
				known[shown] = true
				also = append(also, shown)
				places = append(places, place{shown, append(slices.Clone(at.by), link)})
			}
			if rest == "" {
				break
			}
			var part string
			part, rest, _ = strings.Cut(rest, "/")
			folder = below(folder, foldPart(part))
		}
	}
	return also, false
}

func (l *Links) index() {
	if l.to != nil {
		return
	}
	l.byPath, l.to = make(map[string]string), make(map[string][]string)
	paths := make([]string, 0, len(l.targets))
	for path := range l.targets {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if folded := foldParts(path); l.byPath[folded] == "" {
			l.byPath[folded] = path
		}
	}
	for _, path := range paths {
		target := l.targets[path]
		forms := []string{target}
		if strings.Contains(target, `\`) { // which is a slash on Windows
			forms = append(forms, strings.ReplaceAll(target, `\`, "/"))
		}
		for _, form := range forms {
			if to, ok := l.resolve(path, form); ok && !slices.Contains(l.to[to], path) {
				l.to[to] = append(l.to[to], path)
			}
		}
	}
}

// resolve gives where a link leads, folded, whether there is something or not; ok is false where that is outside
// of the tree, or nowhere. Links on the way are followed as a file system does: what ".." is depends on them.
func (l *Links) resolve(path, target string) (to string, ok bool) {
	at := strings.Split(path, "/")
	at = at[:len(at)-1]
	todo := strings.Split(target, "/")
	if todo[0] == "" {
		return "", false // from the root of the file system, wherever the tree lies there
	}
	for hops := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(at) == 0 {
				return "", false
			}
			at = at[:len(at)-1]
			continue
		}
		there := strings.Join(append(slices.Clone(at), part), "/")
		next, isLink := l.targets[there]
		if !isLink {
			next, isLink = l.targets[l.byPath[foldParts(there)]]
		}
		if !isLink {
			at = append(slices.Clone(at), part)
			continue
		}
		if hops++; hops > maxLinkHops || strings.HasPrefix(next, "/") {
			return "", false
		}
		todo = append(strings.Split(next, "/"), todo...)
	}
	return foldParts(strings.Join(at, "/")), true
}

// foldPart folds a part of a path as [Classes.Match] folds paths.
func foldPart(part string) string {
	forms := checkoutForms(part)
	return forms[len(forms)-1]
}

func foldParts(path string) string {
	var folded string
	for part := range strings.SplitSeq(path, "/") {
		folded = below(folded, foldPart(part))
	}
	return folded
}

func below(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}
