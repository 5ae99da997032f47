package shape

import (
	"bytes"

	"countersign/policy/edit"
)

// A check program is compiled by configure or CMake to see whether the system has something. One that doesn't compile
// says that it hasn't: an error in the program of a sandbox's check takes the sandbox away, and nobody is told.

// checkStarts are what begins a command that has a check program, in lower case.
var checkStarts = []string{
	"ac_compile_ifelse", "ac_link_ifelse", "ac_run_ifelse", "ac_preproc_ifelse",
	"ac_cache_check", "ac_check_", "ac_try_", "ac_egrep_", "ac_lang_program",
	"ac_search_libs", "check_c_", "check_cxx_", "check_source_", "check_symbol_",
	"check_include_", "check_function_", "check_library_", "check_compiler_",
	"check_linker_", "check_struct_", "check_type_", "check_prototype_",
	"try_compile", "try_run", "cc.compiles", "cc.links", "cc.run",
	"cc.has_", "cc.get_supported",
}

// guardWords are what a check of security has in its name or its lines.
var guardWords = []string{
	"landlock", "pledge", "capsicum", "cap_rights", "cap_enter", "seccomp", "sandbox", "ifunc", "sanitize", "no_new_privs",
	"fortify", "stack_protector", "stack-protector", "relro", "unveil", "apparmor", "selinux", "cf-protection",
	"no_profile_instrument",
}

// maxCheck is how many lines a check may have.
const maxCheck = 200

// checkLines gives the lines of a change that stand in a check of security, in the text before or in the one that
// lands.
func checkLines(f family, old, now []byte, added, gone []edit.Line) []Reason {
	if f&sanitizer == 0 || len(added) == 0 && len(gone) == 0 {
		return nil
	}
	const why = "in a check of security"
	var reasons []Reason
	for _, l := range inChecks(now, added) {
		reasons = append(reasons, Reason{l.Number, string(l.Text), Risky, why})
	}
	for _, l := range inChecks(old, gone) {
		reasons = append(reasons, Reason{0, string(l.Text), Risky, why})
	}
	return reasons
}

// inChecks gives those of some lines of a text that stand in a check whose text has a word of security.
func inChecks(text []byte, lines []edit.Line) []edit.Line {
	if len(lines) == 0 || !hasGuard(around(text, lines)) {
		return nil
	}
	var found []edit.Line
	next, end := 0, 0
	// A check that begins behind all of the lines has none of them.
	checkFinder.each(text[:lineEnd(text, lines[len(lines)-1].At)], func(_, at int) {
		start := bytes.LastIndexByte(text[:at], '\n') + 1
		if start < end {
			return // within another
		}
		end = checkEnd(text, start)
		for next < len(lines) && lines[next].At < start {
			next++
		}
		from := next
		for next < len(lines) && lines[next].At < end {
			next++
		}
		if from == next || !hasGuard(text[start:end]) {
			return
		}
		for _, l := range lines[from:next] {
			if len(bytes.TrimSpace(l.Text)) > 0 {
				found = append(found, l)
			}
		}
	})
	return found
}

// around gives some lines of a text and what lies between them, with all of the checks that they can stand in.
func around(text []byte, lines []edit.Line) []byte {
	from, to := lines[0].At, lineEnd(text, lines[len(lines)-1].At)
	for n := 0; n < maxCheck && from > 0; n++ {
		from = bytes.LastIndexByte(text[:from-1], '\n') + 1
	}
	for n := 0; n < maxCheck && to < len(text); n++ {
		to = lineEnd(text, to)
	}
	return text[from:to]
}

var (
	checkFinder = newFinder(checkStarts)
	guardFinder = newFinder(guardWords)
)

// hasGuard tells whether a text has a word of security.
func hasGuard(text []byte) bool { return guardFinder.in(text) != wordSet{} }

// checkEnd gives the end of the line on which the brackets of a check are closed that begins with a line.
func checkEnd(text []byte, start int) int {
	open, at := 0, start
	for n := 0; n < maxCheck && at < len(text); n++ {
		line := text[at:lineEnd(text, at)]
		at += len(line)
		open += bytes.Count(line, []byte{'('}) - bytes.Count(line, []byte{')'})
		if open <= 0 {
			break
		}
	}
	return at
}
