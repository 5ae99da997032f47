package shape

import (
	"bytes"
	"slices"

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
	lower := bytes.ToLower(text)
	starts := checksOf(lower)
	if len(starts) == 0 {
		return nil
	}
	all := bytes.Split(lower, []byte{'\n'})
	var found []edit.Line
	next, end := 0, 0
	for _, start := range starts {
		if start < end {
			continue // within another
		}
		end = checkEnd(all, start)
		for next < len(lines) && lines[next].Number <= start {
			next++
		}
		from := next
		for next < len(lines) && lines[next].Number <= end {
			next++
		}
		if from == next || !slices.ContainsFunc(all[start:end], hasGuard) {
			continue
		}
		for _, l := range lines[from:next] {
			if len(bytes.TrimSpace(l.Text)) > 0 {
				found = append(found, l)
			}
		}
	}
	return found
}

// around gives some lines of a text and what lies between them, with all of the checks that they can stand in.
func around(text []byte, lines []edit.Line) []byte {
	first, last := lines[0].Number-maxCheck, lines[len(lines)-1].Number+maxCheck
	from, at := 0, 0
	for number := 1; number <= last && at < len(text); number++ {
		if number == first {
			from = at
		}
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return text[from:]
		}
		at += i + 1
	}
	return text[from:at]
}

var (
	checkFinder = newFinder(checkStarts)
	guardFinder = newFinder(guardWords)
)

// checksOf gives the lines, from 0, of a text in lower case on which checks begin.
func checksOf(lower []byte) []int {
	var starts []int
	number, counted := 0, 0
	checkFinder.each(lower, func(_, at int) {
		number += bytes.Count(lower[counted:at], []byte{'\n'})
		if counted = at; len(starts) == 0 || starts[len(starts)-1] != number {
			starts = append(starts, number)
		}
	})
	return starts
}

// hasGuard tells whether a text has a word of security.
func hasGuard(text []byte) bool { return guardFinder.in(text) != wordSet{} }

// checkEnd gives the line behind the one where the brackets of a check that begins on a line are closed.
func checkEnd(lines [][]byte, start int) int {
	open := 0
	for i := start; i < len(lines) && i < start+maxCheck; i++ {
		open += bytes.Count(lines[i], []byte{'('}) - bytes.Count(lines[i], []byte{')'})
		if open <= 0 {
			return i + 1
		}
	}
	return min(start+maxCheck, len(lines))
}
