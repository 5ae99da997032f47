package verify

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// keygenIdentity is for whom ssh-keygen is asked.
const keygenIdentity = "alice"

// certificateCase is a certificate, made by ssh-keygen and shown to it again.
type certificateCase struct {
	name   string
	key    string   // certified; ed25519 if ""
	issuer string   // issuer if ""
	args   []string // for ssh-keygen -s; "-n alice" if nil
	file   string   // "alice cert-authority ISSUER" if ""
	sign   string   // the key that signs; the certificate if ""
	at     string   // 20260601120000 if ""
	theirs bool
	ours   string // a status, or a part of the error about the file or the keyring
	why    string // where ours is another
	git    string // git's verdict where that isn't ssh-keygen's for alice, and why
	gitWhy string
}

var certificateCases = []certificateCase{
	{name: "valid", theirs: true, ours: "good"},
	{name: "of an RSA key", key: "rsa2048", theirs: true, ours: "good"},
	{name: "of an ECDSA key", key: "ecdsa256", theirs: true, ours: "good"},
	{
		name: "of a small RSA key", key: "rsa1024", theirs: true, ours: "weak",
		why: "as with plain keys",
	},
	{name: "by RSA over SHA-512", issuer: "rsa2048ca", theirs: true, ours: "good"},
	{
		name: "by RSA over SHA-256", issuer: "rsa2048ca", args: []string{"-n", "alice", "-t", "rsa-sha2-256"}, theirs: true,
		ours: "good",
	},
	{
		name: "by RSA over SHA-1", issuer: "rsa2048ca", args: []string{"-n", "alice", "-t", "ssh-rsa"}, theirs: true,
		ours: "weak",
		why: "-Y verify doesn't ask how the authority signed; sshd does, and takes no SHA-1: sshd_config(5), " +
			"CASignatureAlgorithms",
	},
	{
		name: "by a small RSA key", issuer: "rsa1024", theirs: true, ours: "weak",
		why: "whoever breaks the authority's key is everybody",
	},
	{name: "by ECDSA", issuer: "ecdsa384", theirs: true, ours: "good"},

	{name: "for nobody", args: []string{"-I", "alice"}, ours: "unknown-key"},
	{name: "for somebody else", args: []string{"-n", "bob"}, ours: "unknown-key"},
	{name: "for two", args: []string{"-n", "bob,alice"}, theirs: true, ours: "good"},
	{name: "for another case", args: []string{"-n", "Alice"}, ours: "unknown-key"},
	{name: "for everybody, as a pattern", args: []string{"-n", "*"}, ours: "unknown-key"},
	{name: "of a host", args: []string{"-h", "-n", "alice"}, ours: "wrong-purpose"},
	{
		name: "with a key id and a serial number", args: []string{"-n", "alice", "-I", "bob", "-z", "18446744073709551615"},
		theirs: true, ours: "good",
	},
	{name: "with no extensions", args: []string{"-n", "alice", "-O", "clear"}, theirs: true, ours: "good"},
	{
		name: "with an extension of its own", args: []string{"-n", "alice", "-O", "extension:x@example.org=y"}, theirs: true,
		ours: "good",
	},

	{name: "for ever", args: []string{"-n", "alice", "-V", "always:forever"}, theirs: true, ours: "good"},
	{name: "its first second", args: []string{"-n", "alice", "-V", "20260601120000:20260602"}, theirs: true, ours: "good"},
	{name: "a second early", args: []string{"-n", "alice", "-V", "20260601120001:20260602"}, ours: "not-yet-valid"},
	{name: "its last second", args: []string{"-n", "alice", "-V", "20260601:20260601120001"}, theirs: true, ours: "good"},
	{name: "a second late", args: []string{"-n", "alice", "-V", "20260601:20260601120000"}, ours: "expired"},

	{
		name: "for one command", args: []string{"-n", "alice", "-O", "force-command=true"}, theirs: true, ours: "unsupported",
		why: "-Y verify heeds no critical option; PROTOCOL.certkeys: a certificate with one that isn't known must be refused",
	},
	{
		name: "from one address", args: []string{"-n", "alice", "-O", "source-address=192.0.2.0/24"}, theirs: true,
		ours: "unsupported",
		why:  "as above, and a signature comes from no address",
	},
	{
		name: "for verified users, of a key that verifies nobody",
		args: []string{"-n", "alice", "-O", "verify-required"}, theirs: true, ours: "unsupported",
		why: "as above; only a security key can verify its user",
	},
	{
		name: "with a critical option of its own", args: []string{"-n", "alice", "-O", "critical:x@example.org"},
		theirs: true, ours: "unsupported",
		why: "as above",
	},

	{name: "by another authority", file: "alice cert-authority OTHER", ours: "unknown-key"},
	{name: "by an authority for somebody else", file: "bob cert-authority ISSUER", ours: "unknown-key"},
	{name: "by an authority for a pattern", file: "*,!bob cert-authority ISSUER", theirs: true, ours: "good"},
	{name: "the authority's key listed as a plain one", file: "alice ISSUER", ours: "unknown-key"},
	{name: "the certified key listed as a plain one", file: "alice KEY", ours: "unknown-key"},
	{name: "the certified key listed as well", file: "alice KEY\nalice cert-authority ISSUER", theirs: true, ours: "good"},
	{name: "the plain key signs", sign: "ed25519", ours: "unknown-key"},
	{
		name: "the plain key signs and is listed as well", sign: "ed25519", file: "alice KEY\nalice cert-authority ISSUER",
		theirs: true, ours: "good",
	},
	{name: "the authority's key signs", sign: "issuer", ours: "wrong-purpose"},
	{
		name: "the authority's key signs and is listed as well", sign: "issuer",
		file: "alice ISSUER\nalice cert-authority ISSUER", theirs: true, ours: "use two keys",
		why: "whoever has an authority's key can be anybody it certifies, and stand second to themselves",
	},
	{
		name: "of the authority's own key", key: "issuer", theirs: true, ours: "wrong-purpose",
		why: "as above",
	},
	{name: "authority for files", file: `alice cert-authority,namespaces="file" ISSUER`, ours: "unknown-key"},
	{name: "authority for git", file: `alice namespaces="git,file",cert-authority ISSUER`, theirs: true, ours: "good"},
	{
		name: "authority in its last second", file: `alice cert-authority,valid-before="20260601120000Z" ISSUER`,
		theirs: true, ours: "good",
	},
	{name: "authority a second late", file: `alice cert-authority,valid-before="20260601115959Z" ISSUER`, ours: "expired"},
	{
		name: "authority a second early", file: `alice cert-authority,valid-after="20260601120001Z" ISSUER`,
		ours: "not-yet-valid",
	},
}

// newKeygen makes keys of these kinds with ssh-keygen, each in a file of its name.
func newKeygen(t *testing.T, kinds map[string][]string) keygen {
	t.Helper()
	g := keygen{t, t.TempDir()}
	for name, kind := range kinds {
		g.must(append([]string{"-q", "-N", "", "-C", "", "-f", name, "-t"}, kind...)...)
	}
	return g
}

// certify has the issuer certify a key, and gives the file of the certificate.
func (g keygen) certify(issuer, key string, args ...string) string {
	g.t.Helper()
	all := append([]string{"-q", "-s", issuer, "-I", "id"}, args...)
	g.must(append(all, key+".pub")...)
	return key + "-cert.pub"
}

func TestAgreementSSHCertificates(t *testing.T) {
	table := &agreements{t: t, title: "SSH certificates"}
	g := newKeygen(t, map[string][]string{
		"ed25519": {"ed25519"}, "issuer": {"ed25519"}, "other": {"ed25519"}, "ecdsa256": {"ecdsa", "-b", "256"},
		"ecdsa384": {"ecdsa", "-b", "384"},
		"rsa1024":  {"rsa", "-b", "1024"}, "rsa2048": {"rsa", "-b", "2048"}, "rsa2048ca": {"rsa", "-b", "2048"},
	})
	for _, c := range certificateCases {
		t.Run(c.name, func(t *testing.T) {
			key, issuer, args := cmp.Or(c.key, "ed25519"), cmp.Or(c.issuer, "issuer"), c.args
			if args == nil {
				args = []string{"-n", keygenIdentity}
			}
			certificate := g.certify(issuer, key, args...)
			file := strings.NewReplacer(
				"KEY", strings.TrimSpace(g.read(key+".pub")),
				"ISSUER", strings.TrimSpace(g.read(issuer+".pub")),
				"OTHER", strings.TrimSpace(g.read("other.pub")),
			).Replace(cmp.Or(c.file, "alice cert-authority ISSUER")) + "\n"
			at := cmp.Or(c.at, "20260601120000")
			signature := g.sign(cmp.Or(c.sign, certificate), sshNamespace, "sha512")
			theirs, ours := g.judge(file, signature, at, "")
			table.add(agreement{c.name, cmp.Or(c.git, word(c.theirs)), tableWord(c.ours), cmp.Or(c.gitWhy, c.why)},
				g.gitVerdict(keygenPayload, signature, "UTC", ""), tableWord(ours))
			if theirs != c.theirs {
				t.Errorf("ssh-keygen says %v, this table %v", theirs, c.theirs)
			}
			if !strings.Contains(ours, c.ours) {
				t.Errorf("%s, want %s", ours, c.ours)
			}
			if differ := theirs != (ours == Good.String()); differ != (c.why != "") {
				t.Errorf("ssh-keygen says %v, we say %s, and the reason is %q", theirs, ours, c.why)
			}
		})
	}
	table.compare()
}

// judge gives ssh-keygen's verdict on a signature of the test payload and ours. A list of revoked keys
// is a file's name, or "".
func (g keygen) judge(allowed, signature, at, revoked string) (theirs bool, ours string) {
	g.t.Helper()
	g.write("allowed", allowed)
	g.write("signature", signature)
	args := []string{
		"-Y", "verify", "-f", "allowed", "-I", keygenIdentity, "-n", sshNamespace, "-s", "signature", "-O",
		"verify-time=" + at + "Z",
	}
	var settings Settings
	if revoked != "" {
		args = append(args, "-r", revoked)
		settings.RevokedSSH = []File{{Name: revoked, Data: []byte(g.read(revoked))}}
	}
	_, theirs = g.run(keygenPayload, "UTC", args...)
	keys, err := allowedKeys(allowed, keygenIdentity)
	if err != nil {
		return theirs, err.Error()
	}
	k, err := NewKeyring(keys, settings)
	if err != nil {
		return theirs, err.Error()
	}
	return theirs, verdict(g.t, k, keygenPayload, []byte(signature), keygenTime(g.t, at)).Status.String()
}

// TestAllowedSignersPatternsAgainstKeygen asks for several people by each list of patterns, of a plain
// key and of an authority whose certificate names them all.
func TestAllowedSignersPatternsAgainstKeygen(t *testing.T) {
	identities := []string{
		"alice", "alice@example.org", "Alice@example.org", "bob@example.org", "alice@evil@example.org",
		"x", "a*", "!bob@example.org", "a,b",
	}
	g := newKeygen(t, map[string][]string{"ed25519": {"ed25519"}, "issuer": {"ed25519"}})
	// ssh-keygen cuts -n at its commas.
	certificate := g.certify("issuer", "ed25519", "-n", strings.Join(identities, ","))
	certified := append([]string{"a", "b"}, identities[:len(identities)-1]...)
	signatures := map[string]string{"": g.sign("ed25519", sshNamespace, "sha512"), certAuthority +
		" ": g.sign(certificate, sshNamespace, "sha512")}
	keys := map[string]string{"": g.read("ed25519.pub"), certAuthority + " ": g.read("issuer.pub")}
	at := keygenTime(t, "20260601120000")
	asked, good := 0, 0
	for _, patterns := range []string{
		"alice", "alice,bob@example.org", "*", "?", "a?ice", "*@example.org", "alice@*", "*@*", "**", "*,!bob@example.org",
		"!bob@example.org,*", "!*", "!alice", "a*b*", "a\\*", "[ab]*", "*ample*", "ALICE",
	} {
		for option, signature := range signatures {
			line := patterns + " " + option + keys[option]
			g.write("allowed", line)
			g.write("signature", signature)
			for _, identity := range identities {
				_, theirs := g.run(keygenPayload, "UTC", "-Y", "verify", "-f", "allowed", "-I", identity, "-n", sshNamespace, "-s",
					"signature", "-O", "verify-time=20260601120000Z")
				allowed, err := allowedKeys(line, identity)
				if err != nil {
					t.Fatal(err)
				}
				res := verdict(t, mustKeyring(t, allowed...), keygenPayload, []byte(signature), at)
				if theirs != (res.Status == Good) {
					t.Errorf("%s%s for %q: ssh-keygen says %v, we %s (%s)", option, patterns, identity, theirs, res.Status, res.Reason)
				}
				if res.Status == Good && option != "" && (res.Identity != identity || !slices.Contains(certified, identity)) {
					t.Errorf("%s for %q: by the name %q", patterns, identity, res.Identity)
				}
				asked++
				if theirs {
					good++
				}
			}
		}
	}
	if good == 0 || good == asked {
		t.Errorf("%d of %d are good", good, asked)
	}
	t.Logf("%d of %d are good", good, asked)
}
