package verify

import (
	"slices"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestMergeKeepsWhatEachCopySays: two exports of one certificate are one key, with every user id, subkey and
// revocation, whichever stands first; keys of others stay apart.
func TestMergeKeepsWhatEachCopySays(t *testing.T) {
	alice := newCertificate(t).user("Alice <alice@example.org>", forSigning(saying(overUser, 2020)))
	old := slices.Clone(alice.Bytes())
	alice.user("Alice <alice@home.example>", forSigning(saying(overUser, 2021)))
	retired := because(saying(packet.SigTypeKeyRevocation, 2022), packet.KeyRetired)
	revocation := sign(t, alice.primary, retired, hashedKey(&alice.primary.PublicKey))
	bob := newCertificate(t).user("Bob", forSigning(saying(overUser, 2020)))
	read := func(name string, data []byte) []Found {
		found, err := Import(name, data)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	older := read("old.gpg", slices.Concat(old, revocation))
	newer := read("new.gpg", slices.Concat(alice.Bytes(), bob.Bytes()))
	for _, all := range [][]Found{
		Merge(slices.Concat(older, newer)), Merge(slices.Concat(newer, older)),
		read("both.gpg", slices.Concat(old, revocation, alice.Bytes(), bob.Bytes())),
	} {
		if len(all) != 2 {
			t.Fatalf("%d keys", len(all))
		}
		f := all[0]
		f.Key.Principal = "alice"
		listed := mustKeyring(t, f.Key).List()[0]
		if len(listed.Keys) != 1 || listed.Keys[0].Revoked != "as retired on 2022-01-01" || len(listed.Names) != 2 ||
			len(f.Emails) != 2 {
			t.Errorf("%+v of %v", listed, f.Emails)
		}
		if all[1].Owner != "Bob" {
			t.Errorf("%q is the owner of the second", all[1].Owner)
		}
	}
	if files := Merge(slices.Concat(older, newer))[0].Files; !slices.Equal(files, []string{"old.gpg", "new.gpg"}) {
		t.Errorf("found in %v", files)
	}
}
