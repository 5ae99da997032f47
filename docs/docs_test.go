package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
)

// sections lists the codes that have a section, in the order of refusals.md.
func sections() []string {
	var codes []string
	for line := range strings.Lines(refusals) {
		if code, ok := strings.CutPrefix(line, "## "); ok {
			codes = append(codes, strings.TrimSuffix(code, "\n"))
		}
	}
	return codes
}

func TestEveryCodeHasASectionAndNothingElseHas(t *testing.T) {
	want := make([]string, len(policy.Codes()))
	for i, code := range policy.Codes() {
		want[i] = string(code)
	}
	if diff := cmp.Diff(want, sections()); diff != "" {
		t.Errorf("refusals.md and policy.Codes (-codes +sections):\n%s", diff)
	}
}

// A section explains itself: what is wrong and why, a command to type, and what an administrator can
// do or that nothing can be set.
func TestSectionsSayWhatToDo(t *testing.T) {
	for _, code := range sections() {
		section, known := Refusal(code)
		if !known {
			t.Errorf("%s: listed and not found", code)
			continue
		}
		edges := strings.HasPrefix(section, "\n") || !strings.HasSuffix(section, "\n") || strings.HasSuffix(section, "\n\n")
		if strings.Contains(section, "\n#") || edges {
			t.Errorf("%s: want one section, without heading and blank lines around it:\n%s", code, section)
		}
		if !strings.Contains(section, "\n    ") {
			t.Errorf("%s: no command to type", code)
		}
		words := strings.Join(strings.Fields(section), " ")
		if !strings.Contains(words, "administrator") && !strings.Contains(words, "There is no setting") {
			t.Errorf("%s: doesn't say what an administrator can change", code)
		}
		for line := range strings.Lines(section) {
			if len(line) > 101 {
				t.Errorf("%s: a line of %d bytes: %s", code, len(line), line)
			}
		}
	}
}

func TestRefusalKnowsNoOtherCode(t *testing.T) {
	for _, code := range []string{
		"", "unsigne", "unsigned ", "Unsigned", "no-such-code", "unsigned\n",
		"unsigned\n\nThe commit has no signature.",
	} {
		if section, known := Refusal(code); known {
			t.Errorf("Refusal(%q) = %q", code, section)
		}
	}
}

func TestRefusalGivesTheFirstAndTheLastSection(t *testing.T) {
	for code, want := range map[string][2]string{
		"unsigned":  {"The commit has no signature. ", "answers for them.\n"},
		"undecided": {"The gate couldn't reach a decision: ", "lets such a push pass.\n"},
	} {
		section, _ := Refusal(code)
		if !strings.HasPrefix(section, want[0]) || !strings.HasSuffix(section, want[1]) {
			t.Errorf("%s:\n%s", code, section)
		}
	}
}

// The words of the model are those of the code.
func TestWordsAreTheCodes(t *testing.T) {
	text, err := os.ReadFile("model.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| ([a-z -]+) \\| [^|]+ \\| `([a-z]+)\\.([A-Za-z.]+)` \\|$")
	rows := row.FindAllStringSubmatch(string(text), -1)
	if lines := strings.Count(string(text), "\n| "); len(rows) != lines-1 || len(rows) < 20 {
		t.Errorf("%d of %d rows are words", len(rows), lines-1)
	}
	declared := make(map[string]map[string]bool)
	for _, row := range rows {
		word, folder, name := row[1], row[2], row[3]
		if declared[folder] == nil {
			declared[folder] = declarations(t, filepath.Join("..", folder))
		}
		if !declared[folder][name] {
			t.Errorf("%s: package %s has no %s", word, folder, name)
		}
	}
}

// declarations gives what a package declares: names, and fields and methods as "Type.Name".
func declarations(t *testing.T, folder string) map[string]bool {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	all := make(map[string]bool)
	members := func(of string, fields *ast.FieldList) {
		for _, field := range fields.List {
			for _, name := range field.Names {
				all[of+"."+name.Name] = true
			}
		}
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				name := n.Name.Name
				if n.Recv != nil {
					of := n.Recv.List[0].Type
					if star, ok := of.(*ast.StarExpr); ok {
						of = star.X
					}
					if ident, ok := of.(*ast.Ident); ok {
						name = ident.Name + "." + name
					}
				}
				all[name] = true
				return false
			case *ast.ValueSpec:
				for _, name := range n.Names {
					all[name.Name] = true
				}
			case *ast.TypeSpec:
				all[n.Name.Name] = true
				switch of := n.Type.(type) {
				case *ast.StructType:
					members(n.Name.Name, of.Fields)
				case *ast.InterfaceType:
					members(n.Name.Name, of.Methods)
				}
			}
			return true
		})
	}
	return all
}
