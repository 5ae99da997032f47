package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

// allowedSigners reads a file of the collection. Lines with certificates, of which each error must
// be about one, are left out, for the corpus's builders listed some as plain keys, as ssh-keygen
// lets one do.
func allowedSigners(t testing.TB, name string) []AllowedSigner {
	t.Helper()
	data := sshCorpus.Read(t, name)
	signers, err := ParseAllowedSigners(data, name)
	if err == nil {
		return signers
	}
	lines := strings.Split(string(data), "\n")
	for i, message := range strings.Split(err.Error(), "\n") {
		var n int
		if _, err := fmt.Sscanf(message, name+":%d: an SSH certificate", &n); err != nil ||
			!strings.Contains(lines[n-1], "-cert-v01@openssh.com ") {
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

// sshAuthorities gives the authorities of the certificates that stand in a file of the collection as if
// they were plain keys, each for what the certificate says of its owner.
func sshAuthorities(t testing.TB, name string) []Key {
	t.Helper()
	var keys []Key
	for _, line := range strings.Split(string(sshCorpus.Read(t, name)), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 || !isCertificate(fields[1]) {
			continue
		}
		blob, err := decodeKey(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		c, err := readSSHCertificate(blob)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, Key{
			Principal: fields[0], Kind: SSH, Authority: true, Identities: c.ValidPrincipals,
			Data: ssh.MarshalAuthorizedKey(c.SignatureKey),
		})
	}
	return keys
}

// byFirstPrincipal makes each line's first pattern its principal, and adds keys.
func byFirstPrincipal(t testing.TB, signers []AllowedSigner, keys ...Key) *Keyring {
	t.Helper()
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
	good := 0
	for _, row := range corpus.Lines[struct {
		Oid, Kind string
		Raw       []byte
		Git       struct{ Status, Fingerprint, Signer string }
	}](t, sshCorpus, "signatures/commits.jsonl.gz") {
		if row.Kind != "ssh" {
			continue
		}
		payload, signature, err := corpus.Cut("commit", row.Raw)
		if err != nil {
			t.Fatal(err)
		}
		got := keyring.Verify(payload, signature, corpus.Committed(t, row.Raw))
		want := Result{
			Status: Good, Principal: row.Git.Signer, Kind: SSH, Fingerprint: row.Git.Fingerprint,
			KeyOwner: row.Git.Signer,
		}
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
// a plain key, is good here where the certificate's authority is in the keyring, and else unknown. Who
// lists a certificate as a key means to trust it for ever, though its issuer made it for a day.
func TestSSHRealObjects(t *testing.T) {
	const file = "sigcorpus/keys/ssh/allowed_signers"
	issuers := sshAuthorities(t, file)
	keyring, without := byFirstPrincipal(t, allowedSigners(t, file), issuers...),
		byFirstPrincipal(t, allowedSigners(t, file))
	counts, certificates := map[Status]int{}, 0
	for _, row := range corpus.Lines[struct {
		ID, Type, File, Kind, Algo, Signer string
		Expect                             string `json:"expect_at_sigtime"`
		Date                               int64
	}](t, sshCorpus, "sigcorpus/index.jsonl") {
		if row.Kind != "ssh" {
			continue
		}
		// one is rejected: nobody touched the security key
		want := map[string]Status{"good": Good, "reject": Unsupported}[row.Expect]
		payload, signature, err := corpus.Cut(row.Type, sshCorpus.Read(t, "sigcorpus/"+row.File))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(row.Date, 0)
		got := keyring.Verify(payload, signature, at)
		counts[got.Status]++
		named := got.Fingerprint == row.Signer && got.Identity == ""
		if isCertificate(row.Algo) {
			certificates++
			// The index has x/crypto/ssh's fingerprint of a certificate, which isn't OpenSSH's.
			named = slices.ContainsFunc(issuers, func(k Key) bool {
				return k.Principal == got.Principal && got.Identity != "" && got.Identity == k.Identities[0]
			})
			wantStatus(t, without.Verify(payload, signature, at), Unknown)
			wantStatus(t, keyring.Verify(payload, signature, at.Add(-24*time.Hour)), NotYetValid)
			wantStatus(t, keyring.Verify(payload, signature, at.Add(24*time.Hour)), Expired)
		}
		if got.Status != want || !named || (got.Principal != "") != (want == Good) {
			t.Errorf("%s (%s): %+v, want %s by %s", row.ID, row.Algo, got, want, row.Signer)
		}
	}
	if len(counts) != 2 || certificates == 0 {
		t.Errorf("%v, %d by certificates: want good ones and unsupported ones, and certificates", counts, certificates)
	}
	t.Logf("%v, %d by certificates", counts, certificates)
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
	"sk-no-up":             "unsupported",
	"sk-app-https":         "wrong-purpose",
	"cert-ok":              "good",
	"cert-pattern":         "good",
	"cert-other-principal": "unknown-key",
	"cert-expired":         "expired",
	"cert-no-principals":   "unknown-key",
	"cert-host":            "wrong-purpose",
	"cert-other-ca":        "unknown-key",
	// ssh-keygen heeds no critical option; verify-required can't be kept with a key that isn't a security
	// key. The index is with us.
	"cert-critical-option":      "unsupported",
	"cert-without-ca-flag":      "unknown-key",
	"ca-key-signs-directly":     "wrong-purpose",
	"cert-but-plain-key-listed": "unknown-key",
	"rev-keylist":               "revoked",
	"rev-keylist-other":         "good",
	"krl-key":                   "revoked",
	"krl-other":                 "good",
	"krl-sha256":                "revoked",
	"krl-sha1":                  "revoked",
	"krl-hash":                  "revoked",
	"krl-serial":                "revoked",
	"krl-serial-other":          "good",
	"krl-serial-range":          "revoked",
	"krl-serial-bitmap":         "revoked",
	"krl-bitmap-miss":           "good",
	"krl-keyid":                 "revoked",
	"krl-ca":                    "revoked",
	"krl-certkey":               "revoked",
}

// bystander keeps a keyring from being empty.
var bystander = Key{
	Principal: "bystander", Kind: SSH,
	Data: []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILL+D9SoIv/F+oWfoHpn4kLRkm/VK3Lux3gPHVg8F1va"),
}

// TestSSHCraftedObjects judges objects made to have one property each, with the allowed_signers file and
// the list of revoked keys of each. The index's verdict is ours in all of them, ssh-keygen's in all but
// those that craftedSSH says.
func TestSSHCraftedObjects(t *testing.T) {
	differs := []string{
		"bad-line-then-good", "cert-critical-option", "rsa1024", "sk-app-https", "sk-no-up",
		"trailing-armor",
	}
	rows := corpus.Lines[struct {
		Name, Object, Principal, Expected, Revocation string
		Allowed                                       string    `json:"allowed_signers"`
		At                                            time.Time `json:"verify_time"`
		Keygen                                        bool      `json:"ssh_keygen_9.2"`
	}](t, sshCorpus, "sigcorpus/crafted/ssh/index.jsonl")
	for _, row := range rows {
		want, ok := craftedSSH[row.Name]
		if !ok {
			t.Errorf("%s: a case without a verdict of ours", row.Name)
			continue
		}
		var settings Settings
		if row.Revocation != "" {
			settings.RevokedSSH = []File{{Name: row.Revocation, Data: sshCorpus.Read(t, "sigcorpus/"+row.Revocation)}}
		}
		got := judgeCrafted(t, "sigcorpus/"+row.Object, "sigcorpus/"+row.Allowed, row.Principal, row.At, settings)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", row.Name, got, want)
		}
		good := got == Good.String()
		if good != (row.Expected == "good") {
			t.Errorf("%s: %s, the index has %s", row.Name, got, row.Expected)
		}
		if (good != row.Keygen) != slices.Contains(differs, row.Name) {
			t.Errorf("%s: %s, ssh-keygen says %v", row.Name, got, row.Keygen)
		}
	}
	t.Logf("%d cases", len(rows))
}

// judgeCrafted gives a status, or the error of the allowed_signers file after the file's name.
func judgeCrafted(t *testing.T, object, allowed, principal string, at time.Time, settings Settings) string {
	t.Helper()
	keys, err := allowedKeys(string(sshCorpus.Read(t, allowed)), principal)
	if err != nil {
		return strings.TrimPrefix(err.Error(), "allowed")
	}
	payload, signature, err := corpus.Cut("commit", sshCorpus.Read(t, object))
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewKeyring(keys, settings)
	if err != nil {
		t.Fatal(err)
	}
	return verdict(t, k, string(payload), signature, at).Status.String()
}

// allowedKeys gives the keys that a file of the name "allowed" lets a principal sign with, and a
// bystander's.
func allowedKeys(file, principal string) ([]Key, error) {
	signers, err := ParseAllowedSigners([]byte(file), "allowed")
	if err != nil {
		return nil, err
	}
	keys := []Key{bystander}
	for _, signer := range signers {
		if !signer.Allows(principal) {
			continue
		}
		key := signer.Key
		key.Principal = principal
		if key.Authority {
			key.Identities = []string{principal}
		}
		keys = append(keys, key)
	}
	return keys, nil
}
