package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// IntroductionFile pins the policy that lies in a repository's tree, beside the repository.
const IntroductionFile = "introduction.toml"

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
		r.problem(0, fmt.Sprintf("there is a %s beside it: the policy lies here or in the tree, not in both; "+
			"to bound the one in the tree call this one %s", FileName, FloorFile))
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &i, nil
}

// Check says what is wrong with an introduction, wherever it came from.
func (i *Introduction) Check() error {
	hexDigits := strings.Trim(i.Fingerprint, "0123456789ABCDEF") == "" &&
		(len(i.Fingerprint) == 40 || len(i.Fingerprint) == 64)
	switch {
	case !fullID(i.Commit):
		return fmt.Errorf("commit = %q: want the full id of the commit that brought the policy", i.Commit)
	case !hexDigits && !strings.HasPrefix(i.Fingerprint, "SHA256:"):
		return fmt.Errorf("fingerprint = %q: want the fingerprint of the key that signed the commit, \"SHA256:…\" "+
			"or upper-case hex digits", i.Fingerprint)
	default:
		return nil
	}
}

// Since gives a copy of a policy for after its introduction: the commit and what it reaches isn't judged,
// and the branch that holds the policy is protected.
func (p *Policy) Since(i *Introduction) *Policy {
	c := *p.Adopting([]string{i.Commit})
	if i.Ref != "" && !p.Protects(i.Ref) {
		c.Protect.Refs = append(slices.Clone(p.Protect.Refs), i.Ref)
	}
	return &c
}
