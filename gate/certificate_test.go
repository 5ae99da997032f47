package gate

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"countersign/history"
)

const someCertificate = `certificate version 0.1
pusher key 1780315200 +0000
pushee /srv/r.git
nonce 1780315200-aa
push-option one

0000000000000000000000000000000000000000 a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 refs/heads/main
-----BEGIN SSH SIGNATURE-----
AAAA
-----END SSH SIGNATURE-----
`

func TestPushCertificate(t *testing.T) {
	id, err := history.ParseID(strings.Repeat("a1", 20))
	if err != nil {
		t.Fatal(err)
	}
	push := func() Request {
		return Request{
			Updates: []history.RefUpdate{{New: id, Name: "refs/heads/main"}}, Options: []string{"one"},
			Received:    time.Unix(1780315260, 0),
			Certificate: &Certificate{Nonce: "1780315200-aa", NonceStatus: "OK"},
		}
	}
	c, err := parseCertificate([]byte(someCertificate))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.fits(push()); err != nil {
		t.Error(err)
	}
	if string(c.payload)+string(c.signature) != someCertificate ||
		!bytes.HasPrefix(c.signature, []byte("-----BEGIN SSH")) {
		t.Errorf("cut into %q and %q", c.payload, c.signature)
	}
	for name, change := range map[string]func(*Request){
		"another ref":      func(r *Request) { r.Updates[0].Name = "refs/heads/other" },
		"another old id":   func(r *Request) { r.Updates[0].Old = id },
		"a deletion":       func(r *Request) { r.Updates[0].New = history.ID{} },
		"one ref more":     func(r *Request) { r.Updates = append(r.Updates, r.Updates[0]) },
		"no option":        func(r *Request) { r.Options = nil },
		"another nonce":    func(r *Request) { r.Certificate.Nonce = "1780315200-bb" },
		"no nonce":         func(r *Request) { r.Certificate.Nonce = "" },
		"a bad status":     func(r *Request) { r.Certificate.NonceStatus = "BAD" },
		"no status":        func(r *Request) { r.Certificate.NonceStatus = "" },
		"an hour later":    func(r *Request) { r.Received = r.Received.Add(time.Hour) },
		"two hours before": func(r *Request) { r.Received = r.Received.Add(-2 * time.Hour) },
	} {
		r := push()
		change(&r)
		if c.fits(r) == nil {
			t.Errorf("%s: it fits", name)
		}
	}
	for old, new := range map[string]string{
		"0.1": "0.2", "certificate version": "certificate", "pusher key": "pushed by", "nonce ": "nonsense ",
		"push-option one": "push-option one\nodd line", "one\n\n": "one\n", "-----BEGIN": "BEGIN",
	} {
		if changed := strings.Replace(someCertificate, old, new, 1); changed == someCertificate {
			t.Errorf("%q isn't there", old)
		} else if c, err := parseCertificate([]byte(changed)); err == nil {
			t.Errorf("%q for %q is read as %+v", new, old, c)
		}
	}
}

// Whatever is read is cut in two, and nothing of it is lost.
func FuzzPushCertificate(f *testing.F) {
	f.Add([]byte(someCertificate))
	f.Add([]byte(strings.Replace(someCertificate, "push-option one\n", "", 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseCertificate(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(append(bytes.Clone(c.payload), c.signature...), raw) ||
			!bytes.HasPrefix(c.signature, []byte("-----BEGIN ")) || c.updates == nil {
			t.Errorf("%q becomes %+v", raw, c)
		}
	})
}
