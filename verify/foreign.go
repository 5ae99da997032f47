package verify

import (
	"bytes"
	"fmt"
	"strings"
)

// foreign says what a file is that is none of keys as they are read here, and which command makes one of it; nil for
// any other. Nothing of the file is shown: it may be a secret.
func foreign(name string, data []byte) error {
	text := strings.TrimSpace(string(data[:min(len(data), 4096)]))
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(line)
	is := func(what, format string, args ...any) error {
		return fmt.Errorf("%s: %s", what, fmt.Sprintf(format, args...))
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return is("it begins with a byte order mark", "take that out: tail -c +4 %s >NEW-FILE", name)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return is("it is text in UTF-16, as PowerShell writes it", "iconv -f UTF-16 -t UTF-8 %s >NEW-FILE", name)
	case strings.HasPrefix(line, "PuTTY-User-Key-File-"):
		return is("it is a private key of PuTTY's, which is to stay with its owner",
			"have them give you what this writes: puttygen %s -O public-openssh -o NAME.pub", name)
	case isDropbearKey(data):
		return is("it is a private key of Dropbear's, which is to stay with its owner",
			"have them give you what this writes: dropbearkey -y -f %s | grep -E '^(ssh|ecdsa)-' >NAME.pub", name)
	case strings.HasPrefix(line, "----") && strings.Contains(line, " PRIVATE KEY") && !strings.Contains(line, " PGP "):
		return is("it is a private key, which is to stay with its owner",
			"have them give you what this writes: ssh-keygen -y -f %s >NAME.pub", name)
	case strings.HasPrefix(line, "---- BEGIN SSH2 PUBLIC KEY"):
		return is("it is a public key in the form of RFC 4716, as PuTTY saves it", "ssh-keygen -i -f %s >NAME.pub", name)
	case strings.HasPrefix(line, "-----BEGIN PUBLIC KEY"):
		return is("it is a public key in the form PKCS #8", "ssh-keygen -i -m PKCS8 -f %s >NAME.pub", name)
	case strings.HasPrefix(line, "-----BEGIN RSA PUBLIC KEY"):
		return is("it is a public key in the form PEM", "ssh-keygen -i -m PEM -f %s >NAME.pub", name)
	case strings.HasPrefix(line, "-----BEGIN CERTIFICATE"):
		return is("it is an X.509 certificate", "a policy names whom it is for, { x509 = { identity = \"ADDRESS\" } }, "+
			"and its authority in [x509] trusted-roots")
	case strings.HasPrefix(line, "Public key portion is"):
		return is("it is what dropbearkey prints", "grep -E '^(ssh|ecdsa)-' %s >NAME.pub", name)
	case strings.HasPrefix(line, "<"):
		return is("it is a web page", "save what the forge gives at https://HOST/USER.keys or USER.gpg")
	default:
		return nil
	}
}

// isDropbearKey says whether a file begins as Dropbear's own do: with the length of a kind's name, and that name.
func isDropbearKey(data []byte) bool {
	if len(data) < 5 || len(data) < 4+int(data[3]) || !bytes.HasPrefix(data, []byte{0, 0, 0}) {
		return false
	}
	return isSSHKeyType(string(data[4 : 4+int(data[3])]))
}

// authorizedOptions are those of sshd(8), AUTHORIZED_KEYS FILE FORMAT, that an allowed signers file hasn't.
var authorizedOptions = map[string]bool{
	"agent-forwarding": true, "command": true, "environment": true, "expiry-time": true, "from": true,
	"no-agent-forwarding": true, "no-port-forwarding": true, "no-pty": true, "no-touch-required": true, "no-user-rc": true,
	"no-x11-forwarding": true, "permitlisten": true, "permitopen": true, "port-forwarding": true, "principals": true,
	"pty": true, "restrict": true, "tunnel": true, "user-rc": true, "verify-required": true, "x11-forwarding": true,
}

// withoutOptions refuses a line of an authorized_keys file that begins with options.
func withoutOptions(name, line string) error {
	end := strings.IndexAny(line, "=, \t")
	if end < 0 || !authorizedOptions[strings.ToLower(line[:end])] {
		return nil
	}
	return fmt.Errorf("its keys have options, as in authorized_keys, which say nothing of signing: "+
		"take them off: grep -oE '(ssh|ecdsa|sk)-[-a-z0-9@.]+ AAAA.*' %s >NEW-FILE", name)
}
