package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// krlMagic is what a key revocation list begins with: OpenSSH's PROTOCOL.krl.
const krlMagic = "SSHKRL\n\x00"

// krlHeader is PROTOCOL.krl, "1. Overall format".
type krlHeader struct {
	Magic              [8]byte
	Format             uint32
	Version, Generated uint64
	Flags              uint64
	Reserved, Comment  []byte
	Sections           []byte `ssh:"rest"`
}

// The types of section, and of those in a certificate section: krl.h.
const (
	krlCertificates = 1
	krlKeys         = 2
	krlSHA1         = 3
	krlSignature    = 4
	krlSHA256       = 5
	krlExtension    = 255

	krlSerialList    = 0x20
	krlSerialRange   = 0x21
	krlSerialBitmap  = 0x22
	krlKeyIDs        = 0x23
	krlCertExtension = 0x39
)

type serialRange struct{ Min, Max uint64 }

// serialBitmap has the serial number Offset+n where the bit of value 2ⁿ is set in Bits, a number that
// is written with its highest byte first.
type serialBitmap struct {
	Offset uint64
	Bits   []byte
}

func (b serialBitmap) has(serial uint64) bool {
	n := serial - b.Offset
	if serial < b.Offset || n/8 >= uint64(len(b.Bits)) {
		return false
	}
	return b.Bits[uint64(len(b.Bits))-1-n/8]>>(n%8)&1 == 1
}

// readKRL adds what a key revocation list revokes: PROTOCOL.krl, and ssh_krl_from_blob in OpenSSH's
// krl.c. A list has no length and no checksum, so that one that was cut off between two sections is as
// good as any; one cut off anywhere else is an error, and so are a section, a critical extension and a
// flag that aren't known, and, as in OpenSSH since 9.4, a signature.
func (r *revokedSSH) readKRL(list string, data []byte) error {
	var h krlHeader
	if err := ssh.Unmarshal(data, &h); err != nil {
		return fmt.Errorf("the key revocation list is cut short: %w", err)
	}
	switch {
	case h.Format != 1:
		return fmt.Errorf("a key revocation list of format %d; only format 1 is known", h.Format)
	case h.Flags != 0 || len(h.Reserved) > 0:
		return errors.New("the key revocation list has flags or something in a reserved field, which aren't known")
	}
	revokes := false
	err := eachSection(h.Sections, func(kind byte, body []byte) error {
		revokes = revokes || kind != krlExtension
		switch kind {
		case krlCertificates:
			return r.readKRLCertificates(list, body)
		case krlKeys:
			return eachString(body, func(blob []byte) error {
				r.keys[sshFingerprint(blob)] = list
				return isPlainKey(blob)
			})
		case krlSHA1:
			return eachString(body, func(sum []byte) error {
				if len(sum) != sha1.Size {
					return fmt.Errorf("a SHA-1 hash of %d bytes", len(sum))
				}
				r.sha1s[[sha1.Size]byte(sum)] = list
				return nil
			})
		case krlSHA256:
			return eachString(body, func(sum []byte) error {
				if len(sum) != sha256.Size {
					return fmt.Errorf("a SHA-256 hash of %d bytes", len(sum))
				}
				r.keys[sshFingerprintOf(sum)] = list
				return nil
			})
		case krlSignature:
			return errors.New("the list is signed, which OpenSSH gave up and nothing here checks: make it without a signature")
		case krlExtension:
			return readKRLExtension(body)
		default:
			return fmt.Errorf("a section of the unknown type %d", kind)
		}
	})
	if err == nil && !revokes {
		return errors.New(revokesNothing)
	}
	return err
}

// readKRLCertificates reads PROTOCOL.krl, "2. Certificate section".
func (r *revokedSSH) readKRLCertificates(list string, data []byte) error {
	var of struct {
		Authority, Reserved []byte
		Sections            []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(data, &of); err != nil {
		return err
	}
	c := revokedCertificates{list: list, ids: map[string]bool{}}
	if len(of.Reserved) > 0 || len(of.Sections) == 0 {
		return errors.New("it is empty, or something stands in its reserved field")
	}
	if len(of.Authority) > 0 {
		if err := isPlainKey(of.Authority); err != nil {
			return err
		}
		c.authority = sshFingerprint(of.Authority)
	}
	if err := eachSection(of.Sections, c.readSection); err != nil {
		return err
	}
	slices.Sort(c.serials)
	r.certificates = append(r.certificates, c)
	return nil
}

// readSection reads one of a certificate section's own sections. None may have serial number 0, which
// is no number: OpenSSH wouldn't load the list.
func (r *revokedCertificates) readSection(kind byte, body []byte) error {
	switch kind {
	case krlSerialList:
		if len(body) == 0 || len(body)%8 != 0 {
			return fmt.Errorf("a list of serial numbers of %d bytes", len(body))
		}
		for ; len(body) > 0; body = body[8:] {
			r.serials = append(r.serials, binary.BigEndian.Uint64(body))
		}
		if slices.Contains(r.serials, 0) {
			return errors.New("the serial number 0, which certificates without one have")
		}
	case krlSerialRange:
		var s serialRange
		if err := ssh.Unmarshal(body, &s); err != nil {
			return err
		}
		if s.Min == 0 || s.Min > s.Max {
			return fmt.Errorf("the serial numbers from %d to %d", s.Min, s.Max)
		}
		r.ranges = append(r.ranges, s)
	case krlSerialBitmap:
		var b serialBitmap
		if err := ssh.Unmarshal(body, &b); err != nil {
			return err
		}
		if err := b.check(); err != nil {
			return err
		}
		r.bitmaps = append(r.bitmaps, b)
	case krlKeyIDs:
		return eachString(body, func(id []byte) error {
			if strings.Contains(string(id), "\x00") {
				return errors.New("a key id with a NUL in it")
			}
			r.ids[string(id)] = true
			return nil
		})
	case krlCertExtension:
		return readKRLExtension(body)
	default:
		return fmt.Errorf("a certificate section of the unknown type %d", kind)
	}
	return nil
}

// check refuses what isn't a positive number as RFC 4251 §5 writes an mpint, and serial numbers that
// don't exist.
func (b serialBitmap) check() error {
	switch {
	case len(b.Bits) == 0 || b.Bits[0] >= 0x80 || b.Bits[0] == 0 && (len(b.Bits) == 1 || b.Bits[1] < 0x80):
		return errors.New("a bitmap that isn't a positive number")
	case b.Offset == 0 && b.has(0):
		return errors.New("the serial number 0, which certificates without one have")
	}
	// The first byte is 0 where the second has its highest bit set.
	highest := uint64(len(b.Bits)-1)*8 + uint64(bits.Len8(b.Bits[0])) - 1
	if b.Offset+highest < b.Offset {
		return errors.New("a bitmap of serial numbers of over 64 bits")
	}
	return nil
}

// readKRLExtension knows no extension, and lets those pass that aren't critical, such as the filters that
// only save time.
func readKRLExtension(data []byte) error {
	var extension struct {
		Name     string
		Critical bool
		Contents []byte
	}
	if err := ssh.Unmarshal(data, &extension); err != nil {
		return err
	}
	if extension.Critical {
		return fmt.Errorf("the critical extension %s, which isn't known", quote(extension.Name))
	}
	return nil
}

// isPlainKey refuses what is no public key, or a certificate. It doesn't look further, for a key of a
// type that isn't known here may be revoked all the same.
func isPlainKey(blob []byte) error {
	if keyType := sshKeyType(blob); keyType == "" || isCertificate(keyType) {
		return fmt.Errorf("a key of the type %s", quote(keyType))
	}
	return nil
}

func eachSection(data []byte, read func(kind byte, body []byte) error) error {
	for number := 1; len(data) > 0; number++ {
		body, rest, err := cutString(data[1:])
		if err == nil {
			err = read(data[0], body)
		}
		if err != nil {
			return fmt.Errorf("section %d: %w", number, err)
		}
		data = rest
	}
	return nil
}

// eachString reads strings, of which there must be one.
func eachString(data []byte, read func([]byte) error) error {
	if len(data) == 0 {
		return errors.New("it is empty")
	}
	for len(data) > 0 {
		body, rest, err := cutString(data)
		if err == nil {
			err = read(body)
		}
		if err != nil {
			return err
		}
		data = rest
	}
	return nil
}

// cutString cuts off a string as RFC 4251 §5 writes it.
func cutString(data []byte) (body, rest []byte, err error) {
	if len(data) < 4 || uint64(binary.BigEndian.Uint32(data)) > uint64(len(data)-4) {
		return nil, nil, errors.New("it is cut short")
	}
	end := 4 + int(binary.BigEndian.Uint32(data))
	return data[4:end], data[end:], nil
}
