package policy

import (
	"testing"
	"time"
)

func TestJudgeTag(t *testing.T) {
	p := world()
	p.Signatures.Tags = true
	p.Tenure.MaxLandingAge = 7 * 24 * time.Hour
	for name, c := range map[string]struct {
		change func(*Tag)
		want   []Code
	}{
		"a release":                  {func(*Tag) {}, nil},
		"lightweight":                {func(t *Tag) { t.Kind = "commit" }, []Code{TagLightweight}},
		"too deep":                   {func(t *Tag) { t.Leads = "" }, []Code{RefNotCommit}},
		"by another name":            {func(t *Tag) { t.Name = "v2" }, []Code{TagName}},
		"not signed":                 {func(t *Tag) { t.Signature = Signature{Status: "missing"} }, []Code{TagUnsigned}},
		"by nobody's key":            {func(t *Tag) { t.Signature = Signature{Status: "unknown-key"} }, []Code{TagUnsigned}},
		"by a status of the future":  {func(t *Tag) { t.Signature.Status = "GOOD" }, []Code{TagUnsigned}},
		"a kind that isn't accepted": {func(t *Tag) { t.Signature.Kind = "x509" }, []Code{SignatureUnsupported}},
		"by a contributor":           {func(t *Tag) { t.Signature = good("con") }, []Code{SignerRole}},
		"a contributor's, of that kind": {func(t *Tag) {
			t.Signature = good("con")
			t.Signature.Kind = "x509"
		}, []Code{SignerRole}},
		"by whom nobody knows":      {func(t *Tag) { t.Signature = good("nobody") }, []Code{SignerRole}},
		"with another's address":    {func(t *Tag) { t.Tagger.Email = "jia@example.org" }, []Code{SignerMismatch}},
		"ahead of the clock":        {func(t *Tag) { t.Tagger.When += day }, []Code{DateFuture}},
		"of long ago":               {func(t *Tag) { t.Tagger.When -= 8 * day }, []Code{DateTooOld}},
		"of long ago, restored":     {func(t *Tag) { t.Tagger.When, t.Restored = t0-8*day, true }, nil},
		"of long ago, here already": {func(t *Tag) { t.Tagger.When, t.Received = t0-8*day, 0 }, nil},
		"here, ahead of the clock":  {func(t *Tag) { t.Tagger.When, t.Received = t0+day, 0 }, []Code{DateFuture}},
		"here, and nobody's clock":  {func(t *Tag) { t.Tagger.When, t.Received, t.Now = t0+day, 0, 0 }, nil},
	} {
		tag := Tag{
			Ref: "refs/tags/v1", Shown: "refs/tags/v1", ID: "1", Kind: "tag", Leads: "commit", Name: "v1", Target: "c",
			Tagger: by("lasse"), Signature: good("lasse"), Received: t0, Now: t0,
		}
		tag.Tagger.When = t0
		c.change(&tag)
		wantCodes(t, p.JudgeTag(tag), c.want...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	p.Signatures.Tags = false
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "commit"}))
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "tag", Leads: "commit"}))
	wantCodes(t, p.JudgeTag(Tag{Ref: "refs/tags/v1", Kind: "tag"}), RefNotCommit)
}

// Git allows names that a shell would obey: those are left to the reader.
func TestTagAgain(t *testing.T) {
	for name, want := range map[string]string{"v1.0": "v1.0", "a/b": "a/b", "-f": "NAME", "$(id)": "NAME", "a b": "NAME"} {
		if got := (Tag{Shown: "refs/tags/" + name}).Again(); got != "git tag -s -f "+want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
