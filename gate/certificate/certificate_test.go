package certificate

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
	push := func() Push {
		return Push{
			Updates: []history.RefUpdate{{New: id, Name: "refs/heads/main"}}, Options: []string{"one"},
			Received: time.Unix(1780315260, 0), Nonce: "1780315200-aa", NonceStatus: "OK",
		}
	}
	c, err := Parse([]byte(someCertificate))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Fits(push()); err != nil {
		t.Error(err)
	}
	if string(c.Payload)+string(c.Signature) != someCertificate ||
		!bytes.HasPrefix(c.Signature, []byte("-----BEGIN SSH")) {
		t.Errorf("cut into %q and %q", c.Payload, c.Signature)
	}
	for name, change := range map[string]func(*Push){
		"another ref":      func(r *Push) { r.Updates[0].Name = "refs/heads/other" },
		"another old id":   func(r *Push) { r.Updates[0].Old = id },
		"a deletion":       func(r *Push) { r.Updates[0].New = history.ID{} },
		"one ref more":     func(r *Push) { r.Updates = append(r.Updates, r.Updates[0]) },
		"no option":        func(r *Push) { r.Options = nil },
		"another nonce":    func(r *Push) { r.Nonce = "1780315200-bb" },
		"no nonce":         func(r *Push) { r.Nonce = "" },
		"a bad status":     func(r *Push) { r.NonceStatus = "BAD" },
		"no status":        func(r *Push) { r.NonceStatus = "" },
		"an hour later":    func(r *Push) { r.Received = r.Received.Add(time.Hour) },
		"two hours before": func(r *Push) { r.Received = r.Received.Add(-2 * time.Hour) },
	} {
		r := push()
		change(&r)
		if c.Fits(r) == nil {
			t.Errorf("%s: it fits", name)
		}
	}
	for old, new := range map[string]string{
		"0.1": "0.2", "certificate version": "certificate", "pusher key": "pushed by", "nonce ": "nonsense ",
		"push-option one": "push-option one\nodd line", "one\n\n": "one\n", "-----BEGIN": "BEGIN",
	} {
		if changed := strings.Replace(someCertificate, old, new, 1); changed == someCertificate {
			t.Errorf("%q isn't there", old)
		} else if c, err := Parse([]byte(changed)); err == nil {
			t.Errorf("%q for %q is read as %+v", new, old, c)
		}
	}
}

// Whatever is read is cut in two, and nothing of it is lost.
func FuzzPushCertificate(f *testing.F) {
	f.Add([]byte(someCertificate))
	f.Add([]byte(strings.Replace(someCertificate, "push-option one\n", "", 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(append(bytes.Clone(c.Payload), c.Signature...), raw) ||
			!bytes.HasPrefix(c.Signature, []byte("-----BEGIN ")) || c.updates == nil {
			t.Errorf("%q becomes %+v", raw, c)
		}
	})
}
