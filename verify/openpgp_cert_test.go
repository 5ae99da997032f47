package verify

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestReadOpenPGPForms reads one certificate in the forms that key files have.
func TestReadOpenPGPForms(t *testing.T) {
	f := newCertificate(t).user("a", forSigning(saying(packet.SigTypePositiveCert, 2020)))
	sub := newSecret(t, 2020)
	f.subkey(sub, f.agreed(sub, forSigning(saying(packet.SigTypeSubkeyBinding, 2020))))
	other := newCertificate(t).user("b", forSigning(saying(packet.SigTypePositiveCert, 2020)))
	binary := f.Bytes()
	armor := armored("PGP PUBLIC KEY BLOCK", binary)
	bothArmored := append(bytes.Clone(armor), armored("PGP PUBLIC KEY BLOCK", other.Bytes())...)
	primary, secondary := upperHex(f.primary.Fingerprint), upperHex(sub.Fingerprint)
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"binary":    {binary, []string{primary, secondary}},
		"armored":   {armor, []string{primary, secondary}},
		"with CRLF": {bytes.ReplaceAll(armor, []byte("\n"), []byte("\r\n")), []string{primary, secondary}},
		"with text before": {
			append([]byte("\xef\xbb\xbfpub  ed25519 2020\n\n"), armor...),
			[]string{primary, secondary},
		},
		"two blocks": {bothArmored, []string{primary, secondary, upperHex(other.primary.Fingerprint)}},
		"with trust packets": {
			withAfterEach(t, binary, framed(12, []byte{0, 0, 0, 0, 0, 0})),
			[]string{primary, secondary},
		},
		"with a marker packet":   {append(framed(10, []byte("PGP")), binary...), []string{primary, secondary}},
		"with an unknown packet": {append(bytes.Clone(binary), framed(60, []byte("x"))...), []string{primary, secondary}},
		"with an unknown subkey": {
			append(bytes.Clone(binary), framed(tagPublicSubkey, []byte{4, 0, 0, 0, 0, 99, 1})...),
			[]string{primary, secondary},
		},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := readOpenPGP(&Key{Data: c.file})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(key.fingerprints(), " "); got != strings.Join(c.want, " ") {
				t.Errorf("fingerprints %s, want %s", got, c.want)
			}
			for i, id := range key.ids() {
				if want := c.want[i][24:]; upperHex(bigEndian(id)) != want {
					t.Errorf("id %X, want %s", id, want)
				}
			}
			for _, by := range []*packet.PrivateKey{f.primary, sub} {
				res, _ := verifyOpenPGP(among(key), []byte(testPayload), commitSignature(t, by, 2021), year(2021))
				if res.Status != Good {
					t.Errorf("%s (%s), want good", res.Status, res.Reason)
				}
			}
		})
	}
}

func bigEndian(id uint64) []byte {
	var b []byte
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(id>>shift))
	}
	return b
}

// withAfterEach puts a packet behind each packet.
func withAfterEach(t *testing.T, file, extra []byte) []byte {
	packets, err := splitPackets(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, p := range packets {
		b.Write(framed(p.tag, p.body))
		b.Write(extra)
	}
	return b.Bytes()
}

// TestReadOpenPGPRefuses names what is wrong with a file that can't be in a keyring.
func TestReadOpenPGPRefuses(t *testing.T) {
	f := newCertificate(t).user("a", forSigning(saying(packet.SigTypePositiveCert, 2020)))
	var secret bytes.Buffer
	if err := f.primary.Serialize(&secret); err != nil {
		t.Fatal(err)
	}
	version3 := framed(tagPublicKey, []byte{3, 0, 0, 0, 0, 0, 0, 1, 0, 8, 0xff, 0, 8, 3})
	keybox := append([]byte{0, 0, 0, 32, 1, 1, 0, 2}, "KBXf\x00\x00\x00\x00"...)
	for name, c := range map[string]struct {
		file    []byte
		refused string
	}{
		"nothing": {nil, "no OpenPGP key in it"},
		"text":    {[]byte("ssh-ed25519 AAAA alice\n"), "no OpenPGP key in it"},
		"a signature": {
			commitSignature(t, f.primary, 2021),
			"the block at line 1: a signature that stands apart",
		},
		"a keybox":                       {keybox, "keybox"},
		"a secret key":                   {secret.Bytes(), "a secret key is in it"},
		"an armored secret key":          {armored("PGP PRIVATE KEY BLOCK", secret.Bytes()), "a secret key is in it"},
		"a secret key behind a good one": {append(bytes.Clone(f.Bytes()), secret.Bytes()...), "a secret key is in it"},
		"cut off":                        {f.Bytes()[:f.Len()-1], "cut off"},
		"a packet without a length":      {append(bytes.Clone(f.Bytes()), 0x8b), "no length"},
		"a packet in parts":              {append(bytes.Clone(f.Bytes()), 0xcd, 0xe1, 'a', 'b', 0), "in parts"},
		"a version 3 key": {
			version3,
			"primary key 1 in it can't be read: openpgp: unsupported feature: public key version 3",
		},
		"a version 3 key behind another": {append(bytes.Clone(f.Bytes()), version3...), "primary key 2 in it can't be read"},
		"a key with bytes to spare":      {framed(tagPublicKey, append(keyBody(t, f), 0)), "1 bytes too many"},
		"a user id alone":                {framed(tagUserID, []byte("a")), "no OpenPGP key in it"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readOpenPGP(&Key{Data: c.file}); err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v, want an error with %q", err, c.refused)
			}
		})
	}
}

func keyBody(t *testing.T, f *certificateFile) []byte {
	packets, err := splitPackets(f.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(packets[0].body)
}

// TestReadOpenPGPRealKeys reads every real key file there is here.
func TestReadOpenPGPRealKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range realObjects(t) {
		for _, name := range o.keys {
			if seen[name] {
				continue
			}
			seen[name] = true
			key, err := readOpenPGP(&Key{Data: openpgpCorpus.Read(t, name)})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, c := range key.certificates {
				if _, ok := c.word().primary.latest(o.landed, func(selfSignature) bool { return true }); !ok {
					t.Errorf("%s: no self-signature of %s can be checked", name, shortID(c.primary))
				}
			}
		}
	}
	t.Logf("%d key files", len(seen))
}

// TestOpenPGPConcurrently has many goroutines ask a certificate first at the same time.
func TestOpenPGPConcurrently(t *testing.T) {
	f := newCertificate(t).user("a", forSigning(saying(packet.SigTypePositiveCert, 2020)))
	sub := newSecret(t, 2020)
	f.subkey(sub, f.agreed(sub, forSigning(saying(packet.SigTypeSubkeyBinding, 2020))))
	candidates := among(f.read())
	signatures := [][]byte{commitSignature(t, f.primary, 2021), commitSignature(t, sub, 2021)}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			res, _ := verifyOpenPGP(candidates, []byte(testPayload), signatures[i%2], year(2021))
			if res.Status != Good {
				t.Errorf("%s (%s)", res.Status, res.Reason)
			}
		})
	}
	all.Wait()
}

// TestVerifyOpenPGPSurvivesPanic: what goes wrong inside is a refusal, not the end of the program.
func TestVerifyOpenPGPSurvivesPanic(t *testing.T) {
	f := newCertificate(t)
	res, key := verifyOpenPGP(func(uint64, string) []*openpgpKey { panic("x") }, []byte(testPayload),
		commitSignature(t, f.primary, 2021), year(2021))
	if res.Status != Malformed || res.Reason == "" || key != nil {
		t.Errorf("%+v, %v", res, key)
	}
}
