package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAgreementOpenPGP tells lives of keys with gpg's own hands and compares the verdicts: gpg's in the
// year of the signature, git's with gpg in 2030, and ours. gpg judges a key as it is when gpg runs; here it
// is judged as it was when it signed.
func TestAgreementOpenPGP(t *testing.T) {
	g := newGPGHome(t)
	y := year
	table := &agreements{t: t, title: "OpenPGP"}
	algorithm := func(name string) func(g gpgHome, user string) (string, string) {
		return func(g gpgHome, user string) (string, string) {
			g.run(y(2020), "", "--batch", "--quick-generate-key", user, name, "sign", "never")
			key := g.fingerprints(y(2020), user)[0]
			return g.export(y(2022), key), g.sign(y(2021), key)
		}
	}
	withSubkey := func(g gpgHome, name string) (primary, sub string) {
		primary = g.newKey(y(2020), name, "never")
		g.run(y(2020), "", "--batch", "--quick-add-key", primary, "ed25519", "sign", "never")
		return primary, g.fingerprints(y(2020), name)[1]
	}
	// A designated revocation is put where gpg 2.2 puts it: newer gpg doesn't import one by itself.
	revokedByOther := func(g gpgHome, name string) (certificate, revoker, signature string) {
		key, revoker := g.newKey(y(2020), name, "never"), g.newKey(y(2020), "revoker of "+name, "never")
		g.talk(y(2020), []string{"addrevoker", revoker, "y", "save"}, "--edit-key", key)
		signature = g.sign(y(2021), key)
		blocks, err := armorBlocks([]byte(g.talk(y(2022), []string{"y", "1", "", "y"}, "--output", "-", "--desig-revoke",
			key)))
		if err != nil {
			g.t.Fatal(err)
		}
		packets, err := splitPackets([]byte(g.export(y(2023), key)))
		if err != nil {
			g.t.Fatal(err)
		}
		var file []byte
		for i, p := range packets {
			if file = append(file, framed(p.tag, p.body)...); i == 0 {
				file = append(file, blocks[0].body...)
			}
		}
		return string(file), g.export(y(2023), revoker), signature
	}
	for _, c := range []struct {
		name string
		// tell gives the certificate, as exported at last, and a signature.
		tell   func(g gpgHome, name string) (certificate, signature string)
		signed int    // the year of the signature
		landed int    // the year of the landing
		then   string // gpg's verdict in that year
		git    string // git's verdict in 2030
		ours   Status
		why    string // they differ
	}{
		{"plain", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			return g.export(y(2022), key), s
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"expired since", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			return g.export(y(2023), key), s
			// gpg shows every old signature of an expired key as one by an expired key.
		}, 2021, 2021, "GOODSIG", "EXPKEYSIG", Good, "the key was good when it signed and when that landed"},

		{"expired since, minimal export", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			return g.export(y(2023), key, "--export-options", "export-minimal"), s
		}, 2021, 2021, "GOODSIG", "EXPKEYSIG", Good, "as above"},

		{"signed after the end", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01")
			return g.export(y(2023), key), s
		}, 2023, 2023, "EXPKEYSIG", "EXPKEYSIG", Expired, ""},

		{"extended after it signed, minimal export", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			g.run(y(2023), "", "--batch", "--quick-set-expire", key, "2040-01-01")
			return g.export(y(2023), key, "--export-options", "export-minimal"), s
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"revoked as compromised, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "1")
			return g.export(y(2023), key), s
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{"revoked as compromised, before it signed", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			g.revoke(y(2022), key, "1")
			return g.export(y(2023), key), s
		}, 2023, 2023, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{"revoked without a reason, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "0")
			return g.export(y(2023), key), s
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{
			"retired, later", func(g gpgHome, name string) (string, string) {
				key := g.newKey(y(2020), name, "never")
				s := g.sign(y(2021), key)
				g.revoke(y(2022), key, "3")
				return g.export(y(2023), key), s
				// gpg makes no difference between reasons; RFC 9580 §5.2.3.31 does.
			}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Good,
			"a retired key keeps what it signed before (RFC 9580 §5.2.3.31); gpg makes no difference between reasons",
		},

		{"superseded, later", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.revoke(y(2022), key, "2")
			return g.export(y(2023), key), s
			// as for retired
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Good, "as for a retired key"},

		{"retired, before it signed", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			g.revoke(y(2022), key, "3")
			return g.export(y(2023), key), s
		}, 2023, 2023, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{"expired and revoked as compromised", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "2022-01-01")
			s := g.sign(y(2021), key)
			g.revoke(y(2023), key, "1")
			return g.export(y(2023), key), s
			// Once the key has expired as well, gpg shows only that.
		}, 2021, 2021, "REVKEYSIG", "EXPKEYSIG", Revoked, ""},

		{"subkey", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			return g.export(y(2022), key), s
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"subkey revoked without a reason, later", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			g.revokeSubkey(y(2022), key, "0")
			return g.export(y(2023), key), s
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{"subkey retired, later", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			g.revokeSubkey(y(2022), key, "3")
			return g.export(y(2023), key), s
			// as for retired
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Good, "as for a retired key"},

		{"subkey expired since", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01", sub)
			return g.export(y(2023), key), s
		}, 2021, 2021, "GOODSIG", "EXPKEYSIG", Good, "as for a key that expired since"},

		{"subkey, signed after its end", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2023), sub)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01", sub)
			return g.export(y(2023), key), s
		}, 2023, 2023, "EXPKEYSIG", "EXPKEYSIG", Expired, ""},

		{"subkey for encryption alone", func(g gpgHome, name string) (string, string) {
			// gpg doesn't sign with one, so it becomes one afterwards. RSA can be both.
			key := g.newKey(y(2020), name, "never")
			g.run(y(2020), "", "--batch", "--quick-add-key", key, "rsa2048", "sign", "never")
			s := g.sign(y(2021), g.fingerprints(y(2020), name)[1])
			g.talk(y(2022), []string{"key 1", "change-usage", "S", "E", "Q", "save"}, "--edit-key", key)
			return g.export(y(2023), key), s
		}, 2021, 2021, "ERRSIG", "ERRSIG", WrongPurpose, ""},

		{"primary key for certifying alone", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.talk(y(2022), []string{"change-usage", "S", "Q", "save"}, "--edit-key", key)
			return g.export(y(2023), key), s
		}, 2021, 2021, "ERRSIG", "ERRSIG", WrongPurpose, ""},

		{"subkey without its back-signature", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2021), sub)
			return withoutBackSignatures(t, g.export(y(2022), key)), s
		}, 2021, 2021, "ERRSIG", "ERRSIG", WrongPurpose, ""},

		{"primary key ended, subkey not, signed after the end", func(g gpgHome, name string) (string, string) {
			key, sub := withSubkey(g, name)
			s := g.sign(y(2023), sub)
			g.run(y(2021), "", "--batch", "--quick-set-expire", key, "2022-01-01")
			return g.export(y(2023), key), s
		}, 2023, 2023, "EXPKEYSIG", "EXPKEYSIG", Expired, ""},

		{"one of two user ids revoked", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			g.run(y(2021), "", "--batch", "--quick-add-uid", key, "other "+name)
			g.run(y(2022), "", "--batch", "--quick-revoke-uid", key, name)
			return g.export(y(2023), key), s
			// gpg won't revoke the last one; TestOpenPGPPrimaryLife has that.
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"revoked by a designated revoker whose key is there", func(g gpgHome, name string) (string, string) {
			certificate, revoker, s := revokedByOther(g, name)
			return certificate + revoker, s
		}, 2021, 2021, "REVKEYSIG", "REVKEYSIG", Revoked, ""},

		{"revoked by a designated revoker whose key is not there", func(g gpgHome, name string) (string, string) {
			certificate, _, s := revokedByOther(g, name)
			return certificate, s
			// gpg can't check the revocation and leaves it at a warning. Here the owner's naming of
			// the revoker is enough: the file is the project's own, and nobody else can add to it.
		}, 2021, 2021, "GOODSIG", "good", Revoked, "gpg can't check the revocation; the owner named the revoker, and " +
			"nobody else adds to a project's keyring"},

		{"signature with an end", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--default-sig-expire", "1y")
			return g.export(y(2022), key), s
			// It landed before its end; TestOpenPGPLanding has it land after.
		}, 2021, 2021, "GOODSIG", "EXPSIG", Good, "it had not ended when it landed"},

		{"signature with an end, landed after it", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--default-sig-expire", "1y")
			return g.export(y(2022), key), s
		}, 2021, 2023, "GOODSIG", "EXPSIG", Expired, ""},

		{"signed days after its date", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021).AddDate(0, 0, 13), key)
			return g.export(y(2023), key), s
		}, 2022, 2021, "GOODSIG", "good", Good, ""},

		{"signed two years after its date", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2023), key)
			return g.export(y(2023), key), s
		}, 2023, 2021, "GOODSIG", "good", Misdated, "git doesn't compare the two; one of them is a lie"},

		{"signed before the key was made", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2019), key, "--ignore-time-conflict")
			return g.export(y(2022), key), s
			// In 2019 gpg takes no key from the future.
		}, 2019, 2019, "NO_PUBKEY", "ERRSIG", NotYetValid, ""},

		{"over a SHA-1 hash", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--digest-algo", "SHA1")
			return g.export(y(2022), key), s
			// gpg 2.2 refuses SHA-1 in certifications only.
		}, 2021, 2021, "GOODSIG", "good", Weak, "SHA-1 collides; `weak-until` accepts what landed before a date"},

		{"over an MD5 hash", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--digest-algo", "MD5")
			return g.export(y(2022), key), s
		}, 2021, 2021, "ERRSIG", "ERRSIG", Weak, ""},

		{"text mode", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key, "--textmode")
			return g.export(y(2022), key), s
			// gpg takes it, and with it the same text with other line ends.
		}, 2021, 2021, "GOODSIG", "good", Unsupported, "the same signature fits a text with other line ends"},

		{"lines that end in CR LF", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), strings.ReplaceAll(g.sign(y(2021), key), "\n", "\r\n")
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"lines that end in CR LF or LF", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), strings.Replace(g.sign(y(2021), key), "\n", "\r\n", 1)
		}, 2021, 2021, "GOODSIG", "good", Malformed, "one way to end lines is enough; some of each is nobody's"},

		{
			"text after the armor", func(g gpgHome, name string) (string, string) {
				key := g.newKey(y(2020), name, "never")
				return g.export(y(2022), key), g.sign(y(2021), key) + "reviewed by bob\n"
			}, 2021, 2021, "GOODSIG", "good", Malformed,
			"gpg stops at the armor's end, and what stands there is signed by nobody",
		},

		{"text before the armor", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), "reviewed by bob\n" + g.sign(y(2021), key)
		}, 2021, 2021, "GOODSIG", "refused", Malformed, ""},

		{"two blocks", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			s := g.sign(y(2021), key)
			return g.export(y(2022), key), s + s
			// gpg is content, and git isn't: it got two verdicts.
		}, 2021, 2021, "GOODSIG", "refused", Malformed, ""},

		{"nistp256", algorithm("nistp256"), 2021, 2021, "GOODSIG", "good", Good, ""},
		{"nistp521", algorithm("nistp521"), 2021, 2021, "GOODSIG", "good", Good, ""},
		{"brainpoolP256r1", algorithm("brainpoolP256r1"), 2021, 2021, "GOODSIG", "good", Good, ""},
		{"RSA of 2048 bits", algorithm("rsa2048"), 2021, 2021, "GOODSIG", "good", Good, ""},
		{"RSA of 3072 bits", algorithm("rsa3072"), 2021, 2021, "GOODSIG", "good", Good, ""},
		{
			"RSA of 1024 bits", algorithm("rsa1024"), 2021, 2021, "GOODSIG", "good",
			Weak, "the modulus can be factored; `weak-until` accepts what landed before a date",
		},
		{"DSA of 2048 bits", algorithm("dsa2048"), 2021, 2021, "GOODSIG", "good", Weak, "as for RSA of 1024 bits"},

		{"a critical notation", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), g.sign(y(2021), key, "--sig-notation", "!what@example.org=x")
		}, 2021, 2021, "BADSIG", "BADSIG", Unsupported, ""},

		{"a notation that isn't critical", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), g.sign(y(2021), key, "--sig-notation", "what@example.org=x")
		}, 2021, 2021, "GOODSIG", "good", Good, ""},

		{"an unknown key", func(g gpgHome, name string) (string, string) {
			key, other := g.newKey(y(2020), name, "never"), g.newKey(y(2020), "other than "+name, "never")
			return g.export(y(2022), other), g.sign(y(2021), key)
		}, 2021, 2021, "NO_PUBKEY", "ERRSIG", Unknown, ""},

		{"the signature of other content", func(g gpgHome, name string) (string, string) {
			key := g.newKey(y(2020), name, "never")
			return g.export(y(2022), key), g.run(y(2021), "other content", "--batch", "--armor", "--local-user", key+"!",
				"--output", "-", "--detach-sign", "-")
		}, 2021, 2021, "BADSIG", "BADSIG", Bad, ""},

		{"two signatures in one block, both good", func(g gpgHome, name string) (string, string) {
			key, other := g.newKey(y(2020), name, "never"), g.newKey(y(2020), "second of "+name, "never")
			return g.export(y(2022), key) + g.export(y(2022), other), g.sign(y(2021), key, "--local-user", other)
		}, 2021, 2021, "GOODSIG", "refused", Malformed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gpgHome{t, g.dir}
			certificate, signature := c.tell(g, strings.ReplaceAll(c.name, " ", "-"))
			if got := g.verdict(y(c.signed), certificate, signature); !says(got, c.then, "gpg", c.name) {
				t.Errorf("gpg in %d: %s, want %s", c.signed, got, c.then)
			}
			raw := signedCommit([]byte(testPayload), []byte(signature))
			keyring := settledKeyring(t, Settings{ClockSkew: 10 * time.Minute, LandingAge: 14 * 24 * time.Hour},
				Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate)})
			table.add(agreement{c.name, c.git, c.ours.String(), c.why}, g.gitVerdict(t, y(2030), certificate, raw),
				ourVerdict(keyring, raw, y(c.landed)).Status.String())
		})
	}
	other := g.newKey(y(2020), "headers", "never")
	certificate, signature := g.export(y(2022), other), g.sign(y(2021), other)
	plain := string(signedCommit([]byte(testPayload), []byte(signature)))
	header, _, _ := strings.Cut(plain[strings.Index(plain, "gpgsig "):], "\n\n")
	payload := strings.Replace(testPayload, "\n\n", "\nHG:extra a:1\nHG:extra b:2\n\n", 1)
	hg := g.run(y(2021), payload, "--batch", "--armor", "--local-user", other+"!", "--output", "-", "--detach-sign", "-")
	for _, c := range []struct {
		agreement
		raw      string
		settings Settings
	}{
		{
			agreement{"two headers that git doesn't read", "good", Good.String(), ""},
			string(signedCommit([]byte(payload), []byte(hg))),
			Settings{},
		},
		{
			agreement{
				"a signature for the other object format beside it", "good", Malformed.String(),
				"git leaves it out of what is signed: whoever puts one there makes another commit of the same signature",
			},
			strings.Replace(plain, "\n\n", "\ngpgsig-sha256"+strings.TrimPrefix(header, "gpgsig")+"\n\n", 1),
			Settings{},
		},
		{
			agreement{
				"an OpenTimestamps proof after the armor", "good", Malformed.String(),
				"as text after the armor; `trailing = \"opentimestamps\"` accepts it",
			},
			string(signedCommit([]byte(testPayload), []byte(signature+aTimestamp))),
			Settings{},
		},
		{
			agreement{"the same, with `trailing = \"opentimestamps\"`", "good", Good.String(), ""},
			string(signedCommit([]byte(testPayload), []byte(signature+aTimestamp))),
			Settings{OpenTimestamps: true},
		},
	} {
		keyring := settledKeyring(t, c.settings, Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate)})
		table.add(c.agreement, g.gitVerdict(t, y(2030), certificate, []byte(c.raw)),
			ourVerdict(keyring, []byte(c.raw), y(2021)).Status.String())
	}
	lost := g.newKey(y(2020), "lost", "never")
	raw := signedCommit([]byte(testPayload), []byte(g.sign(y(2021), lost)))
	g.revoke(y(2022), lost, "0")
	certificate = g.export(y(2023), lost)
	keyring := settledKeyring(t, Settings{},
		Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate), Revoked: Retired, RevokedAt: y(2022)})
	table.add(agreement{
		"revoked without a reason, and retired by the policy", "REVKEYSIG", Good.String(),
		"whoever wrote the policy knows that the key was only laid aside",
	}, g.gitVerdict(t, y(2030), certificate, raw), ourVerdict(keyring, raw, y(2021)).Status.String())
	table.compare()
}

// aTimestamp is a proof as ots-git-gpg-wrapper writes it behind a signature: a few bytes are enough here.
const aTimestamp = "-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----\n\nAQHwIHUO\n" +
	"-----END OPENTIMESTAMPS GIT TIMESTAMP-----\n"

// gitVerdict has git judge a raw commit with nothing but a certificate, at a time.
func (g gpgHome) gitVerdict(t *testing.T, at time.Time, certificate string, raw []byte) string {
	t.Helper()
	fresh := gpgHome{t, filepath.Join(g.dir, "g"+strconv.Itoa(int(time.Now().UnixNano())))}
	if err := os.Mkdir(fresh.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh.imports(at, certificate)
	j := newJudged(t)
	program := filepath.Join(j.dir, "gpg-then")
	script := fmt.Sprintf("#!/bin/sh\nexec gpg --homedir %s --no-autostart --faked-system-time %d! "+
		"--no-auto-check-trustdb \"$@\"\n", fresh.dir, at.Unix())
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	j.config = []string{"gpg.program=" + program}
	return j.gitVerdict(raw)
}
