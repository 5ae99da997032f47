package history

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFolder(t *testing.T) {
	r := newTestRepo(t)
	r.feed([]byte(`commit refs/heads/main
committer A <a@example.org> 1700000000 +0000
data 1
x
M 100644 inline .policy/policy.toml
data 8
version

M 100755 inline .policy/keys/alice.pub
data 3
key
M 100644 inline policy.toml
data 5
other
M 100644 inline file
data 1
f
M 120000 inline linked/link
data 4
file
`), "fast-import", "--quiet")
	ctx := context.Background()
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		tip, err := repo.Resolve(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		folder, err := repo.Folder(ctx, tip, ".policy")
		if err != nil {
			t.Fatal(err)
		}
		if want := r.git("rev-parse", "main:.policy"); folder.ID.String() != want {
			t.Errorf("id %s, want %s", folder.ID, want)
		}
		got := make(map[string]string)
		for _, name := range []string{"policy.toml", "keys/alice.pub"} {
			b, err := fs.ReadFile(folder, name)
			if err != nil {
				t.Error(err)
			}
			got[name] = string(b)
			if info, err := fs.Stat(folder, name); err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(b)) {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
		if diff := cmp.Diff(map[string]string{"policy.toml": "version\n", "keys/alice.pub": "key"}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		for _, name := range []string{"keys", "../file", "/policy.toml", "gone", ""} {
			if f, err := folder.Open(name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("open %q: %v, %v", name, f, err)
			}
		}
		if _, err := repo.Folder(ctx, tip, "gone"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no folder: %v", err)
		}
		for _, name := range []string{"file", "linked"} {
			if _, err := repo.Folder(ctx, tip, name); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
