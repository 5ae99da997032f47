package shape

import "testing"

// What a kind of file names is a dependency that the text before doesn't have, or an address.
func TestNewNames(t *testing.T) {
	for name, c := range map[string]struct {
		path, old        string
		risky, plain     []string // what is added at the end
		within, harmless string   // or put in place of the word HERE: risky, and not
	}{
		"setup.py": {
			path: "setup.py", old: "from setuptools import setup\nsetup(\n    name='a',\n    install_requires=['b'],HERE\n)\n",
			within: "\n    extras_require={\n        'x': ['evil==1'],\n    },", harmless: "\n    packages=['c'],",
		},
		"a list of setup.py": {
			path: "setup.py", old: "setup(\n    install_requires=[\n        'b>=1',HERE\n    ],\n)\n",
			within: "\n        'evil',", harmless: "\n        'b>=1',",
		},
		"a list beside it": {
			path: "setup.py", old: "requirements = ['a',HERE]\nsetup()\n", within: " 'evil'", harmless: " 'a'",
		},
		"tox": {
			path: "tox.ini", old: "[testenv]\ndeps =\n    pytestHERE\ncommands = pytest\n",
			within: "\n    py311: evil>=1", harmless: "\n    pytest",
		},
		"the first of tox": {
			path: "tox.ini", old: "[testenv]HERE\ncommands = pytest\n", within: "\ndeps = evil", harmless: "\nskipsdist = true",
		},
		"nox": {
			path: "noxfile.py", old: "def a(session):\n    session.install('b')\n",
			risky: []string{"    session.install('evil')\n"}, plain: []string{
				"    session.run('evil')\n",
				"    # install('evil')\n",
			},
		},
		"conda": {
			path: "environment.yml", old: "name: a\ndependencies:\n  - python=3\n  - pip:\n    - bHERE\n",
			within: "\n    - evil==1", harmless: "\n    - b",
		},
		"a channel of conda": {
			path: "environment.yml", old: "channels:\n  - conda-forgeHERE\n", within: "\n  - evil",
			harmless: "\n",
		},
		"Gradle": {
			path: "build.gradle", old: "dependencies {\n}\n",
			risky: []string{
				"implementation files('libs/x.jar')\n", "api fileTree(dir: 'libs')\n",
				"maven { url 'https://x.test' }\n",
			},
			plain: []string{"sourceSets { a { srcDirs files('src') } }\n"},
		},
		"Conan": {
			path: "conanfile.txt", old: "[requires]\na/1\n", risky: []string{"evil/1.0\n"},
			plain: []string{"a/2\n"},
		},
		"Conan's own": {
			path: "conanfile.py", old: "a\n", risky: []string{"self.requires('evil/1.0')\n"},
			plain: []string{"x = 1\n"},
		},
		"vcpkg": {
			path: "vcpkg.json", old: "{\n\"version\": \"1\",\n\"dependencies\": [\n\"a\"HERE\n]\n}\n",
			within: ", \"evil\"", harmless: ", \"a\"",
		},
		"mix": {
			path: "mix.exs", old: "{:a, \"~> 1\"}\n", risky: []string{"{:evil, \"~> 1\"}\n"},
			plain: []string{"{:a, \"~> 2\"}\n"},
		},
		"rebar": {
			path: "rebar.config", old: "{a, \"1\"}.\n", risky: []string{"{evil, \"1\"}.\n"},
			plain: []string{"{a, \"2\"}.\n"},
		},
		"Swift": {
			path: "Package.swift", old: "a\n", risky: []string{".package(url: \"https://x.test/evil\", from: \"1.0.0\"),\n"},
			plain: []string{".target(name: \"b\"),\n"},
		},
		"Zig": {
			path: "build.zig.zon", old: "a\n", risky: []string{".url = \"https://x.test/evil/v1.tar.gz\",\n"},
			plain: []string{".hash = \"1\",\n"},
		},
		"Perl": {
			path: "cpanfile", old: "requires 'A';\n", risky: []string{"requires 'Evil::X';\n"},
			plain: []string{"requires 'A', 2;\n"},
		},
		"pods": {
			path: "Podfile", old: "pod 'A'\n", risky: []string{"pod 'Evil', '1'\n"},
			plain: []string{"pod 'A', '2'\n"},
		},
		"Carthage": {
			path: "Cartfile", old: "github \"a/a\"\n", risky: []string{"github \"evil/x\"\n"},
			plain: []string{"github \"a/a\" == 2\n"},
		},
		"Helm": {
			path: "charts/a/Chart.yaml", old: "name: x\ndependencies:\n  - name: a\n    version: 1HERE\n",
			within: "\n  - name: evil", harmless: "\n    condition: a",
		},
		"Dart": {
			path: "pubspec.yaml", old: "name: a\ndependencies:\n  b: ^1.0.0HERE\nflutter:\n  x: y\n",
			within: "\n  evil: ^1.0.0", harmless: "\n",
		},
		"Leiningen": {
			path: "project.clj", old: "[a/b \"1\"]\n", risky: []string{"[evil/x \"1\"]\n"},
			plain: []string{"[a/b \"2\"]\n"},
		},
		"Clojure": {
			path: "deps.edn", old: "a/b {:mvn/version \"1\"}\n", risky: []string{"evil/x {:mvn/version \"1\"}\n"},
			plain: []string{":x 1\n"},
		},
		"Stack": {
			path: "stack.yaml", old: "extra-deps:\n- a-1.0\n", risky: []string{"- evil-1.0\n"},
			plain: []string{"- a-1.1\n"},
		},
		"Paket": {
			path: "paket.dependencies", old: "nuget A\n", risky: []string{"nuget Evil\n"},
			plain: []string{"nuget A 2\n"},
		},
		"NuGet": {
			path: "packages.config", old: "a\n", risky: []string{"<package id=\"Evil\" version=\"1\" />\n"},
			plain: []string{"<x />\n"},
		},
		"west": {
			path: "west.yml", old: "a:\n", risky: []string{"    url: https://x.test/evil\n"},
			plain: []string{"    revision: 1\n"},
		},
		"DEPS": {
			path: "DEPS", old: "a\n", risky: []string{"'b': 'https://x.test/evil@1',\n"},
			plain: []string{"'v': '1',\n"},
		},
		"PlatformIO": {
			path: "platformio.ini", old: "[env]\nlib_deps =\n  a\nHEREboard = x\n", within: "  evil@1\n", harmless: "  a@2\n",
		},
		"dub": {
			path: "dub.sdl", old: "a\n", risky: []string{"dependency \"evil\" version=\"1\"\n"},
			plain: []string{"name \"a\"\n"},
		},
		"Bazel": {
			path: "MODULE.bazel", old: "module(name = \"a\")\n",
			risky: []string{
				"bazel_dep(name = \"evil\", version = \"1\")\n", "http_archive(\n",
				"url = \"https://x.test/evil/x/a\"\n",
			},
			plain: []string{"module(name = \"b\")\n"},
		},
		"Nix": {
			path: "flake.nix", old: "{ }\n", risky: []string{
				"inputs.x.url = \"github:evil/x\";\n", "src = fetchurl {\n",
				"fetchFromGitHub {\n",
			},
			plain: []string{"pname = \"a\";\n"},
		},
		"a wrap": {
			path: "subprojects/a.wrap", old: "source_url = https://a.test/a/a-1.tar.gz\nHERE",
			within: "source_url = https://x.test/a/a-2.tar.gz\n", harmless: "source_url = https://a.test/a/a-2.tar.gz\n",
		},
		"Cabal": {
			path: "a.cabal", old: "library\n  build-depends: base\n    , aHERE\n  other-modules: B\n",
			within: "\n    , evil >=1", harmless: "\n    , a",
		},
		"opam": {
			path: "a.opam", old: "depends: [\n  \"a\"HERE\n]\nbuild: [\n  [\"make\"]\n]\n", within: "\n  \"evil\"",
			harmless: "\n  \"a\"",
		},
		"Nim": {
			path: "a.nimble", old: "requires \"a\"\n", risky: []string{"requires \"evil >= 1\"\n"},
			plain: []string{"requires \"a >= 1\"\n"},
		},
		"LuaRocks": {
			path: "a-1.rockspec", old: "dependencies = {\n  'lua >= 5'HERE\n}\n", within: ", 'evil'",
			harmless: ", 'lua'",
		},
		"sbt": {
			path: "build.sbt", old: "a\n", risky: []string{"libraryDependencies += \"evil\" %% \"x\" % \"1\"\n"},
			plain: []string{"name := \"b\"\n"},
		},
	} {
		old := replaceAll(c.old, "HERE", "")
		for want, added := range map[Shape][]string{Risky: c.risky, Plain: c.plain} {
			for _, a := range added {
				if got := of(c.path, [][]byte{[]byte(old)}, []byte(old+a)); got != want && (want == Risky || got == Risky) {
					t.Errorf("%s, with %q: %s, want %s", name, a, got, want)
				}
			}
		}
		if c.within == "" {
			continue
		}
		if got := of(c.path, [][]byte{[]byte(old)}, []byte(replaceAll(c.old, "HERE", c.within))); got != Risky {
			t.Errorf("%s, with %q: %s", name, c.within, got)
		}
		if got := of(c.path, [][]byte{[]byte(old)}, []byte(replaceAll(c.old, "HERE", c.harmless))); got == Risky {
			t.Errorf("%s, with %q: risky", name, c.harmless)
		}
	}
}
