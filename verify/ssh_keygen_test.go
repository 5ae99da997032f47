package verify

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keygen runs OpenSSH's ssh-keygen, the oracle, in a folder of its own.
type keygen struct {
	t   *testing.T
	dir string
}

func (g keygen) path(name string) string { return filepath.Join(g.dir, name) }

// run gives what ssh-keygen prints, and whether it was content. TZ is its time zone.
func (g keygen) run(stdin, zone string, args ...string) (string, bool) {
	g.t.Helper()
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Dir = g.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir, "LC_ALL=C", "TZ=" + zone}
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		g.t.Fatal(err)
	}
	return out.String() + errs.String(), err == nil
}

func (g keygen) must(args ...string) {
	g.t.Helper()
	if out, ok := g.run("", "UTC", args...); !ok {
		g.t.Fatalf("ssh-keygen %q: %s", args, out)
	}
}

func (g keygen) read(name string) string {
	g.t.Helper()
	data, err := os.ReadFile(g.path(name))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(data)
}

func (g keygen) write(name, text string) {
	g.t.Helper()
	if err := os.WriteFile(g.path(name), []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// keygenPayload is the commit that is signed: dated when ssh-keygen is asked, as git asks it.
var keygenPayload = string(payloadAt(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), keygenIdentity))

// gitVerdict has git judge the payload as a commit, with the files that ssh-keygen was asked with. A list of
// revoked keys is a file's name, or "".
func (g keygen) gitVerdict(payload, signature, zone, revoked string) string {
	g.t.Helper()
	j := newJudged(g.t)
	j.env = append(j.env, "TZ="+zone)
	j.config = []string{"gpg.format=ssh", "gpg.ssh.allowedSignersFile=" + g.path("allowed")}
	if revoked != "" {
		j.config = append(j.config, "gpg.ssh.revocationFile="+g.path(revoked))
	}
	return j.gitVerdict(signedCommit([]byte(payload), []byte(signature)))
}

// tableWord is our verdict as a table has it: a status, or that a file can't be used.
func tableWord(ours string) string {
	for s := Bad; s <= Misdated; s++ {
		if ours == s.String() {
			return ours
		}
	}
	return "the file is refused"
}

// word is a verdict as a table has it.
func word(good bool) string {
	if good {
		return "good"
	}
	return "refused"
}

// sign gives the signature of the payload.
func (g keygen) sign(key, namespace, hash string) string {
	g.t.Helper()
	g.write("payload", keygenPayload)
	if err := os.Remove(g.path("payload.sig")); err != nil && !os.IsNotExist(err) {
		g.t.Fatal(err)
	}
	g.must("-q", "-Y", "sign", "-n", namespace, "-O", "hashalg="+hash, "-f", key, "payload")
	return g.read("payload.sig")
}

// keygenCase is one question to both. KEY in the file is the signer's public key.
type keygenCase struct {
	name      string
	key       string // the signer's; ed25519 if ""
	namespace string // it is signed for; git if ""
	hash      string // sha512 if ""
	change    func(signature string) string
	payload   string // to verify; the one signed if ""
	file      string // "alice KEY" if ""
	at        string // 20260601120000 if ""
	zone      string // ssh-keygen's; UTC if ""
	theirs    bool   // ssh-keygen is content
	ours      string // a status, or a part of the error about the file
	why       string // where ours is another
	git       string // git's verdict where that isn't ssh-keygen's for alice, and why
	gitWhy    string
}

const anyPrincipal = "git takes any name that the file has for the key; Countersign wants the committer's address"

var keygenCases = []keygenCase{
	{name: "ed25519", theirs: true, ours: "good"},
	{name: "ecdsa nistp256", key: "ecdsa256", theirs: true, ours: "good"},
	{name: "ecdsa nistp384", key: "ecdsa384", theirs: true, ours: "good"},
	{name: "ecdsa nistp521", key: "ecdsa521", theirs: true, ours: "good"},
	{name: "rsa 2048", key: "rsa2048", theirs: true, ours: "good"},
	{name: "rsa 3072", key: "rsa3072", theirs: true, ours: "good"},
	{
		name: "rsa 1024", key: "rsa1024", theirs: true, ours: "weak",
		why: "OpenSSH's least is 1024 bits; a rich attacker can have such a key",
	},
	{name: "over SHA-256", hash: "sha256", theirs: true, ours: "good"},
	{name: "another payload", payload: keygenPayload + "\n", ours: "bad"},
	{name: "namespace file", namespace: "file", ours: "wrong-purpose"},
	{name: "namespace git2", namespace: "git2", ours: "wrong-purpose"},
	{name: "another's key", file: "alice " + allowedKey, ours: "unknown-key"},
	{name: "another principal", file: "bob KEY", ours: "unknown-key", git: "good", gitWhy: anyPrincipal},

	{name: "pattern", file: "*l?ce KEY", theirs: true, ours: "good"},
	{name: "excluded after", file: "*,!alice KEY", ours: "unknown-key", git: "good", gitWhy: anyPrincipal},
	{name: "excluded before", file: "!alice,* KEY", ours: "unknown-key", git: "good", gitWhy: anyPrincipal},
	{name: "case of a principal", file: "Alice KEY", ours: "unknown-key", git: "good", gitWhy: anyPrincipal},
	{name: "principals in quotes", file: `"bob,alice" KEY`, theirs: true, ours: "good"},
	{
		name: "a quote in the middle", file: `bob,"alice" KEY`, theirs: true, ours: "a quote in the middle",
		why: "ssh-keygen takes the quotes out of the word; nobody writes it, and it could be read in two ways",
	},
	{name: "tabs, CRLF, comment", file: "# us\r\n\t alice \t KEY of alice\r\n", theirs: true, ours: "good"},

	{name: "namespaces", file: `alice namespaces="git" KEY`, theirs: true, ours: "good"},
	{name: "namespaces, upper case", file: `alice NAMESPACES="git" KEY`, theirs: true, ours: "good"},
	{name: "namespaces, pattern", file: `alice namespaces="file,g*" KEY`, theirs: true, ours: "good"},
	{name: "namespaces, excluded", file: `alice namespaces="*,!git" KEY`, ours: "unknown-key"},
	{name: "namespaces without git", file: `alice namespaces="file" KEY`, ours: "unknown-key"},
	{name: "no quotes", file: `alice namespaces=git KEY`, ours: "double quotes"},
	{name: "twice", file: `alice namespaces="git",namespaces="git" KEY`, ours: "twice"},
	{name: "unknown option", file: `alice no-touch-required KEY`, ours: "neither an option"},

	{name: "valid-after, its second", file: `alice valid-after="20260601120000Z" KEY`, theirs: true, ours: "good"},
	{name: "valid-after, a second early", file: `alice valid-after="20260601120001Z" KEY`, ours: "not-yet-valid"},
	{name: "valid-before, its second", file: `alice valid-before="20260601120000Z" KEY`, theirs: true, ours: "good"},
	{name: "valid-before, a second late", file: `alice valid-before="20260601115959Z" KEY`, ours: "expired"},
	{name: "minutes", file: `alice valid-before="202606011159Z" KEY`, ours: "expired"},
	{name: "days", file: `alice valid-before="20260601Z" KEY`, ours: "expired"},
	{name: "both", file: `alice valid-after="20260101Z",valid-before="20270101z" KEY`, theirs: true, ours: "good"},
	{name: "the wrong way round", file: `alice valid-after="20270101Z",valid-before="20260101Z" KEY`, ours: "isn't after"},
	{
		name: "two windows", file: "alice valid-before=\"20260101Z\" KEY\nalice valid-after=\"20260101Z\" KEY",
		theirs: true, ours: "good",
	},
	{name: "local time where that is UTC", file: `alice valid-after="20260601120000" KEY`, theirs: true, ours: "good"},
	{
		name: "local time, west of it", file: `alice valid-after="20260601120000" KEY`, zone: "XXX5", ours: "good",
		why: "ssh-keygen reads a time without Z in its machine's time zone; the same file must mean the same everywhere, " +
			"so it is UTC here",
	},
	{
		name: "30 February", file: `alice valid-after="20260230Z" KEY`, theirs: true, ours: "no time",
		why: "the C library makes it 2 March; whoever wrote it meant something else",
	},
	{name: "no month 13", file: `alice valid-after="20261301Z" KEY`, ours: "no time"},

	{
		name: "a line that can't be read, before the good one", file: "alice ssh-ed25519 AAAA\nalice KEY",
		theirs: true, ours: "the SSH key is malformed",
		why: "ssh-keygen passes over it; a line that doesn't count must not look as if it did",
	},
	{
		name: "text after the armor", change: func(s string) string { return s + "reviewed by bob\n" }, theirs: true,
		ours: "malformed",
		why:  "ssh-keygen stops at the armor's end, and what stands there is signed by nobody",
	},
	{name: "text before the armor", change: func(s string) string { return "reviewed by bob\n" + s }, ours: "malformed"},
	{
		name: "two blocks", change: func(s string) string { return s + s }, theirs: true, ours: "malformed",
		why: "as text after the armor",
	},
	{
		name: "one long line", change: func(s string) string {
			head, rest, _ := strings.Cut(s, "\n")
			body, tail, _ := strings.Cut(rest, "\n-----END")
			return head + "\n" + strings.ReplaceAll(body, "\n", "") + "\n-----END" + tail
		}, theirs: true, ours: "good",
	},
	{
		name: "blanks in the armor", change: func(s string) string { return strings.Replace(s, "\nU1NI", "\nU1 NI", 1) },
		theirs: true, ours: "malformed",
		why: "the C library's base64 passes over blanks; one way to write a signature is enough",
	},
	{name: "CRLF", change: func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, ours: "malformed"},

	{name: "a certificate, the plain key listed", key: "certified", ours: "unknown-key"},
	{
		name: "a certificate, its issuer listed", key: "certified", file: "alice cert-authority ISSUER",
		theirs: true, ours: "good",
	},
	{
		name: "a certificate, itself listed", key: "certified", file: "alice CERTIFICATE",
		theirs: true, ours: "an SSH certificate",
		why: "ssh-keygen then trusts it for ever, whatever its own times say",
	},
}

func TestAgreementSSH(t *testing.T) {
	table := &agreements{t: t, title: "SSH"}
	g := keygen{t, t.TempDir()}
	for name, kind := range map[string][]string{
		"ed25519": {"ed25519"}, "issuer": {"ed25519"}, "certified": {"ed25519"},
		"ecdsa256": {"ecdsa", "-b", "256"}, "ecdsa384": {"ecdsa", "-b", "384"}, "ecdsa521": {"ecdsa", "-b", "521"},
		"rsa1024": {"rsa", "-b", "1024"}, "rsa2048": {"rsa", "-b", "2048"}, "rsa3072": {"rsa", "-b", "3072"},
	} {
		g.must(append([]string{"-q", "-N", "", "-C", "", "-f", name, "-t"}, kind...)...)
	}
	g.must("-q", "-s", "issuer", "-I", "id", "-n", "alice", "certified.pub")
	for _, c := range keygenCases {
		t.Run(c.name, func(t *testing.T) {
			theirs, git, ours := g.ask(c)
			table.add(agreement{c.name, cmp.Or(c.git, word(c.theirs)), tableWord(c.ours), cmp.Or(c.gitWhy, c.why)}, git,
				tableWord(ours))
			if !says(word(theirs), word(c.theirs), "ssh-keygen", c.name) {
				t.Errorf("ssh-keygen says %v, this table %v", theirs, c.theirs)
			}
			if !strings.Contains(ours, c.ours) {
				t.Errorf("%s, want %s", ours, c.ours)
			}
			if differ := c.theirs != (ours == Good.String()); differ != (c.why != "") {
				t.Errorf("ssh-keygen says %v, we say %s, and the reason is %q", c.theirs, ours, c.why)
			}
		})
	}
	table.compare()
}

// ask gives ssh-keygen's verdict, git's and ours.
func (g keygen) ask(c keygenCase) (theirs bool, git, ours string) {
	g.t.Helper()
	key := cmp.Or(c.key, "ed25519")
	signWith := key
	if key == "certified" {
		signWith = "certified-cert.pub" // ssh-keygen finds the private key beside it
	}
	signature := g.sign(signWith, cmp.Or(c.namespace, sshNamespace), cmp.Or(c.hash, "sha512"))
	if c.change != nil {
		signature = c.change(signature)
	}
	file := strings.NewReplacer(
		"KEY", strings.TrimSpace(g.read(key+".pub")),
		"ISSUER", strings.TrimSpace(g.read("issuer.pub")),
		"CERTIFICATE", strings.TrimSpace(g.read("certified-cert.pub")),
	).Replace(cmp.Or(c.file, "alice KEY")) + "\n"
	payload, at := cmp.Or(c.payload, keygenPayload), cmp.Or(c.at, "20260601120000")
	g.write("signature", signature)
	g.write("allowed", file)
	_, theirs = g.run(payload, cmp.Or(c.zone, "UTC"), "-Y", "verify", "-f", "allowed", "-I", "alice", "-n",
		sshNamespace, "-s", "signature", "-O", "verify-time="+at+"Z")
	return theirs, g.gitVerdict(payload, signature, cmp.Or(c.zone, "UTC"), ""),
		judgeAllowed(g.t, file, payload, signature, at)
}

func judgeAllowed(t *testing.T, file, payload, signature, at string) string {
	t.Helper()
	keys, err := allowedKeys(file, "alice")
	if err != nil {
		return err.Error()
	}
	return verdict(t, mustKeyring(t, keys...), payload, []byte(signature), keygenTime(t, at)).Status.String()
}

// keygenTime reads a time as ssh-keygen's options have it.
func keygenTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("20060102150405", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestSSHFingerprintsAgainstKeygen wants what ssh-keygen -l prints, of certificates too, for that is
// what people compare.
func TestSSHFingerprintsAgainstKeygen(t *testing.T) {
	g := keygen{t, t.TempDir()}
	certificates := 0
	for _, line := range strings.Split(strings.TrimSpace(string(sshCorpus.Read(t, "sigcorpus/keys/ssh/allowed_signers"))),
		"\n") {
		fields := strings.Fields(line)
		keyType, encoded := fields[len(fields)-2], fields[len(fields)-1]
		g.write("key.pub", keyType+" "+encoded+"\n")
		out, ok := g.run("", "UTC", "-l", "-f", "key.pub")
		if !ok {
			t.Fatal(out)
		}
		blob, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if isCertificate(keyType) {
			certificates++
			c, err := readSSHCertificate(blob)
			if err != nil {
				t.Fatal(err)
			}
			blob = c.key.public.Marshal()
		}
		if got, want := sshFingerprint(blob), strings.Fields(out)[1]; got != want {
			t.Errorf("%s of %s, want %s", got, fields[0], want)
		}
	}
	if certificates == 0 {
		t.Error("no certificate")
	}
}
