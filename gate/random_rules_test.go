package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"countersign/policy"
)

const (
	mainRef    = "refs/heads/main"
	policyPath = policy.Folder + "/" + policy.FileName
	oneDay     = 24 * 60 * 60
)

// rulesOf are what a random policy says; the rest is as in policy.example.toml.
type rulesOf struct {
	approve  int // approvals asked for build files
	exempt   policy.Exempt
	dropped  bool // the rule for build files is gone
	hold     int  // of that rule, in hours; 0 for none
	quorum   int
	coolDown int    // hours
	age      int    // days: settling and max-landing-age
	across   bool   // introductions don't matter
	gone     string // who isn't there any more
	hired    string // who wasn't there from the beginning
	note     string
	broken   bool   // it can't be read
	adopted  string // a commit, "" for none
}

// people are who a random history is about. Alice and lasse began; jia, sib and far were introduced by
// alice, the first two within months; jia introduced pup, who introduced kit when sib and pup hadn't been here for
// long; far introduced niece. Mallory is nobody.
var people = []struct{ name, role, by, since string }{
	{"alice", "maintainer", "founder", ""},
	{"lasse", "maintainer", "founder", ""},
	{"jia", "maintainer", "alice", "2025-01-01"},
	{"sib", "maintainer", "alice", "2025-03-01"},
	{"far", "maintainer", "alice", "2026-01-01"},
	{"pup", "maintainer", "jia", "2025-06-01"},
	{"kit", "maintainer", "pup", "2025-11-01"},
	{"niece", "maintainer", "far", "2026-02-01"},
	{"con", "contributor", "lasse", "2025-01-01"},
	{"rev", "reviewer", "lasse", "2025-01-01"},
	{"bot", "service", "founder", ""},
}

// left says whether somebody isn't there any more: whom one introduced goes with them.
func (r *rulesOf) left(name string) bool {
	return name == r.gone || r.gone == "pup" && name == "kit" || r.gone == "far" && name == "niece"
}

// role gives somebody's, "" where they aren't in the keyring.
func (r *rulesOf) role(name string) string {
	for _, q := range people {
		if q.name == name && !r.left(name) {
			return q.role
		}
	}
	if name != "" && name == r.hired {
		return "maintainer"
	}
	return ""
}

// tied says by the words of the model whether two don't count as two: where one is above the other on a line of
// introductions, and where two lines part below somebody and any two on either side came within half a year.
func (r *rulesOf) tied(signer, approver string) bool {
	pair := [2]string{signer, approver}
	either := func(pairs ...[2]string) bool {
		return slices.Contains(pairs, pair) || slices.Contains(pairs, [2]string{approver, signer})
	}
	above := map[string][]string{
		"alice": {"jia", "sib", "far", "pup", "kit", "niece"}, "jia": {"pup", "kit"}, "pup": {"kit"},
		"far": {"niece"}, "lasse": {"con", "rev"},
	}
	if slices.Contains(above[signer], approver) || slices.Contains(above[approver], signer) {
		return !r.across
	}
	// From alice's line: 2025-01 jia, 2025-03 sib, 2025-06 pup, 2025-11 kit; 2026-01 far, 2026-02 niece.
	return either([2]string{"jia", "sib"}, [2]string{"pup", "sib"}, [2]string{"kit", "sib"},
		[2]string{"kit", "far"}, [2]string{"kit", "niece"}, [2]string{"con", "rev"})
}

func (r *rulesOf) text() string {
	var b strings.Builder
	b.WriteString("version = 1\n")
	if r.note != "" {
		b.WriteString("# " + r.note + "\n")
	}
	fmt.Fprintf(&b, "[tenure]\nsettling = \"%dd\"\nmax-landing-age = \"%dd\"\n", r.age, r.age)
	fmt.Fprintf(&b, "[quorum]\nmaintainers = %d\ncool-down = \"%dh\"\n", r.quorum, r.coolDown)
	fmt.Fprintf(&b, "[introductions]\nacross = %v\n", r.across)
	if r.adopted != "" {
		fmt.Fprintf(&b, "[adoption]\ncommits = [%q]\n", r.adopted)
	}
	for _, rule := range r.rules() {
		exempt := `"nobody"`
		if e := rule.Exempt; !e.Nobody {
			exempt = fmt.Sprintf("{ days = %d, commits = %d, months = %d, in = %q }", e.Days, e.Commits, e.Months, e.In)
		}
		fmt.Fprintf(&b, "[[rule]]\nname = %q\nclasses = [\"%s\"]\nexempt = %s\napprovals = %d\n",
			rule.Name, strings.Join(rule.Classes, `", "`), exempt, rule.Approvals)
		if rule.Wait > 0 {
			fmt.Fprintf(&b, "wait = \"%dh\"\n", int(rule.Wait.Hours()))
		}
	}
	hired := people
	if r.hired != "" {
		hired = append(slices.Clone(people), struct{ name, role, by, since string }{r.hired, "maintainer", "founder", ""})
	}
	for _, q := range hired {
		if r.left(q.name) {
			continue
		}
		fmt.Fprintf(&b, "[[principal]]\nname = %q\nrole = %q\nemails = [\"%s@example.org\"]\n", q.name, q.role, q.name)
		fmt.Fprintf(&b, "introduced-by = %q\nkeys = [{ ssh = %q }]\n",
			q.by, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(keyOf(q.name).PublicKey()))))
		if q.since != "" {
			b.WriteString("introduced = " + q.since + "\n")
		}
	}
	if r.broken {
		b.WriteString("nonsense\n")
	}
	return b.String()
}

// rules gives the rules that the policy has.
func (r *rulesOf) rules() []policy.Rule {
	build := policy.Rule{
		Name: "build", Classes: []string{"build", "ci"}, Exempt: r.exempt, Approvals: r.approve,
		Wait: time.Duration(r.hold) * time.Hour,
	}
	anywhere := policy.Exempt{Days: 30, Commits: 2, In: "all"}
	rules := []policy.Rule{
		{Name: "opaque", Classes: []string{"binary"}, Exempt: r.exempt, Approvals: 1},
		build,
		{Name: "fixtures", Classes: []string{"fixture"}, Exempt: anywhere, Approvals: 1},
		{Name: "who", Classes: []string{"policy"}, Exempt: policy.Exempt{Nobody: true}, Approvals: 1},
	}
	if r.dropped {
		rules = slices.Delete(rules, 1, 2)
	}
	return rules
}

// exempts are who may go without a second person, the strictest first. None of them is comparable with
// another but as looser says.
var exempts = []policy.Exempt{
	{Nobody: true},
	{Days: 30, Commits: 2, In: "class"},
	{Days: 60, Commits: 3, Months: 2, In: "all"},
	{Days: 20, Commits: 1, In: "class"},
}

// looser says whether something may pass r that the old rules would have held.
func (r *rulesOf) looser(old *rulesOf) bool {
	e, was := r.exempt, old.exempt
	switch {
	case r.quorum < old.quorum, r.coolDown < old.coolDown, r.across && !old.across,
		r.hired != "" && r.hired != old.hired, old.gone != "" && r.gone != old.gone:
		return true
	case was != e && !e.Nobody &&
		(was.Nobody || was.In != e.In || e.Days < was.Days || e.Commits < was.Commits || e.Months < was.Months):
		return true
	case old.dropped:
		return false
	}
	return r.dropped || r.approve < old.approve ||
		r.hold != old.hold && (old.hold == 0 || r.hold != 0 && r.hold < old.hold)
}

// amended gives the rules after an amendment by a word.
func (r rulesOf) amended(how string) *rulesOf {
	r.note, r.broken = r.note+how[:1], false
	switch how {
	case "fewer approvals":
		r.approve = max(1, r.approve-1)
	case "more approvals":
		r.approve++
	case "hire":
		r.hired = "mallory"
	case "retire":
		r.gone = "far"
	case "retire a puppet":
		r.gone = "pup"
	case "smaller quorum":
		r.quorum = max(1, r.quorum-1)
	case "larger quorum":
		r.quorum++
	case "no cool-down":
		r.coolDown = 0
	case "exempt":
		r.exempt = exempts[3]
	case "exempt nobody":
		r.exempt = exempts[0]
	case "hold":
		r.hold = 24
	case "drop":
		r.dropped = true
	case "across":
		r.across = true
	case "break":
		r.broken = true
	}
	return &r
}

var amendments = []string{
	"note", "fewer approvals", "more approvals", "hire", "retire", "retire a puppet", "smaller quorum",
	"larger quorum", "no cool-down", "exempt", "exempt nobody", "hold", "drop", "across", "break",
}
