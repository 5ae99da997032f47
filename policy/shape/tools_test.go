package shape

import "testing"

func TestTools(t *testing.T) {
	const ci, mk = ".github/workflows/a.yml", "Makefile"
	const steps = "jobs:\n  a:\n    env:\n      X: y\n"
	edits{
		"another compiler":         {mk, "CC = cc\n", "CC = tools/cc.sh\n", Risky},
		"only by default":          {mk, "CC = cc\n", "CC ?= $(srcdir)/tools/cc\n", Risky},
		"of a workflow":            {ci, steps, steps + "      CC: ./tools/cc\n", Risky},
		"in a command":             {ci, steps, steps + "    run: make LD=./x/ld\n", Risky},
		"of an image":              {"Dockerfile", "FROM a\n", "FROM a\nENV BASH_ENV=./x\n", Risky},
		"of CMake":                 {ci, steps, steps + "    run: cmake -DCMAKE_TOOLCHAIN_FILE=tests/x.cmake\n", Risky},
		"another linker":           {mk, "a:\n", "LDFLAGS += -fuse-ld=tests/x\na:\n", Risky},
		"where tools are":          {mk, "a:\n", "CFLAGS += -Btests/\na:\n", Risky},
		"what begins a program":    {mk, "a:\n", "LDFLAGS += -Wl,-init,x\na:\n", Risky},
		"a folder of programs":     {mk, "a:\n", "export PATH := tests/x:$(PATH)\na:\n", Risky},
		"CMake's own compiler":     {"CMakeLists.txt", "a()\n", "a()\nset(CMAKE_C_COMPILER tests/x)\n", Risky},
		"a path of an artifact":    {ci, steps, steps + "        path: build-aux/x\n", Plain},
		"specs":                    {mk, "a:\n", "CFLAGS += -specs=tests/x\na:\n", Risky},
		"a plug-in of make":        {mk, "a:\n", "load tests/x.so\na:\n", Risky},
		"a usual linker":           {mk, "a:\n", "LDFLAGS += -fuse-ld=lld\na:\n", Plain},
		"a compiler of the system": {mk, "CC = cc\n", "CC = /usr/bin/gcc\n", Plain},
		"another name":             {mk, "CC = cc\n", "CC = clang\n", Plain},
		"a folder":                 {mk, "A = b\n", "SRC = tests/x\n", Plain},
		"cargo's alias":            {".cargo/config.toml", "[build]\n", "[build]\n[alias]\nt = 'run'\n", Risky},
		"cargo's linker": {
			".cargo/config.toml", "[build]\n", "[build]\nrustflags = ['-Clink-arg=-fuse-ld=x/y']\n",
			Risky,
		},
		"cargo's environment":  {".cargo/config.toml", "[build]\n", "[build]\n[env]\nA = 'b'\n", Risky},
		"an editor's compiler": {".vscode/settings.json", "{\n}\n", "{\n\"typescript.tsdk\": \"x\"\n}\n", Risky},
		"a plug-in of pytest": {
			"pyproject.toml", "[project]\n", "[project]\n[tool.pytest.ini_options]\naddopts = '-q -p x'\n", Risky,
		},
		"a command of hatch": {
			"pyproject.toml", "[project]\n", "[project]\n[tool.hatch.envs.a.scripts]\nt = 'tests/x'\n",
			Risky,
		},
		"a list of hatch": {
			"pyproject.toml", "[project]\n", "[project]\n[tool.hatch.envs.a]\ndependencies = ['x']\n",
			Risky,
		},
		"what node loads":          {ci, steps, steps + "      NODE_OPTIONS: --require ./tests/x\n", Risky},
		"where Python looks first": {ci, steps, steps + "      PYTHONPATH: tests\n", Risky},
		"where Perl does":          {mk, "a:\n", "a:\n\tPERL5LIB=tests perl -v\n", Risky},
		"more options of make":     {mk, "a:\n", "MAKEFLAGS += -f tests/x\na:\n", Risky},
		"how many jobs make has":   {mk, "a:\n", "MAKEFLAGS += -j2\na:\n", Plain},
		"a loader that was there":  {mk, "A = $(PYTHONPATH)\n", "A = $(PYTHONPATH)\nPYTHONPATH = b\n", Plain},
		"a part of a makefile":     {mk, "a:\n", "a:\ninclude src/deps.inc\n", Risky},
		"such that may be there":   {mk, "a:\n", "a:\n-include tests/x\n", Risky},
		"such by a pattern":        {mk, "a:\n", "a:\n-include $(wildcard tests/*)\n", Risky},
		"another makefile":         {mk, "a:\n", "a:\ninclude a/b.mk c/Makefile.d $(D)\n", Plain},
		"another project":          {ci, steps, steps + "    with:\n      repository: evil/x\n", Risky},
		"another registry":         {ci, steps, steps + "    with:\n      registry-url: https://x.test\n", Risky},
		"by find":                  {ci, steps, steps + "    run: find . -exec tests/x {} +\n", Risky},
		"by tar":                   {ci, steps, steps + "    run: tar --to-command=tests/x -xf a\n", Risky},
		"by git":                   {ci, steps, steps + "    run: git bisect run tests/x\n", Risky},
		"by go":                    {ci, steps, steps + "    run: go vet -vettool=tests/x ./...\n", Risky},
		"cargo's proxy":            {".cargo/config.toml", "[build]\n", "[build]\n[http]\nproxy = 'x'\n", Risky},
		"an option of pytest": {
			"pyproject.toml", "[project]\n",
			"[project]\n[tool.pytest.ini_options]\naddopts = '-q'\n", Plain,
		},
		"a start of Composer":       {"composer.json", "{}", `{"autoload": {"files": ["x.php"]}}`, Risky},
		"a namespace of it":         {"composer.json", "{}", `{"autoload": {"psr-4": {"A": "src"}}}`, Plain},
		"an include of Rust":        {"build.rs", "fn main() {}\n", "include!(\"x\");\nfn main() {}\n", Risky},
		"a repository for an image": {"Dockerfile", "FROM a\n", "FROM a\nADD git@x.test:a.git /a\n", Risky},
		"pip's index":               {"pip.conf", "[global]\n", "[global]\nextra-index-url = https://x.test\n", Risky},
		"pylint's hook":             {".pylintrc", "[MAIN]\n", "[MAIN]\ninit-hook='x'\n", Risky},
	}.check(t)
}
