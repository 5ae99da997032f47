package verify

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asCMS gives the signature in the armor that OpenSSL knows.
func asCMS(signature []byte) []byte {
	return bytes.ReplaceAll(signature, []byte(kindSignedMessage), []byte("CMS"))
}

// opensslTakes says whether openssl cms -verify takes the signature at a time, with those roots.
func opensslTakes(t testing.TB, payload, signature, roots []byte, at time.Time, args ...string) bool {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"payload": payload, "signature": asCMS(signature), "roots": roots} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", append([]string{
		"cms", "-verify", "-inform", "PEM", "-binary", "-in", "signature", "-content", "payload", "-CAfile", "roots", "-no-CApath", "-no-CAstore",
		"-attime", strconv.FormatInt(at.Unix(), 10), "-out", "out",
	}, args...)...)
	cmd.Dir = dir
	err := cmd.Run()
	if _, refused := err.(*exec.ExitError); err != nil && !refused {
		t.Fatal(err)
	}
	return err == nil
}

// Where OpenSSL 3 and gpgsm 2.2 differ from us on the crafted objects, and why.
var (
	opensslDiffers = map[string]string{
		"attached": "it reads the content in the message, which isn't the commit",
		"noattr":   "RFC 5652 allows a signature over the content itself; such a one can be taken for one over attributes",
		"rsa1024":  "it takes short keys unless told a security level",
		"sha1":     "it takes SHA-1",
		"two":      "it takes two signers if both are good",
	}
	gpgsmDiffers = map[string]string{
		"noattr":  "as OpenSSL",
		"nocerts": "it has the certificate from another message that it saw",
		"pss":     "it rejects RSA-PSS with a salt of 222 bytes, and then frees memory twice",
		"rsa1024": "it takes short keys",
		"sha1":    "it takes SHA-1",
		"skid":    "its library can't parse a signer named by a key identifier",
		"srv":     "it doesn't ask what a certificate is for when it verifies",
		"two":     "it takes two signers if both are good",
	}
)

// craftedObject is what a crafted case signs, its signature, and whether it is good here.
func craftedObject(t testing.TB, row craftedX509) (payload, signature []byte, good bool) {
	t.Helper()
	payload, signature, err := cutObject("commit", x509Corpus(t, "sigcorpus/"+row.Object))
	if err != nil {
		t.Fatal(err)
	}
	return payload, signature, craftedVerdicts[row.Name] == Good
}

func TestX509CraftedWithOpenSSL(t *testing.T) {
	for _, row := range x509Crafted(t) {
		payload, signature, good := craftedObject(t, row)
		takes := opensslTakes(t, payload, signature, x509Corpus(t, "sigcorpus/"+row.CA), row.At)
		if differs := opensslDiffers[row.Name] != ""; (takes != good) != differs {
			t.Errorf("%s: OpenSSL takes it: %t, good here: %t", row.Name, takes, good)
		}
	}
}

// TestX509RealWithOpenSSL has OpenSSL verify the real signatures at their own time: what is good here is
// good there. It knows nothing of logs, and no purpose for signing code.
func TestX509RealWithOpenSSL(t *testing.T) {
	instance, err := publicGoodInstance()
	if err != nil {
		t.Fatal(err)
	}
	var sigstore, company []byte
	for _, a := range instance.authorities {
		for _, c := range a.chain {
			sigstore = append(sigstore, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		}
	}
	for _, file := range commercialRoots(t) {
		company = append(company, file.Data...)
	}
	objects := x509Objects(t)
	k := x509Keyring(t, X509Settings{Roots: commercialRoots(t), Transparency: NoProof}, everybody(objects)...)
	for _, o := range objects {
		res := k.Verify(o.payload, o.signature, o.committed.Add(time.Hour))
		at := res.SignedAt
		if at.Before(o.leaf.NotBefore) { // by two seconds; we allow clocks to differ
			at = o.leaf.NotBefore
		}
		roots, args := sigstore, []string{"-purpose", "any"}
		if o.kind() != "fulcio" {
			roots, args = company, nil
		}
		if takes := opensslTakes(t, o.payload, o.signature, roots, at, args...); takes != (res.Status == Good) {
			t.Errorf("%s (%s): OpenSSL takes it: %t, here it is %s (%s)", o.id, o.kind(), takes, res.Status, res.Reason)
		}
		if changed := append([]byte("x"), o.payload...); opensslTakes(t, changed, o.signature, roots, at, args...) {
			t.Errorf("%s: OpenSSL takes it over other bytes", o.id)
		}
	}
}

// TestX509WithGPGSM has gpgsm verify the crafted objects.
func TestX509WithGPGSM(t *testing.T) {
	home, err := os.MkdirTemp("", "gpgsm") // short: a socket is made in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		if err := kill.Run(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	write := func(name string, data []byte) string {
		name = filepath.Join(home, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	rows := x509Crafted(t)
	ca := x509Corpus(t, "sigcorpus/"+rows[0].CA)
	fingerprint, err := openssl(t, ca, "x509", "-noout", "-fingerprint", "-sha1")
	if err != nil {
		t.Fatal(err)
	}
	_, hexadecimal, _ := strings.Cut(strings.TrimSpace(string(fingerprint)), "=")
	write("trustlist.txt", []byte(hexadecimal+" S relax\n"))
	gpgsm := func(at time.Time, args ...string) bool {
		cmd := exec.Command("gpgsm", append([]string{"--homedir", home, "--batch", "--disable-crl-checks", "--faked-system-time", at.UTC().Format("20060102T150405")}, args...)...)
		err := cmd.Run()
		if _, refused := err.(*exec.ExitError); err != nil && !refused {
			t.Fatal(err)
		}
		return err == nil
	}
	if !gpgsm(rows[0].At, "--import", write("ca.pem", ca)) {
		t.Fatal("gpgsm doesn't import the authority")
	}
	for _, row := range rows {
		payload, signature, good := craftedObject(t, row)
		takes := gpgsm(row.At, "--verify", write("signature", signature), write("payload", payload))
		if differs := gpgsmDiffers[row.Name] != ""; (takes != good) != differs {
			t.Errorf("%s: gpgsm takes it: %t, good here: %t", row.Name, takes, good)
		}
	}
}

// TestX509WithGitsign compares with what gitsign and sigstore-go said (testdata/x509/oracle). gitsign
// takes certificates for signing code and no others; of the crafted ones that leaves one.
func TestX509WithGitsign(t *testing.T) {
	data, err := os.ReadFile("../testdata/x509/gitsign.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	type said struct{ ID, Gitsign, Sigstore string }
	verdicts := map[string]said{}
	for _, v := range jsonLines[said](t, bytes.NewReader(data)) {
		verdicts[v.ID] = v
	}
	objects := x509Objects(t)
	window := x509Keyring(t, X509Settings{Roots: commercialRoots(t), Transparency: NoProof}, everybody(objects)...)
	proven := x509Keyring(t, X509Settings{Roots: commercialRoots(t)}, everybody(objects)...)
	for _, o := range objects {
		v, landed := verdicts[o.id], o.committed.Add(time.Hour)
		good := window.Verify(o.payload, o.signature, landed).Status == Good
		notForCode := o.kind() == "company" && strings.Contains(v.Gitsign, "incompatible key usage")
		if good != (v.Gitsign == "good" || notForCode) {
			t.Errorf("%s: good: %t, gitsign: %q", o.id, good, v.Gitsign)
		}
		if o.kind() != "fulcio" {
			continue
		}
		if good := proven.Verify(o.payload, o.signature, landed).Status == Good; good != (v.Sigstore == "good") {
			t.Errorf("%s: proven: %t, sigstore-go: %q", o.id, good, v.Sigstore)
		}
	}
	for _, row := range x509Crafted(t) {
		good, v := craftedVerdicts[row.Name] == Good, verdicts["crafted/"+row.Name]
		notForCode := strings.Contains(v.Gitsign, "incompatible key usage")
		library := row.Name == "pss" || row.Name == "skid" // see craftedVerdicts
		if good != (v.Gitsign == "good") && !notForCode && !library {
			t.Errorf("%s: good: %t, gitsign: %q", row.Name, good, v.Gitsign)
		}
	}
}
