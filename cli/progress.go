package cli

import (
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

// progress says in one line of a terminal how many commits were read, and counts them where there is none. It may be
// called by several goroutines.
type progress struct {
	terminal *report.Printer // nil for none
	now      func() time.Time

	mu    sync.Mutex
	read  int
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

// add counts commits that were read.
func (p *progress) add(commits int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read += commits
	if p.terminal == nil {
		return
	}
	switch at := p.now(); {
	case p.next.IsZero():
		p.next = at.Add(silent)
	case !at.Before(p.next):
		p.next, p.shown = at.Add(redrawn), true
		p.terminal.Printf("\r%d commits read", p.read)
	}
}

// count gives how many commits were read so far.
func (p *progress) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.terminal.Printf("\r\x1b[K") // ECMA-48, EL: to the end of the line
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
