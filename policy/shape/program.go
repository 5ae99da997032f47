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
	"xvfb-run",
}

// commandKeys are what stands before a command in settings and container files.
var commandKeys = []string{
	"run", "script", "before_script", "after_script", "entry", "command", "cmd", "entrypoint", "exec", "main",
	"pre",
	"post",
}

// programOf gives the program of the tree that a command runs, "" if it runs none. Where it may be no command, a
// program must be written as a path from here.
func programOf(c command, paths bool) string {
	words, sure := c.words, c.sure
	for len(words) > 0 {
		w := strings.ToLower(strings.TrimLeft(words[0], "@-[{"))
		apart := len(words) > 1 && words[1] == ":" // as JSON has it
		key := (strings.HasSuffix(w, ":") || apart) && !strings.Contains(w, "/")
		if !slices.Contains(before, w) && w != "" && !key && !strings.Contains(w, "=") {
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
		return ""
	}
	first := strings.TrimLeft(words[0], "@-[")
	name := strings.ToLower(base(first))
	if slices.Contains(interpreters, name) {
		want := name != "make" && name != "gmake"
		for _, w := range words[1:] {
			switch {
			case w == "-c" || w == "-e" || w == "-m" || w == "-C":
				return ""
			case w == "-f" && !want:
				want = true
			case w[0] != '-' && w != "run" && want:
				return treePath(w)
			}
		}
		return ""
	}
	relative := strings.HasPrefix(first, "./") || strings.HasPrefix(first, "../")
	if !paths || !sure && !relative || !strings.Contains(first, "/") {
		return ""
	}
	return treePath(first)
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
		words := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" \t\n\"',()[]", r) })
		if len(words) > 1 && slices.Contains(interpreters, strings.ToLower(words[0])) {
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
