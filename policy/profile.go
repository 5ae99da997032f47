package policy

import (
	"reflect"

	"countersign/policy/signal"
)

// The profiles: the rules of a policy that writes none.
const (
	// ProfileCalm asks about what hides, and about who decides.
	ProfileCalm = "calm"
	// ProfileStandard asks also about what a change brings into the build, runs there or turns off.
	ProfileStandard = "standard"
	// ProfileStrict asks also about every opaque file, test data, and plain changes of the build by who is new to it.
	ProfileStrict = "strict"
)

// Profiles are their names, from the one that asks for least.
func Profiles() []string { return []string{ProfileCalm, ProfileStandard, ProfileStrict} }

// rulesOf gives the rules of a profile, in the order of the example file.
func rulesOf(profile string) []Rule {
	alone := Rule{
		Name: "never-alone", Why: "Honest changes hardly ever do this, and a key can be stolen.",
		Classes: signal.All.Names(), Exempt: Exempt{Nobody: true}, Approvals: 1, MergesApprove: "none",
	}
	opaque := Rule{
		Name: "opaque-files", Why: "Nobody can review them by reading; xz's payload was two test files.",
		Classes: []string{"binary", "executable", "archive", "encoded", "large"},
		Exempt:  Exempt{Days: 365, Commits: 10, Months: 6, In: "rule"}, Approvals: 1, SignedOnly: true,
	}
	build := Rule{
		Name: "build-and-ci", Why: "They run on every builder's machine.",
		Classes: []string{"build", "ci", "lockfile", "git-meta", "agent", "submodule", "symlink", "type-change"},
		Shapes:  []Shape{ShapeRisky, ShapeNew},
		Exempt:  buildExempt(), Approvals: 1,
	}
	who := Rule{
		Name: "who-decides", Why: "These files say whom to trust.",
		Classes: []string{"policy", "keys"}, Exempt: Exempt{Nobody: true}, Approvals: 1,
	}
	hidden := Rule{
		Name: "hidden-text", Why: "It shows a reviewer another order than a compiler reads.",
		Classes: []string{"bidi"}, Refuse: true, Exempt: Exempt{Nobody: true}, Approvals: 1,
	}
	switch profile {
	case ProfileCalm:
		return []Rule{alone, opaque, who, hidden}
	case ProfileStrict:
		opaque.Exempt = Exempt{Nobody: true}
		build.Classes = append(build.Classes, "exec-bit")
		newcomers := Rule{
			Name: "newcomers", Why: "Whoever is new to the build shows somebody what they do to it.",
			Classes: build.Classes, Shapes: []Shape{ShapePlain},
			Exempt: Exempt{Days: 90, Commits: 5, Months: 2, In: "rule"}, Approvals: 1,
		}
		fixtures := Rule{
			Name: "fixtures", Why: "Test data is where a payload looks at home.",
			Classes: []string{"fixture", "vendored"},
			Exempt:  Exempt{Days: 365, Commits: 25, Months: 6, In: "class"}, Approvals: 1,
		}
		return []Rule{alone, opaque, build, newcomers, fixtures, who, hidden}
	default:
		return []Rule{alone, opaque, build, who, hidden}
	}
}

// WithRulesOf gives a copy of the policy with the built-in rules of a profile, as they are.
func (p *Policy) WithRulesOf(profile string) *Policy {
	c := *p
	c.Rules = rulesOf(profile)
	return &c
}

// Profile gives the name of the profile whose rules the policy has, "" where it has its own.
func (p *Policy) Profile() string {
	for _, name := range Profiles() {
		if reflect.DeepEqual(p.Rules, rulesOf(name)) {
			return name
		}
	}
	return ""
}

// buildExempt is the tenure that frees from a second person for the build. With 365 days xz's attacker would have been
// free.
func buildExempt() Exempt { return Exempt{Days: 730, Commits: 20, Months: 6, In: "rule"} }
