package inforce

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/policy"
)

const (
	principal = "[[principal]]\nname = \"alice\"\nrole = \"maintainer\"\nemails = [\"alice@example.org\"]\n" +
		"introduced-by = \"founder\"\n"
	ownPolicy = "version = 1\n[signatures]\nssh-revoked = [\"keys/revoked\"]\n[x509]\ncrls = [\"keys/crl.pem\"]\n" +
		principal + "keys = [{ allowed-signers = \"keys/allowed\" }, { openpgp = \"keys/alice.asc\" }]\n"
	introduction = "commit = \"1111111111111111111111111111111111111111\"\n" +
		"fingerprint = \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n"
	otherSigners = "alice@example.org ssh-ed25519 BBBB\n"
)

// own are the files of a server's own policy; common those where one policy judges many repositories.
func own() map[string]string {
	return map[string]string{
		"own/policy.toml": ownPolicy, "own/keys/allowed": "alice@example.org ssh-ed25519 AAAA\n",
		"own/keys/alice.asc": "a key\n", "own/keys/revoked": "a list\n", "own/keys/crl.pem": "a list\n",
	}
}

func common() map[string]string {
	files := make(map[string]string)
	for name, text := range own() {
		files[strings.Replace(name, "own/", "common/", 1)] = text
	}
	files["own/adoption.toml"] = "commits = []\n"
	return files
}

// Each file that a Source reads on the server changes its digest, whatever is changed in it, and so does what it is
// told.
func TestDigestChangesWithEachInput(t *testing.T) {
	t.Parallel()
	digestOf := func(t *testing.T, files map[string]string, o Options) string {
		t.Helper()
		dir := t.TempDir()
		for name, text := range files {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		o.Dir, o.Keyless = filepath.Join(dir, "own"), true
		if o.Common != "" {
			o.Common = filepath.Join(dir, o.Common)
		}
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		if s.First != nil {
			if _, err := s.Find(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		digest, err := s.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	changed := func(files map[string]string, name, text string) map[string]string {
		files = maps.Clone(files)
		files[name] = text
		return files
	}
	const floor = "version = 1\n[quorum]\nmaintainers = 2\n"
	inCommon := Options{Common: "common"}
	tree := map[string]string{"own/introduction.toml": introduction}
	for _, c := range []struct {
		name       string
		was, is    map[string]string
		told, hear Options
	}{
		{name: "a remark in the policy", was: own(), is: changed(own(), "own/policy.toml", ownPolicy+"# x\n")},
		{
			name: "a setting", was: own(),
			is: changed(own(), "own/policy.toml", strings.Replace(ownPolicy, "\n", "\n[tenure]\nsettling = \"20d\"\n", 1)),
		},
		{name: "allowed signers", was: own(), is: changed(own(), "own/keys/allowed", otherSigners)},
		{name: "an OpenPGP key", was: own(), is: changed(own(), "own/keys/alice.asc", "another\n")},
		{name: "a list of revoked SSH keys", was: own(), is: changed(own(), "own/keys/revoked", "another\n")},
		{name: "a list of revoked certificates", was: own(), is: changed(own(), "own/keys/crl.pem", "another\n")},
		{
			name: "the common policy", was: common(), told: inCommon,
			is: changed(common(), "common/keys/allowed", otherSigners),
		},
		{
			name: "what is adopted beside the common policy", was: common(), told: inCommon,
			is: changed(common(), "own/adoption.toml", "commits = [\"1111111111111111111111111111111111111111\"]\n"),
		},
		{name: "a repository's own floor", was: common(), is: changed(common(), "own/floor.toml", floor), told: inCommon},
		{
			name: "what that floor asks", was: changed(common(), "own/floor.toml", floor), told: inCommon,
			is: changed(common(), "own/floor.toml", strings.Replace(floor, "2", "1", 1)),
		},
		{name: "the floor of a policy in the tree", was: tree, is: changed(tree, "own/floor.toml", floor)},
		{
			name: "what the floor of a policy in the tree asks", was: changed(tree, "own/floor.toml", floor),
			is: changed(tree, "own/floor.toml", floor+"# x\n"),
		},
		{
			name: "the commit of the introduction", was: tree,
			is: changed(tree, "own/introduction.toml", strings.Replace(introduction, "1", "2", 1)),
		},
		{
			name: "the key of the introduction", was: tree,
			is: changed(tree, "own/introduction.toml", strings.Replace(introduction, "AA", "BB", 1)),
		},
		{
			name: "the branch of the introduction", was: tree,
			is: changed(tree, "own/introduction.toml", introduction+"ref = \"refs/heads/next\"\n"),
		},
		{name: "the profile that is tried", was: own(), is: own(), hear: Options{Profile: policy.ProfileStrict}},
		{name: "the rules that are tried", was: own(), is: own(), hear: Options{Rules: []string{"opaque-files"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.told.Common != "" {
				c.hear.Common = c.told.Common
			}
			was := digestOf(t, c.was, c.told)
			if again := digestOf(t, c.was, c.told); again != was {
				t.Error("the same has two digests")
			}
			if digestOf(t, c.is, c.hear) == was {
				t.Error("the digest stays the same")
			}
		})
	}
}
