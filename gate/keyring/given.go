package keyring

import (
	"countersign/policy"
	"countersign/verify"
)

// Given gives the keyring of keys that no policy names, by the settings that a policy has by default, but that a
// proof of OpenTimestamps may stand after a signature: it makes another object of what was signed, and no other words.
// Certificates are PEM files, as [policy.X509] has for roots.
func Given(keys []verify.Key, certificates []verify.File) (*verify.Keyring, error) {
	s := settings(policy.Default(), nil)
	s.X509.Roots, s.OpenTimestamps = certificates, true
	return verify.NewKeyring(keys, s)
}
