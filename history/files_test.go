package history

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFiles compares what the readers say of a tree, and of the contents in it, with what was stored.
func TestFiles(t *testing.T) {
	r := newTestRepo(t)
	sub := strings.Repeat("34", 20)
	var in strings.Builder
	fmt.Fprint(&in, "commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 0\n")
	for _, f := range []struct{ mode, path, content string }{
		{"100644", "a.c", "int a;\n"},
		{"100755", "dir/run", "#!/bin/sh\n"},
		{"120000", "dir/to", "run"},
		{"100644", `"dir/\377"`, ""},
		{"100644", "dir/deep/x", "x"},
		{"100644", "dir.c", strings.Repeat("long\n", 1000)},
	} {
		fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", f.mode, f.path, len(f.content), f.content)
	}
	fmt.Fprintf(&in, "M 160000 %s sub\n\n", sub)
	r.feed([]byte(in.String()), "fast-import", "--quiet")
	want := []string{
		"100644 a.c 7 int a", "100644 dir.c 5000 long\n", "100644 dir/deep/x 1 x", "100755 dir/run 10 #!/bi",
		"120000 dir/to 3 run", "100644 dir/\xff 0 ", "160000 sub " + sub,
	}
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		var got []string
		commit := r.id("main")
		err := repo.Files(t.Context(), commit, func(path string, at Side) error {
			if !at.IsBlob() {
				got = append(got, fmt.Sprintf("%o %s %s", at.Mode, path, at.ID))
				return nil
			}
			first, size, err := repo.Beginning(t.Context(), at.ID, 5)
			got = append(got, fmt.Sprintf("%o %s %d %s", at.Mode, path, size, first))
			if content, err2 := repo.Blob(t.Context(), at.ID); err2 != nil {
				err = err2
			} else {
				sum := NewBlobSum(commit, size)
				_, _ = sum.Write(content)
				if name, err := sum.Name(); name != at.ID || err != nil {
					t.Errorf("%s has the name %s, %v; want %s", path, name, err, at.ID)
				}
			}
			return err
		})
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v, %s", err, d)
		}
		mine := errors.New("enough")
		if err := repo.Files(t.Context(), commit, func(string, Side) error { return mine }); !errors.Is(err, mine) {
			t.Errorf("see failed: %v", err)
		}
		missing := mustID(t, strings.Repeat("12", 20))
		if err := repo.Files(t.Context(), missing, func(string, Side) error { return nil }); !errors.Is(err, ErrMissing) {
			t.Errorf("a missing commit: %v", err)
		}
		if _, _, err := repo.Beginning(t.Context(), missing, 5); !errors.Is(err, ErrMissing) {
			t.Errorf("a missing blob: %v", err)
		}
	})
}
