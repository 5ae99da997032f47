package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"countersign/internal/refname"

	"github.com/bmatcuk/doublestar/v4"
)

// policy reads the whole file into a policy that holds the defaults.
func (r *reader) policy(p *Policy, raw map[string]any) {
	top := &table{r: r, raw: raw}
	r.written = raw
	version := 1
	top.integer("version", &version, 1)
	if version != 1 {
		top.problem("version", "version = %d: this program knows version 1", version)
		return // everything else may mean something else there
	}
	if t := top.sub("protect"); t != nil {
		r.protect(t, &p.Protect)
	}
	if t := top.sub("signatures"); t != nil {
		r.signatures(t, &p.Signatures)
	}
	if t := top.sub("x509"); t != nil {
		r.x509(t, &p.X509)
	}
	if t := top.sub("adoption"); t != nil {
		r.adoption(t, &p.Adoption)
	}
	if t := top.sub("tenure"); t != nil {
		t.duration("settling", &p.Tenure.Settling)
		t.duration("max-landing-age", &p.Tenure.MaxLandingAge)
		if p.Tenure.Settling < p.Tenure.MaxLandingAge {
			t.problem("settling", "settling (%s) is shorter than max-landing-age (%s): what comes in one push could vouch "+
				"for the rest of it", p.Tenure.Settling, p.Tenure.MaxLandingAge)
		}
		if p.Tenure.MaxLandingAge < time.Minute {
			t.problem("max-landing-age", "max-landing-age is under a minute: hardly anything could land")
		}
		t.done()
	}
	if t := top.sub("push"); t != nil {
		t.oneOf("certificate", &p.Push.Certificate, "optional", "required")
		t.done()
	}
	if t := top.sub("quorum"); t != nil {
		t.integer("maintainers", &p.Quorum.Maintainers, 1)
		t.duration("cool-down", &p.Quorum.CoolDown)
		if p.Quorum.CoolDown > maxCoolDown {
			t.problem("cool-down", "cool-down is over %s: hardly anything could be undone", Span(maxCoolDown))
		}
		t.done()
	}
	if t := top.sub("introductions"); t != nil {
		t.boolean("across", &p.Introductions.Across)
		t.duration("siblings-apart", &p.Introductions.SiblingsApart)
		t.done()
	}
	if t := top.sub("limits"); t != nil {
		t.integer("commits", &p.Limits.Commits, 1)
		t.size("blob", &p.Limits.Blob)
		t.size("message", &p.Limits.Message)
		t.duration("time", &p.Limits.Time)
		if p.Limits.Time < time.Second {
			t.problem("time", "time is under a second: hardly anything could be decided")
		}
		t.done()
	}
	if t := top.sub("journal"); t != nil {
		t.str("file", &p.Journal.File)
		if !localPath(p.Journal.File) {
			t.problem("file", "file = %q: want a path below the Git directory", p.Journal.File)
		}
		t.size("rotate", &p.Journal.Rotate)
		if p.Journal.Rotate < 64<<10 {
			t.problem("rotate", "rotate is under 64KiB: nearly every push would have a file of its own")
		}
		t.done()
	}
	if t := top.sub("class"); t != nil {
		r.classes(t, p)
	}
	if p.Classes == nil {
		p.Classes = builtInClasses()
	}
	rules := top.named("rule")
	if r.written["rule"] != nil {
		p.Rules = nil // the file's rules stand instead of the default ones, not beside them
	}
	for _, t := range rules {
		r.rule(t, p)
	}
	for _, t := range top.named("principal") {
		if r.name == FloorFile {
			t.problem("name", "a floor names nobody: who they are is for the policy in the tree to say")
			break
		}
		r.principal(t, p)
	}
	r.introductions(p)
	top.done()
}

// maxCoolDown is as long as a change of the policy may have to wait, so that a mistake in this can be mended.
const maxCoolDown = 90 * 24 * time.Hour

func (r *reader) protect(t *table, p *Protect) {
	t.strs("refs", &p.Refs)
	for i, ref := range p.Refs {
		switch {
		case len(ref) > maxGlob || len(expandBraces(ref)) > maxAlternatives:
			t.elementProblem("refs", i, "refs: the pattern %.20q… has more than %d bytes, or stands for more than %d: "+
				"write several", ref, maxGlob, maxAlternatives)
		case !doublestar.ValidatePattern(ref):
			t.elementProblem("refs", i, "refs: the pattern %q is malformed", ref)
		case !refPattern(ref):
			t.elementProblem("refs", i, "refs: %q can't match: patterns are full names such as \"refs/heads/main\" or "+
				"\"refs/heads/release/**\"", ref)
		}
	}
	if len(p.Refs) == 0 {
		t.problem("refs", "refs is empty: nothing would be judged")
	}
	t.boolean("allow-rewind", &p.AllowRewind)
	t.boolean("allow-delete", &p.AllowDelete)
	t.done()
}

// refPattern says whether a pattern could match a ref's full name (git-check-ref-format(1)).
func refPattern(p string) bool {
	return refname.Valid(wildcards.Replace(p)) && !strings.ContainsFunc(p, unicode.IsControl)
}

// wildcards puts a letter where a pattern may have something else. A folder ending in .lock, which no ref lies in, was
// never refused.
var wildcards = strings.NewReplacer("*", "x", "?", "x", "[", "x", "]", "x", "{", "x", "}", "x", ".lock/", ".loc/")

var fullID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

func (r *reader) adoption(t *table, a *Adoption) {
	t.strs("commits", &a.Commits)
	for i, id := range a.Commits {
		if !fullID.MatchString(id) {
			t.elementProblem("commits", i, "commits: %q is not a full commit id", id)
		}
	}
	t.boolean("credit-claims", &a.CreditClaims)
	t.done()
}

// classes reads [class.NAME] tables: "add" extends a built-in class, "paths" makes or replaces one.
func (r *reader) classes(t *table, p *Policy) {
	globs := builtInGlobs()
	builtIn := slices.Sorted(maps.Keys(globs))
	before := len(r.problems)
	for _, name := range slices.Sorted(maps.Keys(t.raw)) {
		c := t.sub(name)
		if c == nil {
			continue
		}
		c.shown = "[class." + name + "]"
		var paths, add []string
		c.strs("paths", &paths)
		c.strs("add", &add)
		c.done()
		switch {
		case slices.Contains(fixedClasses(), name):
			c.problem("", "class %s is made by content or mode; no path can be added to it", name)
			continue
		case !simpleName.MatchString(name):
			c.problem("", "the class name %q: want %s", name, simpleNameWords)
			continue
		case paths == nil && !slices.Contains(builtIn, name):
			c.problem("", "there is no built-in class %q to add to; a new one has \"paths\"%s", name, didYouMean(name, builtIn))
			continue
		case len(paths)+len(add) == 0:
			c.problem("", "class %s gets no globs here: \"add\" extends a built-in class, \"paths\" makes or replaces one", name)
			continue
		}
		if paths != nil {
			globs[name] = paths
		}
		globs[name] = append(globs[name], add...)
		c.globs("paths", paths)
		c.globs("add", add)
	}
	if len(r.problems) > before {
		return // unknown classes of rules would be a consequence
	}
	classes, err := newClasses(globs)
	if err != nil {
		t.problem("", "%v", err)
		return
	}
	p.Classes = classes
}

func (t *table) globs(key string, globs []string) {
	for i, glob := range globs {
		if err := checkGlob(glob); err != nil {
			t.elementProblem(key, i, "%v", err)
		}
	}
}

// check looks at the policy as a whole, for what can't work.
func (r *reader) check(p *Policy, needKeys bool) {
	maintainers, keys := len(p.maintainers()), 0
	for _, q := range p.Principals {
		keys += len(q.Keys)
	}
	switch {
	case maintainers == 0 && !needKeys:
		return // nobody is named yet
	case keys == 0 && needKeys:
		r.problem(0, "no principal has a key, so nobody could sign anything: add a [[principal]] with keys")
		return
	case maintainers == 0:
		r.problem(0, "no principal is a maintainer: give one the role, or nobody answers for this policy")
		return
	}
	if introductions, _ := r.written["introductions"].(map[string]any); introductions["across"] == nil {
		// The one who could approve anything has introduced everybody.
		p.Introductions.Across = p.approvers() == 1
	}
	r.quorum(p)
	most := p.mostApprovers(needKeys)
	if r.written["rule"] == nil {
		if most == 0 {
			exemptByTenure(p.Rules)
		}
		return
	}
	for i, rule := range p.Rules {
		line := r.lines.find(at("", "rule", i, "approvals"))
		switch {
		case rule.Refuse || rule.Wait > 0 || rule.Approvals <= most:
		case rule.Exempt.Nobody && most == 0:
			r.problem(line, fmt.Sprintf("rule %q exempts nobody, and there is nobody who could approve another's change: "+
				"name a second maintainer or a reviewer, let it wait instead (wait = \"7d\"), or let tenure exempt, "+
				"such as { days = 365, in = \"all\" }", rule.Name))
		case rule.Approvals > 1:
			r.problem(line, fmt.Sprintf("rule %q asks for %s, and no change could get more than %d here: nobody approves "+
				"their own, and nobody counts for whom they introduced or who introduced them",
				rule.Name, plural(rule.Approvals, "approval"), most))
		}
	}
}

// quorum refuses one that nobody could reach, whatever keys they have: to revoke or retire one, which one
// maintainer may, mustn't be refused for that. The default is no more than there are.
func (r *reader) quorum(p *Policy) {
	maintainers := p.maintainers()
	if quorum, _ := r.written["quorum"].(map[string]any); quorum["maintainers"] == nil {
		p.Quorum.Maintainers = min(p.Quorum.Maintainers, len(maintainers))
		return
	}
	line, need := r.lines.find(at("", "quorum", "maintainers")), p.Quorum.Maintainers
	switch together, sure := p.withoutConflict(maintainers, need); {
	case need <= len(together) || !sure:
	case need > len(maintainers):
		r.problem(line, fmt.Sprintf("a quorum of %d can't be reached by %s", need, plural(len(maintainers), "maintainer")))
	default:
		r.problem(line, fmt.Sprintf("a quorum of %d can't be reached: %s, so at most %d of %s can stand together; "+
			"name another whom none of them introduced, or ask for fewer",
			need, p.conflictAmong(maintainers, together), len(together), plural(len(maintainers), "maintainer")))
	}
}

// mostApprovers is how many principals could stand second behind a change, whoever of the others
// makes it; with needKeys only who has a key that isn't retired. Whose key was stolen comes back with
// another: to revoke it, which one maintainer may, mustn't make the rules laxer, nor be refused for that.
func (p *Policy) mostApprovers(needKeys bool) int {
	signs := func(q *Principal) bool {
		return !needKeys || slices.ContainsFunc(q.Keys, func(k Key) bool { return k.Revoked != "retired" })
	}
	most := 0
	j := &judgement{p: p}
	for i := range p.Principals {
		signer := &p.Principals[i]
		if !signs(signer) || signer.Role != Maintainer && signer.Role != Contributor {
			continue
		}
		n := 0
		for _, name := range j.couldApprove(new(Rule), nil, signer, nil) {
			if signs(p.Principal(name)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// exemptByTenure fits the default rules to a project in which nobody can approve another's change. Tenure is
// the only way then, and has to be one: counted by class, it could never be earned where everything
// of a class needs approval, so it is counted over all.
func exemptByTenure(rules []Rule) {
	build := rules[slices.IndexFunc(rules, func(r Rule) bool { return r.Name == "build-and-ci" })].Exempt
	for i := range rules {
		if rules[i].Refuse {
			continue
		}
		if rules[i].Exempt.Nobody {
			rules[i].Exempt = build
		}
		rules[i].Exempt.In = "all"
	}
}

// localPath says whether a slash-separated path stays below where it starts.
func localPath(p string) bool {
	return p != "" && !strings.HasPrefix(p, "/") && !strings.Contains("/"+p+"/", "/../") &&
		!strings.ContainsAny(p, "\\\x00\n")
}
