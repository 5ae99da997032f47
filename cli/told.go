package cli

import (
	"fmt"

	"countersign/install"
	"countersign/report"
)

// told is what install or uninstall has to tell, and in which formats.
type told struct {
	env    Env
	format *outputs
	done   installed
}

// installed is what install or uninstall did or, with --dry-run, would do.
type installed struct {
	Kind    string            `json:"kind,omitempty"` // of server
	Notes   []string          `json:"notes"`
	Folders []installedFolder `json:"folders"` // in which there is something to do
	Changed bool              `json:"changed"` // false where it is only shown, or there is nothing to do
	Next    []string          `json:"next"`    // what to do then, a line each
	Beware  []string          `json:"beware"`  // what lets pushes past the hook, or makes it refuse them all

	several bool // folders were looked at
	dry     bool // it is only shown
}

// installedFolder is what is done in one folder, in this order.
type installedFolder struct {
	Folder string          `json:"folder"`
	Steps  []installedStep `json:"steps"`
}

// installedStep is one change of a file.
type installedStep struct {
	Action string `json:"action"`
	Path   string `json:"path"`
	From   string `json:"from,omitempty"` // the name of the file before
	Step   string `json:"step"`           // all of it in words
}

func (e Env) telling(format *outputs) *told {
	return &told{env: e, format: format, done: installed{
		Notes: []string{}, Folders: []installedFolder{}, Next: []string{}, Beware: []string{},
	}}
}

// end tells what was done, also where it was broken off: some of it may be in place.
func (t *told) end(err error) error {
	if err == nil || t.done.Changed {
		t.env.list(t.format, t.done, t.done.say)
	}
	for _, fault := range t.done.Beware {
		say(t.env.errs, fmt.Errorf("beware: %s", fault))
	}
	return err
}

func (done *installed) say(out *report.Printer) {
	lines := func(lines []string) {
		for _, line := range lines {
			out.Printf("%s\n", line)
		}
	}
	lines(done.Notes)
	for _, in := range done.Folders {
		if done.several {
			out.Printf("in %s:\n", in.Folder)
		}
		for _, step := range in.Steps {
			out.Printf("%s\n", step.Step)
		}
	}
	switch {
	case len(done.Folders) == 0:
		out.Printf("nothing to do\n")
	case done.dry:
		out.Printf("nothing was changed\n")
	}
	lines(done.Next)
}

// next adds a line that says what to do then.
func (t *told) next(format string, args ...any) {
	t.done.Next = append(t.done.Next, fmt.Sprintf(format, args...))
}

// carryOut tells of plans and, unless that was all, applies them.
func (t *told) carryOut(plans []install.Plan, dry bool) error {
	t.done.several, t.done.dry = len(plans) > 1, dry
	for _, plan := range plans {
		if len(plan.Steps) == 0 {
			continue
		}
		in := installedFolder{Folder: plan.Folder}
		for _, step := range plan.Steps {
			in.Steps = append(in.Steps, installedStep{string(step.Action), step.Path, step.From, step.String()})
		}
		t.done.Folders = append(t.done.Folders, in)
	}
	if dry {
		t.done.Next = []string{}
		return nil
	}
	for _, plan := range plans {
		t.done.Changed = t.done.Changed || len(plan.Steps) > 0
		if err := install.Apply(plan); err != nil {
			return fmt.Errorf("%s: %w", plan.Folder, err)
		}
	}
	return nil
}
