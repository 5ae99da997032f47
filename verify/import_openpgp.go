package verify

import (
	"bytes"
	"errors"
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// exported is a certificate as it stands in a file: the primary key, its user ids and attributes, its subkeys.
type exported []part

// part is a key or a user id, and the signatures that are about it.
type part struct {
	what       rawPacket
	signatures []rawPacket
}

// importOpenPGP cuts a file into its certificates and armors each, with the revocations of it that stand
// elsewhere in the file: those count in a key file too.
func importOpenPGP(data []byte) ([]Found, error) {
	blocks, err := keyBlocks(data)
	if err != nil {
		return nil, err
	}
	var certificates []exported
	var revocations []rawPacket
	for _, block := range blocks {
		packets, err := splitPackets(block)
		if err != nil {
			return nil, err
		}
		more, revoked, err := cutCertificates(packets)
		if err != nil {
			return nil, err
		}
		certificates, revocations = append(certificates, more...), append(revocations, revoked...)
	}
	if certificates == nil {
		return nil, errors.New("no OpenPGP key in it")
	}
	var found []Found
	for _, certificate := range certificates {
		f, err := importCertificate(certificate, revocations)
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

// cutCertificates gives the certificates in a sequence of packets, and all revocations of primary keys.
func cutCertificates(packets []rawPacket) (certificates []exported, revocations []rawPacket, err error) {
	for _, p := range packets {
		switch p.tag {
		case tagSecretKey, tagSecretSubkey:
			return nil, nil, errSecretKey
		case tagPublicKey:
			certificates = append(certificates, exported{{what: p}})
		case tagUserID, tagUserAttribute, tagPublicSubkey:
			if certificates != nil {
				last := &certificates[len(certificates)-1]
				*last = append(*last, part{what: p})
			}
		case tagSignature:
			if head, _ := splitSignature(p); head.kind == packet.SigTypeKeyRevocation {
				revocations = append(revocations, p)
			} else if certificates != nil {
				about := certificates[len(certificates)-1]
				about[len(about)-1].signatures = append(about[len(about)-1].signatures, p)
			}
		}
	}
	return certificates, revocations, nil
}

func importCertificate(certificate exported, revocations []rawPacket) (Found, error) {
	f := Found{Key: Key{Kind: OpenPGP}}
	read, err := readOpenPGP(&Key{Kind: OpenPGP, Data: certificate.bytes()})
	if err != nil {
		return f, err
	}
	own := read.certificates[0]
	certificate = exported{}.with(certificate)
	for _, p := range revocations {
		if head, err := splitSignature(p); err != nil || head.mayBeBy(own.primary) {
			certificate = certificate.with(exported{{certificate[0].what, []rawPacket{p}}})
		}
	}
	for _, p := range certificate {
		if p.what.tag == tagUserID {
			f.name(string(p.what.body))
		}
	}
	if f.Emails == nil && f.Names != nil {
		f.Owner = f.Names[0]
	}
	f.certificate, f.Key.Source = certificate, upperHex(own.primary.Fingerprint)
	f.Key.Data = certificate.armored()
	return f, nil
}

// with gives the certificate with what another copy of it has and it hasn't. The order is that of RFC 9580 §10.1.
func (c exported) with(other exported) exported {
	all := slices.Clone(c)
	for _, o := range other {
		i := slices.IndexFunc(all, func(p part) bool { return p.what.is(o.what) })
		if i < 0 {
			all = append(all, o)
			continue
		}
		for _, s := range o.signatures {
			if !slices.ContainsFunc(all[i].signatures, s.is) {
				all[i].signatures = append(slices.Clip(all[i].signatures), s)
			}
		}
	}
	order := map[byte]int{tagPublicKey: 0, tagUserID: 1, tagUserAttribute: 1, tagPublicSubkey: 2}
	slices.SortStableFunc(all, func(a, b part) int { return order[a.what.tag] - order[b.what.tag] })
	return all
}

func (c exported) bytes() []byte {
	var b []byte
	for _, p := range c {
		b = append(b, p.what.bytes()...)
		for _, s := range p.signatures {
			b = append(b, s.bytes()...)
		}
	}
	return b
}

func (c exported) armored() []byte {
	var b bytes.Buffer
	w, err := armor.Encode(&b, "PGP PUBLIC KEY BLOCK", nil)
	if err == nil {
		_, err = w.Write(c.bytes())
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a Buffer's Write can't fail
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// is says whether two packets are the same.
func (p rawPacket) is(other rawPacket) bool {
	return p.tag == other.tag && bytes.Equal(p.body, other.body)
}

// bytes writes the packet with the length in the one form that all programs know, RFC 9580 §4.2.1.
func (p rawPacket) bytes() []byte {
	n := len(p.body)
	return append([]byte{0xc0 | p.tag, 255, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, p.body...)
}
