package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// krlCases are key revocation lists as ssh-keygen -k makes them of specifications or of keys, and which
// of the subjects below they revoke.
var krlCases = []struct {
	name    string
	spec    string   // KEY, FINGERPRINT and the like are those of the subjects
	ca      string   // the authority's file for -s; "" for none
	update  string   // another specification that is added afterwards
	revokes []string // subjects
}{
	{name: "key", spec: "key: KEY", revokes: []string{"plain", "serial 5", "serial 0"}},
	{name: "key, without a directive", spec: "KEY", revokes: []string{"plain", "serial 5", "serial 0"}},
	{name: "sha1", spec: "sha1: KEY", revokes: []string{"plain", "serial 5", "serial 0"}},
	{name: "sha256", spec: "sha256: KEY", revokes: []string{"plain", "serial 5", "serial 0"}},
	{name: "hash", spec: "hash: FINGERPRINT", revokes: []string{"plain", "serial 5", "serial 0"}},
	{name: "another key", spec: "key: OTHER"},
	{name: "another key's hashes", spec: "sha1: OTHER\nsha256: OTHER"},
	{name: "the authority's key", spec: "key: ISSUER", revokes: []string{"serial 5", "serial 0"}},
	{name: "the authority's SHA-1", spec: "sha1: ISSUER", revokes: []string{"serial 5", "serial 0"}},
	{name: "the authority's SHA-256", spec: "sha256: ISSUER", revokes: []string{"serial 5", "serial 0"}},
	{name: "the certificate, by its serial number", spec: "CERTIFICATE5", revokes: []string{"serial 5"}},
	{name: "the certificate, by its id", spec: "CERTIFICATE0", revokes: []string{"serial 0"}},
	{name: "the certificate as a key", spec: "key: CERTIFICATE5", revokes: []string{"plain", "serial 5", "serial 0"}},

	{name: "serial", spec: "serial: 5", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{name: "serial, in hex", spec: "serial: 0x5", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{name: "another serial", spec: "serial: 6", ca: "issuer.pub"},
	{name: "another authority's serial", spec: "serial: 5", ca: "other.pub"},
	{name: "any authority's serial", spec: "serial: 5", ca: "none", revokes: []string{"serial 5"}},
	{
		name: "a few serials", spec: "serial: 18446744073709551615\nserial: 4294967296\nserial: 5", ca: "issuer.pub",
		revokes: []string{"serial 5"},
	},
	{name: "range", spec: "serial: 2-9000000", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{name: "range to its end", spec: "serial: 1-5", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{name: "range before", spec: "serial: 1-4", ca: "issuer.pub"},
	{
		name: "range from its beginning", spec: "serial: 5-18446744073709551615", ca: "issuer.pub",
		revokes: []string{"serial 5"},
	},
	{name: "range after", spec: "serial: 6-18446744073709551615", ca: "issuer.pub"},
	{
		name: "bitmap", spec: "serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\nserial: 11", ca: "issuer.pub",
		revokes: []string{"serial 5"},
	},
	{
		name: "bitmap from there", spec: "serial: 5\nserial: 7\nserial: 9\nserial: 12\nserial: 14", ca: "issuer.pub",
		revokes: []string{"serial 5"},
	},
	{name: "bitmap without", spec: "serial: 2\nserial: 4\nserial: 6\nserial: 8\nserial: 10\nserial: 12", ca: "issuer.pub"},
	{name: "id", spec: "id: the laptop", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{name: "another id", spec: "id: the lapto", ca: "issuer.pub"},
	{name: "any authority's id", spec: "id: the laptop", ca: "none", revokes: []string{"serial 5"}},
	{name: "another authority's id", spec: "id: the laptop", ca: "other.pub"},

	{name: "two sections", spec: "sha1: OTHER\nserial: 5", ca: "issuer.pub", revokes: []string{"serial 5"}},
	{
		name: "added to", spec: "serial: 6\nsha256: OTHER", ca: "issuer.pub", update: "id: the laptop\nsha1: OTHER",
		revokes: []string{"serial 5"},
	},
}

// TestAgreementKRL has ssh-keygen make each list, and asks it and us what it revokes.
func TestAgreementKRL(t *testing.T) {
	table := &agreements{t: t, title: "SSH revocation lists"}
	g := newKeygen(t, map[string][]string{"ed25519": {"ed25519"}, "issuer": {"ed25519"}, "other": {"rsa", "-b", "2048"}})
	pub := func(name string) string { return strings.TrimSpace(g.read(name)) }
	out, ok := g.run("", "UTC", "-l", "-f", "ed25519.pub")
	if !ok {
		t.Fatal(out)
	}
	replace := []string{
		"KEY", pub("ed25519.pub"), "ISSUER", pub("issuer.pub"), "OTHER", pub("other.pub"), "FINGERPRINT",
		strings.Fields(out)[1],
	}
	subjects := map[string]struct{ file, signature string }{"plain": {
		"ed25519.pub",
		g.sign("ed25519", sshNamespace, "sha512"),
	}}
	for subject, args := range map[string][]string{"serial 5": {"-z", "5", "-I", "the laptop"}, "serial 0": {}} {
		g.certify("issuer", "ed25519", append(args, "-n", keygenIdentity)...)
		file := strings.ReplaceAll(subject, " ", "") + ".pub"
		g.write(file, pub("ed25519-cert.pub"))
		replace = append(replace, "CERTIFICATE"+subject[len("serial "):], pub("ed25519-cert.pub"))
		subjects[subject] = struct{ file, signature string }{file, g.sign("ed25519-cert.pub", sshNamespace, "sha512")}
	}
	allowed := "alice " + pub("ed25519.pub") + "\nalice cert-authority " + pub("issuer.pub") + "\n"
	for _, c := range krlCases {
		t.Run(c.name, func(t *testing.T) {
			g := keygen{t, g.dir}
			generate := func(spec string, args ...string) {
				g.write("spec", strings.NewReplacer(replace...).Replace(spec)+"\n")
				if c.ca != "" {
					args = append(args, "-s", c.ca)
				}
				g.must(append(args, "-q", "-k", "-z", "7", "-f", "krl", "spec")...)
			}
			generate(c.spec)
			if c.update != "" {
				generate(c.update, "-u")
			}
			for _, name := range slices.Sorted(maps.Keys(subjects)) {
				s, revoked := subjects[name], false
				for _, n := range c.revokes {
					revoked = revoked || n == name
				}
				if _, unrevoked := g.run("", "UTC", "-Q", "-f", "krl", s.file); unrevoked == revoked {
					t.Errorf("%s: ssh-keygen -Q says revoked %v, this table %v", name, !unrevoked, revoked)
				}
				theirs, ours := g.judge(allowed, s.signature, "20260601120000", "krl")
				want := Good
				if revoked {
					want = Revoked
				}
				table.add(agreement{c.name + ": " + name, word(!revoked), want.String(), ""},
					g.gitVerdict(keygenPayload, s.signature, "UTC", "krl"), ours)
				if theirs == revoked || ours != want.String() {
					t.Errorf("%s: ssh-keygen -Y verify says good %v, we %s, want %s", name, theirs, ours, want)
				}
			}
		})
	}
	table.compare()
}

// TestAgreementSSHRevokedKeys has lists of public keys.
func TestAgreementSSHRevokedKeys(t *testing.T) {
	table := &agreements{t: t, title: "SSH lists of revoked keys"}
	g := newKeygen(t, map[string][]string{"ed25519": {"ed25519"}, "issuer": {"ed25519"}, "other": {"rsa", "-b", "1024"}})
	certificate := g.certify("issuer", "ed25519", "-n", keygenIdentity, "-z", "5")
	pub := func(name string) string { return strings.TrimSpace(g.read(name)) }
	replace := strings.NewReplacer("KEY", pub("ed25519.pub"), "ISSUER", pub("issuer.pub"), "OTHER",
		pub("other.pub"), "CERTIFICATE", pub(certificate))
	allowed := "alice " + pub("ed25519.pub") + "\nalice cert-authority " + pub("issuer.pub") + "\n"
	plain, certified := g.sign("ed25519", sshNamespace, "sha512"), g.sign(certificate, sshNamespace, "sha512")
	for _, c := range []struct {
		name, list                 string
		theirPlain, theirCertified bool
		plain, certified           string
		why                        string
	}{
		{name: "the key", list: "KEY", plain: "revoked", certified: "revoked"},
		{
			name: "with comments, blanks and CRLF", list: "# lost\r\n\r\n \tKEY alice's old laptop\r\n", plain: "revoked",
			certified: "revoked",
		},
		{name: "another key", list: "OTHER", theirPlain: true, theirCertified: true, plain: "good", certified: "good"},
		{name: "the second of two", list: "OTHER\nKEY", plain: "revoked", certified: "revoked"},
		{name: "the authority's", list: "ISSUER", theirPlain: true, plain: "good", certified: "revoked"},
		{name: "the certificate", list: "CERTIFICATE", plain: "revoked", certified: "revoked"},
		{
			name: "a line that can't be read", list: "OTHER\nssh-ed25519 AAAA", plain: "revoked: line 2: ",
			certified: "revoked: line 2: ",
		},
		{name: "a line with options", list: "no-pty KEY", plain: "revoked: line 1: ", certified: "revoked: line 1: "},
		{name: "a specification", list: "sha256: KEY", plain: "ssh-keygen -k", certified: "ssh-keygen -k"},
		{
			name: "nothing", list: "# nobody yet", theirPlain: true, theirCertified: true, plain: "revokes nothing",
			certified: "revokes nothing",
			why:       "a list cut off at its beginning mustn't pass for one",
		},
		{
			name: "after the key a line that can't be read", list: "KEY\nssh-ed25519 AAAA", plain: "revoked: line 2: ",
			certified: "revoked: line 2: ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := keygen{t, g.dir}
			g.write("revoked", replace.Replace(c.list)+"\n")
			for _, of := range []struct {
				subject, signature, want string
				theirs                   bool
			}{{"plain", plain, c.plain, c.theirPlain}, {"certificate", certified, c.certified, c.theirCertified}} {
				theirs, ours := g.judge(allowed, of.signature, "20260601120000", "revoked")
				table.add(agreement{c.name + ": " + of.subject, word(of.theirs), tableWord(of.want), c.why},
					g.gitVerdict(keygenPayload, of.signature, "UTC", "revoked"), tableWord(ours))
				if theirs != of.theirs || !strings.Contains(ours, of.want) {
					t.Errorf("ssh-keygen says %v and we %s, want %v and %s", theirs, ours, of.theirs, of.want)
				}
				if differ := theirs != (ours == Good.String()); differ != (c.why != "") {
					t.Errorf("ssh-keygen says %v, we say %s, and the reason is %q", theirs, ours, c.why)
				}
			}
		})
	}
	table.compare()
}
