package shape

import "slices"

// family is a set of kinds of words.
type family uint16

const (
	security  family = 1 << iota // protections of the compiler, the linker, the system and of what is fetched
	sanitizer                    // tools that find errors in tests
	fetching                     // reads from the network
	decoding                     // makes other bytes of bytes
	running                      // runs what was made or given as text
	workflow                     // what runs with secrets
	names                        // quoted names of dependencies
	images                       // images of containers
	programs                     // lines may be commands of a shell
	scripts                      // lines are commands of a shell
	macros                       // lines are commands of a shell, or macros of m4
)

const commands = security | fetching | decoding | running

// word is what a line holds that shows a risk.
type word struct {
	family
	text  string // in lower case, four bytes at least
	start bool   // no letter, digit or sign of a name stands before it
	why   string
}

const (
	whySecurity = "a check or flag of security"
	whyVerify   = "whether what is fetched is checked"
	whyFetch    = "a command that fetches"
	whyTunnel   = "a way in from the network"
	whyDecode   = "a command that decodes"
	whyRun      = "a command that runs what is given as text, or more at build time"
	whySecret   = "rights, secrets or events of a workflow"
	whyInput    = "what others wrote becomes part of a command"
)

// riskyWords are what lines are searched for, family by family.
var riskyWords = [...]word{
	{security, "fortify_source", false, whySecurity},
	{security, "stack-protector", false, whySecurity},
	{security, "stack_protector", false, whySecurity},
	{security, "stackprotector", false, whySecurity},
	{security, "stack-clash", false, whySecurity},
	{security, "relro", false, whySecurity},
	{security, "-wl,-z", false, whySecurity},
	{security, "-wl,--dynamic-linker", false, whySecurity},
	{security, "-z,now", false, whySecurity},
	{security, "-z now", false, whySecurity},
	{security, "execstack", false, whySecurity},
	{security, "cf-protection", false, whySecurity},
	{security, "branch-protection", false, whySecurity},
	{security, "retpoline", false, whySecurity},
	{security, "-fpie", false, whySecurity},
	{security, "-fno-", true, whySecurity},
	{security, "-pie", true, whySecurity},
	{security, "no-pie", false, whySecurity},
	{security, "b_pie", true, whySecurity},
	{security, "no_sanitize", false, whySecurity},
	{security, "no-sanitize", false, whySecurity},
	{security, "no_profile_instrument", false, whySecurity},
	{security, "ifunc", true, whySecurity},
	{security, "_ifunc", false, whySecurity},
	{security, "landlock", false, whySecurity},
	{security, "pledge", true, whySecurity},
	{security, "_pledge", false, whySecurity},
	{security, "seccomp", false, whySecurity},
	{security, "no_new_privs", false, whySecurity},
	{security, "capsicum", false, whySecurity},
	{security, "cap_rights", false, whySecurity},
	{security, "cap_enter", false, whySecurity},
	{security, "sandbox", false, whySecurity},
	{security, "apparmor", false, whySecurity},
	{security, "selinux", false, whySecurity},
	{security, "hardening", false, whySecurity},
	{security, "hardened", false, whySecurity},
	{security, "/guard:", false, whySecurity},
	{security, "dynamicbase", false, whySecurity},
	{security, "nxcompat", false, whySecurity},
	{security, "ld_preload", false, whySecurity},
	{security, "-fplugin", false, whySecurity},
	{security, "-wrap=", false, whySecurity},
	{security, "-wl,--wrap", false, whySecurity},
	{security, "verify=false", false, whyVerify},
	{security, "verify: false", false, whyVerify},
	{security, "verify=0", false, whyVerify},
	{security, "tls_verify", false, whyVerify},
	{security, "ssl_verify", false, whyVerify},
	{security, "sslverify", false, whyVerify},
	{security, "strict-ssl", false, whyVerify},
	{security, "strictssl", false, whyVerify},
	{security, "--insecure", false, whyVerify},
	{security, "-insecure", true, whyVerify},
	{security, "goinsecure", false, whyVerify},
	{security, "gonosumdb", false, whyVerify},
	{security, "gonosumcheck", false, whyVerify},
	{security, "gosumdb", false, whyVerify},
	{security, "goprivate", false, whyVerify},
	{security, "gonoproxy", false, whyVerify},
	{security, "goproxy", true, whyVerify},
	{security, "ignore-scripts", false, whyVerify},
	{security, "ignorescripts", false, whyVerify},
	{security, "trusted-host", false, whyVerify},
	{security, "extra-index-url", false, whyVerify},
	{security, "extra_index_url", false, whyVerify},
	{security, "index-url", false, whyVerify},
	{security, "pip_index", false, whyVerify},
	{security, "npm_config_", false, whyVerify},
	{security, "--registry", false, whyVerify},
	{security, "no-verify", false, whyVerify},
	{security, "nogpgcheck", false, whyVerify},
	{security, "gpgcheck", false, whyVerify},
	{security, "no-gpg-check", false, whyVerify},
	{security, "allow-unauthenticated", false, whyVerify},
	{security, "check-certificate", false, whyVerify},
	{security, "skippgpcheck", false, whyVerify},
	{security, "skipchecksums", false, whyVerify},
	{security, "skip-checksum", false, whyVerify},
	{security, "tls_reject_unauthorized", false, whyVerify},
	{security, "pythonhttpsverify", false, whyVerify},
	{security, "stricthostkeychecking", false, whyVerify},
	{security, "require-hashes", false, whyVerify},
	{security, "no-frozen-lockfile", false, whyVerify},
	{security, "husky", true, whyVerify},
	{security, "skip=", true, whyVerify},
	{security, "gnutls_verify", false, whyVerify},
	{security, "--force-yes", false, whyVerify},
	{security, "--allow-downgrades", false, whyVerify},
	{security, "sigstore", false, whyVerify},
	{security, "cosign", true, whyVerify},
	{security, "trust_policy", false, whyVerify},

	{sanitizer, "fsanitize", false, whySecurity},
	{sanitizer, "sanitize=", false, whySecurity},
	{sanitizer, "b_sanitize", false, whySecurity},
	{sanitizer, "sanitizers", false, whySecurity},

	{fetching, "curl -", true, whyFetch},
	{fetching, "curl http", true, whyFetch},
	{fetching, `curl "`, true, whyFetch},
	{fetching, "curl '", true, whyFetch},
	{fetching, "curl $", true, whyFetch},
	{fetching, "bin/curl ", false, whyFetch},
	{fetching, "wget ", true, whyFetch},
	{fetching, "bin/wget", false, whyFetch},
	{fetching, "fetch http", true, whyFetch},
	{fetching, "fetch -", true, whyFetch},
	{fetching, "git clone", true, whyFetch},
	{fetching, "git submodule add", true, whyFetch},
	{fetching, "fetchcontent", false, whyFetch},
	{fetching, "externalproject", false, whyFetch},
	{fetching, "cpmaddpackage", true, whyFetch},
	{fetching, "file(download", true, whyFetch},
	{fetching, "file (download", true, whyFetch},
	{fetching, "add http", true, whyFetch},
	{fetching, "invoke-webrequest", false, whyFetch},
	{fetching, "invoke-restmethod", false, whyFetch},
	{fetching, "downloadstring", false, whyFetch},
	{fetching, "downloadfile", false, whyFetch},
	{fetching, "iwr ", true, whyFetch},
	{fetching, "irm ", true, whyFetch},
	{fetching, "urlretrieve", false, whyFetch},
	{fetching, "urlopen", false, whyFetch},
	{fetching, "/dev/tcp", false, whyFetch},
	{fetching, "nc -", true, whyFetch},
	{fetching, "ncat ", true, whyFetch},
	{fetching, "socat ", true, whyFetch},
	{fetching, "scp -", true, whyFetch},
	{fetching, "aria2c", true, whyFetch},
	{fetching, "git_repository", false, whyFetch},
	{fetching, "-in-url", false, whyFetch},
	{fetching, "add git@", true, whyFetch},
	{fetching, "hg clone", true, whyFetch},
	{fetching, "svn export", true, whyFetch},
	{fetching, "svn checkout", true, whyFetch},
	{fetching, "gh repo clone", true, whyFetch},
	{fetching, "gh release download", true, whyFetch},
	{fetching, "kubectl apply -f http", true, whyFetch},
	{fetching, "s3 cp s3:", true, whyFetch},
	{fetching, "gsutil cp gs:", true, whyFetch},
	{fetching, "oras pull", true, whyFetch},
	{fetching, "dependency:get", false, whyFetch},
	{fetching, "ngrok", true, whyTunnel},
	{fetching, "cloudflared", true, whyTunnel},
	{fetching, "tmate", true, whyTunnel},
	{fetching, "localtunnel", true, whyTunnel},
	{fetching, "start-bitstransfer", false, whyFetch},
	{fetching, "bitsadmin", false, whyFetch},

	{decoding, "base64 -", false, whyDecode},
	{decoding, "| base64", false, whyDecode},
	{decoding, "|base64", false, whyDecode},
	{decoding, "frombase64", false, whyDecode},
	{decoding, "openssl base64", false, whyDecode},
	{decoding, "base64_decode", false, whyDecode},
	{decoding, "base64.decode", false, whyDecode},
	{decoding, "xxd -", true, whyDecode},
	{decoding, "openssl enc", false, whyDecode},
	{decoding, "uudecode", false, whyDecode},
	{decoding, "head -c", true, whyDecode},
	{decoding, "tail -c", true, whyDecode},
	{decoding, "xz -d", true, whyDecode},
	{decoding, "xz --d", true, whyDecode},
	{decoding, "xzcat ", true, whyDecode},
	{decoding, "xzdec -", true, whyDecode},
	{decoding, "xzdec <", true, whyDecode},
	{decoding, "unxz ", true, whyDecode},
	{decoding, "gzip -d", true, whyDecode},
	{decoding, "gzip -c", true, whyDecode},
	{decoding, "zcat ", true, whyDecode},
	{decoding, "gunzip", true, whyDecode},
	{decoding, "bunzip2", true, whyDecode},
	{decoding, "rot13", false, whyDecode},
	{decoding, "atob(", true, whyDecode},
	{decoding, "b64decode", false, whyDecode},
	{decoding, "unhexlify", false, whyDecode},
	{decoding, "fromhex", false, whyDecode},
	{decoding, "certutil -decode", true, whyDecode},
	{decoding, "certutil -urlcache", true, whyFetch},
	{decoding, `printf '\x`, false, whyDecode},
	{decoding, `printf "\x`, false, whyDecode},
	{decoding, "dd if=", true, whyDecode},
	{decoding, `$'\x`, false, whyDecode},
	{decoding, "od -", true, whyDecode},
	{decoding, "| rev", false, whyDecode},
	{decoding, "fromcharcode", false, whyDecode},
	{decoding, "decompress", false, whyDecode},

	{running, "eval ", true, whyRun},
	{running, "eval\t", true, whyRun},
	{running, "eval(", true, whyRun},
	{running, "sh -c", true, whyRun},
	{running, "bash -c", false, whyRun},
	{running, "bin/sh -c", false, whyRun},
	{running, "$(shell) -c", false, whyRun},
	{running, "$(shell ", false, whyRun},
	{running, "$(eval", false, whyRun},
	{running, "${shell ", false, whyRun},
	{running, "ac_config_commands", false, whyRun},
	{running, "esyscmd", false, whyRun},
	{running, "m4_syscmd", false, whyRun},
	{running, "execute_process", true, whyRun},
	{running, "exec_program", true, whyRun},
	{running, "add_custom_command", true, whyRun},
	{running, "cmake_language", true, whyRun},
	{running, "run_command", true, whyRun},
	{running, "exec {", true, whyRun},
	{running, "exec(", true, whyRun},
	{running, ".execute()", false, whyRun},
	{running, "commandline", true, whyRun},
	{running, "os.system", false, whyRun},
	{running, "subprocess", false, whyRun},
	{running, "bash <(", false, whyRun},
	{running, "sh <(", false, whyRun},
	{running, "python -c", false, whyRun},
	{running, "python3 -c", false, whyRun},
	{running, "perl -e", true, whyRun},
	{running, "node -e", true, whyRun},
	{running, "ruby -e", true, whyRun},
	{running, "invoke-expression", false, whyRun},
	{running, "iex ", true, whyRun},
	{running, "iex(", true, whyRun},
	{running, "-encodedcommand", false, whyRun},
	{running, "child_process", false, whyRun},
	{running, "meson.add_install_script", false, whyRun},
	{running, "add_postconf_script", false, whyRun},
	{running, "add_dist_script", false, whyRun},
	{running, "install(code", true, whyRun},
	{running, "install(script", true, whyRun},
	{running, "try_run", true, whyRun},
	{running, "$(guile", false, whyRun},
	{running, "m4_include", true, whyRun},
	{running, "m4_sinclude", true, whyRun},
	{running, "sinclude(", true, whyRun},
	{running, "compiler_launcher", false, whyRun},
	{running, "rule_launch", false, whyRun},
	{running, "command::new", true, whyRun},
	{running, "include!(", true, whyRun},
	{running, "system(", true, whyRun},
	{running, "script-shell", false, whyRun},
	{running, "setup_requires", true, "a new dependency"},

	{workflow, "secrets.", false, whySecret},
	{workflow, "secrets:", true, whySecret},
	{workflow, "secrets[", false, whySecret},
	{workflow, "github.token", false, whySecret},
	{workflow, "github_token", false, whySecret},
	{workflow, ": write", false, whySecret},
	{workflow, "write-all", false, whySecret},
	{workflow, "tojson(secrets", false, whySecret},
	{workflow, "pull_request_target", false, whySecret},
	{workflow, "workflow_run", false, whySecret},
	{workflow, "issue_comment", false, whySecret},
	{workflow, "schedule:", true, whySecret},
	{workflow, "cron:", true, whySecret},
	{workflow, "repository_dispatch", false, whySecret},
	{workflow, "discussion:", true, whySecret},
	{workflow, " discussion]", false, whySecret},
	{workflow, "bash_env", true, whyRun},
	{workflow, "pythonstartup", true, whyRun},
	{workflow, "component: ", true, "another source"},
	{workflow, "pull_request_review", false, whySecret},
	{workflow, "id-token", true, whySecret},
	{workflow, "persist-credentials: true", false, whySecret},
	{workflow, "self-hosted", false, "a runner of the project's own"},
	{workflow, "allow-unsecured", false, whySecret},
	{workflow, "actions_allow_unsecure", false, whySecret},
	{workflow, "github.head_ref", false, whyInput},
	{workflow, "environment:", true, whySecret},
	{workflow, "remote: ", true, "another source"},

	{names, "maven {", true, "another source"},
	{names, "maven(", true, "another source"},
	{names, "jitpack", false, "another source"},
	{names, "flatdir", true, "another source"},
	{names, "apply from", true, "another source"},
	{names, ":git =>", false, "another source"},
	{names, " git: ", false, "another source"},
	{names, " github: ", false, "another source"},
	{names, "source '", true, "another source"},
	{names, `source "`, true, "another source"},
	{names, "eval_gemfile", true, "another source"},
}

// dataEnds are how names end of what people and programs read, and nothing runs.
var dataEnds = []string{
	".txt", ".md", ".dat", ".bin", ".log", ".csv", ".png", ".jpg", ".gif", ".ico", ".woff", ".woff2", ".ttf", ".map",
	".snap", ".lock", ".out", ".conf", ".pdf", ".svg",
}

// hints are what lines hold that are risky otherwise than by one word: see special.
var hints = append(
	[]string{"--disable-", " != ", "sh < ", " - < "},
	slices.DeleteFunc(slices.Clone(dataEnds), tooShort)...)

func tooShort(word string) bool { return len(word) < 4 }

// wordFinder finds the risky words, and the hints.
var wordFinder = newFinder(slices.Concat(textsOf(riskyWords[:]), hints))

func textsOf(words []word) []string {
	var texts []string
	for _, w := range words {
		texts = append(texts, w.text)
	}
	return texts
}
