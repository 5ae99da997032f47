package edit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func shown(lines []Line) string {
	var all []string
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%d:%s", l.Number, l.Text))
	}
	return strings.Join(all, " ")
}

func TestAdded(t *testing.T) {
	for name, c := range map[string]struct {
		before []string
		now    string
		want   string
	}{
		"a new text":                  {nil, "a\nb\n", "1:a 2:b"},
		"nothing":                     {[]string{"a\nb\n"}, "a\nb\n", ""},
		"an empty text":               {[]string{"a\n"}, "", ""},
		"in the middle":               {[]string{"a\nc\n"}, "a\nb\nc\n", "2:b"},
		"at the end":                  {[]string{"a\n"}, "a\nb", "2:b"},
		"at the beginning":            {[]string{"b\n"}, "a\nb\n", "1:a"},
		"a changed line":              {[]string{"a\nbc\nd\n"}, "a\nbxc\nd\n", "2:bxc"},
		"the end of a line":           {[]string{"ab\n"}, "abc\n", "1:abc"},
		"the beginning of a line":     {[]string{"bc\n"}, "abc\n", "1:abc"},
		"a line feed more":            {[]string{"a"}, "a\n", ""},
		"a line feed less":            {[]string{"a\n"}, "a", ""},
		"an empty line":               {[]string{"a\nb\n"}, "a\n\nb\n", "2:"},
		"one that moved":              {[]string{"a\nb\nc\nd\n"}, "a\nc\nb\nd\n", ""},
		"one that stands there twice": {[]string{"a\nb\n"}, "a\nb\na\n", "3:a"},
		"a carriage return":           {[]string{"a\n"}, "a\r\n", "1:a\r"},
		"a line cut in two":           {[]string{"ab\n"}, "a\nb\n", "1:a 2:b"},
		"a merge of both sides":       {[]string{"a\nb\n", "b\nc\n"}, "a\nb\nc\n", ""},
		"a merge that adds":           {[]string{"a\nb\n", "b\nc\n"}, "a\nx\nc\n", "2:x"},
		"a merge of the same twice":   {[]string{"a\n", "a\n"}, "a\na\n", "2:a"},
	} {
		var before [][]byte
		for _, old := range c.before {
			before = append(before, []byte(old))
		}
		if got := shown(Added(before, []byte(c.now))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if len(before) == 1 {
			there, back := Change{Before: before, Now: []byte(c.now)}, Added([][]byte{[]byte(c.now)}, before[0])
			if got, want := shown(there.Gone()), shown(back); got != want {
				t.Errorf("%s: %q is gone, and added by the change back %q", name, got, want)
			}
		}
	}
}

// The count of each line in the new text is at most what it was before, with what was added.
func FuzzAdded(f *testing.F) {
	for _, seed := range [][2]string{
		{"a\nb\n", "a\nc\nb\n"}, {"", "a"}, {"a", ""}, {"a\na\n", "a\na\na"}, {"\n\n", "\n"}, {"x\n", "x\r\n"},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, old, now []byte) {
		counts := make(map[string]int)
		for line := range bytes.Lines(now) {
			counts[string(withoutEnd(line))]++
		}
		for line := range bytes.Lines(old) {
			counts[string(withoutEnd(line))]--
		}
		lines := Added([][]byte{old}, now)
		all := slices.Collect(bytes.Lines(now))
		for i, l := range lines {
			if l.Number < 1 || l.Number > len(all) || !bytes.Equal(withoutEnd(all[l.Number-1]), l.Text) {
				t.Fatalf("line %d is not %q", l.Number, l.Text)
			}
			if !bytes.HasPrefix(now[l.At:], l.Text) || bytes.Count(now[:l.At], lineFeed) != l.Number-1 ||
				l.At > 0 && now[l.At-1] != '\n' {
				t.Fatalf("line %d doesn't begin at %d", l.Number, l.At)
			}
			if i > 0 && lines[i-1].Number >= l.Number {
				t.Fatal("not in order")
			}
			counts[string(l.Text)]--
		}
		for line, n := range counts {
			if n > 0 {
				t.Errorf("%d times %q is added, and not given", n, line)
			}
		}
		if slices.ContainsFunc(lines, func(l Line) bool {
			return counts[string(l.Text)] < 0 && !bytes.Contains(old, l.Text)
		}) {
			t.Error("a line is given that wasn't added")
		}
	})
}

func withoutEnd(line []byte) []byte { return bytes.TrimSuffix(line, []byte{'\n'}) }
