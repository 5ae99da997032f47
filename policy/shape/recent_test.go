package shape

import (
	"fmt"
	"strings"
	"testing"

	"countersign/policy/edit"
)

func TestRemember(t *testing.T) {
	var reads []string
	read := remember(func(text []byte) (string, bool) {
		reads = append(reads, string(text))
		return "<" + string(text) + ">", len(text) > 1
	})
	text := []byte("one")
	for _, ask := range []string{"one", "two", "one", "", "", "x", "one", "two"} {
		text = append(text[:0], ask...) // what is remembered isn't the caller's
		if got, ok := read(text); got != "<"+ask+">" || ok != (len(ask) > 1) {
			t.Errorf("%q is read as %q, %t", ask, got, ok)
		}
	}
	// After three others "one" is forgotten.
	if got := strings.Join(reads, ","); got != "one,two,,x,one,two" {
		t.Errorf("read are %q", got)
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
		got := string(around([]byte(text), []edit.Line{{Number: c.first}, {Number: c.last}}))
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
