package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Packet types of RFC 9580 §5.
const (
	tagSignature     = 2
	tagSecretKey     = 5
	tagPublicKey     = 6
	tagSecretSubkey  = 7
	tagUserID        = 13
	tagPublicSubkey  = 14
	tagUserAttribute = 17
)

// Signature subpacket types of RFC 9580 §5.2.3.7.
const (
	subCreationTime      = 2
	subExpirationTime    = 3
	subRevocationKey     = 12
	subIssuerKeyID       = 16
	subSignersUserID     = 28
	subIssuerFingerprint = 33

	subCritical = 0x80 // this bit of the type: who doesn't understand it must not accept the signature
)

// rawPacket is one packet as it stands in the file.
type rawPacket struct {
	tag  byte
	body []byte
}

// splitPackets cuts a sequence of packets, RFC 9580 §4.2, without a look into them. It refuses
// lengths that aren't written down: only packets of data may have them, and neither signatures nor
// certificates contain any.
func splitPackets(data []byte) ([]rawPacket, error) {
	var packets []rawPacket
	for at := 0; at < len(data); {
		tag, start, length, err := packetHeader(data[at:])
		if err != nil {
			return nil, fmt.Errorf("at byte %d: %w", at, err)
		}
		if length > uint64(len(data)-at-start) {
			return nil, fmt.Errorf("at byte %d: a packet of type %d is cut off", at, tag)
		}
		end := at + start + int(length)
		packets = append(packets, rawPacket{tag: tag, body: data[at+start : end]})
		at = end
	}
	return packets, nil
}

func packetHeader(data []byte) (tag byte, start int, length uint64, err error) {
	var lengthOctets int
	first := data[0]
	switch {
	case first&0x80 == 0:
		return 0, 0, 0, fmt.Errorf("0x%02x begins no packet", first)
	case first&0x40 == 0: // the old form, §4.2.2
		tag = first & 0x3f >> 2
		if first&3 == 3 {
			return 0, 0, 0, fmt.Errorf("a packet of type %d with no length", tag)
		}
		start, lengthOctets = 1, 1<<(first&3)
	default:
		tag = first & 0x3f
		switch {
		case len(data) < 2:
			return 0, 0, 0, errCutOff
		case data[1] < 192:
			return tag, 2, uint64(data[1]), nil
		case data[1] < 224:
			if len(data) < 3 {
				return 0, 0, 0, errCutOff
			}
			return tag, 3, uint64(data[1]-192)<<8 + uint64(data[2]) + 192, nil
		case data[1] < 255:
			return 0, 0, 0, fmt.Errorf("a packet of type %d in parts", tag)
		default:
			start, lengthOctets = 2, 4
		}
	}
	if len(data) < start+lengthOctets {
		return 0, 0, 0, errCutOff
	}
	for _, b := range data[start : start+lengthOctets] {
		length = length<<8 | uint64(b)
	}
	return tag, start + lengthOctets, length, nil
}

var errCutOff = errors.New("a packet is cut off")

// parsePacket has the library read one packet. What it leaves unread is an error: the library
// would let bytes stand behind the last field.
func parsePacket[P packet.Packet](raw rawPacket) (P, error) {
	var none P
	header := []byte{0xc0 | raw.tag, 255, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(header[2:], uint32(len(raw.body)))
	in := bytes.NewReader(append(header, raw.body...))
	read, err := packet.Read(in)
	if err != nil {
		return none, err
	}
	p, ok := read.(P)
	if !ok || in.Len() > 0 {
		return none, fmt.Errorf("%d bytes too many in a packet of type %d", in.Len(), raw.tag)
	}
	return p, nil
}

// signaturePacket is a signature packet taken apart as far as its rules need it: what is in its
// hashed part was said by the signer; what is in the other part may have been put there by anyone.
type signaturePacket struct {
	version          byte
	kind             packet.SignatureType
	algorithm        packet.PublicKeyAlgorithm
	hash             byte
	hashed, unhashed []*packet.OpaqueSubpacket
	raw              rawPacket
}

// splitSignature takes a signature packet apart. With an error, version and kind are set as far as
// the packet has them, so that a revocation is known for one even where it can't be read. Version 3
// gives an issuer in the unhashed part and no error; everything else about it is refused elsewhere.
func splitSignature(raw rawPacket) (signaturePacket, error) {
	b := raw.body
	sig := signaturePacket{raw: raw}
	if len(b) < 19 { // the shortest there is, one of version 3
		return sig, errors.New("the signature packet is cut off")
	}
	sig.version = b[0]
	switch sig.version {
	case 2, 3:
		sig.kind = packet.SignatureType(b[2])
		sig.algorithm, sig.hash = packet.PublicKeyAlgorithm(b[15]), b[16]
		sig.unhashed = []*packet.OpaqueSubpacket{{SubType: subIssuerKeyID, Contents: b[7:15]}}
		return sig, nil
	case 4, 5, 6:
	default:
		return sig, refuse(Unsupported, "an OpenPGP signature of the unknown version %d", sig.version)
	}
	sig.kind = packet.SignatureType(b[1])
	sig.algorithm, sig.hash = packet.PublicKeyAlgorithm(b[2]), b[3]
	lengthOctets := 2
	if sig.version == 6 {
		lengthOctets = 4
	}
	b = b[4:]
	for _, part := range []*[]*packet.OpaqueSubpacket{&sig.hashed, &sig.unhashed} {
		if len(b) < lengthOctets {
			return sig, errors.New("the signature packet is cut off")
		}
		var length uint64
		for _, octet := range b[:lengthOctets] {
			length = length<<8 | uint64(octet)
		}
		b = b[lengthOctets:]
		if length > uint64(len(b)) {
			return sig, errors.New("the signature packet is cut off")
		}
		subpackets, err := packet.OpaqueSubpackets(b[:length])
		if err != nil {
			return sig, err
		}
		*part, b = subpackets, b[length:]
	}
	return sig, nil
}

// parse has the library read the whole packet.
func (s signaturePacket) parse() (*packet.Signature, error) {
	return parsePacket[*packet.Signature](s.raw)
}

// find gives the contents of the first subpacket of a type.
func find(subpackets []*packet.OpaqueSubpacket, kind byte) ([]byte, bool) {
	for _, sub := range subpackets {
		if sub.SubType&^subCritical == kind {
			return sub.Contents, true
		}
	}
	return nil, false
}

// issuer is the key a signature says it is by. The zero issuer is none.
type issuer struct {
	keyID       uint64
	fingerprint []byte // nil where the signature names no more than the key id
}

// issuer reads all that names the signing key, hashed or not, and wants it to name one key.
func (s signaturePacket) issuer() (issuer, error) {
	var by issuer
	contradiction := errors.New("the signature names two different keys as its own")
	for _, part := range [][]*packet.OpaqueSubpacket{s.hashed, s.unhashed} {
		octets, ok := find(part, subIssuerFingerprint)
		if !ok {
			continue
		}
		// RFC 9580 §5.2.3.35: one octet for the version, then 20 or 32.
		if len(octets) == 0 || octets[0] != s.version || len(octets) != 1+fingerprintLength(s.version) {
			return issuer{}, errors.New("the signature's issuer fingerprint is malformed")
		}
		if by.fingerprint != nil && !bytes.Equal(by.fingerprint, octets[1:]) {
			return issuer{}, contradiction
		}
		by = issuer{fingerprint: octets[1:], keyID: keyIDOf(octets[1:])}
	}
	for _, part := range [][]*packet.OpaqueSubpacket{s.hashed, s.unhashed} {
		octets, ok := find(part, subIssuerKeyID)
		if !ok {
			continue
		}
		if len(octets) != 8 {
			return issuer{}, errors.New("the signature's issuer key id is malformed")
		}
		id := binary.BigEndian.Uint64(octets)
		if by.keyID != 0 && by.keyID != id {
			return issuer{}, contradiction
		}
		by.keyID = id
	}
	return by, nil
}

// mayBeBy says whether nothing in the signature, which stands in a certificate, names another key.
func (s signaturePacket) mayBeBy(key *packet.PublicKey) bool {
	by, err := s.issuer()
	switch {
	case err != nil: // it names several or none that can be read; checking it will tell
		return true
	case by.fingerprint != nil:
		return bytes.Equal(by.fingerprint, key.Fingerprint)
	default:
		return by.keyID == 0 || by.keyID == key.KeyId
	}
}

func fingerprintLength(version byte) int {
	if version >= 5 {
		return 32
	}
	return 20
}

// keyIDOf gives a fingerprint's key id: the last eight octets for version 4, else the first.
func keyIDOf(fingerprint []byte) uint64 {
	if len(fingerprint) == 20 {
		return binary.BigEndian.Uint64(fingerprint[12:])
	}
	return binary.BigEndian.Uint64(fingerprint)
}

// signed says whether the key made the signature over the parts, one after the other. Version 4
// keys make version 4 signatures and version 6 keys those of version 6 (RFC 9580 §5.2), which the
// library doesn't look at. Neither key nor signature is changed.
func signed(key *packet.PublicKey, sig *packet.Signature, parts ...[]byte) bool {
	if sig.Version != key.Version {
		return false
	}
	h, err := sig.PrepareVerify()
	if err != nil {
		return false
	}
	for _, part := range parts {
		h.Write(part)
	}
	return key.VerifySignature(h, sig) == nil
}

// after gives the end of a life of so many seconds, where zero seconds or none is for ever.
func after(start time.Time, life *uint32) time.Time {
	if life == nil || *life == 0 {
		return time.Time{}
	}
	return start.Add(time.Duration(*life) * time.Second)
}
