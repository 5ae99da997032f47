package cli

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
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
	p.read(1)
	at = at.Add(silent / 2)
	p.read(1)
	if screen.Len() > 0 {
		t.Errorf("drawn too early: %q", screen.String())
	}
	for range 3 { // the second within the time for which a line stands
		at = at.Add(silent - redrawn)
		p.read(1)
		p.read(1)
	}
	p.found(9)
	at = at.Add(redrawn)
	p.judged(2)
	_, _ = p.beside(&screen).Write([]byte("done\n"))
	p.clear()
	want := "\r3 commits read\x1b[K\r5 commits read\x1b[K\r7 commits read\x1b[K\r2 of 9 commits judged\x1b[K" +
		"\r\x1b[Kdone\n"
	if screen.String() != want {
		t.Errorf("drawn %q, want %q", screen.String(), want)
	}
	if quiet := progressTo(&screen, p.now); quiet.terminal != nil {
		t.Error("a buffer is taken for a terminal")
	}
}

// Who breaks a command off is told how far it was, and gets no decision and no file.
func TestBrokenOff(t *testing.T) {
	s := newServer(t)
	var stream strings.Builder
	for i := range 200 {
		fmt.Fprintf(&stream, "commit refs/heads/many\ncommitter a <a@x.example> %d +0000\ndata 1\nx\n", noon.Unix()+int64(i))
	}
	s.write("stream", stream.String())
	s.write("out/old", "old\n")
	s.tool("sh", "-c", "git fast-import --quiet <../stream")
	for _, args := range [][]string{{"verify", "many", "--ref", "main"}, {"backtest", "many"}} {
		ctx, cancel := context.WithCancel(t.Context())
		env := s.env
		var asked atomic.Int32
		env.Now = func() time.Time { // which is asked for each landing, also while the next ones are read
			if asked.Add(1) == 120 {
				cancel()
			}
			return noon
		}
		var out, errs bytes.Buffer
		env.Args = append(args, "--format", "text", "--format", "json=../out/old", "--format", "jsonl=../out/new")
		env.Stdout, env.Stderr = &out, &errs
		code := Run(ctx, env)
		cancel()
		said := regexp.MustCompile(`^countersign: undecided: broken off: [1-9]\d* of 200 commits judged; not finished\n$`)
		if code != exitUndecided || out.Len() > 0 || !said.Match(errs.Bytes()) {
			t.Errorf("%v: exit code %d\n%s%s", args, code, &out, &errs)
		}
		if got := s.folder() + " " + s.read("out/old"); got != "old old\n" {
			t.Errorf("%v left %s", args, got)
		}
	}
}
