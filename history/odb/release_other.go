//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package odb

// release does nothing: here the kernel takes back by itself the memory in which a file is mapped.
func release([]byte) {}
