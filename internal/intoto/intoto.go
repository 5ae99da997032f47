// Package intoto writes in-toto attestations: statements in an envelope that a key has signed.
//
// [ParseKey] reads a private key, [AgentKey] has another program sign, and [Key.Sign] signs a [Statement]. The envelope
// is DSSE's, version 1.0.2 (https://github.com/secure-systems-lab/dsse), the statement in-toto's, version 1
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). What is signed are the bytes of the
// statement as they are in the envelope: nobody has to write them again to verify them.
//
// All of it is safe for concurrent use. Nothing is read from or written to a disk.
package intoto

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of ECDSA and RSA
	_ "crypto/sha512"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/ssh"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	payloadType   = "application/vnd.in-toto+json"
)

// Statement says something of its subjects.
type Statement struct {
	Subject       []Subject
	PredicateType string
	Predicate     any
}

// Subject is what a statement is about. Digest has its name by the kind of name, such as "gitCommit".
type Subject struct {
	Name        string            `json:"name,omitempty"`
	Digest      map[string]string `json:"digest"`
	Annotations map[string]any    `json:"annotations,omitempty"`
}

// envelope is a statement and who has signed it. Both byte slices are in base64.
type envelope struct {
	Payload     []byte      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

// Key is a private key.
type Key struct {
	ID   string // its SHA-256 fingerprint, as ssh-keygen -l shows it
	sign func(random io.Reader, message []byte) ([]byte, error)
}

// ErrEncrypted says that a passphrase protects a key.
var ErrEncrypted = errors.New("a passphrase protects the key")

const minRSA = 2048 // bits

// ParseKey reads an Ed25519, ECDSA or RSA key as ssh-keygen writes it, or in PEM as OpenSSL does (PKCS #8, PKCS #1,
// SEC 1).
func ParseKey(text []byte) (Key, error) {
	raw, err := ssh.ParseRawPrivateKey(text)
	var missing *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &missing) || bytes.Contains(text, []byte("BEGIN ENCRYPTED PRIVATE KEY")):
		return Key{}, ErrEncrypted
	case err != nil:
		return Key{}, fmt.Errorf("no private key that can be read: %w", err)
	}
	if pointer, ok := raw.(*ed25519.PrivateKey); ok {
		raw = *pointer
	}
	switch k := raw.(type) {
	case ed25519.PrivateKey, *ecdsa.PrivateKey:
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return Key{}, fmt.Errorf("an RSA key of %d bits is too short: it takes %d", k.N.BitLen(), minRSA)
		}
	default:
		return Key{}, errors.New("want an Ed25519, ECDSA or RSA key")
	}
	signer := raw.(crypto.Signer)
	public, err := ssh.NewPublicKey(signer.Public())
	if err != nil {
		return Key{}, err
	}
	sign := func(random io.Reader, message []byte) ([]byte, error) { return signed(signer, random, message) }
	return Key{ssh.FingerprintSHA256(public), sign}, nil
}

// AgentKey gives the key of a public key that somebody else has, as an ssh-agent: sign gives their signature of a
// message, as SSH has them. An RSA key isn't one: of it DSSE's readers want signatures that SSH doesn't have.
func AgentKey(public ssh.PublicKey, sign func(message []byte) (*ssh.Signature, error)) (Key, error) {
	switch public.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	default:
		return Key{}, errors.New("an agent can sign by an Ed25519 or ECDSA key")
	}
	return Key{ssh.FingerprintSHA256(public), func(_ io.Reader, message []byte) ([]byte, error) {
		s, err := sign(message)
		if err == nil {
			err = public.Verify(message, s)
		}
		if err != nil {
			return nil, err
		}
		if public.Type() == ssh.KeyAlgoED25519 {
			return s.Blob, nil
		}
		var pair struct{ R, S *big.Int } // RFC 5656, section 3.1.2
		if err := ssh.Unmarshal(s.Blob, &pair); err != nil {
			return nil, err
		}
		return asn1.Marshal(pair)
	}}, nil
}

// Sign gives a statement in a signed envelope, as JSON.
func (k Key) Sign(random io.Reader, s Statement) ([]byte, error) {
	payload, err := json.Marshal(struct {
		Type          string    `json:"_type"`
		Subject       []Subject `json:"subject"`
		PredicateType string    `json:"predicateType"`
		Predicate     any       `json:"predicate"`
	}{statementType, s.Subject, s.PredicateType, s.Predicate})
	if err != nil {
		return nil, err
	}
	sig, err := k.sign(random, preAuthEncoding(payloadType, payload))
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(envelope{payload, payloadType, []signature{{k.ID, sig}}})
	return append(out, '\n'), err
}

// preAuthEncoding is what is signed of a payload (DSSE protocol, "Signature Definition").
func preAuthEncoding(kind string, payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(kind), kind, len(payload)), payload...)
}

// signed signs as implementations of DSSE do, which the protocol leaves open: Ed25519 without a hash, ECDSA with the
// hash of its curve's size, and RSA by PSS with SHA-256.
func signed(signer crypto.Signer, random io.Reader, message []byte) ([]byte, error) {
	var opts crypto.SignerOpts = crypto.Hash(0)
	switch key := signer.(type) {
	case *ecdsa.PrivateKey:
		switch size := key.Curve.Params().BitSize; {
		case size <= 256:
			opts = crypto.SHA256
		case size <= 384:
			opts = crypto.SHA384
		default:
			opts = crypto.SHA512
		}
	case *rsa.PrivateKey:
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	if hash := opts.HashFunc(); hash != 0 {
		h := hash.New()
		h.Write(message)
		message = h.Sum(nil)
	}
	return signer.Sign(random, message, opts)
}
