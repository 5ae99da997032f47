package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate/record"
	"countersign/policy"
	"countersign/report"
)

func logStatsCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Count what became of pushes, why, and how long approvals took",
		Long: `Counts the pushes that the journal has a record of, in a period or in all: what became of them, for which
codes and by which rules they didn't pass, to which protected refs they went, and how many passed by an exception. A push
to several refs is one push, and counts once for each code, rule and ref.

How long approvals took is the time from the first refusal of a push that needed an approval (approval-missing,
quorum-missing) to the acceptance of the same commit for the same ref. Three things can't be known from the journal. A commit
that was changed, and then accepted, counts as not accepted. Whether what wasn't accepted was given up or still waits is not
recorded. And the time has in it how long somebody took to push again after the approval.`,
		Args: cobra.NoArgs,
	}
	since, until := periodFlags(cmd, "only pushes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s := newStatistics(since.Time, until.Time)
		if !since.IsZero() { // what was held before and accepted since
			for _, code := range heldCodes {
				before := filter{until: since.Time, code: string(code)}
				err := eachWanted(cmd.Context(), env, *repository, before, func(r logged, _ []byte) error {
					s.hold(r)
					return nil
				})
				if err != nil {
					return err
				}
			}
		}
		within := filter{since: since.Time, until: until.Time}
		err := eachWanted(cmd.Context(), env, *repository, within, func(r logged, _ []byte) error {
			s.add(r)
			return nil
		})
		if err != nil {
			return err
		}
		s.end()
		env.list(format, s.statistics, s.print)
		return nil
	}
	return cmd
}

// statistics is what log stats counts.
type statistics struct {
	Since string `json:"since,omitempty"` // as it was asked
	Until string `json:"until,omitempty"`
	First string `json:"first,omitempty"` // the time of the first push that is counted
	Last  string `json:"last,omitempty"`

	Pushes     int            `json:"pushes"`
	Became     map[string]int `json:"became"`     // accepted, refused, undecided, observed
	Exceptions int            `json:"exceptions"` // accepted by an exception
	Codes      map[string]int `json:"codes"`      // pushes that didn't pass, or wouldn't have, by code
	Rules      map[string]int `json:"rules"`      // the same by rule
	Refs       map[string]int `json:"refs"`       // pushes by protected ref
	MoreRefs   int            `json:"more_refs"`  // pushes to protected refs beyond the first 10,000
	Approvals  approvalTimes  `json:"approvals"`
}

// approvalTimes says how long approvals took.
type approvalTimes struct {
	Accepted    int   `json:"accepted"`       // held first, and accepted in the period
	Median      int64 `json:"median_seconds"` // 0 where none was accepted
	P90         int64 `json:"p90_seconds"`
	NotAccepted int   `json:"not_accepted"` // held first in the period, and not accepted as it was
	Unfollowed  int   `json:"unfollowed"`   // held, and beyond the first 100,000 that are followed
}

const (
	mostRefs = 10_000
	mostHeld = 100_000
)

// heldCodes are those of what waits for somebody's approval.
var heldCodes = []policy.Code{policy.ApprovalMissing, policy.QuorumMissing}

// counting is statistics being made.
type counting struct {
	statistics
	held  map[heldPush]time.Time // since when, and not accepted yet
	waits []time.Duration
	first time.Time
	last  time.Time
}

// heldPush is what must be the same for a push to be the one that was held.
type heldPush struct{ ref, id string }

func newStatistics(since, until time.Time) *counting {
	return &counting{
		statistics: statistics{
			Since: timestamp(since), Until: timestamp(until),
			Became: make(map[string]int), Codes: make(map[string]int), Rules: make(map[string]int), Refs: make(map[string]int),
		},
		held: make(map[heldPush]time.Time),
	}
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// add counts a record, if it is one of a push.
func (c *counting) add(r logged) {
	if r.Schema != record.Push {
		return
	}
	c.Pushes++
	c.Became[became(r)]++
	if c.first.IsZero() || r.Time.Before(c.first) {
		c.first = r.Time
	}
	if r.Time.After(c.last) {
		c.last = r.Time
	}
	passed := r.Decision.Verdict == policy.Accepted
	if passed && slices.ContainsFunc(r.Decision.Notes, isException) {
		c.Exceptions++
	}
	if !passed {
		for _, code := range codesOf(r.Decision) {
			c.Codes[code]++
		}
		for rule := range rulesOf(r.Decision) {
			c.Rules[rule]++
		}
	}
	refs := make(map[string]bool)
	for _, ref := range r.Decision.Refs {
		if ref.Protected {
			refs[resolved(ref)] = true
		}
		if passed {
			c.accept(heldPush{resolved(ref), ref.New}, r.Time)
		}
	}
	for ref := range refs {
		if _, known := c.Refs[ref]; known || len(c.Refs) < mostRefs {
			c.Refs[ref]++
		} else {
			c.MoreRefs++
		}
	}
	c.hold(r)
}

func isException(note string) bool { return strings.HasPrefix(note, policy.ExceptionNote) }

func rulesOf(d policy.Decision) map[string]bool {
	rules := make(map[string]bool)
	for _, f := range d.Findings {
		if f.Rule != "" {
			rules[f.Rule] = true
		}
	}
	return rules
}

func resolved(r policy.RefDecision) string { return cmp.Or(r.Resolved, r.Ref) }

// hold notes what waits for an approval from now on. What a server let go on only observing waits for none.
func (c *counting) hold(r logged) {
	if r.Schema != record.Push || r.Decision.GoesOn() {
		return
	}
	for _, ref := range r.Decision.Refs {
		waits := slices.ContainsFunc(r.Decision.Findings, func(f policy.Finding) bool {
			return f.Ref == ref.Ref && slices.Contains(heldCodes, f.Code)
		})
		p := heldPush{resolved(ref), ref.New}
		if _, known := c.held[p]; !waits || known {
			continue
		}
		if len(c.held) >= mostHeld {
			c.Approvals.Unfollowed++
			continue
		}
		c.held[p] = r.Time
	}
}

func (c *counting) accept(p heldPush, at time.Time) {
	if since, held := c.held[p]; held {
		c.waits = append(c.waits, max(0, at.Sub(since)))
		delete(c.held, p)
	}
}

// end works out what can be said only when all is counted.
func (c *counting) end() {
	c.First, c.Last = timestamp(c.first), timestamp(c.last)
	since, _ := time.Parse(time.RFC3339, c.Since)
	for _, at := range c.held {
		if !at.Before(since) {
			c.Approvals.NotAccepted++
		}
	}
	slices.Sort(c.waits)
	c.Approvals.Accepted = len(c.waits)
	c.Approvals.Median, c.Approvals.P90 = rank(c.waits, 50), rank(c.waits, 90)
}

// rank gives a percentile by nearest rank, in seconds: the shortest time that at least so many in a hundred don't
// exceed.
func rank(sorted []time.Duration, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return int64(sorted[(len(sorted)*percent+99)/100-1] / time.Second)
}

// print prints the statistics as text.
func (c *counting) print(out *report.Printer) {
	if c.Pushes == 0 {
		out.Printf("no push is recorded in this time\n")
		return
	}
	out.Printf("%d pushes, %s to %s\n", c.Pushes, c.First, c.Last)
	for _, word := range []string{"accepted", "refused", "undecided", "observed"} {
		out.Printf("  %-10s %d\n", word, c.Became[word])
	}
	out.Printf("accepted by an exception: %d\n", c.Exceptions)
	table(out, "did not pass, by code:", c.Codes)
	table(out, "did not pass, by rule:", c.Rules)
	table(out, "by protected ref:", c.Refs)
	if c.MoreRefs > 0 {
		out.Printf("  to other protected refs: %d\n", c.MoreRefs)
	}
	a := c.Approvals
	out.Printf("held for an approval, and then accepted as they were: %d\n", a.Accepted)
	if a.Accepted > 0 {
		out.Printf("  time from the first refusal: median %s, 90th percentile %s\n",
			time.Duration(a.Median)*time.Second, time.Duration(a.P90)*time.Second)
	}
	out.Printf("held, and not accepted as they were: %d (given up, changed or still waiting: that is not recorded)\n",
		a.NotAccepted)
	if a.Unfollowed > 0 {
		out.Printf("held, and not followed, since there were too many: %d\n", a.Unfollowed)
	}
}

// table prints counts, the largest first.
func table(out *report.Printer, title string, counts map[string]int) {
	const most = 20
	if len(counts) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	out.Printf("%s\n", title)
	for i, name := range names {
		if i == most {
			out.Printf("  and %d more\n", len(names)-most)
			return
		}
		out.Printf("  %-24s %d\n", name, counts[name])
	}
}
