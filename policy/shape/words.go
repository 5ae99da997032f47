package shape

// family is a set of kinds of words.
type family uint8

const (
	security  family = 1 << iota // protections of the compiler, the linker, the system and of what is fetched
	sanitizer                    // tools that find errors in tests
	fetching                     // reads from the network
	decoding                     // makes other bytes of bytes
	running                      // runs what was made or given as text
	workflow                     // what runs with secrets
	names                        // quoted names of dependencies
	images                       // images of containers
)

const commands = security | fetching | decoding | running

// word is what a line holds that shows a risk.
type word struct {
	text  string // in lower case
	start bool   // no letter, digit or sign of a name stands before it
	why   string
}

const (
	whySecurity = "a check or flag of security"
	whyVerify   = "whether what is fetched is checked"
	whyFetch    = "a command that fetches"
	whyDecode   = "a command that decodes"
	whyRun      = "a command that runs what is given as text, or more at build time"
	whySecret   = "rights, secrets or events of a workflow"
	whyInput    = "what others wrote becomes part of a command"
)

// riskyWords are what lines are searched for.
var riskyWords = map[family][]word{
	security: {
		{"fortify_source", false, whySecurity}, {"stack-protector", false, whySecurity},
		{"stack_protector", false, whySecurity}, {"stackprotector", false, whySecurity},
		{"stack-clash", false, whySecurity}, {"relro", false, whySecurity}, {"-wl,-z", false, whySecurity},
		{"-wl,--dynamic-linker", false, whySecurity}, {"-z,now", false, whySecurity}, {"-z now", false, whySecurity},
		{"execstack", false, whySecurity}, {"cf-protection", false, whySecurity}, {"branch-protection", false, whySecurity},
		{"retpoline", false, whySecurity}, {"-fpie", false, whySecurity}, {"-fno-", true, whySecurity},
		{"-pie", true, whySecurity}, {"no-pie", false, whySecurity}, {"b_pie", true, whySecurity},
		{"no_sanitize", false, whySecurity}, {"no-sanitize", false, whySecurity},
		{"no_profile_instrument", false, whySecurity}, {"ifunc", true, whySecurity}, {"_ifunc", false, whySecurity},
		{"landlock", false, whySecurity}, {"pledge", true, whySecurity}, {"_pledge", false, whySecurity},
		{"seccomp", false, whySecurity}, {"no_new_privs", false, whySecurity}, {"capsicum", false, whySecurity},
		{"cap_rights", false, whySecurity}, {"cap_enter", false, whySecurity}, {"sandbox", false, whySecurity},
		{"apparmor", false, whySecurity}, {"selinux", false, whySecurity}, {"hardening", false, whySecurity},
		{"hardened", false, whySecurity}, {"/guard:", false, whySecurity}, {"dynamicbase", false, whySecurity},
		{"nxcompat", false, whySecurity}, {"ld_preload", false, whySecurity}, {"-fplugin", false, whySecurity},
		{"-wrap=", false, whySecurity}, {"-wl,--wrap", false, whySecurity},
		{"verify=false", false, whyVerify}, {"verify: false", false, whyVerify}, {"verify=0", false, whyVerify},
		{"tls_verify", false, whyVerify}, {"ssl_verify", false, whyVerify}, {"sslverify", false, whyVerify},
		{"strict-ssl", false, whyVerify}, {"strictssl", false, whyVerify}, {"--insecure", false, whyVerify},
		{"-insecure", true, whyVerify}, {"goinsecure", false, whyVerify}, {"gonosumdb", false, whyVerify},
		{"gonosumcheck", false, whyVerify}, {"gosumdb", false, whyVerify}, {"goprivate", false, whyVerify},
		{"gonoproxy", false, whyVerify}, {"goproxy", true, whyVerify}, {"ignore-scripts", false, whyVerify},
		{"ignorescripts", false, whyVerify}, {"trusted-host", false, whyVerify}, {"extra-index-url", false, whyVerify},
		{"extra_index_url", false, whyVerify}, {"index-url", false, whyVerify}, {"pip_index", false, whyVerify},
		{"npm_config_", false, whyVerify}, {"--registry", false, whyVerify}, {"no-verify", false, whyVerify},
		{"nogpgcheck", false, whyVerify}, {"gpgcheck", false, whyVerify}, {"no-gpg-check", false, whyVerify},
		{"allow-unauthenticated", false, whyVerify}, {"check-certificate", false, whyVerify},
		{"skippgpcheck", false, whyVerify}, {"skipchecksums", false, whyVerify}, {"skip-checksum", false, whyVerify},
		{"tls_reject_unauthorized", false, whyVerify}, {"pythonhttpsverify", false, whyVerify},
		{"stricthostkeychecking", false, whyVerify}, {"require-hashes", false, whyVerify},
		{"no-frozen-lockfile", false, whyVerify}, {"husky", true, whyVerify}, {"skip=", true, whyVerify},
		{"gnutls_verify", false, whyVerify}, {"--force-yes", false, whyVerify}, {"--allow-downgrades", false, whyVerify},
		{"sigstore", false, whyVerify}, {"cosign", true, whyVerify}, {"trust_policy", false, whyVerify},
	},
	sanitizer: {
		{"fsanitize", false, whySecurity}, {"sanitize=", false, whySecurity}, {"b_sanitize", false, whySecurity},
		{"sanitizers", false, whySecurity},
	},
	fetching: {
		{"curl -", true, whyFetch}, {"curl http", true, whyFetch}, {`curl "`, true, whyFetch}, {"curl '", true, whyFetch},
		{"curl $", true, whyFetch}, {"bin/curl ", false, whyFetch}, {"wget ", true, whyFetch}, {"bin/wget", false, whyFetch},
		{"fetch http", true, whyFetch}, {"fetch -", true, whyFetch}, {"git clone", true, whyFetch},
		{"git submodule add", true, whyFetch}, {"fetchcontent", false, whyFetch}, {"externalproject", false, whyFetch},
		{"cpmaddpackage", true, whyFetch}, {"file(download", true, whyFetch}, {"file (download", true, whyFetch},
		{"add http", true, whyFetch}, {"invoke-webrequest", false, whyFetch}, {"invoke-restmethod", false, whyFetch},
		{"downloadstring", false, whyFetch}, {"downloadfile", false, whyFetch}, {"iwr ", true, whyFetch},
		{"irm ", true, whyFetch}, {"urlretrieve", false, whyFetch}, {"urlopen", false, whyFetch},
		{"/dev/tcp", false, whyFetch}, {"nc -", true, whyFetch}, {"ncat ", true, whyFetch}, {"socat ", true, whyFetch},
		{"scp -", true, whyFetch}, {"aria2c", true, whyFetch}, {"git_repository", false, whyFetch},
		{"-in-url", false, whyFetch}, {"start-bitstransfer", false, whyFetch}, {"bitsadmin", false, whyFetch},
	},
	decoding: {
		{"base64 -", false, whyDecode}, {"| base64", false, whyDecode}, {"|base64", false, whyDecode},
		{"frombase64", false, whyDecode}, {"openssl base64", false, whyDecode}, {"base64_decode", false, whyDecode},
		{"base64.decode", false, whyDecode}, {"xxd -", true, whyDecode}, {"openssl enc", false, whyDecode},
		{"uudecode", false, whyDecode}, {"head -c", true, whyDecode}, {"tail -c", true, whyDecode},
		{"xz -d", true, whyDecode}, {"xz --d", true, whyDecode}, {"xzcat ", true, whyDecode}, {"xzdec -", true, whyDecode}, {"xzdec <", true, whyDecode},
		{"unxz ", true, whyDecode}, {"gzip -d", true, whyDecode}, {"gzip -c", true, whyDecode}, {"zcat ", true, whyDecode},
		{"gunzip", true, whyDecode}, {"bunzip2", true, whyDecode}, {"rot13", false, whyDecode}, {"atob(", true, whyDecode},
		{"b64decode", false, whyDecode}, {"unhexlify", false, whyDecode}, {"fromhex", false, whyDecode},
		{"certutil -decode", true, whyDecode}, {"certutil -urlcache", true, whyFetch}, {`printf '\x`, false, whyDecode}, {`printf "\x`, false, whyDecode},
		{"dd if=", true, whyDecode},
		{"od -", true, whyDecode}, {"| rev", false, whyDecode}, {"fromcharcode", false, whyDecode},
		{"decompress", false, whyDecode},
	},
	running: {
		{"eval ", true, whyRun}, {"eval\t", true, whyRun}, {"eval(", true, whyRun}, {"sh -c", true, whyRun}, {"bash -c", false, whyRun},
		{"bin/sh -c", false, whyRun}, {"$(shell) -c", false, whyRun}, {"$(shell ", false, whyRun},
		{"$(eval", false, whyRun}, {"${shell ", false, whyRun}, {"ac_config_commands", false, whyRun},
		{"esyscmd", false, whyRun}, {"m4_syscmd", false, whyRun}, {"execute_process", true, whyRun},
		{"exec_program", true, whyRun}, {"add_custom_command", true, whyRun}, {"cmake_language", true, whyRun},
		{"run_command", true, whyRun}, {"exec {", true, whyRun}, {"exec(", true, whyRun}, {".execute()", false, whyRun},
		{"commandline", true, whyRun}, {"os.system", false, whyRun}, {"subprocess", false, whyRun},
		{"bash <(", false, whyRun}, {"sh <(", false, whyRun},
		{"python -c", false, whyRun}, {"python3 -c", false, whyRun}, {"perl -e", true, whyRun}, {"node -e", true, whyRun},
		{"ruby -e", true, whyRun}, {"invoke-expression", false, whyRun}, {"iex ", true, whyRun}, {"iex(", true, whyRun},
		{"-encodedcommand", false, whyRun}, {"child_process", false, whyRun}, {"meson.add_install_script", false, whyRun},
		{"add_postconf_script", false, whyRun}, {"add_dist_script", false, whyRun}, {"install(code", true, whyRun},
		{"install(script", true, whyRun}, {"try_run", true, whyRun},
	},
	workflow: {
		{"secrets.", false, whySecret}, {"secrets:", true, whySecret}, {"secrets[", false, whySecret},
		{"github.token", false, whySecret}, {"github_token", false, whySecret}, {": write", false, whySecret},
		{"write-all", false, whySecret}, {"tojson(secrets", false, whySecret}, {"pull_request_target", false, whySecret},
		{"workflow_run", false, whySecret}, {"issue_comment", false, whySecret}, {"schedule:", true, whySecret},
		{"cron:", true, whySecret}, {"repository_dispatch", false, whySecret}, {"discussion_comment", false, whySecret},
		{"pull_request_review", false, whySecret}, {"id-token", true, whySecret}, {"persist-credentials: true", false, whySecret},
		{"self-hosted", false, "a runner of the project's own"}, {"allow-unsecured", false, whySecret},
		{"actions_allow_unsecure", false, whySecret},
		{"github.head_ref", false, whyInput}, {"environment:", true, whySecret}, {"remote: ", true, "another source"},
	},
}
