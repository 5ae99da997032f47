package verify

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"
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
		"cms", "-verify", "-inform", "PEM", "-binary", "-in", "signature", "-content", "payload", "-CAfile", "roots",
		"-no-CApath", "-no-CAstore",
		"-attime", strconv.FormatInt(at.Unix(), 10), "-out", "out",
	}, args...)...)
	cmd.Dir = dir
	err := cmd.Run()
	if _, refused := err.(*exec.ExitError); err != nil && !refused {
		t.Fatal(err)
	}
	return err == nil
}

// Where OpenSSL 3 differs from us on the crafted objects, and why.
var (
	opensslDiffers = map[string]string{
		"attached": "it reads the content in the message, which isn't the commit",
		"noattr":   "RFC 5652 allows a signature over the content itself; such a one can be taken for one over attributes",
		"rsa1024":  "it takes short keys unless told a security level",
		"sha1":     "it takes SHA-1",
		"two":      "it takes two signers if both are good",
	}
)

// craftedObject is what a crafted case signs, its signature, and whether it is good here.
func craftedObject(t testing.TB, row corpus.Crafted) (payload, signature []byte, good bool) {
	t.Helper()
	payload, signature, err := corpus.Cut("commit", x509Corpus.Read(t, "sigcorpus/"+row.Object))
	if err != nil {
		t.Fatal(err)
	}
	return payload, signature, craftedVerdicts[row.Name] == Good
}

func TestX509CraftedWithOpenSSL(t *testing.T) {
	for _, row := range x509Corpus.Crafted(t) {
		payload, signature, good := craftedObject(t, row)
		takes := opensslTakes(t, payload, signature, x509Corpus.Read(t, "sigcorpus/"+row.CA), row.At)
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
	objects := x509Corpus.Objects(t)
	k := x509Keyring(t, X509Settings{Roots: commercialRoots(t), Transparency: NoProof}, everybody(objects)...)
	for _, o := range objects {
		res := k.Verify(o.Payload, o.Signature, o.Committed.Add(time.Hour))
		at := res.SignedAt
		if at.Before(o.Leaf.NotBefore) { // by two seconds; we allow clocks to differ
			at = o.Leaf.NotBefore
		}
		roots, args := sigstore, []string{"-purpose", "any"}
		if o.Kind() != "fulcio" {
			roots, args = company, nil
		}
		if takes := opensslTakes(t, o.Payload, o.Signature, roots, at, args...); takes != (res.Status == Good) {
			t.Errorf("%s (%s): OpenSSL takes it: %t, here it is %s (%s)", o.ID, o.Kind(), takes, res.Status, res.Reason)
		}
		if changed := append([]byte("x"), o.Payload...); opensslTakes(t, changed, o.Signature, roots, at, args...) {
			t.Errorf("%s: OpenSSL takes it over other bytes", o.ID)
		}
	}
}

// craftedGit is what git says of the crafted commits with gpgsm 2.2.
var craftedGit = map[string]agreement{
	"attached":                  {name: "the content in the message", theirs: "refused"},
	"evilca":                    {name: "by another authority of the same name", theirs: "refused"},
	"evilca-with-realca-in-bag": {name: "the same, with the true authority's certificate beside it", theirs: "refused"},
	"noattr": {
		name: "no signed attributes", theirs: "good",
		why: "RFC 5652 allows a signature over the content itself; one can be taken for a signature over attributes",
	},
	"nocerts": {
		name: "no certificate in the message", theirs: "good",
		why: "gpgsm keeps every certificate that it has seen; here only the commit itself and the policy count",
	},
	"noku":          {name: "RSA, no key usage in the certificate", theirs: "good"},
	"ok":            {name: "RSA", theirs: "good"},
	"ok-ec":         {name: "ECDSA P-256", theirs: "good"},
	"rsa1024":       {name: "RSA of 1024 bits", theirs: "good", why: "a rich attacker can have such a key"},
	"selfca-in-bag": {name: "by an authority that only the message has", theirs: "refused"},
	"sha1":          {name: "over a SHA-1 hash", theirs: "good", why: "SHA-1 collides"},
	"skid": {
		name: "the signer named by a key identifier", theirs: "refused",
		why: "gpgsm's library can't read it; RFC 5652 §5.3 allows it",
	},
	"srv": {
		name: "by a server's certificate", theirs: "good",
		why: "gpgsm doesn't ask what a certificate is for when it verifies",
	},
	"two":      {name: "two signers", theirs: "refused"},
	"two-evil": {name: "two signers, one by another authority", theirs: "refused"},
}

// TestAgreementX509 has git judge the crafted commits with gpgsm, at their time.
func TestAgreementX509(t *testing.T) {
	table := &agreements{t: t, title: "X.509"}
	rows := x509Corpus.Crafted(t)
	ca := x509Corpus.Read(t, "sigcorpus/"+rows[0].CA)
	j := newGPGSMHome(t, ca).judge(rows[0].At, "--disable-crl-checks")
	slices.SortFunc(rows, func(a, b corpus.Crafted) int { return strings.Compare(a.Name, b.Name) })
	for _, row := range rows {
		c, known := craftedGit[row.Name]
		if !known {
			t.Errorf("%s: not in the table", row.Name)
		}
		payload, signature, _ := craftedObject(t, row)
		k := x509Keyring(t, X509Settings{Roots: []File{{"ca.pem", ca}}},
			Key{Principal: "alice", Kind: X509, Identities: []string{"alice@corp"}})
		ours := k.Verify(payload, signature, row.At).Status.String()
		c.ours = craftedVerdicts[row.Name].String()
		table.add(c, j.gitVerdict(x509Corpus.Read(t, "sigcorpus/"+row.Object)), ours)
	}
	table.compare()
}
