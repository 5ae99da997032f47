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
// is described by the line.
var printed = map[string]any{
	"backtest": printedBacktest{}, "backtest-comparison": printedComparison{},
	"backtest-suggestion": printedSuggestion{}, "decision": printedDecision{},
	"doctor": examination{}, "explain": audit.Explained{}, "explain-code": explainedCode{},
	"init": founded{}, "install": installed{},
	"keyring-check": []string{}, "keyring-graph": []newcomer{}, "keyring-list": []listedPrincipal{},
	"log": record.Record{}, "log-check": proof{}, "log-compare": compared{},
	"log-stats": statistics{},
	"pending":   []pending{}, "policy-check": checked{}, "policy-classes": []classed{}, "policy-diff": []amendment{},
	"revoked": audit.Suspect{}, "tarball": releaseArchive{}, "tenure": []earning{}, "version": build{},
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

// misfit says in what a value doesn't fit a schema, "" where it does. It knows the words that maker writes.
func misfit(root, schema map[string]any, v any, at string) string {
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	if enum, ok := schema["enum"].([]any); ok {
		if !slices.Contains(enum, v) {
			return fmt.Sprintf("%s is %v, not of %v", at, v, enum)
		}
		return ""
	}
	is := "null"
	switch v := v.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case json.Number:
		if is = "integer"; strings.ContainsAny(v.String(), ".eE") {
			is = "number"
		}
	case []any:
		is = "array"
		for i, x := range v {
			if items, ok := schema["items"].(map[string]any); ok {
				if why := misfit(root, items, x, fmt.Sprintf("%s/%d", at, i)); why != "" {
					return why
				}
			}
		}
	case map[string]any:
		is = "object"
		if why := misfitObject(root, schema, v, at); why != "" {
			return why
		}
	}
	if is != schema["type"] {
		return fmt.Sprintf("%s is of type %s, not %v", at, is, schema["type"])
	}
	return ""
}

func misfitObject(root, schema map[string]any, v map[string]any, at string) string {
	properties, _ := schema["properties"].(map[string]any)
	others, _ := schema["additionalProperties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, has := v[name.(string)]; !has {
			return fmt.Sprintf("%s lacks %v", at, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, known := properties[name].(map[string]any)
		if !known && others == nil {
			return fmt.Sprintf("%s has %s, which the schema doesn't", at, name)
		}
		if !known {
			of = others
		}
		if why := misfit(root, of, v[name], at+"/"+name); why != "" {
			return why
		}
	}
	return ""
}

// wantFit compares what a command has printed, one document or several, with a schema, and counts the documents.
func wantFit(t *testing.T, name, args, out string) (documents int) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(schemas, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(strings.NewReader(out))
	in.UseNumber()
	for ; ; documents++ {
		var v any
		if err := in.Decode(&v); errors.Is(err, io.EOF) {
			return documents
		} else if err != nil {
			t.Fatalf("%s: %v in\n%s", args, err, out)
		}
		if why := misfit(schema, schema, v, ""); why != "" {
			t.Errorf("%s doesn't fit %s.json: %s\n%s", args, name, why, out)
		}
	}
}

// The validator refuses what it should.
func TestMisfits(t *testing.T) {
	t.Parallel()
	schema := map[string]any{
		"type":     "object",
		"required": []any{"n"},
		"properties": map[string]any{
			"n": map[string]any{"type": "integer"},
			"l": map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/v"}},
		},
		"$defs": map[string]any{"v": map[string]any{"enum": []any{"accepted"}}},
	}
	for text, fits := range map[string]bool{
		`{"n": 1}`: true, `{"n": 1, "l": ["accepted"]}`: true, `{"n": 1, "l": []}`: true,
		`{}`: false, `[]`: false, `null`: false, `{"n": 1.5}`: false, `{"n": "1"}`: false, `{"n": null}`: false,
		`{"n": 1, "x": 1}`: false, `{"n": 1, "l": ["refused"]}`: false, `{"n": 1, "l": null}`: false,
	} {
		var v any
		in := json.NewDecoder(strings.NewReader(text))
		in.UseNumber()
		if err := in.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if why := misfit(schema, schema, v, ""); (why == "") != fits {
			t.Errorf("%s: %q", text, why)
		}
	}
}
