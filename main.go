// Command countersign stands in front of a Git repository. It asks of every commit that wants in who
// stands behind it, provably, and whether that is enough for what it touches.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"countersign/cli"
)

const (
	// memory is how many bytes a hook uses before it collects its garbage more often than is fast.
	memory = 256 << 20
	// garbage is how much of it a verification lets come together, in percent of what it has in use. With Go's 100 it
	// takes a quarter more memory, and saves 2 % of the time.
	garbage = 50
)

func main() { os.Exit(execute(environment())) }

// execute runs the command line in this process, until it ends or a signal ends it.
func execute(env cli.Env) int {
	// A pusher who hangs up closes our standard error. The push must be recorded all the same, not
	// ended by the signal that the next line written would bring.
	signal.Ignore(syscall.SIGPIPE)
	if len(env.Args) > 0 {
		switch env.Args[0] {
		case "hook":
			debug.SetTraceback("none") // a stack is nothing for a pusher
			debug.SetMemoryLimit(memory)
		case "verify":
			debug.SetGCPercent(garbage)
		}
	}
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
