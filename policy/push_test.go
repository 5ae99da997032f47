package policy

import (
	"testing"
)

func TestJudgePush(t *testing.T) {
	for name, c := range map[string]struct {
		certificate *Certificate
		required    bool
		pusher      string
		refused     bool
	}{
		"none":                       {nil, false, "", false},
		"none, and one is wanted":    {nil, true, "", true},
		"a good one":                 {&Certificate{Signature: good("con")}, true, "con", false},
		"of another push":            {&Certificate{Unfit: "it is for other refs", Signature: good("con")}, false, "", true},
		"not signed":                 {&Certificate{Signature: Signature{Status: "missing"}}, false, "", true},
		"of a status that isn't one": {&Certificate{}, false, "", true},
		"a kind that isn't accepted": {
			&Certificate{Signature: Signature{Status: "good", Principal: "con", Kind: "x509"}}, false, "", true,
		},
		"by whom nobody knows": {&Certificate{Signature: good("nobody")}, false, "", true},
	} {
		p := world()
		p.Push.Certificate = "optional"
		if c.required {
			p.Push.Certificate = "required"
		}
		pusher, findings := p.JudgePush(c.certificate)
		who := ""
		if pusher != nil {
			who = pusher.Name
		}
		if who != c.pusher || (len(findings) > 0) != c.refused {
			t.Errorf("%s: %q, %+v", name, who, findings)
		}
	}
}
