package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestOpenPGPKeyFilesOfGPG reads key files that gpg writes, in every form that it has for them. gpg takes
// each again and then finds the signature good; so does a keyring.
func TestOpenPGPKeyFilesOfGPG(t *testing.T) {
	g := newGPGHome(t)
	key := g.newKey(year(2020), "Alice <alice@example.org>", "never")
	g.run(year(2020), "", "--batch", "--quick-add-key", key, "ed25519", "sign", "never")
	g.run(year(2020), "", "--batch", "--quick-add-key", key, "cv25519", "encr", "never")
	other := g.newKey(year(2020), "Bob", "never")
	fingerprints := g.fingerprints(year(2020), "Alice <alice@example.org>")
	// The least that gpg takes for a photograph: JPEG's first octets.
	photograph := filepath.Join(g.dir, "photograph.jpg")
	if err := os.WriteFile(photograph, []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	signature := g.sign(year(2021), fingerprints[1])
	armor := func(options ...string) string { return g.export(year(2021), key, append(options, "--armor")...) }
	plain := armor()
	ring := filepath.Join(g.dir, "old.gpg")
	legacy := func() string {
		g.run(year(2021), plain, "--batch", "--no-default-keyring", "--keyring", "gnupg-ring:"+ring, "--import")
		file, err := os.ReadFile(ring)
		if err != nil {
			t.Fatal(err)
		}
		if packets, err := splitPackets(file); err != nil ||
			!slices.ContainsFunc(packets, func(p rawPacket) bool { return p.tag == 12 }) {
			t.Fatalf("no trust packet in the old keyring: %v", err)
		}
		return string(file)
	}
	for _, c := range []struct{ name, file string }{
		{"armored", plain},
		{"binary", g.export(year(2021), key)},
		{"minimal", armor("--export-options", "export-minimal")},
		{"for a backup, with local signatures and trust", armor("--export-options", "export-backup,export-local-sigs")},
		{"with comments and a version", armor("--comment", "Alice's key", "--comment", "no colon in here", "--emit-version")},
		{"two certificates in one block", g.run(year(2021), "", "--batch", "--armor", "--export", other, key)},
		{"two certificates, binary", g.run(year(2021), "", "--batch", "--export", other, key)},
		{"two blocks", g.export(year(2021), other, "--armor") + plain},
		{"two blocks with blank lines and text between", g.export(year(2021), other, "--armor") + "\n\nAlice:\n\n" + plain +
			"\nlast line"},
		{"with CRLF", strings.ReplaceAll(plain, "\n", "\r\n")},
		{"with blanks at the ends of lines", strings.ReplaceAll(plain, "\n", "  \n")},
		{"an unknown header", strings.Replace(plain, "-----\n\n", "-----\nX-Whatever: a: b\nHash: none\n\n", 1)},
		{"as gpg --list-keys --export prints it", "pub   ed25519 2020-01-01 [SC]\n      " + key + "\n\n" + plain},
		{"an old keyring with trust packets", legacy()},
		{"with a photograph", func() string {
			g.talk(year(2021), []string{"addphoto", photograph, "y", "save"}, "--photo-viewer", "true", "--edit-key", key)
			file := g.export(year(2021), key)
			packets, err := splitPackets([]byte(file))
			if err != nil || !slices.ContainsFunc(packets, func(p rawPacket) bool { return p.tag == tagUserAttribute }) {
				t.Fatalf("no photograph in the certificate: %v", err)
			}
			return file
		}()},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gpgHome{t, g.dir}
			if got := g.verdict(year(2022), c.file, signature); got != "GOODSIG" {
				t.Fatalf("gpg: %s", got)
			}
			k, err := NewKeyring([]Key{{Principal: "alice", Kind: OpenPGP, Data: []byte(c.file)}}, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			wantStatus(t, k.Verify([]byte(testPayload), []byte(signature), year(2022)), Good)
			got := k.List()[0].Fingerprints
			for _, fingerprint := range fingerprints {
				if !slices.Contains(got, fingerprint) {
					t.Errorf("%s isn't among %s", fingerprint, got)
				}
			}
			if two := strings.HasPrefix(c.name, "two"); two != slices.Contains(got, other) {
				t.Errorf("fingerprints %s", got)
			}
		})
	}
	// What no keyring takes, though gpg takes some of it.
	read := func(name string) string {
		file, err := os.ReadFile(filepath.Join(g.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(file)
	}
	powershell := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(plain)) {
		powershell = append(powershell, byte(unit), byte(unit>>8))
	}
	for _, c := range []struct{ name, file, refused string }{
		{"a keybox", read("pubring.kbx"), "keybox (pubring.kbx) isn't a key file; write one with gpg --armor --export"},
		{"secret keys", g.run(year(2021), "", "--batch", "--armor", "--export-secret-keys", key), "a secret key is in it"},
		{"secret keys, binary", g.run(year(2021), "", "--batch", "--export-secret-keys", key), "a secret key is in it"},
		{"secret subkeys", g.run(year(2021), "", "--batch", "--export-secret-subkeys", key), "a secret key is in it"},
		{
			"a secret key behind a public one", plain + g.run(year(2021), "", "--batch", "--armor", "--export-secret-keys", key),
			"a secret key is in it",
		},
		{"UTF-16", string(powershell), "UTF-16"},
		{"a signature", signature, "the block at line 1: a signature that stands apart from its key"},
		{"a signature behind a key", plain + signature, "a signature that stands apart from its key"},
		{
			"a message", plain + g.run(year(2021), "hello", "--batch", "--armor", "--store"),
			"is a PGP MESSAGE, and not a public key",
		},
		{"a damaged block", strings.Replace(plain, "\nm", "\nn", 1), "the block at line 1: the armor's checksum is wrong"},
		{
			"a damaged block behind a good one", plain + "\n" + plain[:len(plain)-30],
			"has no line -----END PGP PUBLIC KEY BLOCK-----",
		},
		{
			"no key at all", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + "=twTO\n-----END PGP PUBLIC KEY BLOCK-----\n",
			"no OpenPGP key in it",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewKeyring([]Key{bystander, {
				Principal: "alice",
				Kind:      OpenPGP, Data: []byte(c.file), Source: "keys/alice.asc",
			}}, Settings{})
			if err == nil || !strings.HasPrefix(err.Error(), "keys/alice.asc: ") || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v, want an error with %q", err, c.refused)
			}
		})
	}
}

// TestOpenPGPRevocationCertificate: the certificate that gpg makes with each key, for when it is lost, counts
// wherever in the file it is put, and in whatever armor.
func TestOpenPGPRevocationCertificate(t *testing.T) {
	g := newGPGHome(t)
	key, other := g.newKey(year(2020), "Alice", "never"), g.newKey(year(2020), "Bob", "never")
	signature := g.sign(year(2021), key)
	plain := g.export(year(2021), key, "--armor")
	file, err := os.ReadFile(filepath.Join(g.dir, "openpgp-revocs.d", key+".rev"))
	if err != nil {
		t.Fatal(err)
	}
	revocation := string(bytes.ReplaceAll(file, []byte("\n:-----BEGIN"), []byte("\n-----BEGIN")))
	if revocation == string(file) {
		t.Fatal("gpg has no colon before its revocation certificates any more")
	}
	bobs := g.export(year(2021), other, "--armor")
	blocks, err := armorBlocks([]byte(revocation))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		want       Status
		gpg        string
	}{
		{"none", plain, Good, "GOODSIG"},
		{"still with its colon", plain + string(file), Good, "GOODSIG"}, // it isn't to be used by mistake
		{"after the key", plain + revocation, Revoked, "REVKEYSIG"},
		{"before the key", revocation + plain, Revoked, ""}, // gpg doesn't import it
		// Where gpg passes over it, in silence.
		{"after another's key", plain + bobs + revocation, Revoked, "GOODSIG"},
		{"in the armor of a signature", plain + string(armored(kindOpenPGPSignature, blocks[0].body)), Revoked, "GOODSIG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: []byte(c.file)})
			wantStatus(t, k.Verify([]byte(testPayload), []byte(signature), year(2021)), c.want)
			if c.gpg == "" {
				return
			}
			if got := (gpgHome{t, g.dir}).verdict(year(2021), c.file, signature); !says(got, c.gpg, "gpg", c.name) {
				t.Errorf("gpg: %s, want %s", got, c.gpg)
			}
		})
	}
}

// TestOpenPGPCriticalNotationOnKey: what the owner says on a condition that isn't understood isn't said.
// So gpg, which is shown the same certificates.
func TestOpenPGPCriticalNotationOnKey(t *testing.T) {
	g := newGPGHome(t)
	for _, c := range []struct {
		name     string
		critical bool
		want     Status
		gpg      string
	}{
		{"critical", true, Expired, "EXPKEYSIG"},
		{"not critical", false, Good, "GOODSIG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			longer := ending(forSigning(saying(overUser, 2021)), 2020, 2030)
			longer.Notations = []*packet.Notation{{
				Name:  "what@example.org",
				Value: []byte("x"), IsCritical: c.critical, IsHumanReadable: true,
			}}
			f := newCertificate(t).user("a", ending(forSigning(saying(overUser, 2020)), 2020, 2022), longer)
			signature := commitSignature(t, f.primary, 2025)
			res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), signature, year(2025))
			wantStatus(t, res, c.want)
			if got := (gpgHome{t, g.dir}).verdict(year(2025), f.String(), string(signature)); got != c.gpg {
				t.Errorf("gpg: %s, want %s", got, c.gpg)
			}
		})
	}
}
