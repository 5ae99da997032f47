package shape

import (
	"slices"
	"strings"
)

// format is how files of a name are read.
type format struct {
	compare comparer
	words   family
}

const buildWords = commands | sanitizer

// formatOf tells the format of a file by its path. Names count without regard to case, as on systems where
// Makefile and MAKEFILE are one file. What isn't known is searched for commands, and is never harmless.
func formatOf(path string) format {
	lower := strings.ToLower(path)
	name := base(lower)
	if f, ok := manifests[name]; ok {
		return f
	}
	if compare := sourceSettings(lower); compare != nil {
		return format{compare, commands}
	}
	end := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case isWorkflow(lower):
		return format{compareParsed(parseYAML, judgeWorkflow), commands | workflow}
	case end == "yml" || end == "yaml":
		return format{compareParsed(parseYAML, judgeNothing), commands}
	case !slices.Contains(otherCode, end) &&
		(strings.HasPrefix(name, "makefile") || name == "gnumakefile" || name == "bsdmakefile"):
		return format{compareStatements(readMake, judgeMake, loneMake), buildWords}
	case slices.Contains([]string{"mk", "am", "mak", "make"}, end):
		return format{compareStatements(readMake, judgeMake, loneMake), buildWords}
	case end == "cmake" && strings.Count(name, ".") == 1:
		return format{compareStatements(readCMake, judgeCMake, nil), buildWords}
	case end == "ac" || end == "m4":
		return format{compareStatements(readAutoconf, judgeAutoconf, nil), buildWords}
	case !slices.Contains(otherCode, end) && (strings.HasPrefix(name, "dockerfile") ||
		strings.HasPrefix(name, "containerfile") || end == "dockerfile"):
		return format{compareStatements(readDocker, judgeDocker, nil), commands | images}
	case end == "gradle" || strings.HasSuffix(name, ".gradle.kts"):
		return format{compareStatements(readCode(gradleSyntax), judgeGradle, nil), commands | names}
	case end == "gemspec" || end == "podspec":
		return format{compareStatements(readCode(rubySyntax), judgeRuby, nil), commands | names}
	case slices.Contains([]string{"csproj", "fsproj", "vbproj", "vcxproj", "props", "targets"}, end):
		return format{compareXML, commands}
	case end == "txt" && (strings.Contains(name, "requirements") || strings.HasPrefix(name, "constraints")),
		end == "txt" && strings.HasSuffix(strings.TrimSuffix(lower, name), "requirements/"):
		return format{comparePip, security}
	}
	return format{compareNothing, commands}
}

// otherCode are how names end that begin like a makefile's and are code of another language.
var otherCode = []string{
	"c", "h", "cc", "cpp", "hpp", "cs", "js", "cjs", "mjs", "ts", "py", "rb", "php", "go", "rs", "java", "lua", "pl", "pm",
	"sh", "bash", "ps1", "bat", "cmd", "vbs", "m4", "json", "xml", "html", "cmake", "tcl", "el", "sql",
}

// manifests are the formats of files that have one name.
var manifests = map[string]format{
	"package.json":        {compareJSON(parseNPM, judgeNPM), commands},
	"composer.json":       {compareJSON(parseJSON, judgeComposer), commands},
	"deno.json":           {compareJSON(parseJSON, judgeDeno), commands},
	"cargo.toml":          {compareTOML(judgeCargo), security},
	"pyproject.toml":      {compareTOML(judgePython), commands},
	"libs.versions.toml":  {compareTOML(judgeCatalog), security},
	"setup.cfg":           {compareSetup, commands},
	"go.mod":              {compareGoMod, 0},
	"go.sum":              {compareGoSum, 0},
	"pom.xml":             {compareXML, commands},
	"gemfile":             {compareStatements(readCode(rubySyntax), judgeRuby, nil), commands | names},
	"cmakelists.txt":      {compareStatements(readCMake, judgeCMake, nil), buildWords},
	"meson.build":         {compareStatements(readCode(mesonSyntax), judgeMeson, nil), buildWords},
	"configure.in":        {compareStatements(readAutoconf, judgeAutoconf, nil), buildWords},
	"package-lock.json":   {compareLocks(readNPMLock), 0},
	"npm-shrinkwrap.json": {compareLocks(readNPMLock), 0},
	"cargo.lock":          {compareLocks(readCargoLock), 0},
	"poetry.lock":         {compareLocks(readCargoLock), 0},
	"uv.lock":             {compareLocks(readCargoLock), 0},
	"pdm.lock":            {compareLocks(readCargoLock), 0},
	"pipfile.lock":        {compareLocks(readPipfileLock), 0},
	"composer.lock":       {compareLocks(readComposerLock), 0},
	"pnpm-workspace.yaml": {compareParsed(parseYAML, judgePNPM), commands},
	"pnpm-lock.yaml":      {compareLocks(readPNPMLock), 0},
	"yarn.lock":           {compareLocks(readYarnLock), 0},
	"gemfile.lock":        {compareLocks(readGemfileLock), 0},
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
