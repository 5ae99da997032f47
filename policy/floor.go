package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"
)

// LoadFloor reads floor.toml from the folder beside a repository: what a policy in the tree must at least
// ask for. It says what a policy says, but names nobody; what it leaves out it doesn't ask for,
// but that dates are bounded as by default. It gives nil where there is none.
func LoadFloor(fsys fs.FS) (*Policy, error) {
	p, err := load(fsys, FloorFile, &Policy{
		Protect: Protect{AllowRewind: true, AllowDelete: true},
		Signatures: Signatures{
			Require: "landing", Kinds: slices.Clone(signatureKinds), Identity: "off", MergesApprove: "any",
			AttestedAuthors: true, ClockSkew: noLimit, EndGrace: noLimit, WeakUntil: time.Unix(maxDate, 0),
			Trailing: OpenTimestamps,
		},
		X509:          X509{Transparency: "none", Log: defaults().X509.Log, Timeout: defaults().X509.Timeout},
		Push:          Push{Certificate: "optional"},
		Tenure:        defaults().Tenure,
		Quorum:        Quorum{Maintainers: 1},
		Introductions: Introductions{Across: true},

		Limits:  Limits{Commits: math.MaxInt32, Blob: math.MaxInt64, Message: math.MaxInt64, Time: noLimit},
		Journal: defaults().Journal,
	}, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && (p.X509.Roots != nil || p.X509.Log != defaults().X509.Log) {
		err = fmt.Errorf("%s: trusted-roots and log say whom to trust, which the policy in the tree does; "+
			"a floor has crls and transparency", FloorFile)
	}
	if err == nil {
		p.floor = true
	}
	return p, err
}

// noLimit is longer than any duration that a policy means.
const noLimit = 100 * 365 * 24 * time.Hour

// WithFloor gives a copy of a policy for a server that has a floor: what either of them protects is
// protected, what one forbids isn't allowed, and what one asks of keys and of a quorum is asked. Rules are judged
// by each on its own: see AsFloorOf.
func (p *Policy) WithFloor(floor *Policy) *Policy {
	c := *p
	c.Notes = slices.Concat(p.Notes, floor.Notes)
	c.Protect.Refs = slices.Clone(p.Protect.Refs)
	for _, ref := range floor.Protect.Refs {
		if !slices.Contains(c.Protect.Refs, ref) {
			c.Protect.Refs = append(c.Protect.Refs, ref)
		}
	}
	c.Protect.AllowRewind = p.Protect.AllowRewind && floor.Protect.AllowRewind
	c.Protect.AllowDelete = p.Protect.AllowDelete && floor.Protect.AllowDelete
	c.Signatures = p.Signatures.withFloor(&floor.Signatures)
	c.X509.CRLs = slices.Concat(p.X509.CRLs, floor.X509.CRLs)
	if slices.Index(transparencies, floor.X509.Transparency) > slices.Index(transparencies, p.X509.Transparency) {
		c.X509.Transparency = floor.X509.Transparency
	}
	c.Quorum = Quorum{
		Maintainers: max(p.Quorum.Maintainers, floor.Quorum.Maintainers),
		CoolDown:    max(p.Quorum.CoolDown, floor.Quorum.CoolDown),
	}
	c.Introductions = Introductions{
		Across:        p.Introductions.Across && floor.Introductions.Across,
		SiblingsApart: max(p.Introductions.SiblingsApart, floor.Introductions.SiblingsApart),
	}
	if floor.Push.Certificate == "required" {
		c.Push = floor.Push
	}
	c.Limits = Limits{
		Commits: min(p.Limits.Commits, floor.Limits.Commits), Blob: min(p.Limits.Blob, floor.Limits.Blob),
		Message: min(p.Limits.Message, floor.Limits.Message), Time: min(p.Limits.Time, floor.Limits.Time),
	}
	return &c
}

func (s *Signatures) withFloor(floor *Signatures) Signatures {
	c := *s
	c.Tags = s.Tags || floor.Tags
	c.AttestedAuthors = s.AttestedAuthors && floor.AttestedAuthors
	c.UserVerified = s.UserVerified || floor.UserVerified
	c.RevokedSSH = slices.Concat(s.RevokedSSH, floor.RevokedSSH)
	c.ClockSkew = min(s.ClockSkew, floor.ClockSkew)
	c.EndGrace = min(s.EndGrace, floor.EndGrace)
	c.Kinds = slices.DeleteFunc(slices.Clone(s.Kinds), func(kind string) bool {
		return !slices.Contains(floor.Kinds, kind)
	})
	if floor.WeakUntil.Before(s.WeakUntil) { // zero, which accepts nothing weak, is before all
		c.WeakUntil = floor.WeakUntil
	}
	if slices.Index(mergesApprove, floor.MergesApprove) < slices.Index(mergesApprove, s.MergesApprove) {
		c.MergesApprove = floor.MergesApprove
	}
	if floor.Trailing != OpenTimestamps {
		c.Trailing = floor.Trailing
	}
	if s.Identity == "off" {
		c.Identity = floor.Identity
	}
	return c
}

// AsFloorOf gives a copy of a floor to judge by where the policy in the tree names the principals; what takes a quorum
// takes the stricter one.
func (p *Policy) AsFloorOf(inTree *Policy) *Policy {
	c := p.WithPrincipals(inTree.Principals)
	c.Quorum, c.Introductions = inTree.Quorum, inTree.Introductions
	c.Signatures.MergesApprove = inTree.Signatures.MergesApprove
	return c
}
