package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestX509MadeByOpenSSL has OpenSSL sign with each kind of key and digest, by a certificate that is
// its own root.
func TestX509MadeByOpenSSL(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %q: %v: %s", args, err, out)
		}
	}
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if err := os.WriteFile(filepath.Join(dir, "payload"), []byte(testPayload), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, key, sign string
		want            Status
	}{
		{"RSA", "rsa:2048", "-md sha256", Good},
		{"RSA, SHA-512", "rsa:3072", "-md sha512", Good},
		{"RSA, SHA-384, by key identifier", "rsa:2048", "-md sha384 -keyid", Good},
		{"RSA, SHA-1", "rsa:2048", "-md sha1", Weak},
		{"RSA, SHA-224", "rsa:2048", "-md sha224", Weak},
		{"RSA, SHA3-256", "rsa:2048", "-md sha3-256", Unsupported},
		{"short RSA", "rsa:1024", "-md sha256", Weak},
		{"RSA-PSS", "rsa:2048", "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", Good},
		{"RSA-PSS, SHA-512", "rsa:2048", "-md sha512 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", Good},
		{"RSA-PSS, little salt", "rsa:2048", "-md sha256 -keyopt rsa_padding_mode:pss " +
			"-keyopt rsa_pss_saltlen:20", Unsupported},
		{"RSA-PSS, SHA-1 in it", "rsa:2048", "-md sha256 -keyopt rsa_padding_mode:pss " +
			"-keyopt rsa_pss_saltlen:digest -keyopt rsa_mgf1_md:sha1", Unsupported},
		{"P-256", "ec -pkeyopt ec_paramgen_curve:P-256", "-md sha256", Good},
		{"P-384", "ec -pkeyopt ec_paramgen_curve:P-384", "-md sha384", Good},
		{"P-521", "ec -pkeyopt ec_paramgen_curve:P-521", "-md sha512", Good},
		{"in BER, with the content", "ec -pkeyopt ec_paramgen_curve:P-256", "-md sha256 -stream", Malformed},
		{"no attributes", "rsa:2048", "-md sha256 -noattr", Unsupported},
		{"no certificate", "rsa:2048", "-md sha256 -nocerts", Unknown},
		{"with the content", "rsa:2048", "-md sha256 -nodetach", Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(append(strings.Fields("req -x509 -nodes -days 30 -subj /CN=bob -addext subjectAltName=email:bob@example.org "+
				"-keyout key -out certificate -newkey"), strings.Fields(c.key)...)...)
			const sign = "cms -sign -binary -in payload -signer certificate -inkey key -outform PEM -out signature "
			run(strings.Fields(sign + c.sign)...)
			signature := []byte(strings.ReplaceAll(string(read("signature")), " CMS-----", " "+kindSignedMessage+"-----"))
			k := x509Keyring(t, X509Settings{Roots: []File{{"certificate", read("certificate")}}}, bobX509())
			wantStatus(t, verdict(t, k, testPayload, signature, time.Now()), c.want)
			wantStatus(t, verdict(t, x509Keyring(t, X509Settings{}, aliceX509()), testPayload, signature, time.Now()),
				map[bool]Status{true: Unknown, false: c.want}[c.want == Good])
		})
	}
}
