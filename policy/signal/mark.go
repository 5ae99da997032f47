package signal

import "bytes"

// mark is what a line may be about: a hint, by which most lines are passed over.
type mark uint32

const (
	quote     mark = 1 << iota // has a quotation mark
	plus                       // has a plus
	backslash                  // has a backslash
	dollar                     // has a dollar sign
	hidden                     // has the first byte of an invisible character

	down   // a command that fetches
	fetch  // an expression that fetches
	unpack // decodes
	run    // runs text as a program
	call   // may do so, if what is decoded stands just there
	socket // binds a shell to the network
	secret // names a secret
	carry  // encodes or sends
	stay   // writes where it stays
	split  // a word may be in parts
	odd    // names and characters of obfuscators
)

// byteMarks are the marks of single bytes. Those of invisible characters are the first bytes of U+00AD, U+034F, U+061C,
// U+115F to U+180F, U+200B to U+206F, U+3164, U+FE00 to U+FFF8, and of all from U+10000 on that are ignorable.
var byteMarks = [256]mark{
	'+': plus, '"': quote, '\'': quote, '`': quote, '\\': backslash, '$': dollar, '\r': hidden,
	0xc2: hidden, 0xcd: hidden, 0xd8: hidden, 0xe1: hidden, 0xe2: hidden, 0xe3: hidden, 0xef: hidden, 0xf0: hidden,
	0xf3: hidden,
}

// words are what a line is searched for, each at least four bytes long. Their capitals are only found as such.
var words = []struct {
	text string
	mark mark
}{
	{"curl ", down | carry},
	{"curl\t", down | carry},
	{"curl$", down | carry},
	{"curl\"", down},
	{"curl'", down},
	{"curl.exe", down | carry},
	{"wget", down | carry},
	{"invoke-webrequest", down | fetch | carry},
	{"invoke-restmethod", down | fetch | carry},
	{"iwr ", down | fetch},
	{"irm ", down | fetch},
	{"downloadstring", down | fetch},
	{"fetch(", fetch},
	{"axios", fetch},
	{"https.get", fetch},
	{"http.get", fetch},
	{"requests.get", fetch},
	{"urlopen", fetch},
	{"urlretrieve", fetch},
	{"httpx.get", fetch},
	{"file_get_contents", fetch},
	{"net::http", fetch},
	{"uri.open", fetch},
	{"lwp::", fetch},
	{"lwp-", down},
	{"aria2c", down},
	{"fetch -", down},

	{"base64", unpack | carry},
	{"base32", unpack},
	{"basenc", unpack},
	{"b64decode", unpack},
	{"a85decode", unpack},
	{"b85decode", unpack},
	{"b32decode", unpack},
	{"b16decode", unpack},
	{"urlsafe_b64", unpack},
	{"atob", unpack},
	{"fromhex", unpack},
	{"unhexlify", unpack},
	{"a2b_", unpack},
	{"decompress", unpack},
	{"marshal.loads", unpack},
	{"codecs.decode", unpack},
	{"rot13", unpack},
	{"rot_13", unpack},
	{"unescape(", unpack},
	{"decodeuri", unpack},
	{"gunzip", unpack},
	{"inflate", unpack},
	{"gzuncompress", unpack},
	{"hex2bin", unpack},
	{"uudecode", unpack},
	{"decode64", unpack},
	{"unpack(", unpack},
	{"unpack1(", unpack},
	{"pack(", unpack},
	{"buffer.from", unpack},
	{"fromcharcode", unpack | odd},
	{"fromcodepoint", unpack | odd},
	{"xxd ", unpack | carry},
	{"openssl", unpack | carry},
	{"xz -", unpack},
	{"xzcat", unpack},
	{"zcat", unpack},
	{"bzcat", unpack},
	{"gzip -", unpack},
	{"bzip2 -", unpack},
	{"zstd -", unpack},
	{"tail -c", unpack},
	{"head -c", unpack},
	{"tail +", unpack},
	{"tail -n +", unpack},
	{"| rev", unpack},
	{"|rev", unpack},
	{"| tr ", unpack},
	{"|tr ", unpack},
	{"tr -d", unpack},
	{"printf '", unpack},
	{"printf %", unpack},
	{"$'\\x", unpack},
	{"$'\\1", unpack},
	{"decodestring(", unpack},
	{"map(chr", unpack},
	{"certutil", down},
	{"mshta ", down},
	{"$_get[", fetch},
	{"$_post[", fetch},
	{"$_request[", fetch},
	{"$_cookie[", fetch},
	{"$_server[", fetch},
	{"open('http", fetch},
	{"open(\"http", fetch},
	{"printf \"", unpack},
	{"echo -", unpack},
	{"from_base64", unpack},
	{"frombase64", unpack},
	{"-encodedcommand", unpack},
	{" -enc", unpack},
	{"data:text/", unpack},
	{"data:application/", unpack},
	{"codepointat", unpack},
	{"textdecoder", unpack},
	{"marshal.load", unpack},
	{"bytes([", unpack},
	{"charcodeat", unpack},
	{"createdecipher", unpack},
	{"fernet(", unpack},
	{"dd if=", unpack},

	{"[atob(", run},
	{"[buffer.from(", run},
	{"eval(", run},
	{"eval ", run},
	{"eval)", run},
	{"eval'", run},
	{"eval\"", run},
	{"eval.", run},
	{"eval?", run},
	{"_eval(", run},
	{"exec(", run},
	{"exec'", run},
	{"exec\"", run},
	{"Function(", run},
	{"Function'", run},
	{"Function\"", run},
	{"runin", run},
	{"_compile(", run},
	{"vm.script", run},
	{"create_function", run},
	{"assert($", run},
	{"assert(base", run},
	{"loadstring", run},
	{"\"-c\",", run},
	{"'-c',", run},
	{"\"-c\")", run},
	{"document.write", call},
	{"=~[]", odd},
	{"load(", call},
	{"iex ", run},
	{"iex(", run},
	{"iex\"", run},
	{"invoke-expression", run},
	{"scriptblock]", run},
	{"constructor(", run},
	{"compile(", call},
	{"import(", call},
	{"require(", call},
	{"system(", run},
	{"popen(", run},
	{"settimeout(", call},
	{"execsync(", run},
	{"assert(", call},
	{"run(", call},
	{"call(", call},

	{"/dev/tcp/", socket},
	{"/dev/udp/", socket},
	{"nc -", socket},
	{"ncat ", socket},
	{"netcat ", socket},
	{"socat ", socket},
	{"nc.traditional", socket},
	{"dup2(", socket},
	{"pty.spawn", socket},
	{"mkfifo", socket},
	{"fsockopen", socket},
	{"/inet/tcp", socket},

	{"secrets", secret},
	{"id-token", secret},
	{"github.token", secret},
	{"github_token", secret},
	{": write", secret},
	{"printenv", secret},
	{"env |", secret},
	{"env|", secret},
	{"export -p", secret},
	{"declare -x", secret},
	{"runner.worker", secret},
	{"/proc/", secret},
	{"sed 's/./", secret},
	{"fold -w", secret},
	{"actions_id_token", secret},
	{"169.254.169.254", secret},
	{"process.env", secret},
	{"os.environ", secret},

	{"gpg -c", carry},
	{"gpg --sym", carry},
	{"nslookup", carry},
	{"dig +", carry},
	{"webhook", carry},

	{"authorized_keys", stay},
	{"ld.so.preload", stay},
	{"crontab", stay},
	{"/etc/cron", stay},
	{"hookspath", stay},
	{"fsmonitor", stay},
	{"sshcommand", stay},
	{"actions-runner", stay},
	{"config.sh --", stay},
	{"/etc/sudoers", stay},
	{"launchagents", stay},
	{"ld_preload", stay},
	{"nopasswd", stay},
	{"run.sh", stay},
	{"gitlab-runner register", stay},

	{"/**/", split},
	{"_0x0", odd},
	{"_0x1", odd},
	{"_0x2", odd},
	{"_0x3", odd},
	{"_0x4", odd},
	{"_0x5", odd},
	{"_0x6", odd},
	{"_0x7", odd},
	{"_0x8", odd},
	{"_0x9", odd},
	{"_0xa", odd},
	{"_0xb", odd},
	{"_0xc", odd},
	{"_0xd", odd},
	{"_0xe", odd},
	{"_0xf", odd},
	{"chr(", odd | unpack},
	{"!![]", odd},
	{"![]+", odd},
	{"+!+[", odd},
	{"[]+[", odd},
	{"[]['", odd},
	{"[][\"", odd},
	{"[][(", odd},
	{"[char]", odd},
	{"string.char(", odd},
}

const tableBits = 13

// table gives for the hash of four bytes the number of the first word that begins so, plus one; next gives the one
// after.
var table, next = tableOf()

func tableOf() (table [1 << tableBits]uint8, next []uint8) {
	next = make([]uint8, len(words)+1)
	for i, w := range words { // at most 255
		var four uint32
		for j := range 4 {
			four |= uint32(w.text[j]|0x20) << (8 * j)
		}
		h := hash(four)
		next[i+1] = table[h]
		table[h] = uint8(i + 1)
	}
	return table, next
}

func hash(four uint32) uint32 { return four * 0x9e3779b1 >> (32 - tableBits) }

// marksOfBytes gives the marks that single bytes of a line have.
func marksOfBytes(line []byte) (m mark) {
	for _, c := range line {
		m |= byteMarks[c]
	}
	return m
}

// marksOf gives the marks of a line.
func marksOf(line []byte) mark {
	var m mark
	var four uint32
	for i, c := range line {
		m |= byteMarks[c]
		four = four>>8 | uint32(c|0x20)<<24
		if n := table[hash(four)]; n != 0 && i >= 3 {
			m |= wordsAt(line[i-3:], n)
		}
	}
	return m
}

func wordsAt(b []byte, n uint8) (m mark) {
	for ; n != 0; n = next[n] {
		if w := &words[n-1]; m&w.mark != w.mark && hasFold(b, w.text) {
			m |= w.mark
		}
	}
	return m
}

// hasFold says whether bytes begin with a text, whatever the case of letters that are small in it.
func hasFold(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	for i := range len(text) {
		if b[i] != text[i] && lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// indexFold finds a text in lower case, whatever the case of the letters it stands in, or gives -1.
func indexFold(b []byte, text string) int {
	first, last := text[0], len(b)-len(text)
	if !isLetter(first) {
		for from := 0; from <= last; from++ {
			i := bytes.IndexByte(b[from:last+1], first)
			if i < 0 {
				return -1
			}
			if from += i; hasFold(b[from:], text) {
				return from
			}
		}
		return -1
	}
	for i := 0; i <= last; i++ {
		if b[i]|0x20 == first && hasFold(b[i:], text) {
			return i
		}
	}
	return -1
}

func containsFold(b []byte, text string) bool { return indexFold(b, text) >= 0 }

// anyFold says whether one of several texts in lower case stands there.
func anyFold(b []byte, texts ...string) bool {
	for _, t := range texts {
		if containsFold(b, t) {
			return true
		}
	}
	return false
}
