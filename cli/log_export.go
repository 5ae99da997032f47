package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/journal"
	"countersign/journal/otlp"
	"countersign/policy"
	"countersign/report"
)

// headersVariable has headers for the collector, by OpenTelemetry's specification of OTLP exporters.
const headersVariable = "OTEL_EXPORTER_OTLP_HEADERS"

func logExportCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Send what was recorded since the last time to an OpenTelemetry collector",
		Long: `Sends the records of the journal that the collector hasn't acknowledged yet, oldest first, by OTLP over HTTP
with JSON. Run it by a timer; no hook does that, or waits for it. How far it came is kept beside the journal. After a
crash a record may be sent again, and none is left out: the attribute log.record.uid is the hash of the record's line,
so that a receiver can tell doubles. Each log record has the whole record as its body, names and addresses included.

The address is the one that logs go to, as https://otel.example.org:4318/v1/logs. Without https it must be on this
machine, unless --insecure is given. Headers, such as a token, are taken from ` + headersVariable + `
(NAME=VALUE,NAME=VALUE; percent-encoded). Where the collector is busy or away it is tried again as long as --patience
says, and not before the collector says; then the exit code is 3, and the next run goes on. What the collector
rejects for good is counted, said, and not sent again; the exit code is 3.`,
		Args: cobra.NoArgs,
	}
	address := cmd.Flags().String("otlp", "", "`address` of the collector's logs")
	insecure := cmd.Flags().Bool("insecure", false, "send to another machine without https: all on the way can read it")
	position := cmd.Flags().String("position", "", "`file` that keeps how far it came (default: beside the journal); "+
		"one for each collector")
	from := cmd.Flags().Uint64("from", 0, "the `number` of the record to begin with, and not where the last run ended")
	patience := valued(cmd, &span{Duration: 30 * time.Second, most: 24 * time.Hour}, "patience",
		"how long to wait for a collector that is busy or away")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *address == "" {
			return mistyped(cmd, errors.New("where to? --otlp ADDRESS"))
		}
		if err := collectorAddress(*address, *insecure); err != nil {
			return err
		}
		header, err := exportHeaders(env.Getenv(headersVariable))
		if err != nil {
			return err
		}
		path, err := logPath(env, *repository)
		if err != nil {
			return err
		}
		client := otlp.NewClient(*address, header, env.Now)
		box := &outbox{
			journal: path, file: path + ".export", url: *address, from: *from, patience: patience.Duration,
			send: client.Send, wait: wait, now: env.Now,
		}
		if *position != "" {
			box.file = env.path(*position)
		}
		err = box.drain(cmd.Context())
		env.list(format, box.sent, func(out *report.Printer) {
			out.Printf("%d records sent; the last one that counts as sent is %d\n", box.sent.Records, box.sent.Last)
		})
		for _, warning := range box.warnings {
			say(env.errs, errors.New(warning))
		}
		if err == nil && box.sent.Rejected > 0 {
			err = exitError{exitUndecided, fmt.Errorf("the collector rejected %d records for good", box.sent.Rejected)}
		}
		return err
	}
	return cmd
}

// collectorAddress checks where records are to be sent.
func collectorAddress(address string, insecure bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "":
		return usage("--otlp %s: want an address as https://otel.example.org:4318/v1/logs", address)
	case u.User != nil:
		return usage("--otlp: a name or password in an address can be seen by others: put it into %s", headersVariable)
	case u.Path == "" || u.Path == "/":
		return usage("--otlp %s: want the address of the logs, which mostly ends with /v1/logs", address)
	case u.Scheme == "http" && !insecure && !thisMachine(u.Hostname()):
		return usage("--otlp %s: without https all on the way can read what is sent, and answer: use https, or say "+
			"--insecure", address)
	}
	return nil
}

func thisMachine(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// exportHeaders reads headers as exporters of OTLP take them: NAME=VALUE with commas between, percent-encoded. An error
// doesn't show them, since they may be secret.
func exportHeaders(text string) (map[string][]string, error) {
	header := make(map[string][]string)
	if text == "" {
		return header, nil
	}
	for i, part := range strings.Split(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		name = strings.TrimSpace(name)
		odd := func(r rune) bool { return r < ' ' || r == 0x7f }
		token := strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
		if !found || name == "" || !token || err != nil || strings.ContainsFunc(decoded, odd) {
			return nil, usage("%s: part %d is no NAME=VALUE", headersVariable, i+1)
		}
		header[textproto.CanonicalMIMEHeaderKey(name)] = []string{decoded}
	}
	return header, nil
}

// wait waits, unless the context ends before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// exported makes a log record of a journal's.
func exported(e journal.Entry) otlp.Record {
	out := otlp.Record{Severity: otlp.Error, Text: "unreadable", Body: string(e.Record), Attributes: []otlp.Attribute{
		{Key: "log.record.uid", Value: e.Hash},
		{Key: "countersign.journal.seq", Value: int64(e.Seq)},
	}}
	r, err := readRecord(e.Record)
	if err != nil {
		return out
	}
	out.Time, out.Text, out.Event = r.Time, becameWord(r), r.Schema
	switch {
	case r.Decision.Undecided != "":
	case r.Decision.Verdict == policy.Accepted:
		out.Severity = otlp.Info
	default:
		out.Severity = otlp.Warn
	}
	var refs []string
	for _, ref := range r.Decision.Refs {
		refs = append(refs, ref.Ref)
	}
	out.Attributes = append(out.Attributes,
		otlp.Attribute{Key: "countersign.repository", Value: r.Repository},
		otlp.Attribute{Key: "countersign.reference", Value: r.Decision.Reference},
		otlp.Attribute{Key: "countersign.became", Value: out.Text},
		otlp.Attribute{Key: "countersign.pusher", Value: r.Pusher.Known()},
		otlp.Attribute{Key: "countersign.refs", Value: refs},
		otlp.Attribute{Key: "countersign.codes", Value: codesOf(r.Decision)},
	)
	return out
}
