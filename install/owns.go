package install

import "os"

// Owns says whether whoever runs this owns a file.
func Owns(name string) bool { return owner(name) == os.Geteuid() }
