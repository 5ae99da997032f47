package varint

import "testing"

func TestRead(t *testing.T) {
	for _, test := range []struct {
		bytes string
		v     int64
		n     int
	}{
		{"\x00", 0, 1},
		{"\x7f", 127, 1},
		{"\x80\x00", 128, 2}, // two bytes begin where one ends
		{"\xff\x7f", 16511, 2},
		{"\x80\x80\x00", 16512, 3},
		{"\x05rest", 5, 1},
		{"", 0, 0},
		{"\x80", 0, 0},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 0, 0},
	} {
		if v, n := Read([]byte(test.bytes)); v != test.v || n != test.n {
			t.Errorf("%q: %d of %d bytes, want %d of %d", test.bytes, v, n, test.v, test.n)
		}
	}
}
