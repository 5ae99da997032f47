package verify

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// allowedKey is a key in the form of the file, made for these tests and thrown away.
const allowedKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPDUVjW0eBRgA0WGfmzJ7hojg32k1oiDEFGwrc4yNb6L"

func TestAllowedSigners(t *testing.T) {
	file := strings.Join([]string{
		"# a comment, and an empty line",
		"",
		"alice@example.org " + allowedKey + " laptop",
		"\talice@example.org,*@example.net\t" + allowedKey + "\r",
		`"bob@example.org,carol" namespaces="git,file",Valid-After="20200101Z",VALID-BEFORE="202101021504" ` + allowedKey,
		`dan valid-after="20200101235959utc" ` + allowedKey,
		`eve namespaces="a\"b c\d" ` + allowedKey,
		`*@example.org Cert-Authority,valid-after="20200101Z" ` + allowedKey,
		"#last",
	}, "\n")
	got, err := ParseAllowedSigners([]byte(file), "signers")
	if err != nil {
		t.Fatal(err)
	}
	key := func(source string, from, until time.Time) Key {
		return Key{Kind: SSH, Data: []byte(allowedKey), Source: source, From: from, Until: until}
	}
	none := time.Time{}
	want := []AllowedSigner{
		{Principals: []string{"alice@example.org"}, Key: key("signers:3", none, none)},
		{Principals: []string{"alice@example.org", "*@example.net"}, Key: key("signers:4", none, none)},
		{
			Principals: []string{"bob@example.org", "carol"}, Namespaces: []string{"git", "file"},
			Key: key("signers:5", year(2020), time.Date(2021, 1, 2, 15, 4, 1, 0, time.UTC)),
		},
		{Principals: []string{"dan"}, Key: key("signers:6", time.Date(2020, 1, 1, 23, 59, 59, 0, time.UTC), none)},
		{Principals: []string{"eve"}, Namespaces: []string{`a"b c\d`}, Key: key("signers:7", none, none)},
		{
			Principals: []string{"*@example.org"},
			Key:        with(key("signers:8", year(2020), none), func(k *Key) { k.Authority = true }),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAllowedSignersEmpty(t *testing.T) {
	for _, file := range []string{"", "\n\n", "# nobody\r\n"} {
		if got, err := ParseAllowedSigners([]byte(file), "signers"); err != nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", file, got, err)
		}
	}
}

func TestAllowedSignersRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"alice":                                 "nothing stands after them",
		"alice ":                                "nothing stands after them",
		allowedKey:                              `"` + allowedKey[12:] + `" is neither an option nor a type of key`,
		`"alice ` + allowedKey:                  "a quote isn't closed",
		`"alice"bob ` + allowedKey:              "a quote in the middle",
		`ali"ce" ` + allowedKey:                 "a quote in the middle",
		"alice,,bob " + allowedKey:              "a pattern between commas is empty",
		`"" ` + allowedKey:                      "a pattern between commas is empty",
		"alice\v" + allowedKey:                  `is neither an option nor a type of key`,
		"alice \v":                              `"\v" is neither an option nor a type of key`,
		"alice frobnicate " + allowedKey:        `"frobnicate" is neither an option nor a type of key`,
		"alice ssh-newest AAAA":                 `"ssh-newest" is neither an option nor a type of key`,
		"alice ssh-ed25519":                     "one line of the form",
		"alice ssh-ed25519 AAAA":                "the SSH key is malformed",
		`alice cert-authority="" ` + allowedKey: `option "cert-authority" has no value`,
		`alice cert-authority,Cert-Authority ` + allowedKey:                    "twice",
		"alice cert-authority ssh-ed25519-cert-v01@openssh.com AAAA":           "an SSH certificate",
		"alice ssh-ed25519-cert-v01@openssh.com AAAA":                          "an SSH certificate",
		"alice namespaces=git " + allowedKey:                                   "must stand in double quotes",
		"alice namespaces " + allowedKey:                                       "a pattern is empty",
		`alice namespaces="git,," ` + allowedKey:                               "a pattern is empty",
		`alice namespaces="git ` + allowedKey:                                  "a quote isn't closed",
		`alice namespaces="git"x ` + allowedKey:                                "want a comma or a blank",
		`alice namespaces="git", ` + allowedKey:                                `"" is neither an option`,
		`alice namespaces="git"`:                                               "no key stands after the options",
		`alice namespaces="git" `:                                              "no key stands after the options",
		`alice namespaces="git",NameSpaces="file" ` + allowedKey:               "twice",
		`alice valid-after="soon" ` + allowedKey:                               `option "valid-after": "soon" is no time`,
		`alice valid-after="" ` + allowedKey:                                   `"" is no time`,
		`alice valid-after ` + allowedKey:                                      `"" is no time`,
		`alice valid-before="20230229" ` + allowedKey:                          "is no time",
		`alice valid-before="2023022Z" ` + allowedKey:                          "is no time",
		`alice valid-before="2023-02-22" ` + allowedKey:                        "is no time",
		`alice valid-before="00001231235959Z" ` + allowedKey:                   "is no time",
		`alice valid-before="19700101Z" ` + allowedKey:                         "is no time",
		`alice valid-before="202302222460Z" ` + allowedKey:                     "is no time",
		`alice valid-before="+0230222" ` + allowedKey:                          "is no time",
		`alice valid-before="20230222ZUTC" ` + allowedKey:                      "is no time",
		`alice valid-after="20230101",valid-before="20230101" ` + allowedKey:   "valid-before isn't after valid-after",
		`alice valid-after="20230102Z",valid-before="20230101Z" ` + allowedKey: "valid-before isn't after valid-after",
	} {
		signers, err := ParseAllowedSigners([]byte("# first\n"+line+"\nbob "+allowedKey), "signers")
		if err == nil || !strings.HasPrefix(err.Error(), "signers:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one of signers:2 with %q", line, err, want)
		}
		if signers != nil {
			t.Errorf("%q: signers beside the error", line)
		}
	}
}

func TestAllowedSignersNamesAllErrors(t *testing.T) {
	_, err := ParseAllowedSigners([]byte("a\nb "+allowedKey+"\nc\n"), "signers")
	if err == nil || !strings.Contains(err.Error(), "signers:1: ") || !strings.Contains(err.Error(), "signers:3: ") {
		t.Errorf("%v", err)
	}
}

func TestAllowedSignerAllows(t *testing.T) {
	for _, c := range []struct {
		principals, namespaces string
		identity               string
		want                   bool
	}{
		{"alice@example.org", "", "alice@example.org", true},
		{"alice@example.org", "", "Alice@example.org", false},
		{"alice@example.org", "", "alice@example.org.evil", false},
		{"alice@example.org", "", "", false},
		{"*", "", "", true},
		{"*@example.org", "", "alice@example.org", true},
		{"*@example.org", "", "alice@example.org@evil", false},
		{"*@example.org", "", "alice@evil@example.org", true},
		{"a?ice@*.org", "", "alice@example.org", true},
		{"a?ice", "", "aice", false},
		{"bob,alice", "", "alice", true},
		{"*,!alice", "", "alice", false},
		{"!alice,*", "", "alice", false},
		{"!bob", "", "alice", false},
		{"alice", "git", "alice", true},
		{"alice", "file,g?t", "alice", true},
		{"alice", "file", "alice", false},
		{"alice", "*,!git", "alice", false},
	} {
		a := AllowedSigner{Principals: strings.Split(c.principals, ",")}
		if c.namespaces != "" {
			a.Namespaces = strings.Split(c.namespaces, ",")
		}
		if got := a.Allows(c.identity); got != c.want {
			t.Errorf("%s (namespaces %q) allows %q: %v, want %v", c.principals, c.namespaces, c.identity, got, c.want)
		}
	}
}

// TestAllowedSignersAttackSlowPattern would take longer than the universe with the obvious matcher.
func TestAllowedSignersAttackSlowPattern(t *testing.T) {
	pattern, word := strings.Repeat("*a", 60)+"b", strings.Repeat("a", 2000)
	if matchPattern(word, pattern) {
		t.Error("it matches")
	}
	if !matchPattern(word+"b", pattern) {
		t.Error("it doesn't match")
	}
}

// allowedLine writes a signer as a line.
func allowedLine(a AllowedSigner) string {
	line := `"` + strings.Join(a.Principals, ",") + `" `
	var options []string
	if a.Key.Authority {
		options = append(options, certAuthority)
	}
	if a.Namespaces != nil {
		options = append(options, `namespaces="`+strings.ReplaceAll(strings.Join(a.Namespaces, ","), `"`, `\"`)+`"`)
	}
	if !a.Key.From.IsZero() {
		options = append(options, a.Key.From.Format(`valid-after="20060102150405Z"`))
	}
	if !a.Key.Until.IsZero() {
		options = append(options, a.Key.Until.Add(-time.Second).Format(`valid-before="20060102150405Z"`))
	}
	if options != nil {
		line += strings.Join(options, ",") + " "
	}
	return line + string(a.Key.Data) + "\n"
}

// FuzzAllowedSigners wants that whatever is read can be written and read again, and stand in a
// keyring.
func FuzzAllowedSigners(f *testing.F) {
	f.Add([]byte("alice " + allowedKey))
	f.Add([]byte(`"a,b" namespaces="git,\"",valid-after="20200101",valid-before="20300101120000Z" ` + allowedKey +
		" comment\n# x\n"))
	f.Add(sshCorpus.Read(f, "sigcorpus/crafted/ssh/two-lines-second-valid.allowed_signers"))
	f.Add(sshCorpus.Read(f, "sigcorpus/crafted/ssh/sk-up.allowed_signers"))
	f.Add(sshCorpus.Read(f, "sigcorpus/crafted/ssh/cert-pattern.allowed_signers"))
	f.Fuzz(func(t *testing.T, data []byte) {
		signers, err := ParseAllowedSigners(data, "f")
		if err != nil {
			if signers != nil || !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("%v and %v", signers, err)
			}
			return
		}
		for _, signer := range signers {
			again, err := ParseAllowedSigners([]byte(allowedLine(signer)), "f")
			signer.Key.Source = "f:1"
			if diff := cmp.Diff([]AllowedSigner{signer}, again); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
			key := signer.Key
			key.Principal = "alice"
			if key.Authority {
				key.Identities = []string{"alice"}
			}
			if _, err := NewKeyring([]Key{key}, Settings{}); err != nil {
				t.Error(err)
			}
		}
	})
}
