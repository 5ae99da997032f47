package draft

import (
	"maps"
	"strings"
	"testing"
)

const guixOne = "AD17A21EF8AED8F1CC02DBD9F8AED8F1765C61E3"

func TestGuix(t *testing.T) {
	got, err := guix("f", []byte(`;; Keys.
(authorizations
 (version 0)  ;format

 (("AD17 A21E F8AE D8F1 CC02  DBD9 F8AE D8F1 765C 61E3"
   (name "alice") (since "2020"))
  ("2A39 3FFF 68F4 EF7A 3D29  12AF 68F4 EF7A 22FB B2D5")))
`))
	want := authorizations{guixOne: "alice", "2A393FFF68F4EF7A3D2912AF68F4EF7A22FBB2D5": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for name, file := range map[string]string{
		"nothing":            "",
		"another version":    `(authorizations (version 1) (("` + guixOne + `")))`,
		"nobody":             `(authorizations (version 0) ())`,
		"cut off":            `(authorizations (version 0) (("` + guixOne + `"`,
		"more behind it":     `(authorizations (version 0) (("` + guixOne + `"))) (x)`,
		"more in it":         `(authorizations (version 0) (("` + guixOne + `")) (x))`,
		"twice":              `(authorizations (version 0) (("` + guixOne + `") ("` + strings.ToLower(guixOne) + `")))`,
		"a short id":         `(authorizations (version 0) (("F8AED8F1765C61E3")))`,
		"a name of symbols":  `(authorizations (version 0) (("` + guixOne + `" (name (a b)))))`,
		"no text":            `(authorizations (version 0) ((abc)))`,
		"a text with no end": `(authorizations (version 0) (("abc`,
		"a backslash":        `(authorizations (version 0) (("\"")))`,
	} {
		if got, err := guix("f", []byte(file)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSequoiaIsReadStrictly(t *testing.T) {
	for name, file := range map[string]string{
		"another version":   "version = 1\n[authorization.\"a\"]\nsign_commit = true\nkeyring = \"\"\n",
		"an unknown word":   "version = 0\n[authorization.\"a\"]\nsign_everything = true\nkeyring = \"\"\n",
		"no key":            "version = 0\n[authorization.\"a\"]\nsign_commit = true\nkeyring = \"\"\n",
		"a key of no kind":  "version = 0\n[authorization.\"a\"]\nkeyring = \"abc\"\n",
		"not TOML":          "[authorization.\n",
		"twice":             "[authorization.a]\nkeyring = \"\"\n[authorization.a]\nkeyring = \"\"\n",
		"a private key's":   "[authorization.a]\nkeyring = \"-----BEGIN PGP PRIVATE KEY BLOCK-----\"\n",
		"nobody authorized": "version = 0\ncommit_goodlist = []\n",
	} {
		if got, err := sequoia("f", []byte(file)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzGuix(f *testing.F) {
	f.Add([]byte(`(authorizations (version 0) (("` + guixOne + `" (name "alice"))))`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := guix("f", data)
		if err == nil && (len(all) == 0 || !isGuix(data)) {
			t.Errorf("%v of %q", all, data)
		}
	})
}
