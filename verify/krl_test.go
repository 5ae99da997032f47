package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/crypto/ssh"
)

// krlString writes a string as RFC 4251 §5 does.
func krlString(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func krlSection(kind byte, parts ...[]byte) []byte {
	return append([]byte{kind}, krlString(bytes.Join(parts, nil))...)
}

func krlNumbers(of ...uint64) []byte {
	var b []byte
	for _, n := range of {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

// krlFile writes a list with these sections.
func krlFile(sections ...[]byte) []byte {
	header := slices.Concat([]byte(krlMagic), []byte{0, 0, 0, 1}, krlNumbers(7, 1<<30, 0), krlString(nil),
		krlString([]byte("lost keys")))
	return append(header, bytes.Join(sections, nil)...)
}

// krlCertificateSection begins a certificate section, for all authorities.
func krlCertificateSection(parts ...[]byte) []byte {
	return krlSection(krlCertificates, slices.Concat([][]byte{krlString(nil), krlString(nil)}, parts)...)
}

// TestKRLRefuses whatever isn't known or plainly right, so that no list is ever read as a shorter one.
func TestKRLRefuses(t *testing.T) {
	good := krlSection(krlSHA1, krlString(make([]byte, 20)))
	key := newEd25519(t).PublicKey()
	cert := sshCertified(t, newEd25519(t), key, nil).Marshal()
	extension := func(critical byte, after ...byte) []byte {
		return slices.Concat(krlString([]byte("x@example.org")), []byte{critical}, krlString([]byte("what")), after)
	}
	bitmap := func(offset uint64, bits ...byte) []byte {
		return krlCertificateSection(krlSection(krlSerialBitmap, krlNumbers(offset), krlString(bits)))
	}
	for _, c := range []struct {
		name string
		data []byte
		want string // "" if it is fine
	}{
		{"a hash", krlFile(good), ""},
		{"no section", krlFile(), "revokes nothing"},
		{"format 2", append(slices.Concat([]byte(krlMagic), []byte{0, 0, 0, 2}, krlFile()[12:]), good...), "format 2"},
		{"flags", append(slices.Concat(krlFile()[:28], krlNumbers(1), krlFile()[36:]), good...), "flags"},
		{"something reserved", slices.Concat(krlFile()[:36], krlString([]byte("x")), krlString(nil), good), "reserved"},
		{"too large", krlFile(krlSection(krlExtension, extension(0), make([]byte, maxRevoked))), "the limit is"},
		{"a byte behind", krlFile(good, []byte{0}), "section 2: it is cut short"},
		{"a section of type 0", krlFile(krlSection(0)), "unknown type 0"},
		{"a section of type 6", krlFile(good, krlSection(6, krlString(nil))), "section 2: a section of the unknown type 6"},
		{"an extension", krlFile(krlSection(krlExtension, extension(0)), good), ""},
		{"nothing but an extension", krlFile(krlSection(krlExtension, extension(0))), "revokes nothing"},
		{"a critical extension", krlFile(krlSection(krlExtension, extension(1)), good), `critical extension "x@example.org"`},
		{
			"a critical extension, said otherwise", krlFile(krlSection(krlExtension, extension(2)), good),
			`critical extension "x@example.org"`,
		},
		{"an extension with more", krlFile(krlSection(krlExtension, extension(0, 0)), good), "section 1: "},
		{
			"a signature", krlFile(good, krlSection(krlSignature, key.Marshal()), krlString([]byte("x"))),
			"section 2: the list is signed",
		},

		{"a key", krlFile(krlSection(krlKeys, krlString(key.Marshal()))), ""},
		{"no key", krlFile(krlSection(krlKeys)), "it is empty"},
		{"an empty key", krlFile(krlSection(krlKeys, krlString(nil))), "a key of the type"},
		{"a certificate", krlFile(krlSection(krlKeys, krlString(cert))), "ssh-ed25519-cert-v01@openssh.com"},
		{"a key of a type that isn't known", krlFile(krlSection(krlKeys, krlString(krlString([]byte("ssh-newest"))))), ""},
		{"a short hash", krlFile(krlSection(krlSHA1, krlString(make([]byte, 19)))), "SHA-1 hash of 19 bytes"},
		{"a long hash", krlFile(krlSection(krlSHA256, krlString(make([]byte, 33)))), "SHA-256 hash of 33 bytes"},
		{"a hash and half a length", krlFile(krlSection(krlSHA256, krlString(make([]byte, 32)), []byte{0, 0})), "cut short"},

		{"a serial number", krlFile(krlCertificateSection(krlSection(krlSerialList, krlNumbers(1)))), ""},
		{"no section of a certificate section", krlFile(krlCertificateSection()), "it is empty"},
		{"something reserved in one", krlFile(krlSection(krlCertificates, krlString(nil), krlString([]byte("x")),
			krlSection(krlSerialList, krlNumbers(1)))), "reserved"},
		{"a certificate as the authority", krlFile(krlSection(krlCertificates, krlString(cert), krlString(nil),
			krlSection(krlSerialList, krlNumbers(1)))), "cert-v01"},
		{"a section of a type for elsewhere", krlFile(krlCertificateSection(krlSection(krlSHA1,
			krlString(make([]byte, 20))))), "unknown type 3"},
		{"no serial number", krlFile(krlCertificateSection(krlSection(krlSerialList))), "0 bytes"},
		{
			"half a serial number", krlFile(krlCertificateSection(krlSection(krlSerialList, krlNumbers(1), []byte{0, 0, 0, 0}))),
			"12 bytes",
		},
		{"serial number 0", krlFile(krlCertificateSection(krlSection(krlSerialList, krlNumbers(1, 0)))), "serial number 0"},
		{"a range", krlFile(krlCertificateSection(krlSection(krlSerialRange, krlNumbers(1, 1)))), ""},
		{"half a range", krlFile(krlCertificateSection(krlSection(krlSerialRange, krlNumbers(1)))), "section 1: "},
		{"a range and more", krlFile(krlCertificateSection(krlSection(krlSerialRange, krlNumbers(1, 2, 3)))), "section 1: "},
		{"a range from 0", krlFile(krlCertificateSection(krlSection(krlSerialRange, krlNumbers(0, 2)))), "from 0 to 2"},
		{"a range backwards", krlFile(krlCertificateSection(krlSection(krlSerialRange, krlNumbers(3, 2)))), "from 3 to 2"},
		{"a bitmap", krlFile(bitmap(0, 2)), ""},
		{"a bitmap with a leading byte", krlFile(bitmap(0, 0, 0x80)), ""},
		{"a bitmap to the last serial number", krlFile(bitmap(1<<64-8, 0, 0x80)), ""},
		{"a bitmap beyond", krlFile(bitmap(1<<64-8, 1, 0)), "over 64 bits"},
		{"a bitmap with serial number 0", krlFile(bitmap(0, 3)), "serial number 0"},
		{"an empty bitmap", krlFile(bitmap(1)), "isn't a positive number"},
		{"a negative bitmap", krlFile(bitmap(1, 0x80)), "isn't a positive number"},
		{"a bitmap of zeros", krlFile(bitmap(1, 0, 0)), "isn't a positive number"},
		{"a key id", krlFile(krlCertificateSection(krlSection(krlKeyIDs, krlString([]byte("id"))))), ""},
		{"no key id", krlFile(krlCertificateSection(krlSection(krlKeyIDs))), "it is empty"},
		{"a key id with a NUL", krlFile(krlCertificateSection(krlSection(krlKeyIDs, krlString([]byte("i\x00d"))))), "NUL"},
		{"an extension of certificates", krlFile(krlCertificateSection(krlSection(krlCertExtension, extension(0)),
			krlSection(krlSerialList, krlNumbers(1)))), ""},
		{"a critical extension of certificates", krlFile(krlCertificateSection(krlSection(krlCertExtension, extension(1)),
			krlSection(krlSerialList, krlNumbers(1)))), "critical extension"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewKeyring([]Key{bystander}, Settings{RevokedSSH: []File{{Name: "lost.krl", Data: c.data}}})
			if (err != nil) != (c.want != "") || err != nil &&
				(!strings.HasPrefix(err.Error(), "lost.krl: ") || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want one of lost.krl with %q", err, c.want)
			}
		})
	}
}

// TestKRLSerials asks for each serial number around those that a list has.
func TestKRLSerials(t *testing.T) {
	const last = 1<<64 - 1
	data := krlFile(
		krlCertificateSection(krlSection(krlSerialList, krlNumbers(40, 3, last-20, 2)),
			krlSection(krlSerialRange, krlNumbers(10, 12)), krlSection(krlSerialRange, krlNumbers(last-1, last))),
		krlCertificateSection(krlSection(krlSerialBitmap, krlNumbers(20), krlString([]byte{0b101, 0b10000001}))),
		krlCertificateSection(krlSection(krlSerialBitmap, krlNumbers(last-9), krlString([]byte{0, 0x80}))),
	)
	want := []uint64{2, 3, 10, 11, 12, 20, 27, 28, 30, 40, last - 20, last - 2, last - 1, last}
	r, err := readRevokedSSH([]File{{Name: "krl", Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	ca, key := newEd25519(t), newEd25519(t)
	read, err := readSSHCertificate(sshCertified(t, ca, key.PublicKey(), nil).Marshal())
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for n := range uint64(200) {
		read.Serial = n - 100 // around 0, on both sides
		if r.certificate(read) == "krl" {
			got = append(got, read.Serial)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAttackKRLTruncated cuts lists short at each byte. A list says nowhere how long it is; so one that
// was cut exactly between two sections is a list again, which ssh-keygen takes as well, and all others
// are errors. A list of one section, as ssh-keygen makes them for one kind of thing, is never taken.
func TestAttackKRLTruncated(t *testing.T) {
	sections := [][]byte{
		krlCertificateSection(krlSection(krlSerialList, krlNumbers(5)), krlSection(krlKeyIDs, krlString([]byte("id")))),
		krlSection(krlKeys, krlString(newEd25519(t).PublicKey().Marshal())),
		krlSection(krlSHA1, krlString(make([]byte, 20)), krlString(make([]byte, 20))),
		krlSection(krlSHA256, krlString(make([]byte, 32))),
	}
	between := map[int]bool{}
	for i := range sections {
		between[len(krlFile(sections[:i]...))] = i > 0
	}
	lists := map[string][]byte{"four sections": krlFile(sections...)}
	for _, name := range []string{
		"krl-key", "krl-sha256", "krl-sha1", "krl-hash", "krl-serial", "krl-serial-range",
		"krl-serial-bitmap", "krl-keyid", "krl-ca", "krl-certkey",
	} {
		lists[name] = sshCorpus.Read(t, "sigcorpus/crafted/ssh/"+name+".revoked")
	}
	for name, data := range lists {
		for end := range data {
			_, err := NewKeyring([]Key{bystander}, Settings{RevokedSSH: []File{{Name: "krl", Data: data[:end]}}})
			if taken := name == "four sections" && between[end]; (err == nil) != taken {
				t.Errorf("%s, %d of %d bytes: error %v", name, end, len(data), err)
			}
		}
		if _, err := readRevokedSSH([]File{{Name: "krl", Data: data}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAttackSSHRevokedWithWindowOpen: what a list revokes stays revoked, whatever the keyring and the
// certificate say of its time, and whoever has the key.
func TestAttackSSHRevokedWithWindowOpen(t *testing.T) {
	ca, key := newEd25519(t), newEd25519(t)
	list := func(of ssh.PublicKey) Settings {
		return Settings{WeakUntil: year(2099), RevokedSSH: []File{
			{Name: "empty.krl", Data: krlFile(krlSection(krlSHA1, krlString(make([]byte, 20))))},
			{Name: "lost.txt", Data: ssh.MarshalAuthorizedKey(of)},
		}}
	}
	open := func(k *Key) { k.From, k.Until = year(2000), year(2099) }
	plain := sshSign(t, key, sshNamespace, testPayload)
	certified := certifiedSignature(t, key, sshCertified(t, ca, key.PublicKey(), nil).Marshal())
	keys := []Key{with(sshEntry("alice", key), open), with(sshAuthority("alice", ca, "alice"), open)}
	for _, c := range []struct {
		name      string
		settings  Settings
		keys      []Key
		signature []byte
		want      Status
	}{
		{"nothing revoked", Settings{}, keys, plain, Good},
		{"nothing revoked", Settings{}, keys, certified, Good},
		{"the key", list(key.PublicKey()), keys, plain, Revoked},
		{"the key, certified", list(key.PublicKey()), keys, certified, Revoked},
		{"the authority", list(ca.PublicKey()), keys, certified, Revoked},
		{"the authority, and the key is another's besides", list(ca.PublicKey()), keys, plain, Good},
		{"a key that nobody has", list(key.PublicKey()), []Key{bystander}, plain, Revoked},
		{
			"expired as well", list(key.PublicKey()),
			[]Key{with(sshEntry("alice", key), func(k *Key) { k.Until = year(2001) })},
			plain, Revoked,
		},
		{"over another payload", list(key.PublicKey()), keys, sshSign(t, key, sshNamespace, "x"), Revoked},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, at := range []int{2001, 2026, 2098} {
				res := verdict(t, settledKeyring(t, c.settings, c.keys...), testPayload, c.signature, year(at))
				wantStatus(t, res, c.want)
				if c.want == Revoked && !strings.HasSuffix(res.Reason, "revoked by lost.txt") {
					t.Errorf("the reason is %q, want the list's name", res.Reason)
				}
			}
		})
	}
}

// krlOf writes what a list of one file says, in the shortest way there is.
func krlOf(t testing.TB, r revokedSSH) []byte {
	t.Helper()
	var sections [][]byte
	add := func(kind byte, parts ...[]byte) {
		if len(parts) > 0 {
			sections = append(sections, krlSection(kind, parts...))
		}
	}
	for _, c := range r.certificates {
		var inner [][]byte
		if len(c.serials) > 0 {
			inner = append(inner, krlSection(krlSerialList, krlNumbers(c.serials...)))
		}
		for _, s := range c.ranges {
			inner = append(inner, krlSection(krlSerialRange, krlNumbers(s.Min, s.Max)))
		}
		for _, b := range c.bitmaps {
			inner = append(inner, krlSection(krlSerialBitmap, krlNumbers(b.Offset),
				ssh.Marshal(struct{ Bits *big.Int }{new(big.Int).SetBytes(b.Bits)})))
		}
		for _, id := range slices.Sorted(maps.Keys(c.ids)) {
			inner = append(inner, krlSection(krlKeyIDs, krlString([]byte(id))))
		}
		if len(inner) > 0 {
			sections = append(sections, krlCertificateSection(inner...))
		}
	}
	var sums [][]byte
	for sum := range r.sha1s {
		sums = append(sums, krlString(sum[:]))
	}
	add(krlSHA1, sums...)
	sums = nil
	for fingerprint := range r.keys {
		sum, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(fingerprint, "SHA256:"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, krlString(sum))
	}
	add(krlSHA256, sums...)
	return krlFile(sections...)
}

// FuzzParseKRL wants that whatever is read as a list can be written and says the same.
func FuzzParseKRL(f *testing.F) {
	names, err := filepath.Glob("../testdata/ssh/sigcorpus/crafted/ssh/*.revoked")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		f.Add(sshCorpus.Read(f, "sigcorpus/crafted/ssh/"+filepath.Base(name)))
	}
	f.Add([]byte("\f")) // a line, but no word
	f.Add(krlFile(
		krlCertificateSection(krlSection(krlSerialBitmap, krlNumbers(9), krlString([]byte{0, 0x80})),
			krlSection(krlSerialRange, krlNumbers(1, 2))),
		krlSection(krlExtension, krlString([]byte("bloom-explicit-key")), []byte{0}, krlString(nil)),
		krlSection(krlKeys, krlString(krlString([]byte("ssh-newest")))),
	))
	key := sshCertified(f, newEd25519(f), newEd25519(f).PublicKey(), nil)
	certificate, err := readSSHCertificate(key.Marshal())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readRevokedSSH([]File{{Name: "krl", Data: data}})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "krl: ") {
				t.Error(err)
			}
			return
		}
		r.certificate(certificate)
		for i := range r.certificates {
			r.certificates[i].authority = "" // krlOf writes them for all
		}
		// A section with nothing but extensions, which may be left out, can't be written.
		r.certificates = slices.DeleteFunc(r.certificates, func(c revokedCertificates) bool {
			return len(c.ids)+len(c.serials)+len(c.ranges)+len(c.bitmaps) == 0
		})
		if len(r.keys)+len(r.sha1s)+len(r.certificates) == 0 {
			return
		}
		again, err := readRevokedSSH([]File{{Name: "krl", Data: krlOf(t, r)}})
		if diff := cmp.Diff(r, again, cmp.AllowUnexported(revokedSSH{}, revokedCertificates{}),
			cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
