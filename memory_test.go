package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// programLine is where the hook's script names the program.
var programLine = regexp.MustCompile(`(?m)^program=.*$`)

// memoryCommand bounds the data of each process of the server's pre-receive (setrlimit(2), RLIMIT_DATA), in KiB. The
// race detector maps terabytes for itself: where it is in this binary, the hook runs one that was built without it.
func memoryCommand(t *testing.T) func(*testscript.TestScript, bool, []string) {
	dir := t.TempDir()
	program := sync.OnceValues(func() (string, error) {
		if !raced {
			return exec.LookPath("countersign")
		}
		// By this name it is the program that the sessions run, with their clock.
		file := filepath.Join(dir, "countersign")
		build := exec.Command("go", "test", "-c", "-o", file, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return file, nil
	})
	return func(ts *testscript.TestScript, _ bool, args []string) {
		path, err := program()
		ts.Check(err)
		hook := ts.MkAbs("server.git/hooks/pre-receive")
		text := ts.ReadFile(hook)
		if !programLine.MatchString(text) {
			ts.Fatalf("no line of %s names the program", hook)
		}
		bounded := fmt.Sprintf("ulimit -d %s || exit 1\nprogram='%s'", args[0], path)
		ts.Check(os.WriteFile(hook, []byte(programLine.ReplaceAllLiteralString(text, bounded)), 0o755))
	}
}
