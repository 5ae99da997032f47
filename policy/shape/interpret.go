package shape

import (
	"slices"
	"strings"
)

// shellNames are interpreters whose option -c has a text run, and -e none.
var shellNames = []string{"sh", "bash", "dash", "ksh", "zsh", "source", "."}

// ownWords are interpreters whose first word may be one of their own.
var ownWords = []string{"deno", "bun", "cmd", "pwsh", "powershell", "groovy", "tsx", "ts-node"}

// interpreted gives the program of the tree that an interpreter is given, "" if it is given none. One that isn't
// written as a path, but as a word that might mean anything elsewhere, is given with its interpreter.
func interpreted(name string, words []string, paths bool) string {
	want := name != "make" && name != "gmake"
	shell := slices.Contains(shellNames, name)
	valued := false // the word before is an option that the next one may belong to
	for _, w := range words {
		option := w[0] == '-' || w[0] == '+'
		switch {
		case w == "-C", !shell && (w == "-c" || w == "-e" || w == "-m"), shell && option && takes(w, "c"):
			return ""
		case w == "-f" && !want:
			want = true
		case w[0] == '<' && want && len(w) > 1:
			if p := pathTo(w[1:]); p != "" || strings.HasPrefix(w, "<<<") {
				return name + " " + w
			}
		case option || w == "run" || !want:
		case valued:
			if p := pathTo(w); p != "" {
				return p
			}
		case paths && !slices.Contains(ownWords, name) && plainName(w):
			return name + " " + w
		default:
			return pathTo(w)
		}
		valued = option && takes(w, "oOWXIrd")
	}
	return ""
}

// plainName tells whether a word is a name without signs of a path, or stands for one.
func plainName(w string) bool {
	return w == "{}" || !strings.ContainsAny(w, "/.") && (ordinaryPath(w) || computed(w)) && !slices.Contains(interpreters,
		w)
}

// takes tells whether an option ends with one of some letters, or is a word that has no value.
func takes(option, letters string) bool {
	if strings.HasPrefix(option, "--") {
		return letters != "c" && !strings.Contains(option, "=")
	}
	return strings.ContainsAny(option[len(option)-1:], letters)
}

// pathTo gives the path of the tree that a word names, also where a shell finds it out, "" if it names none.
func pathTo(w string) string {
	if computed(w) {
		return w
	}
	return treePath(w)
}

// computed tells whether a word may name a file of the tree that a shell finds out when it runs: by a pattern or by
// variables.
func computed(w string) bool {
	if !strings.ContainsAny(w, "*?$") || w[0] == '/' || strings.HasSuffix(w, "/") || strings.HasPrefix(w, "$HOME/") ||
		strings.HasPrefix(w, "${HOME}/") || slices.Contains(ownPrograms, base(w)) {
		return false
	}
	for i := range len(w) {
		if !isWord(w[i]) && strings.IndexByte("/.-+$*?{}[]~%:@", w[i]) < 0 {
			return false
		}
	}
	return true
}

// systemFolders are what absolute paths of the system's own programs, or of what was fetched, begin with.
var systemFolders = []string{
	"/usr/", "/bin/", "/sbin/", "/opt/", "/lib", "/etc/", "/dev/", "/proc/", "/snap/", "/nix/", "/applications/",
	"/library/",
	"/system/", "/c/", "/d/", "/mingw", "/msys", "/clang", "/ucrt", "/root/", "/tmp/", "/var/", "/run/", "/home/",
}

// whereTreesLie tells whether an absolute path may be of a checkout: GitHub's runners', or one that an image has.
func whereTreesLie(path string) bool {
	lower := strings.ToLower(path)
	if strings.HasPrefix(lower, "/home/runner/work/") {
		return true
	}
	return strings.Count(path, "/") > 1 && !strings.HasSuffix(path, "/") && ordinaryPath(path[1:]) &&
		!slices.ContainsFunc(systemFolders, func(f string) bool { return strings.HasPrefix(lower, f) })
}

// placers put a file where they are told.
var placers = []string{"cp", "mv", "ln", "install", "COPY", "ADD"}

// placed gives the file of the tree that a command puts where programs or Git's hooks are, "" if it is none.
func placed(words []string) string {
	if len(words) < 3 || !slices.Contains(placers, words[0]) {
		return ""
	}
	last := words[len(words)-1]
	if !strings.Contains(last, "bin/") && !strings.Contains(last, "hooks/") {
		return ""
	}
	for _, w := range words[1 : len(words)-1] {
		if p := treePath(w); strings.Contains(p, "/") && p[0] != '/' {
			return p
		}
	}
	return ""
}
