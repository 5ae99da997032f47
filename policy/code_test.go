package policy

import (
	"testing"
)

// Every code has its words, and the codes that an exception answers are about commits.
func TestCodesHaveAMeaning(t *testing.T) {
	seen := make(map[Code]bool)
	for _, code := range Codes() {
		m := code.Meaning()
		if seen[code] || m.Code != code || m.About == "" || m.Ref == "" || m.Commit == "" || m.Commits == "" {
			t.Errorf("%+v", m)
		}
		if m.Exceptable && m.About != AboutSignature && m.About != AboutChange {
			t.Errorf("%s: an exception can put it aside, and it is about the %s", code, m.About)
		}
		seen[code] = true
	}
	if m := Code("of the future").Meaning(); m.Exceptable || m.Ref == "" {
		t.Errorf("%+v", m)
	}
}
