package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkBacktest is a backtest of whole histories against git log --raw -z on the same. COUNTERSIGN_CLONES names real
// repositories to read in their place, as PATH does folders, and their HEAD; nothing is written there.
//
//	COUNTERSIGN_CLONES=/path/to/xz.git:/path/to/vite go test -run '^$' -bench Backtest -benchtime 3x .
//
// It reports processor time, of the program and all that it started, and how many times that of git log it is; and the
// peaks of memory, in MiB: all of the program's (VmHWM, with what it maps of packs), what of it is its own (RssAnon), and
// that of the git processes that it started, together. They are looked at fifty times a second, where there is a /proc.
func BenchmarkBacktest(b *testing.B) {
	for _, clone := range filepath.SplitList(os.Getenv("COUNTERSIGN_CLONES")) {
		b.Run(clone, func(b *testing.B) { backtestCosts(b, builtProgram(b), clone) })
	}
	if os.Getenv("COUNTERSIGN_CLONES") != "" {
		return
	}
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 0)
			backtestCosts(b, s.program, s.repo)
		})
	}
}

func builtProgram(b *testing.B) string {
	program := filepath.Join(b.TempDir(), "countersign")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

func backtestCosts(b *testing.B, program, repo string) {
	commands := map[string][]string{
		"now": {program, "backtest", "--claimed", "-C", repo},
		"git": {"git", "-C", repo, "log", "--raw", "-z", "HEAD"},
	}
	if before() != "" {
		commands["before"] = append([]string{before()}, commands["now"][1:]...)
	}
	times, most := make(map[string][]time.Duration), make(map[string]memoryPeak)
	for b.Loop() {
		for name, args := range commands {
			took, peak := runWatched(b, exec.Command(args[0], args[1:]...))
			times[name], most[name] = append(times[name], took), peak.or(most[name])
		}
	}
	now := median(times["now"])
	b.ReportMetric(now/1000, "cpu-s")
	b.ReportMetric(now/median(times["git"]), "cpu/git")
	b.ReportMetric(mebibytes(most["now"].all), "MiB")
	b.ReportMetric(mebibytes(most["now"].own), "own-MiB")
	b.ReportMetric(mebibytes(most["now"].git), "git-MiB")
	if before() != "" {
		b.ReportMetric(median(times["before"])/now, "before/cpu")
		b.ReportMetric(mebibytes(most["before"].all), "before-MiB")
	}
}

// memoryPeak is the most memory that a process and those that it started had at a time, in KiB.
type memoryPeak struct{ all, own, git int64 }

func (p memoryPeak) or(q memoryPeak) memoryPeak {
	return memoryPeak{max(p.all, q.all), max(p.own, q.own), max(p.git, q.git)}
}

func mebibytes(kib int64) float64 { return float64(kib) / 1024 }

// runWatched runs a command, and gives the processor time of it and of all that it started, and the peak of its memory.
func runWatched(b *testing.B, cmd *exec.Cmd) (time.Duration, memoryPeak) {
	b.Helper()
	var errs strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &errs
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan memoryPeak)
	go func() {
		var most memoryPeak
		for {
			most = most.or(memoryOf(cmd.Process.Pid))
			select {
			case <-ended:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	if err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, errs.String())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), <-peak
}

// memoryOf gives the memory of a process by now, and of those that it started.
func memoryOf(pid int) memoryPeak {
	p := memoryPeak{all: statusOf(pid, "VmHWM"), own: statusOf(pid, "RssAnon")}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return p
	}
	for _, file := range threads {
		children, _ := os.ReadFile(file) // a thread may have ended
		for _, child := range strings.Fields(string(children)) {
			if id, err := strconv.Atoi(child); err == nil {
				p.git += statusOf(id, "VmRSS")
			}
		}
	}
	return p
}

// statusOf gives a size from /proc/PID/status, 0 where there is none, in KiB.
func statusOf(pid int, name string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may have ended
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	size, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kib, _ := strconv.ParseInt(size, 10, 64)
	return kib
}
