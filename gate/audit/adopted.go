package audit

import (
	"context"
	"slices"

	"countersign/history"
)

// adopted gives the commits up to which nothing is judged. Where the policy lies in the tree, what a policy after the
// introduction adopts counts only if the introduction isn't below it: else whoever gets a policy onto the branch past
// the gate adopts it, and all that they did, with the next.
func (a *Auditor) adopted(ctx context.Context) ([]history.ID, error) {
	all, err := a.site.InForce.Adopted()
	if err != nil || a.site.Source.Introduction == nil {
		return all, err
	}
	introduction, err := history.ParseID(a.site.Source.Introduction.Commit)
	if err != nil {
		return nil, err
	}
	first, err := a.site.Source.First.Adopted()
	if err != nil {
		return nil, err
	}
	later := slices.DeleteFunc(slices.Clone(all), func(id history.ID) bool {
		return id == introduction || slices.Contains(first, id)
	})
	if len(later) == 0 {
		return all, nil
	}
	above, err := a.site.Repo.Reaches(ctx, later, []history.ID{introduction})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(id history.ID) bool {
		i := slices.Index(later, id)
		return i >= 0 && above[i][0]
	}), nil
}
