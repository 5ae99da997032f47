package shape

import (
	"slices"
	"strings"
)

const (
	whyLoads   = "a variable by which programs load or run what it says"
	whyInclude = "a file of the tree that the makefile reads as a part of itself"
)

// loaderNames are variables by which interpreters, linkers and tools load a file or a folder, in lower case.
// optionNames are such by which they take options, too, that load nothing.
var (
	loaderNames = []string{
		"node_options", "pythonpath", "pythonstartup", "pythonhome", "perl5opt", "perl5lib", "rubyopt", "rubylib",
		"ld_library_path", "ld_preload", "dyld_insert_libraries", "dyld_library_path", "classpath", "java_tool_options",
		"_java_options", "jdk_java_options", "node_path", "lua_path", "lua_init", "php_ini_scan_dir", "prompt_command",
		"git_config_count", "pytest_plugins",
	}
	optionNames = []string{"makeflags", "pytest_addopts", "goflags", "maven_opts", "gradle_opts"}
)

// setsLoader tells whether a line in lower case sets such a variable, which the text before doesn't have.
func setsLoader(lower string, had *wordsHad) bool {
	for rest := lower; ; {
		i := strings.IndexAny(rest, "=:")
		if i < 0 {
			return false
		}
		before := strings.TrimRight(rest[:i], " ?+:")
		n := len(before)
		for n > 0 && isWord(before[n-1]) {
			n--
		}
		name, value := before[n:], rest[i+1:]
		if len(name) > 5 && (slices.Contains(loaderNames, name) ||
			slices.Contains(optionNames, name) && strings.ContainsAny(value, "/.")) {
			return !had.has(name)
		}
		rest = value
	}
}

// includesOther tells whether a line of a makefile reads a file in that the text before doesn't name. Makefiles by
// their names are judged themselves.
func includesOther(line string, had *wordsHad) bool {
	if !strings.HasPrefix(line, "include ") && !strings.HasPrefix(line, "-include ") &&
		!strings.HasPrefix(line, "sinclude ") {
		return false
	}
	for _, w := range strings.Fields(line)[1:] {
		file := ordinaryPath(w) && !endsWith(w, []string{".mk", ".am", ".make", ".mak"}) &&
			!strings.HasPrefix(strings.ToLower(base(w)), "makefile")
		if (file || strings.HasPrefix(w, "$(wildcard")) && !had.has(w) {
			return true
		}
	}
	return false
}
