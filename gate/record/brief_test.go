package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign/policy"
)

// flood is a refused push of as much as somebody likes, each text of it made by fill.
func flood(n int, fill func() string) (policy.Decision, Record) {
	var d policy.Decision
	for i := range n {
		id := strings.Repeat("a", 40)
		d.Refs = append(d.Refs, policy.RefDecision{Ref: "refs/heads/" + fill(), Resolved: fill(), New: id})
		code := policy.Codes()[i*i%7]
		d.Findings = append(d.Findings, policy.Finding{
			Code: code, Ref: fill(), Subject: fill(), Claim: fill(), Detail: fill(), Signer: fill(),
			Next: []string{fill(), fill()}, Paths: []policy.TouchedPath{{Path: fill()}, {Path: fill()}},
			Discounted: []policy.Discount{{Name: fill(), Reason: fill()}},
		})
	}
	d.Notes, d.Undecided = []string{fill(), fill()}, fill()
	r := Record{Pusher: Pusher{Name: fill(), Source: "GL_USER", Address: fill()}}
	for range n {
		r.Options = append(r.Options, fill())
	}
	return d, r
}

// Whatever is pushed, what is kept of a refusal is bounded, and what isn't is counted by code.
func TestRefusalsAreKeptBriefly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"x", "\x01", "\xff", "<", `"`, "\u2028", "漢", "\U0001f4a9"}).Draw(t, "piece")
		text := strings.Repeat(piece, rapid.SampledFrom([]int{0, 1, 60, 4096}).Draw(t, "length"))
		d, r := flood(rapid.SampledFrom([]int{0, 1, 3, 40, 300}).Draw(t, "count"), func() string { return text })
		before, _ := json.Marshal(d)
		got := brief(d, &r)
		if after, _ := json.Marshal(d); !slices.Equal(before, after) {
			t.Error("the decision that the pusher is told was changed")
		}
		r.Decision, _ = json.Marshal(got)
		b, _ := json.Marshal(r)
		if len(b) > 72<<10 {
			t.Errorf("a record of %d bytes", len(b))
		}
		for _, code := range policy.Codes() {
			of := func(f policy.Finding) bool { return f.Code == code }
			all, kept := 0, 0
			for _, f := range d.Findings {
				all += btoi(of(f))
			}
			for _, f := range got.Findings {
				kept += btoi(of(f))
			}
			note := fmt.Sprintf("%s more findings of code %s aren't kept", thousands(all-kept), code)
			if slices.Contains(got.Notes, note) != (all > kept) {
				t.Errorf("%s: %d of %d are kept; notes %q", code, kept, all, got.Notes)
			}
			if all > 0 && kept == 0 && len(text) <= 60 {
				t.Errorf("no finding of %s is kept", code)
			}
		}
		if n := len(d.Refs) - len(got.Refs); n > 0 && !slices.Contains(got.Notes, thousands(n)+" more refs aren't kept") {
			t.Errorf("%d refs are gone without a word: %q", n, got.Notes)
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestWhatIsCutSaysSo(t *testing.T) {
	for in, want := range map[string]string{
		"short":                   "short",
		strings.Repeat("x", 1500): strings.Repeat("x", 10) + "[... 1,490 more bytes]",
		"\x01\x01\x01":            "\x01[... 2 more bytes]",
		"漢漢漢漢":                    "漢漢漢[... 3 more bytes]",
	} {
		if got := cut(in, 10); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What was accepted is recorded whole or not at all; a refusal always fits.
func TestRecordThatIsTooLong(t *testing.T) {
	var r Record
	d := policy.Decision{Notes: []string{strings.Repeat("x", maxLength)}}
	encode := func(d policy.Decision) ([]byte, error) { return json.Marshal(d) }
	d.Verdict = policy.Accepted
	if b, err := r.Encode(d, encode); !errors.Is(err, ErrTooLong) {
		t.Errorf("accepted: %d bytes, error %v", len(b), err)
	}
	d.Verdict = policy.Refused
	if b, err := r.Encode(d, encode); err != nil || len(b) > 72<<10 {
		t.Errorf("refused: %d bytes, error %v", len(b), err)
	}
}
