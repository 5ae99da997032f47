// Package install puts the hook in place, keeps what was there before, and takes it out again.
//
// [Look] gathers the [Facts] about one repository on a server; [PlanServer] and [PlanRemoval] turn
// them into a [Plan], which is pure data: printed, it is the dry run; [Apply] carries it out.
// [Check] says what would let a push past the hook. Planning twice is harmless: what is in place
// already is no step.
//
// What Git runs before a push is a regular file that refuses when the program is gone; what it runs
// afterwards says so. A hook that was there before is kept beside ours and runs as well, with the same
// input: first where it may refuse, last where it may not. Each file appears whole or not at
// all, and the moment at which one hook replaces another has no hook missing: an installation that
// is interrupted leaves the former hook at work. An existing policy is never touched, and removal
// leaves the policy and the journal where they are.
package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Action is what a step does.
type Action string

// The actions. Each fails rather than take anybody else's file away.
const (
	MakeFolder Action = "make folder"
	Create     Action = "create"   // a file that isn't there
	Write      Action = "write"    // a file, in place of what is there
	Keep       Action = "keep"     // From, under the name Path as well
	PutBack    Action = "put back" // From, in place of Path
	Delete     Action = "delete"
	// DeleteFolder takes what is in it away as well.
	DeleteFolder Action = "delete folder"
)

// Step is one change to a folder. Paths are relative to it, with slashes.
type Step struct {
	Action Action
	Path   string
	From   string      // Keep and PutBack: the file there is
	Mode   fs.FileMode // MakeFolder, Create and Write
	Text   string      // Create and Write
}

// String says the step in one line.
func (s Step) String() string {
	switch s.Action {
	case Keep:
		return fmt.Sprintf("keep %s as %s, to run as well", s.From, s.Path)
	case PutBack:
		return fmt.Sprintf("put %s back as %s", s.From, s.Path)
	case Delete, DeleteFolder:
		return string(s.Action) + " " + s.Path
	default:
		mode := s.Mode.Perm()
		if s.Mode&fs.ModeSetgid != 0 {
			mode |= 0o2000
		}
		return fmt.Sprintf("%s %s (%04o)", s.Action, s.Path, mode)
	}
}

// Plan is what there is to do to a folder, a Git directory above all, in this order.
type Plan struct {
	Folder string
	Steps  []Step
}

// String lists the steps, a line each.
func (p Plan) String() string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString(s.String() + "\n")
	}
	return b.String()
}

// Apply carries a plan out and stops at the first step that fails. It leaves the folder by no
// link, whatever the plan's paths are.
func Apply(p Plan) error {
	if len(p.Steps) == 0 {
		return nil
	}
	root, err := os.OpenRoot(p.Folder)
	if err != nil {
		return err
	}
	for _, s := range p.Steps {
		if err := s.apply(root); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s, err), root.Close())
		}
	}
	return root.Close()
}

func (s Step) apply(root *os.Root) error {
	switch s.Action {
	case MakeFolder:
		if err := root.MkdirAll(s.Path, s.Mode.Perm()); err != nil || s.Mode&fs.ModeSetgid == 0 {
			return err
		}
		return root.Chmod(s.Path, s.Mode) // MkdirAll heeds the umask
	case Create, Write:
		return s.write(root)
	case Keep:
		return root.Link(s.From, s.Path)
	case PutBack:
		return root.Rename(s.From, s.Path)
	case Delete:
		return root.Remove(s.Path)
	case DeleteFolder:
		return root.RemoveAll(s.Path)
	default:
		return errors.New("unknown action")
	}
}

// write makes the file under a name that nobody runs, and gives it its own when it is whole and on
// disk.
func (s Step) write(root *os.Root) (err error) {
	half := path.Join(path.Dir(s.Path), ".countersign.new")
	if err := root.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, s.Mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(s.Text)
	// The mode is what the plan says, whatever the umask: a hook that isn't executable is no hook.
	if err = errors.Join(err, f.Chmod(s.Mode), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, root.Remove(half))
	}
	if s.Action == Write {
		return root.Rename(half, s.Path)
	}
	// A link is never made over a file that is there; a rename would be.
	return errors.Join(root.Link(half, s.Path), root.Remove(half))
}
