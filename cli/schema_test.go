package cli

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign/gate/audit"
	"countersign/gate/record"
	"countersign/policy"
	"countersign/report"
)

// The schemas in docs/schema are made of the Go types of what commands print, so that neither can change alone:
// UPDATE_SCHEMAS=1 go test ./cli -run TestSchemas writes them anew. A schema says nothing of further fields, which may
// be added; the test takes none that it doesn't have.

// printedDecision, printedBacktest and printedComparison are what package report prints.
type (
	printedDecision struct {
		Schema string `json:"schema"`
		policy.Decision
		Exact map[string][]byte `json:"exact,omitempty"`
	}
	printedBacktest struct {
		Schema string `json:"schema"`
		policy.Backtest
		Exact map[string][]byte `json:"exact,omitempty"`
	}
	printedSuggestion struct {
		Schema string `json:"schema"`
		policy.Suggestion
	}
	printedComparison struct {
		Schema   string           `json:"schema"`
		Profiles []report.Profile `json:"profiles"`
	}
)

// printed has a value of the type that each schema describes, by the schema's name. What commands print line by line
// is described by the line; a row that has a kind, by row-KIND.
var printed = map[string]any{
	"backtest": printedBacktest{}, "backtest-comparison": printedComparison{},
	"backtest-suggestion": printedSuggestion{}, "decision": printedDecision{},
	"doctor": examination{}, "explain": audit.Explained{}, "explain-code": explainedCode{},
	"init": founded{}, "install": installed{},
	"keyring-check": []string{}, "keyring-graph": []newcomer{}, "keyring-list": []listedPrincipal{},
	"log": record.Record{}, "log-check": proof{}, "log-compare": compared{},
	"log-stats": statistics{},
	"log-key":   madeKey{}, "log-checkpoint": signedTree{}, "log-tiles": copied{}, "log-check-proof": provenRecord{},
	"log-prove":       provenFile{},
	"log-consistency": consistent{}, "log-export": sentRecords{},
	"pending": []pending{}, "policy-check": checked{}, "policy-classes": []classed{}, "policy-diff": []amendment{},
	"row-decision": report.DecisionRow{}, "row-ref": report.RefRow{}, "row-finding": report.FindingRow{},
	"row-note": report.NoteRow{}, "row-backtest": report.BacktestRow{}, "row-profile": report.ProfileRow{},
	"revoked": audit.Suspect{}, "tarball": releaseArchive{}, "tenure": []earning{}, "version": build{},
	"verify-row": policy.Row{},
}

const schemas = "../docs/schema"

func TestSchemas(t *testing.T) {
	t.Parallel()
	for name, value := range printed {
		m := maker{defs: map[string]any{}}
		doc := m.of(reflect.TypeOf(value))
		doc["$schema"], doc["title"] = "https://json-schema.org/draft/2020-12/schema", "countersign: "+name
		if len(m.defs) > 0 {
			doc["$defs"] = m.defs
		}
		want, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want, file := append(want, '\n'), filepath.Join(schemas, name+".json")
		if os.Getenv("UPDATE_SCHEMAS") != "" {
			if err := os.WriteFile(file, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s isn't what its type says (%v): UPDATE_SCHEMAS=1 go test ./cli -run TestSchemas", file, err)
		}
	}
	files, err := filepath.Glob(schemas + "/*")
	if err != nil || len(files) != len(printed) {
		t.Errorf("%d schemas of %d types, %v", len(files), len(printed), err)
	}
}

// maker makes schemas of types. Each struct is described once.
type maker struct{ defs map[string]any }

func (m maker) of(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[policy.Verdict]():
		return map[string]any{"enum": []any{policy.Accepted, policy.Refused}}
	case t == reflect.TypeFor[[]byte]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	case t == reflect.TypeFor[json.RawMessage](): // of a record: the decision
		return m.named(reflect.TypeFor[printedDecision]())
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || t.Implements(reflect.TypeFor[json.Marshaler]()):
		panic("no schema for " + t.String())
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Pointer:
		return m.of(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.of(t.Elem())}
	case reflect.Struct:
		return m.named(t)
	default:
		panic("no schema for " + t.String())
	}
}

func (m maker) named(t reflect.Type) map[string]any {
	name := strings.TrimPrefix(t.Name(), "printed")
	if _, known := m.defs[name]; !known {
		m.defs[name] = true // while it is being made
		m.defs[name] = m.fields(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (m maker) fields(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" {
			continue
		}
		properties[name] = m.of(f.Type)
		if options == "" {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// validators compile the schemas, each once. Where a schema says nothing of further fields, the test takes none.
type validators struct {
	*testing.T
	known map[string]*jsonschema.Schema
}

// of gives the validator of a schema, or of the items of a list that it describes.
func (v *validators) of(name string, items bool) *jsonschema.Schema {
	v.Helper()
	key := fmt.Sprint(name, items)
	if known := v.known[key]; known != nil {
		return known
	}
	file, err := os.Open(filepath.Join(schemas, name+".json"))
	if err != nil {
		v.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		v.Fatal(err)
	}
	closed(doc)
	if list, isList := doc.(map[string]any)["items"]; items && isList {
		item := maps.Clone(list.(map[string]any))
		item["$defs"] = doc.(map[string]any)["$defs"]
		if item["$defs"] == nil {
			delete(item, "$defs")
		}
		doc = item
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	if err := c.AddResource("file:///"+key+".json", doc); err != nil {
		v.Fatal(err)
	}
	v.known[key], err = c.Compile("file:///" + key + ".json")
	if err != nil {
		v.Fatal(err)
	}
	return v.known[key]
}

// closed has each object of a schema take no fields but its own.
func closed(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, fields := s["properties"].(map[string]any); fields && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, of := range s {
			closed(of)
		}
	case []any:
		for _, of := range s {
			closed(of)
		}
	}
}

// kinds are what is printed in rows of several kinds.
var kinds = []string{"decision", "backtest", "backtest-comparison"}

// fits compares what a command has printed, one document or several, with a schema, and counts the documents. Of JSON
// Lines each is a row: of a kind, which has a schema of its own, or of what the schema lists.
func (v *validators) fits(name, args, out string, rows bool) (documents int) {
	v.Helper()
	in := json.NewDecoder(strings.NewReader(out))
	in.UseNumber()
	for ; ; documents++ {
		var doc any
		if err := in.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			v.Fatalf("%s: %v in\n%s", args, err, out)
		}
		of := name
		if row, _ := doc.(map[string]any); rows && slices.Contains(kinds, name) {
			of = fmt.Sprint("row-", row["kind"])
		}
		if err := v.of(of, rows).Validate(doc); err != nil {
			v.Errorf("%s doesn't fit %s.json: %v\n%s", args, of, err, out)
		}
	}
	if lines := strings.Count(out, "\n"); rows && lines != documents {
		v.Errorf("%s: %d rows in %d lines", args, documents, lines)
	}
	return documents
}

// The schemas refuse what they should.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	v := validators{t, make(map[string]*jsonschema.Schema)}
	schema := v.of("row-ref", true)
	for text, fits := range map[string]bool{
		row(""): true, row(`, "resolved": "r"`): true,
		`{}`: false, `[]`: false, `null`: false, row(`, "x": 1`): false, row(`, "resolved": 1`): false,
		row(`, "attested": null`): false, row(`, "exact": {"/ref": "?"}`): false,
		strings.Replace(row(""), `"landings": 1`, `"landings": 1.5`, 1): false,
		strings.Replace(row(""), `"new": "b", `, "", 1):                 false,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != fits {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func row(more string) string {
	return `{"kind": "ref", "ref": "a", "old": "a", "new": "b", "protected": true, "landings": 1, "commits": 1` +
		more + `}`
}
