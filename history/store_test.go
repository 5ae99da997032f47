package history

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"path/filepath"
	"testing"
)

// TestKindIsNotOnlyClaimed: of two copies of a tag the first claims to be a blob. A tag that passes for something else
// would be nobody's word, and so what it takes back would count.
func TestKindIsNotOnlyClaimed(t *testing.T) {
	eachReader(t, func(t *testing.T, open opener) {
		real := importedRepo(t, "shapes.fi")
		real.git("tag", "-a", "-m", "word", "word", "main")
		tag := real.id("refs/tags/word")
		r := newTestRepo(t)
		r.write("objects/info/alternates", filepath.Join(real.dir, "objects")+"\n")
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		if _, err := fmt.Fprint(z, "blob 1\x00x"); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		repo := r.open(open)
		if kind, err := repo.Kind(t.Context(), tag); kind != "tag" || err != nil {
			t.Fatalf("%q, %v", kind, err)
		}
		r.write("objects/"+tag.String()[:2]+"/"+tag.String()[2:], packed.String())
		if kind, err := r.open(open).Kind(t.Context(), tag); kind != "tag" && err == nil {
			t.Errorf("the tag is taken for a %s", kind)
		}
	})
}
