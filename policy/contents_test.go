package policy

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// follows are the fields of a policy that Contents leaves out, since they follow from others.
var follows = []string{"files", "carries", "byName", "byEmail"}

// Whatever a policy says, Contents changes with it: each field, those that are made later as well. Where this fails,
// a new field of a kind that JSON doesn't show is missing from the sum.
func TestContentsChangeWithEachField(t *testing.T) {
	t.Parallel()
	const text = "version = 1\n[signatures]\nssh-revoked = [\"keys/revoked.krl\"]\n" +
		"[x509]\ntrusted-roots = [\"keys/company.pem\"]\n" + alice
	of := func(p *Policy) string {
		t.Helper()
		sum, err := p.Contents()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	was := of(mustLoad(t, text))
	if is := of(mustLoad(t, text)); is != was {
		t.Fatal("the same policy has other contents when it is read again")
	}
	changed := 0
	for i := range reflect.TypeFor[Policy]().NumField() {
		field := reflect.TypeFor[Policy]().Field(i)
		switch {
		case slices.Contains(follows, field.Name):
			continue
		case field.Name == "floor":
			p := mustLoad(t, text)
			if p.floor = true; of(p) == was {
				t.Error("a floor has the contents of a policy")
			}
			continue
		case field.Name == "Classes":
			p := mustLoad(t, text)
			p.Classes = new(Classes)
			if of(p) == was {
				t.Error("other classes aren't seen")
			}
			continue
		case !field.IsExported():
			t.Errorf("Contents says nothing of %s: is it one of those that follow from others?", field.Name)
			continue
		}
		for n := 0; ; n++ {
			p := mustLoad(t, text)
			left := n
			place := change(reflect.ValueOf(p).Elem().Field(i), &left, field.Name)
			if place == "" {
				break
			}
			if changed++; of(p) == was {
				t.Errorf("another %s isn't seen", place)
			}
		}
	}
	if changed < 80 {
		t.Errorf("only %d fields were changed", changed)
	}
}

// change changes the left-th value that is in another, and says where; "" where there are fewer.
func change(v reflect.Value, left *int, place string) string {
	here := func(set func()) string {
		if *left--; *left >= 0 {
			return ""
		}
		set()
		return place
	}
	switch v.Interface().(type) {
	case time.Time:
		return here(func() { v.Set(reflect.ValueOf(time.Unix(12345, 0))) })
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				panic(fmt.Sprintf("%s.%s isn't exported: JSON doesn't show it", place, v.Type().Field(i).Name))
			}
			if at := change(v.Field(i), left, place+"."+v.Type().Field(i).Name); at != "" {
				return at
			}
		}
		return ""
	case reflect.Slice:
		if v.Len() == 0 {
			return here(func() { v.Set(reflect.MakeSlice(v.Type(), 1, 1)) })
		}
		for i := range v.Len() {
			if at := change(v.Index(i), left, fmt.Sprintf("%s[%d]", place, i)); at != "" {
				return at
			}
		}
		return here(func() { v.Set(v.Slice(0, v.Len()-1)) })
	case reflect.Pointer:
		if v.IsNil() {
			return here(func() { v.Set(reflect.New(v.Type().Elem())) })
		}
		if at := change(v.Elem(), left, place); at != "" {
			return at
		}
		return here(func() { v.SetZero() })
	case reflect.Bool:
		return here(func() { v.SetBool(!v.Bool()) })
	case reflect.String:
		return here(func() { v.SetString(v.String() + "x") })
	case reflect.Int, reflect.Int64, reflect.Int32:
		return here(func() { v.SetInt(v.Int() + 1) })
	case reflect.Uint8:
		return here(func() { v.SetUint(v.Uint() ^ 1) })
	default:
		panic(fmt.Sprintf("%s is a %s, which this test doesn't know how to change", place, v.Type()))
	}
}
