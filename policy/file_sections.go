package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// policy reads the whole file into a policy that holds the defaults.
func (r *reader) policy(p *Policy, raw map[string]any) {
	top := &table{r: r, raw: raw}
	version := 1
	top.integer("version", &version, 1)
	if version != 1 {
		top.problem("version", "version = %d: this program knows version 1", version)
		return // every other line may mean something else there
	}
	if t := top.sub("protect"); t != nil {
		r.protect(t, &p.Protect)
	}
	if t := top.sub("signatures"); t != nil {
		r.signatures(t, &p.Signatures)
	}
	if t := top.sub("adoption"); t != nil {
		r.adoption(t, &p.Adoption)
	}
	if t := top.sub("tenure"); t != nil {
		t.duration("settling", &p.Tenure.Settling)
		t.duration("max-landing-age", &p.Tenure.MaxLandingAge)
		if p.Tenure.Settling < p.Tenure.MaxLandingAge {
			t.problem("settling", "settling is shorter than max-landing-age: what comes in one push could vouch for the rest of it")
		}
		t.done()
	}
	if t := top.sub("quorum"); t != nil {
		t.integer("maintainers", &p.Quorum.Maintainers, 1)
		t.done()
	}
	if t := top.sub("limits"); t != nil {
		t.integer("commits", &p.Limits.Commits, 1)
		t.size("blob", &p.Limits.Blob)
		t.duration("time", &p.Limits.Time)
		if p.Limits.Time == 0 {
			t.problem("time", "time = 0 leaves no time to decide anything")
		}
		t.done()
	}
	if t := top.sub("journal"); t != nil {
		t.str("file", &p.Journal.File)
		if !localPath(p.Journal.File) {
			t.problem("file", "file = %q: want a path below the Git directory", p.Journal.File)
		}
		t.done()
	}
	if t := top.sub("class"); t != nil {
		r.classes(t, p)
	}
	if p.Classes == nil {
		p.Classes = builtInClasses()
	}
	if ts := top.list("rule"); ts != nil {
		p.Rules = nil
		for _, t := range ts {
			r.rule(t, p)
		}
	}
	for _, t := range top.list("principal") {
		r.principal(t, p)
	}
	r.introductions(p)
	top.done()
}

func (r *reader) protect(t *table, p *Protect) {
	t.strs("refs", &p.Refs)
	for _, ref := range p.Refs {
		switch {
		case !doublestar.ValidatePattern(ref):
			t.problem("refs", "refs: the pattern %q is malformed", ref)
		case !strings.HasPrefix(ref, "refs/"), strings.HasSuffix(ref, "/"), strings.Contains(ref, "//"):
			t.problem("refs", "refs: %q can't match: patterns are full names such as \"refs/heads/main\" or \"refs/heads/release/**\"", ref)
		}
	}
	if len(p.Refs) == 0 {
		t.problem("refs", "refs is empty: nothing would be judged")
	}
	t.boolean("allow-rewind", &p.AllowRewind)
	t.boolean("allow-delete", &p.AllowDelete)
	t.done()
}

func (r *reader) signatures(t *table, s *Signatures) {
	t.oneOf("require", &s.Require, "every-commit", "landing")
	t.strs("kinds", &s.Kinds)
	for _, kind := range s.Kinds {
		switch kind {
		case "openpgp", "ssh":
		case "x509":
			t.problem("kinds", "kinds: X.509 signatures are not supported yet")
		default:
			t.problem("kinds", "kinds: unknown kind %q%s", kind, didYouMean(kind, []string{"openpgp", "ssh"}))
		}
	}
	if len(s.Kinds) == 0 {
		t.problem("kinds", "kinds is empty: no signature would count")
	}
	t.boolean("tags", &s.Tags)
	t.oneOf("identity", &s.Identity, "committer", "author", "off")
	t.duration("clock-skew", &s.ClockSkew)
	t.done()
}

var fullID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

func (r *reader) adoption(t *table, a *Adoption) {
	t.strs("commits", &a.Commits)
	for _, id := range a.Commits {
		if !fullID.MatchString(id) {
			t.problem("commits", "commits: %q is not a full commit id", id)
		}
	}
	t.boolean("credit-claims", &a.CreditClaims)
	t.done()
}

// classes reads [class.NAME] tables: "add" extends a built-in class, "paths" makes or replaces one.
func (r *reader) classes(t *table, p *Policy) {
	globs := builtInGlobs()
	for _, name := range slices.Sorted(maps.Keys(t.raw)) {
		c := t.sub(name)
		if c == nil {
			continue
		}
		c.name, c.shown = "[class."+name+"]", "[class."+name+"]"
		var paths, add []string
		c.strs("paths", &paths)
		c.strs("add", &add)
		c.done()
		_, builtIn := globs[name]
		switch {
		case slices.Contains(fixedClasses(), name):
			c.problem("", "class %s is made by content or mode; no path can be added to it", name)
			continue
		case !simpleName.MatchString(name):
			c.problem("", "the class name %q: want %s", name, simpleNameWords)
			continue
		case !builtIn && paths == nil:
			c.problem("add", "there is no built-in class %q to add to; a new one has \"paths\"%s", name, didYouMean(name, slices.Collect(maps.Keys(globs))))
			continue
		}
		if paths != nil {
			globs[name] = paths
		}
		globs[name] = append(globs[name], add...)
		for _, glob := range slices.Concat(paths, add) {
			if err := checkGlob(glob); err != nil {
				key := "paths"
				if slices.Contains(add, glob) {
					key = "add"
				}
				c.problem(key, "%v", err)
			}
		}
	}
	if len(r.problems) > 0 {
		return
	}
	classes, err := newClasses(globs)
	if err != nil {
		t.problem("", "%v", err)
		return
	}
	p.Classes = classes
}

func (r *reader) rule(t *table, p *Policy) {
	rule := Rule{Approvals: 1, Exempt: Exempt{Nobody: true}}
	t.str("name", &rule.Name)
	t.str("why", &rule.Why)
	t.strs("classes", &rule.Classes)
	t.boolean("refuse", &rule.Refuse)
	_, counts := t.raw["approvals"]
	t.integer("approvals", &rule.Approvals, 1)
	r.exempt(t, "exempt", &rule.Exempt)
	if _, ok := t.raw["approvers"]; ok {
		rule.Approvers = new(Exempt)
		r.exempt(t, "approvers", rule.Approvers)
		if rule.Approvers.Nobody {
			t.problem("approvers", "approvers: want the tenure asked of them, { days = 365, … }")
		}
	}
	t.done()
	if !simpleName.MatchString(rule.Name) {
		t.problem("name", "the rule's name %q: want %s", rule.Name, simpleNameWords)
	}
	if slices.ContainsFunc(p.Rules, func(other Rule) bool { return other.Name == rule.Name }) {
		t.problem("name", "there are two rules called %q", rule.Name)
	}
	if len(rule.Classes) == 0 {
		t.problem("classes", "rule %q names no classes: it would never apply", rule.Name)
	}
	known := p.Classes.Names()
	for _, class := range rule.Classes {
		if !slices.Contains(known, class) {
			t.problem("classes", "unknown class %q%s", class, didYouMean(class, known))
		}
	}
	if _, has := t.raw["exempt"]; rule.Refuse && (has || counts) {
		t.problem("refuse", "rule %q refuses, so \"approvals\" and \"exempt\" can mean nothing beside it", rule.Name)
	}
	p.Rules = append(p.Rules, rule)
}

// exempt reads { days = …, commits = …, months = …, in = "class" } or "nobody".
func (r *reader) exempt(t *table, key string, e *Exempt) {
	t.known = append(t.known, key)
	switch v := t.raw[key].(type) {
	case nil:
	case string:
		if v != "nobody" {
			t.problem(key, "%s = %q: want \"nobody\" or { days = 365, commits = 10, in = \"class\" }", key, v)
		}
		*e = Exempt{Nobody: true}
	case map[string]any:
		*e = Exempt{In: "class"}
		inner := &table{r: r, name: t.name, shown: key + " of " + t.shown, nth: t.nth, raw: v}
		inner.integer("days", &e.Days, 0)
		inner.integer("commits", &e.Commits, 0)
		inner.integer("months", &e.Months, 0)
		inner.oneOf("in", &e.In, "class", "all")
		inner.done()
		if e.Days == 0 && e.Commits == 0 && e.Months == 0 {
			t.problem(key, "%s asks for no tenure at all, so the rule would hold nobody", key)
		}
	default:
		t.problem(key, "%s: want \"nobody\" or { days = 365, commits = 10, in = \"class\" }", key)
	}
}

// check looks at the policy as a whole, for what can't work.
func (r *reader) check(p *Policy, needKeys bool) {
	maintainers, approvers, keys := 0, 0, 0
	for _, q := range p.Principals {
		keys += len(q.Keys)
		switch q.Role {
		case Maintainer:
			maintainers++
			approvers++
		case Reviewer:
			approvers++
		}
	}
	if needKeys && keys == 0 {
		r.problem(0, "no principal has a key, so nobody could sign anything: add a [[principal]] with keys")
	}
	if needKeys && maintainers == 0 && keys > 0 {
		r.problem(0, "no principal is a maintainer")
	}
	if !needKeys && maintainers == 0 {
		return
	}
	if p.Quorum.Maintainers > max(maintainers, 2) {
		r.problem((&table{r: r, name: "[quorum]"}).line("maintainers"), fmt.Sprintf("the quorum of %d can't be reached by %s", p.Quorum.Maintainers, plural(maintainers, "maintainer")))
	}
	for i, rule := range p.Rules {
		// Whoever signs can't approve, so one of the approvers may be missing. A single maintainer's
		// own tenure must do, and a rule that exempts nobody would shut them out for good.
		if !rule.Refuse && rule.Approvals > max(approvers-1, 1) {
			r.problem((&table{r: r, name: "[[rule]]", nth: i}).line("approvals"), fmt.Sprintf("rule %q asks for %s, and only %d could approve another's change", rule.Name, plural(rule.Approvals, "approval"), max(approvers-1, 0)))
		}
	}
}

// localPath says whether a slash-separated path stays below where it starts.
func localPath(p string) bool {
	return p != "" && !strings.HasPrefix(p, "/") && !strings.Contains("/"+p+"/", "/../") && !strings.ContainsAny(p, "\\\x00\n")
}
