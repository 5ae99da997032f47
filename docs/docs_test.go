package docs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

// sections lists the codes that have a section, in the order of refusals.md.
func sections() []string {
	var codes []string
	for line := range strings.Lines(refusals) {
		if code, ok := strings.CutPrefix(line, "## "); ok {
			codes = append(codes, strings.TrimSuffix(code, "\n"))
		}
	}
	return codes
}

func TestEveryCodeHasASectionAndNothingElseHas(t *testing.T) {
	want := make([]string, len(policy.Codes()))
	for i, code := range policy.Codes() {
		want[i] = string(code)
	}
	if diff := cmp.Diff(want, sections()); diff != "" {
		t.Errorf("refusals.md and policy.Codes (-codes +sections):\n%s", diff)
	}
}

// A section explains itself: what is wrong and why, a command to type, and what an administrator can
// do or that nothing can be set.
func TestSectionsSayWhatToDo(t *testing.T) {
	for _, code := range sections() {
		section, known := Refusal(code)
		if !known {
			t.Errorf("%s: listed and not found", code)
			continue
		}
		if strings.Contains(section, "\n#") || strings.HasPrefix(section, "\n") || !strings.HasSuffix(section, "\n") || strings.HasSuffix(section, "\n\n") {
			t.Errorf("%s: want one section, without heading and blank lines around it:\n%s", code, section)
		}
		if !strings.Contains(section, "\n    ") {
			t.Errorf("%s: no command to type", code)
		}
		if words := strings.Join(strings.Fields(section), " "); !strings.Contains(words, "administrator") && !strings.Contains(words, "There is no setting") {
			t.Errorf("%s: doesn't say what an administrator can change", code)
		}
		for line := range strings.Lines(section) {
			if len(line) > 101 {
				t.Errorf("%s: a line of %d bytes: %s", code, len(line), line)
			}
		}
	}
}

func TestRefusalKnowsNoOtherCode(t *testing.T) {
	for _, code := range []string{"", "unsigne", "unsigned ", "Unsigned", "no-such-code", "unsigned\n", "unsigned\n\nThe commit has no signature."} {
		if section, known := Refusal(code); known {
			t.Errorf("Refusal(%q) = %q", code, section)
		}
	}
}

func TestRefusalGivesTheFirstAndTheLastSection(t *testing.T) {
	for code, want := range map[string][2]string{
		"unsigned":  {"The commit has no signature. ", "answers for them.\n"},
		"undecided": {"The gate couldn't reach a decision: ", "lets such a push pass.\n"},
	} {
		section, _ := Refusal(code)
		if !strings.HasPrefix(section, want[0]) || !strings.HasSuffix(section, want[1]) {
			t.Errorf("%s:\n%s", code, section)
		}
	}
}
