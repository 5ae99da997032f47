package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

type word string

func TestPrinterEscapesEveryArgument(t *testing.T) {
	t.Parallel()
	const bad = "a\x1b[2J\n\u202eb\t\\"
	const shown = `a\x1b[2J\n\u202eb\t\\`
	for _, c := range []struct {
		print func(*Printer)
		want  string
	}{
		{
			func(p *Printer) { p.Printf("%s|%v|%v|%s\n", bad, word(bad), errors.New(bad), []string{bad}) },
			shown + "|" + shown + "|" + shown + "|[" + shown + "]\n",
		},
		{func(p *Printer) { p.Printf("%.1s %-4s|%4d|%q\n", bad, "x", 7, "\u202e\"") }, "a x   |   7|\"\\u202e\\\"\"\n"},
		{
			func(p *Printer) { p.Printf("name = %s\n", TOML("a\"\\\x1b\u202e\ufe0fé")) },
			`name = "a\"\\\U0000001b\U0000202e\U0000fe0fé"` + "\n",
		},
		{func(p *Printer) { p.Line(map[string]string{"a": "<\u202e"}) }, `{"a":"<\u202e"}` + "\n"},
		{func(p *Printer) {
			p.Table(func(p *Printer) {
				p.Printf("%s\t%s\n", "a\tb", "c")
				p.Printf("%s\t%s\n", "d", "e")
			})
		}, "a\\tb  c\nd     e\n"},
		{func(p *Printer) { p.Own("a\n\\b\n") }, "a\n\\b\n"},
	} {
		var b strings.Builder
		p := NewPrinter(&b)
		if c.print(p); b.String() != c.want || p.Err() != nil {
			t.Errorf("printed %q (%v), want %q", b.String(), p.Err(), c.want)
		}
	}
}

type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, fmt.Errorf("no room for %q", b)
	}
	return len(b), nil
}

func TestPrinterStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	p := NewPrinter(&full{room: 4})
	p.Printf("%s\n", "abc")
	p.Table(func(p *Printer) { p.Printf("%s\n", "def") })
	p.Printf("%s\n", "")
	p.Document(1)
	p.Own("x")
	if err := p.Err(); err == nil || !strings.HasPrefix(err.Error(), `no room for "def`) {
		t.Errorf("error %v", err)
	}
}
