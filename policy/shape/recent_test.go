package shape

import (
	"fmt"
	"strings"
	"testing"

	"countersign/policy/edit"
)

func TestRemember(t *testing.T) {
	for _, c := range []struct {
		size, others int // how long the texts are, and how many others are read
		again        int // how often the first is read in all
	}{
		{1, mostRecent - 1, 1},
		{1, mostRecent, 2},
		{mostRecentlyRead, leastRecent - 1, 1},
		{mostRecentlyRead, leastRecent, 2},
		{mostRecentlyRead / 8, 7, 1},
		{mostRecentlyRead / 8, 8, 2},
	} {
		reads := make(map[string]int)
		read := remember(func(text []byte) (string, bool) {
			reads[string(text)]++
			return "<" + string(text) + ">", len(text) > 1
		})
		buffer := make([]byte, 0, c.size)
		first := strings.Repeat("\x00", c.size)
		ask := func(text string) {
			buffer = append(buffer[:0], text...) // what is remembered isn't the caller's
			if got, ok := read(buffer); got != "<"+text+">" || ok != (len(text) > 1) {
				t.Errorf("a text of %d bytes is read as %.20q, %t", len(text), got, ok)
			}
		}
		ask(first)
		for i := range c.others {
			ask(strings.Repeat(string([]byte{byte(i + 1)}), c.size))
		}
		if ask(first); reads[first] != c.again {
			t.Errorf("after %d others of %d bytes it was read %d times, want %d", c.others, c.size, reads[first], c.again)
		}
	}
}

func TestAround(t *testing.T) {
	var all []string
	for i := 1; i <= 1000; i++ {
		all = append(all, fmt.Sprintf("line %d", i))
	}
	text := strings.Join(all, "\n")
	for _, c := range []struct{ first, last, from, to int }{
		{1, 1, 1, 201}, {201, 201, 1, 401}, {500, 510, 300, 710}, {1000, 1000, 800, 1000}, {1, 1000, 1, 1000},
	} {
		at := func(line int) int { return len(strings.Join(all[:line-1], "\n")) + min(line-1, 1) }
		got := string(around([]byte(text), []edit.Line{{At: at(c.first)}, {At: at(c.last)}}))
		want := strings.Join(all[c.from-1:c.to], "\n")
		if strings.TrimSuffix(got, "\n") != want {
			t.Errorf("around lines %d to %d: %.20q… to …%q", c.first, c.last, got, got[max(0, len(got)-20):])
		}
	}
}

func TestFinder(t *testing.T) {
	f := newFinder([]string{"abcd", "bcde", "landlock"})
	for text, want := range map[string]wordSet{
		"":                {},
		"abc":             {},
		"xABCDEx":         {3},
		"LandLock":        {4},
		"landloc":         {},
		"abcd landlocked": {5},
	} {
		if got := f.in([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
