package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

var update = flag.Bool("update", false, "write the texts beside testdata/decision/*.json anew; read them before you keep them")

// formats are the texts that stand beside a golden decision.
var formats = map[string]func(*bytes.Buffer, policy.Decision) error{
	".pusher.txt": func(b *bytes.Buffer, d policy.Decision) error { return Pusher(b, d, Options{}) },
	".text.txt":   func(b *bytes.Buffer, d policy.Decision) error { return Text(b, d, Options{}) },
}

// golden gives the decisions of testdata by name.
func golden(t *testing.T) map[string]policy.Decision {
	t.Helper()
	files, err := filepath.Glob("../testdata/decision/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden decisions", err)
	}
	all := make(map[string]policy.Decision)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ReadJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(file, ".json")] = d
	}
	return all
}

func TestGoldenTexts(t *testing.T) {
	for name, d := range golden(t) {
		for ext, format := range formats {
			var got bytes.Buffer
			if err := format(&got, d); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(name+ext, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ext)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", name, ext, diff)
			}
		}
	}
}

// The golden files were written by hand and by Python's json, not by JSON.
func TestJSONWritesTheGoldenFiles(t *testing.T) {
	for name, d := range golden(t) {
		want, err := os.ReadFile(name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := JSON(&got, d); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
