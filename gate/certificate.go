package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// certificateAge is how old the nonce of a push certificate may be. The server that gave it says itself
// whether it is its own (git-receive-pack(1), GIT_PUSH_CERT_NONCE_STATUS); this bounds what a certificate
// from another push could be good for.
const certificateAge = time.Hour

// certificate judges the push itself by the certificate that came with it, and notes who signed that. Git's own verdict
// on its signature isn't asked. Nothing is judged where no update is protected and there is no certificate.
func (p *push) certificate(ctx context.Context) error {
	sent := p.req.Certificate
	i := slices.IndexFunc(p.updates, func(u update) bool { return u.decision.Protected || sent != nil })
	if i < 0 {
		return nil
	}
	var facts *policy.Certificate
	if sent != nil {
		raw, err := p.repo.Blob(ctx, sent.Blob)
		if err != nil {
			return err
		}
		facts = new(policy.Certificate)
		c, err := parseCertificate(raw)
		if err == nil {
			err = c.fits(p.req)
		}
		if err != nil {
			facts.Unfit = err.Error()
		} else {
			now := p.req.Received
			at := verify.LandsNow(now).NoEarlier(now)
			facts.Signature = p.inForce.signature(c.payload, c.signature, now.Unix(), at)
		}
	}
	pusher, findings := p.inForce.policy.JudgePush(facts)
	if pusher != nil {
		p.pusher = pusher.Name
	}
	p.find(&p.updates[i], findings...)
	return nil
}

// pushCertificate is a certificate as gitprotocol-pack(5), Push Certificate, has it.
type pushCertificate struct {
	payload, signature []byte
	nonce              string
	options            []string
	updates            []string // "old SP new SP ref"
}

// parseCertificate reads a certificate strictly: a header of the known fields in their order, an empty
// line, a line for each update, and the signature.
func parseCertificate(raw []byte) (*pushCertificate, error) {
	i := bytes.Index(raw, []byte("\n-----BEGIN "))
	if i < 0 {
		return nil, errors.New("it isn't signed")
	}
	c := &pushCertificate{payload: raw[:i+1], signature: raw[i+1:]}
	head, body, ok := strings.Cut(string(c.payload), "\n\n")
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

// fits says why a certificate isn't of this push, made just now.
func (c *pushCertificate) fits(req Request) error {
	if status := req.Certificate.NonceStatus; status != "OK" && status != "SLOP" {
		return fmt.Errorf("its nonce isn't the one that this server gave: %.20q", status)
	}
	if c.nonce != req.Certificate.Nonce {
		return errors.New("its nonce isn't the one that this server gave")
	}
	stamp, _, _ := strings.Cut(c.nonce, "-")
	given, err := strconv.ParseInt(stamp, 10, 64)
	if age := req.Received.Sub(time.Unix(given, 0)); err != nil || age > certificateAge || age < -certificateAge {
		return errors.New("its nonce isn't of this hour")
	}
	if !slices.Equal(c.options, req.Options) {
		return errors.New("it is for other push options")
	}
	if len(c.updates) != len(req.Updates) {
		return errors.New("it is for other refs")
	}
	for i, u := range req.Updates {
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
