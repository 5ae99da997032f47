package signal

import (
	"bytes"
	"slices"
	"strings"
)

// sinks run a text as a program, up to the bracket or blank that begins it.
var sinks = []string{
	"eval(", "eval?.(",
	"eval)(", "eval'](", "eval\"](", "eval.call(", "eval.apply(", "eval ", "exec(", "exec)(", "exec'](",
	"exec\"](", "function(",
	"function'](", "function\"](", "runinthiscontext(", "runinnewcontext(", "runincontext(", "vm.script(", "_compile(",
	"compile(", "create_function(", "assert(", "zend_eval_string(", "loadstring(", "load(", "instance_eval(",
	"class_eval(",
	"module_eval(", "exec')(", "exec\")(", "eval')(", "eval\")(", "\"-c\",", "'-c',", "\"-c\").arg(", "iex ", "iex(",
	"invoke-expression", "scriptblock]::create(", "constructor(", "assembly.load(", "defineclass(", "script)(",
}

// weakSinks run a text, but are mostly given other things: what they are given must be decoded just there.
var weakSinks = []string{
	"settimeout(", "run(", "call(", "import(", "require(", "system(", "popen(", "execsync(", "spawn(", "execfilesync(",
	"document.write(", "shell_exec(", "passthru(",
}

// decoders give bytes or a text for one that hides it.
var decoders = []string{
	"atob(", "b64decode", "a85decode", "b85decode", "b32decode", "b16decode", "fromhex(", "unhexlify(", "a2b_",
	"decompress(",
	"marshal.loads(", "marshal.load(", "codecs.decode(", "rot13", "str_rot13", "rot_13", "unescape(", "decodeuri",
	"gunzipsync(", "inflatesync(", "inflaterawsync(", "brotlidecompresssync(", "base64_decode", "gzinflate",
	"gzuncompress",
	"gzdecode", "hex2bin", "convert_uudecode", "decode64", "unpack(", "unpack1(", "buffer.from(", "frombase64",
	"fromcharcode",
	"fromcodepoint", "data:text/", "data:application/", "bytes([", "createdecipher", "fernet(", "codepointat(",
	"decode_base64", "pack(", "decodestring(", "map(chr", "chr(", "buffer['from'](", "buffer[\"from\"](", "new buffer(",
	"textdecoder(", "urlsafe_b64decode(", "standard_b64decode(", "urlsafe_decode64", "strict_decode64", "unb64(",
	"base64::decode(", "standard.decode(", "reverse().join(", "[::-1]", "atob)",
}

// fetches give a text from the network.
var fetches = []string{
	"await fetch(", "requests.get(", "urlopen(", "httpx.get(", "file_get_contents('http", "file_get_contents(\"http",
	"net::http", "uri.open(", "open('http", "open(\"http", "$_get[", "$_post[", "$_request[", "$_cookie[",
	"$_server['http", "downloadstring(", "axios.get(", "axios(", "invoke-webrequest", "invoke-restmethod",
	"irm ", "iwr ",
	// what somebody elsewhere asks for
	"req.query", "req.body", "req.headers", "request.args", "request.form", "request.headers", "getallheaders(",
	"filter_input(", "file_get_contents('php://input", "file_get_contents(\"php://input", "$_server[\"http",
	"__import__('requests", "__import__(\"requests",
}

// farArgument is how far from a sink what it runs is looked for.
const farArgument = 2000

// decodeAndRun finds programs that run what they decode or fetch: in one expression, or by a variable or a function of
// the same file, as long as the change adds one end of it. Tests may.
//
// Measured: none.
func (f *file) decodeAndRun() {
	if !f.kind.runs() || f.test || f.marks&(run|unpack|fetch|down) == 0 || f.done(DecodeAndRun) {
		return
	}
	for _, l := range f.lines {
		if f.marks&(unpack|fetch) == 0 {
			break
		}
		text, m := f.plain(l.Text)
		if m&(run|call) == 0 || m&(unpack|fetch) == 0 || f.isComment(text) {
			continue
		}
		at := f.runsDecoded(text)
		if at < 0 && m&fetch != 0 {
			at = f.runsFetchedLater(text)
		}
		if at >= 0 {
			f.hit(DecodeAndRun, l, at, "what is decoded or fetched is run as a program")
		}
	}
	if m := marksOf(f.now); (m&run != 0 || f.kind != code) && m&(unpack|fetch|down) != 0 && !f.done(DecodeAndRun) {
		f.byName()
	}
}

// runsFetchedLater finds what is fetched and handed to a sink by what is called when it is there, as then(eval).
func (f *file) runsFetchedLater(b []byte) int {
	const far = 300
	for _, name := range []string{"fetch(", "axios", "https.get(", "http.get("} {
		at := indexFold(b, name)
		if at < 0 || f.kind != code {
			continue
		}
		rest := b[at:min(len(b), at+far)]
		then := max(indexFold(rest, ".then("), indexFold(rest, ".on("), indexFold(rest, ".catch("))
		if then < 0 {
			continue
		}
		for _, s := range []string{"eval(", "function(", ".then(eval)", "_compile(", "function.constructor("} {
			if i := f.sinkAt(rest[then:], s, 0); i >= 0 {
				return at
			}
		}
	}
	return -1
}

// runsDecoded finds a sink with a decoder within what it runs, or a name that is decoded to be looked up.
func (f *file) runsDecoded(b []byte) int {
	ends := f.decoders(b)
	if len(ends) == 0 {
		return -1
	}
	for i, list := range [][]string{sinks, weakSinks} {
		for _, s := range list {
			for at := f.sinkAt(b, s, 0); at >= 0; at = f.sinkAt(b, s, at+1) {
				from := at + len(s)
				j, _ := slices.BinarySearch(ends, from)
				if j == len(ends) || ends[j]-from > farArgument {
					continue
				}
				args := argument(b[from-1:])
				inside := ends[j]-from < len(args)
				if i == 1 {
					inside = inside && directly(b[from:ends[j]]) && !emptyModule(args)
				}
				if inside {
					return at
				}
			}
		}
	}
	if at := f.evalHanded(b); at >= 0 {
		return at
	}
	for _, lookup := range []string{"[atob(", "[buffer.from("} {
		if at := indexFold(b, lookup); at > 0 && (isWord(b[at-1]) || b[at-1] == ']' || b[at-1] == ')') {
			return at
		}
	}
	return -1
}

// evalHanded finds eval or Function that is handed on as a value, in JavaScript: map(eval), [eval], = eval;
func (f *file) evalHanded(b []byte) int {
	if f.kind != code || !f.slashes() {
		return -1
	}
	for _, name := range []string{"eval", "Function"} {
		for from := 0; ; {
			i := bytes.Index(b[from:], []byte(name))
			if i < 0 {
				break
			}
			i += from
			from = i + len(name)
			before, after := bytes.TrimRight(b[:i], " "), bytes.TrimLeft(b[from:], " ")
			if len(before) > 0 && bytes.IndexByte([]byte("([=,"), before[len(before)-1]) >= 0 && len(after) > 0 &&
				bytes.IndexByte([]byte(")],;."), after[0]) >= 0 && !bytes.HasPrefix(after, []byte(".prototype")) {
				return i
			}
		}
	}
	return -1
}

// decoders gives where something decodes or fetches, in order.
func (f *file) decoders(b []byte) []int {
	var all []int
	if f.kind != code {
		if at := shellDecodes(b); at >= 0 {
			all = append(all, at)
		}
		for _, name := range fetchers {
			if at := indexFold(b, name); at >= 0 && assigned(b) != nil && !officialOnly(b) {
				all = append(all, at)
			}
		}
	}
	for _, list := range [][]string{decoders, fetches} {
		for _, d := range list {
			for from := 0; ; {
				i := indexFold(b[from:], d)
				if i < 0 {
					break
				}
				if i += from; i == 0 || !isWord(b[i-1]) {
					all = append(all, i)
				}
				from = i + 1
			}
		}
	}
	slices.Sort(all)
	return all
}

// sinkAt finds a sink from a place on that isn't part of another name, nor a method of something else.
func (f *file) sinkAt(b []byte, sink string, from int) int {
	for from < len(b) {
		i := indexFold(b[from:], sink)
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		if i > 0 && (isWord(b[i-1]) || b[i-1] == '$') || sink == "load(" && f.ext != "lua" ||
			sink == "assert(" && f.kind == code && !strings.HasPrefix(f.ext, "ph") && f.ext != "inc" {
			continue
		}
		if sink[:4] == "func" && b[i] != 'F' { // function(a, b) is how a function is written
			continue
		}
		if i > 0 && b[i-1] == '.' && methods[sink] &&
			!anyFold(b[max(0, i-17):i], "builtins", "globalthis.", "window.", "subprocess.", "child_process", "cp.") {
			continue
		}
		return i
	}
	return -1
}

// methods are sinks that after a dot mean something else, as the exec of a regular expression.
var methods = map[string]bool{
	"eval(": true, "eval ": true, "exec(": true, "compile(": true, "load(": true, "import(": true, "require(": true,
	"run(":  true,
	"call(": true,
}

// directly says whether nothing but brackets and a module's name stands between a sink and a decoder.
func directly(b []byte) bool {
	b = bytes.Trim(b, "( \"'`[")
	if bytes.HasPrefix(b, []byte("__import__(")) && bytes.HasSuffix(b, []byte(").")) {
		return true
	}
	return len(b) == 0 ||
		anyFold(b[max(0, len(b)-11):], "base64.", "binascii.", "zlib.", "codecs.", "marshal.", "window.", "globalthis.")
}

// emptyModule says whether a module is imported that holds nothing, which only tells whether imports work.
func emptyModule(args []byte) bool {
	args = bytes.Trim(args, "('\"`")
	return bytes.HasPrefix(args, []byte("data:text/javascript")) && bytes.IndexByte(args, ',') == len(args)-1
}

// argument gives what stands between a bracket and the one that closes it, or the line's end.
func argument(b []byte) []byte {
	b = b[:min(len(b), farArgument)]
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
