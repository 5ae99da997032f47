package main

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"testing"
)

// Every exported name has a comment that says what it is, and every exported function and variable somebody outside of
// its package who uses it. Types and constants may be there for what uses them.
func TestHouseExportedNames(t *testing.T) {
	t.Parallel()
	h := readHouse(t)
	used := make(map[string]map[string]bool) // by package name, what others say of it
	for name, f := range h.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name != path.Base(path.Dir(name)) {
					if used[pkg.Name] == nil {
						used[pkg.Name] = make(map[string]bool)
					}
					used[pkg.Name][sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	for _, name := range h.own() {
		pkg := h.files[name].Name.Name
		check := func(id *ast.Ident, documented, forOthers bool) {
			switch at := h.fset.Position(id.Pos()); {
			case !id.IsExported():
			case !documented:
				t.Errorf("%s: %s has no comment", at, id.Name)
			case forOthers && pkg != "main" && !used[pkg][id.Name]:
				t.Errorf("%s: nobody outside of %s uses %s", at, pkg, id.Name)
			}
		}
		for _, decl := range h.files[name].Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					check(decl.Name, decl.Doc != nil, true)
				} else if receiver := root(decl.Recv.List[0].Type); ast.IsExported(receiver) && !isStandard(decl.Name.Name) {
					check(decl.Name, decl.Doc != nil, false)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						check(spec.Name, decl.Doc != nil || spec.Doc != nil, false)
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							isConst := decl.Tok == token.CONST // a list of them has one comment
							check(id, decl.Doc != nil || spec.Doc != nil || spec.Comment != nil || isConst, !isConst)
						}
					}
				}
			}
		}
	}
}

// isStandard says whether a method is one that everybody knows by its name.
func isStandard(method string) bool {
	return slices.Contains([]string{
		"String", "Error", "Unwrap", "Is", "Close", "Read", "Write", "Len", "Less", "Swap", "Push", "Pop", "Open", "Stat",
		"Name", "Size", "Mode", "ModTime", "IsDir", "Sys", "Type", "Set", "MarshalJSON", "UnmarshalJSON",
	}, method)
}
