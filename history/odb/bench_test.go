//go:build unix

package odb

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/internal/objectid"
)

// COUNTERSIGN_OBJECTS names a repository whose objects the benchmarks read; without it a small one is made. They print
// ratios of processor time, which say more about the program than times do.
//
//	COUNTERSIGN_OBJECTS=/path/to/repo.git go test -run '^$' -bench . -benchtime 1x ./history/odb
func benchRepo(b *testing.B) testRepo {
	if dir := os.Getenv("COUNTERSIGN_OBJECTS"); dir != "" {
		return testRepo{b, dir}
	}
	r := newRepo(b)
	r.grow("main", 0, 200)
	r.run("", "repack", "-adfq")
	return r
}

// BenchmarkAllObjects reads all objects, and computes their names anew, against git cat-file --batch, which doesn't
// compute them: in the order of names, in the order of the pack, and in the order of git rev-list.
func BenchmarkAllObjects(b *testing.B) {
	r := benchRepo(b)
	for _, order := range []struct{ name, list string }{
		{"names", "git cat-file --batch-all-objects --batch-check='%(objectname)'"},
		{"pack", "git cat-file --batch-all-objects --unordered --batch-check='%(objectname)'"},
		{"commits", "git rev-list --all --no-object-names"},
		{"rev-list", "git rev-list --objects --all --no-object-names"},
	} {
		list := exec.Command("sh", "-c", order.list)
		list.Env = append(os.Environ(), "GIT_DIR="+r.dir)
		names, err := list.Output()
		if err != nil {
			b.Fatal(err)
		}
		var ids []objectid.ID
		for name := range strings.Lines(string(names)) {
			id, err := objectid.Parse(strings.TrimSpace(name))
			if err != nil {
				b.Fatal(err)
			}
			ids = append(ids, id)
		}
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", order.name, workers), func(b *testing.B) {
				var ours, elapsed, theirs time.Duration
				for b.Loop() {
					before, start := processTime(b), time.Now()
					readAll(b, r, ids, workers)
					ours += processTime(b) - before
					elapsed += time.Since(start)

					cat := exec.Command("git", "--git-dir="+r.dir, "cat-file", "--batch", "--buffer")
					cat.Stdin = bytes.NewReader(names)
					if err := cat.Run(); err != nil {
						b.Fatal(err)
					}
					theirs += cat.ProcessState.UserTime() + cat.ProcessState.SystemTime()
				}
				b.ReportMetric(float64(len(ids)), "objects")
				b.ReportMetric(ours.Seconds()/float64(b.N), "cpu-s")
				b.ReportMetric(elapsed.Seconds()/float64(b.N), "wall-s")
				b.ReportMetric(theirs.Seconds()/float64(b.N), "git-cpu-s")
				b.ReportMetric(ours.Seconds()/theirs.Seconds(), "cpu/git")
			})
		}
	}
}

func readAll(b *testing.B, r testRepo, ids []objectid.ID, workers int) {
	db, err := Open(Options{Dirs: []string{r.objects()}})
	if err != nil {
		b.Fatal(err)
	}
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i, id := range ids {
				if i/256%workers != worker {
					continue
				}
				if _, _, err := db.Read(id, math.MaxInt64); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// processTime is the processor time of this process so far.
func processTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
