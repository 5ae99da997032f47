// Package varint has the numbers of variable length that packs and reftables share: gitformat-pack(5), offset encoding.
package varint

import "math"

// Read reads the number that b begins with, and gives how many bytes it has: none if it is cut short or too large.
func Read(b []byte) (v int64, n int) {
	for i, c := range b {
		v |= int64(c & 0x7f)
		if c&0x80 == 0 {
			return v, i + 1
		}
		if v >= math.MaxInt64>>8 {
			return 0, 0
		}
		v = (v + 1) << 7
	}
	return 0, 0
}
