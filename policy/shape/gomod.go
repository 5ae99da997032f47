package shape

import (
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// compareGoMod gives the differences of two go.mod (go.dev/ref/mod, "go.mod files").
func compareGoMod(old, now []byte) []change {
	b, err := modfile.Parse("go.mod", now, nil)
	if err != nil {
		return unread()
	}
	a := new(modfile.File)
	if old != nil {
		if a, err = modfile.Parse("go.mod", old, nil); err != nil {
			return unread()
		}
	}
	all := requiresGo(a, b)
	all = append(all, replacesGo(a.Replace, b.Replace)...)
	tools := make(map[string]bool)
	for _, t := range a.Tool {
		tools[t.Path] = true
	}
	for _, t := range b.Tool {
		if !tools[t.Path] {
			all = append(all, risky(t.Syntax.Start.Line, "a program that go tool runs"))
		}
	}
	settings := make(map[string]string)
	for _, g := range a.Godebug {
		settings[g.Key] = g.Value
	}
	for _, g := range b.Godebug {
		if settings[g.Key] != g.Value {
			all = append(all, risky(g.Syntax.Start.Line, "a setting that makes the program behave otherwise"))
		}
	}
	if len(a.Godebug) != len(b.Godebug) || len(a.Tool) > len(b.Tool) || !sameGo(a, b) {
		all = append(all, plain(0, "the module, or what it excludes, retracts, ignores, uses or sets"))
	}
	return append(all, toolchain(a, b)...)
}

// requiresGo compares what modules require. An indirect one comes with the version of another that needs it; alone
// it is taken for a direct one, for nothing checks the comment that says so.
func requiresGo(a, b *modfile.File) []change {
	olds := make(map[string]string)
	for _, r := range a.Require {
		olds[r.Mod.Path] = r.Mod.Version
	}
	var all []change
	var indirect []change
	bumped := false
	for _, r := range b.Require {
		line := r.Syntax.Start.Line
		old, known := olds[r.Mod.Path]
		delete(olds, r.Mod.Path)
		switch c := semver.Compare(old, r.Mod.Version); {
		case !known && r.Indirect:
			indirect = append(indirect, plain(line, "a new indirect dependency"))
		case !known:
			all = append(all, risky(line, "a new dependency"))
		case c < 0:
			bumped = true
			all = append(all, harmless(line, "a newer version of a dependency"))
		case c > 0 || old != r.Mod.Version:
			all = append(all, plain(line, "an older version of a dependency"))
		}
	}
	for i := range indirect {
		if !bumped {
			indirect[i] = risky(indirect[i].line, "a new dependency that no newer version explains")
		}
	}
	if len(olds) > 0 {
		all = append(all, plain(0, "a dependency is taken out"))
	}
	return append(all, indirect...)
}

func replacesGo(olds, nows []*modfile.Replace) []change {
	type pair struct{ old, now string }
	had := make(map[pair]bool)
	for _, r := range olds {
		had[pair{r.Old.String(), r.New.String()}] = true
	}
	var all []change
	for _, r := range nows {
		if !had[pair{r.Old.String(), r.New.String()}] {
			all = append(all, risky(r.Syntax.Start.Line, "it replaces a dependency"))
		}
	}
	if len(olds) > len(nows) {
		all = append(all, plain(0, "what replaced a dependency is taken out"))
	}
	return all
}

// sameGo tells whether what is neither required nor replaced is the same.
func sameGo(a, b *modfile.File) bool {
	if (a.Module == nil) != (b.Module == nil) || a.Module != nil && (a.Module.Mod != b.Module.Mod ||
		a.Module.Deprecated != b.Module.Deprecated) {
		return false
	}
	if len(a.Exclude) != len(b.Exclude) || len(a.Retract) != len(b.Retract) || len(a.Ignore) != len(b.Ignore) {
		return false
	}
	for i := range b.Exclude {
		if a.Exclude[i].Mod != b.Exclude[i].Mod {
			return false
		}
	}
	for i := range b.Retract {
		if a.Retract[i].VersionInterval != b.Retract[i].VersionInterval {
			return false
		}
	}
	for i := range b.Ignore {
		if a.Ignore[i].Path != b.Ignore[i].Path {
			return false
		}
	}
	return true
}

// toolchain compares the versions of the language and of the toolchain.
func toolchain(a, b *modfile.File) []change {
	var all []change
	var goA, goB, chainA, chainB string
	line := 0
	if a.Go != nil {
		goA = a.Go.Version
	}
	if b.Go != nil {
		goB, line = b.Go.Version, b.Go.Syntax.Start.Line
	}
	if a.Toolchain != nil {
		chainA = a.Toolchain.Name
	}
	if b.Toolchain != nil {
		chainB = b.Toolchain.Name
	}
	switch {
	case goA == goB:
	case newer(goA, goB):
		all = append(all, harmless(line, "a newer version of the language"))
	default:
		all = append(all, plain(line, "another version of the language"))
	}
	const prefix = "go"
	switch {
	case chainA == chainB:
	case len(chainA) > 2 && len(chainB) > 2 && chainB[:2] == prefix && newer(chainA[2:], chainB[2:]):
		all = append(all, harmless(b.Toolchain.Syntax.Start.Line, "a newer toolchain"))
	default:
		all = append(all, plain(0, "another toolchain"))
	}
	return all
}
