package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

func pendingCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pending [TOPIC...]",
		Short: "List what waits for somebody's approval, for whom, and since when",
		Long: `In a clone: judges each TOPIC, a branch or commit, or else each branch of the server as it was last fetched, as if
it landed on --ref, and lists the commits that wait for an approval or for a time; what was approved counts as far as it
was fetched (git fetch REMOTE 'refs/approvals/*:refs/approvals/*'). Since when is the commit's own date.

On the server, without TOPIC: lists what pushes were refused for want of an approval, by the journal, as far as it is
on some ref and has not landed since. Since when is the first such push.

Each row ends with a command for whoever reads it, who is known as in countersign approve.`,
		Args: cobra.ArbitraryArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	remote := remoteFlag(cmd)
	as := principalFlag(cmd, "as", "your `name` in the keyring")
	ref := cmd.Flags().String("ref", "", "the protected `ref` to land on (default: the one that most is merged into)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		reader := signing{userRepo: userRepo{env, env.path(*repository)}, name: string(*as)}
		g, err := reader.seenFrom(ctx, *folder, *remote)
		if err != nil {
			return err
		}
		defer g.Close()
		if *ref != "" {
			if *ref, err = g.RefCalled(*ref); err != nil {
				return usage("--ref: %v", err)
			}
		}
		if reader.whoAmI(ctx, g.Policy()) != nil || g.Policy().Principal(reader.name) == nil {
			reader.name = ""
		}
		clone, err := reader.remote(ctx, *remote)
		if err != nil {
			return err
		}
		var topics []topic
		switch {
		case len(args) > 0:
			topics, err = saidTopics(ctx, g, args)
		case clone != "":
			topics, err = branchTopics(ctx, g)
		default:
			topics, err = refusedTopics(ctx, env, g)
		}
		if err != nil {
			return err
		}
		p := pendingList{g: g, reader: reader.name, ref: *ref}
		for _, t := range topics {
			if err := p.add(ctx, t); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		slices.SortStableFunc(p.rows, func(a, b *pending) int { return a.Since.Compare(b.Since) })
		env.list(format, append([]*pending{}, p.rows...), func(out *report.Printer) { pendingText(out, p.rows) })
		return nil
	}
	return cmd
}

// topic is what may be to land on a protected ref.
type topic struct {
	name  string // a branch, or what was said
	tip   history.ID
	onto  string    // the ref that a push of it was refused on, "" where none was
	since time.Time // when that was
}

func saidTopics(ctx context.Context, g *gate.Gate, revs []string) (topics []topic, err error) {
	for _, rev := range revs {
		id, err := g.Repository().Resolve(ctx, rev)
		if err != nil {
			return nil, err
		}
		topics = append(topics, topic{name: rev, tip: id})
	}
	return topics, nil
}

// branchTopics gives the branches of a clone's remote that aren't protected.
func branchTopics(ctx context.Context, g *gate.Gate) (topics []topic, err error) {
	refs, err := g.Repository().Refs(ctx, "refs/heads/")
	for _, r := range refs {
		if !g.Policy().Protects(r.Name) {
			topics = append(topics, topic{name: r.Name, tip: r.ID})
		}
	}
	return topics, err
}

// refusedTopics gives what pushes to protected branches were refused, by the journal, as far as branches hold it.
func refusedTopics(ctx context.Context, env Env, g *gate.Gate) ([]topic, error) {
	refs, err := g.Repository().Refs(ctx, "refs/heads/")
	if err != nil {
		return nil, err
	}
	var tips []history.ID
	for _, r := range refs {
		tips = append(tips, r.ID)
	}
	var topics []topic
	known := make(map[[2]string]bool)
	err = eachRecord(ctx, env, g.GitDir(), func(r logged, _ []byte) error {
		if r.Schema != record.Push || r.Decision.Verdict == policy.Accepted {
			return nil
		}
		for _, d := range r.Decision.Refs {
			waits := slices.ContainsFunc(r.Decision.Findings, func(f policy.Finding) bool { return f.Ref == d.Ref && waits(f) })
			id, err := history.ParseID(d.New)
			if push := [2]string{d.Ref, d.New}; waits && err == nil && !known[push] {
				known[push] = true
				topics = append(topics, topic{"", id, d.Ref, r.Time.UTC()})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	topics = slices.DeleteFunc(topics, func(t topic) bool { // what came with its push went with it
		_, err := g.Repository().Kind(ctx, t.tip)
		return errors.Is(err, history.ErrMissing)
	})
	if n := len(topics) - maxTopics; n > 0 {
		say(env.errs, fmt.Errorf("the oldest %d refused pushes are left out", n))
		topics = topics[n:]
	}
	var ids []history.ID
	for _, t := range topics {
		ids = append(ids, t.tip)
	}
	reached, err := g.Repository().Reaches(ctx, tips, ids)
	if err != nil {
		return nil, err
	}
	var held []topic
	for k, t := range topics {
		if i := slices.IndexFunc(reached, func(by []bool) bool { return by[k] }); i >= 0 {
			t.name = refs[i].Name
			held = append(held, t)
		}
	}
	return held, nil
}

// maxTopics bounds how many refused pushes are judged anew.
const maxTopics = 1000

// waits says whether a finding asks for approvals, or for time.
func waits(f policy.Finding) bool {
	return f.Needed > len(f.Have) || f.Code == policy.OnHold || f.Code == policy.CoolDown
}

// pending is a commit that waits.
type pending struct {
	Commit  string        `json:"commit"`
	Subject string        `json:"subject"`
	Signer  string        `json:"signer,omitempty"`
	Onto    string        `json:"onto"`   // the ref where it would land
	Topics  []string      `json:"topics"` // what brings it there
	Since   time.Time     `json:"since"`
	Asks    []pendingAsk  `json:"asks"`
	For     []string      `json:"for"`            // who could approve it for all that asks
	Also    []policy.Code `json:"also,omitempty"` // what no approval mends, of it or of what lands with it
	Command string        `json:"command"`
}

// pendingAsk is what asks for an approval of a commit, or for time.
type pendingAsk struct {
	Code   policy.Code `json:"code"`
	Rule   string      `json:"rule,omitempty"`
	Needed int         `json:"needed"` // approvals, of which there are Have
	Have   []string    `json:"have"`
	Detail string      `json:"detail"`
}

// pendingList finds what waits.
type pendingList struct {
	g      *gate.Gate
	reader string // "" for somebody whom the policy doesn't know
	ref    string // on which topics land, "" for the one that most is merged into
	rows   []*pending
}

// add adds what waits of a topic. A commit that several topics bring waits once.
func (p *pendingList) add(ctx context.Context, t topic) error {
	found, onto, err := p.g.Auditor().Awaits(ctx, t.tip, cmp.Or(t.onto, p.ref))
	if err != nil || p.ref != "" && onto != p.ref {
		return err
	}
	var also []policy.Code
	for _, f := range found {
		if !waits(f.Finding) && !slices.Contains(also, f.Code) {
			also = append(also, f.Code)
		}
	}
	var rows []*pending // of this topic
	for _, f := range found {
		if !waits(f.Finding) {
			continue
		}
		same := func(r *pending) bool { return r.Commit == f.Commit && r.Onto == onto }
		i := slices.IndexFunc(rows, same)
		if i < 0 {
			if other := slices.IndexFunc(p.rows, same); other >= 0 {
				if r := p.rows[other]; !slices.Contains(r.Topics, t.name) {
					r.Topics = append(r.Topics, t.name)
				}
				continue
			}
			since := t.since
			if since.IsZero() {
				since = time.Unix(f.Made, 0).UTC()
			}
			i, rows = len(rows), append(rows, &pending{
				Commit: f.Commit, Subject: f.Subject, Signer: f.Signer, Onto: onto, Topics: []string{t.name}, Since: since,
				For: append([]string{}, f.Ask...), Also: also,
			})
		}
		r := rows[i]
		r.Asks = append(r.Asks, pendingAsk{f.Code, f.Rule, f.Needed, append([]string{}, f.Have...), f.Detail})
		r.For = slices.DeleteFunc(r.For, func(name string) bool { return !slices.Contains(f.Ask, name) })
		r.Command = "countersign approve " + r.Commit
		if p.reader != "" && !slices.Contains(r.For, p.reader) {
			r.Command = "countersign explain " + r.Commit
		}
	}
	p.rows = append(p.rows, rows...)
	return nil
}

func pendingText(out *report.Printer, rows []*pending) {
	if len(rows) == 0 {
		out.Printf("nothing waits\n")
	}
	for i, r := range rows {
		if i > 0 {
			out.Printf("\n")
		}
		out.Printf("%s  %.10s  %s\n", r.Since.Format("2006-01-02 15:04"), r.Commit, r.Subject)
		out.Printf("  by %s, on %s; to land on %s\n", cmp.Or(r.Signer, "nobody"), strings.Join(r.Topics, ", "), r.Onto)
		for _, a := range r.Asks {
			what := a.Detail
			if a.Rule != "" {
				what = "rule " + a.Rule + ": " + what
			}
			out.Printf("  %s\n", what)
		}
		if r.Also != nil {
			out.Printf("  an approval isn't enough: %s\n", fmt.Sprint(r.Also))
		}
		out.Printf("  waits for %s\n", cmp.Or(report.List(r.For, "or"), "time, or for people who aren't in the keyring"))
		out.Printf("  %s\n", r.Command)
	}
}
