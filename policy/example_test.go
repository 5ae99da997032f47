package policy

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestExampleShowsTheDefaults loads policy.example.toml and compares it with a policy that only names
// somebody.
func TestExampleShowsTheDefaults(t *testing.T) {
	text, err := os.ReadFile("../policy.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	example, err := Load(fstest.MapFS{FileName: {Data: text}})
	if err != nil {
		t.Fatal(err)
	}
	ignored := []cmp.Option{cmpopts.IgnoreUnexported(Policy{}), cmpopts.IgnoreTypes(&Classes{}), cmpopts.EquateEmpty()}
	want, got := Default(), *example
	got.Principals, got.Digest = nil, want.Digest
	if diff := cmp.Diff(*want, got, ignored...); diff != "" {
		t.Errorf("(-default +example):\n%s", diff)
	}
	if diff := cmp.Diff(want.Classes.Names(), example.Classes.Names()); diff != "" {
		t.Error(diff)
	}
	if n := len(example.Principals); n != 3 {
		t.Errorf("%d principals, want 3", n)
	}
}
