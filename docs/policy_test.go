package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign/policy"
)

// setting is a row of policy.md.
type setting struct{ section, key, kind, def string }

// settings gives the rows of policy.md, and under which headings they stand.
func settings(t *testing.T) []setting {
	text, err := os.ReadFile("policy.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("^\\| `([a-z0-9-]+)` \\| ([^|]+) \\| ([^|]+) \\| [^|]{9,}\\|$")
	var rows []setting
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = heading
		}
		if m := row.FindStringSubmatch(line); m != nil {
			rows = append(rows, setting{section, m[1], m[2], m[3]})
		} else if strings.HasPrefix(line, "| `") {
			t.Errorf("%s: this is no row of a setting: %s", section, line)
		}
	}
	return rows
}

// asked gives the keys that the parser asks for, as often as it does, in alphabetical order.
func asked(t *testing.T) []string {
	files, err := filepath.Glob("../policy/file_*.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	ask := regexp.MustCompile(`\.(?:str|strs|oneOf|boolean|integer|duration|size|date|sub|list|named)\("([a-z0-9-]+)"` +
		`|\br\.(?:files|exempt)\(t, "([a-z0-9-]+)"`)
	var keys []string
	for _, name := range append(files, "../policy/introduction_pin.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ask.FindAllStringSubmatch(string(text), -1) {
			keys = append(keys, m[1]+m[2])
		}
	}
	slices.Sort(keys)
	return keys
}

func TestPolicyPageHasEachKeyOfTheParser(t *testing.T) {
	var keys []string
	for _, row := range settings(t) {
		keys = append(keys, row.key)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(asked(t), keys); diff != "" {
		t.Errorf("policy.md (-parser +page):\n%s", diff)
	}
}

// contexts are what a key stands in, by the section of the page, where that isn't the heading's own table: the first
// verb is for the key with its value, the second for what else a file needs there that can be read.
var contexts = map[string][2]string{
	"Top of the file":   {"%s%s", ""},
	"[class.NAME]":      {"[class.docs]\n%s%s", ""},
	"[[rule]]":          {"[[rule]]\n%s%s", "\nname = \"one\"\nclasses = [\"binary\"]"},
	"[[principal]]":     {"[[principal]]\n%s%s", "\nname = \"one\"\nrole = \"maintainer\"\nkeys = [{ ssh = \"x\" }]"},
	"A key":             {"[[principal]]\nkeys = [{ %s%s }]", ""},
	"The x509 of a key": {"[[principal]]\nkeys = [{ x509 = { %s%s } }]", ""},
	"Tenure, in exempt and approvers": {
		"[[rule]]\nname = \"one\"\nclasses = [\"binary\"]\nexempt = { %s%s }", ", days = 1",
	},
	introduction: {"%s%s", "\ncommit = \"" + strings.Repeat("1", 40) + "\"\nfingerprint = \"SHA256:x\""},
}

// introduction is the section of a file of its own.
const introduction = policy.IntroductionFile

// load reads a file with a text in the row's section, and what else is needed there, as the program does.
func (s setting) load(text, rest string) (any, error) {
	around, ok := contexts[s.section]
	if !ok {
		around[0] = s.section + "\n%s%s"
	}
	data := []byte(fmt.Sprintf(around[0], text, rest))
	if s.section == introduction {
		return policy.LoadIntroduction(fstest.MapFS{introduction: {Data: data}})
	}
	return policy.LoadDraft(fstest.MapFS{policy.FileName: {Data: data}})
}

// wanted is what the parser says that it wants, by the type that the page says.
var wanted = map[string]string{
	"string": "a string", "list of strings": "a list of strings", "true or false": "true or false",
	"whole number": "a whole number", "time": "a time such as", "size": "a size such as", "date": "a date such as",
	"table": "a [%s] table", "tables": "[[%s]] tables", "list of keys": "a list such as",
	"`\"nobody\"` or tenure": `"nobody" or {`, "tenure": `"nobody" or {`,
}

// Each key stands in its section with its type: a value of another type is refused for that, and no other reason.
func TestPolicyPageSaysTypes(t *testing.T) {
	rows := settings(t)
	for _, row := range rows {
		want, value := wanted[row.kind], "1979-05-27T07:32:00"
		switch {
		case row.kind == "date":
			value = "true"
		case want == "":
			want, value = strings.ReplaceAll(row.kind, "`", "")+"; a newer", `"no such word"` // all the words that there are
		case strings.Contains(want, "%s"):
			want = fmt.Sprintf(want, row.key)
		}
		_, err := row.load(row.key+" = "+value, "")
		if err == nil || !strings.Contains(err.Error()+"\n", row.key+": want "+want) &&
			!strings.Contains(err.Error()+"\n", row.key+" = "+value+": want "+want) {
			t.Errorf("%s %s is a %s: %v", row.section, row.key, row.kind, err)
		}
	}
	if len(rows) < 60 {
		t.Errorf("%d rows", len(rows))
	}
}

// What the page calls a default changes nothing. In a section of its own each setting has one, but for dates.
func TestPolicyPageSaysDefaults(t *testing.T) {
	same := cmp.Options{
		cmpopts.IgnoreUnexported(policy.Policy{}), cmpopts.IgnoreFields(policy.Policy{}, "Digest"),
		cmpopts.IgnoreTypes(&policy.Classes{}), cmpopts.EquateEmpty(),
	}
	for _, row := range settings(t) {
		if row.def == "none" {
			if contexts[row.section][0] == "" && row.kind != "date" {
				t.Errorf("%s %s has no default", row.section, row.key)
			}
			continue
		}
		rest := contexts[row.section][1]
		with, err := row.load(row.key+" = "+strings.Trim(row.def, "`"), rest)
		without, err2 := row.load("", strings.TrimPrefix(rest, ","))
		if err != nil || err2 != nil {
			t.Errorf("%s %s = %s: %v, %v", row.section, row.key, row.def, err, err2)
			continue
		}
		if diff := cmp.Diff(without, with, same); diff != "" {
			t.Errorf("%s %s is not %s by default (-default +page):\n%s", row.section, row.key, row.def, diff)
		}
	}
}
