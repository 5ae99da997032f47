package shape

import (
	"strings"
	"testing"
)

// bumps are lockfiles with a package a at version 1.2.3 and one b at 2.0.0, and what stands where a newer version
// would be written.
type bumps map[string]struct{ path, text, from, to string }

func lockfiles() bumps {
	return bumps{
		"npm": {"package-lock.json", `{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {
"": {"name": "x", "version": "1.0.0", "dependencies": {"a": "^1.0.0"}},
"node_modules/a": {"version": "1.2.3", 
  "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz", "integrity": "sha512-OLD"},
"node_modules/b": {"version": "2.0.0", 
  "resolved": "https://registry.npmjs.org/b/-/b-2.0.0.tgz", "integrity": "sha512-BBB"}
}}`, "1.2.3", "OLD"},
		"yarn": {"yarn.lock", `# yarn lockfile v1


a@^1.0.0:
  version "1.2.3"
  resolved "https://registry.yarnpkg.com/a/-/a-1.2.3.tgz#0123"
  integrity sha512-OLD
  dependencies:
    b "^2.0.0"

b@^2.0.0:
  version "2.0.0"
  resolved "https://registry.yarnpkg.com/b/-/b-2.0.0.tgz#4567"
  integrity sha512-BBB
`, "1.2.3", "OLD"},
		"berry": {"yarn.lock", `__metadata:
  version: 8

"a@npm:^1.0.0":
  version: 1.2.3
  resolution: "a@npm:1.2.3"
  checksum: 10/OLD
  languageName: node
  linkType: hard

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  checksum: 10/BBB
  languageName: node
  linkType: hard
`, "1.2.3", "OLD"},
		"pnpm": {"pnpm-lock.yaml", `lockfileVersion: '9.0'

importers:
  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.3

packages:

  a@1.2.3:
    resolution: {integrity: sha512-OLD}
    engines: {node: '>=6'}

  b@2.0.0:
    resolution: {integrity: sha512-BBB}

snapshots:

  a@1.2.3:
    dependencies:
      b: 2.0.0

  b@2.0.0: {}
`, "1.2.3", "OLD"},
		"cargo": {"Cargo.lock", `version = 3

[[package]]
name = "a"
version = "1.2.3"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "OLD"
dependencies = ["b"]

[[package]]
name = "b"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "BBB"
`, "1.2.3", "OLD"},
		"poetry": {"poetry.lock", `[[package]]
name = "a"
version = "1.2.3"
files = [{file = "a-1.2.3.tar.gz", hash = "sha256:OLD"}]

[[package]]
name = "b"
version = "2.0.0"
files = [{file = "b-2.0.0.tar.gz", hash = "sha256:BBB"}]
`, "1.2.3", "OLD"},
		"uv": {"uv.lock", `version = 1

[[package]]
name = "a"
version = "1.2.3"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/a-1.2.3.tar.gz", hash = "sha256:OLD" }

[[package]]
name = "b"
version = "2.0.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/b-2.0.0.tar.gz", hash = "sha256:BBB" }
`, "1.2.3", "OLD"},
		"pipenv": {"Pipfile.lock", `{"_meta": {"hash": {"sha256": "x"}, "sources": []}, "default": {
"a": {"hashes": ["sha256:OLD"], "index": "pypi", "version": "==1.2.3"},
"b": {"hashes": ["sha256:BBB"], "version": "==2.0.0"}}}`, "1.2.3", "OLD"},
		"bundler": {"Gemfile.lock", `GEM
  remote: https://rubygems.org/
  specs:
    a (1.2.3)
      b (>= 1)
    b (2.0.0)

PLATFORMS
  ruby

DEPENDENCIES
  a (~> 1.0)

CHECKSUMS
  a (1.2.3) sha256=OLD
  b (2.0.0) sha256=BBB

BUNDLED WITH
   2.5.0
`, "1.2.3", "OLD"},
		"composer": {"composer.lock", `{"content-hash": "x", "packages": [
{"name": "x/a", "version": "1.2.3", "source": {"type": "git", "url": "https://github.com/x/a.git", "reference": "OLD"},
 "dist": {"type": "zip", "url": "https://api.github.com/repos/x/a/zipball/OLD", "reference": "OLD"}, "type": "library"},
{"name": "x/b", "version": "2.0.0", "source": {"type": "git", "url": "https://github.com/x/b.git", "reference": "BBB"},
 "dist": {"type": "zip", "url": "https://api.github.com/repos/x/b/zipball/BBB", "reference": "BBB"}, "type": "library"}
], "packages-dev": []}`, "1.2.3", "OLD"},
		"go": {"go.sum", "x.test/a v1.2.3 h1:OLD=\nx.test/b v2.0.0 h1:BBB=\n", "1.2.3", "OLD"},
	}
}

func TestLockfiles(t *testing.T) {
	for name, l := range lockfiles() {
		version := func(to string) string { return replaceAll(l.text, l.from, to) }
		hash := func(s string) string { return replaceAll(s, l.to, "NEW") }
		other := replaceAll(replaceAll(replaceAll(l.text, "b", "bb"), "hubb", "hub"), "zipbb", "zipb")
		edits{
			name + ": newer, with its hash":     {l.path, l.text, hash(version("1.3.0")), Harmless},
			name + ": the same":                 {l.path, l.text, l.text, Harmless},
			name + ": another name, same hash":  {l.path, l.text, other, Plain},
			name + ": not what it was":          {l.path, l.text, l.text + "\x01", Plain},
			name + ": a lockfile of the future": {l.path, l.text, "{}", Plain},
		}.check(t)
		for _, host := range []string{"registry.npmjs.org", "registry.yarnpkg.com", "//github.com"} {
			if strings.Contains(l.text, host) {
				edits{
					name + ": from elsewhere": {l.path, l.text, replaceAll(l.text, host, "//x.test"), Risky},
				}.check(t)
			}
		}
		if name == "go" { // go.mod says which version counts
			continue
		}
		if got := of(l.path, [][]byte{[]byte(l.text)}, []byte(hash(version("1.1.0")))); got != Plain {
			t.Errorf("%s: an older version is %s", name, got)
		}
	}
}

// A lock file names what it fetches by its address: another package's address, a link in its place, a weaker hash.
func TestLockOfAnotherName(t *testing.T) {
	const path, old = "package-lock.json", `{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1.0.0"}},
"node_modules/a": {"version": "1.2.3", "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz", "integrity": "sha512-A"}
}}`
	const bumped = `"version": "1.3.0", "resolved": "https://registry.npmjs.org/a/-/a-1.3.0.tgz"`
	const was = `"version": "1.2.3", "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz"`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	more := func(entry string) string { return `, "integrity": "sha512-A"},` + "\n" + entry }
	alias := `"node_modules/c": {"name": "d", "version": "1.0.0",
"resolved": "https://registry.npmjs.org/d/-/d-1.0.0.tgz", "integrity": "sha512-D"}`
	edits{
		"newer": {path, old, with(was, bumped), Harmless},
		"newer, of another name": {
			path, old,
			with(was, `"version": "1.3.0", "resolved": "https://registry.npmjs.org/b/-/b-1.3.0.tgz"`), Risky,
		},
		"an alias": {
			path, old,
			with(was, `"name": "b", "version": "1.3.0", "resolved": "https://registry.npmjs.org/b/-/b-1.3.0.tgz"`), Risky,
		},
		"a weaker hash": {path, old, with("sha512-A", "sha1-A"), Risky},
		"a new alias":   {path, old, with(`, "integrity": "sha512-A"}`, more(alias)), Plain},
	}.check(t)
}

// Another hash of the same version is what no honest tool writes, where a version has one hash.
func TestLockfilesWithAnotherHash(t *testing.T) {
	for name, l := range lockfiles() {
		want := Risky
		switch name {
		case "poetry", "uv", "pipenv", "composer": // where files may be added to a version
			want = Plain
		}
		if got := of(l.path, [][]byte{[]byte(l.text)}, []byte(replaceAll(l.text, l.to, "ZZZ"))); got != want {
			t.Errorf("%s: another hash is %s, want %s", name, got, want)
		}
	}
}

func TestLockfilesFromElsewhere(t *testing.T) {
	all := lockfiles()
	for name, hosts := range map[string][][2]string{
		"npm": {
			{"https://registry.npmjs.org/a/-/a-", "https://evil.test/a/-/a-"},
			{"https://registry.npmjs.org/a/-/a-", "http://registry.npmjs.org/a/-/a-"},
			{"https://registry.npmjs.org/a/-/a-", "https://registry.npmjs.org/evil/-/a-"},
			{"https://registry.npmjs.org/a/-/a-", "git+ssh://x.test/a/-/a-"},
			{`"integrity": "sha512-OLD"`, `"integrity": "sha512-OLD", "hasInstallScript": true`},
			{`, "integrity": "sha512-OLD"`, ""},
			{`"integrity": "sha512-OLD"`, `"integrity": "sha1-OLD"`},
			{`"integrity": "sha512-OLD"`, `"integrity": "sha512-OLD", "bin": {"ls": "x"}`},
		},
		"yarn": {
			{"https://registry.yarnpkg.com/a/-/a-", "https://evil.test/a/-/a-"},
			{"a@^1.0.0:", "a@https://evil.test/a:"},
			{"  integrity sha512-OLD\n", ""},
		},
		"berry": {{`"a@npm:1.2.3"`, `"b@npm:1.2.3"`}, {`"a@npm:^1.0.0"`, `"a@https://evil.test"`}},
		"pnpm": {
			{"{integrity: sha512-OLD}", "{integrity: sha512-OLD, tarball: https://evil.test}"},
			{"    dependencies:\n      b: 2.0.0", "    dependencies:\n      b: x@2.0.0"},
			{"version: 1.2.3", "version: link:../a"},
			{"      a:\n        spec", "      c:\n        spec"},
		},
		"cargo": {{
			"\"1.2.3\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"",
			"\"1.2.3\"\nsource = \"git+https://evil.test\"",
		}},
		"uv":      {{"https://files.pythonhosted.org/a-", "https://evil.test/a-"}, {"org/a-1.2.3.tar", "org/evil-1.2.3.tar"}},
		"bundler": {{"https://rubygems.org/", "https://evil.test/"}, {"  a (~> 1.0)", "  a (~> 1.0)!"}},
		"composer": {
			{"https://github.com/x/a.git", "https://evil.test/x/a.git"},
			{"https://api.github.com/repos/x/a", "https://evil.test/x/a"},
			{"https://api.github.com/repos/x/a", "https://api.github.com/repos/y/a"},
		},
	} {
		for _, pair := range hosts {
			now := replaceAll(replaceAll(replaceOnce(t, all[name].text, pair[0], pair[1]), "1.2.3", "1.3.0"), "OLD", "NEW")
			if got := of(all[name].path, [][]byte{[]byte(all[name].text)}, []byte(now)); got == Harmless {
				t.Errorf("%s: %q for %q is harmless", name, pair[1], pair[0])
			}
		}
	}
}
