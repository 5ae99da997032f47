package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportNamesForeignForms reads public keys as other programs write them: what they are is said in one sentence,
// with a command. Done to the letter, it makes a file that can be read.
func TestImportNamesForeignForms(t *testing.T) {
	for file, is := range map[string]string{
		"rfc4716.pub":     "the form of RFC 4716",
		"pkcs8.pub":       "PKCS #8",
		"pem.pub":         "the form PEM",
		"dropbear.txt":    "dropbearkey prints",
		"bom.pub":         "a byte order mark",
		"utf16.pub":       "UTF-16",
		"authorized_keys": "have options",
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("..", "testdata", "ssh", "foreign", file))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Import("given", data)
			if err == nil || !strings.Contains(err.Error(), is) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v: want one line with %q", err, is)
			}
			words := strings.Split(err.Error(), ": ")
			command := strings.NewReplacer("NAME.pub", "made", "NEW-FILE", "made").Replace(words[len(words)-1])
			made := afterwards(t, command, data)
			if found, err := Import("made", made); err != nil || len(found) != 1 {
				t.Errorf("%s makes %q: %d keys, %v", command, made, len(found), err)
			}
		})
	}
}

// afterwards gives the file "made", or what became of the file "given", after a command in a folder that has it.
func afterwards(t *testing.T, command string, given []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "given"), given, 0o600); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-ec", command)
	shell.Dir = dir
	if said, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, said)
	}
	made, err := os.ReadFile(filepath.Join(dir, "made"))
	if err != nil {
		made, err = os.ReadFile(filepath.Join(dir, "given"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestAttackImportShowsASecret: what is in a private key must not reach a screen or a log.
func TestAttackImportShowsASecret(t *testing.T) {
	const secret = "c2VjcmV0"
	for name, file := range map[string]string{
		"OpenSSH":   "-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret + " " + secret + "\n",
		"PKCS #1":   "-----BEGIN RSA PRIVATE KEY-----\n" + secret + "\n-----END RSA PRIVATE KEY-----\n",
		"encrypted": "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + secret + "\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"PuTTY":     "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n" + secret + " " + secret + "\n",
		"Tectia":    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + secret + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
		"Dropbear":  "\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x40" + secret + " " + secret + "\n",
		"OpenPGP":   "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + secret + "\n-----END PGP PRIVATE KEY BLOCK-----\n",
	} {
		_, err := Import("given", []byte(file))
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), "private key") && !strings.Contains(err.Error(), "secret key") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Import("given", []byte("<!DOCTYPE html>\n<p>404</p>\n"))
	if err == nil || !strings.Contains(err.Error(), "web page") {
		t.Errorf("a web page: %v", err)
	}
}
