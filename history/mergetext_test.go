package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMergesLines makes two sides of a text by changes that don't touch one another, so that there is one right
// merge, and wants that and nothing else.
func TestMergesLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var base, ours, theirs, merged []string
		for i := range rapid.IntRange(1, 300).Draw(t, "blocks") {
			line := fmt.Sprintln("line", i)
			changed := slices.Repeat([]string{fmt.Sprintln("changed", i)}, rapid.IntRange(0, 2).Draw(t, "by"))
			a, b, m := []string{line}, []string{line}, []string{line}
			switch rapid.IntRange(0, 4).Draw(t, "who") {
			case 0:
				a, m = changed, changed
			case 1:
				b, m = changed, changed
			case 2:
				a, b, m = changed, changed, changed
			}
			kept := []string{fmt.Sprintln("kept", i), "}\n", fmt.Sprintln("end", i)}
			base = append(append(base, line), kept...)
			ours, theirs, merged = append(append(ours, a...), kept...), append(append(theirs, b...), kept...), append(append(merged, m...), kept...)
		}
		text := func(lines []string) string { return strings.Join(lines, "") }
		merges := func(merged []string) bool {
			texts := []string{text(base), text(ours), text(theirs), text(merged)}
			whole := mergesLines(texts[0], texts[1], texts[2], texts[3])
			if cutCommon(texts); mergesLines(texts[0], texts[1], texts[2], texts[3]) != whole {
				t.Fatalf("without what all have in common %q merge otherwise", texts)
			}
			return whole
		}
		if !merges(merged) {
			t.Fatalf("the merge of\n%s\nis not\n%s", text(base), text(merged))
		}
		at := rapid.IntRange(0, len(merged)-1).Draw(t, "at")
		for what, other := range map[string][]string{
			"without a line":    slices.Delete(slices.Clone(merged), at, at+1),
			"with another line": slices.Insert(slices.Clone(merged), at, "evil\n"),
			"ours":              ours,
			"theirs":            theirs,
		} {
			if !slices.Equal(other, merged) && merges(other) {
				t.Fatalf("%s is taken for the merge: %q", what, other)
			}
		}
	})
}

// TestMergesLinesNowhereElse: an honest insertion put at another place with the same surroundings is no merge.
func TestMergesLinesNowhereElse(t *testing.T) {
	const function = "{\n\tcheck()\n\tact()\n}\n"
	base := strings.Repeat(function, 3)
	theirs := function + "{\n\tcheck()\n\treturn\n\tact()\n}\n" + function
	ours := "first\n" + base
	right := "first\n" + theirs
	wrong := "first\n{\n\tcheck()\n\treturn\n\tact()\n}\n" + function + function
	if !mergesLines(base, ours, theirs, right) || mergesLines(base, ours, theirs, wrong) {
		t.Error("the place of a line is not told apart")
	}
}

// TestMergesLinesOfWholeLines: two changes of one line that has no line feed are no merge.
func TestMergesLinesOfWholeLines(t *testing.T) {
	texts := []string{"a b c", "x b c", "a y c", "x y c"}
	if cutCommon(texts); mergesLines(texts[0], texts[1], texts[2], texts[3]) {
		t.Errorf("%q", texts)
	}
	texts = []string{"1\nab", "1\n\nab", "1\ncab", "1\n\ncab"}
	if cutCommon(texts); mergesLines(texts[0], texts[1], texts[2], texts[3]) {
		t.Errorf("%q", texts)
	}
}
