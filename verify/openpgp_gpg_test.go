package verify

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// gpgHome is a GnuPG home folder of one test.
type gpgHome struct {
	t   *testing.T
	dir string
}

// newGPGHome makes a home in a short path, for the agent's socket's sake.
func newGPGHome(t *testing.T) gpgHome {
	t.Helper()
	dir, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--homedir", dir, "--kill", "all")
		if out, err := stop.CombinedOutput(); err != nil {
			t.Errorf("gpgconf --kill all: %v: %s", err, out)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return gpgHome{t, dir}
}

// run has gpg believe that it is the given time. It fails the test where gpg fails, but for verify.
func (g gpgHome) run(at time.Time, input string, args ...string) string {
	g.t.Helper()
	base := []string{
		"--homedir", g.dir, "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
		"--faked-system-time", strconv.FormatInt(at.Unix(), 10) + "!", "--no-auto-check-trustdb", "--trust-model", "always",
	}
	cmd := exec.Command("gpg", append(base, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Stdin = strings.NewReader(input)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil && !slices.Contains(args, "--verify") {
		g.t.Fatalf("gpg %q: %v\n%s\n%s", args, err, errors.Bytes(), out.Bytes())
	}
	return out.String()
}

// newKey makes a key that certifies and signs.
func (g gpgHome) newKey(at time.Time, name, expires string) string {
	g.t.Helper()
	g.run(at, "", "--batch", "--quick-generate-key", name, "ed25519", "sign", expires)
	return g.fingerprints(at, name)[0]
}

// fingerprints gives those of the primary key and the subkeys.
func (g gpgHome) fingerprints(at time.Time, name string) []string {
	var fingerprints []string
	for line := range strings.Lines(g.run(at, "", "--batch", "--with-colons", "--list-keys", "="+name)) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			fingerprints = append(fingerprints, fields[9])
		}
	}
	return fingerprints
}

func (g gpgHome) sign(at time.Time, key string, options ...string) string {
	g.t.Helper()
	args := append([]string{"--batch", "--armor", "--local-user", key + "!", "--output", "-"}, options...)
	return g.run(at, testPayload, append(args, "--detach-sign", "-")...)
}

// talk answers gpg's questions.
func (g gpgHome) talk(at time.Time, answers []string, args ...string) string {
	g.t.Helper()
	return g.run(at, strings.Join(answers, "\n")+"\n", append([]string{"--command-fd", "0", "--status-fd", "2", "--yes"}, args...)...)
}

// revoke revokes a primary key for one of gpg's reasons: 1 compromised, 2 superseded, 3 retired.
func (g gpgHome) revoke(at time.Time, key, reason string) {
	g.t.Helper()
	certificate := g.talk(at, []string{"y", reason, "", "y"}, "--output", "-", "--gen-revoke", key)
	g.run(at, certificate, "--batch", "--import")
}

func (g gpgHome) revokeSubkey(at time.Time, key, reason string) {
	g.t.Helper()
	g.talk(at, []string{"key 1", "revkey", "y", reason, "", "y", "save"}, "--edit-key", key)
}

func (g gpgHome) export(at time.Time, key string, options ...string) string {
	g.t.Helper()
	return g.run(at, "", append(append([]string{"--batch"}, options...), "--export", key)...)
}

// verdict is what gpg, with nothing but the certificate, says of the signature at a time.
func (g gpgHome) verdict(at time.Time, certificate, signature string) string {
	g.t.Helper()
	fresh := gpgHome{g.t, filepath.Join(g.dir, "v"+strconv.Itoa(int(time.Now().UnixNano())))}
	file := fresh.dir + ".asc"
	if err := os.Mkdir(fresh.dir, 0o700); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(signature), 0o600); err != nil {
		g.t.Fatal(err)
	}
	fresh.run(at, certificate, "--batch", "--no-autostart", "--import", "-")
	status := fresh.run(at, testPayload, "--batch", "--no-autostart", "--status-fd", "1", "--verify", file, "-")
	if strings.Contains(status, "NO_PUBKEY") {
		return "NO_PUBKEY"
	}
	for line := range strings.Lines(status) {
		switch word := strings.Fields(line)[1]; word {
		case "GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG":
			return word
		}
	}
	return strings.TrimSpace(status)
}

// TestOpenPGPAgainstGPG tells lives of keys with gpg's own hands and compares the verdicts. gpg
// judges a key as it is when gpg runs; here it is judged as it was when it signed. That is the one
// difference, and what explains each line where the two columns don't say the same.
func TestOpenPGPAgainstGPG(t *testing.T) {
	g := newGPGHome(t)
	y := year
	withSubkey := func(g gpgHome, name string) (primary, sub string) {
		primary = g.newKey(y(2020), name, "never")
		g.run(y(2020), "", "--batch", "--quick-add-key", primary, "ed25519", "sign", "never")
		return primary, g.fingerprints(y(2020), name)[1]
	}
	revokedByOther := func(g gpgHome, name string) (key, revoker, signature string) {
		key, revoker = g.newKey(y(2020), name, "never"), g.newKey(y(2020), "revoker of "+name, "never")
		g.talk(y(2020), []string{"addrevoker", revoker, "y", "save"}, "--edit-key", key)
		signature = g.sign(y(2021), key)
		certificate := g.talk(y(2022), []string{"y", "1", "", "y"}, "--output", "-", "--desig-revoke", key)
		g.run(y(2022), certificate, "--batch", "--import")
		return key, revoker, signature
	}
	for _, c := range []struct {
		name string
		// tell gives the certificate, as exported at last, and a signature.
		tell   func(g gpgHome, name string) (certificate, signature string)
		signed int    // the year of the signature, and of the landing
		then   string // gpg's verdict in that year
		later  string // gpg's verdict in 2030
		ours   Status
	}{
		{"plain", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			return g.export(y(2022), key), s
		}, 2021, "GOODSIG", "GOODSIG", Good},

		{"expired since", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			return g.export(y(2023), key), s
			// gpg shows every old signature of an expired key as one by an expired key.
		}, 2021, "GOODSIG", "EXPKEYSIG", Good},

		{"signed after the end", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01")
			return g.export(y(2023), key), s
		}, 2023, "EXPKEYSIG", "EXPKEYSIG", Expired},

		{"extended after it signed, minimal export", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			g.run(y(2023), "", "--batch", "--quick-set-expire", key, "2040-01-01")
			return g.export(y(2023), key, "--export-options", "export-minimal"), s
		}, 2021, "GOODSIG", "GOODSIG", Good},

		{"revoked as compromised, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "1")
			return g.export(y(2023), key), s
		}, 2021, "REVKEYSIG", "REVKEYSIG", Revoked},

		{"retired, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "3")
			return g.export(y(2023), key), s
			// gpg makes no difference between reasons; RFC 9580 §5.2.3.31 does.
		}, 2021, "REVKEYSIG", "REVKEYSIG", Good},

		{"superseded, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "2")
			return g.export(y(2023), key), s
			// as for retired
		}, 2021, "REVKEYSIG", "REVKEYSIG", Good},

		{"retired, before it signed", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			g.revoke(y(2022), key, "3")
			return g.export(y(2023), key), s
		}, 2023, "REVKEYSIG", "REVKEYSIG", Revoked},

		{"expired and revoked as compromised", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			g.revoke(y(2023), key, "1")
			return g.export(y(2023), key), s
			// Once the key has expired as well, gpg shows only that.
		}, 2021, "REVKEYSIG", "EXPKEYSIG", Revoked},

		{"subkey", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			return g.export(y(2022), key), s
		}, 2021, "GOODSIG", "GOODSIG", Good},

		{"subkey revoked without a reason, later", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			g.revokeSubkey(y(2022), key, "0")
			return g.export(y(2023), key), s
		}, 2021, "REVKEYSIG", "REVKEYSIG", Revoked},

		{"subkey retired, later", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			g.revokeSubkey(y(2022), key, "3")
			return g.export(y(2023), key), s
			// as for retired
		}, 2021, "REVKEYSIG", "REVKEYSIG", Good},

		{"subkey without its back-signature", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			return withoutBackSignatures(t, g.export(y(2022), key)), s
		}, 2021, "ERRSIG", "ERRSIG", WrongPurpose},

		{"primary key ended, subkey not, signed after the end", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2023), sub)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01")
			return g.export(y(2023), key), s
		}, 2023, "EXPKEYSIG", "EXPKEYSIG", Expired},

		{"one of two user ids revoked", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.run(y(2021), "", "--batch", "--quick-add-uid", key, "other "+name)
			g.run(y(2022), "", "--batch", "--quick-revoke-uid", key, name)
			return g.export(y(2023), key), s
			// gpg won't revoke the last one; TestOpenPGPPrimaryLife has that.
		}, 2021, "GOODSIG", "GOODSIG", Good},

		{"revoked by a designated revoker whose key is there", func(g gpgHome, name string) (string, string) {
			key, revoker, s := revokedByOther(g, name)
			return g.export(y(2023), key) + g.export(y(2023), revoker), s
		}, 2021, "REVKEYSIG", "REVKEYSIG", Revoked},

		{"revoked by a designated revoker whose key is not there", func(g gpgHome, name string) (string, string) {
			key, _, s := revokedByOther(g, name)
			return g.export(y(2023), key), s
			// gpg can't check the revocation and leaves it at a warning. Here the owner's naming of
			// the revoker is enough: the file is the project's own, and nobody else can add to it.
		}, 2021, "GOODSIG", "GOODSIG", Revoked},

		{"signature with an end", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--default-sig-expire", "1y")
			return g.export(y(2022), key), s
			// It landed before its end; TestOpenPGPLanding has it land after.
		}, 2021, "GOODSIG", "EXPSIG", Good},

		{"signed before the key was made", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2019), key, "--ignore-time-conflict")
			return g.export(y(2022), key), s
			// In 2019 gpg takes no key from the future.
		}, 2019, "NO_PUBKEY", "ERRSIG", NotYetValid},

		{"over a SHA-1 hash", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--digest-algo", "SHA1")
			return g.export(y(2022), key), s
			// gpg 2.2 refuses SHA-1 in certifications only.
		}, 2021, "GOODSIG", "GOODSIG", Weak},

		{"text mode", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--textmode")
			return g.export(y(2022), key), s
			// gpg takes it, and with it the same text with other line ends.
		}, 2021, "GOODSIG", "GOODSIG", Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gpgHome{t, g.dir}
			certificate, signature := c.tell(g, strings.ReplaceAll(c.name, " ", "-"))
			if got := g.verdict(y(c.signed), certificate, signature); got != c.then {
				t.Errorf("gpg in %d: %s, want %s", c.signed, got, c.then)
			}
			if got := g.verdict(y(2030), certificate, signature); got != c.later {
				t.Errorf("gpg in 2030: %s, want %s", got, c.later)
			}
			key, err := readOpenPGP(&Key{Data: []byte(certificate)})
			if err != nil {
				t.Fatal(err)
			}
			res, _ := verifyOpenPGP(among(key), []byte(testPayload), []byte(signature), y(c.signed))
			if res.Status != c.ours {
				t.Errorf("ours: %s (%s), want %s", res.Status, res.Reason, c.ours)
			}
		})
	}
}

// withoutBackSignatures takes the embedded signatures out of a binary certificate's bindings. gpg
// writes them into the unhashed part, so the bindings stay valid.
func withoutBackSignatures(t *testing.T, certificate string) string {
	t.Helper()
	packets, err := splitPackets([]byte(certificate))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	removed := 0
	for _, p := range packets {
		head, err := splitSignature(p)
		if p.tag == tagSignature && err == nil && head.kind == packet.SigTypeSubkeyBinding {
			const subEmbeddedSignature = 32
			hashed := 6 + int(p.body[4])<<8 + int(p.body[5])
			unhashed := int(p.body[hashed])<<8 + int(p.body[hashed+1])
			var kept bytes.Buffer
			for _, sub := range head.unhashed {
				if sub.SubType == subEmbeddedSignature {
					removed++
				} else if err := sub.Serialize(&kept); err != nil {
					t.Fatal(err)
				}
			}
			body := append([]byte{}, p.body[:hashed]...)
			body = append(body, byte(kept.Len()>>8), byte(kept.Len()))
			body = append(body, kept.Bytes()...)
			p.body = append(body, p.body[hashed+2+unhashed:]...)
		}
		b.Write(framed(p.tag, p.body))
	}
	if removed == 0 {
		t.Fatal("no back-signature found to remove")
	}
	return b.String()
}
