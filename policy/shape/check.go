package shape

import (
	"bytes"

	"countersign/policy/edit"
)

// A check program is compiled by configure or CMake to see whether the system has something. One that doesn't compile
// says that it hasn't: an error in the program of a sandbox's check takes the sandbox away, and nobody is told.

// checkStarts are what begins a command that has a check program, in lower case.
var checkStarts = [][]byte{
	[]byte("ac_compile_ifelse"), []byte("ac_link_ifelse"), []byte("ac_run_ifelse"), []byte("ac_preproc_ifelse"),
	[]byte("ac_cache_check"), []byte("ac_check_"), []byte("ac_try_"), []byte("ac_egrep_"), []byte("ac_lang_program"),
	[]byte("ac_search_libs"), []byte("check_c_"), []byte("check_cxx_"), []byte("check_source_"), []byte("check_symbol_"),
	[]byte("check_include_"), []byte("check_function_"), []byte("check_library_"), []byte("check_compiler_"),
	[]byte("check_linker_"), []byte("check_struct_"), []byte("check_type_"), []byte("check_prototype_"),
	[]byte("try_compile"), []byte("try_run"), []byte("cc.compiles"), []byte("cc.links"), []byte("cc.run"),
	[]byte("cc.has_"), []byte("cc.get_supported"),
}

// guardWords are what a check of security has in its name or its lines.
var guardWords = [][]byte{
	[]byte("landlock"), []byte("pledge"), []byte("capsicum"), []byte("cap_rights"), []byte("cap_enter"),
	[]byte("seccomp"), []byte("sandbox"), []byte("ifunc"), []byte("sanitize"), []byte("no_new_privs"), []byte("fortify"),
	[]byte("stack_protector"), []byte("stack-protector"), []byte("relro"), []byte("unveil"), []byte("apparmor"),
	[]byte("selinux"), []byte("cf-protection"), []byte("no_profile_instrument"),
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
	if len(lines) == 0 || !hasGuard(bytes.ToLower(text)) {
		return nil
	}
	var found []edit.Line
	next, number := 0, 0
	var all [][]byte
	for line := range bytes.Lines(text) {
		all = append(all, bytes.ToLower(line))
	}
	for number < len(all) && next < len(lines) {
		if !startsCheck(all[number]) {
			number++
			continue
		}
		end := checkEnd(all, number)
		guarded := false
		for _, line := range all[number:end] {
			guarded = guarded || hasGuard(line)
		}
		for next < len(lines) && lines[next].Number <= end {
			if guarded && lines[next].Number > number && len(bytes.TrimSpace(lines[next].Text)) > 0 {
				found = append(found, lines[next])
			}
			next++
		}
		number = end
	}
	return found
}

func startsCheck(lower []byte) bool {
	for _, start := range checkStarts {
		if bytes.Contains(lower, start) {
			return true
		}
	}
	return false
}

func hasGuard(lower []byte) bool {
	for _, w := range guardWords {
		if bytes.Contains(lower, w) {
			return true
		}
	}
	return false
}

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
