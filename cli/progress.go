package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"countersign/report"
)

const (
	// silent is how long a command may take before it says how far it is, and redrawn how often it says so then.
	silent  = time.Second
	redrawn = 200 * time.Millisecond
)

// progress says in one line of a terminal how far a command is, and counts where there is none. It may be called by
// several goroutines.
type progress struct {
	terminal *report.Printer // nil for none
	now      func() time.Time

	mu    sync.Mutex
	reads int       // commits that were read
	of    int       // those that are to be judged, as far as they were found
	done  int       // those of them that were judged
	next  time.Time // when the line is drawn
	shown bool
}

// progressTo gives the progress of a command that writes errors to w.
func progressTo(w io.Writer, now func() time.Time) *progress {
	p := &progress{now: now}
	if terminal(w) {
		p.terminal = report.NewPrinter(w)
	}
	return p
}

// read counts commits that were read, found those that are to be judged, and judged those that were.
func (p *progress) read(commits int)   { p.add(&p.reads, commits) }
func (p *progress) found(commits int)  { p.add(&p.of, commits) }
func (p *progress) judged(commits int) { p.add(&p.done, commits) }

func (p *progress) add(count *int, commits int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*count += commits
	if p.terminal == nil {
		return
	}
	switch at := p.now(); {
	case p.next.IsZero():
		p.next = at.Add(silent)
	case !at.Before(p.next):
		p.next, p.shown = at.Add(redrawn), true
		p.terminal.Printf("\r%s\x1b[K", p.line()) // ECMA-48, EL: to the end of the line
	}
}

// line says how far it is. Before what is to be judged other commits are read, for what everybody had earned.
func (p *progress) line() string {
	if p.of == 0 || p.done == 0 {
		return report.Count(p.reads, "commit") + " read"
	}
	return fmt.Sprintf("%d of %s judged", p.done, report.Count(p.of, "commit"))
}

// far says how far it was when it was broken off.
func (p *progress) far() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == 0 {
		return report.Count(p.reads, "commit") + " read by then"
	}
	return fmt.Sprintf("%d of %s judged; not finished", p.done, report.Count(p.of, "commit"))
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.terminal.Printf("\r\x1b[K")
		p.shown = false
	}
}

// beside gives a writer of what else a command says: the line is taken away before.
func (p *progress) beside(w io.Writer) io.Writer { return besideProgress{w, p} }

type besideProgress struct {
	io.Writer
	progress *progress
}

func (b besideProgress) Write(text []byte) (int, error) {
	b.progress.clear()
	return b.Writer.Write(text)
}
