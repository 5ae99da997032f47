package signal

import (
	"bytes"

	"countersign/policy/edit"
)

// sinks run a text as a program, with the bracket that opens what they run.
var sinks = []string{
	"eval(", "eval)(", "eval'](", "eval\"](", "exec'](", "exec\"](", "function'](", "function\"](", "eval.call(",
	"eval.apply(", "function(", "exec(", "runinthiscontext(", "runinnewcontext(", "runincontext(",
	"vm.script(", "_compile(", "compile(", "create_function(", "assert(", "zend_eval_string(", "loadstring(", "load(",
	"instance_eval(", "class_eval(", "module_eval(", "eval ", "iex ", "iex(", "invoke-expression",
	"scriptblock]::create(", "import(", "require(", "constructor(",
	"settimeout(", "execsync(", "os.system(", "popen(", "run(", "call(", "system(",
}

// weak sinks run nothing by themselves, but for what is decoded in place.
var weak = map[string]bool{"settimeout(": true, "run(": true, "call(": true, "import(": true, "require(": true, "system(": true, "popen(": true, "execsync(": true}

// decoders give bytes or a text for one that hides it.
var decoders = []string{
	"atob(", "b64decode", "a85decode", "b85decode", "b32decode", "b16decode", "fromhex(", "unhexlify(", "a2b_",
	"decompress(",
	"marshal.loads(", "marshal.load(", "codecs.decode(", "rot13", "str_rot13", "rot_13", "unescape(", "decodeuri",
	"gunzipsync(", "inflatesync(",
	"inflaterawsync(", "brotlidecompresssync(", "base64_decode", "gzinflate", "gzuncompress", "hex2bin",
	"convert_uudecode",
	"decode64", "unpack(", "unpack1(", "buffer.from(", "frombase64", "fromcharcode", "fromcodepoint", "data:text/",
	"data:application/", "bytes([", "createdecipher", "fernet(", "codepointat(",
}

// fetches give a text from the network.
var fetches = []string{
	"await fetch(", "requests.get(", "urlopen(", "httpx.get(", "file_get_contents('http", "file_get_contents(\"http",
	"net::http",
	"uri.open(", "downloadstring(", "axios.get(", "axios(",
}

// most is how many names of decoded values are followed in a file.
const most = 32

// decodeAndRun finds programs that run what they decode or fetch: in one expression, or by a variable or a function of
// the same file, as long as the change adds one end of it. Tests may.
//
// Measured: none.
func (f *file) decodeAndRun() {
	if !f.kind.runs() || f.test || f.marks&(run|unpack|fetch) == 0 || f.done(DecodeAndRun) {
		return
	}
	for _, l := range f.lines {
		if f.marks&(unpack|fetch) == 0 {
			break
		}
		m := marksOf(l.Text)
		text := l.Text
		if f.maySplit(m) {
			if plain := unsplit(text, f.kind); plain != nil {
				text, m = plain, m|marksOf(plain)
			}
		}
		if m&(run|call) == 0 || m&(unpack|fetch) == 0 || isComment(text) {
			continue
		}
		if at := f.runsDecoded(text); at >= 0 {
			f.hit(DecodeAndRun, l, at, "what is decoded or fetched is run as a program")
		}
	}
	if m := marksOf(f.now); m&run != 0 && m&(unpack|fetch) != 0 && !f.done(DecodeAndRun) {
		f.byName()
	}
}

// decodes gives the place of something that decodes or fetches, or -1.
func (f *file) decodes(b []byte) int {
	if f.kind != code {
		if at := shellDecodes(b); at >= 0 {
			return at
		}
	}
	for _, list := range [][]string{decoders, fetches} {
		for _, d := range list {
			if at := indexFold(b, d); at >= 0 && (at == 0 || !isWord(b[at-1]) || d[0] == '_') {
				return at
			}
		}
	}
	return -1
}

// sinkAt finds a sink that isn't part of another name, nor a method of a regular expression.
func (f *file) sinkAt(b []byte, sink string, from int) int {
	for from < len(b) {
		i := indexFold(b[from:], sink)
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		if i > 0 && (isWord(b[i-1]) || b[i-1] == '$') || sink == "load(" && f.ext != "lua" {
			continue
		}
		dot := i > 0 && b[i-1] == '.'
		switch sink {
		case "function(":
			if b[i] != 'F' { // function(a, b) is how a function is written
				continue
			}
		case "exec(", "compile(", "load(", "eval ", "import(", "require(", "run(", "call(":
			if dot && !bytes.HasSuffix(b[:i], []byte("subprocess.")) && !anyFold(b[max(0, i-14):i], "builtins") {
				continue
			}
		case "eval(":
			if dot && !anyFold(b[max(0, i-11):i], "global", "this.", "window.", "self.", "builtins.") {
				continue
			}
		}
		return i
	}
	return -1
}

// runsDecoded finds a sink with a decoder within what it runs.
func (f *file) runsDecoded(b []byte) int {
	first := f.decodes(b)
	if first < 0 {
		return -1
	}
	for _, s := range sinks {
		for at := f.sinkAt(b, s, 0); at >= 0; at = f.sinkAt(b, s, at+1) {
			args := argument(b[at+len(s)-1:])
			if weak[s] && !bytes.HasPrefix(bytes.TrimLeft(args, "( \"'`"), first3(b, first)) {
				continue
			}
			if f.decodes(args) >= 0 && !emptyModule(args) {
				return at
			}
		}
	}
	for _, lookup := range []string{"[atob(", "[buffer.from("} {
		if at := indexFold(b, lookup); at > 0 && (isWord(b[at-1]) || b[at-1] == ']' || b[at-1] == ')') {
			return at
		}
	}
	return -1
}

// emptyModule says whether a module is imported that holds nothing, which only tells whether imports work.
func emptyModule(args []byte) bool {
	args = bytes.Trim(args, "('\"`")
	return bytes.HasPrefix(args, []byte("data:text/javascript")) && bytes.IndexByte(args, ',') == len(args)-1
}

func first3(b []byte, at int) []byte { return b[at:min(len(b), at+3)] }

// argument gives what stands between a bracket and the one that closes it, or the line's end.
func argument(b []byte) []byte {
	depth := 0
	for i, c := range b {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth <= 0 {
				return b[:i]
			}
		case ';':
			if depth == 0 {
				return b[:i]
			}
		}
	}
	return b
}

// byName follows values by the names of the variables and functions that hold or make them.
func (f *file) byName() {
	added := make(map[int]bool, len(f.lines))
	for _, l := range f.lines {
		added[l.Number] = true
	}
	type name struct {
		text  string
		added bool
	}
	var names []name
	var function name
	since := 0
	hold := func(text []byte, isAdded bool) {
		if len(text) > 0 && len(names) < most {
			names = append(names, name{string(text), isAdded})
		}
	}
	for n := 1; n == 1 || f.line(n) != nil; n++ {
		b := f.line(n)
		if since++; since > reach {
			function.text = ""
		}
		if fn := functionName(b); fn != nil {
			function, since = name{string(fn), added[n]}, 0
		}
		if len(b) < 6 || marksOf(b)&(unpack|fetch) == 0 || isComment(b) || f.decodes(b) < 0 {
			continue
		}
		if to := assigned(b); to != nil {
			hold(to, added[n])
		} else if function.text != "" && (since == 0 || bytes.Contains(b, []byte("return"))) {
			hold([]byte(function.text), added[n])
		}
	}
	if len(names) == 0 {
		return
	}
	for n := 1; n == 1 || f.line(n) != nil; n++ {
		b := f.line(n)
		if isComment(b) {
			continue
		}
		for _, v := range names {
			if (v.added || added[n]) && f.runsName(b, v.text) {
				f.hit(DecodeAndRun, edit.Line{Number: n, Text: b}, 0, "a value that is decoded or fetched is run as a program")
				return
			}
		}
		if to := assigned(b); to != nil && len(names) < most {
			for _, v := range names {
				if mentions(b[len(to):], v.text) && (v.added || added[n]) && plainly(b) {
					hold(to, true)
					break
				}
			}
		}
	}
}

// plainly says whether a line hands a value on: nothing is called but what makes a text of it.
func plainly(b []byte) bool {
	return bytes.Count(b, []byte("(")) <= 2 && anyFold(b, "tostring", "decode", "join", "+", "utf", "`", "string(", "compile(")
}

// runsName says whether a sink runs the value of a name.
func (f *file) runsName(b []byte, name string) bool {
	if !bytes.Contains(b, []byte(name)) {
		return false
	}
	for _, s := range sinks {
		if weak[s] {
			continue
		}
		for at := f.sinkAt(b, s, 0); at >= 0; at = f.sinkAt(b, s, at+1) {
			if args := argument(b[at+len(s)-1:]); startsWithName(args, name) || s == "function(" && endsWithName(args, name) {
				return true
			}
		}
	}
	return false
}

func startsWithName(args []byte, name string) bool {
	args = bytes.TrimLeft(args, "( \t$\"'`{@")
	for _, w := range []string{"await ", "new ", "compile(", "string(", "str("} {
		if hasFold(args, w) {
			args = bytes.TrimLeft(args[len(w):], "( $")
		}
	}
	return bytes.HasPrefix(args, []byte(name)) && (len(args) == len(name) || !isWord(args[len(name)]) && args[len(name)] != '=')
}

func endsWithName(args []byte, name string) bool {
	args = bytes.TrimRight(args, ") \t")
	return bytes.HasSuffix(args, []byte(name)) && (len(args) == len(name) || !isWord(args[len(args)-len(name)-1]))
}

// mentions says whether a name stands there as a word.
func mentions(b []byte, name string) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(name))
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !isWord(b[i-1])) && (end == len(b) || !isWord(b[end])) {
			return true
		}
		from = i + 1
	}
}

// assigned gives the name that a line assigns to, or nil: x = …, const x = …, $x = …, x := ….
func assigned(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t{;")
	for _, w := range []string{"const ", "let ", "var ", "local ", "my ", "export ", "final ", "string ", "auto "} {
		if hasFold(b, w) {
			b = bytes.TrimLeft(b[len(w):], " ")
		}
	}
	b = bytes.TrimLeft(b, "$@")
	n := 0
	for n < len(b) && (isWord(b[n]) || b[n] == '.') {
		n++
	}
	rest := bytes.TrimLeft(b[n:], " :\t")
	if n == 0 || len(rest) < 2 || rest[0] != '=' && !bytes.HasPrefix(rest, []byte("+=")) || rest[1] == '=' {
		return nil
	}
	return b[:n]
}

// functionName gives the name of a function that a line begins: function x(, def x(, or nil.
func functionName(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t")
	for _, w := range []string{"export ", "default ", "async ", "local ", "static "} {
		if hasFold(b, w) {
			b = b[len(w):]
		}
	}
	for _, w := range []string{"function ", "def "} {
		if bytes.HasPrefix(b, []byte(w)) {
			b = b[len(w):]
			n := 0
			for n < len(b) && isWord(b[n]) {
				n++
			}
			return b[:n]
		}
	}
	return nil
}
