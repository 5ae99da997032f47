package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/gate"
	"countersign/history"
	"countersign/install"
	"countersign/policy"
	"countersign/report"
)

// examination is what doctor finds.
type examination struct {
	Repository string   `json:"repository,omitempty"` // its name, where there are several
	Notes      []string `json:"notes"`
	Faults     []string `json:"faults"`

	common   string // the folder of the policy of many repositories by which it is judged; "" for none
	excepted bool   // it isn't judged
}

// newExamination gives one of a repository, "" where there is only one. As JSON it has two lists, which may be empty.
func newExamination(repository string) examination {
	return examination{Repository: repository, Notes: []string{}, Faults: []string{}}
}

func (x *examination) note(text string) { x.Notes = append(x.Notes, text) }

func (x *examination) fault(errs ...error) {
	for _, err := range errs {
		x.Faults = append(x.Faults, wordless(err))
	}
}

// compare says where a repository isn't judged by the policy by which others in the folder are.
func (x *examination) compare(others []examination, folder string) {
	i := slices.IndexFunc(others, func(o examination) bool { return o.common != "" })
	if i >= 0 && x.common != others[i].common && !x.excepted {
		x.fault(fmt.Errorf("it isn't judged by the policy by which %s is: countersign install --all %s --policy-folder %s",
			others[i].Repository, install.Shell(folder), install.Shell(others[i].common)))
	}
}

// prefix begins the lines about it.
func (x *examination) prefix() string {
	if x.Repository == "" {
		return ""
	}
	return x.Repository + ": "
}

// protected says where what the policy protects isn't what people would expect of this repository.
func (x *examination) protected(ctx context.Context, g *gate.Gate, head string) error {
	refs, err := g.Repository().Refs(ctx)
	if err != nil {
		return err
	}
	p := g.Policy()
	if head != "" && !p.Protects(head) {
		x.fault(fmt.Errorf("HEAD names %s, which isn't protected: a clone begins with what nobody judged; "+
			`add "%[1]s" to protect.refs, or, to one that is: git symbolic-ref HEAD refs/heads/NAME`, head))
	}
	isBranch := func(r history.Ref) bool { return strings.HasPrefix(r.Name, "refs/heads/") }
	guards := func(r history.Ref) bool { return isBranch(r) && p.Protects(r.Name) }
	if slices.ContainsFunc(refs, isBranch) && !slices.ContainsFunc(refs, guards) {
		x.fault(fmt.Errorf("protect.refs is %s, and no branch here is one of these: name the branches that are to be judged",
			strings.Join(p.Protect.Refs, ", ")))
	}
	for _, pattern := range p.Protect.Refs {
		x.pattern(pattern, p, refs)
	}
	return nil
}

// pattern says where one of protect.refs matches nothing that is here, unless it is a default.
func (x *examination) pattern(pattern string, p *policy.Policy, refs []history.Ref) {
	alone := *p
	alone.Protect.Refs = []string{pattern}
	if slices.ContainsFunc(refs, func(r history.Ref) bool { return alone.Protects(r.Name) }) ||
		slices.Contains(policy.Default().Protect.Refs, pattern) {
		return
	}
	alone.Protect.Refs[0] = strings.ToLower(pattern)
	for _, r := range refs {
		if !p.Protects(r.Name) && (alone.Protects(strings.ToLower(r.Name)) || policy.Near(pattern, r.Name)) {
			x.fault(fmt.Errorf("protect.refs has %q, which matches nothing here, and %s isn't protected: if that is meant, "+
				"write its name", pattern, r.Name))
			return
		}
	}
	if strings.HasPrefix(pattern, "refs/notes/") {
		return // it forbids them
	}
	x.note(fmt.Sprintf("protect.refs has %q, which matches nothing here yet", pattern))
}

// people says whom the policy keeps from landing anything.
func (x *examination) people(g *gate.Gate, facts install.Facts, now time.Time) {
	p := g.Policy()
	for i := range p.Principals {
		if why := p.Addressless(&p.Principals[i]); why != "" {
			x.fault(errors.New(why))
		}
	}
	if p.Push.Certificate == "required" && !facts.AsksCertificates {
		x.fault(fmt.Errorf("push.certificate is \"required\", and Git asks nobody for one, so every push is refused: "+
			"git -C %s config receive.certNonceSeed \"$(head -c 32 /dev/urandom | sha256sum | cut -c 1-64)\"",
			install.Shell(facts.GitDir)))
	}
	if g.Keyring() == nil {
		return
	}
	keys, can := g.Keyring().List(), 0
	for i := range p.Principals {
		if q := &p.Principals[i]; q.Role == policy.Maintainer || q.Role == policy.Contributor {
			can += usable(q.Name, keys, now, func(string, ...any) {})
		}
	}
	if can == 0 {
		x.fault(fmt.Errorf("none of the %s of those who may land something can sign any more, so every push is refused: "+
			"countersign keyring check says why; name newer ones in the policy", report.Count(len(keys), "key")))
	}
}
