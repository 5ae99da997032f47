package signal

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

// npmHooks are the scripts that npm runs by itself when a package is installed or made (npm-scripts, Life Cycle
// Scripts).
var npmHooks = []string{
	"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepack", "postpack", "prepublish",
}

// composerHooks are the events of Composer at which a root package's scripts run (Composer, Scripts).
var composerHooks = []string{
	"pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd", "post-autoload-dump", "pre-autoload-dump",
	"post-root-package-install", "post-create-project-cmd", "pre-command-run", "init",
}

// harmlessHooks are commands of prepare and prepack that do what these are for.
var harmlessHooks = map[string]bool{
	"husky": true, "husky install": true, "husky || true": true, "is-ci || husky install": true, "patch-package": true,
	"ngcc": true, "tsc": true,
	"lefthook install": true, "simple-git-hooks": true, "npm run build": true, "yarn build": true,
	"yarn run build": true, "pnpm build": true,
	"pnpm run build": true, "bun run build": true, "npm run compile": true, "tsc -p .": true, "tsup": true,
	"unbuild":   true,
	"rollup -c": true, "vite build": true, "svelte-kit sync": true, "svelte-package": true, "yarn prepare": true,
	"npm run prepare":                true,
	"npm run clean && npm run build": true, "npm test": true, "yarn compile": true, "bob build": true, "run-s build": true,
	"expo-module prepare": true, "aegir build": true, "preconstruct dev": true, "manypkg check": true, "np": true,
	"skip":                true,
	"npx only-allow pnpm": true, "only-allow pnpm": true, "npx only-allow yarn": true, "": true,
}

// installHook finds commands that a package manager runs by itself: scripts of npm and Composer around an installation,
// and the classes by which setup.py changes what an installation does. Examples don't count, nor a few commands of
// prepare that everybody has, word by word.
//
// Measured: none.
func (f *file) installHook() {
	if f.test || f.made && f.name != "package.json" || strings.Contains(f.path, "node_modules/") {
		return
	}
	var find func(edit.Line) int
	switch f.name {
	case "package.json", "package.json5", "package.yaml":
		find = npmHook
	case "composer.json":
		find = f.composerHook
	case "setup.py":
		find = f.setupHook
	default:
		return
	}
	for _, l := range f.lines {
		if at := find(l); at >= 0 {
			f.hit(InstallHook, l, at, "a package manager runs this by itself")
		}
	}
}

// npmHook finds a hook's key, alone or with a value that isn't harmless.
func npmHook(l edit.Line) int {
	b := plainJSON(l.Text)
	for _, name := range npmHooks {
		at, value := member(b, name)
		if at < 0 {
			continue
		}
		if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			if len(value) == 0 {
				return at
			}
			continue
		}
		if !harmlessHook(name, string(bytes.Trim(value, "\"'"))) {
			return at
		}
	}
	return -1
}

// harmlessHook says whether a command does what everybody has it do: set up Git's hooks, patch, build before packing.
func harmlessHook(name, command string) bool {
	if strings.Contains(name, "install") {
		switch command {
		case "", "husky", "husky install", "simple-git-hooks", "lefthook install", "patch-package", "ngcc",
			"npx only-allow pnpm", "npx only-allow yarn", "only-allow pnpm":
			return true
		}
		return false
	}
	return harmlessHooks[command]
}

// member gives where a JSON key stands and its value on the same line, whole or its beginning; -1 if it isn't there.
func member(b []byte, name string) (at int, value []byte) {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(name))
		if i < 0 {
			return -1, nil
		}
		i += from
		from = i + 1
		end := i + len(name)
		if i == 0 || end >= len(b) || b[end] != b[i-1] || b[end] != '"' && b[end] != '\'' {
			continue
		}
		rest := bytes.TrimLeft(b[end+1:], " \t\r")
		if len(rest) == 0 {
			return i, nil
		}
		if rest[0] == ':' {
			return i, bytes.TrimRight(bytes.TrimLeft(rest[1:], " \t\r"), " \t\r,}")
		}
	}
}

// plainJSON resolves \u escapes of ASCII, by which a key could be written otherwise (RFC 8259, 7).
func plainJSON(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if bytes.HasPrefix(b[i:], []byte("\\u00")) && i+5 < len(b) && isHex(b[i+4]) && isHex(b[i+5]) {
			out = append(out, digit(b[i+4])<<4|digit(b[i+5]))
			i += 5
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// composerHook finds an event's key, or a command in an event's list, but for methods of the project's own classes and
// scripts of its framework.
func (f *file) composerHook(l edit.Line) int {
	b := plainJSON(l.Text)
	for _, name := range composerHooks {
		at, value := member(b, name)
		if at < 0 {
			continue
		}
		if len(value) > 0 && (value[0] == '{' || value[0] == '[' && len(value) == 1) || harmlessComposer(value) {
			continue
		}
		return at
	}
	text := bytes.TrimRight(trimBlanks(b), ",")
	if len(text) < 2 || text[0] != '"' || bytes.Contains(text, []byte("\":")) || harmlessComposer(text) {
		return -1
	}
	for n := l.Number - 1; n > 0 && n > l.Number-20; n-- {
		above := bytes.TrimRight(f.line(n), " \t\r")
		if !bytes.HasSuffix(above, []byte("[")) {
			continue
		}
		for _, name := range composerHooks {
			if at, _ := member(above, name); at >= 0 {
				return 0
			}
		}
		return -1
	}
	return -1
}

func harmlessComposer(value []byte) bool {
	text := strings.Trim(string(value), " \"[]")
	if strings.ContainsAny(text, "|;&$`><") {
		return false
	}
	return strings.HasPrefix(text, "@") || strings.Contains(text, "::") && !strings.Contains(text, " ") || text == ""
}

// setupHook finds classes that change what setup.py does when a package is installed.
func (f *file) setupHook(l edit.Line) int {
	b := trimBlanks(l.Text)
	if bytes.HasPrefix(b, []byte("class ")) && bytes.IndexByte(b, '(') > 0 {
		for _, name := range []string{"install", "develop", "egg_info"} {
			if mentions(b[bytes.IndexByte(b, '('):], name) {
				return 0
			}
		}
	}
	if anyFold(b, "\"install\"", "'install'", "\"develop\"", "'develop'", "egg_info", "install=") {
		return bytes.Index(b, []byte("cmdclass"))
	}
	return -1
}
