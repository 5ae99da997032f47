package policy

import (
	"maps"
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
		top.problem("version", "version = %d: this program knows version 1%s", version, newer)
		return // everything else may mean something else there
	}
	r.profile(top, p)
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
			t.problem("cool-down", "cool-down is over %s: hardly anything could be undone", span(maxCoolDown))
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
			t.problem("name", "a floor names nobody: who they are is for the policy above it to say")
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

// fullID says whether a text is the full id of a commit.
func fullID(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

func (r *reader) adoption(t *table, a *Adoption) {
	t.commits(&a.Commits)
	t.boolean("credit-claims", &a.CreditClaims)
	t.done()
}

// commits reads the ids of adopted commits.
func (t *table) commits(into *[]string) {
	t.strs("commits", into)
	for i, id := range *into {
		if !fullID(id) {
			t.elementProblem("commits", i, "commits: %q is not a full commit id", id)
		}
	}
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
		case !simpleName(name):
			c.problem("", "the class name %q: want %s", name, simpleNameWords)
			continue
		case paths == nil && !slices.Contains(builtIn, name):
			c.problem("", "there is no built-in class %q to add to; a new one has \"paths\"%s", name, orNewer(name, builtIn))
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

// localPath says whether a slash-separated path stays below where it starts.
func localPath(p string) bool {
	return p != "" && !strings.HasPrefix(p, "/") && !strings.Contains("/"+p+"/", "/../") &&
		!strings.ContainsAny(p, "\\\x00\n")
}

// profile reads which built-in rules apply.
func (r *reader) profile(top *table, p *Policy) {
	var name string
	top.oneOf("profile", &name, Profiles()...)
	switch {
	case name == "":
	case top.raw["rule"] != nil:
		top.problem("profile", "profile stands beside [[rule]]: where rules are written, only these apply; "+
			"take one of them out")
	default:
		p.Rules = rulesOf(name)
	}
}
