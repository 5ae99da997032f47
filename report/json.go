package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"countersign/policy"
)

// Schema names the form of what JSON writes. Fields may be added under the same name.
const Schema = "countersign-decision/1"

// document is a decision as JSON: its own fields, with the schema before them and, after them, the
// exact bytes of those texts that JSON can't carry.
type document struct {
	Schema string `json:"schema"`
	policy.Decision
	// Exact has the bytes, in base64, of each text that isn't valid UTF-8, by its JSON pointer
	// (RFC 6901), such as "/findings/0/paths/2/path". The text itself has U+FFFD for each bad byte.
	Exact map[string][]byte `json:"exact,omitempty"`
}

// JSON writes a decision for a program, with everything that Text says. Characters that a terminal
// would obey or not show are written as \u escapes, which changes nothing for who decodes them.
func JSON(w io.Writer, d policy.Decision) error {
	doc := document{Schema: Schema, Exact: make(map[string][]byte)}
	doc.Decision = eachText(d, exactly(doc.Exact, "", ""))
	if doc.Refs == nil {
		doc.Refs = []policy.RefDecision{}
	}
	if doc.Findings == nil {
		doc.Findings = []policy.Finding{}
	}
	return writeJSON(w, doc, "  ")
}

// exactly keeps the bytes of texts that JSON can't carry, by where they stand, one prefix of which is
// replaced by another.
func exactly(exact map[string][]byte, prefix, by string) func(at, s string) string {
	return func(at, s string) string {
		if !utf8.ValidString(s) {
			exact[by+strings.TrimPrefix(at, prefix)] = []byte(s)
		}
		return s
	}
}

func writeJSON(w io.Writer, doc any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(doc); err != nil {
		return err
	}
	_, err := w.Write(plain(b.Bytes()))
	return err
}

// plain writes as \u escapes what encoding/json leaves as it is though a terminal doesn't show it.
// Outside strings JSON has nothing but ASCII characters.
func plain(b []byte) []byte {
	p := make([]byte, 0, len(b))
	for len(b) > 0 {
		ascii := 0
		for ascii < len(b) && b[ascii] >= ' ' && b[ascii] <= '~' {
			ascii++
		}
		if p, b = append(p, b[:ascii]...), b[ascii:]; len(b) == 0 {
			break
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\n' || visible(r):
			p = append(p, b[:n]...)
		case r > 0xffff: // a surrogate pair (RFC 8259 section 7)
			p = fmt.Appendf(p, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			p = fmt.Appendf(p, `\u%04x`, r)
		}
		b = b[n:]
	}
	return p
}

// ReadJSON reads what JSON wrote, exactly. Another schema is refused, and so is anything after the
// document. An error comes with the zero decision, which refuses.
func ReadJSON(r io.Reader) (policy.Decision, error) {
	in := json.NewDecoder(r)
	var doc document
	if err := in.Decode(&doc); err != nil {
		return policy.Decision{}, fmt.Errorf("not a decision: %w", err)
	}
	if doc.Schema != Schema {
		return policy.Decision{}, fmt.Errorf("not a decision: schema is %q, want %q", doc.Schema, Schema)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return policy.Decision{}, errors.New("not a decision: there is more after it")
	}
	used := 0
	d := eachText(doc.Decision, func(at, s string) string {
		if exact, ok := doc.Exact[at]; ok {
			used++
			return string(exact)
		}
		return s
	})
	if used != len(doc.Exact) {
		return policy.Decision{}, errors.New("not a decision: exact names a text that isn't there")
	}
	return d, nil
}
