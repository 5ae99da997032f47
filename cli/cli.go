// Package cli is the command line, and the one table of exit codes. [Run] is the whole of it.
//
// Each command that help shows is in the file that has its name: log compare in log_compare.go. A new one is a file
// with a function that makes it, and a word in root.go or in the function of the command above it. What several
// commands need is in the files that aren't named after one: usage.go has the flags, values.go what they take.
//
// A command prints by the printers of its [Env], takes arguments, variables and the time from there, and says how it
// ended by the error that it gives: see exitError. Of the process it runs in it asks besides only who it and its
// parents are (process.go) and what it was built from (version.go). Programs that it starts for the user are found by
// the process's variables and have them; the demonstration's folder is where the process keeps temporary files.
package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/gate/record"
	"countersign/history"
	"countersign/install"
	"countersign/policy"
	"countersign/report"
)

// Env is what a run may know of the process it runs in. All exported fields must be set.
type Env struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Dir            string // the working folder, absolute
	Executable     string // this program, absolute

	out, errs *report.Printer   // to Stdout and Stderr; Run sets them
	progress  *progress         // likewise; nothing of it is shown beside what goes there
	written   map[string]string // what of this run writes a file, by its place; Run makes it
	common    string            // the folder of the policy of many repositories, as the hook's script says
}

// printing gives an Env with its printers.
func (e Env) printing() Env {
	e.progress, e.written = progressTo(e.Stderr, e.Now), make(map[string]string)
	if e.isHook() { // what a terminal shows there is the pusher's
		e.progress.terminal = nil
	}
	e.Stdout, e.Stderr = e.progress.beside(e.Stdout), e.progress.beside(e.Stderr)
	e.out, e.errs = report.NewPrinter(e.Stdout), report.NewPrinter(e.Stderr)
	return e
}

// path makes a path that the user typed absolute.
func (e Env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// open opens the gate of a repository, with the policy in a place. See [gate.Open] for what an error means: there is a
// gate all the same. One about a policy that could be read is the user's.
func (e Env) open(repository string, policy place, o gate.Options) (*gate.Gate, error) {
	g, err := gate.Open(e.options(repository, policy, o))
	unread := g.Repository() == nil || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, history.ErrUnreadable) && !errors.Is(err, history.ErrMissing)
	if err != nil && !unread {
		err = exitError{exitUsage, err}
	}
	return g, err
}

func (e Env) options(repository string, at place, o gate.Options) gate.Options {
	if at.folder != "" {
		o.Policy = e.path(at.folder)
	}
	o.Dir, o.Introduction, o.Getenv, o.Now, o.Version = e.path(repository), at.pin.Introduction, e.Getenv, e.Now, version()
	if o.Records == nil && o.Remote == nil {
		o.Records = records
	}
	switch {
	case o.Common != nil:
	case e.common != "":
		o.Common = func(string) string { return e.common }
	default:
		o.Common = install.PolicyFolder
	}
	o.Process, o.Alive, o.Read = receiver(), alive, e.progress.read
	o.Progress = audit.Progress{Found: e.progress.found, Judged: e.progress.judged}
	o.Encode = func(d policy.Decision) ([]byte, error) {
		var b bytes.Buffer
		err := report.JSON(&b, d)
		return b.Bytes(), err
	}
	return o
}

// asOwner says as which user to run the command, where an error is that this one isn't the owner of a repository, or
// may not read it.
func (e Env) asOwner(err error) error {
	var other install.StrangerError
	var denied *fs.PathError
	owner := ""
	switch {
	case errors.As(err, &other):
		owner = other.Owner
	case errors.Is(err, fs.ErrPermission) && errors.As(err, &denied):
		owner = install.OtherOwner(denied.Path)
	}
	if owner == "" || e.isHook() { // a pusher must not see more
		return err
	}
	words := make([]string, len(e.Args))
	for i, word := range e.Args {
		words[i] = install.Shell(word)
	}
	return fmt.Errorf("%w\nnext: sudo -u %s countersign %s", err, install.Shell(owner), strings.Join(words, " "))
}

const hookName = "hook"

// isHook says whether it is Git that runs this: who reads what it says is who pushes.
func (e Env) isHook() bool { return len(e.Args) > 0 && e.Args[0] == hookName }

// list prints a listing in the wanted formats: a value as JSON, or what text prints.
func (Env) list(to *outputs, value any, text func(*report.Printer)) {
	to.print(func(one *output) { one.list(value, text) })
}

// operator is who runs a command on the server, as far as the environment says.
func (e Env) operator() record.Pusher {
	if name := e.Getenv("USER"); name != "" {
		return record.Pusher{Name: name, Source: "USER"}
	}
	return record.Pusher{}
}

// isFolder fails where a policy is to be read from something that isn't a folder.
func (e Env) isFolder(folder string) error {
	if folder == "" {
		return nil
	}
	info, err := os.Stat(e.path(folder))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("no policy in %s: there is no such folder", e.path(folder))
	case err == nil && !info.IsDir():
		err = fmt.Errorf("%s is not a folder: want the one that holds %s", folder, policy.FileName)
	}
	if err != nil {
		return usage("%v", err)
	}
	return nil
}

// usable opens a gate for a command that can't do without a policy and keeps no record.
func (e Env) usable(repository string, policy place, o gate.Options) (*gate.Gate, error) {
	if err := e.isFolder(policy.folder); err != nil {
		return nil, err
	}
	o.Record = discard
	g, err := e.open(repository, policy, o)
	if err == nil {
		return g, nil
	}
	if errors.Is(err, gate.ErrNotConfigured) {
		err = fmt.Errorf("no policy in %s: in a clone or in CI say --policy COMMIT@FINGERPRINT, the commit that brought the "+
			"policy into the tree and the key that signed it; on a server run countersign install", g.PolicyDir())
		err = exitError{exitUsage, err}
	}
	return nil, errors.Join(err, g.Close())
}
