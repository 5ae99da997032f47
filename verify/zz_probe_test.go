package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

func TestZZProbe(t *testing.T) {
	files, _ := filepath.Glob("/work/shared/data/sigcorpus/keys/openpgp/*")
	more, _ := filepath.Glob("/work/shared/data/sigcorpus/crafted/openpgp/keys/*")
	for _, f := range append(files, more...) {
		b, _ := os.ReadFile(f)
		blocks, err := keyBlocks(b)
		if err != nil {
			t.Log(f, err)
			continue
		}
		tags := map[byte]int{}
		for _, bl := range blocks {
			ps, err := splitPackets(bl)
			if err != nil {
				t.Log(f, err)
			}
			for _, p := range ps {
				tags[p.tag]++
				if p.tag == 6 || p.tag == 14 {
					if _, err := parsePacket[*packet.PublicKey](p); err != nil {
						t.Log(filepath.Base(f), "tag", p.tag, "version", p.body[0], "algo", p.body[5], err)
					}
				}
			}
		}
		for tag := range tags {
			switch tag {
			case 2, 6, 13, 14, 17:
			default:
				t.Log(filepath.Base(f), "tag", tag, tags[tag])
			}
		}
		if arm := bytes.Count(b, []byte("-----BEGIN")); arm != 1 {
			t.Log(filepath.Base(f), "blocks", arm)
		}
	}
	start := time.Now()
	var keys []*openpgpKey
	total := 0
	for _, f := range files {
		b, _ := os.ReadFile(f)
		total += len(b)
		k, err := readOpenPGP(&Key{Data: b})
		if err != nil {
			t.Log(filepath.Base(f), err)
			continue
		}
		keys = append(keys, k)
	}
	t.Log("read", len(files), "files", total, "bytes", time.Since(start))
	start = time.Now()
	n := 0
	for _, k := range keys {
		for _, c := range k.certificates {
			s := time.Now()
			c.word()
			n++
			if d := time.Since(s); d > 5*time.Millisecond {
				t.Log(upperHex(c.primary.Fingerprint), d, len(c.users), len(c.subkeys), len(c.direct))
			}
		}
	}
	t.Log("words", n, time.Since(start))
}

func TestZZBomb(t *testing.T) {
	f := newCertificate(t)
	primary := bytes.Clone(f.Bytes())
	rev := sign(t, f.primary, saying(packet.SigTypeKeyRevocation, 2021), hashedKey(&f.primary.PublicKey))
	var b bytes.Buffer
	for b.Len() < 2<<20 {
		b.Write(primary)
	}
	for b.Len() < 4<<20 {
		b.Write(rev)
	}
	start := time.Now()
	k, err := readOpenPGP(&Key{Data: b.Bytes()[:0:0]})
	_ = k
	half := b.Bytes()
	start = time.Now()
	k, err = readOpenPGP(&Key{Data: half[:0]})
	t.Log(err, time.Since(start))
	for _, size := range []int{1 << 17, 1 << 18} {
		b.Reset()
		for b.Len() < size/2 {
			b.Write(primary)
		}
		for b.Len() < size {
			b.Write(rev)
		}
		start = time.Now()
		k, err = readOpenPGP(&Key{Data: b.Bytes()})
		t.Log(size, err, len(k.certificates), len(k.certificates[0].direct), time.Since(start))
		start = time.Now()
		k.certificates[0].word()
		t.Log("one word", time.Since(start))
	}
	// subkeys
	for _, size := range []int{1 << 18, 1 << 19, 1<<20} {
		b.Reset()
		b.Write(primary)
		body := keyBody(t, f)
		for i := 0; b.Len() < size; i++ {
			body[1], body[2], body[3], body[4] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
			b.Write(framed(tagPublicSubkey, body))
		}
		start = time.Now()
		k, err = readOpenPGP(&Key{Data: b.Bytes()})
		t.Log(size, err, len(k.certificates[0].subkeys), time.Since(start))
		start = time.Now()
		k.certificates[0].word()
		t.Log("word", time.Since(start))
	}
}
