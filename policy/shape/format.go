package shape

import (
	"slices"
	"strings"
)

// format is how files of a name are read.
type format struct {
	compare comparer // nil if it isn't known
	words   family
	lines   bool // only lines can be risky, and no difference that compare finds
	remarks bool // nothing is known of its values: only comments and empty lines can be harmless
}

// statements is the format of files that are read by statements.
func statements(read func([]byte) ([]item, bool), pair pairRule, lone loneRule, words family) format {
	return format{compare: compareStatements(read, pair, lone), words: words, lines: true}
}

const buildWords = commands | sanitizer

// The formats that files of several names have. Each is made once, for what it remembers.
var (
	makefiles  = statements(readMake, judgeMake, loneMake, buildWords|programs)
	cmakeFiles = statements(readCMake, judgeCMake, nil, buildWords)
	autoconf   = statements(readAutoconf, judgeAutoconf, nil, buildWords|programs|macros)
	containers = statements(readDocker, judgeDocker, nil, commands|programs|scripts|images)
	gradles    = statements(readCode(gradleSyntax), judgeGradle, nil, commands|names)
	rubies     = statements(readCode(rubySyntax), judgeRuby, nil, commands|names)
	workflows  = format{compare: compareParsed(parseYAML, judgeWorkflow), words: commands | programs | workflow}
	otherYAML  = format{compare: compareParsed(parseYAML, judgeNothing), words: commands | programs, remarks: true}
)

// formatOf tells the format of a file by its path. Names count without regard to case, as on systems where
// Makefile and MAKEFILE are one file. What isn't known is searched for commands, and is never harmless.
func formatOf(path string) format {
	lower := strings.ToLower(path)
	name := base(lower)
	if f, ok := manifests[name]; ok {
		return f
	}
	if compare := sourceSettings(lower); compare != nil {
		return format{compare: compare, words: commands}
	}
	end := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case isWorkflow(lower):
		return workflows
	case end == "yml" || end == "yaml":
		return otherYAML
	case !slices.Contains(otherCode, end) &&
		(strings.HasPrefix(name, "makefile") || name == "gnumakefile" || name == "bsdmakefile"):
		return makefiles
	case slices.Contains([]string{"mk", "am", "mak", "make"}, end):
		return makefiles
	case end == "cmake" && strings.Count(name, ".") == 1:
		return cmakeFiles
	case strings.HasSuffix(name, ".pc.in"):
		return format{words: security} // flags and addresses, no commands
	case end == "ac" || end == "m4":
		return autoconf
	case !slices.Contains(otherCode, end) && (strings.HasPrefix(name, "dockerfile") ||
		strings.HasPrefix(name, "containerfile") || end == "dockerfile"):
		return containers
	case end == "gradle" || strings.HasSuffix(name, ".gradle.kts"):
		return gradles
	case end == "gemspec" || end == "podspec":
		return rubies
	case slices.Contains([]string{"csproj", "fsproj", "vbproj", "vcxproj", "props", "targets"}, end):
		return format{compare: compareXML, words: commands}
	case (end == "txt" || end == "in") && (strings.Contains(name, "requirements") || strings.HasPrefix(name,
		"constraints")),
		(end == "txt" || end == "in") && strings.HasSuffix(strings.TrimSuffix(lower, name), "requirements/"):
		return format{compare: comparePip, words: security}
	}
	if slices.Contains(shellCode, end) || strings.Contains("/"+lower, "/.husky/") {
		return format{words: commands | programs | scripts}
	}
	if slices.Contains(otherCode, end) {
		return format{words: commands}
	}
	return format{words: commands | programs}
}

// shellCode are how names of scripts end.
var shellCode = []string{"sh", "bash", "ps1", "bat", "cmd"}

// otherCode are how names end that begin like a makefile's and are code of another language.
var otherCode = []string{
	"c", "h", "cc", "cpp", "hpp", "cs", "js", "cjs", "mjs", "ts", "py", "rb", "php", "go", "rs", "java", "lua", "pl", "pm",
	"sh", "bash", "ps1", "bat", "cmd", "vbs", "m4", "json", "xml", "html", "cmake", "tcl", "el", "sql",
}

// manifests are the formats of files that have one name.
var manifests = map[string]format{
	"package.json":        {compare: compareJSON(parseNPM, judgeNPM), words: commands},
	"composer.json":       {compare: compareJSON(parseJSON, judgeComposer), words: commands},
	"deno.json":           {compare: compareJSON(parseJSON, judgeDeno), words: commands},
	"cargo.toml":          {compare: compareTOML(judgeCargo), words: security},
	"pyproject.toml":      {compare: compareTOML(judgePython), words: commands},
	"libs.versions.toml":  {compare: compareTOML(judgeCatalog), words: security},
	"setup.cfg":           {compare: compareSetup, words: commands},
	"go.mod":              {compare: compareGoMod},
	"go.sum":              {compare: compareGoSum},
	"pom.xml":             {compare: compareXML, words: commands},
	"gemfile":             rubies,
	"cmakelists.txt":      cmakeFiles,
	"meson.build":         statements(readCode(mesonSyntax), judgeMeson, nil, buildWords),
	"configure.in":        autoconf,
	"package-lock.json":   {compare: compareLocks(readNPMLock)},
	"npm-shrinkwrap.json": {compare: compareLocks(readNPMLock)},
	"cargo.lock":          {compare: compareLocks(readCargoLock())},
	"poetry.lock":         {compare: compareLocks(readCargoLock())},
	"uv.lock":             {compare: compareLocks(readCargoLock())},
	"pdm.lock":            {compare: compareLocks(readCargoLock())},
	"pipfile.lock":        {compare: compareLocks(readPipfileLock)},
	"composer.lock":       {compare: compareLocks(readComposerLock)},
	"pnpm-workspace.yaml": {compare: compareParsed(parseYAML, judgePNPM), words: commands},
	"pnpm-lock.yaml":      {compare: compareLocks(readPNPMLock())},
	"yarn.lock":           {compare: compareLocks(readYarnLock)},
	"gemfile.lock":        {compare: compareLocks(readGemfileLock)},
}

// isWorkflow tells whether a file runs on a forge's machines and has the words of GitHub's or GitLab's.
func isWorkflow(lower string) bool {
	name := base(lower)
	if !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml") {
		return false
	}
	for _, folder := range []string{
		".github/workflows/", ".github/actions/", ".gitea/workflows/", ".gitea/actions/", ".forgejo/workflows/",
		".forgejo/actions/", ".gitlab/",
	} {
		if strings.HasPrefix(lower, folder) || strings.Contains(lower, "/"+folder) {
			return true
		}
	}
	return strings.HasPrefix(name, "action.") || strings.HasPrefix(name, ".gitlab-ci.") ||
		strings.HasPrefix(name, ".pre-commit-config.")
}

// judgeNothing is the rule of a format of which nothing is known but its comments.
func judgeNothing([]string, *node, *node) (change, bool) { return change{}, false }
