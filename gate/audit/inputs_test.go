package audit

import (
	"reflect"
	"testing"

	"countersign/gate/settle"
)

// Whatever answers lean on is one of the inputs, or keeps a run from being remembered: what is added later as well.
func TestEachLeanIsAnInput(t *testing.T) {
	t.Parallel()
	v := &verification{Wanted: Wanted{Spec: "main"}, audits: []Audit{{Ref: "refs/heads/main", Read: "refs/heads/main"}}}
	counts := func(l settle.Leans) bool {
		for _, in := range inputs {
			if in.name != "said" && in.leans != nil && in.leans(v, l) {
				return true
			}
		}
		return fleeting(l)
	}
	if counts(settle.Leans{}) {
		t.Error("who leans on nothing leans on something")
	}
	for i := range reflect.TypeFor[settle.Leans]().NumField() {
		var l settle.Leans
		switch field := reflect.ValueOf(&l).Elem().Field(i); field.Kind() {
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Map:
			field.Set(reflect.ValueOf(map[string]bool{"refs/heads/other": true}))
		default:
			t.Fatalf("a %s: say in this test how it is leaned on", field.Type())
		}
		if !counts(l) {
			t.Errorf("%s changes nothing", reflect.TypeFor[settle.Leans]().Field(i).Name)
		}
	}
	for ref, want := range map[string]bool{"refs/heads/main": false, "refs/heads/other": true} {
		if got := counts(settle.Leans{Elsewhere: map[string]bool{ref: true}}); got != want {
			t.Errorf("an approval for %s, which has the commit, is leaned on: %v", ref, got)
		}
		if !counts(settle.Leans{Elsewhere: map[string]bool{ref: false}}) {
			t.Errorf("an approval for %s, which doesn't have the commit, isn't leaned on", ref)
		}
	}
}
