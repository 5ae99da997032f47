package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
)

// landings are what a backtest judges.
type landings struct {
	env          Env
	repository   string
	policy       place
	spec         string
	claimed      bool
	web          audit.Web
	since, until time.Time // of what counts; zero for no bound

	unseen string // that content isn't here; "" where all of it was
}

// judged is what was judged: the name of the repository, and the newest commit.
type judged struct{ project, tip string }

// each judges the landings in one reading, and shows those that count, each with its landing time in seconds since
// 1970. Those that are beside judge, too.
func (l *landings) each(
	ctx context.Context, o gate.Options, beside []audit.Other, show func(j audit.Judged, at int64),
) (judged, error) {
	g, err := l.env.usable(l.repository, l.policy, o)
	if err != nil {
		return judged{}, err
	}
	defer g.Close()
	auditor := g.Auditor()
	audits, err := auditor.Audits(ctx, l.spec, l.claimed)
	if err != nil {
		return judged{}, err
	}
	what := judged{project: project(g.GitDir())}
	for _, a := range audits {
		a.Web, a.Beside = l.web, beside
		what.tip = a.Range.Tip.String()
		if err := auditor.Audit(ctx, a, func(j audit.Judged) error {
			at := j.Ledger.LandingTime(j.Landing.Commit.Committer.When)
			if t := time.Unix(at, 0); !t.Before(l.since) && (l.until.IsZero() || t.Before(l.until)) {
				show(j, at)
			}
			return nil
		}); err != nil {
			return what, err
		}
	}
	l.unseen = auditor.Unseen()
	return what, nil
}

// ended ends a backtest that was printed: undecided, if some content isn't here. Such files count as large.
func (l *landings) ended() error {
	if l.unseen == "" {
		return nil
	}
	l.env.end(exitUndecided, errors.New(l.unseen))
	return exitError{exitUndecided, nil}
}

// project gives what a repository is called: its folder, without what Git adds.
func project(gitDir string) string {
	return strings.TrimSuffix(filepath.Base(strings.TrimSuffix(gitDir, string(filepath.Separator)+".git")), ".git")
}

// rival is a policy that is compared with others, by the word that named it.
type rival struct {
	report.Profile
	other audit.Other
}

// rivals reads the policies that words name: profiles, and folders of a policy.
func (l *landings) rivals(words []string) ([]rival, error) {
	var list []rival
	for _, word := range words {
		c := rival{Profile: report.Profile{Name: word, Backtest: &policy.Backtest{Assumed: string(l.web)}}}
		if slices.Contains(policy.Profiles(), word) {
			c.other.Made = func(p *policy.Policy) *policy.Policy {
				if l.claimed {
					return p.WithRulesOf(word)
				}
				return p.WithProfile(word)
			}
		} else if l.claimed {
			var err error
			if c.other.Policy, err = l.env.draft(word); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// draft reads the policy in a folder, whether or not it names keys.
func (e Env) draft(folder string) (*policy.Policy, error) {
	if err := e.isFolder(folder); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(e.path(folder))
	if err != nil {
		return nil, usage("%w", err)
	}
	defer root.Close()
	p, err := policy.LoadDraft(root.FS())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage("%s holds no %s", folder, policy.FileName)
	case err != nil:
		return nil, usage("%s: %w", folder, err)
	}
	return p, nil
}

// compare judges the landings by several policies, and by the one in force, which show is shown. By claimed identity it
// reads them once. Where people signed, a folder has a keyring of its own: that is a reading of its own, as if the
// policy were installed.
func (l *landings) compare(
	ctx context.Context, o gate.Options, list []rival, show func(j audit.Judged, at int64),
) (judged, error) {
	var beside []audit.Other
	var together, alone []rival
	for _, c := range list {
		if c.other.Made == nil && c.other.Policy == nil {
			alone = append(alone, c)
			continue
		}
		together, beside = append(together, c), append(beside, c.other)
	}
	what, err := l.each(ctx, o, beside, func(j audit.Judged, at int64) {
		for i, of := range j.Beside {
			together[i].Backtest.Add(of.Policy, of.Landing, at, of.Findings)
		}
		show(j, at)
	})
	for _, c := range alone {
		if err != nil {
			return what, err
		}
		other := *l
		other.policy = place{folder: c.Name}
		_, err = other.each(ctx, o, nil, func(j audit.Judged, at int64) {
			c.Backtest.Add(j.Policy, j.Landing, at, j.Findings)
		})
	}
	return what, err
}
