package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/report"
)

// outputs are the formats in which a command prints, and where each of them goes: the value of a flag that may be given
// several times (pflag.Value). The first one that is given replaces the default, which is the first of the words.
type outputs struct {
	flag  string
	words []string // the formats that the command has
	list  []*output
	given bool
}

// printing is a flag that says where something is printed.
type printing interface {
	within(env Env, run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error
}

// output is a format and where it goes.
type output struct {
	flag   string // that named it
	format string
	file   string // "" for standard output
	to     io.Writer
	out    *report.Printer // to the same
	kept   *newFile        // nil for standard output
	err    error           // the first of writing
}

// printedIn makes outputs, with the first format to standard output as the default.
func printedIn(words ...string) *outputs {
	return &outputs{flag: "format", words: words, list: []*output{{flag: "format", format: words[0]}}}
}

func (o *outputs) String() string {
	var words []string
	for _, one := range o.list {
		words = append(words, one.String())
	}
	return strings.Join(words, ",")
}

func (o *output) String() string {
	if o.file == "" {
		return o.format
	}
	return o.format + "=" + o.file
}

func (*outputs) Type() string { return "format" }

// Set adds a format: NAME for standard output, as NAME=- is, or NAME=FILE.
func (o *outputs) Set(text string) error {
	name, file, named := strings.Cut(text, "=")
	if !slices.Contains(o.words, name) {
		return errors.New("want " + report.List(o.words, "or"))
	}
	if named && file == "" {
		return fmt.Errorf("want a file, as %s=FILE", name)
	}
	if file == "-" {
		file = ""
	}
	if !o.given {
		o.list, o.given = nil, true
	}
	for _, other := range o.list {
		if file == "" && other.file == "" {
			return fmt.Errorf("standard output takes one format, and has %s: give one of them a file, as %s=FILE",
				other.format, name)
		}
	}
	o.list = append(o.list, &output{flag: o.flag, format: name, file: file})
	return nil
}

// toStdout says whether standard output has a format.
func (o *outputs) toStdout(format string) bool {
	return slices.ContainsFunc(o.list, func(one *output) bool { return one.format == format && one.file == "" })
}

// has says whether a format is wanted.
func (o *outputs) has(format string) bool {
	return slices.ContainsFunc(o.list, func(one *output) bool { return one.format == format })
}

// within gives what a command runs the outputs to print to. Files take their places when it has ended, and only if it
// said all that it had to say: with exit code 2 nothing is written, and with 3 only where the report itself says what
// could not be judged.
func (o *outputs) within(env Env, run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		defer o.drop()
		for _, one := range o.list {
			if err := one.open(cmd.Context(), env); err != nil {
				return err
			}
		}
		err := run(cmd, args)
		said := exitError{}
		if err == nil || errors.As(err, &said) && (said.err == nil || said.code == exitRefused) {
			return o.keep(err)
		}
		return err
	}
}

func (o *output) open(ctx context.Context, env Env) (err error) {
	if o.file == "" {
		o.to, o.out = env.Stdout, env.out
		return nil
	}
	name := env.path(o.file)
	if err := env.writes("--"+o.flag+" "+o.String(), o.file); err != nil {
		return err
	}
	// Each step has a file of its own for its summary, which every program of the step adds to:
	// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
	if name == env.Getenv("GITHUB_STEP_SUMMARY") {
		o.kept, err = appendFile(name)
	} else {
		o.kept, err = createFile(ctx, name)
	}
	if err != nil {
		return o.failed(noPlace(o.file, name, err))
	}
	o.to, o.out = o.kept, report.NewPrinter(o.kept)
	return nil
}

// failed says which output could not be written.
func (o *output) failed(err error) error {
	if o.file == "" {
		return err
	}
	return fmt.Errorf("--%s %s: %w", o.flag, o, reason(err))
}

// keep puts files in their places, after a command that ended so.
func (o *outputs) keep(ended error) error {
	var faults []error
	for _, one := range o.list {
		err := one.err
		if one.kept != nil {
			err = errors.Join(err, one.out.Err())
			if err == nil {
				err = one.kept.keep()
			}
		}
		if err != nil {
			faults = append(faults, one.failed(err))
		}
	}
	if faults == nil {
		return ended
	}
	if said := (exitError{}); errors.As(ended, &said) && said.err != nil {
		faults = append([]error{said.err}, faults...)
	}
	return exitError{exitUndecided, errors.Join(faults...)}
}

// drop takes away what was begun and not kept.
func (o *outputs) drop() {
	for _, one := range o.list {
		if one.kept != nil {
			one.kept.drop()
		}
	}
}

// each writes in each of the formats, standard output last: what goes wrong there keeps no file from being written.
// What went wrong is said at the end.
func (o *outputs) each(write func(format string, to io.Writer) error) {
	o.print(func(one *output) {
		if one.err == nil {
			one.err = write(one.format, one.to)
		}
	})
}

func (o *outputs) print(do func(*output)) {
	for _, files := range []bool{true, false} {
		for _, one := range o.list {
			if files == (one.file != "") {
				do(one)
			}
		}
	}
}

// list prints a listing: a value as JSON, or what text prints.
func (o *output) list(value any, text func(*report.Printer)) {
	switch o.format {
	case "json":
		o.out.Document(value)
	case "jsonl":
		o.out.Lines(value)
	default:
		text(o.out)
	}
}

// row prints one of many values: as JSON in a line, or what text prints. It gives the first error of writing.
func (o *outputs) row(value any, text func(*report.Printer)) (err error) {
	o.print(func(one *output) {
		if one.format == "text" {
			text(one.out)
		} else {
			one.out.Line(value)
		}
		if err == nil {
			err = one.out.Err()
		}
	})
	return err
}
