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
			ours, theirs, merged = append(append(ours, a...), kept...), append(append(theirs, b...), kept...),
				append(append(merged, m...), kept...)
		}
		text := func(lines []string) string { return strings.Join(lines, "") }
		merges := func(merged []string) bool {
			texts := []string{text(base), text(ours), text(theirs), text(merged)}
			whole := mergesLines(texts[0], texts[1], texts[2], texts[3])
			if mergesCut(texts) != whole {
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

// mergesCut is mergesLines for texts of which what all have in common is cut off.
func mergesCut(texts []string) bool {
	cut := make([][]byte, len(texts))
	for i, t := range texts {
		cut[i] = []byte(t)
	}
	cutCommon(cut)
	return mergesLines(string(cut[0]), string(cut[1]), string(cut[2]), string(cut[3]))
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
	if mergesCut(texts) {
		t.Errorf("%q", texts)
	}
	texts = []string{"1\nab", "1\n\nab", "1\ncab", "1\n\ncab"}
	if mergesCut(texts) {
		t.Errorf("%q", texts)
	}
}

// TestHunksAreAppliedToOneAnother takes texts of few different lines, so that most lines stand more than once. The
// hunks of each side make that side of the base and don't touch each other; what is called the merge is what both
// sides' hunks make of the base, and nothing else; and it can be told of each of its lines who put it there.
func TestHunksAreAppliedToOneAnother(t *testing.T) {
	lines := rapid.SliceOfN(rapid.RuneFrom([]rune("ab}")), 0, 6)
	text := func(lines []rune) string {
		var b strings.Builder
		for _, line := range lines {
			fmt.Fprintln(&b, string(line))
		}
		return b.String()
	}
	const distinct = 'b' + 30
	apply := func(base []rune, hunks []hunk) []rune {
		made := slices.Clone(base)
		for _, h := range slices.Backward(hunks) {
			made = slices.Replace(made, h.start, h.end, h.lines...)
		}
		return made
	}
	rapid.Check(t, func(t *rapid.T) {
		base := lines.Draw(t, "base")
		edited := func(name string) []rune { // most lines stay, so that many merges are clean
			at := rapid.IntRange(0, len(base)).Draw(t, name+" from")
			end := rapid.IntRange(at, len(base)).Draw(t, name+" to")
			return slices.Replace(slices.Clone(base), at, end,
				rapid.SliceOfN(rapid.RuneFrom([]rune("abx}")), 0, 3).Draw(t, name)...)
		}
		ours, theirs := edited("ours"), edited("theirs")
		byOurs, byTheirs := hunks(base, ours, distinct), hunks(base, theirs, distinct)
		for _, side := range []struct {
			is    []rune
			hunks []hunk
		}{{ours, byOurs}, {theirs, byTheirs}} {
			if made := apply(base, side.hunks); !slices.Equal(made, side.is) {
				t.Fatalf("the hunks of %q make %q of %q", string(side.is), string(made), string(base))
			}
			for i, h := range side.hunks {
				if h.end-h.start+len(h.lines) == 0 || i > 0 && h.start <= side.hunks[i-1].end {
					t.Fatalf("%q to %q: the hunks %v", string(base), string(side.is), side.hunks)
				}
			}
		}
		joined, apart := slices.Clone(byOurs), true
		for _, h := range byTheirs {
			if slices.ContainsFunc(byOurs, h.equal) {
				continue
			}
			apart = apart && !slices.ContainsFunc(byOurs, func(o hunk) bool { return o.start <= h.end && h.start <= o.end })
			joined = append(joined, h)
		}
		slices.SortFunc(joined, func(a, b hunk) int { return a.start - b.start })
		var right []rune
		if apart {
			right = apply(base, joined)
			if !isExplained(base, ours, theirs, right) {
				t.Fatalf("%q, %q and %q: nobody put all lines of %q there",
					string(base), string(ours), string(theirs), string(right))
			}
		}
		at := rapid.IntRange(0, len(right)).Draw(t, "at")
		for _, merged := range [][]rune{
			right, ours, theirs, base, slices.Insert(slices.Clone(right), at, 'x'),
			slices.Insert(slices.Clone(right), at, 'a'), lines.Draw(t, "other"),
		} {
			want := apart && slices.Equal(merged, right)
			if got := mergesLines(text(base), text(ours), text(theirs), text(merged)); got != want {
				t.Fatalf("%q, %q and %q make %q: %v, want %v", string(base), string(ours), string(theirs), string(merged), got,
					want)
			}
			texts := []string{text(base), text(ours), text(theirs), text(merged)}
			if mergesCut(texts) &&
				!isExplained(base, ours, theirs, merged) {
				t.Fatalf("%q, %q and %q: cut, %q is taken for the merge",
					string(base), string(ours), string(theirs), string(merged))
			}
		}
	})
}

// isExplained tries all ways to read two sides as changes of a base, and says whether in one of them each line of
// merged stands where a side put it or all had it, with an unchanged line between what one side changed and what the
// other.
func isExplained(base, ours, theirs, merged []rune) bool {
	type state struct{ base, ours, theirs, merged, who int }
	const nobody, us, them, all = 0, 1, 2, 3
	tried := make(map[state]bool)
	var from func(s state) bool
	from = func(s state) bool {
		if s.base == len(base) && s.ours == len(ours) && s.theirs == len(theirs) && s.merged == len(merged) {
			return true
		}
		if tried[s] {
			return false
		}
		tried[s] = true
		// step takes a line of each text named, which has to be the same one.
		step := func(who, b, o, t, m int) bool {
			if who != nobody && s.who != nobody && s.who != who {
				return false
			}
			line := rune(-1)
			for _, text := range []struct {
				lines    []rune
				at, take int
			}{{base, s.base, b}, {ours, s.ours, o}, {theirs, s.theirs, t}, {merged, s.merged, m}} {
				if text.take == 0 {
					continue
				}
				if text.at == len(text.lines) || line >= 0 && text.lines[text.at] != line {
					return false
				}
				line = text.lines[text.at]
			}
			return from(state{s.base + b, s.ours + o, s.theirs + t, s.merged + m, who})
		}
		return step(nobody, 1, 1, 1, 1) ||
			step(us, 1, 0, 1, 0) || step(us, 0, 1, 0, 1) ||
			step(them, 1, 1, 0, 0) || step(them, 0, 0, 1, 1) ||
			step(all, 1, 0, 0, 0) || step(all, 0, 1, 1, 1)
	}
	return from(state{})
}
