package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"countersign/internal/regular"
	"countersign/internal/replace"
	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/journal/otlp"
)

// outbox sends the records of a journal that weren't acknowledged yet.
type outbox struct {
	journal  string
	file     string // keeps the position
	url      string
	from     uint64 // 0 for the position
	patience time.Duration
	send     func(ctx context.Context, body []byte) (otlp.Partial, error)
	wait     func(ctx context.Context, d time.Duration) error
	now      func() time.Time

	at       exportPosition
	waited   time.Duration
	sent     sentRecords
	warnings []string
}

// exportPosition is how far an export came.
type exportPosition struct {
	URL       string    `json:"url"`
	Seq       uint64    `json:"seq"`  // of the last record that was acknowledged
	Hash      string    `json:"hash"` // of its line
	NotBefore time.Time `json:"not_before,omitzero"`
}

// sentRecords is what log export has done.
type sentRecords struct {
	Records  int    `json:"records"`  // acknowledged
	Rejected int64  `json:"rejected"` // of these
	Last     uint64 `json:"last"`     // the number of the last one
}

// What one request holds at most.
const (
	batchRecords = 500
	batchBytes   = 1 << 20
	mostWarnings = 20
)

// drain sends what there is.
func (b *outbox) drain(ctx context.Context) error {
	release, err := journal.Hold(ctx, b.file+".lock")
	if err != nil {
		return fmt.Errorf("%s.lock: %w", b.file, err)
	}
	defer release()
	if err := b.load(); err != nil {
		return err
	}
	var batch []journal.Entry
	size, next, kept := 0, b.at.Seq+1, b.at.Hash == ""
	for e, err := range whole(journal.ReadFrom(b.journal, max(b.at.Seq, 1))) {
		switch {
		case errors.Is(err, fs.ErrNotExist) && b.at.Seq == 0: // nothing was pushed yet
			return nil
		case err != nil: // what is before it is whole
			return errors.Join(b.flush(ctx, batch), damaged(err))
		}
		if err := b.follows(e, next); err != nil {
			return err
		}
		if kept = true; e.Seq < next {
			continue
		}
		next = e.Seq + 1
		if len(batch) > 0 && (len(batch) == batchRecords || size+len(e.Record) > batchBytes) {
			if err := b.flush(ctx, batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
		batch, size = append(batch, e), size+len(e.Record)
	}
	if !kept {
		return exitError{exitRefused, fmt.Errorf("%w: record %d was sent to the collector, and the journal ends before: "+
			"countersign log check", merkle.ErrFork, b.at.Seq)}
	}
	return b.flush(ctx, batch)
}

// follows says whether a record is one that may be read at this place: the one that was acknowledged last, or the next.
func (b *outbox) follows(e journal.Entry, next uint64) error {
	switch {
	case b.at.Hash != "" && (e.Seq == b.at.Seq && e.Hash != b.at.Hash ||
		e.Seq == b.at.Seq+1 && e.Repaired == 0 && e.Prev != b.at.Hash):
		return exitError{exitRefused, fmt.Errorf("%w: record %d isn't the one that was sent to the collector: "+
			"countersign log check", merkle.ErrFork, b.at.Seq)}
	case e.Seq > next:
		return usage("records %d to %d were moved away before they were sent: put their segments back beside %s for this "+
			"once, or leave them out by --from %d", next, e.Seq-1, b.journal, e.Seq)
	}
	return nil
}

// flush sends records in one request, or in smaller ones where the collector wants that, and keeps the position.
func (b *outbox) flush(ctx context.Context, batch []journal.Entry) error {
	if len(batch) == 0 {
		return nil
	}
	first, last := batch[0].Seq, batch[len(batch)-1]
	records := make([]otlp.Record, len(batch))
	for i, e := range batch {
		records[i] = exported(e)
	}
	body, err := otlp.Encode(exportSource(), records)
	if err != nil {
		return err
	}
	done, err := b.persist(ctx, body)
	if errors.Is(err, otlp.ErrTooLarge) && len(batch) > 1 {
		half := len(batch) / 2
		if err := b.flush(ctx, batch[:half]); err != nil {
			return err
		}
		return b.flush(ctx, batch[half:])
	}
	if err != nil {
		return fmt.Errorf("records %d to %d are not sent: %w", first, last.Seq, err)
	}
	if (done.Rejected > 0 || done.Message != "") && len(b.warnings) < mostWarnings {
		b.warnings = append(b.warnings, fmt.Sprintf("of the records %d to %d the collector rejected %d: %s",
			first, last.Seq, done.Rejected, done.Message))
	}
	b.at = exportPosition{URL: b.url, Seq: last.Seq, Hash: last.Hash}
	b.sent.Records += len(batch)
	b.sent.Rejected += min(done.Rejected, int64(len(batch)))
	b.sent.Last = last.Seq
	return b.save()
}

// exportSource says what sends.
func exportSource() otlp.Source {
	return otlp.Source{
		Attributes: []otlp.Attribute{
			{Key: "service.name", Value: "countersign"}, {Key: "service.version", Value: version()},
		},
		Scope: "countersign/journal", Version: version(),
	}
}

// persist sends a request, and again while it may and patience lasts, waiting longer each time.
func (b *outbox) persist(ctx context.Context, body []byte) (otlp.Partial, error) {
	const longest = time.Minute
	for pause := time.Second; ; pause = min(2*pause, longest) {
		done, err := b.send(ctx, body)
		var again *otlp.RetryError
		if !errors.As(err, &again) {
			return done, err
		}
		delay := max(again.After, pause+rand.N(pause/4)) // so that many servers don't come back at once
		if b.waited+delay > b.patience {
			if again.After > 0 {
				b.at.NotBefore = b.now().Add(again.After).UTC().Truncate(time.Second)
				err = errors.Join(fmt.Errorf("%w: not again before %s", again.Err, timestamp(b.at.NotBefore)), b.save())
			}
			return otlp.Partial{}, err
		}
		b.waited += delay
		if err := b.wait(ctx, delay); err != nil {
			return otlp.Partial{}, err
		}
	}
}

// load reads the position.
func (b *outbox) load() error {
	text, err := regular.Read(b.file, 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b.at.URL = b.url
	if err == nil {
		if err := json.Unmarshal(text, &b.at); err != nil || b.at.URL == "" {
			return usage("%s isn't what log export keeps there: remove it and say --from NUMBER", b.file)
		}
	}
	if b.at.URL != b.url {
		return usage("%s is how far the export to %s came: name another file by --position for %s", b.file, b.at.URL, b.url)
	}
	if b.from > 0 {
		b.at = exportPosition{URL: b.url, Seq: b.from - 1}
	}
	if b.now().Before(b.at.NotBefore) {
		return fmt.Errorf("the collector asked not to be asked again before %s", timestamp(b.at.NotBefore))
	}
	b.at.NotBefore, b.sent.Last = time.Time{}, b.at.Seq
	return nil
}

// save replaces the position as a whole, and has it on disk.
func (b *outbox) save() error {
	text, err := json.Marshal(b.at)
	if err != nil {
		return err
	}
	return replace.File(b.file, append(text, '\n'), 0o600, replace.OnDisk)
}
