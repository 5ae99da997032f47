package verify

import (
	"bytes"
	"errors"
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
	out, warnings, err := g.try(at, input, args...)
	if err != nil && !slices.Contains(args, "--verify") {
		g.t.Fatalf("gpg %q: %v\n%s\n%s", args, err, warnings, out)
	}
	return out
}

// imports takes in what gpg takes of a certificate: it exits with 2 where it passes over some of it.
func (g gpgHome) imports(at time.Time, certificate string) {
	g.t.Helper()
	_, warnings, err := g.try(at, certificate, "--batch", "--no-autostart", "--import", "-")
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 2) {
		g.t.Fatalf("gpg --import: %v\n%s", err, warnings)
	}
}

func (g gpgHome) try(at time.Time, input string, args ...string) (stdout, stderr string, err error) {
	base := []string{
		"--homedir", g.dir, "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
		"--faked-system-time", strconv.FormatInt(at.Unix(), 10) + "!", "--no-auto-check-trustdb", "--trust-model", "always",
	}
	cmd := exec.Command("gpg", append(base, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Stdin = strings.NewReader(input)
	var out, warnings bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &warnings
	err = cmd.Run()
	return out.String(), warnings.String(), err
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
	return g.run(at, strings.Join(answers, "\n")+"\n",
		append([]string{"--command-fd", "0", "--status-fd", "2", "--yes"}, args...)...)
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
	fresh.imports(at, certificate)
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

// agrees compares gpg's verdict, in the year of the signature, on a signature by a key of the certificate
// with the one that is wanted, but for the years in which it is known to differ.
func (g gpgHome) agrees(t *testing.T, f *certificateFile, by *packet.PrivateKey, made int, want Status,
	differs map[int]string,
) {
	t.Helper()
	same := map[Status]string{
		Good: "GOODSIG", Expired: "EXPKEYSIG", Revoked: "REVKEYSIG", WrongPurpose: "ERRSIG",
		Unknown: "NO_PUBKEY", NotYetValid: "NO_PUBKEY", // gpg imports no key from the future
	}[want]
	said, ok := differs[made]
	switch {
	case ok && said == same:
		t.Errorf("gpg doesn't differ in %d", made)
	case !ok:
		said = same
	}
	// A second later, for gpg lets a key live to the end of its last second.
	at := year(made).Add(time.Second)
	_, name, _ := strings.Cut(t.Name(), "/")
	if got := (gpgHome{t, g.dir}).verdict(at, f.String(), string(commitSignature(t, by, made))); !says(got, said, "gpg",
		strings.ReplaceAll(name, "_", " ")) {
		t.Errorf("gpg says in %d: %s, want %s", made, got, said)
	}
}
