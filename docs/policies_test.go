package docs

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/policy"
)

// Each policy of policies.md is complete, and works as it stands.
func TestPoliciesCanBeUsed(t *testing.T) {
	text, err := os.ReadFile("policies.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```toml\n")[1:]
	policies := 0
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if strings.HasPrefix(block, "# "+policy.FloorFile) {
			if _, err := policy.LoadFloor(fstest.MapFS{policy.FloorFile: {Data: []byte(block)}}); err != nil {
				t.Errorf("%v\n%s", err, block)
			}
			continue
		}
		p, err := policy.Load(fstest.MapFS{policy.FileName: {Data: []byte(block)}})
		if err != nil || p.Notes != nil {
			t.Errorf("%v\n%s", err, block)
			continue
		}
		policies++
		if lonely := p.Lonely(); len(p.Principals) > 2 && len(lonely) > 0 {
			t.Errorf("nobody could approve what these do: %v\n%s", lonely, block)
		}
	}
	if policies != 3 || len(blocks) != 4 {
		t.Errorf("%d policies in %d files", policies, len(blocks))
	}
}
