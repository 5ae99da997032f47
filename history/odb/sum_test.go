package odb

import (
	"testing"
)

// TestSum has the names that git hash-object gives.
func TestSum(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{
		20: "ce013625030ba8dba906f756967f9e9ca394464a",
		32: "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4",
	} {
		s := NewSum(size, 6)
		_, _ = s.Write([]byte("hello\n"))
		if name, err := s.Name(); err != nil || name.String() != want {
			t.Errorf("%d bytes: %s, %v; want %s", size, name, err, want)
		}
	}
}
