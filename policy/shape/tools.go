package shape

import (
	"slices"
	"strings"
)

// toolNames are variables and settings that name the program by which a build does something.
var toolNames = []string{
	"cc", "cxx", "cpp", "ld", "ar", "as", "nm", "ranlib", "strip", "objcopy", "fc", "shell", "make", "rustc",
	"rustc_wrapper", "rustc_workspace_wrapper", "rustdoc", "cargo", "pkg_config", "m4", "yacc", "lex", "hostcc", "host_cc",
	"cc_for_build",
	"build_cc", "cmake_c_compiler", "cmake_cxx_compiler", "cmake_linker", "cmake_ar", "cmake_make_program",
	"cmake_toolchain_file", "cmake_project_include", "cmake_project_top_level_includes", "cmake_user_make_rules_override",
	"git_ssh", "git_ssh_command", "git_exec_path", "git_config_global", "bash_env", "env", "zdotdir", "pythonstartup",
	"cc_wrapper", "ccache_prefix", "rustflags", "ld_library_path", "ld_audit", "dyld_insert_libraries", "pip_config_file",
	"npm_config_script_shell", "cargo_home", "gradle_user_home", "makefiles", "gnumakefile", "config_site", "python",
	"perl",
	"install", "rm", "sed", "awk", "path", ".shellflags",
}

// keyWords are those of them that are keys of settings, too.
var keyWords = []string{
	"path", "install", "python", "perl", "rm", "sed", "awk", "env", "make", "shell", "strip", "as", "cargo", "cpp",
}

// toolFlags are what options begin with that have a tool load or take another program or a part of one.
var toolFlags = []string{
	"-specs=", "--specs=", "--ld-path=", "-fpass-plugin", "-load-pass-plugin", "-load-plugin", "-javaagent:",
	"-agentpath:", "-wl,-init", "-wl,--defsym", "-wl,-plugin", "-wl,--audit", "--plugin=", "-wrapper", "-toolexec",
}

// gitPrograms are settings of Git that say what it runs (git-config(1)).
var gitPrograms = []string{
	"alias.", "core.hookspath", "core.sshcommand", "core.fsmonitor", "core.pager", "core.editor", "filter.",
	"diff.external",
	"include.path", "includeif.", "credential.helper", "gpg.program", "sequence.editor", ".insteadof", "textconv",
	"merge.",
}

// setsTool tells whether a line in lower case has a tool be a program of the tree, or load what is given by its path.
func setsTool(lower string) bool {
	hinted := strings.ContainsAny(lower, "=:")
	for _, hint := range []string{"cmake_", "load", "-wrapper", "git config"} {
		hinted = hinted || strings.Contains(lower, hint)
	}
	if !hinted {
		return false
	}
	for _, flag := range toolFlags {
		if i := strings.Index(lower, flag); i >= 0 && (i == 0 || !isWord(lower[i-1])) {
			return true
		}
	}
	if _, after, found := strings.Cut(lower, "git config"); found {
		for _, key := range gitPrograms {
			if strings.Contains(after, key) {
				return true
			}
		}
	}
	if !strings.ContainsAny(lower, "/.") {
		return false // a path has one of them
	}
	plain := fromRoot(lower)
	if strings.IndexByte(plain, '/') < 0 && !strings.Contains(plain, "load") {
		return false // all but what is loaded is a path of the tree, with a slash
	}
	words := strings.FieldsFunc(plain, betweenSettings)
	flags := strings.Contains(lower, "flags")
	for i, w := range words {
		if strings.HasPrefix(w, "cmake_") && i+1 < len(words) && slices.Contains(toolNames, w) && ofTree(words[i+1]) {
			return true
		}
		if flags && strings.HasPrefix(w, "-b") && strings.Contains(w, "/") {
			return true // from where a compiler takes its programs
		}
		if ld, found := strings.CutPrefix(w, "-fuse-ld="); found && strings.Contains(ld, "/") {
			return true
		}
		name, value, set := strings.Cut(strings.TrimPrefix(w, "-d"), "=")
		if !set && i+2 < len(words) && slices.Contains([]string{"=", ":=", "?=", "::=", "+="}, words[i+1]) {
			name, value, set = w, words[i+2], true
		}
		if key, found := strings.CutSuffix(w, ":"); !set && found && i+1 < len(words) && !slices.Contains(keyWords, key) {
			name, value, set = key, words[i+1], true
		}
		name, _, _ = strings.Cut(strings.TrimRight(name, ":?+"), ":")
		if set && ofTree(value) && slices.Contains(toolNames, name) {
			return true
		}
	}
	return len(words) > 1 && (words[0] == "load" || words[0] == "-load") && strings.ContainsAny(words[1], "/.")
}

// betweenSettings tells what stands between the words of a setting, or is a quote.
func betweenSettings(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '"', '\'', ',', '(', ')':
		return true
	}
	return false
}

// ofTree tells whether a value is a path in the tree.
func ofTree(value string) bool {
	value, _, _ = strings.Cut(value, ":") // the first of several
	return strings.Contains(value, "/") && value[0] != '/' && ordinaryPath(value)
}
