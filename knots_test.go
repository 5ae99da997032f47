package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A knot is a set of files of a package none of which can be understood without the others: each uses, directly or by
// way of others of them, what any other declares. Files without knots can be read one by one, from the bottom up.

// maxKnot is how many files the largest knot of a package has where it has more than fewFiles. It may only fall.
var maxKnot = map[string]int{
	"cli":         6,
	"history/odb": 11,
	"journal":     5,
	"verify":      23,
}

// fewFiles can be read together.
const fewFiles = 4

// uses says of each file of a package, by its name, in which others that is declared what it uses.
type uses map[string]map[string]bool

func TestHouseKnots(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for name, files := range packages(t) {
		known[name] = true
		knot := files.largestKnot()
		limit, large := maxKnot[name]
		switch {
		case len(knot) > max(limit, fewFiles):
			t.Errorf("%s: %d files hang together, and %d may: %s", name, len(knot), max(limit, fewFiles), strings.Join(knot, " "))
		case large && len(knot) <= fewFiles:
			t.Errorf("%s: only %d files hang together by now: take it out of maxKnot", name, len(knot))
		case large && len(knot) < limit:
			t.Errorf("%s: only %d files hang together by now, not %d: say so in maxKnot", name, len(knot), limit)
		}
	}
	for name := range maxKnot {
		if !known[name] {
			t.Errorf("maxKnot has a package %s, which isn't there", name)
		}
	}
}

// The comment of package policy names its files in an order in which none uses what a later one declares.
func TestHousePolicyIsReadInOrder(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("policy/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	files := packages(t)["policy"]
	read := map[string]bool{"doc.go": true}
	for _, name := range regexp.MustCompile(`[a-z_]+\.go`).FindAllString(string(text), -1) {
		if read[name] || files[name] == nil {
			t.Errorf("policy/doc.go names %s, which it named before or which isn't there", name)
		}
		read[name] = true
		for other := range files[name] {
			if !read[other] {
				t.Errorf("policy/doc.go names %s before %s, of which it uses something", name, other)
			}
		}
	}
	for name := range files {
		if !read[name] {
			t.Errorf("policy/doc.go doesn't say when to read %s", name)
		}
	}
}

func TestKnotsAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"layers": {files: map[string]string{
			"a.go": `func a() { b(); c() }`,
			"b.go": `func b() { c() }`,
			"c.go": `func c() {}`,
		}, want: []string{"a.go"}},
		"a round of three, and one on top of it": {files: map[string]string{
			"a.go": `func a() { b() }`,
			"b.go": `func b() { c() }`,
			"c.go": `func c() { a() }`,
			"d.go": `func d() { a() }`,
		}, want: []string{"a.go", "b.go", "c.go"}},
		"two rounds that share a file": {files: map[string]string{
			"a.go": `func a() { b() }`,
			"b.go": `func b() { a(); c() }`,
			"c.go": `func c() { b() }`,
		}, want: []string{"a.go", "b.go", "c.go"}},
		"by a type, a constant and a variable": {files: map[string]string{
			"a.go": `type T int; const n = 1`,
			"b.go": `var v T = 2`,
			"c.go": `var w = v + n`,
		}, want: []string{"a.go"}},
		"by a method, whose name says nothing": {files: map[string]string{
			"a.go": `type T struct{}; func (T) String() string { return s }`,
			"b.go": `const s = "x"; var t = new(T).String()`,
		}, want: []string{"a.go", "b.go"}},
		"by what another package hands back": {files: map[string]string{
			"a.go": `import "slices"; type T int; func (t T) less(u T) int { return int(t - u) }; var all []T; var first = slices.Clone(all)[0].up()`,
			"b.go": `func (t T) up() T { return t + T(len(all)) }`,
		}, want: []string{"a.go", "b.go"}},
		"a local name, a field and a label tie nothing": {files: map[string]string{
			"a.go": `type T struct{ b int }; func a(t T) int { b := t.b; return b }`,
			"b.go": `func b() int { return a(T{b: 1}) }`,
		}, want: []string{"a.go"}},
	} {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range slices.Sorted(maps.Keys(c.files)) {
			f, err := parser.ParseFile(fset, name, "package p; "+c.files[name], parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		found, err := filesUsed("p", fset, files, importer.ForCompiler(fset, "gc", exportsOf(list(t, "slices"))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := found.largestKnot(); !slices.Equal(got, c.want) {
			t.Errorf("%s: the largest knot is %v, want %v", name, got, c.want)
		}
	}
}

// largestKnot gives the files of the largest knot, sorted; of several, the first of them; of none, one file.
func (u uses) largestKnot() []string {
	reached := make(map[string]map[string]bool, len(u))
	for name := range u {
		reached[name] = make(map[string]bool)
		for next := []string{name}; len(next) > 0; next = next[1:] {
			for other := range u[next[0]] {
				if !reached[name][other] {
					reached[name][other] = true
					next = append(next, other)
				}
			}
		}
	}
	var largest []string
	for _, name := range slices.Sorted(maps.Keys(u)) {
		knot := []string{name}
		for other := range u {
			if other != name && reached[name][other] && reached[other][name] {
				knot = append(knot, other)
			}
		}
		if len(knot) > len(largest) {
			slices.Sort(knot)
			largest = knot
		}
	}
	return largest
}

// packages gives the own files of each package of ours, by its folder from the root.
func packages(t *testing.T) map[string]uses {
	t.Helper()
	listed := list(t, "./...")
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", exportsOf(listed))
	all := make(map[string]uses)
	for _, p := range listed {
		name, ours := strings.CutPrefix(p.ImportPath, "countersign/")
		if !ours {
			continue
		}
		var files []*ast.File
		for _, file := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		found, err := filesUsed(p.ImportPath, fset, files, imports)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = found
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages were found", len(all))
	}
	return all
}

// filesUsed asks the type checker in which file each name of a package is declared.
func filesUsed(name string, fset *token.FileSet, files []*ast.File, imports types.Importer) (uses, error) {
	info := types.Info{Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: imports}
	pkg, err := conf.Check(name, fset, files, &info)
	if err != nil {
		return nil, err
	}
	file := func(pos token.Pos) string { return filepath.Base(fset.Position(pos).Filename) }
	found := make(uses)
	for _, f := range files {
		found[file(f.Package)] = make(map[string]bool)
	}
	for id, used := range info.Uses {
		_, function := used.(*types.Func) // or a method, which lies in no scope
		if used.Pkg() != pkg || !function && used.Parent() != pkg.Scope() {
			continue
		}
		if by, of := file(id.Pos()), file(used.Pos()); by != of {
			found[by][of] = true
		}
	}
	return found, nil
}

// listedPackage is a package as go list shows it.
type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// list gives packages and all that they need, compiled.
func list(t *testing.T, patterns ...string) []listedPackage {
	t.Helper()
	var complaints bytes.Buffer
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}, patterns...)...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.Bytes())
	}
	var all []listedPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// exportsOf finds what the compiler wrote of packages for those that import them.
func exportsOf(listed []listedPackage) importer.Lookup {
	files := make(map[string]string, len(listed))
	for _, p := range listed {
		files[p.ImportPath] = p.Export
	}
	return func(name string) (io.ReadCloser, error) { return os.Open(files[name]) }
}
