package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// before is the program of an earlier build, which the benchmarks of this file's kind compare with; "" for none.
func before() string { return os.Getenv("COUNTERSIGN_BEFORE") }

// work is a command to be measured: the program in the repository it is about, or git.
type work func(program, repo string) *exec.Cmd

// hookOf is the hook for a push of some lines, as git-receive-pack runs it.
func hookOf(lines string) work {
	return func(program, repo string) *exec.Cmd {
		cmd := exec.Command(program, "hook", "pre-receive")
		cmd.Dir, cmd.Env, cmd.Stdin = repo, append(os.Environ(), "GIT_DIR=."), strings.NewReader(lines)
		return cmd
	}
}

// subcommand is a command of the program.
func subcommand(args ...string) work {
	return func(program, repo string) *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Dir = repo
		return cmd
	}
}

// gitOf is a command of git's.
func gitOf(args ...string) work {
	return func(_, repo string) *exec.Cmd { return exec.Command("git", append([]string{"-C", repo}, args...)...) }
}

// compare measures work in turns with git's and, where there is an earlier build, with that one's, each in a repository
// of its own, since what a build keeps between two pushes is nothing to another. It reports processor time, user and
// system, of the command and all that it started: ours, and how many times git's and the earlier build's; and the most
// memory that ours had at a time, where it took long enough to be looked at. A function cold, if there is one, is called
// before each run. Our time and git's are given, in milliseconds.
func (s *bench) compare(b *testing.B, ours, git work, cold func(repo string)) (now, gits float64) {
	b.Helper()
	type side struct {
		work
		program, repo string
	}
	sides := map[string]side{"now": {ours, s.program, s.repo}, "git": {git, "", s.repo}}
	if before() != "" {
		repo := filepath.Join(s.dir, "before.git")
		s.run(b, "cp", "-r", s.repo, repo)
		sides["before"] = side{ours, before(), repo}
	}
	run := func(of side) (time.Duration, memoryPeak) {
		cmd := of.work(of.program, of.repo)
		if of.program != "" && cold != nil {
			cold(of.repo)
		}
		return runWatched(b, cmd)
	}
	order := slices.Sorted(maps.Keys(sides))
	for _, name := range order { // what is kept is there then, and all is in memory
		run(sides[name])
	}
	times := make(map[string][]time.Duration)
	var most memoryPeak
	for b.Loop() {
		for _, name := range order {
			took, peak := run(sides[name])
			times[name] = append(times[name], took)
			if name == "now" {
				most = most.or(peak)
			}
		}
	}
	now, gits = median(times["now"]), median(times["git"])
	b.ReportMetric(now, "cpu-ms")
	if most.all > 0 { // it ran long enough to be looked at
		b.ReportMetric(mebibytes(most.all), "MiB")
	}
	b.ReportMetric(now/gits, "cpu/git")
	if before() != "" {
		b.ReportMetric(median(times["before"])/now, "before/cpu")
	}
	return now, gits
}
