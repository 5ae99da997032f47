package shape

import (
	"slices"
	"strings"
)

const whyProgram = "a command that runs another program of the tree"

// interpreters run the file that they are given first.
var interpreters = []string{
	"sh", "bash", "dash", "ksh", "zsh", "python", "python3", "perl", "ruby", "node", "php", "pwsh", "powershell",
	"lua",
	"tclsh", "rscript", "julia", "tsx", "ts-node", "deno", "bun", "source", ".", "cmd", "groovy", "make", "gmake",
}

// before are words that may stand before a command.
var before = []string{
	"run", "cmd", "entrypoint", "sudo", "env", "time", "exec", "then", "do", "else", "if", "!", "-", "command",
	"nohup",
	"xvfb-run", "nice", "timeout", "xargs", "strace", "setsid", "stdbuf", "su", "onbuild", "healthcheck", "busybox",
	"/usr/bin/env", "-c", "parallel", ":::",
}

// commandKeys are what stands before a command in settings and container files.
var commandKeys = []string{
	"run", "script", "before_script", "after_script", "entry", "command", "cmd", "entrypoint", "exec", "main",
	"pre",
	"post",
}

// programOf gives the program of the tree that a command runs, "" if it runs none, and says whether that is sure: what
// stands first is a program only where a command begins, if it isn't written as a path from here.
func programOf(c command, paths bool) (program string, certain bool) {
	words, sure, wrapped := c.words, c.sure, false
	for len(words) > 0 {
		w := strings.ToLower(strings.TrimLeft(words[0], "@-+[{"))
		apart := len(words) > 1 && (words[1] == ":" || words[1] == "=") // as JSON and INI have it
		key := (strings.HasSuffix(w, ":") || apart) && !strings.Contains(w, "/")
		option := wrapped && (words[0][0] == '-' || isDigit(words[0][0]))
		wrapped = wrapped || slices.Contains(before, w)
		if !option && !slices.Contains(before, w) && w != "" && !key && !strings.Contains(w, "=") {
			break
		}
		switch {
		case slices.Contains(commandKeys, strings.Trim(w, ":")):
			sure = true
		case key:
			paths = false // it may be a folder or a file to read
		}
		words = words[1:]
		if apart {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return "", false
	}
	first := strings.TrimLeft(words[0], "@-+[")
	name := strings.ToLower(base(first))
	if p := givenTo(name, words[1:]); p != "" {
		return p, true
	}
	if slices.Contains(interpreters, name) {
		want := name != "make" && name != "gmake"
		for _, w := range words[1:] {
			switch {
			case w == "-c" || w == "-e" || w == "-m" || w == "-C":
				return "", false
			case w == "-f" && !want:
				want = true
			case w[0] != '-' && w != "run" && want:
				return treePath(w), true
			}
		}
		return "", false
	}
	relative := strings.HasPrefix(first, "./") || strings.HasPrefix(first, "../")
	if !paths || !strings.Contains(first, "/") {
		return "", false
	}
	return treePath(first), sure || relative
}

// programOptions are options by which tools are given a program, or settings that have one run.
var programOptions = map[string][]string{
	"make": {"-f", "--file", "--makefile", "-C", "--directory"}, "gmake": {"-f", "-C"}, "ninja": {"-f", "-C"},
	"cmake": {"-P", "-C"}, "npm": {"--prefix", "-C"}, "pnpm": {"-C", "--dir"}, "yarn": {"--cwd"}, "bun": {"--cwd"},
	"node": {"-r", "--require", "--import", "--loader", "--experimental-loader"}, "cargo": {"--manifest-path", "--config"},
	"gradle": {"-p", "-b", "-I"}, "mvn": {"-f"}, "dotnet": {"--project"}, "docker": {"-f", "--file"}, "podman": {"-f"},
	"tox": {"-c"}, "nox": {"-f"}, "pytest": {"-c", "-p"}, "jest": {"--config", "-c"}, "eslint": {"-c", "--config"},
	"webpack": {"--config", "-c"}, "rollup": {"-c", "--config"}, "mocha": {"-r", "--require", "--config"}, "just": {"-f"},
	"task": {"-t", "-d"}, "rake": {"-f"}, "java": {"-jar", "-cp", "-classpath"}, "awk": {"-f"}, "gawk": {"-f"},
	"sed": {"-f"}, "gdb": {"-x"}, "lldb": {"-s"}, "emacs": {"--script", "-l"}, "vim": {"-S", "-u"}, "act": {"-W"},
	"terraform": {"-chdir"}, "python": {"-m"}, "python3": {"-m"}, "pre-commit": {"--config", "-c"}, "perl": {"-I"},
	"ruby": {"-r", "-I"}, "git": {"apply", "am"}, "patch": {"<", "-i"}, "expect": {"-f"}, "crontab": {""}, "at": {"-f"},
	"ansible-playbook": {""}, "guile": {""}, "nix-shell": {""}, "nix-build": {""},
}

// givenTo gives the path of the tree that a tool is given as its program, "" if it is given none.
func givenTo(tool string, words []string) string {
	for _, option := range programOptions[tool] {
		for i, w := range words {
			value := ""
			switch {
			case option == "":
				value = w
			case w == option && i+1 < len(words):
				value = words[i+1]
			default:
				rest, found := strings.CutPrefix(w, option)
				if !found || rest == "" || option[0] != '-' {
					continue
				}
				value = strings.TrimPrefix(rest, "=")
			}
			if option == "-m" {
				value = strings.ReplaceAll(value, ".", "/")
			}
			if p := treePath(value); strings.ContainsAny(p, "/.") {
				return p
			}
		}
	}
	return ""
}

// calls are what stands before a program in CMake and Meson.
var calls = []string{"COMMAND ", "find_program(", "command: [", "command : ["}

// calledProgram gives the program of the tree that CMake or Meson is told to run, "" if it is none.
func calledProgram(line string) string {
	for _, call := range calls {
		_, rest, found := strings.Cut(line, call)
		if !found {
			continue
		}
		words := strings.FieldsFunc(fromRoot(rest), func(r rune) bool {
			return strings.ContainsRune(" \t\n\"',()[]", r)
		})
		if len(words) > 1 && (slices.Contains(interpreters, strings.ToLower(words[0])) || words[0][0] == '$') {
			words = words[1:]
		}
		if len(words) > 0 && strings.Contains(words[0], "/") {
			return treePath(words[0])
		}
	}
	return ""
}

// ownPrograms are what a build is started with. They are of the class build, and what changes in them is judged there.
var ownPrograms = []string{
	"configure", "config.status", "libtool", "autogen.sh", "bootstrap", "gradlew", "mvnw", "setup.py", "manage.py",
}

// treePath gives the path that a word names in the tree, "" if it names none.
func treePath(w string) string {
	path, here := strings.CutPrefix(strings.TrimRight(w, "]:"), "./")
	if !ordinaryPath(path) || !here && !strings.ContainsAny(path, "/.") || strings.HasSuffix(path, "/") ||
		slices.Contains(ownPrograms, base(path)) {
		return ""
	}
	return path
}
