package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// openpgpKey is a key file of a principal: one or more certificates. It is immutable and safe for
// concurrent use; the signatures in it are checked when a certificate is first asked for.
type openpgpKey struct {
	key          *Key
	certificates []*certificate
}

// certificate is a primary key with what its owner and others signed about it, RFC 9580 §10.1.
type certificate struct {
	primary *packet.PublicKey
	direct  []rawPacket // signatures over the primary key itself
	users   []component // user ids and attributes
	subkeys []subkey
	// word is what the owner says of each key, from checked signatures alone. They are checked
	// once, at the first call.
	word func() ownersWord
}

type component struct {
	id         string // the user id as it stands there; "" for an attribute
	hashed     []byte // what a signature over it covers, RFC 9580 §5.2.4
	signatures []rawPacket
}

type subkey struct {
	key        *packet.PublicKey
	signatures []rawPacket
}

// readOpenPGP reads a key's Data, armored or binary, without checking any signature. It passes over
// what gpg passes over: trust and marker packets, text around the armor, old or unknown subkeys,
// other people's signatures. A file that leaves no certificate is refused and the reason named, and
// so is one with a secret key in it.
func readOpenPGP(k *Key) (read *openpgpKey, err error) {
	defer func() {
		if p := recover(); p != nil {
			read, err = nil, fmt.Errorf("the OpenPGP key can't be read: %v", p)
		}
	}()
	blocks, err := keyBlocks(k.Data)
	if err != nil {
		return nil, err
	}
	read = &openpgpKey{key: k}
	var certificates certificateReader
	for _, block := range blocks {
		packets, err := splitPackets(block)
		if err != nil {
			return nil, fmt.Errorf("the OpenPGP key is malformed: %w", err)
		}
		for _, p := range packets {
			if err := certificates.add(p); err != nil {
				return nil, err
			}
		}
	}
	read.certificates = certificates.done
	if len(read.certificates) == 0 {
		return nil, certificates.whyNone()
	}
	for _, c := range read.certificates {
		// A revocation counts wherever in the file it stands: the revocation certificate that gpg
		// makes with a key is often simply appended.
		c.direct = append(c.direct, certificates.revocations...)
		c.word = sync.OnceValue(c.checkOwner)
	}
	return read, nil
}

// keyBlocks gives the binary contents of a key file.
func keyBlocks(file []byte) ([][]byte, error) {
	switch {
	case len(file) >= 12 && string(file[8:12]) == "KBXf":
		return nil, errors.New("a GnuPG keybox (pubring.kbx) isn't a key file; write one with gpg --armor --export <fingerprint>")
	case len(file) > 0 && file[0]&0x80 != 0 && !bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		return [][]byte{file}, nil
	}
	armored, err := armorBlocks(file)
	if err != nil {
		return nil, err
	}
	var blocks [][]byte
	for _, block := range armored {
		switch block.kind {
		case "PGP PUBLIC KEY BLOCK":
			blocks = append(blocks, block.body)
		case "PGP PRIVATE KEY BLOCK":
			return nil, errSecretKey
		}
	}
	if blocks == nil {
		return nil, errors.New("no OpenPGP key in it: neither -----BEGIN PGP PUBLIC KEY BLOCK----- nor its binary form")
	}
	return blocks, nil
}

var errSecretKey = errors.New("a secret key is in it, which must never be in a keyring: remove it, revoke it if others saw it, and write gpg --armor --export <fingerprint>")

// certificateReader gathers packets, in the order of the file, into certificates.
type certificateReader struct {
	done        []*certificate
	revocations []rawPacket  // of primary keys, wherever they stand
	current     *certificate // nil before the first and after one that can't be used
	signatures  *[]rawPacket // where the next signature belongs; nil is nowhere
	unusable    error        // why the last primary key can't be used
}

func (r *certificateReader) add(p rawPacket) error {
	switch p.tag {
	case tagSecretKey, tagSecretSubkey:
		return errSecretKey
	case tagPublicKey:
		r.current, r.signatures = nil, nil
		key, err := parsePacket[*packet.PublicKey](p)
		if err != nil {
			r.unusable = err
			return nil
		}
		r.current = &certificate{primary: key}
		r.signatures = &r.current.direct
		r.done = append(r.done, r.current)
	case tagSignature:
		switch sig, _ := splitSignature(p); {
		case sig.kind == packet.SigTypeKeyRevocation:
			r.revocations = append(r.revocations, p)
		case r.signatures != nil:
			*r.signatures = append(*r.signatures, p)
		}
	case tagUserID, tagUserAttribute, tagPublicSubkey:
		r.addComponent(p)
	}
	return nil
}

// addComponent begins a user id, attribute or subkey, to which the next signatures belong.
func (r *certificateReader) addComponent(p rawPacket) {
	r.signatures = nil
	if r.current == nil {
		return
	}
	if p.tag != tagPublicSubkey {
		r.current.users = append(r.current.users, component{id: userID(p), hashed: hashedUser(p)})
		r.signatures = &r.current.users[len(r.current.users)-1].signatures
		return
	}
	key, err := parsePacket[*packet.PublicKey](p)
	if err != nil {
		return // of a kind that can't sign for anyone here
	}
	for i, sub := range r.current.subkeys {
		if bytes.Equal(sub.key.Fingerprint, key.Fingerprint) { // the same again, as in joined exports
			r.signatures = &r.current.subkeys[i].signatures
			return
		}
	}
	r.current.subkeys = append(r.current.subkeys, subkey{key: key})
	r.signatures = &r.current.subkeys[len(r.current.subkeys)-1].signatures
}

func (r *certificateReader) whyNone() error {
	if r.unusable != nil {
		return fmt.Errorf("no OpenPGP key in it that can be used: %w", r.unusable)
	}
	return errors.New("no OpenPGP key in it")
}

func userID(p rawPacket) string {
	if p.tag != tagUserID {
		return ""
	}
	return string(p.body)
}

// hashedUser gives what a certification covers of a user id or attribute.
func hashedUser(p rawPacket) []byte {
	prefix := []byte{0xb4, 0, 0, 0, 0}
	if p.tag == tagUserAttribute {
		prefix[0] = 0xd1
	}
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(p.body)))
	return append(prefix, p.body...)
}

// hashedKey gives what a signature over a key covers of it.
func hashedKey(key *packet.PublicKey) []byte {
	var b bytes.Buffer
	if err := key.SerializeForHash(&b); err != nil {
		panic(err) // a Buffer's Write can't fail, and the key was read a moment ago
	}
	return b.Bytes()
}

// keys gives the primary key and the subkeys.
func (c *certificate) keys() []*packet.PublicKey {
	keys := []*packet.PublicKey{c.primary}
	for _, sub := range c.subkeys {
		keys = append(keys, sub.key)
	}
	return keys
}

// ids gives the key ids of all primary keys and subkeys.
func (o *openpgpKey) ids() []uint64 {
	var ids []uint64
	for _, c := range o.certificates {
		for _, key := range c.keys() {
			ids = append(ids, key.KeyId)
		}
	}
	return ids
}

// fingerprints gives the fingerprints of all primary keys and subkeys, in the order of ids.
func (o *openpgpKey) fingerprints() []string {
	var fingerprints []string
	for _, c := range o.certificates {
		for _, key := range c.keys() {
			fingerprints = append(fingerprints, upperHex(key.Fingerprint))
		}
	}
	return fingerprints
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
