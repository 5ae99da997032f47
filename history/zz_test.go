package history

import (
	"os"
	"testing"
)

func BenchmarkRange(b *testing.B) {
	dir := os.Getenv("BENCH_REPO")
	repo, err := Open(Options{Dir: dir, Env: os.Getenv, Inspect: fingerprint, Limits: Limits{Commits: 1 << 30}})
	if err != nil {
		b.Fatal(err)
	}
	tip, err := repo.Resolve(b.Context(), os.Getenv("BENCH_TIP"))
	if err != nil {
		b.Fatal(err)
	}
	r := Range{Tip: tip, Counted: os.Getenv("BENCH_COUNTED") != "", Landed: true}
	if not := os.Getenv("BENCH_NOT"); not != "" {
		id, _ := repo.Resolve(b.Context(), not)
		r.Not = []ID{id}
	}
	for b.Loop() {
		n, c := 0, 0
		for l, err := range repo.Landings(b.Context(), r) {
			if err != nil {
				b.Fatal(err)
			}
			n += 1 + len(l.Brought)
			c += len(l.Commit.Changes)
		}
		b.Log(n, c)
	}
}
