package shape

import (
	"slices"
	"strings"
)

// pythonSources are the settings of uv and pdm that say where dependencies come from.
var pythonSources = []string{"sources", "index", "source", "find-links", "extra-index-url", "override-dependencies"}

// judgePython judges pyproject.toml (PyPA's specification, and what Poetry adds).
func judgePython(path []string, old, now *node) (change, bool) {
	if len(path) == 0 {
		return change{}, false
	}
	key, last := path[0], path[len(path)-1]
	if key == "build-system" && now != nil && len(path) == 2 {
		if last == "requires" && old != nil {
			return requirements(old, now)
		}
		return risky(0, "what builds the package"), true
	}
	switch {
	case key == "project" && len(path) == 2 && last == "dependencies",
		key == "project" && len(path) == 3 && path[1] == "optional-dependencies",
		key == "dependency-groups" && len(path) == 2:
		return requirements(old, now)
	case key == "project" && len(path) == 2 && last == "requires-python" && raised(old.str(), now.str()):
		return harmless(0, "a newer version of the language"), true
	case key == "project" && len(path) == 2 && isMetadata(last):
		return describes(old, now)
	case key == "tool" && len(path) > 2 && path[1] == "poetry":
		return judgePoetry(path[2:], old, now)
	case key == "tool" && len(path) > 2 && now != nil && slices.Contains([]string{"uv", "pdm"}, path[1]) &&
		slices.Contains(pythonSources, path[2]):
		return risky(0, "another source of dependencies"), true
	case key == "tool" && len(path) > 2 && path[1] == "pytest" && plugs(now.str()) && !plugs(old.str()):
		return risky(0, "a plug-in of the tests"), true
	case key == "tool" && len(path) > 2 && strings.HasSuffix(last, "dependencies") && now != nil && now.kind == sequence,
		key == "tool" && len(path) > 3 && strings.HasSuffix(path[len(path)-2], "dependencies") && now != nil &&
			now.kind == sequence:
		return requirements(old, now)
	case key == "tool" && len(path) > 2 && now != nil && runsOther(old.str(), now.str()) && commandKey(path):
		return risky(0, whyProgram), true
	case key == "project" && len(path) > 1 && path[1] == "entry-points" && strings.Contains(strings.Join(path, "."),
		"pytest11"):
		return risky(0, "a plug-in of the tests"), true
	case key == "tool" && len(path) > 1 && now != nil && strings.Contains(strings.Join(path, "."), "build.hooks"):
		return risky(0, "a program that runs at build time"), true
	}
	return change{}, false
}

// commandKey tells whether a setting of a tool is a command: a script, a task, what runs before a build.
func commandKey(path []string) bool {
	all := strings.Join(path, ".")
	return strings.Contains(all, "script") || strings.Contains(all, "task") || strings.Contains(all, "before-") ||
		strings.Contains(all, "command") || strings.Contains(all, "cmd")
}

// plugs tells whether options of pytest load a plug-in.
func plugs(options string) bool { return strings.Contains(" "+options, " -p") }

func judgePoetry(path []string, old, now *node) (change, bool) {
	switch {
	case len(path) == 1 && isMetadata(path[0]):
		return describes(old, now)
	case path[0] == "source" && now != nil:
		return risky(0, "another source of dependencies"), true
	case path[0] == "build" && now != nil:
		return risky(0, "a program that runs at build time"), true
	}
	if len(path) > 2 && path[0] == "group" {
		path = path[2:]
	}
	if path[0] == "dependencies" || path[0] == "dev-dependencies" {
		switch len(path) {
		case 2:
			return cargoDependency(path[1], old, now)
		case 3:
			return cargoField(path[1], path[2], old, now)
		}
	}
	return change{}, false
}

// requirements judges a list of PEP 508's requirements.
func requirements(old, now *node) (change, bool) {
	if now == nil || now.kind != sequence || old != nil && old.kind != sequence {
		return change{}, false
	}
	olds := make(map[string]string)
	if old != nil {
		for _, kid := range old.kids {
			olds[requirementName(kid.str())] = kid.str()
		}
	}
	result := harmless(0, "newer versions of dependencies")
	if old == nil || len(old.kids) != len(now.kids) {
		result = plain(0, "another list of dependencies")
	}
	for i, kid := range now.kids {
		before, known := olds[requirementName(kid.str())]
		switch {
		case kid.kind == mapping && (old == nil || i >= len(old.kids) || !same(old.kids[i], kid)):
			result = plain(0, "another list of dependencies") // {include-group = …}
		case kid.kind == mapping:
		case !known:
			return risky(0, "a new dependency"), true
		case strings.Contains(kid.str(), "@") && before != kid.str():
			return risky(0, "another source of a dependency"), true
		case loosenedPython(before, kid.str()):
			return risky(0, whyLoose), true
		case before != kid.str() && !pep508Raised(before, kid.str()):
			result = plain(0, "another version of a dependency, not known to be newer")
		}
	}
	return result, true
}

// requirementName gives the name that a requirement begins with, normalized (PyPA, "Names and normalization").
func requirementName(s string) string {
	n := 0
	for n < len(s) && (isWord(s[n]) || s[n] == '-' || s[n] == '.') {
		n++
	}
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(s[:n]))
}

// pep508Raised tells whether two requirements are of the same name, extras and marker, the latter of newer versions.
func pep508Raised(old, now string) bool {
	if strings.ContainsAny(old+now, "@'\"\\$") && (strings.Contains(old+now, "@") || !strings.Contains(old+now, ";")) {
		return false
	}
	old, markerA, _ := strings.Cut(old, ";")
	now, markerB, _ := strings.Cut(now, ";")
	nameA, versionsA := cutName(old)
	nameB, versionsB := cutName(now)
	return strings.TrimSpace(markerA) == strings.TrimSpace(markerB) && nameA == nameB && asciiName(nameA) &&
		strings.ContainsAny(versionsA, "=<>~") && raised(versionsA, versionsB)
}
