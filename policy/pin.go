package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"
)

// Folder is where the policy lies in the tree.
const Folder = ".countersign"

// InFolder says whether a path is, or lies in, the policy's folder.
func InFolder(path string) bool { return path == Folder || strings.HasPrefix(path, Folder+"/") }

// spared takes out of what a commit touched what is judged by what it does to the policy instead: that a file
// of the policy in the tree, before or after the landing, changes at all. What shows or hides something there
// is judged as anywhere, but that keys are binary or encoded where the landing leaves them.
func (j *judgement) spared(c *Commit, touched []TouchedPath) []TouchedPath {
	if !j.landing.InTree {
		return touched
	}
	var becomes *Policy
	if a := j.landing.Amended; a != nil {
		becomes = a.Policy
	}
	left := touched[:0]
	for _, t := range touched {
		name, within := strings.CutPrefix(t.Path, Folder+"/")
		after := becomes != nil && slices.Contains(becomes.files, name)
		if within && (after || slices.Contains(j.p.files, name)) {
			read := after && j.landing.Amended.Same[c.ID]
			t.Classes = slices.DeleteFunc(t.Classes, func(class string) bool {
				switch class {
				case classBinary:
					return read && name != FileName && becomes.carries[name]&Binary == 0
				case classEncoded:
					return read && becomes.carries[name]&Encoded == 0
				default:
					return !slices.Contains(fixedClasses(), class)
				}
			})
		}
		if len(t.Classes) > 0 {
			left = append(left, t)
		}
	}
	return left
}

// The files beside a repository whose policy lies in its tree.
const (
	IntroductionFile = "introduction.toml"
	FloorFile        = "floor.toml"
)

// Introduction is where a policy in the tree begins: a commit, and the key that must have signed it. It
// is pinned outside of the tree, which couldn't vouch for itself. Everything up to the commit is adopted.
type Introduction struct {
	Commit      string // full id
	Fingerprint string // as in a report: "SHA256:…", or 40 or 64 upper-case hex digits
	// Ref is the full name of the branch whose tip has the policy in force; "" where a clone looks for it.
	// It is protected whatever the policy says: who could push there as they like would be the law.
	Ref string
}

// LoadIntroduction reads introduction.toml from the folder beside a repository; nil where there is none.
// A policy.toml there too is an error: one of the two would count, and people would believe either.
func LoadIntroduction(fsys fs.FS) (*Introduction, error) {
	r := &reader{fsys: fsys, name: IntroductionFile, read: make(map[string][]byte)}
	raw, err := r.decode()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var i Introduction
	t := &table{r: r, raw: raw}
	t.str("commit", &i.Commit)
	t.str("fingerprint", &i.Fingerprint)
	i.Ref = "refs/heads/main"
	t.str("ref", &i.Ref)
	if !strings.HasPrefix(i.Ref, "refs/heads/") || !refPattern(i.Ref) || strings.ContainsAny(i.Ref, "*?[{") {
		t.problem("ref", "ref = %q: want the full name of a branch", i.Ref)
	}
	t.done()
	if err := i.Check(); err != nil {
		r.problem(0, err.Error())
	}
	if _, err := fs.Stat(fsys, FileName); !errors.Is(err, fs.ErrNotExist) {
		r.problem(0, fmt.Sprintf("there is a %s beside it: the policy lies here or in the tree, not in both; to bound the one in the tree call this one %s", FileName, FloorFile))
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &i, nil
}

// Check says what is wrong with an introduction, wherever it came from.
func (i *Introduction) Check() error {
	hexDigits := strings.Trim(i.Fingerprint, "0123456789ABCDEF") == "" && (len(i.Fingerprint) == 40 || len(i.Fingerprint) == 64)
	switch {
	case !fullID.MatchString(i.Commit):
		return fmt.Errorf("commit = %q: want the full id of the commit that brought the policy", i.Commit)
	case !hexDigits && !strings.HasPrefix(i.Fingerprint, "SHA256:"):
		return fmt.Errorf("fingerprint = %q: want the fingerprint of the key that signed the commit, \"SHA256:…\" or upper-case hex digits", i.Fingerprint)
	default:
		return nil
	}
}

// LoadFloor reads floor.toml from the folder beside a repository: what a policy in the tree must at least
// ask for. It says what a policy says, but names nobody; what it leaves out it doesn't ask for,
// but that dates are bounded as by default. It gives nil where there is none.
func LoadFloor(fsys fs.FS) (*Policy, error) {
	p, err := load(fsys, FloorFile, &Policy{
		Protect: Protect{AllowRewind: true, AllowDelete: true},
		Signatures: Signatures{
			Require: "landing", Kinds: slices.Clone(signatureKinds), Identity: "off", MergesApprove: "any", ClockSkew: noLimit, EndGrace: noLimit, WeakUntil: time.Unix(maxDate, 0),
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
		err = fmt.Errorf("%s: trusted-roots and log say whom to trust, which the policy in the tree does; a floor has crls and transparency", FloorFile)
	}
	if err == nil {
		p.floor = true
	}
	return p, err
}

// noLimit is longer than any duration that a policy means.
const noLimit = 100 * 365 * 24 * time.Hour

// Above gives a copy of a policy for a server that has a floor: what either of them protects is
// protected, what one forbids isn't allowed, and what one asks of keys and of a quorum is asked. Rules are judged
// by each on its own: see Beneath.
func (p *Policy) Above(floor *Policy) *Policy {
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
	c.Signatures = p.Signatures.above(&floor.Signatures)
	c.X509.CRLs = slices.Concat(p.X509.CRLs, floor.X509.CRLs)
	if slices.Index(transparencies, floor.X509.Transparency) > slices.Index(transparencies, p.X509.Transparency) {
		c.X509.Transparency = floor.X509.Transparency
	}
	c.Quorum = Quorum{Maintainers: max(p.Quorum.Maintainers, floor.Quorum.Maintainers), CoolDown: max(p.Quorum.CoolDown, floor.Quorum.CoolDown)}
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

// transparencies are from the laxest to the strictest.
var transparencies = []string{"none", "online", "embedded"}

func (s *Signatures) above(floor *Signatures) Signatures {
	c := *s
	c.Tags = s.Tags || floor.Tags
	c.UserVerified = s.UserVerified || floor.UserVerified
	c.RevokedSSH = slices.Concat(s.RevokedSSH, floor.RevokedSSH)
	c.ClockSkew = min(s.ClockSkew, floor.ClockSkew)
	c.EndGrace = min(s.EndGrace, floor.EndGrace)
	c.Kinds = slices.DeleteFunc(slices.Clone(s.Kinds), func(kind string) bool { return !slices.Contains(floor.Kinds, kind) })
	if floor.WeakUntil.Before(s.WeakUntil) { // zero, which accepts nothing weak, is before all
		c.WeakUntil = floor.WeakUntil
	}
	if slices.Index(mergesApprove, floor.MergesApprove) < slices.Index(mergesApprove, s.MergesApprove) {
		c.MergesApprove = floor.MergesApprove
	}
	if s.Identity == "off" {
		c.Identity = floor.Identity
	}
	return c
}

// Beneath gives a copy of a floor to judge by where a policy above it names the principals; what takes a quorum
// takes the stricter one.
func (p *Policy) Beneath(above *Policy) *Policy {
	c := p.WithPrincipals(above.Principals)
	c.Quorum, c.Introductions = above.Quorum, above.Introductions
	c.Signatures.MergesApprove = above.Signatures.MergesApprove
	return c
}

// Since gives a copy of a policy for after its introduction: the commit and what it reaches isn't judged,
// and the branch that holds the policy is protected.
func (p *Policy) Since(i *Introduction) *Policy {
	c := *p
	c.Adoption.Commits = append(slices.Clone(p.Adoption.Commits), i.Commit)
	if i.Ref != "" && !p.Protects(i.Ref) {
		c.Protect.Refs = append(slices.Clone(p.Protect.Refs), i.Ref)
	}
	return &c
}
