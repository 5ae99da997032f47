package report

import (
	"reflect"
	"strconv"
	"strings"

	"countersign/policy"
)

// escaped gives a copy of a decision in which every text went through escape, so that nothing below
// can forget one.
func escaped(d policy.Decision) policy.Decision {
	return eachText(d, func(_, s string) string { return escape(s) })
}

// eachText gives a copy of a decision with every string in it replaced by what f makes of it. f is
// also told where the string stands in the decision's JSON, as a JSON pointer (RFC 6901). It goes by
// the types, so that a field added to a decision some day is not left out.
func eachText(d policy.Decision, f func(at, s string) string) policy.Decision {
	return replaced(reflect.ValueOf(d), "", f).Interface().(policy.Decision)
}

func replaced(v reflect.Value, at string, f func(at, s string) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(f(at, v.String())).Convert(v.Type())
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(replaced(v.Elem(), at, f))
		return c
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(replaced(v.Index(i), at+"/"+strconv.Itoa(i), f))
		}
		return c
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			c.Field(i).Set(replaced(v.Field(i), at+"/"+name, f))
		}
		return c
	default: // numbers and truth values
		return v
	}
}
