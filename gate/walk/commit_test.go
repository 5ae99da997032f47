package walk

import (
	"strings"
	"testing"
)

func TestTitleIsTheWholeFirstParagraph(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for message, want := range map[string]string{
		"":                                     "",
		"\n\n":                                 "",
		"a":                                    "a",
		"a\n\nb":                               "a\n",
		"\n \t\n\r\na into b\nc\n\nd into e\n": "a into b\nc\n",
		"a\r\n\r\nb":                           "a\r\n",
		"  a " + long + " into b\n \nc":        "a " + long + " into b\n",
	} {
		if got := title([]byte(message)); got != want {
			t.Errorf("title(%.40q) = %.40q, want %.40q", message, got, want)
		}
	}
}
