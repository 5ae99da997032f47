package report

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

// ciFormats are those of CI, by how their files in testdata/decision/ci end.
var ciFormats = map[string]func(io.Writer, policy.Decision) error{
	".junit.xml": JUnit, ".gitlab.json": GitLab, ".github.txt": GitHub, ".jsonl": Lines,
}

func TestGoldenCI(t *testing.T) {
	all := golden(t)
	for _, name := range []string{"accepted", "hostile", "two-rules", "undecided"} {
		for ext, format := range ciFormats {
			var got bytes.Buffer
			if err := format(&got, all["../testdata/decision/"+name]); err != nil {
				t.Fatal(err)
			}
			file := "../testdata/decision/ci/" + name + ext
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", name, ext, diff)
			}
		}
	}
}
