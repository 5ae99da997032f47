package gate

import (
	"context"
	"slices"

	"countersign/gate/certificate"
	"countersign/policy"
	"countersign/verify"
)

// certificate judges the push itself by the certificate that came with it, and notes who signed that. Git's own verdict
// on its signature isn't asked. Nothing is judged where no update is protected and there is no certificate.
func (p *push) certificate(ctx context.Context) error {
	sent := p.req.Certificate
	i := slices.IndexFunc(p.updates, func(u update) bool { return u.decision.Protected || sent != nil })
	if i >= 0 && p.foresees() && p.site.Rules().Push.Certificate == "required" {
		p.note("the server wants git push --signed; whether this push is signed can't be told here")
	}
	if i < 0 || p.foresees() {
		return nil
	}
	var facts *policy.Certificate
	if sent != nil {
		raw, err := p.site.Repo.Blob(ctx, sent.Blob)
		if err != nil {
			return err
		}
		facts = new(policy.Certificate)
		c, err := certificate.Parse(raw)
		if err == nil {
			err = c.Fits(certificate.Push{
				Nonce: sent.Nonce, NonceStatus: sent.NonceStatus, Received: p.req.Received,
				Options: p.req.Options, Updates: p.req.Updates,
			})
		}
		if err != nil {
			facts.Unfit = err.Error()
		} else {
			now := p.req.Received
			at := verify.LandsNow(now).NoEarlier(now)
			facts.Signature = p.site.InForce.Signature(c.Payload, c.Signature, now.Unix(), at)
		}
	}
	pusher, findings := p.site.Rules().JudgePush(facts)
	if pusher != nil {
		p.pusher = pusher.Name
	}
	p.find(&p.updates[i], findings...)
	return nil
}
