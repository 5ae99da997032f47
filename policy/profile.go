package policy

// The profiles: the rules of a policy that writes none.
const (
	ProfileCalm     = "calm"     // what hides, and who decides
	ProfileStandard = "standard" // and what a change of the build brings in, runs or turns off
	ProfileStrict   = "strict"   // and every other change of the build by whoever is new to it
)

// profiles are their names, as messages list them.
var profiles = []string{ProfileCalm, ProfileStandard, ProfileStrict}

// rulesOf gives the rules of a profile, in the order of the example file.
func rulesOf(profile string) []Rule {
	opaque := Rule{
		Name: "opaque-files", Why: "Nobody can review them by reading; xz's payload was two test files.",
		Classes: []string{"binary", "executable", "archive", "encoded", "large"},
		Exempt:  Exempt{Days: 365, Commits: 10, Months: 6, In: "class"}, Approvals: 1,
	}
	build := Rule{
		Name: "build-and-ci", Why: "They run on every builder's machine.",
		Classes: []string{"build", "ci", "lockfile", "git-meta", "submodule", "exec-bit", "symlink", "type-change"},
		Shapes:  []Shape{ShapeRisky, ShapeNew},
		Exempt:  Exempt{Days: 730, Commits: 20, Months: 6, In: "rule"}, Approvals: 1,
	}
	newcomers := Rule{
		Name: "newcomers", Why: "Who is new to the build, asks.",
		Classes: build.Classes, Shapes: []Shape{ShapePlain},
		Exempt: Exempt{Days: 90, Commits: 5, Months: 2, In: "rule"}, Approvals: 1,
	}
	fixtures := Rule{
		Name: "fixtures", Why: "Test data is where a payload looks at home.",
		Classes: []string{"fixture", "vendored"},
		Exempt:  Exempt{Days: 365, Commits: 25, Months: 6, In: "class"}, Approvals: 1,
	}
	always := []Rule{
		{
			Name: "who-decides", Why: "These files say whom to trust.",
			Classes: []string{"policy"}, Exempt: Exempt{Nobody: true}, Approvals: 1,
		},
		{
			Name: "hidden-text", Why: "It shows a reviewer another order than a compiler reads.",
			Classes: []string{"bidi"}, Refuse: true, Exempt: Exempt{Nobody: true}, Approvals: 1,
		},
	}
	switch profile {
	case ProfileCalm:
		return append([]Rule{opaque}, always...)
	case ProfileStrict:
		opaque.Exempt = Exempt{Nobody: true}
		return append([]Rule{opaque, build, newcomers, fixtures}, always...)
	default:
		return append([]Rule{opaque, build}, always...)
	}
}
