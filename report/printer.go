package report

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"text/tabwriter"
	"unicode/utf8"
)

// A Printer writes a listing. What its formats say is written as it is; every argument is written as it may be
// shown: see the package's comment. After an error it writes nothing more. It is not safe for concurrent use.
type Printer struct {
	w   io.Writer
	err error
}

// NewPrinter makes a printer that writes to w.
func NewPrinter(w io.Writer) *Printer { return &Printer{w: w} }

// Err gives the first error of writing.
func (p *Printer) Err() error { return p.err }

// Printf formats as fmt.Printf does and escapes what each argument makes. With %q an argument is a string of Go's, in
// ASCII. A width stands in the format, not among the arguments.
func (p *Printer) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // so that go vet compares the format with the arguments
	}
	harmless := make([]any, len(args))
	for i, arg := range args {
		harmless[i] = argument{arg}
	}
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, harmless...)
	}
}

// argument is one of Printf's, and is formatted as it may be shown.
type argument struct{ value any }

func (a argument) Format(s fmt.State, verb rune) {
	text, isTOML := a.value.(TOML)
	switch {
	case isTOML:
		_, _ = io.WriteString(s, text.quoted())
	case verb == 'q':
		_, _ = io.WriteString(s, strconv.QuoteToASCII(fmt.Sprint(a.value)))
	default:
		_, _ = io.WriteString(s, escape(fmt.Sprintf(fmt.FormatString(s, verb), a.value)))
	}
}

// Own writes text that is the program's own, such as its documentation, as it is.
func (p *Printer) Own(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, text)
	}
}

// Table prints what rows prints, in columns: a tab in a format ends a cell.
func (p *Printer) Table(rows func(*Printer)) {
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	in := &Printer{w: t, err: p.err}
	if rows(in); in.err == nil {
		in.err = t.Flush()
	}
	p.err = in.err
}

// Document writes a value as JSON, with the escapes that [JSON] writes.
func (p *Printer) Document(value any) { p.json(value, "  ") }

// Line writes a value as JSON in one line, with the escapes that [JSON] writes.
func (p *Printer) Line(value any) { p.json(value, "") }

// Lines writes a list as JSON Lines, each of its values in a line, and another value in one line.
func (p *Printer) Lines(value any) {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice || list.Type() == reflect.TypeFor[json.RawMessage]() {
		p.Line(value)
		return
	}
	for i := range list.Len() {
		p.Line(list.Index(i).Interface())
	}
}

func (p *Printer) json(value any, indent string) {
	if p.err == nil {
		p.err = writeJSON(p.w, value, indent)
	}
}

// TOML is a text that Printf writes as a basic string of TOML (https://toml.io/en/v1.0.0#string), and so that a reader
// sees all of it.
type TOML string

func (t TOML) quoted() string {
	b := []byte{'"'}
	for _, r := range string(t) {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case visible(r):
			b = utf8.AppendRune(b, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
	}
	return string(append(b, '"'))
}
