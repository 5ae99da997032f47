package verify

import (
	"errors"
	"path"
	"strings"
	"testing"
	"time"

	"countersign/history"
	"countersign/verify/internal/corpus"
)

// unreadable says that package history refuses the object before anybody asks who signed it.
const unreadable = "unreadable"

// objectShapes has the verdict on each shape of a commit, by whichever kind of key it is signed. A
// comment says where Git 2.39's or the index's is another.
var objectShapes = map[string]string{
	"ok":                      "good",
	"two gpgsig good+garbage": unreadable, // Git takes the first
	"two gpgsig good+bad":     unreadable, // Git takes the first (SSH)
	"two gpgsig bad+good":     unreadable,
	"two gpgsig good+good":    unreadable, // Git takes the first (SSH)
	// Git cuts out every header whose name begins with gpgsig, and so takes it
	"unsigned gpgsigfoo header":                unreadable,
	"unsigned gpgsig-sha256 garbage":           unreadable, // Git leaves it out of the payload, so no signature covers it
	"gpgsig before tree":                       unreadable,
	"dup tree, sig over raw":                   unreadable, // Git takes it, and the first tree
	"dup tree, sig over one (go-git reencode)": unreadable,
	"dup author, sig over raw":                 unreadable, // Git takes it, and the first author
	"dup author (last), sig over one":          unreadable,
	"CRLF message over LF sig":                 "bad",
	"dropped final newline":                    "bad",
	"gpgsig in message body":                   "missing",
	"extra header, signed w/out":               "bad",
	"encoding header, signed":                  "good",
	"encoding removed from signed":             "bad",
	"no final newline, signed":                 "good",
	"70000 char line, signed":                  "good",
	"CRLF message, signed":                     "good",
	"unknown extra headers, signed":            "good",
	"NUL in message, signed":                   unreadable, // Git takes it, and shows half of it
	"NUL+tail unsigned":                        unreadable,
	"trailing text after armor":                "malformed", // Git takes it
	"text before armor":                        "malformed",
	"sig line CRLF":                            "malformed", // ssh-keygen wants LF
	"pgp sig line CRLF":                        "good",      // as gpg has it; RFC 9580 §6.2
}

// TestKeyringAttackObjectShapes takes commits apart and judges what that gives: payload and
// signature must be those that Git means, or none.
func TestKeyringAttackObjectShapes(t *testing.T) {
	rows := corpus.Lines[struct {
		Name, Object, Expected string
		Keys                   []string
		At                     time.Time `json:"verify_at"`
	}](t, sshCorpus, "sigcorpus/crafted/objects/index.jsonl")
	for _, row := range rows {
		_, shape, _ := strings.Cut(row.Name, " ")
		want, ok := objectShapes[row.Name]
		if !ok {
			want, ok = objectShapes[shape]
		}
		if !ok {
			t.Errorf("%s: a shape without a verdict of ours", row.Name)
		}
		got := unreadable
		payload, signature, err := corpus.Cut("commit", sshCorpus.Read(t, "sigcorpus/"+row.Object))
		if err == nil {
			got = aliceKeyring(t, "sigcorpus/"+row.Keys[0]).Verify(payload, signature, row.At).Status.String()
		} else if !errors.Is(err, history.ErrUnreadable) {
			t.Errorf("%s: %v", row.Name, err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", row.Name, got, want)
		}
		if (want == "good") != (row.Expected == "good") && row.Name != "pgp sig line CRLF" {
			t.Errorf("%s: the index says %s", row.Name, row.Expected)
		}
	}
	if len(rows) == 0 {
		t.Error("no objects")
	}
	t.Logf("%d objects", len(rows))
}

// aliceKeyring has the keys of one file, an OpenPGP key or allowed signers, as alice's.
func aliceKeyring(t *testing.T, file string) *Keyring {
	t.Helper()
	if path.Ext(file) == ".asc" {
		return mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: sshCorpus.Read(t, file), Source: file})
	}
	var keys []Key
	for _, signer := range allowedSigners(t, file) {
		keys = append(keys, with(signer.Key, func(k *Key) { k.Principal = "alice" }))
	}
	return mustKeyring(t, keys...)
}
