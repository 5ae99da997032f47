package shape

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// readXML reads an XML text: each attribute and each text between tags is an item, whose words are the names of the
// elements and the attribute it is in. Comments are left out, and so is white space between tags.
func readXML(text []byte) ([]item, bool) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, io.ErrUnexpectedEOF }
	var items []item
	var path []xmlElement // what is open, behind an element that all is in
	within := func() xmlElement { return path[len(path)-1] }
	path = append(path, xmlElement{})
	counted, line := int64(0), 1
	for {
		t, err := dec.RawToken()
		if err == io.EOF {
			return items, len(path) == 1
		}
		if err != nil {
			return nil, false
		}
		start := line
		line += bytes.Count(text[counted:dec.InputOffset()], []byte{'\n'})
		counted = dec.InputOffset()
		switch t := t.(type) {
		case xml.StartElement:
			name := t.Name.Local
			if len(path) > maxDepth || len(name) > maxVersion || t.Name.Space != "" {
				return nil, false
			}
			path = append(path, within().with(name))
			items = append(items, xmlItem(line, within().place, "<", ""))
			for _, a := range t.Attr {
				items = append(items, xmlItem(line, within().place, "@"+a.Name.Space+":"+a.Name.Local, a.Value))
			}
		case xml.EndElement:
			if len(path) == 1 || within().name != t.Name.Local || t.Name.Space != "" {
				return nil, false
			}
			items = append(items, xmlItem(line, within().place, ">", ""))
			path = path[:len(path)-1]
		case xml.CharData:
			if value := strings.TrimSpace(string(t)); value != "" {
				items = append(items, xmlItem(start, within().place, "=", value))
			}
		case xml.Directive:
			return nil, false // entities can stand for anything
		}
	}
}

// xmlElement is an element of XML, and its name behind those of all that it is in.
type xmlElement struct{ name, place string }

func (e xmlElement) with(name string) xmlElement {
	if e.place == "" {
		return xmlElement{name, name}
	}
	return xmlElement{name, e.place + "/" + name}
}

// What is fetched, in Maven's words and in NuGet's.
var (
	mavenOwners = []string{"dependency", "plugin", "parent", "extension"}
	nugetItems  = []string{"PackageReference", "PackageVersion", "DotNetCliToolReference"}
)

func xmlItem(line int, place, sign, value string) item {
	return item{line: line, words: []string{place, sign, value}}
}

// judgeXML judges what changed in pom.xml and in project files of MSBuild and NuGet.
func judgeXML(old, now item) (change, bool) {
	place, sign, a, b := now.words[0], now.words[1], old.words[2], now.words[2]
	if old.words[0] != place || old.words[1] != sign {
		return change{}, false
	}
	path := strings.Split(place, "/")
	last, owner := path[len(path)-1], ""
	if len(path) > 1 {
		owner = path[len(path)-2]
	}
	switch {
	case sign == "=" && path[0] == "project" && len(path) == 2 && (last == "version" || last == "description"):
		return harmless(0, "it describes the project"), !strings.Contains(b, "${")
	case sign == "=" && last == "version" && newer(a, b) &&
		slices.Contains(mavenOwners, owner):
		return harmless(0, "a newer version of a dependency"), true
	case sign == "=" && owner == "properties" && path[0] == "project" && newer(a, b) &&
		(strings.HasSuffix(last, ".version") || strings.HasSuffix(last, "Version") || versionKey(last)):
		return harmless(0, "a newer version"), true
	case sign == "@:Version" && strings.HasPrefix(last, "Package") && newer(a, b),
		sign == "=" && last == "Version" && strings.HasPrefix(owner, "Package") && newer(a, b):
		return harmless(0, "a newer version of a dependency"), true
	case sign == "=" && owner == "PropertyGroup" && path[0] == "Project" &&
		slices.Contains([]string{"Version", "VersionPrefix", "Description", "Authors", "PackageTags"}, last):
		return harmless(0, "it describes the project"), !strings.Contains(b, "$(")
	}
	return change{}, false
}

// readProject is readXML, and remembers what it read.
var readProject = remember(readXML)

// compareXML gives the differences of two project files; a new dependency and a new source are risky.
func compareXML(old, now []byte) []change {
	nows, ok := readProject(now)
	olds, okOld := readProject(old)
	if old != nil && (!ok || !okOld) || !ok {
		return unread()
	}
	had := make(map[string]bool)
	for _, it := range olds {
		if name := xmlDependency(it); name != "" {
			had[name] = true
		}
	}
	var all []change
	for _, it := range nows {
		if name := xmlDependency(it); name != "" && !had[name] {
			all = append(all, risky(it.line, "a new dependency, or another source of them"))
		}
	}
	if len(all) > 0 {
		return all
	}
	return compareItems(olds, nows, judgeXML, nil)
}

// xmlDependency gives a name for what an item fetches, "" if it fetches nothing.
func xmlDependency(it item) string {
	path := strings.Split(it.words[0], "/")
	last, owner := path[len(path)-1], ""
	if len(path) > 1 {
		owner = path[len(path)-2]
	}
	switch sign := it.words[1]; {
	case sign == "=" && last == "artifactId" && slices.Contains(mavenOwners, owner):
		return owner + "/" + it.words[2]
	case sign == "=" && last == "groupId" && slices.Contains(mavenOwners, owner):
		return owner + "/" + it.words[2] + "/"
	case sign == "=" && (owner == "repository" || owner == "pluginRepository") && last == "url",
		sign == "=" && (last == "RestoreSources" || last == "RestoreAdditionalProjectSources"):
		return "source " + it.words[2]
	case sign == "@:Include" && slices.Contains(nugetItems, last):
		return "package " + strings.ToLower(it.words[2])
	case sign == "@:Sdk" || sign == "@:Project" && last == "Import":
		return "import " + it.words[2]
	case sign == "<" && last == "Exec" || sign == "<" && last == "Target":
		return it.words[0] // a program that runs
	}
	return ""
}
