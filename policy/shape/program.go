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
	"/usr/bin/env", "-c", "parallel", ":::", "while", "until", "elif", "coproc", "trap", "builtin", "doas", "ionice",
	"chrt",
	"taskset", "fakeroot", "eatmydata", "valgrind", "wine", "winpty", "start", "call", "catchsegv", "gtimeout",
	"caffeinate",
	"unbuffer", "dbus-run-session", "systemd-run", "setarch", "linux32", "linux64", "arch", "chroot", "unshare", "runuser",
	"gosu", "tini", "dumb-init", "watch", "entr", "hyperfine", "rr", "ltrace", "perf",
}

// wrapperValues are options of these whose value is the next word.
var wrapperValues = []string{"-u", "-g", "-n", "-p", "-I", "-d", "-s", "-k", "-a", "-o", "-j", "-P", "-L", "-C"}

// commandKeys are what stands before a command in settings and container files.
var commandKeys = []string{
	"run", "script", "before_script", "after_script", "entry", "command", "cmd", "entrypoint", "exec", "main",
	"pre",
	"post",
}

// programOf gives the program of the tree that a command runs, "" if it runs none, and says whether that is sure: what
// stands first is a program only where a command begins, if it isn't written as a path from here.
func programOf(c command, paths bool) (program string, certain bool) {
	words, sure, paths := unwrapped(c, paths)
	if len(words) == 0 {
		return "", false
	}
	first := strings.TrimLeft(words[0], "@-+[")
	name := strings.ToLower(base(first))
	if p := givenTo(name, words[1:]); p != "" {
		return p, true
	}
	if name == "find" || name == "fd" {
		for i, w := range words[1:] {
			if slices.Contains(execOptions, w) && i+2 < len(words) {
				return programOf(command{words[i+2:], true}, paths)
			}
		}
	}
	if slices.Contains(shellNames, name) && len(words) == 1 && slices.Contains(c.words, "xargs") {
		return "xargs " + name, true
	}
	if slices.Contains(interpreters, name) {
		return interpreted(name, words[1:], paths && (sure || name != ".")), true
	}
	if !paths || !strings.Contains(first, "/") {
		return "", false
	}
	if first[0] == '/' && !whereTreesLie(first) {
		return "", false
	}
	sure = sure || strings.HasPrefix(first, "./") || strings.HasPrefix(first, "../")
	if first[0] == '/' || computed(first) {
		return first, sure
	}
	return treePath(first), sure
}

// unwrapped gives the words of a command without what may stand before it, and none of a test. It says whether what is
// left is a command for sure, and whether its first word may be the path of one.
func unwrapped(c command, paths bool) (words []string, sure, mayBePath bool) {
	words, sure = c.words, c.sure
	wrapped := false
	for len(words) > 0 {
		w := strings.ToLower(strings.TrimLeft(words[0], "@-+[{"))
		apart := len(words) > 1 && (words[1] == ":" || words[1] == "=") // as JSON and INI have it
		key := (strings.HasSuffix(w, ":") || apart) && !strings.Contains(w, "/")
		option := wrapped && (words[0][0] == '-' || isDigit(words[0][0])) || redirects(words[0])
		if w == "" && wrapped && words[0][0] == '[' {
			return nil, false, false
		}
		wrapper := slices.Contains(before, w)
		if !option && !wrapper && w != "" && !key && !strings.Contains(w, "=") {
			break
		}
		switch {
		case slices.Contains(commandKeys, strings.Trim(w, ":")), wrapper && w != "-":
			sure = true
		case key:
			paths = false // it may be a folder or a file to read
		}
		if apart || len(words) > 2 && (wrapped && slices.Contains(wrapperValues, words[0]) || signOnly(words[0])) {
			words = words[1:]
		}
		wrapped = wrapped || wrapper
		words = words[1:]
	}
	return words, sure, paths
}

// redirects tells whether a word sends what a command prints to a file, or has it read one: ">x", "2>".
func redirects(w string) bool {
	w = strings.TrimLeft(w, "0123456789")
	return w != "" && (w[0] == '>' || w[0] == '<')
}

// signOnly tells whether a word is a sign behind which the file's name is another word.
func signOnly(w string) bool { return redirects(w) && strings.Trim(w, "0123456789<>") == "" }

// execOptions are options of find and fd behind which a command begins.
var execOptions = []string{"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"}

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
	"ruby": {"-r", "-I"}, "git": {"apply", "am", "run", "foreach", "--exec", "-x", "--extcmd"}, "patch": {"<", "-i"},
	"expect": {"-f"}, "crontab": {""}, "at": {"-f"},
	"tar":   {"--to-command", "-I"},
	"rsync": {"-e", "--rsync-path"}, "go": {"-vettool", "-exec", "-toolexec"}, "tcc": {"-run"}, "script": {"-c"},
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
