package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"countersign/policy"
)

// These tests keep the rules of the house: who may import whom, what nobody may call, and what every
// file must be. A rule that no longer fits is changed here, with its reason.

// rooms says which of our packages, and which modules, a package's own code may import.
var rooms = map[string]struct{ ours, modules []string }{
	".": {ours: []string{"cli"}},
	// pflag has the types of what cobra's flags take; ssh has an agent's protocol.
	"cli":  {ours: []string{"hook", "gate", "gate/attest", "gate/audit", "gate/draft", "gate/keyring", "gate/record", "gate/refstate", "gate/review", "gate/shared", "gate/tarball", "gate/ticket", "gate/verified", "internal/archive", "internal/intoto", "internal/regular", "internal/replace", "report", "install", "policy", "journal", "journal/merkle", "journal/otlp", "history", "verify", "docs", "report/page"}, modules: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/crypto/ssh", "golang.org/x/mod/sumdb/note"}},
	"hook": {ours: []string{"gate", "gate/record", "gate/ticket", "history", "internal/refname"}}, // for their words: Request, Pusher, Move, RefUpdate
	"gate": {ours: []string{"gate/attest", "gate/audit", "gate/certificate", "gate/earned", "gate/inforce", "gate/lineage", "gate/record", "gate/refstate", "gate/review", "gate/settle", "gate/site", "gate/tag", "gate/tenure", "gate/ticket", "gate/translog", "gate/walk", "history", "verify", "policy", "internal/refname"}},
	// Parts of the gate. None knows the gate. From the top down: what judges history that has landed,
	"gate/audit": {ours: []string{"gate/attest", "gate/earned", "gate/inforce", "gate/lineage", "gate/settle", "gate/site", "gate/tag", "gate/verified", "gate/walk", "history", "policy", "verify"}},
	// what pushes and auditors both ask, of the repository that both share,
	"gate/settle": {ours: []string{"gate/attest", "gate/inforce", "gate/site", "gate/walk", "history", "policy", "verify"}},
	"gate/earned": {ours: []string{"gate/kept", "gate/lineage", "gate/site", "gate/tenure", "gate/walk", "history", "policy", "verify"}},
	"gate/site":   {ours: []string{"gate/inforce", "gate/kept", "gate/lineage", "gate/refstate", "gate/tenure", "gate/walk", "history", "policy"}},
	// how landings and tags become facts, by the policy in force,
	"gate/tag":     {ours: []string{"gate/inforce", "gate/walk", "history", "policy", "verify"}},
	"gate/walk":    {ours: []string{"gate/inforce", "gate/lineage", "history", "policy", "verify"}},
	"gate/inforce": {ours: []string{"gate/keyring", "gate/lineage", "history", "policy", "verify"}},
	"gate/lineage": {ours: []string{"history"}},
	// and what knows only the rooms below the gate, the words of a record and the modes of files.
	"gate/attest":         {ours: []string{"history", "policy", "verify"}}, // verify for its word: Arrival
	"gate/certificate":    {ours: []string{"history"}},
	"gate/draft":          {ours: []string{"history", "verify"}, modules: []string{"github.com/BurntSushi/toml"}},
	"gate/kept":           {ours: []string{"gate/shared", "policy"}},
	"gate/keyring":        {ours: []string{"policy", "verify"}}, // which don't know each other
	"gate/record":         {ours: []string{"policy"}},
	"gate/refstate":       {ours: []string{"gate/record", "history", "policy"}},
	"gate/review":         {ours: []string{"gate/shared", "policy"}},
	"gate/shared":         {ours: []string{"internal/replace"}},
	"gate/tarball":        {ours: []string{"history", "internal/archive", "policy"}},
	"gate/tenure":         {ours: []string{"gate/shared", "policy"}},
	"gate/ticket":         {ours: []string{"gate/shared"}},
	"gate/translog":       {},
	"gate/verified":       {},
	"report":              {ours: []string{"docs", "policy"}},
	"report/page":         {ours: []string{"policy", "report"}},
	"install":             {ours: []string{"history"}},
	"internal/intoto":     {modules: []string{"golang.org/x/crypto/ssh"}}, // keys as ssh-keygen writes them
	"internal/archive":    {modules: []string{"github.com/klauspost/compress/zstd", "github.com/mikelolasagasti/xz", "golang.org/x/text/unicode/norm"}},
	"internal/refname":    {},                                                        // Git's rules for names, which are nobody's opinion: several rooms ask them
	"internal/objectid":   {},                                                        // the names of Git's objects
	"internal/regular":    {},                                                        // files that are neither pipes nor devices
	"internal/replace":    {},                                                        // files that take their place whole
	"internal/varint":     {},                                                        // numbers of variable length in Git's files
	"history/commitgraph": {ours: []string{"internal/objectid", "internal/regular"}}, // how deep commits lie, from Git's own files
	// SHA-1 that detects collisions, as git's does
	"history/odb":      {ours: []string{"internal/objectid", "internal/regular", "internal/varint"}, modules: []string{"github.com/pjbgf/sha1cd"}},
	"history/reftable": {ours: []string{"internal/regular", "internal/varint"}}, // whether all refs of one can be read
	"history":          {ours: []string{"history/commitgraph", "history/odb", "history/reftable", "internal/objectid", "internal/refname", "internal/regular"}, modules: []string{"github.com/go-git/go-git/v5"}},
	"verify":           {modules: []string{"github.com/ProtonMail/go-crypto", "golang.org/x/crypto", "github.com/hiddeco/sshsig", "golang.org/x/mod/sumdb"}}, // sumdb: proofs and checkpoints of Rekor's, which are those of Go's own log
	"policy":           {ours: []string{"internal/refname", "policy/content", "policy/edit", "policy/shape", "policy/signal"}, modules: []string{"github.com/BurntSushi/toml", "github.com/bmatcuk/doublestar/v4", "golang.org/x/text/unicode/norm"}},
	"policy/edit":      {},
	"policy/shape":     {ours: []string{"policy/edit"}, modules: []string{"github.com/BurntSushi/toml", "golang.org/x/mod"}},
	"policy/signal":    {ours: []string{"policy/edit"}},
	"policy/content":   {ours: []string{"policy/edit"}, modules: []string{"github.com/gabriel-vasile/mimetype"}},
	"journal":          {},
	// Merkle trees and signed notes, as Go's own log has them.
	"journal/otlp":   {},
	"journal/merkle": {ours: []string{"internal/replace"}, modules: []string{"golang.org/x/mod/sumdb"}},
	"docs":           {},
}

// pure packages decide or translate: what they give depends on what they are given alone.
var pure = []string{"gate/certificate", "gate/verified", "hook", "policy", "internal/archive", "internal/intoto", "internal/refname", "policy/content", "policy/edit", "policy/shape", "policy/signal", "report", "report/page", "verify"}

// impure is what a pure package must not import.
var impure = []string{"os", "os/exec", "os/signal", "net", "net/http", "context", "syscall", "time/tzdata"}

// onlyIn names what only some files may import, and why.
var onlyIn = map[string][]string{
	// One wall to Git; user.go runs what a user asked for, as themselves.
	"os/exec": {"history/git.go", "history/user.go"},
	// Two walls to the network: only a policy with transparency = "online" leads through the one, and only log export,
	// which no hook runs, through the other. An ssh-agent answers on a socket of this machine.
	"net":      {"gate/translog/translog.go", "cli/attest_agent.go"},
	"net/http": {"gate/translog/translog.go", "journal/otlp/client.go"},
}

// requirements are the modules that go.mod may require directly, those of tests included.
var requirements = []string{
	"github.com/BurntSushi/toml", "github.com/ProtonMail/go-crypto", "github.com/bmatcuk/doublestar/v4",
	"github.com/gabriel-vasile/mimetype", "github.com/go-git/go-git/v5", "github.com/google/go-cmp", "github.com/hiddeco/sshsig",
	"github.com/klauspost/compress", "github.com/mikelolasagasti/xz",
	"github.com/pjbgf/sha1cd", "github.com/rogpeppe/go-internal", "github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/spf13/cobra", "github.com/spf13/pflag",
	"golang.org/x/crypto", "golang.org/x/mod", "golang.org/x/net", "golang.org/x/text", "pgregory.net/rapid",
}

// oracles are the modules that verify/oracle/go.mod may require directly: what the verdicts on X.509 and attestations
// are compared with.
var oracles = []string{
	"countersign", "github.com/github/smimesign", "github.com/in-toto/attestation",
	"github.com/secure-systems-lab/go-securesystemslib", "github.com/sigstore/gitsign", "github.com/sigstore/protobuf-specs",
	"github.com/sigstore/sigstore-go", "golang.org/x/crypto", "google.golang.org/protobuf",
}

// decoders are the modules that journal/otlp/oracle/go.mod may require directly: OpenTelemetry's own types decode what
// is sent.
var decoders = []string{"countersign", "go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf"}

// forTests are packages that only tests import, which TestHouseImports sees to. What holds for tests holds for them.
var forTests = []string{"verify/internal/corpus"} // the signed objects of verify and of verify/oracle, a module of its own

// longFiles may be longer than maxLines, each for a reason.
var longFiles = map[string]string{}

const (
	maxLines   = 400
	maxColumns = 120 // of a line of Go
)

// processOnly is what main alone may touch of the process; everybody else is handed what they need.
var processOnly = map[string][]string{
	"os":   {"Exit", "Args", "Stdin", "Stdout", "Stderr", "Getenv", "LookupEnv"},
	"time": {"Now", "Since", "Until", "Sleep"},
	"log":  {"Fatal", "Fatalf", "Fatalln", "Print", "Printf", "Println"},
}

// house is all Go code of both modules.
type house struct {
	fset  *token.FileSet
	files map[string]*ast.File // by path from the root, with slashes
	text  map[string][]byte
}

func readHouse(t *testing.T) house {
	t.Helper()
	h := house{fset: token.NewFileSet(), files: make(map[string]*ast.File), text: make(map[string][]byte)}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		slashed := filepath.ToSlash(name)
		if h.text[slashed], err = os.ReadFile(name); err != nil {
			return err
		}
		h.files[slashed], err = parser.ParseFile(h.fset, slashed, h.text[slashed], parser.ParseComments|parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.files) < 20 {
		t.Fatalf("only %d files were found", len(h.files))
	}
	return h
}

// own gives the files that aren't tests, in order.
func (h house) own() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		if !strings.HasSuffix(name, "_test.go") && !slices.Contains(forTests, path.Dir(name)) {
			names = append(names, name)
		}
	}
	return names
}

func imports(f *ast.File) []string {
	var paths []string
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func TestHouseImports(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	for _, name := range h.own() {
		room, known := rooms[path.Dir(name)]
		if !known {
			t.Errorf("%s: the house has no room %s", name, path.Dir(name))
		}
		for _, p := range imports(h.files[name]) {
			ours, isOurs := strings.CutPrefix(p, "countersign/")
			host, _, _ := strings.Cut(p, "/")
			switch {
			case isOurs && !slices.Contains(room.ours, ours):
				t.Errorf("%s: %s may not import %s", name, path.Dir(name), ours)
			case !isOurs && strings.Contains(host, ".") && !slices.ContainsFunc(room.modules, func(m string) bool { return p == m || strings.HasPrefix(p, m+"/") }):
				t.Errorf("%s: %s may not import %s", name, path.Dir(name), p)
			case slices.Contains(pure, path.Dir(name)) && slices.Contains(impure, p):
				t.Errorf("%s: %s is pure and may not import %s", name, path.Dir(name), p)
			case onlyIn[p] != nil && !slices.Contains(onlyIn[p], name):
				t.Errorf("%s: only %s may import %s", name, strings.Join(onlyIn[p], " and "), p)
			case path.Dir(name) == "history" && strings.Contains(p, "go-git") && !strings.HasPrefix(path.Base(name), "gogit"):
				t.Errorf("%s: only the second reader, gogit*.go, may import %s", name, p)
			}
		}
	}
}

func TestHouseRequirements(t *testing.T) {
	t.Parallel()
	for file, list := range map[string][]string{
		"go.mod": requirements, "verify/oracle/go.mod": oracles, "journal/otlp/oracle/go.mod": decoders,
	} {
		mod, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(mod) {
			fields := strings.Fields(string(line))
			if len(fields) > 0 && fields[0] == "require" {
				fields = fields[1:]
			}
			if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") { // an indirect one has a comment
				continue
			}
			if !slices.Contains(list, fields[0]) {
				t.Errorf("%s requires %s, which is not on the list", file, fields[0])
			}
		}
	}
}

// Whatever a function needs of its process it is handed: streams, arguments, environment and clock.
func TestHouseProcess(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	for _, name := range h.own() {
		room := path.Dir(name)
		ast.Inspect(h.files[name], func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok || !slices.Contains(processOnly[pkg.Name], sel.Sel.Name) {
				return true
			}
			if room != "." {
				t.Errorf("%s: %s.%s is for main", h.fset.Position(n.Pos()), pkg.Name, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestHouseFunctionsAndVariables(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	vars := make(map[string]map[string]bool) // package-level variables of each folder
	for _, name := range h.own() {
		for _, decl := range h.files[name].Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					if vars[path.Dir(name)] == nil {
						vars[path.Dir(name)] = make(map[string]bool)
					}
					vars[path.Dir(name)][id.Name] = true
				}
			}
		}
	}
	for _, name := range h.own() {
		for _, decl := range h.files[name].Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: an init function works behind everybody's back", h.fset.Position(fn.Pos()))
			}
			for _, at := range changes(fn, vars[path.Dir(name)]) {
				t.Errorf("%s: a package's variable is changed", h.fset.Position(at))
			}
		}
	}
}

// changes finds where a function assigns to one of the variables. A name that the function declares
// anywhere is taken for its own.
func changes(fn *ast.FuncDecl, vars map[string]bool) []token.Pos {
	declared := make(map[string]bool)
	declare := func(list *ast.FieldList) {
		if list == nil {
			return
		}
		for _, field := range list.List {
			for _, id := range field.Names {
				declared[id.Name] = true
			}
		}
	}
	declare(fn.Recv)
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			declare(n.Params)
			declare(n.Results)
		case *ast.ValueSpec:
			for _, id := range n.Names {
				declared[id.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, left := range n.Lhs {
					declared[root(left)] = true
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				declared[root(n.Key)], declared[root(n.Value)] = true, true
			}
		}
		return true
	})
	var found []token.Pos
	assigned := func(e ast.Expr) {
		if name := root(e); vars[name] && !declared[name] {
			found = append(found, e.Pos())
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				assigned(left)
			}
		case *ast.IncDecStmt:
			assigned(n.X)
		}
		return true
	})
	return found
}

// root gives the name that an expression such as x.y[i] begins with.
func root(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	default:
		return ""
	}
}

func TestHouseFindsAChangedVariable(t *testing.T) {
	t.Parallel()
	const src = `package p
var table = map[string]int{}
var n int
func changesMap() { table["x"] = 1 }
func changesInt() { n++ }
func shadows(n int) { n++; table := 1; table = 2; _ = table }
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, decl := range f.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			got[fn.Name.Name] = len(changes(fn, map[string]bool{"table": true, "n": true}))
		}
	}
	if want := map[string]int{"changesMap": 1, "changesInt": 1, "shadows": 0}; !maps.Equal(got, want) {
		t.Errorf("changes found: %v, want %v", got, want)
	}
}

func TestHouseFiles(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	// Written apart, or this file would break its own rule.
	loose := regexp.MustCompile(`\bt\.Sk` + `ip|\bb\.Sk` + `ip|time\.Sl` + `eep|TO` + `DO|FIX` + `ME|\bXX` + `X\b`)
	for name, text := range h.text {
		if lines := bytes.Count(text, []byte("\n")); lines > maxLines && !strings.HasSuffix(name, "_test.go") && longFiles[name] == "" {
			t.Errorf("%s: %d lines: a file of more than %d is more than one thing", name, lines, maxLines)
		}
		if at := loose.Find(text); at != nil {
			t.Errorf("%s: %s: a loose end, a skipped test or a sleep", name, at)
		}
	}
	for _, name := range h.own() {
		if path.Base(name) == "util.go" || path.Base(name) == "helper.go" {
			t.Errorf("%s: a file is named after what it holds", name)
		}
	}
	for folder := range rooms {
		if !slices.ContainsFunc(h.own(), func(name string) bool { return path.Dir(name) == folder && h.files[name].Doc != nil }) {
			t.Errorf("%s: the package has no comment", folder)
		}
	}
}

// What lies beside the rooms is known by name, so that nothing stays there by mistake.
func TestHouseTopLevel(t *testing.T) {
	t.Parallel()
	known := []string{
		".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "demo", "go.mod", "go.sum", "main.go",
		"policy.example.toml", "test",
		".git", "countersign", // a linked worktree's, and what go build writes
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		built := path.Ext(e.Name()) == ".test"
		if !e.IsDir() && !built && !strings.HasSuffix(e.Name(), "_test.go") && !slices.Contains(known, e.Name()) {
			t.Errorf("%s: a file that belongs to no room: move or delete it, or name it here", e.Name())
		}
	}
}

// Lines of Go fit on a screen. What a text in back quotes holds is for another reader.
func TestHouseLinesAreShort(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	for name, f := range h.files {
		if !strings.Contains(name, "/") && strings.HasSuffix(name, "_test.go") {
			continue // the tests of the whole have tables
		}
		quoted := make(map[int]bool)
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, "`") && strings.Contains(lit.Value, "\n") {
				for line := h.fset.Position(lit.Pos()).Line; line <= h.fset.Position(lit.End()).Line; line++ {
					quoted[line] = true
				}
			}
			return true
		})
		line := 0
		for text := range strings.Lines(string(h.text[name])) {
			if line++; !quoted[line] && utf8.RuneCountInString(strings.TrimSuffix(text, "\n")) > maxColumns {
				t.Errorf("%s:%d: more than %d columns", name, line, maxColumns)
			}
		}
	}
}

// Every code that package policy declares is on its list.
func TestHouseCodesAreListed(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	for _, decl := range h.files["policy/code.go"].Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if typ, isName := value.Type.(*ast.Ident); !ok || !isName || typ.Name != "Code" {
				continue
			}
			for _, v := range value.Values {
				code, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil || !slices.Contains(policy.Codes(), policy.Code(code)) {
					t.Errorf("policy.Codes lacks %s", code)
				}
			}
		}
	}
}

// A session names each code, and one does what is advised there; see advice_test.go.
func TestHouseCodesHaveSessions(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, name := range names {
		session, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, session...)
	}
	for _, code := range policy.Codes() {
		if !bytes.Contains(all, []byte(code)) {
			t.Errorf("no session names %s", code)
		}
		if !regexp.MustCompile(`\n(! )?advised [a-z]+ ` + string(code) + " ").Match(all) {
			t.Errorf("no session does what is advised about %s", code)
		}
	}
}

// docs/model.md names the test of each rule.
func TestModelNamesTests(t *testing.T) {
	text, err := os.ReadFile("docs/model.md")
	if err != nil {
		t.Fatal(err)
	}
	code := string(bytes.Join(slices.Collect(maps.Values(readHouse(t).text)), nil))
	named := 0
	for _, m := range regexp.MustCompile("`([a-z-]+|Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1) {
		switch name := m[1]; {
		case !strings.HasPrefix(name, "Test"):
			if _, err := os.Stat("testdata/script/" + name + ".txtar"); err != nil {
				t.Errorf("docs/model.md names the session %s: %v", name, err)
			}
			named++
		case !strings.Contains(code, "func "+name+"("):
			t.Errorf("docs/model.md names %s, which is no test", name)
		}
	}
	if named < 30 {
		t.Errorf("docs/model.md names %d sessions", named)
	}
	attacks, err := filepath.Glob("testdata/script/attack-*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range attacks {
		if name := strings.TrimSuffix(filepath.Base(file), ".txtar"); !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/model.md names no rule that the session %s is for", name)
		}
	}
}

// What cli prints goes through a printer of package report, which escapes it, or through report's own listings.
func TestHouseOutput(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	streams := []string{"Stdout", "Stderr", "OutOrStdout", "OutOrStderr", "ErrOrStderr"}
	for _, name := range h.own() {
		switch name {
		case "cli/cli.go", "cli/root.go", "cli/output.go": // which hand the streams to printers, and to cobra
			continue
		}
		if path.Dir(name) != "cli" {
			continue
		}
		if name == "cli/pager.go" { // whose pager shows what package report has made visible
			continue
		}
		shown := make(map[ast.Expr]bool) // what is handed to package report
		ast.Inspect(h.files[name], func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if called(n, "report", "") {
					for _, arg := range n.Args {
						shown[arg] = true
					}
				}
				if called(n, "cmd", "Print") || called(n, "fmt", "Print") || called(n, "fmt", "Fprint") {
					t.Errorf("%s: print by a report.Printer", h.fset.Position(n.Pos()))
				}
				// The documentation's texts are many; all others stand in a format.
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Own" && name != "cli/explain.go" {
					t.Errorf("%s: only explain prints text as it is", h.fset.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				if slices.Contains(streams, n.Sel.Name) && !shown[n] {
					t.Errorf("%s: only package report writes to %s", h.fset.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}

// called says whether a call is of a function whose name begins so, of a package or on a variable of that name.
func called(call *ast.CallExpr, of, prefix string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == of && strings.HasPrefix(sel.Sel.Name, prefix)
}

// docs/architecture.md names files that exist, functions of policy that exist, and who may import whom.
func TestHouseIsAsDrawn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`([a-z_/]+\\.(?:go|md))`").FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("docs/architecture.md: %v", err)
		}
		named++
	}
	if named < 30 {
		t.Errorf("docs/architecture.md names %d files", named)
	}
	code := string(bytes.Join(slices.Collect(maps.Values(readHouse(t).text)), nil))
	for _, m := range regexp.MustCompile("`(Judge[A-Za-z]*)`").FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(code, "func (p *Policy) "+m[1]+"(") {
			t.Errorf("docs/architecture.md: policy has no function %s", m[1])
		}
	}
	quoted := regexp.MustCompile("`([a-z/]+)`")
	drawn := map[string]bool{".": true, "cli": true} // which import all that they like
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([^|]+) \\|$").FindAllStringSubmatch(string(text), -1) {
		var ours []string
		for _, m := range quoted.FindAllStringSubmatch(row[2], -1) {
			ours = append(ours, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(row[1], -1) {
			if drawn[m[1]] {
				continue
			}
			drawn[m[1]] = true
			want := slices.Sorted(slices.Values(rooms[m[1]].ours))
			if got := slices.Sorted(slices.Values(ours)); !slices.Equal(got, want) {
				t.Errorf("docs/architecture.md: %s may import %v, the test says %v", m[1], got, want)
			}
		}
	}
	for room := range rooms {
		if !drawn[room] {
			t.Errorf("docs/architecture.md doesn't say what %s may import", room)
		}
	}
}
