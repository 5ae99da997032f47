package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

var update = flag.Bool("update", false,
	"write the texts beside testdata/decision/*.json anew; read them before you keep them")

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

// Two workflows of one project differ in the middle of a long identity: whoever compares it has to see all of it.
func TestPusherShowsLongIdentitiesInFull(t *testing.T) {
	identity := "https://github.com/some-organisation/some-repository/.github/workflows/release-nightly.yml" +
		"@refs/heads/release/2026"
	d := policy.Decision{
		Verdict: policy.Refused, Refs: []policy.RefDecision{{Ref: "refs/heads/main", Protected: true, Commits: 1}},
		Findings: []policy.Finding{{
			Code: policy.SignerUnknown, Ref: "refs/heads/main",
			Commit: strings.Repeat("c", 40), Landing: strings.Repeat("c", 40),
			Detail: "no principal has a key for certificates of " + strconv.Quote(identity),
		}},
	}
	var b strings.Builder
	if err := Pusher(&b, d, Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(b.String()), ""), identity) {
		t.Errorf("it isn't there in full:\n%s", b.String())
	}
}
