package content

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"countersign/policy/edit"
)

// pgpKey is a public key packet of version 4 with an Ed25519 key, a user ID and the beginning of a signature (RFC
// 9580, sections 5.5.2, 5.11 and 5.2.3).
func pgpKey() string {
	key := unhex("04 65000000 1b") + string(noise(32))
	id := "Alice <alice@example.org>"
	sig := unhex("04 13 1b 0a 0000 0000 1234") + string(noise(64))
	return fmt.Sprintf("\xc6%c%s\xcd%c%s\xc2%c%s", len(key), key, len(id), id, len(sig), sig)
}

func pgpSignature() string {
	return "\xc2\x4a" + unhex("04 00 1b 0a 0000 0000 1234") + string(noise(64))
}

func pgpArmor(kind, body string) string {
	return "-----BEGIN PGP " + kind + "-----\nComment: an example\n\n" +
		wrap(base64.StdEncoding.EncodeToString([]byte(body)), 64, "", "") + "=AAAA\n-----END PGP " + kind + "-----\n"
}

func TestKeys(t *testing.T) {
	public := pgpArmor("PUBLIC KEY BLOCK", pgpKey())
	rsa := "\x99\x00\x20" + unhex("04 65000000 01 0100") + string(noise(24)) // the older form of a header
	for name, c := range map[string]struct{ content, want string }{
		"a public key":             {public, "keys"},
		"a private key":            {pgpArmor("PRIVATE KEY BLOCK", "\xc5"+pgpKey()[1:]), "keys"},
		"an older name of one":     {pgpArmor("SECRET KEY BLOCK", "\xc5"+pgpKey()[1:]), "keys"},
		"a key called a signature": {pgpArmor("SIGNATURE", pgpKey()), "keys"},
		"a key behind a signature": {pgpArmor("SIGNATURE", pgpSignature()+pgpKey()), "keys"},
		"a key called a message":   {pgpArmor("MESSAGE", pgpKey()), "keys"},
		"two":                      {pgpArmor("SIGNATURE", pgpSignature()) + public, "keys"},
		"with carriage returns":    {strings.ReplaceAll(public, "\n", "\r\n"), "keys"},
		"without a header":         {strings.Replace(public, "Comment: an example\n", "", 1), "keys"},
		"without its end":          {public[:200], "keys"},
		"in YAML":                  {"key: |\n" + strings.ReplaceAll("\n"+public, "\n", "\n  "), "keys"},
		"in a list of apt's": {
			"Signed-By:\n" + strings.ReplaceAll(strings.ReplaceAll("\n"+public, "\n", "\n "), "\n \n", "\n .\n"),
			"keys",
		},
		"in a string":                   {`const key = "` + strings.ReplaceAll(public, "\n", `\n`) + "\"\n", "keys"},
		"in several":                    {wrapLines(public, "\t\"", `\n" +`), "keys"},
		"behind text":                   {"Our key:\n\n" + public, "keys"},
		"in binary":                     {pgpKey() + zeros(2), "binary keys"},
		"in binary, behind a signature": {pgpSignature() + pgpKey() + zeros(2), "binary keys"},
		"in binary, behind a marker":    {"\xca\x03PGP" + pgpKey() + zeros(2), "binary keys"},
		"of RSA, in an older form":      {rsa + zeros(2), "binary keys"},
		"a keybox":                      {unhex("00000020 01 01 0002") + "KBXf" + zeros(20), "binary keys"},
		"a signature":                   {pgpArmor("SIGNATURE", pgpSignature()), ""},
		"a signature in binary":         {pgpSignature() + zeros(2), "binary"},
		"a message":                     {pgpArmor("MESSAGE", "\xd2\x29\x01"+string(noise(40))), ""},
		"a signed message": {
			"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n" + pgpArmor("SIGNATURE", pgpSignature()),
			"",
		},
		"AsciiDoc": {
			"= Title\n\n== Section\n\nSome *text*, and -----BEGIN lines.\n----\ncode\n----\n",
			"",
		},
		"a program that reads keys": {
			"if strings.HasPrefix(s, \"-----BEGIN PGP PUBLIC KEY BLOCK-----\") {\n\treturn parseKeyring(s)\n}\n",
			"",
		},
		"what a document says of armor": {
			"It begins with -----BEGIN PGP PUBLIC KEY BLOCK-----\nand ends with -----END PGP PUBLIC KEY BLOCK-----.\n",
			"",
		},
		"an SSH key": {
			"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZ5FkW6l4kJCeMCaWJXe2793yCmhgj9eTD2xEdSXcGY a\n",
			"",
		},
		"a certificate": {
			"-----BEGIN CERTIFICATE-----\n" + wrap(base64.StdEncoding.EncodeToString(noise(280)), 64, "", "") +
				"-----END CERTIFICATE-----\n",
			"",
		},
		"Latin letters":                    {"Šárka šla\nŁódź\n", ""},
		"only the beginning of a block":    {"-----BEGIN PGP ", ""},
		"only the beginning of a header":   {"-----BEGIN PGP PUBLIC KEY BLOCK-----", ""},
		"a packet that ends in its header": {"\xc6", ""},
	} {
		wantTraits(t, name, c.content, c.want)
	}
}

// wrapLines puts each line between a prefix and a suffix.
func wrapLines(text, prefix, suffix string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + strings.TrimSuffix(line, "\n") + suffix + "\n")
	}
	return b.String()
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		pgpKey(), pgpSignature(), pgpArmor("PUBLIC KEY BLOCK", pgpKey()), "-----BEGIN PGP ", "\xc6\xff\xff\xff\xff\xff\x04",
		"\x9b\x04", "-----BEGIN PGP -----BEGIN PGP -----",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		// Armor hides no key that is seen in binary.
		inText := func(text []byte) bool { return keys(formerOf(&edit.Change{Now: text})) }
		if armored := pgpArmor("SIGNATURE", string(b)); len(b) < 4096 && holdsKey(b) != inText([]byte(armored)) {
			t.Errorf("%t, in armor %t", holdsKey(b), !holdsKey(b))
		}
		inText(b)
	})
}

// A signature is chance to who doesn't know the key. It is short, and its packets say what it is.
func TestSignaturesAreNoPayload(t *testing.T) {
	rsa := "\xc2\xc0\x73" + unhex("04 00 01 0a 0000 0000 1234 1000") + string(noise(295))
	long := "\x89\x02\x33" + unhex("04 00 01 0a 0000 0000 1234 1000") + string(noise(551))
	block := pgpArmor("SIGNATURE", long)
	payload := wrap(base64.StdEncoding.EncodeToString(noise(600)), 64, "", "")
	for name, c := range map[string]struct{ content, want string }{
		"a signature":                 {block, ""},
		"two in a block":              {pgpArmor("SIGNATURE", rsa+long), ""},
		"twenty":                      {strings.Repeat(block, 20), ""},
		"below what it signs":         {"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n" + block, ""},
		"a payload":                   {pgpArmor("SIGNATURE", string(noise(600))), "encoded"},
		"more than a kibibyte":        {pgpArmor("SIGNATURE", long+long), "encoded"},
		"of another name":             {pgpArmor("MESSAGE", long), "encoded"},
		"and a payload in front":      {payload + block, "encoded"},
		"and a payload behind":        {block + payload, "encoded"},
		"a packet that isn't all":     {pgpArmor("SIGNATURE", "\xc2\x0a"+long[3:]), "encoded"},
		"another packet behind it":    {pgpArmor("SIGNATURE", rsa+"\xcb\xc0\x73"+string(noise(307))), "encoded"},
		"without an end":              {block[:700], "encoded"},
		"more than anybody would add": {strings.Repeat(block, 40), "encoded"},
	} {
		wantTraits(t, name, c.content, c.want)
	}
}
