package shape

// namePatterns are the kinds of files by their name, or by how it ends.
var namePatterns = map[string][]namePattern{
	"setup.py": {{
		quotedWord,
		`(?:_requires?|dependency_links)["']?\s*[=:]|\b(?:requires|deps|requirements|extras)\w*\s*=\s*[\[{]`,
		`^\s*\w+\s*=[^=]|^\s*\)|^\S`,
	}},
	"noxfile.py": {{
		line: quotedWord, section: `install\(`,
		other: `^\s*(?:session\.\w+|def |return|@|\w+ *=)`,
	}},
	"tox.ini": {{
		`^\s*(?:[\w,{}!-]+:\s+)?(?:-[rc]\s*)?([A-Za-z][\w./-]*)`,
		`(?i)^(?:deps|requires|install_command)\s*=`, `^\S`,
	}},
	"environment.yml": condaLists, "environment.yaml": condaLists, "meta.yaml": condaLists, "meta.yml": condaLists,
	"conanfile.txt": {{line: `^\s*([\w.+-]+)/`}},
	"conanfile.py":  {{line: `["']([\w.+-]+)/[\w.\[>*-]`}},
	"vcpkg.json": {{
		quotedWord, `"(?:dependencies|features)"`,
		`^\s*"(?:overrides|builtin-baseline|version\S*|description|supports)"`,
	}},
	"vcpkg-configuration.json": {{line: `"(?:repository|location|path|registry)":\s*"([^"]+)`}},
	"mix.exs": {
		{line: `\{\s*:(\w+)\s*,`},
		{line: `(?:git|github|path|url|repo):\s*"([^"]+)`},
	},
	"rebar.config": {
		{line: `\{\s*(\w+)\s*,\s*(?:"|\{\s*(?:git|hg|hex|pkg|git_subdir))`},
		{line: `"((?:https?|git|ssh)\S*?)"`},
	},
	"package.swift": {{line: `(?:url|path|id):\s*"([^"]+)`}},
	"build.zig.zon": {{line: `\.(?:url|path)\s*=\s*"([^"?#]+?)(?:/v?[\d.]+[^"/]*|/[0-9a-f]{40}[^"/]*)?["?#]`}},
	"cpanfile": {
		{line: `(?:requires|recommends|suggests)\s*\(?\s*['"]([\w:]+)`},
		{line: `(?:url|mirror|dist)\b.*['"](\S+?)['"]`},
	},
	"podfile": {
		{line: `pod\s*\(?\s*['"]([^'"/]+)`},
		{line: `(?:source|:git|:path|:podspec)\s*(?:=>)?\s*['"]([^'"]+)`},
	},
	"cartfile": {{line: `^\s*(?:github|git|binary)\s+"([^"]+)`}},
	"chart.yaml": {{
		line:    `(?:name|repository|alias):\s*["']?(\S+?)["']?\s*$`,
		section: `^dependencies:`, other: `^\w`,
	}},
	"pubspec.yaml": {{
		`^  (\w+):|(?:url|path|git|hosted):\s*["']?(\S+)`,
		`^(?:dev_)?dependenc(?:ies|y_overrides):`, `^\w`,
	}},
	"project.clj": {
		{line: `\[([\w./-]+)\s+"[\d\[]`},
		{line: `"(https?://\S+?)"`},
	},
	"deps.edn": {
		{line: `([\w.-]+/[\w.-]+)\s*\{`},
		{line: `:(?:git|local)/(?:url|root)\s+"(\S+?)"|"(https?://\S+?)"`},
	},
	"stack.yaml": {
		{line: `^\s*-\s*["']?([A-Za-z][\w-]*?)-\d`},
		{line: `(?:git|github|url|archive):\s*(\S+)`},
	},
	"paket.dependencies": {{line: `^\s*(?:nuget|github|git|http|gist|source)\s+(\S+)`}},
	"packages.config":    {{line: `\bid="([^"]+)`}},
	"west.yml": {
		{line: `(?:url|url-base|remote|repo-path):\s*(\S+)`},
		{line: `-\s*name:\s*(\S+)`},
	},
	"deps": {{line: `['"]((?:https?|git)://[^'"@]+)`}},
	"platformio.ini": {{
		`^(?:lib_deps\s*=)?\s*([\w./:@-]*[A-Za-z][^@\s=;]*)`,
		`^lib_deps\s*=`, `^\S`,
	}},
	"dub.json": {{
		`"([\w:-]+)"\s*:\s*["{]`, `"dependencies"`,
		`\}`,
	}},
	"dub.sdl":      {{line: `dependency\s+"([^"]+)`}},
	"module.bazel": bazelLists, "workspace": bazelLists, "workspace.bazel": bazelLists, ".bzl": bazelLists,
	"workspace.bzlmod": bazelLists,
	".nix": {
		{line: `url\s*=\s*"([^"?$]+)`},
		{line: `(?i)\b(fetch(?:url|git|hg|svn|zip|tarball|crate|cargo\w*|pypi|npm\w*|from\w+)|builtins\.(?:fe\w+|exec))\b`},
	},
	".wrap": {{line: `(?:url|fallback_url|patch_url|diff_files|patch_directory)\s*=\s*(?:\w+://)?([^/\s]+(?:/[^/\s]+)?)`}},
	".cabal": {{
		`(?:^|[:,])\s*([A-Za-z][\w-]*)\s*(?:$|[,<>=^&{])`,
		`(?i)^\s*(?:build-depends|build-tool-depends|setup-depends)\s*:`,
		`^\s*[\w-]+\s*:|^\w`,
	}},
	".opam": {{
		`"([A-Za-z][\w-]*)"`, `^(?:depends|depopts|pin-depends)\s*:`,
		`^\w`,
	}, {line: `"((?:git\+)?https?://\S+?)"`}},
	".nimble": {{line: `requires\s*\(?\s*"([^\s"]+)`}},
	".rockspec": {{
		`["']([A-Za-z][\w.-]*)(?:\s*[<>=~]|["'])`, `dependencies\s*=`,
		`^\w|^\}`,
	}},
	".sbt": sbtLists, ".sc": sbtLists, ".mill": sbtLists,
	".gradle": {
		{line: `\b(?:files|fileTree)\s*\(?.*?["']([^"']*(?:\.jar|\blibs?\b)[^"']*)["']`},
		{line: `\b(?:url|uri|setUrl|includeBuild)\b\s*[=(]?\s*(?:uri\()?["']([^"']+)`},
	},
}

var (
	quotedWord = `["']([A-Za-z][\w.-]*)(?:\s*[\[<>=~!@;]|["'])|["'](\w+\+?\w*://[^"']+)`
	condaLists = []namePattern{
		{
			`^\s*-\s*["']?([A-Za-z][\w.:/+-]*)`,
			`^\s*(?:-\s*)?(?:dependencies|channels|pip|build|host|run|run_constrained):`,
			`^\s*(?:\w+):`,
		},
		{line: `(?:url|git_url|path):\s*(\S+)`},
	}
	bazelLists = []namePattern{
		{line: `(http_(?:archive|file|jar)|(?:git|local)_repository|(?:git|archive|path|version)_override)\b`},
		{line: `bazel_dep\(\s*name\s*=\s*"([^"]+)`},
		{line: `"(\w+://[^"/]+/[^"/]+/[^"/]+)`},
		{line: `"([\w.-]+:[\w.-]+):[\d"]`},
	}
	sbtLists = []namePattern{
		{line: `"([\w.-]+"\s*%%?%?\s*"[\w.-]+)"`},
		{line: `"(https?://[^"]+)"`},
		{line: `ivy"([\w.-]+:+[\w.-]+)`},
	}
)
