// Package page writes what was judged as one HTML page that needs nothing else: no network, no other file, no script.
//
// [Decision] is the page of history that was verified: what became of it, its summary, and each finding. [Backtest] is
// that of a backtest. It says first what was held and whose it is. Then it shows the classes that were touched over
// time, what people had earned, each held commit with its reasons, and how much work that would have been. Drawings are
// SVG. A script of a few lines filters the list; without it, the page is whole. The page forbids its reader's browser
// to fetch anything, by a Content-Security-Policy (https://www.w3.org/TR/CSP3/).
//
// Every text of a push or a repository goes through [report.Escape] and then through html/template. The same input
// makes the same bytes. Lists have bounds, and say what they leave out: a history of any size makes a page of a few MB.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"countersign/report"
)

//go:embed page.tmpl
var layout string

//go:embed page.css
var style string

//go:embed filter.js
var filter string

// write writes a page by a template of the layout, whole or not at all.
func write(w io.Writer, name string, data any) error {
	t, err := template.New("").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) },
		"script": func() template.JS { return template.JS(filter) },
		// Only what stands in these two files runs or is applied: CSP3, 2.3.1, "hash-source".
		"allowed": func() string {
			return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(filter) +
				"; img-src data:; base-uri 'none'; form-action 'none'"
		},
		"number": number,
	}).Parse(layout)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// hash gives the hash of an inline text as a policy names it.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// number writes a number with a comma for each thousand.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 1, 64) + " %"
}

func day(when int64) string { return time.Unix(when, 0).UTC().Format(time.DateOnly) }

func monthName(when int64) string { return time.Unix(when, 0).UTC().Format("January 2006") }

// short gives the beginning of an object's name, by which people know it.
func short(id string) string { return report.Escape(id[:min(len(id), 10)]) }

// cut shortens an escaped text to so many characters.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimRight(string(r[:most-1]), " ") + "…"
	}
	return s
}
