package shape

import "strings"

const whyArchive = "a file that is fetched from another host"

// stepLine gives the reason that a line in lower case of a workflow or of pre-commit has by what the text before
// doesn't have: an action or a script of the tree, hooks of its own or with more packages, another project's pipeline,
// events that strangers cause, a folder from which all later steps take programs.
func stepLine(lower string, had *wordsHad) string {
	line := strings.TrimLeft(lower, " -")
	key, value, _ := strings.Cut(line, ":")
	value = strings.Trim(value, " \t'\"")
	switch key {
	case "uses":
		if strings.HasPrefix(value, "./") && !had.has(value) {
			return "an action of the tree that it didn't use"
		}
	case "additional_dependencies", "entry":
		if !had.has(line) {
			return "what a hook runs, or what it needs for it"
		}
	case "project", "template", "local", "repository", "registry-url":
		if strings.Contains(value, "/") && !had.has(value) {
			return "another source"
		}
	case "issues", "watch", "fork", "pull_request_review_comment", "commit_comment", "gollum", "star":
		if value == "" && strangers(key, had) {
			return whySecret
		}
	case "run", "script":
	default:
		if strings.Contains(lower, "${{") && key != line {
			return ""
		}
	}
	for _, word := range []string{"require('./", `require("./`, "import('./", `import("./`} {
		if _, path, found := strings.Cut(lower, word); found {
			if path, _, _ = strings.Cut(path, word[len(word)-3:len(word)-2]); !had.has(path) {
				return whyProgram
			}
		}
	}
	tight := strings.ReplaceAll(lower, "${{ ", "${{")
	switch {
	case newInput(tight, had):
		return whyInput
	case key == "on" && strangers(value, had):
		return whySecret
	case strings.Contains(tight, "${{format(") && !had.has("format("):
		return whyRun
	case strings.Contains(lower, "github_path") && !had.has("github_path"):
		return "a folder from which later steps take programs"
	case strings.Contains(lower, "github_env"):
		for _, name := range []string{
			"node_options", `"path=`, "'path=", " path=", "_options=", "pythonstartup", "perl5",
			"rubyopt", "git_", "home=",
		} {
			if strings.Contains(lower, name) && !had.has(name) {
				return whyRun
			}
		}
	}
	return ""
}

// strangers tells whether one of some events is new, and one that anybody can cause.
func strangers(events string, had *wordsHad) bool {
	for event := range strings.FieldsFuncSeq(events, func(r rune) bool { return strings.ContainsRune(" []{},:\"'", r) }) {
		switch event {
		case "issues", "watch", "fork", "commit_comment", "gollum", "star":
			return !had.has(event+":") && !had.has(event+",") && !had.has(event+"]")
		}
	}
	return false
}

// newInput tells whether a line takes in what a caller of the workflow says and the text before doesn't.
func newInput(tight string, had *wordsHad) bool {
	for rest := tight; ; {
		_, after, found := strings.Cut(rest, "${{inputs.")
		if !found {
			return false
		}
		rest = after
		name, _, _ := strings.Cut(after, "}}")
		if name = "inputs." + strings.TrimSpace(name); !had.has("{{ "+name) && !had.has("{{"+name) {
			return true
		}
	}
}

// archiveEnds are how an address, or a part of it, ends from which a program or its parts are fetched.
var archiveEnds = []string{
	".tar", ".gz", ".xz", ".bz2", ".zst", ".tgz", ".txz", ".zip", ".git", ".jar", ".whl", ".exe", ".bash", ".ps1", ".7z",
	".rpm", ".deb", ".gem", ".crate", ".nupkg", ".msi", ".dmg", ".appimage",
}

// otherArchive tells whether a line in lower case names such an address with a host, or an owner on one, that the text
// before doesn't have.
func otherArchive(lower string, had *wordsHad) bool {
	for rest := lower; ; {
		_, after, found := strings.Cut(rest, "://")
		if !found {
			return false
		}
		end := strings.IndexAny(after, " \t\"'<>()[]{},;|\\`")
		address := after
		if end >= 0 {
			address = after[:end]
		}
		rest = after[len(address):]
		host, path, _ := strings.Cut(address, "/")
		owner, _, _ := strings.Cut(path, "/")
		if isArchive(address) && !had.has(host+"/"+owner) {
			return true
		}
	}
}

func isArchive(address string) bool {
	for _, folder := range []string{"/releases/download/", "/raw/", "raw.", "/archive/"} {
		if strings.Contains(address, folder) {
			return true
		}
	}
	for part := range strings.FieldsFuncSeq(address, func(r rune) bool { return strings.ContainsRune("/?#@&=:", r) }) {
		for _, end := range archiveEnds {
			if strings.HasSuffix(part, end) {
				return true
			}
		}
	}
	return false
}
