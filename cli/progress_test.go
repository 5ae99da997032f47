package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"countersign/report"
)

// One line is drawn after a while, drawn anew, and taken away before anything else is written.
func TestProgress(t *testing.T) {
	t.Parallel()
	var screen bytes.Buffer
	at := noon
	p := &progress{terminal: report.NewPrinter(&screen), now: func() time.Time { return at }}
	p.add(1)
	at = at.Add(silent / 2)
	p.add(1)
	if screen.Len() > 0 {
		t.Errorf("drawn too early: %q", screen.String())
	}
	for range 3 { // the second within the time for which a line stands
		at = at.Add(silent - redrawn)
		p.add(1)
		p.add(1)
	}
	_, _ = p.beside(&screen).Write([]byte("done\n"))
	p.clear()
	if want := "\r3 commits read\r5 commits read\r7 commits read\r\x1b[Kdone\n"; screen.String() != want {
		t.Errorf("drawn %q, want %q", screen.String(), want)
	}
	if quiet := progressTo(&screen, p.now); quiet.terminal != nil {
		t.Error("a buffer is taken for a terminal")
	}
}

// Who breaks a command off is told how far it was.
func TestBrokenOff(t *testing.T) {
	s := newServer(t)
	s.env.Dir = filepath.Join(s.dir, clone)
	s.commit()
	s.commit()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, errs := s.runContext(ctx, "", "backtest", "--claimed")
	if code != exitUndecided {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	wantOutput(t, "broken off", errs, "broken off: ")
}
