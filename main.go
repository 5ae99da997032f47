// Command countersign stands in front of a Git repository. It asks of every commit that wants in who
// stands behind it, provably, and whether that is enough for what it touches.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"

	"countersign/cli"
)

const (
	// memory is how many bytes a hook uses before it collects its garbage more often than is fast.
	memory = 256 << 20
	// backtestMemory is the same for a backtest, which reads a whole history on the machine of a person. The program's
	// code and the lists of packs come to it.
	backtestMemory = 88 << 20
	// garbage is how much of it may come together, in percent of what is in use: Go's own default.
	garbage = 100
	// verifyGarbage is the same for a verification. With Go's 100 it takes a quarter to a third more memory. That saves
	// next to no time on 10,000 commits, and a tenth on 57,000.
	verifyGarbage = 50
	// firstGarbage is the same for the beginning, until garbage is collected once. Go takes 4 MiB to be in use then
	// (runtime, mgcpacer.go), so that happens at 16 MiB, and a push of a few commits ends before. At 4 MiB it takes an
	// eighth of the time of such a push.
	firstGarbage = 400
)

func main() { os.Exit(execute(environment())) }

// execute runs the command line in this process, until it ends or a signal ends it.
func execute(env cli.Env) int {
	// A pusher who hangs up closes our standard error. The push must be recorded all the same, not
	// ended by the signal that the next line written would bring.
	signal.Ignore(syscall.SIGPIPE)
	percent := garbage
	if len(env.Args) > 0 {
		switch env.Args[0] {
		case "hook":
			debug.SetTraceback("none") // a stack is nothing for a pusher
			debug.SetMemoryLimit(memory)
		case "verify":
			percent = verifyGarbage
		case "backtest":
			boundHeap(env, backtestMemory)
		}
	}
	collect(env, percent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return cli.Run(ctx, env)
}

// environment gathers what the command line may know of the process.
func environment() cli.Env {
	dir, _ := os.Getwd()          // "" is refused where a folder is needed
	program, _ := os.Executable() // likewise
	return cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Dir: dir, Executable: program,
	}
}

// collect has garbage be collected first when 16 MiB are in use, and then whenever it is so many percent of what is
// needed. Nothing is done if the environment says what the collector is to do.
func collect(env cli.Env, percent int) {
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(firstGarbage)
		runtime.AddCleanup(new(mark), func(percent int) { debug.SetGCPercent(percent) }, percent)
	}
}

// mark is reachable from nowhere, so that the next collection finds it. It has a pointer, so that it lies by itself.
type mark struct{ _ *byte }

// boundHeap has the process use about so many bytes, as long as what it needs is no more than two thirds of them. Go's
// collector then runs more often than when it only has to double what is needed. Where more is needed, it may use half
// of it in addition, so that the collector never takes most of the time. Nothing is done if the environment says what
// the collector is to do: runtime, "Environment Variables".
func boundHeap(env cli.Env, bytes int64) {
	if env.Getenv("GOMEMLIMIT") == "" && env.Getenv("GOGC") == "" {
		afterCollection(func() { debug.SetMemoryLimit(heapLimit(needed(), bytes)) })
	}
}

// heapLimit gives the limit for a process that needs some bytes, and is to use so many if it can.
func heapLimit(needed, bytes int64) int64 { return max(bytes, needed+needed/2) }

// needed gives how many bytes were reachable when the last collection ended.
func needed() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

// afterCollection does something now and after each collection of garbage, of which each takes one mark more.
func afterCollection(do func()) {
	do()
	runtime.AddCleanup(new(mark), afterCollection, do)
}
