//go:build !race

package gate

// raced says that the race detector, which takes up to ten times as long, is in this binary.
const raced = false
