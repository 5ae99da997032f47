package report

import (
	"io"
	"slices"
	"strconv"

	"countersign/policy"
)

// Profile is what the rules of a profile would have held.
type Profile struct {
	Name     string           `json:"profile"`
	Backtest *policy.Backtest `json:"backtest"`
}

// Comparison writes what several profiles would have held of the same history, side by side.
func Comparison(w io.Writer, profiles []Profile) error {
	p := NewPrinter(w)
	p.Table(func(p *Printer) {
		b := profiles[0].Backtest
		judgedBy(p, b)
		webLandings(p, b)
		p.Printf("\nheld by profile")
		for _, of := range profiles {
			p.Printf("\t%s", of.Name)
		}
		row := func(name string, held func(*policy.Backtest) string) {
			p.Printf("\n%s", name)
			for _, of := range profiles {
				p.Printf("\t%s", held(of.Backtest))
			}
		}
		row("commits", func(b *policy.Backtest) string { return strconv.Itoa(b.Held) })
		row("share", func(b *policy.Backtest) string { return share(b.Held, b.NonMerges()) })
		for _, rule := range rulesOf(profiles) {
			row("rule "+rule, func(b *policy.Backtest) string {
				for _, n := range b.Rules {
					if n.Name == rule {
						return strconv.Itoa(n.Held)
					}
				}
				return "-"
			})
		}
		p.Printf("\n")
	})
	return p.Err()
}

// rulesOf gives the rules of all profiles, those of the strictest in its order.
func rulesOf(profiles []Profile) []string {
	var names []string
	for _, of := range slices.Backward(profiles) {
		for _, n := range of.Backtest.Rules {
			if !slices.Contains(names, n.Name) {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// ComparisonSchema names the form of what ComparisonJSON writes.
const ComparisonSchema = "countersign-backtest-comparison/1"

// ComparisonJSON writes a comparison for a program, without what is held.
func ComparisonJSON(w io.Writer, profiles []Profile) error {
	return writeJSON(w, struct {
		Schema   string    `json:"schema"`
		Profiles []Profile `json:"profiles"`
	}{ComparisonSchema, brieflyAll(profiles)}, "  ")
}

// ComparisonLines writes the same as JSON Lines, a row for each profile.
func ComparisonLines(w io.Writer, profiles []Profile) error {
	var r rows
	for _, p := range brieflyAll(profiles) {
		r.add(ProfileRow{kindProfile, ComparisonSchema, p})
	}
	return r.writeTo(w)
}

// ProfileRow is a row of ComparisonLines.
type ProfileRow struct {
	Kind   string `json:"kind"` // "profile"
	Schema string `json:"schema"`
	Profile
}

// brieflyAll gives profiles without the lists of what is held.
func brieflyAll(profiles []Profile) []Profile {
	profiles = slices.Clone(profiles)
	for i := range profiles {
		brief := withLists(profiles[i].Backtest, nil)
		profiles[i].Backtest = &brief
	}
	return profiles
}
