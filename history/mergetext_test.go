package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMergesLines makes two sides of a text by changes that don't touch one another, so that there is one right
// merge, and wants that and nothing else. There are more changes than the library looks for at once.
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
		text := func(lines []string) []byte { return []byte(strings.Join(lines, "")) }
		if !mergesLines(text(base), text(ours), text(theirs), text(merged)) {
			t.Fatalf("the merge of\n%s\nis not\n%s", text(base), text(merged))
		}
		at := rapid.IntRange(0, len(merged)-1).Draw(t, "at")
		for what, other := range map[string][]string{
			"without a line":    slices.Delete(slices.Clone(merged), at, at+1),
			"with another line": slices.Insert(slices.Clone(merged), at, "evil\n"),
			"ours":              ours,
			"theirs":            theirs,
		} {
			if !slices.Equal(other, merged) && mergesLines(text(base), text(ours), text(theirs), text(other)) {
				t.Fatalf("%s is taken for the merge: %q", what, other)
			}
		}
	})
}

// TestMergesLinesNowhereElse: an honest insertion put at another place with the same surroundings is no merge.
func TestMergesLinesNowhereElse(t *testing.T) {
	const function = "{\n\tcheck()\n\tact()\n}\n"
	base := []byte(strings.Repeat(function, 3))
	theirs := []byte(function + "{\n\tcheck()\n\treturn\n\tact()\n}\n" + function)
	ours := []byte("first\n" + string(base))
	right := []byte("first\n" + string(theirs))
	wrong := []byte("first\n{\n\tcheck()\n\treturn\n\tact()\n}\n" + function + function)
	if !mergesLines(base, ours, theirs, right) || mergesLines(base, ours, theirs, wrong) {
		t.Error("the place of a line is not told apart")
	}
}
