package verify

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// publicGood is the trusted root of Sigstore's public-good instance, as its TUF repository publishes
// it (https://tuf-repo-cdn.sigstore.dev, target trusted_root.json), without timestamp authorities.
//
//go:embed trusted_root.json
var publicGood []byte

// publicGoodInstance reads it when the first Sigstore signature is met: a push without any doesn't
// pay for it.
var publicGoodInstance = sync.OnceValues(func() (*sigstoreInstance, error) { return readTrustedRoot(publicGood) })

// sigstoreInstance is what one trusted_root.json says: whose certificates count, and which logs and
// timestamp authorities vouch for them. Those of one instance say nothing about another's.
type sigstoreInstance struct {
	authorities  []*authority
	timestampers []*authority
	ctLogs, logs map[[sha256.Size]byte]*transparencyLog // by log id: the SHA-256 of the public key, RFC 6962 §3.2
}

// authority issues certificates, and has others above it.
type authority struct {
	chain   []*x509.Certificate // what issues, and what is above it; the last is the root
	validIn window
	roots   *x509.CertPool // the last of the chain
	between *x509.CertPool // the others
}

// transparencyLog is a log of certificates (RFC 6962), or of signatures (Rekor).
type transparencyLog struct {
	id      [sha256.Size]byte
	key     crypto.PublicKey
	validIn window
}

// window is a time both ends of which belong to it; a zero end is open.
type window struct{ from, until time.Time }

func (w window) contains(t time.Time) bool {
	return !t.Before(w.from) && (w.until.IsZero() || !t.After(w.until))
}

// trustedRoot is the JSON form of message TrustedRoot in Sigstore's protobuf-specs,
// sigstore_trustroot.proto.
type trustedRoot struct {
	MediaType              string          `json:"mediaType"`
	Tlogs                  []jsonLog       `json:"tlogs"`
	CTLogs                 []jsonLog       `json:"ctlogs"`
	CertificateAuthorities []jsonAuthority `json:"certificateAuthorities"`
	TimestampAuthorities   []jsonAuthority `json:"timestampAuthorities"`
}

type jsonLog struct {
	BaseURL   string `json:"baseUrl"`
	PublicKey struct {
		RawBytes []byte    `json:"rawBytes"`
		ValidFor jsonRange `json:"validFor"`
	} `json:"publicKey"`
}

type jsonAuthority struct {
	URI       string `json:"uri"`
	CertChain struct {
		Certificates []struct {
			RawBytes []byte `json:"rawBytes"`
		} `json:"certificates"`
	} `json:"certChain"`
	ValidFor jsonRange `json:"validFor"`
}

type jsonRange struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

func readTrustedRoot(data []byte) (*sigstoreInstance, error) {
	var file trustedRoot
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("no trusted_root.json: %w", err)
	}
	if len(file.CertificateAuthorities) == 0 {
		return nil, errors.New("the trusted root has no certificateAuthorities, so that nobody could sign")
	}
	s := &sigstoreInstance{}
	var errs [4]error
	s.authorities, errs[0] = readAuthorities(file.CertificateAuthorities)
	s.timestampers, errs[1] = readAuthorities(file.TimestampAuthorities)
	s.logs, errs[2] = readLogs(file.Tlogs)
	s.ctLogs, errs[3] = readLogs(file.CTLogs)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return s, nil
}

func readLogs(logs []jsonLog) (map[[sha256.Size]byte]*transparencyLog, error) {
	read := map[[sha256.Size]byte]*transparencyLog{}
	for _, l := range logs {
		key, err := x509.ParsePKIXPublicKey(l.PublicKey.RawBytes)
		if err != nil {
			return nil, fmt.Errorf("the key of the log %s: %w", quote(l.BaseURL), err)
		}
		id := sha256.Sum256(l.PublicKey.RawBytes)
		read[id] = &transparencyLog{id: id, key: key, validIn: window{l.PublicKey.ValidFor.Start, l.PublicKey.ValidFor.End}}
	}
	return read, nil
}

func readAuthorities(list []jsonAuthority) ([]*authority, error) {
	var read []*authority
	for _, a := range list {
		var chain []*x509.Certificate
		for _, raw := range a.CertChain.Certificates {
			c, err := x509.ParseCertificate(raw.RawBytes)
			if err != nil {
				return nil, fmt.Errorf("a certificate of %s: %w", quote(a.URI), err)
			}
			chain = append(chain, c)
		}
		if len(chain) == 0 {
			return nil, fmt.Errorf("the authority %s has no certificates", quote(a.URI))
		}
		one := &authority{
			chain: chain, validIn: window{a.ValidFor.Start, a.ValidFor.End},
			roots: x509.NewCertPool(), between: x509.NewCertPool(),
		}
		last := len(chain) - 1
		one.roots.AddCert(chain[last])
		for _, c := range chain[:last] {
			one.between.AddCert(c)
		}
		read = append(read, one)
	}
	return read, nil
}

// signed says whether the log's key made the signature; all known logs sign over SHA-256, RFC 6962
// §2.1.4.
func (l *transparencyLog) signed(message, signature []byte) bool {
	sum := sha256.Sum256(message)
	switch key := l.key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, sum[:], signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	default:
		return false
	}
}

// companyAuthorities are the authorities of PEM files: a company's own, or a commercial one.
type companyAuthorities struct {
	roots, between *x509.CertPool
	lists          []revocationList
}

func (c *companyAuthorities) empty() bool { return c.roots == nil }

// add reads a PEM file. A certificate that names its owner as its issuer is a root, another one isn't: it only
// leads there.
func (c *companyAuthorities) add(file []byte) error {
	var read int
	for rest := file; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("a PEM block %s: want only certificates of authorities", quote(block.Type))
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d of the file: %w", read+1, err)
		}
		if c.roots == nil {
			c.roots, c.between = x509.NewCertPool(), x509.NewCertPool()
		}
		if bytes.Equal(certificate.RawSubject, certificate.RawIssuer) {
			c.roots.AddCert(certificate)
		} else {
			c.between.AddCert(certificate)
		}
		read++
	}
	if read == 0 {
		return errors.New("neither a trusted_root.json nor PEM certificates")
	}
	return nil
}

// isTrustedRoot tells the two kinds of files in X509Settings.Roots apart.
func isTrustedRoot(file []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(file, " \t\r\n"), []byte("{"))
}

// x509Trust is whom the settings trust. It is immutable but for what it remembers of certificates
// it has checked.
type x509Trust struct {
	settings  X509Settings
	instances []*sigstoreInstance // none: the public-good instance
	company   companyAuthorities
	known     signerCache
}

func newX509Trust(settings X509Settings, entries []*entry) (*x509Trust, error) {
	t := &x509Trust{settings: settings}
	var errs []error
	named := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	for _, file := range settings.Roots {
		if !isTrustedRoot(file.Data) {
			named(file.Name, t.company.add(file.Data))
			continue
		}
		instance, err := readTrustedRoot(file.Data)
		named(file.Name, err)
		t.instances = append(t.instances, instance)
	}
	for _, file := range settings.CRLs {
		lists, err := readRevocationLists(file)
		named(file.Name, err)
		t.company.lists = append(t.company.lists, lists...)
	}
	for _, e := range entries {
		if e.key.Kind == X509 && e.key.Issuer == "" && t.company.empty() {
			named(cmp.Or(e.key.Source, "an X.509 key"), errors.New("nobody could certify the identity: give its OpenID "+
				"Connect issuer, or add the PEM file of its authority to trusted-roots"))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// sigstore gives the Sigstore instances.
func (t *x509Trust) sigstore() ([]*sigstoreInstance, error) {
	if len(t.instances) > 0 {
		return t.instances, nil
	}
	instance, err := publicGoodInstance()
	if err != nil {
		return nil, fmt.Errorf("the built-in trusted root: %w", err)
	}
	return []*sigstoreInstance{instance}, nil
}

// signerCacheSize is how many signers' certificates are remembered; a Fulcio certificate serves for
// ten minutes, a company's for a year or two.
const signerCacheSize = 512

// signerCache remembers certificates that are an authority's, by the signature's bag and the name of
// the signer in it, so that what anybody could send doesn't fill it.
type signerCache struct {
	mu      sync.Mutex
	signers map[[sha256.Size]byte]*x509Signer
	order   [][sha256.Size]byte
}

func (c *signerCache) get(key [sha256.Size]byte) *x509Signer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signers[key]
}

func (c *signerCache) put(key [sha256.Size]byte, s *x509Signer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.signers == nil {
		c.signers = map[[sha256.Size]byte]*x509Signer{}
	}
	if c.signers[key] == nil {
		c.order = append(c.order, key)
	}
	c.signers[key] = s
	if len(c.order) > signerCacheSize {
		delete(c.signers, c.order[0])
		c.order = slices.Delete(c.order, 0, 1)
	}
}
