// Package certificate reads the certificate of a signed push, and says whether it is of the push that it came with.
//
// [Parse] reads one strictly, and [Certificate.Fits] compares it with the push. Whose signature it has, a keyring says
// of its Payload and Signature. All are pure functions. Their errors say what is wrong with the certificate, to who
// pushed.
package certificate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/history"
)

// maxAge is how old the nonce of a push certificate may be. The server that gave it says itself
// whether it is its own (git-receive-pack(1), GIT_PUSH_CERT_NONCE_STATUS); this bounds what a certificate
// from another push could be good for.
const maxAge = time.Hour

// Push is the push that a certificate came with.
type Push struct {
	Nonce       string // that the server gave
	NonceStatus string // git-receive-pack(1): "OK", "SLOP", "BAD", …
	Received    time.Time
	Options     []string
	Updates     []history.RefUpdate
}

// Certificate is a certificate as gitprotocol-pack(5), Push Certificate, has it.
type Certificate struct {
	Payload, Signature []byte

	nonce   string
	options []string
	updates []string // "old SP new SP ref"
}

// Parse reads a certificate strictly: a header of the known fields in their order, an empty
// line, a line for each update, and the signature.
func Parse(raw []byte) (*Certificate, error) {
	i := bytes.Index(raw, []byte("\n-----BEGIN "))
	if i < 0 {
		return nil, errors.New("it isn't signed")
	}
	c := &Certificate{Payload: raw[:i+1], Signature: raw[i+1:]}
	head, body, ok := strings.Cut(string(c.Payload), "\n\n")
	if !ok {
		return nil, errors.New("it has no empty line after its header")
	}
	lines := strings.Split(head, "\n")
	next := func(field string) (string, bool) {
		if len(lines) == 0 {
			return "", false
		}
		value, ok := strings.CutPrefix(lines[0], field+" ")
		if ok {
			lines = lines[1:]
		}
		return value, ok
	}
	if version, ok := next("certificate version"); !ok || version != "0.1" {
		return nil, errors.New("it isn't of version 0.1")
	}
	if _, ok := next("pusher"); !ok {
		return nil, errors.New("it names no pusher")
	}
	next("pushee") // only where git knows an address
	if c.nonce, ok = next("nonce"); !ok {
		return nil, errors.New("it has no nonce: the server needs the setting receive.certNonceSeed")
	}
	for option, ok := next("push-option"); ok; option, ok = next("push-option") {
		c.options = append(c.options, option)
	}
	if len(lines) > 0 {
		return nil, fmt.Errorf("its header has the line %.80q", lines[0])
	}
	c.updates = strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	return c, nil
}

// Fits says why a certificate isn't of this push, made just now.
func (c *Certificate) Fits(p Push) error {
	if status := p.NonceStatus; status != "OK" && status != "SLOP" {
		return fmt.Errorf("its nonce isn't the one that this server gave: %.20q", status)
	}
	if c.nonce != p.Nonce {
		return errors.New("its nonce isn't the one that this server gave")
	}
	stamp, _, _ := strings.Cut(c.nonce, "-")
	given, err := strconv.ParseInt(stamp, 10, 64)
	if age := p.Received.Sub(time.Unix(given, 0)); err != nil || age > maxAge || age < -maxAge {
		return errors.New("its nonce isn't of this hour")
	}
	if !slices.Equal(c.options, p.Options) {
		return errors.New("it is for other push options")
	}
	if len(c.updates) != len(p.Updates) {
		return errors.New("it is for other refs")
	}
	for i, u := range p.Updates {
		fields := strings.SplitN(c.updates[i], " ", 3)
		if len(fields) != 3 || fields[2] != u.Name || !sameID(fields[0], u.Old) || !sameID(fields[1], u.New) {
			return fmt.Errorf("it is for %.200q, not for %s", c.updates[i], u.Name)
		}
	}
	return nil
}

func sameID(hex string, id history.ID) bool {
	parsed, err := history.ParseID(hex)
	return err == nil && (parsed == id || parsed.IsZero() && id.IsZero())
}
