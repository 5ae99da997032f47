package shape

import (
	"slices"
	"strings"
)

// hooks are the scripts that npm, pnpm and yarn run by themselves on install and pack (npm's documentation,
// "scripts", Life Cycle Scripts).
var hooks = []string{
	"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepack", "postpack", "prepublish",
	"prepublishOnly", "publish", "postpublish", "preuninstall", "uninstall", "postuninstall", "dependencies",
	"pnpm:devPreinstall", "prerestart", "preversion", "version", "postversion",
}

var npmDependencies = []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"}

// npmRisky are the keys of package.json that replace what is fetched, or allow it to run.
var npmRisky = []string{
	"overrides", "resolutions", "patchedDependencies", "trustedDependencies", "onlyBuiltDependencies",
	"neverBuiltDependencies", "bundleDependencies", "bundledDependencies", "packageExtensions", "publishConfig",
	"gypfile", "dependenciesMeta", "lavamoat", "allowScripts",
}

// parseNPM reads package.json. Of exports and the like the first that fits counts, so their order says something.
func parseNPM(text []byte) *node {
	root := parseJSON(text)
	if root == nil {
		return nil
	}
	for i, key := range root.keys {
		if key == "exports" || key == "imports" || key == "browser" || key == "typesVersions" {
			root.kids[i] = ordered(root.kids[i])
		}
	}
	return root
}

// ordered makes lists of mappings: of each its keys and values in turn.
func ordered(n *node) *node {
	list := *n
	list.kids = nil
	for i, kid := range n.kids {
		if n.kind == mapping {
			list.kids = append(list.kids, &node{text: n.keys[i], line: kid.line})
		}
		list.kids = append(list.kids, ordered(kid))
	}
	if n.kind == mapping {
		list.kind, list.keys, list.text = sequence, nil, "{"
	}
	return &list
}

func judgeNPM(path []string, old, now *node) (change, bool) {
	if len(path) == 0 {
		return change{}, false
	}
	last := path[len(path)-1]
	switch key := path[0]; {
	case len(path) == 2 && key == "peerDependencies" && old != nil && now != nil && loosened(old.str(), now.str()):
		return plain(0, "it goes with any version of what others install"), true
	case len(path) == 2 && slices.Contains(npmDependencies, key):
		return requires(last, old, now)
	case len(path) == 2 && key == "scripts" && slices.Contains(hooks, last):
		if now == nil {
			return plain(0, "a script that runs by itself is taken out"), true
		}
		return risky(0, "a script that runs by itself"), true
	case len(path) == 2 && key == "scripts" && runsOther(old.str(), now.str()):
		return risky(0, whyProgram), true
	case slices.Contains(npmRisky, key) || len(path) > 1 && slices.Contains(npmRisky, path[1]) && key == "pnpm":
		return replaces(old, now)
	case isMetadata(key) && len(path) == 1:
		return describes(old, now)
	case key == "packageManager" && len(path) == 1:
		nameA, versionA, _ := strings.Cut(old.str(), "@")
		nameB, versionB, _ := strings.Cut(now.str(), "@")
		versionA, _, _ = strings.Cut(versionA, "+")
		versionB, hash, _ := strings.Cut(versionB, "+")
		if nameA == nameB && nameA != "" && newer(versionA, versionB) && asciiWords(hash) {
			return harmless(0, "a newer package manager"), true
		}
	case (key == "engines" || key == "volta") && len(path) == 2 && old != nil && now != nil:
		if raised(old.str(), now.str()) {
			return harmless(0, "a newer version of a tool"), true
		}
	}
	return change{}, false
}

// runsOther tells whether a script begins a command with a path of the tree that it didn't name.
func runsOther(old, now string) bool {
	for i, c := range commandsIn(now) {
		c.sure = c.sure || i == 0
		if p, sure := programOf(c, true); sure && strings.ContainsAny(p, "/ ") && !strings.Contains(old, p) {
			return true
		}
	}
	return false
}

// replaces gives the verdict on what replaces dependencies, or lets them run.
func replaces(old, now *node) (change, bool) {
	if now == nil {
		return plain(0, "what replaced dependencies is taken out"), true
	}
	if old != nil && (now.kind == mapping && old.kind == mapping) {
		return change{}, false
	}
	return risky(0, "it replaces dependencies or lets them run"), true
}

func asciiWords(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) && s[i] != '.' {
			return false
		}
	}
	return true
}

// judgePNPM judges pnpm-workspace.yaml, which has settings of package.json and versions in catalogs.
func judgePNPM(path []string, old, now *node) (change, bool) {
	if len(path) == 0 {
		return change{}, false
	}
	switch key := path[0]; {
	case slices.Contains(npmRisky, key):
		return replaces(old, now)
	case key == "catalog" && len(path) == 2 || key == "catalogs" && len(path) == 3:
		return requires(path[len(path)-1], bare(old), bare(now))
	}
	return change{}, false
}

// bare gives a scalar of YAML without its quotes.
func bare(n *node) *node {
	if n == nil || n.kind != scalar {
		return n
	}
	text, _ := unquoted(n.text)
	return &node{text: text, line: n.line}
}

// composerHooks are the scripts that Composer runs by itself (getcomposer.org, "Scripts", Event names).
func composerHook(name string) bool {
	return strings.HasPrefix(name, "pre-") || strings.HasPrefix(name, "post-") || name == "init" || name == "command"
}

func judgeComposer(path []string, old, now *node) (change, bool) {
	if len(path) == 0 {
		return change{}, false
	}
	switch key, last := path[0], path[len(path)-1]; {
	case len(path) == 2 && (key == "require" || key == "require-dev"):
		return requires(strings.ReplaceAll(last, "/", "-"), old, now)
	case len(path) == 2 && key == "scripts" && composerHook(last) && now != nil:
		return risky(0, "a script that runs by itself"), true
	case key == "repositories" && now != nil && len(path) <= 2:
		return risky(0, "another source of dependencies"), true
	case strings.HasPrefix(key, "autoload") && len(path) >= 2 && path[1] == "files" && now != nil:
		return risky(0, "code that runs at each start"), true
	case key == "config" && len(path) == 2 && now != nil &&
		slices.Contains([]string{"allow-plugins", "secure-http", "disable-tls", "gitlab-domains", "audit"}, last):
		return risky(0, "a setting of security"), true
	case isMetadata(key) && len(path) == 1:
		return describes(old, now)
	}
	return change{}, false
}

func judgeDeno(path []string, old, now *node) (change, bool) {
	switch {
	case len(path) == 2 && (path[0] == "imports" || path[0] == "scopes"):
		return requires(path[1], old, now)
	case len(path) == 1 && path[0] == "version":
		return describes(old, now)
	case len(path) >= 1 && path[0] == "importMap" && now != nil:
		return risky(0, "another source of dependencies"), true
	}
	return change{}, false
}
