package policy

import (
	"fmt"
	"strings"
	"testing"
)

// A star in an identity stands for workflows of a project, never for many people.
func TestStarInIdentity(t *testing.T) {
	for identity, ok := range map[string]bool{
		"alice@example.org": true,
		"https://forge.example/project/.ci/*@refs/heads/main": true,
		"https://forge.example/project/.ci/f.yml@refs/tags/*": true,
		"*":                             false,
		"*@example.org":                 false,
		"alice@*":                       false,
		"https://*":                     false,
		"https://*.example/project/f":   false,
		"*://forge.example/project/f":   false,
		"https://alice@*/project/.ci/f": false,
	} {
		keys := fmt.Sprintf(`{ x509 = { identity = %q, issuer = "https://forge.example" } }`, identity)
		_, err := Load(folder(strings.Replace(alice, `{ ssh = "ssh-ed25519 AAAA" }`, keys, 1)))
		refused := err != nil && strings.Contains(err.Error(), `"*" stands only in the path of a URI`)
		if refused == ok {
			t.Errorf("%s: %v", identity, err)
		}
	}
}
