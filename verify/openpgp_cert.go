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
	direct  []rawPacket // signatures over the primary key itself, but for its revocations
	users   []component // user ids and attributes
	subkeys []subkey
	// revocations are those of any primary key in the file. One counts wherever it stands: the revocation
	// certificate that gpg makes with a key is often simply appended. All certificates of a file share them.
	revocations []rawPacket
	unread      []error // why subkeys can't be used
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

// maxKeys and maxRevocations bound what a key file may hold, so that none takes long to read. The most that
// one of 115 real files has is 14 keys.
const (
	maxKeys        = 1000
	maxRevocations = 1000
)

// readOpenPGP reads a key's Data, armored or binary, without checking any signature. It passes over
// what gpg passes over: trust, marker and unknown packets, text around the armor, subkeys of a kind it
// doesn't know, other people's signatures. A primary key that it can't read is an error, and so is a
// secret key: a key that doesn't count must not look as if it did.
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
		return nil, errors.New("no OpenPGP key in it")
	}
	for _, c := range read.certificates {
		c.revocations = certificates.revocations
		c.word = sync.OnceValue(c.checkOwner)
	}
	return read, nil
}

// keyBlocks gives the binary contents of a key file.
func keyBlocks(file []byte) ([][]byte, error) {
	switch {
	case len(file) >= 12 && string(file[8:12]) == "KBXf":
		return nil, errors.New("a GnuPG keybox (pubring.kbx) isn't a key file; write one with gpg --armor --export " +
			"<fingerprint>")
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		// So PowerShell's ">" writes it, and no certificate begins.
		return nil, errors.New("the file is text in UTF-16; write it with gpg --armor --output <file> --export <fingerprint>")
	case len(file) > 0 && file[0]&0x80 != 0 && !bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		return [][]byte{file}, nil
	}
	armored, err := armorBlocks(file)
	if err != nil {
		return nil, err
	}
	if len(armored) == 0 {
		return nil, errors.New("no OpenPGP key in it: neither -----BEGIN PGP PUBLIC KEY BLOCK----- nor its binary form")
	}
	var blocks [][]byte
	for _, block := range armored {
		switch block.kind {
		case "PGP PUBLIC KEY BLOCK":
		case "PGP PRIVATE KEY BLOCK":
			return nil, errSecretKey
		case kindOpenPGPSignature:
			if err := onlyRevocations(block.body); err != nil {
				return nil, fmt.Errorf("the block at line %d: %w", block.line, err)
			}
		default:
			return nil, fmt.Errorf("the block at line %d is a %s, and not a public key", block.line, block.kind)
		}
		blocks = append(blocks, block.body)
	}
	return blocks, nil
}

// onlyRevocations takes the one thing that a block of signatures without a key can say about keys: some
// programs write revocation certificates so.
func onlyRevocations(block []byte) error {
	packets, err := splitPackets(block)
	if err != nil {
		return err
	}
	for _, p := range packets {
		if head, _ := splitSignature(p); p.tag != tagSignature || head.kind != packet.SigTypeKeyRevocation {
			return errors.New("a signature that stands apart from its key, and doesn't revoke it, says nothing in a key file")
		}
	}
	return nil
}

var errSecretKey = errors.New("a secret key is in it, which must never be in a keyring: remove it, revoke it if " +
	"others saw it, and write gpg --armor --export <fingerprint>")

// certificateReader gathers packets, in the order of the file, into certificates.
type certificateReader struct {
	done        []*certificate
	revocations []rawPacket  // of primary keys, wherever they stand
	keys        int          // primary keys and subkeys
	current     *certificate // nil before the first
	signatures  *[]rawPacket // where the next signature belongs; nil is nowhere
}

func (r *certificateReader) add(p rawPacket) error {
	switch p.tag {
	case tagSecretKey, tagSecretSubkey:
		return errSecretKey
	case tagPublicKey:
		if err := r.oneMore(); err != nil {
			return err
		}
		key, err := parsePacket[*packet.PublicKey](p)
		if err != nil {
			return fmt.Errorf("primary key %d in it can't be read: %w; remove it, with gpg --armor --export <fingerprints of "+
				"the others>", len(r.done)+1, err)
		}
		r.current = &certificate{primary: key}
		r.signatures = &r.current.direct
		r.done = append(r.done, r.current)
	case tagSignature:
		switch sig, _ := splitSignature(p); {
		case sig.kind == packet.SigTypeKeyRevocation:
			if len(r.revocations) == maxRevocations {
				return fmt.Errorf("over %d revocations in one key file", maxRevocations)
			}
			r.revocations = append(r.revocations, p)
		case r.signatures != nil:
			*r.signatures = append(*r.signatures, p)
		}
	case tagUserID, tagUserAttribute, tagPublicSubkey:
		return r.addComponent(p)
	}
	return nil
}

// oneMore counts a primary key or subkey.
func (r *certificateReader) oneMore() error {
	if r.keys == maxKeys {
		return fmt.Errorf("over %d keys in one key file: want a person's own", maxKeys)
	}
	r.keys++
	return nil
}

// addComponent begins a user id, attribute or subkey, to which the next signatures belong.
func (r *certificateReader) addComponent(p rawPacket) error {
	r.signatures = nil
	if r.current == nil {
		return nil
	}
	if p.tag != tagPublicSubkey {
		r.current.users = append(r.current.users, component{id: userID(p), hashed: hashedUser(p)})
		r.signatures = &r.current.users[len(r.current.users)-1].signatures
		return nil
	}
	if err := r.oneMore(); err != nil {
		return err
	}
	key, err := parsePacket[*packet.PublicKey](p)
	if err != nil { // it can sign for nobody here, and new kinds for other uses must not spoil the rest
		r.current.unread = append(r.current.unread, err)
		return nil
	}
	for i, sub := range r.current.subkeys {
		if bytes.Equal(sub.key.Fingerprint, key.Fingerprint) { // the same again, as in joined exports
			r.signatures = &r.current.subkeys[i].signatures
			return nil
		}
	}
	r.current.subkeys = append(r.current.subkeys, subkey{key: key})
	r.signatures = &r.current.subkeys[len(r.current.subkeys)-1].signatures
	return nil
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
