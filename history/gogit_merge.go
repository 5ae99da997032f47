package history

import "context"

// entriesOf and text make the second reader a [mergeSource].
func (g *goGit) entriesOf(id ID) ([]treeEntry, error) { return g.trees.entriesOf(id) }

func (g *goGit) text(blob ID, limit int64) ([]byte, error) {
	text, _, err := g.objects.head(blob, "blob", limit+1, bound{"blob", g.limits.Blob})
	return text, err
}

// Remerge is for git alone: this reader merges nothing.
func (g *goGit) Remerge(context.Context, ID) (differs []string, known bool, err error) {
	return nil, false, nil
}
