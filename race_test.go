//go:build race

package main

// raced says that this binary has the race detector in it.
const raced = true
