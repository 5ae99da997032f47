package odb

import (
	"slices"
	"testing"
)

func TestAlternatesList(t *testing.T) {
	for list, want := range map[string][]string{
		"":                             nil,
		"/a":                           {"/a"},
		"/a:/b":                        {"/a", "/b"},
		"::/a:":                        {"/a"},
		"#/a:/b":                       {"/b"},
		`"/a:b":/c`:                    {"/a:b", "/c"},
		`/c:"/a\\b\"\t\303\251":/d`:    {"/c", "/a\\b\"\té", "/d"},
		`"/not closed:/b`:              {`"/not closed`, "/b"},
		`"/odd escape\q":/b`:           {`"/odd escape\q"`, "/b"},
		`"/octal \400":/b`:             {`"/octal \400"`, "/b"},
		`"/ends in \`:                  {`"/ends in \`},
		"/quote in \"the middle\":/b":  {"/quote in \"the middle\"", "/b"},
		`"\a\b\f\n\r\t\v\\\"\001\377"`: {"\a\b\f\n\r\t\v\\\"\x01\xff"},
	} {
		if got := Alternates(list, ":"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}
