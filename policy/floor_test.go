package policy

import (
	"reflect"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A setting that WithFloor forgot would be asked by no floor. An empty floor is as lax as a policy can be, and this one
// asks more by each setting: of the lax one it has to make the same.
func TestFloorWeighsEverySetting(t *testing.T) {
	strict := reflect.ValueOf(Policy{
		Protect: Protect{Refs: []string{"refs/heads/main"}},
		Signatures: Signatures{
			Kinds: []string{"ssh"}, Tags: true, Identity: "committer", MergesApprove: "none", ClockSkew: time.Second,
			EndGrace: time.Second, UserVerified: true, RevokedSSH: []File{{Name: "revoked"}}, Trailing: "none",
		},
		X509:          X509{CRLs: []File{{Name: "crl"}}, Transparency: "embedded"},
		Push:          Push{Certificate: "required"},
		Quorum:        Quorum{Maintainers: 3, CoolDown: time.Hour},
		Introductions: Introductions{SiblingsApart: time.Hour},
		Limits:        Limits{Commits: 1, Blob: 1, Message: 1, Time: time.Second},
	})
	others := []string{
		"Signatures.Require", "Tenure.Settling", "Tenure.MaxLandingAge", // the floor judges by its own
		"X509.Roots", "X509.Log", "X509.Timeout", // whom to trust, and how to ask it, the policy in the tree says
		"Adoption.Commits", "Adoption.CreditClaims", "Journal.File", "Journal.Rotate", // nothing that is asked of a push
	}
	for _, section := range reflect.VisibleFields(strict.Type()) {
		if !section.IsExported() || section.Type.Kind() != reflect.Struct {
			continue
		}
		for i := range section.Type.NumField() {
			name := section.Name + "." + section.Type.Field(i).Name
			if slices.Contains(others, name) {
				continue
			}
			lax, err := LoadFloor(fstest.MapFS{FloorFile: {}})
			if err != nil {
				t.Fatal(err)
			}
			floor := *lax
			want := strict.FieldByName(section.Name).Field(i)
			if reflect.DeepEqual(want.Interface(), reflect.ValueOf(lax).Elem().FieldByName(section.Name).Field(i).Interface()) {
				t.Errorf("%s of an empty floor is as strict as can be", name)
			}
			reflect.ValueOf(&floor).Elem().FieldByName(section.Name).Field(i).Set(want)
			got := reflect.ValueOf(lax.WithFloor(&floor)).Elem().FieldByName(section.Name).Field(i)
			if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
				t.Errorf("%s (-floor +policy):\n%s", name, diff)
			}
		}
	}
}
