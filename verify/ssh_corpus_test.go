package verify

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sshCorpus reads a file of the collection of signed objects where COUNTERSIGN_CORPUS names it, else
// of the selection in testdata, which has the same layout.
func sshCorpus(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("COUNTERSIGN_CORPUS")
	if root == "" {
		root = "../testdata/ssh"
	}
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// allowedSigners reads a file of the collection. Lines with certificates, of which each error must
// be about one, are left out, for the corpus's builders listed some as plain keys, as ssh-keygen
// lets one do.
func allowedSigners(t testing.TB, name string) []AllowedSigner {
	t.Helper()
	data := sshCorpus(t, name)
	signers, err := ParseAllowedSigners(data, name)
	if err == nil {
		return signers
	}
	lines := strings.Split(string(data), "\n")
	for i, message := range strings.Split(err.Error(), "\n") {
		var n int
		if _, err := fmt.Sscanf(message, name+":%d: an SSH certificate", &n); err != nil || !strings.Contains(lines[n-1], "-cert-v01@openssh.com ") {
			t.Fatalf("error %d of %s is about something else than a certificate: %s", i+1, name, message)
		}
		lines[n-1] = ""
	}
	signers, err = ParseAllowedSigners([]byte(strings.Join(lines, "\n")), name)
	if err != nil {
		t.Fatal(err)
	}
	return signers
}

// byFirstPrincipal makes each line's first pattern its principal.
func byFirstPrincipal(t testing.TB, signers []AllowedSigner) *Keyring {
	t.Helper()
	var keys []Key
	for _, signer := range signers {
		key := signer.Key
		key.Principal = signer.Principals[0]
		keys = append(keys, key)
	}
	return mustKeyring(t, keys...)
}

func mustKeyring(t testing.TB, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestSSHForges verifies real commits as git log --format='%G? %GF %GS' did.
func TestSSHForges(t *testing.T) {
	keyring := byFirstPrincipal(t, allowedSigners(t, "signatures/allowed_signers"))
	z, err := gzip.NewReader(strings.NewReader(string(sshCorpus(t, "signatures/commits.jsonl.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, row := range jsonLines[struct {
		Oid, Kind string
		Raw       []byte
		Git       struct{ Status, Fingerprint, Signer string }
	}](t, z) {
		if row.Kind != "ssh" {
			continue
		}
		payload, signature, err := cutObject("commit", row.Raw)
		if err != nil {
			t.Fatal(err)
		}
		got := keyring.Verify(payload, signature, committed(t, row.Raw))
		want := Result{Status: Good, Principal: row.Git.Signer, Kind: SSH, Fingerprint: row.Git.Fingerprint, KeyOwner: row.Git.Signer}
		if diff := cmp.Diff(want, got); row.Git.Status != "G" || diff != "" {
			t.Errorf("%s: git says %s\n%s", row.Oid, row.Git.Status, diff)
		}
		good++
	}
	if good == 0 {
		t.Error("no commits")
	}
	t.Logf("%d good", good)
}

// TestSSHRealObjects judges real commits and tags. It differs from the index in one thing: a
// signature by a certificate, which the index calls good where the certificate itself is listed as
// a plain key, is unsupported here. Who lists a certificate that way means to trust it for ever,
// though its issuer made it for days or hours; and neither its times nor its restrictions are read.
func TestSSHRealObjects(t *testing.T) {
	keyring := byFirstPrincipal(t, allowedSigners(t, "sigcorpus/keys/ssh/allowed_signers"))
	counts := map[Status]int{}
	for _, row := range jsonLines[struct {
		ID, Type, File, Kind, Algo, Signer string
		Expect                             string `json:"expect_at_sigtime"`
		Date                               int64
	}](t, strings.NewReader(string(sshCorpus(t, "sigcorpus/index.jsonl")))) {
		if row.Kind != "ssh" {
			continue
		}
		want := map[string]Status{"good": Good, "reject": Unsupported}[row.Expect] // one is rejected: nobody touched the security key
		if isCertificate(row.Algo) {
			want = Unsupported
		}
		payload, signature, err := cutObject(row.Type, sshCorpus(t, "sigcorpus/"+row.File))
		if err != nil {
			t.Fatal(err)
		}
		got := keyring.Verify(payload, signature, time.Unix(row.Date, 0))
		counts[got.Status]++
		// The index has x/crypto/ssh's fingerprint of a certificate, which isn't OpenSSH's.
		named := got.Fingerprint == row.Signer || isCertificate(row.Algo)
		if got.Status != want || !named || (got.Principal != "") != (want == Good) {
			t.Errorf("%s (%s): %+v, want %s by %s", row.ID, row.Algo, got, want, row.Signer)
		}
	}
	if len(counts) != 2 {
		t.Errorf("%v: want good ones and unsupported ones", counts)
	}
	t.Logf("%v", counts)
}

// craftedSSH has a verdict of ours for each crafted case, or the beginning of the error with which
// the allowed_signers file is refused. Where it stands in a comment, ssh-keygen 9.2's or the index's
// verdict is another.
var craftedSSH = map[string]string{
	"plain":                    "good",
	"hash-sha256":              "good",
	"pattern":                  "good",
	"pattern-neg":              "unknown-key",
	"quoted-principals":        "good",
	"other-principal":          "unknown-key",
	"ns-ok":                    "good",
	"ns-allowed-file-only":     "unknown-key",
	"ns-pattern":               "good",
	"ns-sig-file":              "wrong-purpose",
	"ns-label-git-signed-file": "bad",
	"ns-empty":                 "wrong-purpose",
	"valid-after-ok":           "good",
	"valid-after-future":       "not-yet-valid",
	"valid-before-past":        "expired",
	"valid-before-ok":          "good",
	"two-lines-second-valid":   "good",
	"unknown-option":           `:1: "frobnicate" is neither`,
	"comment-line":             "good",
	// ssh-keygen passes over the line it can't read, and takes the next. The index is with us.
	"bad-line-then-good": ":1: the SSH key is malformed",
	"rsa2048-512":        "good",
	"rsa2048-256":        "good",
	"rsa2048-sha1":       "weak",
	// ssh-keygen takes 1024 bits. The index is with us.
	"rsa1024":           "weak",
	"ecdsa256":          "good",
	"ecdsa521":          "good",
	"version2":          "unsupported",
	"trailing-blob":     "malformed",
	"trailing-in-sig":   "malformed",
	"reserved-nonempty": "malformed",
	// ssh-keygen stops reading at the armor's end. The index is with us.
	"trailing-armor": "malformed",
	"pubkey-swapped": "bad",
	"sk-up":          "good",
	"sk-up-uv":       "good",
	// ssh-keygen doesn't ask for the touch, nor what the security key is for. The index is with us.
	"sk-no-up":     "unsupported",
	"sk-app-https": "wrong-purpose",
	// Certificates aren't supported yet: the index and ssh-keygen have cert-ok and cert-pattern, and
	// below krl-serial-other and krl-bitmap-miss, as good.
	"cert-ok":                   `:1: option "cert-authority"`,
	"cert-pattern":              `:1: option "cert-authority"`,
	"cert-other-principal":      `:1: option "cert-authority"`,
	"cert-expired":              `:1: option "cert-authority"`,
	"cert-no-principals":        `:1: option "cert-authority"`,
	"cert-host":                 `:1: option "cert-authority"`,
	"cert-other-ca":             `:1: option "cert-authority"`,
	"cert-critical-option":      `:1: option "cert-authority"`,
	"cert-without-ca-flag":      "unsupported",
	"ca-key-signs-directly":     `:1: option "cert-authority"`,
	"cert-but-plain-key-listed": "unsupported",
	// A file of revoked keys has no place here; the keyring's own word for it has: revokedSSH.
	"rev-keylist":       "revoked",
	"rev-keylist-other": "good",
	"krl-key":           "revoked",
	"krl-other":         "good",
	"krl-sha256":        "revoked",
	"krl-sha1":          "revoked",
	"krl-hash":          "revoked",
	"krl-serial":        `:1: option "cert-authority"`,
	"krl-serial-other":  `:1: option "cert-authority"`,
	"krl-serial-range":  `:1: option "cert-authority"`,
	"krl-serial-bitmap": `:1: option "cert-authority"`,
	"krl-bitmap-miss":   `:1: option "cert-authority"`,
	"krl-keyid":         `:1: option "cert-authority"`,
	"krl-ca":            `:1: option "cert-authority"`,
	"krl-certkey":       `:1: option "cert-authority"`,
}

// revokedSSH are the cases whose list of revoked keys has the signer's key.
var revokedSSH = []string{"rev-keylist", "krl-key", "krl-sha256", "krl-sha1", "krl-hash"}

// bystander keeps a keyring from being empty.
var bystander = Key{
	Principal: "bystander", Kind: SSH,
	Data: []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILL+D9SoIv/F+oWfoHpn4kLRkm/VK3Lux3gPHVg8F1va"),
}

// TestSSHCraftedObjects judges objects made to have one property each, with the allowed_signers file
// of each.
func TestSSHCraftedObjects(t *testing.T) {
	var differs []string
	rows := jsonLines[struct {
		Name, Object, Principal, Expected string
		Allowed                           string    `json:"allowed_signers"`
		At                                time.Time `json:"verify_time"`
		Keygen                            bool      `json:"ssh_keygen_9.2"`
	}](t, strings.NewReader(string(sshCorpus(t, "sigcorpus/crafted/ssh/index.jsonl"))))
	for _, row := range rows {
		want, ok := craftedSSH[row.Name]
		if !ok {
			t.Errorf("%s: a case without a verdict of ours", row.Name)
			continue
		}
		if (want == "good") != (row.Expected == "good") {
			differs = append(differs, row.Name)
		}
		got := judgeCrafted(t, "sigcorpus/"+row.Object, "sigcorpus/"+row.Allowed, row.Principal, row.At, slices.Contains(revokedSSH, row.Name))
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", row.Name, got, want)
		}
	}
	slices.Sort(differs)
	for _, name := range differs {
		if !slices.Contains([]string{"cert-ok", "cert-pattern", "krl-bitmap-miss", "krl-serial-other"}, name) {
			t.Errorf("%s: the index has another verdict, and that is no certificate", name)
		}
	}
	t.Logf("%d cases, in %d other than the index: %v", len(rows), len(differs), differs)
}

// judgeCrafted gives a status, or the error of the allowed_signers file after the file's name.
func judgeCrafted(t *testing.T, object, allowed, principal string, at time.Time, revoked bool) string {
	t.Helper()
	signers, err := ParseAllowedSigners(sshCorpus(t, allowed), "file")
	if err != nil {
		return strings.TrimPrefix(err.Error(), "file")
	}
	keys := []Key{bystander}
	for _, signer := range signers {
		if signer.Allows(principal) {
			key := signer.Key
			key.Principal = principal
			if revoked {
				key.Revoked = Compromised
			}
			keys = append(keys, key)
		}
	}
	payload, signature, err := cutObject("commit", sshCorpus(t, object))
	if err != nil {
		t.Fatal(err)
	}
	res := mustKeyring(t, keys...).Verify(payload, signature, at)
	if (res.Principal == principal) != (res.Status == Good) {
		t.Errorf("%s: status %s and principal %q", object, res.Status, res.Principal)
	}
	return res.Status.String()
}
