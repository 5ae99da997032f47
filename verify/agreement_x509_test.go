package verify

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"
)

// gpgsmHome is a GnuPG home folder in which gpgsm trusts some authorities.
type gpgsmHome struct {
	t   *testing.T
	dir string
}

func newGPGSMHome(t *testing.T, authorities ...[]byte) gpgsmHome {
	t.Helper()
	g := gpgsmHome{t, newGPGHome(t).dir}
	var trusted strings.Builder
	for _, ca := range authorities {
		fingerprint, err := corpus.OpenSSL(t, ca, "x509", "-noout", "-fingerprint", "-sha1")
		if err != nil {
			t.Fatal(err)
		}
		_, hexadecimal, _ := strings.Cut(strings.TrimSpace(string(fingerprint)), "=")
		fmt.Fprintf(&trusted, "%s S relax\n", hexadecimal)
	}
	g.write("trustlist.txt", []byte(trusted.String()))
	for _, ca := range authorities {
		g.run("--import", g.write("ca.pem", ca))
	}
	return g
}

func (g gpgsmHome) write(name string, data []byte) (path string) {
	g.t.Helper()
	path = filepath.Join(g.dir, name)
	if err := os.WriteFile(path, data, 0o700); err != nil {
		g.t.Fatal(err)
	}
	return path
}

func (g gpgsmHome) run(args ...string) {
	g.t.Helper()
	if out, err := exec.Command("gpgsm", append([]string{"--homedir", g.dir, "--batch"},
		args...)...).CombinedOutput(); err != nil {
		g.t.Fatalf("gpgsm %q: %v: %s", args, err, out)
	}
}

// judge gives a repository in which git asks gpgsm, whose clock shows that time.
func (g gpgsmHome) judge(at time.Time, options string) *judged {
	g.t.Helper()
	j := newJudged(g.t)
	program := filepath.Join(j.dir, "gpgsm-then")
	script := fmt.Sprintf("#!/bin/sh\nexec gpgsm --homedir %s --faked-system-time %s %s \"$@\"\n",
		g.dir, at.UTC().Format("20060102T150405"), options)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		g.t.Fatal(err)
	}
	j.config = []string{"gpg.format=x509", "gpg.x509.program=" + program}
	return j
}

// withKey writes a certificate and its key to a file, for OpenSSL.
func withKey(t *testing.T, certificate *x509.Certificate, key crypto.Signer) (path string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pemOf(&holder{Certificate: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	path = filepath.Join(t.TempDir(), "holder.pem")
	if err := os.WriteFile(path, both, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// signByOpenSSL has OpenSSL sign for the certificate's holder. The time in it is the machine's.
func (h *holder) signByOpenSSL(t *testing.T, payload []byte) []byte {
	t.Helper()
	signature, err := corpus.OpenSSL(t, payload, "cms", "-sign", "-binary", "-md", "sha256", "-signer",
		withKey(t, h.Certificate, h.key), "-outform", "PEM")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(signature, []byte("CMS"), []byte(kindSignedMessage))
}

// employer is an authority with an RSA key: dirmngr 2.2 reads no revocation list that is signed by another.
type employer struct {
	*x509.Certificate
	key *rsa.PrivateKey
}

func newEmployer(t *testing.T, name string, from, until time.Time) employer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := authorityFor(name)
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), from, until
	return employer{certifyBy(t, template, template, &key.PublicKey, key), key}
}

// employ certifies Alice.
func (c employer) employ(t *testing.T, from, until time.Time) *holder {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, elliptic.P256())
	return &holder{certifyBy(t, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Alice"}, EmailAddresses: []string{"alice@example.org"},
		NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}, c.Certificate, &key.PublicKey, c.key), key}
}

func certifyBy(t *testing.T, template, by *x509.Certificate, of crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, by, of, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func (c employer) pem() []byte { return pemOf(&holder{Certificate: c.Certificate}) }

// revokedCertificate is an entry of a revocation list; reason is OpenSSL's word, or "".
type revokedCertificate struct {
	*holder
	at     time.Time
	reason string
}

// list has OpenSSL make the employer's revocation list, in DER. Go's would name the employer by its key's
// identifier as well, and gpgsm doesn't find that for dirmngr.
func (c employer) list(t *testing.T, entries ...revokedCertificate) []byte {
	t.Helper()
	dir := t.TempDir()
	var index strings.Builder // ca(1), in fields divided by tabs
	const utcTime = "060102150405Z"
	for _, e := range entries {
		revoked := strings.TrimSuffix(e.at.Format(utcTime)+","+e.reason, ",")
		fmt.Fprintf(&index, "R\t%s\t%s\t%X\tunknown\t/CN=Alice\n",
			e.NotAfter.Format(utcTime), revoked, e.SerialNumber.Bytes())
	}
	config := filepath.Join(dir, "ca.conf")
	for name, text := range map[string]string{
		"index": index.String(), "ca.conf": "[ca]\ndefault_ca = company\n[company]\ndefault_md = sha256\ndatabase = " +
			filepath.Join(dir, "index") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	own := withKey(t, c.Certificate, c.key)
	list, err := corpus.OpenSSL(t, nil, "ca", "-gencrl", "-config", config, "-cert", own, "-keyfile", own, "-crldays",
		"1000")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(list)
	if block == nil {
		t.Fatalf("OpenSSL made no list: %s", list)
	}
	return block.Bytes
}

// TestAgreementX509Lives compares what becomes of a company's certificates: they end, and are revoked.
// gpgsm is told to look every certificate up in the lists that it was given, but where a case says not.
func TestAgreementX509Lives(t *testing.T) {
	table := &agreements{t: t, title: "X.509, the lives of certificates"}
	now := time.Now().UTC().Truncate(time.Second) // when OpenSSL signs
	in := func(years int) time.Time { return now.AddDate(years, 0, 0) }
	corp, listless := newEmployer(t, "company", in(-10), in(10)), newEmployer(t, "company without a list", in(-10), in(10))
	good, stolen, left, unexplained := corp.employ(t, in(-1), in(1)), corp.employ(t, in(-1), in(1)),
		corp.employ(t, in(-1), in(1)), corp.employ(t, in(-1), in(1))
	later := now.Add(24 * time.Hour)
	list := corp.list(t,
		revokedCertificate{stolen, later, "keyCompromise"}, revokedCertificate{left, later, "affiliationChanged"},
		revokedCertificate{unexplained, in(-1), ""})
	g := newGPGSMHome(t, corp.pem(), listless.pem())
	g.run("--call-dirmngr", "LOADCRL", g.write("company.crl", list))
	const lookUp = "--enable-issuer-based-crl-check"
	payload := payloadAt(now, "alice@example.org")
	for _, c := range []struct {
		name    string
		by      *holder
		other   bool // content than was signed
		crlf    bool // ends the lines of the armor
		at      time.Time
		options string
		theirs  string
		ours    Status
		why     string
	}{
		{"valid", good, false, false, now, lookUp, "good", Good, ""},
		{"lines that end in CR LF", good, false, true, now, lookUp, "good", Good, ""},
		{"the signature of other content", good, true, false, now, lookUp, "BADSIG", Bad, ""},
		{
			"ended since", good, false, false, in(2), lookUp, "EXPKEYSIG",
			Good, "it was valid when it signed and when that landed",
		},
		{"ended before it signed", corp.employ(t, in(-2), in(-1)), false, false, now, lookUp, "EXPKEYSIG", Expired, ""},
		{"not begun when it signed", corp.employ(t, in(1), in(2)), false, false, now, lookUp, "refused", NotYetValid, ""},
		{"revoked before it signed", unexplained, false, false, now, lookUp, "refused", Revoked, ""},
		{"its key compromised, later", stolen, false, false, now, lookUp, "refused", Revoked, ""},
		{
			"its holder left the company, later", left, false, false, now, lookUp, "refused",
			Good, "what was signed before stays good; gpgsm asks neither when nor why",
		},
		{
			"revoked, and gpgsm as it comes", stolen, false, false, now, "", "good", Revoked,
			"gpgsm looks for a list only where the certificate says that there is one; the policy's `crls` always count",
		},
		{
			"by an authority without a list", listless.employ(t, in(-1), in(1)), false, false, now, lookUp, "refused",
			Good, "gpgsm was told to want a list for each; in a policy those count that `crls` names",
		},
		{"the same, and gpgsm as it comes", listless.employ(t, in(-1), in(1)), false, false, now, "", "good", Good, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed := payload
			if c.other {
				signed = append([]byte("x"), payload...)
			}
			signature := c.by.signByOpenSSL(t, signed)
			if c.crlf {
				signature = bytes.ReplaceAll(signature, []byte("\n"), []byte("\r\n"))
			}
			raw := signedCommit(payload, signature)
			k := x509Keyring(t, X509Settings{
				Roots: []File{{"company.pem", append(corp.pem(), listless.pem()...)}}, CRLs: []File{{"company.crl", list}},
			}, Key{Principal: "alice", Kind: X509, Identities: []string{"alice@example.org"}})
			ours := ourVerdict(k, raw, now.Add(time.Minute))
			g := gpgsmHome{t, g.dir}
			table.add(agreement{c.name, c.theirs, c.ours.String(), c.why}, g.judge(c.at, c.options).gitVerdict(raw),
				ours.Status.String())
		})
	}
	table.compare()
}
