package policy

import (
	"errors"
	"io/fs"
	"slices"
)

// AdoptionFile says, beside a repository that is judged by the policy of many, what was there before the gate.
const AdoptionFile = "adoption.toml"

// LoadAdoption reads adoption.toml from the folder beside a repository: its commits are what a policy of the
// repository's own has as commits of [adoption]. It gives nil where there is none.
func LoadAdoption(fsys fs.FS) ([]string, error) {
	r := &reader{fsys: fsys, name: AdoptionFile, read: make(map[string][]byte)}
	raw, err := r.decode()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var commits []string
	t := &table{r: r, raw: raw}
	t.commits(&commits)
	t.done()
	return commits, r.err()
}

// Adopting gives a copy of a policy by which these commits, and what they reach, aren't judged either.
func (p *Policy) Adopting(commits []string) *Policy {
	c := *p
	c.Adoption.Commits = slices.Concat(p.Adoption.Commits, commits)
	return &c
}
