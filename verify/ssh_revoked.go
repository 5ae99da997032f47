package verify

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxRevoked bounds a list of revoked keys. A key revocation list of that size can have the serial
// numbers of 30 million certificates.
const maxRevoked = 4 << 20

// revokedSSH is what all lists of revoked SSH keys say. The zero value revokes nothing. The maps' values
// are the lists' names.
type revokedSSH struct {
	keys         map[string]string // by fingerprint as in [Result]
	sha1s        map[[sha1.Size]byte]string
	certificates []revokedCertificates
}

// revokedCertificates are those of one authority in one list, or of all authorities where it is "".
type revokedCertificates struct {
	list      string
	authority string // fingerprint
	ids       map[string]bool
	serials   []uint64 // sorted
	ranges    []serialRange
	bitmaps   []serialBitmap
}

// readRevokedSSH reads lists of revoked SSH keys. As sshkey_check_revoked in OpenSSH's authfile.c does,
// it takes a file that doesn't begin as a key revocation list for one of public keys. Where it differs
// from OpenSSH it is the stricter: whatever can't be read, and a list that is empty, is an error, for it
// may have been cut short.
func readRevokedSSH(files []File) (revokedSSH, error) {
	r := revokedSSH{keys: map[string]string{}, sha1s: map[[sha1.Size]byte]string{}}
	var errs []error
	for _, f := range files {
		var err error
		switch {
		case len(f.Data) > maxRevoked:
			err = fmt.Errorf("the list of revoked keys has %d bytes, the limit is %d", len(f.Data), maxRevoked)
		case strings.HasPrefix(string(f.Data), krlMagic):
			err = r.readKRL(f.Name, f.Data)
		default:
			err = r.readLines(f.Name, string(f.Data))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	return r, errors.Join(errs...)
}

// readLines reads one public key or certificate a line: sshkey_in_file in OpenSSH's authfile.c. A
// certificate stands for the key in it, whichever way that is used.
func (r *revokedSSH) readLines(list, text string) error {
	found := false
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := revokedLine(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		r.keys[key.fingerprint] = list
		found = true
	}
	if !found {
		return errors.New(revokesNothing)
	}
	return nil
}

const revokesNothing = "the list revokes nothing: if it wasn't cut short, leave it out of the policy until it does"

func revokedLine(line string) (*sshKey, error) {
	fields := strings.Fields(line)
	switch {
	case len(fields) < 2:
		return readSSH(line)
	case slices.Contains([]string{"serial:", "id:", "key:", "sha1:", "sha256:", "hash:"}, strings.ToLower(fields[0])):
		return nil, errors.New("a specification of a key revocation list, not the list: make it with ssh-keygen -k")
	case isCertificate(fields[0]):
		blob, err := decodeKey(fields[1])
		if err != nil {
			return nil, err
		}
		c, err := readSSHCertificate(blob)
		if err != nil {
			return nil, err
		}
		return c.key, nil
	default:
		return readSSH(line)
	}
}

// key gives the list that revokes a plain key; "" if none does.
func (r *revokedSSH) key(fingerprint string, blob []byte) string {
	if list, ok := r.keys[fingerprint]; ok {
		return list
	}
	if len(r.sha1s) == 0 {
		return ""
	}
	return r.sha1s[sha1.Sum(blob)]
}

// certificate gives the list that revokes a certificate or its authority; "" if none does. Whether one
// revokes the key in it, [revokedSSH.key] says. Serial number 0 is that of certificates that were given
// none, and no list has it: is_cert_revoked in OpenSSH's krl.c.
func (r *revokedSSH) certificate(c *sshCertificate) string {
	if list := r.key(c.authority, c.SignatureKey.Marshal()); list != "" {
		return list
	}
	for _, of := range r.certificates {
		if of.authority != "" && of.authority != c.authority {
			continue
		}
		if of.ids[c.KeyId] || c.Serial != 0 && of.hasSerial(c.Serial) {
			return of.list
		}
	}
	return ""
}

func (r *revokedCertificates) hasSerial(serial uint64) bool {
	if _, ok := slices.BinarySearch(r.serials, serial); ok {
		return true
	}
	return slices.ContainsFunc(r.ranges, func(s serialRange) bool { return s.Min <= serial && serial <= s.Max }) ||
		slices.ContainsFunc(r.bitmaps, func(b serialBitmap) bool { return b.has(serial) })
}
