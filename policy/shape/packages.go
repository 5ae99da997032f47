package shape

import (
	"slices"
	"strings"
)

// installers are commands that fetch what they are given the name of from where anybody can publish, by their first
// word, and what must follow: words, or nothing. Packages of systems, as apt's, are their makers', and not here.
var installers = map[string][]string{
	"pip": {"install", "download", "wheel"}, "pip3": {"install", "download", "wheel"}, "easy_install": {""},
	"pipx": {"run", "install", "inject"}, "uvx": {""},
	"uv": {"pip install", "tool run", "tool install", "add", "run --with"}, "poetry": {"add"}, "pdm": {"add"},
	"pixi": {"add"}, "rye": {"add", "install"}, "bundle": {"add"}, "nerdctl": {"run", "pull"},
	"nuget": {"install"}, "stack": {"install"}, "jbang": {""}, "coursier": {"launch", "install"},
	"ansible-galaxy": {"install"}, "nix-shell": {"-p"}, "singularity": {"run", "exec", "pull"},
	"apptainer": {"run", "exec", "pull"}, "conda": {"install", "create"}, "mamba": {"install", "create"},
	"micromamba": {"install", "create"}, "npm": {"install", "i", "in", "add", "exec", "x", "create", "init"},
	"pnpm": {"install", "i", "add", "dlx", "create"}, "yarn": {"add", "dlx", "create", "global add"},
	"bun": {"install", "i", "add", "x", "create"}, "npx": {""}, "bunx": {""}, "pnpx": {""},
	"deno": {"install", "add", "x", "run"}, "go": {"run", "install", "get"},
	"cargo": {"install", "binstall", "add"}, "gem": {"install", "i"}, "docker": {"run", "pull"},
	"podman": {"run", "pull"}, "nix": {"run", "shell", "profile install"},
	"dotnet": {"tool install", "add package"}, "cpanm": {""}, "cpan": {""}, "luarocks": {"install"},
	"composer": {"require", "global require"}, "gh": {"extension install"}, "helm": {"install", "repo add"},
	"opam": {"install"}, "cabal": {"install"}, "pecl": {"install"}, "mise": {"use", "x"},
	"code": {"--install-extension"}, "brew": {"tap", "install"}, "asdf": {"plugin add"},
}

// bringFinder finds what a line must have for an installer to be there.
var bringFinder = newFinder([]string{
	"pip ", "pip3", "pipx", "easy_install", "uvx ", "uv pip", "uv tool", "uv add", "uv run", "conda ", "mamba ",
	"npm ", "yarn ",
	"bun ", "npx ", "bunx", "deno ", "go run", "go install", "go get", "cargo ", "gem i", "poetry ", "pdm add", "pixi add",
	"rye add", "rye install",
	"bundle add", "nerdctl ", "nuget ", "stack install", "jbang ", "coursier ", "ansible-galaxy", "nix-shell",
	"singularity ",
	"apptainer ", "docker ",
	"podman ",
	"nix run", "nix shell", "nix profile", "dotnet ", "cpanm ", "cpan ", "luarocks ", "composer ",
	"gh extension", "helm ", "opam ", "cabal ", "pecl ", "mise ", "install-extension", "brew ", "asdf ",
	`pip"`, `npm"`, `npx"`, "pip'", "npm'", "npx'", `pip\`, `npm\`, `npx\`,
})

// onlyFirst are installers, or what follows them, that run the first name: what stands behind it is for the program.
var onlyFirst = []string{
	"npx", "bunx", "pnpx", "uvx", "run", "dlx", "exec", "x", "create", "init", "tap", "use", "shell",
}

// knownPackages gives the names that a text gives to installers.
func knownPackages(text []byte) map[string]bool {
	known := make(map[string]bool)
	for l := range joinLines(text, '\\') {
		for _, name := range packagesIn(strings.ToLower(l.text)) {
			known[name] = true
		}
	}
	return known
}

// packagesIn gives the names that a line in lower case gives to installers.
func packagesIn(lower string) []string {
	if bringFinder.in([]byte(lower)) == (wordSet{}) {
		return nil
	}
	var names []string
	for _, c := range commandsIn(lower) {
		for i, word := range c.words {
			if word == "echo" || word == "printf" || strings.HasPrefix(word, "#") {
				break
			}
			if rest, installer, first := installs(c.words[i:]); installer != "" {
				names = append(names, named(rest, installer, first)...)
				break
			}
		}
	}
	return names
}

// installs gives the installer that some words begin with and what follows, and says whether only the first is a name.
func installs(words []string) (rest []string, installer string, first bool) {
	name := strings.TrimSuffix(base(strings.TrimLeft(words[0], "@[-+")), ".exe")
	if strings.HasPrefix(name, "pip3.") || name == "mpip" { // pip3.12, and python -mpip
		name = "pip"
	}
	for _, follow := range installers[name] {
		rest, last, all := words[1:], name, true
		for part := range strings.FieldsSeq(follow) {
			for len(rest) > 0 && rest[0][0] == '-' && part[0] != '-' {
				rest = rest[1:]
			}
			if len(rest) == 0 || rest[0] != part {
				all = false
				break
			}
			rest, last = rest[1:], part
		}
		if all {
			return rest, name, slices.Contains(onlyFirst,
				last) || last == "add" && (name == "helm" || name == "asdf")
		}
	}
	return nil, "", false
}

// valued are options that the next word belongs to, of pip and others; dockerValued are Docker's.
var (
	valued = []string{
		"-r", "--requirement", "-c", "--constraint", "--target", "-t", "--prefix", "--root", "--version",
		"--features",
		"--python", "--registry", "--cache-dir", "--path", "--manifest-path", "--bin", "--target-dir",
		"--configuration",
		"--channel", "--group", "--extra", "--index", "-n", "--namespace",
	}
	dockerValued = []string{
		"-v", "--volume", "-e", "--env", "-w", "--workdir", "-u", "--user", "--name", "--platform", "--network",
		"--entrypoint",
		"--mount", "--env-file", "-h", "--hostname", "--add-host", "-p", "--publish", "-l", "--label",
		"--shm-size", "--cap-add",
		"--security-opt", "--device", "--ulimit", "--memory", "-m", "--cpus", "--pull", "--cpuset-cpus", "--gpus",
		"--tmpfs",
	}
)

// packageOptions are options whose value is a package.
var packageOptions = []string{"-p", "--package", "--from", "--with", "--git"}

// named gives the packages among the words behind an installer.
func named(words []string, installer string, first bool) []string {
	options := valued
	if installer == "docker" || installer == "podman" {
		options = dockerValued
	}
	signs := "" // one of which a package has, for these have others, too
	switch installer {
	case "go", "deno":
		signs = "/@:$"
	case "brew":
		signs = "/$"
	}
	var names []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case strings.ContainsAny(w[:1], "#<>") || strings.HasPrefix(w, "2>") || strings.HasPrefix(w, "1>"):
			return names
		case slices.Contains(options, w):
			i++
			continue
		case slices.Contains(packageOptions, w) && i+1 < len(words):
			i++
			names = append(names, packageName(words[i]))
			continue
		case w[0] == '-':
			continue
		}
		// What begins so is of the tree; a module has an address, and other names there are the tool's own.
		if name := packageName(w); !strings.ContainsAny(w[:1], "./~*%{}[]=:!?") && !strings.HasSuffix(w, ".txt") &&
			(signs == "" || strings.ContainsAny(w, signs)) && !slices.Contains(ownPackages, name) {
			names = append(names, name)
		}
		if first {
			return names
		}
	}
	return names
}

// ownPackages are the installers' own, and tools that builds and tests of all kinds are run with.
var ownPackages = []string{
	"npm", "pnpm", "yarn", "corepack", "pip", "setuptools", "wheel", "virtualenv", "build", "twine", "meson", "ninja",
	"cmake", "tox", "nox", "pytest",
}

// packageName gives a name without its version, tag or extras.
func packageName(w string) string {
	if strings.Contains(w, "://") {
		return w
	}
	for _, registry := range []string{"npm:", "jsr:"} {
		if rest, found := strings.CutPrefix(w, registry); found && rest != "" {
			w = rest
		}
	}
	name, _, _ := strings.Cut(w[1:], "@")
	w = w[:1] + name
	if i := strings.IndexAny(w, "=<>~![]"); i > 0 {
		w = w[:i]
	}
	if i := strings.LastIndexByte(w, ':'); i > strings.LastIndexByte(w, '/') && i > 0 {
		w = w[:i]
	}
	return strings.ReplaceAll(strings.TrimRight(w, "]}."), "_", "-")
}
