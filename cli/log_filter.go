package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/policy"
	"countersign/report"
)

// becameWords are what a record may say became of its refs, as flags have it; see became. The first is for all.
var becameWords = []string{
	"any", "accepted", "refused", "undecided", "observed", "applied", "found", "may-move", "let-stand", "reviewed",
}

// becameWord gives the word of a record.
func becameWord(r logged) string { return strings.ReplaceAll(became(r), " ", "-") }

// filter says which records are wanted. The zero filter takes all.
type filter struct {
	since, until time.Time // neither bound where it is zero
	principal    string
	commit       string // the beginning of an id
	ref          string
	code         string
	reference    string // the beginning of one
	became       string // of becameWords, "" for all
	refused      bool
	first, last  int // how many of them; 0 for all
}

// filterFlags gives a command the flags that say which records are wanted.
func filterFlags(cmd *cobra.Command) *filter {
	f, flags := new(filter), cmd.Flags()
	since, until := periodFlags(cmd, "only pushes")
	flags.StringVar(&f.principal, "principal", "",
		"only pushes by that `name`, or with something wrong with what it signed or approved")
	flags.StringVar(&f.commit, "commit", "", "only pushes to, from or about a commit whose `id` begins so")
	flags.StringVar(&f.ref, "ref", "", "only pushes to that ref, by its full `name`")
	flags.StringVar(&f.code, "code", "", "only pushes with a finding of that `code`")
	became := valued(cmd, chosen(becameWords...), "became",
		"only records that say this became of the refs: "+report.List(becameWords[1:], "or"))
	flags.BoolVar(&f.refused, "refused", false, "only pushes that were refused, or would have been")
	flags.IntVar(&f.first, "first", 0, "only the first `number` of them")
	flags.IntVar(&f.last, "last", 0, "only the last `number` of them")
	cmd.PreRun = func(*cobra.Command, []string) {
		f.since, f.until = since.Time, until.Time
		if f.became = became.word; f.became == becameWords[0] {
			f.became = ""
		}
	}
	return f
}

// periodFlags gives a command the flags that bound a time.
func periodFlags(cmd *cobra.Command, what string) (since, until *moment) {
	since = valued(cmd, new(moment), "since", what+" since then: a `time` as 2026-06-01 or 2026-06-01T12:00:00Z")
	return since, valued(cmd, new(moment), "until", what+" before that `time`")
}

func (f filter) takes(r logged) bool {
	return f.within(r.Time) &&
		(!f.refused || r.Decision.Verdict != policy.Accepted) &&
		(f.became == "" || becameWord(r) == f.became) &&
		(f.principal == "" || slices.Contains(concerned(r), f.principal)) &&
		(f.commit == "" || begins(commitsOf(r.Decision), f.commit)) &&
		(f.ref == "" || slices.Contains(refsOf(r.Decision), f.ref)) &&
		(f.code == "" || slices.Contains(codesOf(r.Decision), f.code)) &&
		(f.reference == "" || strings.HasPrefix(r.Decision.Reference, f.reference))
}

func (f filter) within(at time.Time) bool {
	return !at.Before(f.since) && (f.until.IsZero() || at.Before(f.until))
}

// concerned names who pushed, and who stands behind something that was found wrong.
func concerned(r logged) []string {
	names := []string{r.Pusher.Principal, r.Pusher.Name}
	for _, f := range r.Decision.Findings {
		names = append(append(names, f.Signer), f.Have...)
		for _, d := range f.Discounted {
			names = append(names, d.Principal)
		}
	}
	return names
}

// commitsOf gives the ids that a decision names.
func commitsOf(d policy.Decision) (ids []string) {
	for _, r := range d.Refs {
		ids = append(ids, r.Old, r.New)
	}
	for _, f := range d.Findings {
		ids = append(ids, f.Commit, f.Landing)
	}
	return ids
}

func begins(ids []string, with string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, with) })
}

// refsOf names the refs that a decision is about, by each of their names.
func refsOf(d policy.Decision) (refs []string) {
	for _, r := range d.Refs {
		refs = append(refs, r.Ref, r.Resolved)
	}
	return refs
}

// codesOf gives the codes of what was found wrong, each once.
func codesOf(d policy.Decision) (codes []string) {
	for _, f := range d.Findings {
		if !slices.Contains(codes, string(f.Code)) {
			codes = append(codes, string(f.Code))
		}
	}
	return codes
}
