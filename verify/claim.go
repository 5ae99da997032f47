package verify

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// Claim gives the key that a signature says it is by, as far as the signature has it, with what names it: a plain SSH
// key; of an SSH certificate the authority, for the names in the certificate; whom an X.509 certificate is for, by the
// issuer that it names. Of an OpenPGP signature it is the name alone, the key's fingerprint or id. Nothing is proven.
func Claim(signature []byte) (key Key, name string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the signature can't be read: %v", p)
		}
	}()
	begins := func(kind string) bool {
		return bytes.HasPrefix(signature, []byte("-----BEGIN "+kind+"-----"))
	}
	switch {
	case begins(kindOpenPGPSignature):
		return claimOpenPGP(withoutTimestamp(signature))
	case begins(kindSSHSignature):
		return claimSSH(signature)
	case begins(kindSignedMessage):
		return claimX509(signature)
	default:
		return key, "", errors.New("the signature is of no kind that is known here")
	}
}

func claimOpenPGP(signature []byte) (Key, string, error) {
	head, err := oneSignature(signature)
	if err != nil {
		return Key{}, "", err
	}
	by, err := head.issuer()
	if err != nil || by.keyID == 0 {
		return Key{}, "", errors.Join(err, errors.New("the signature doesn't say which key made it"))
	}
	if by.fingerprint != nil {
		return Key{Kind: OpenPGP}, upperHex(by.fingerprint), nil
	}
	return Key{Kind: OpenPGP}, fmt.Sprintf("%016X", by.keyID), nil
}

func claimSSH(signature []byte) (Key, string, error) {
	body, err := oneArmorBlock(signature, kindSSHSignature)
	if err != nil {
		return Key{}, "", err
	}
	var blob sshBlob
	if err := ssh.Unmarshal(body, &blob); err != nil {
		return Key{}, "", err
	}
	public, err := ssh.ParsePublicKey(blob.PublicKey)
	if err != nil {
		return Key{}, "", err
	}
	key := Key{Kind: SSH}
	if cert, ok := public.(*ssh.Certificate); ok {
		key.Authority, key.Identities, public = true, cert.ValidPrincipals, cert.SignatureKey
	}
	key.Data = newSSHKey(public).line()
	return key, sshFingerprint(public.Marshal()), nil
}

func claimX509(signature []byte) (Key, string, error) {
	s, err := readX509(signature)
	if err != nil {
		return Key{}, "", err
	}
	bag, err := s.certificates()
	if err != nil {
		return Key{}, "", err
	}
	leaf, err := s.leaf(bag)
	if err != nil {
		return Key{}, "", err
	}
	names, err := alternativeNames(leaf)
	if err != nil || len(names) == 0 {
		return Key{}, "", errors.Join(err, errors.New("the certificate is for nobody by an e-mail address or URI"))
	}
	issuer, err := oidcIssuer(leaf)
	return Key{Kind: X509, Identities: names[:1], Issuer: issuer}, names[0] + " " + issuer, err
}
