// Package draft says who might be in a first keyring: who signed a history so far, and whom the files of other programs
// name; see [Import].
//
// [Read] reads every commit once, without what it changed, and counts by key and committer's address. [Past.Give] takes
// the OpenPGP keys, which signatures don't have. [Past.Prove] verifies the newest signature of each key with each
// address: the others are taken to be like it. [Past.People] puts together whose keys have an address in common. All of
// that is a guess for somebody to check: an address is what its committer wrote.
//
// Nothing is written.
package draft

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/verify"
)

// Repository is what is read.
type Repository interface {
	Landings(ctx context.Context, r history.Range) iter.Seq2[history.Landing, error]
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
}

// Past is who signed a history.
type Past struct {
	Signers                    []*Signer // by whose first commit is older
	Commits, Unsigned, Unknown int       // of Unknown ones the signature can't be read
}

// Signer is a key with a committer's address.
type Signer struct {
	Key         verify.Key // without a Principal; Data is nil for an OpenPGP key that nobody gave
	Name        string     // the fingerprint or id, or whom a certificate is for
	Email       string
	Commits     int
	Landings    int // commits of the first-parent line among them
	First, Last time.Time
	Problem     string // why the newest signature isn't good, "" if it is
	newest      history.ID
}

// Read reads all that a commit reaches.
func Read(ctx context.Context, repo Repository, tip history.ID) (*Past, error) {
	p := new(Past)
	known := make(map[[2]string]*Signer)
	for l, err := range repo.Landings(ctx, history.Range{Tip: tip, Counted: true, Landed: true, Bare: true}) {
		if err != nil {
			return nil, err
		}
		for i := range l.Brought {
			p.count(known, &l.Brought[i], false)
		}
		p.count(known, &l.Commit, true)
	}
	return p, nil
}

func (p *Past) count(known map[[2]string]*Signer, e *history.Entry, lands bool) {
	p.Commits++
	switch key, name, err := verify.Claim(e.Signature); {
	case e.Malformed != nil || len(e.Signature) == 0:
		p.Unsigned++
	case err != nil:
		p.Unknown++
	default:
		email := strings.ToLower(e.Committer.Email)
		when := time.Unix(e.Committer.When, 0).UTC()
		s := known[[2]string{name, email}]
		if s == nil {
			s = &Signer{Key: key, Name: name, Email: email, First: when}
			known[[2]string{name, email}] = s
			p.Signers = append(p.Signers, s)
		}
		s.Commits++
		if lands {
			s.Landings++
		}
		if !when.Before(s.Last) {
			s.Last, s.newest = when, e.ID
		}
	}
}

// Missing gives the names of the OpenPGP keys that nobody has given.
func (p *Past) Missing() []string {
	var names []string
	for _, s := range p.Signers {
		if s.Key.Kind == verify.OpenPGP && s.Key.Data == nil && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// Give takes OpenPGP keys, and finds those that signed.
func (p *Past) Give(found []verify.Found) error {
	for _, f := range found {
		if f.Key.Kind != verify.OpenPGP {
			continue
		}
		fingerprints, err := fingerprintsOf(f)
		if err != nil {
			return err
		}
		for _, fingerprint := range fingerprints {
			for _, s := range p.Signers {
				if s.Key.Kind == verify.OpenPGP && names(s.Name, fingerprint) {
					s.Key = f.Key
				}
			}
		}
	}
	return nil
}

// names says whether a name is a fingerprint, or its id: RFC 9580 §5.5.4.
func names(name, fingerprint string) bool {
	id := fingerprint[:16]
	if len(fingerprint) == 40 {
		id = fingerprint[24:]
	}
	return name == fingerprint || name == id
}

// Prove verifies the newest signature of each.
func (p *Past) Prove(ctx context.Context, repo Repository) error {
	for _, s := range p.Signers {
		if s.Key.Kind == verify.OpenPGP && s.Key.Data == nil {
			continue
		}
		s.Key.Principal = "somebody"
		keys, err := verify.NewKeyring([]verify.Key{s.Key}, verify.Settings{LandingAge: 14 * 24 * time.Hour})
		if err != nil {
			s.Problem = err.Error()
			continue
		}
		c, err := repo.Commit(ctx, s.newest)
		if err != nil {
			return err
		}
		if r := keys.Verify(c.Payload, c.Signature, s.Last); r.Status != verify.Good {
			s.Problem = r.Reason
		}
	}
	return nil
}

// People puts together whose keys share an address, and which addresses share a key.
func (p *Past) People() [][]*Signer {
	var people [][]*Signer
	for _, s := range p.Signers {
		same := func(other *Signer) bool {
			return other.Email == s.Email || other.Name == s.Name || s.Key.Source != "" && other.Key.Source == s.Key.Source
		}
		all := []*Signer{s}
		people = slices.DeleteFunc(people, func(person []*Signer) bool {
			if !slices.ContainsFunc(person, same) {
				return false
			}
			all = slices.Concat(person, all)
			return true
		})
		people = append(people, all)
	}
	return people
}
