package verify

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/google/go-cmp/cmp"
)

// "aGVsbG8=" is "hello"; its CRC-24 is from RFC 9580 §6.1.1's C program: 0x47F58A, "R/WK".
const helloArmor = "-----BEGIN PGP SIGNATURE-----\n\naGVsbG8=\n=R/WK\n-----END PGP SIGNATURE-----\n"

func TestOneArmorBlock(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(helloArmor, old) {
			t.Fatalf("the armor has no %q", old)
		}
		return strings.Replace(helloArmor, old, with, 1)
	}
	crlf := strings.ReplaceAll(helloArmor, "\n", "\r\n")
	for _, c := range []struct{ name, armor, refused string }{
		{"as gpg writes it", helloArmor, ""},
		{"as the forges write it, an empty line after it", helloArmor + "\n", ""},
		{"no final newline", strings.TrimSuffix(helloArmor, "\n"), ""},
		{"headers", change("-----\n\n", "-----\nVersion: GnuPG v2\nComment: grüße\n\n"), ""},
		{"no checksum, as RFC 9580 allows", change("=R/WK\n", ""), ""},
		{"data in two lines", change("aGVs", "aGVs\n"), ""},

		{"attack: wrong checksum", change("=R/WK", "=R/WL"), "checksum is wrong"},
		{"attack: text before it", "hello\n" + helloArmor, "doesn't begin with"},
		{"attack: newline before it", "\n" + helloArmor, "doesn't begin with"},
		{"attack: text after it", helloArmor + "hello\n", "something else, which nobody signed"},
		{"attack: blanks after it", helloArmor + " \n", "something else, which nobody signed"},
		{"attack: a second block", helloArmor + helloArmor, "a second signature"},
		{
			"attack: an OpenTimestamps block", helloArmor + aTimestamp,
			"an OpenTimestamps proof",
		},
		{"attack: another kind's end", change("-----END PGP", "-----END SSH"), "no line -----END PGP SIGNATURE-----"},
		{"no end", "-----BEGIN PGP SIGNATURE-----\n\naGVsbG8=\n", "no line -----END"},
		{"end in the middle of a line", change("\n-----END", "-----END"), "no line -----END"},
		{"CRLF", crlf, ""},
		{"CRLF, the last line without its LF, as in a commit", strings.TrimSuffix(crlf, "\n"), ""},
		{"CRLF, an empty line after it", crlf + "\r\n", ""},
		{"attack: CRLF, and text after it", crlf + "hello\r\n", "something else, which nobody signed"},
		{"attack: some lines end in CRLF", change("aGVsbG8=\n", "aGVsbG8=\r\n"), "control character 0x0d"},
		{"attack: one line ends in LF", strings.Replace(crlf, "=R/WK\r\n", "=R/WK\n", 1), "control character 0x0d"},
		{"attack: CRLF, and an LF after it", crlf + "\n", "control character 0x0d"},
		{"attack: CRLF, the last line without any", strings.TrimSuffix(crlf, "\r\n"), "control character 0x0d"},
		{"attack: CR within a line", change("aGVs", "aG\rVs"), "control character 0x0d"},
		{"attack: CR CR LF", strings.ReplaceAll(helloArmor, "\n", "\r\r\n"), "control character 0x0d"},
		{"attack: CR alone", strings.ReplaceAll(helloArmor, "\n", "\r"), "control character 0x0d"},
		{"NUL", change("aGV", "a\x00V"), "control character 0x00"},
		{"blank at a line's end", change("8=\n", "8= \n"), "isn't base64"},
		{"empty line in the data", change("aGVs", "aGVs\n\n"), "an empty line"},
		{"no empty line before the data", change("-----\n\n", "-----\n"), "no empty line"},
		{"no data", "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n", "is empty"},
		{"base64 with bits to spare", change("aGVsbG8=", "aGVsbG9="), "isn't base64"},
		{"base64 without its padding", change("aGVsbG8=", "aGVsbG8"), "isn't base64"},
		{"another kind", change("BEGIN PGP", "BEGIN SSH"), "doesn't begin with"},
		{"a bomb", strings.Repeat("a", maxSignature+1), "the limit is 65536"},
		{"nothing", "", "doesn't begin with"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, err := oneArmorBlock([]byte(c.armor), kindOpenPGPSignature)
			switch {
			case c.refused == "" && (err != nil || string(body) != "hello"):
				t.Errorf("got %q, %v", body, err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("got %q, %v, want an error with %q", body, err, c.refused)
			}
		})
	}
}

// TestOneArmorBlockSSH: OpenSSH's armor has neither headers nor checksum.
// With OpenTimestamps one whole proof may stand after an OpenPGP signature, and nothing else.
func TestOpenTimestamps(t *testing.T) {
	const proof = aTimestamp
	for name, trailing := range map[string]string{
		"two proofs":        proof + proof,
		"text after it":     proof + "approved by bob\n",
		"text in it":        strings.Replace(proof, "\n\n", "\nby: bob\n\n", 1),
		"a signature in it": strings.Replace(proof, "\n\n", "\n\n"+helloArmor, 1),
		"cut off":           strings.TrimSuffix(proof, "-\n"),
		"64 KiB":            strings.Replace(proof, "AQHw", strings.Repeat("AQHw", maxSignature/4), 1),
	} {
		if _, err := oneArmorBlock(withoutTimestamp([]byte(helloArmor+trailing)), kindOpenPGPSignature); err == nil {
			t.Errorf("attack: %s is taken", name)
		}
	}
	for _, trailing := range []string{proof, strings.TrimSuffix(proof, "\n"), proof + "\n\n", ""} {
		if got := string(withoutTimestamp([]byte(helloArmor + trailing))); got != helloArmor {
			t.Errorf("before %q: %q", trailing, got)
		}
	}
}

func TestOneArmorBlockSSH(t *testing.T) {
	for armor, ok := range map[string]bool{
		"-----BEGIN SSH SIGNATURE-----\naGVs\nbG8=\n-----END SSH SIGNATURE-----\n":               true,
		"-----BEGIN SSH SIGNATURE-----\n\naGVsbG8=\n-----END SSH SIGNATURE-----\n":               false,
		"-----BEGIN SSH SIGNATURE-----\nComment: x\n\naGVsbG8=\n-----END SSH SIGNATURE-----\n":   false,
		"-----BEGIN SSH SIGNATURE-----\naGVsbG8=\n=R/WK\n-----END SSH SIGNATURE-----\n":          false,
		"-----BEGIN SSH SIGNATURE-----\naGVsbG8=\n-----END SSH SIGNATURE-----\nhello":            false,
		"-----BEGIN SSH SIGNATURE-----\r\naGVsbG8=\r\n-----END SSH SIGNATURE-----\r\n":           false,
		"-----BEGIN SSH SIGNATURE-----\naGVsbG8=\n-----END SSH SIGNATURE-----\n-----BEGIN SSH S": false,
	} {
		if body, err := oneArmorBlock([]byte(armor), kindSSHSignature); (err == nil) != ok || ok && string(body) != "hello" {
			t.Errorf("%q: %q, %v", armor, body, err)
		}
	}
}

// TestArmorBlocks reads what people keep in key files.
func TestArmorBlocks(t *testing.T) {
	key := strings.ReplaceAll(helloArmor, "SIGNATURE", "PUBLIC KEY BLOCK")
	file := "Alice's keys\n" + key + "and\r\n" +
		strings.ReplaceAll(strings.Replace(key, "\naGVs", "\nVersion: odd\nno colon here:\n\naGVs\n\n", 1), "\n", " \r\n") +
		helloArmor
	file = strings.Replace(file, "----- \r\n \r\nVersion", "----- \r\nVersion", 1)
	blocks, err := armorBlocks([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []armorBlock{
		{"PGP PUBLIC KEY BLOCK", 2, []byte("hello")},
		{"PGP PUBLIC KEY BLOCK", 8, []byte("hello")},
		{"PGP SIGNATURE", 17, []byte("hello")},
	}
	if diff := cmp.Diff(want, blocks, cmp.AllowUnexported(armorBlock{})); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ file, refused string }{
		{strings.Replace(key, "=R/WK", "=R/WL", 1), "the block at line 1: the armor's checksum is wrong"},
		{"x\n" + key[:60], "the block at line 2 has no line -----END"},
	} {
		if _, err := armorBlocks([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%q: %v, want %q", c.file, err, c.refused)
		}
	}
}

func FuzzOneArmorBlock(f *testing.F) {
	f.Add([]byte(helloArmor), false)
	f.Add([]byte(strings.ReplaceAll(helloArmor, "\n", "\r\n")), false)
	f.Add([]byte(strings.Replace(helloArmor, "=R/WK\n", "", 1)), false)
	f.Add([]byte("-----BEGIN SSH SIGNATURE-----\naGVsbG8=\n-----END SSH SIGNATURE-----\n"), true)
	f.Fuzz(func(t *testing.T, signature []byte, ssh bool) {
		kind := kindOpenPGPSignature
		if ssh {
			kind = kindSSHSignature
		}
		body, err := oneArmorBlock(signature, kind)
		if err != nil {
			return
		}
		// What is accepted is one block from its first octet to the newlines at its end.
		plain := strings.ReplaceAll(string(signature)+"\n", "\r\n", "\n")
		inner, ok := strings.CutPrefix(strings.TrimRight(plain, "\n"), "-----BEGIN "+kind+"-----\n")
		inner, end := strings.CutSuffix(inner, "\n-----END "+kind+"-----")
		if !ok || !end || strings.Contains(inner, "-----END "+kind) || strings.Contains("\n"+inner, "\n-----BEGIN "+kind) {
			t.Errorf("accepted: %q", signature)
		}
		// And what it holds can be written down and read again; another program reads the same, if it does.
		if again, err := oneArmorBlock(armored(kindOpenPGPSignature, body), kindOpenPGPSignature); len(body) > 0 &&
			(err != nil || !bytes.Equal(again, body)) {
			t.Errorf("%q reads as %q, %v", body, again, err)
		}
		if ssh {
			return
		}
		if block, err := armor.Decode(bytes.NewReader(signature)); err == nil {
			if theirs, err := io.ReadAll(block.Body); err == nil && !bytes.Equal(theirs, body) {
				t.Errorf("%q reads as %q; go-crypto reads %q", signature, body, theirs)
			}
		}
	})
}
