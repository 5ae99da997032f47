package cli

import (
	"errors"
	"fmt"
	"strings"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/history"
	"countersign/report"
)

// The exit codes. Git treats all but 0 alike; scripts and CI need not.
const (
	exitAccepted  = 0
	exitRefused   = 1
	exitUsage     = 2
	exitUndecided = 3
)

const exitTable = `
Exit codes:
  0  accepted, or done
  1  refused
  2  wrong usage or configuration, as an unknown revision or an invalid policy
  3  undecided: something could not be read, was out of time or could not be recorded
`

// exitError ends a run with a code. Err is shown unless it is nil: then all has been said.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usage marks an error as the user's: wrong usage, or a wrong configuration.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode gives the code for what a run ended with. What no command has marked is undecided, unless it is about what
// the user named.
func exitCode(err error) int {
	var marked exitError
	switch {
	case err == nil:
		return exitAccepted
	case errors.As(err, &marked):
		return marked.code
	}
	for _, theirs := range []error{history.ErrAmbiguous, history.ErrNotFound, audit.ErrQuestion, gate.ErrNoGuard} {
		if errors.Is(err, theirs) {
			return exitUsage
		}
	}
	return exitUndecided
}

// undecided is how errors begin that were marked below.
var undecided = gate.ErrUndecided.Error() + ": "

// wordless gives the text of an error without that mark: the exit code says it.
func wordless(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, undecided)
	}
	return strings.Join(lines, "\n")
}

// say writes an error, line by line and harmless to a terminal.
func say(p *report.Printer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		p.Printf("countersign: %s\n", line)
	}
}
