package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkVerifyNothingNew verifies a history of which an earlier run found all clean, in turns with git's counting of
// its commits: what is remembered of 10,000 signed commits, and of a whole history that was adopted. It reports
// processor time, user and system, and wall time: how many milliseconds more than git's, and how many times git's.
func BenchmarkVerifyNothingNew(b *testing.B) {
	const noTags = "git for-each-ref --format='delete %(refname)' refs/tags | git update-ref --stdin" // which nobody signed
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) { newBench(b, history, 0, noTags).nothingNew(b) })
	}
	b.Run("10000-signed", func(b *testing.B) {
		s := newSigned(b, 10_000, 14)
		clone := filepath.Join(s.dir, "clone.git") // which no journal says of that it was moved
		s.run(b, "sh", "-ec", `git -C "$1" update-ref refs/heads/main "$2"; git clone -q --bare --no-tags "$1" "$3"
			mkdir "$3/countersign"; cp -r "$1/countersign/policy.toml" "$3/countersign"`, "sh", s.repo, s.new, clone)
		s.repo = clone
		s.nothingNew(b)
	})
}

func (s *bench) nothingNew(b *testing.B) {
	b.Helper()
	verify := func() *exec.Cmd {
		return exec.Command(s.program, "verify", "--since-verified", s.dir+"/verified", "-C", s.repo)
	}
	first := verify()
	if out, err := first.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	whole := first.ProcessState.UserTime() + first.ProcessState.SystemTime()
	if left, err := os.Stat(s.dir + "/verified"); err == nil {
		b.ReportMetric(float64(left.Size())/1024, "remembered-KiB")
	}
	cpu, wall := make(map[string][]time.Duration), make(map[string][]time.Duration)
	run := func(name string, cmd *exec.Cmd) string {
		start := time.Now()
		out := s.must(b, cmd)
		wall[name] = append(wall[name], time.Since(start))
		cpu[name] = append(cpu[name], cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		return out
	}
	for b.Loop() {
		if said := run("ours", verify()); !strings.Contains(said, ": nothing new; ") {
			b.Fatalf("something was judged: %s", said)
		}
		run("git", exec.Command("git", "-C", s.repo, "rev-list", "--count", "--all"))
	}
	b.ReportMetric(median(cpu["ours"])-median(cpu["git"]), "more-cpu-ms")
	b.ReportMetric(median(wall["ours"])-median(wall["git"]), "more-wall-ms")
	b.ReportMetric(median(cpu["ours"])/median(cpu["git"]), "cpu/rev-list")
	b.ReportMetric(median(wall["ours"])/median(wall["git"]), "wall/rev-list")
	b.ReportMetric(median(cpu["ours"]), "cpu-ms")
	b.ReportMetric(float64(whole.Milliseconds())/median(cpu["ours"]), "whole/nothing-new")
}
