package install

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// OtherOwner gives the name of the user who owns a file or, where that can't be looked at, the folder above it; "" if
// that is who runs this.
func OtherOwner(path string) string {
	id := owner(path)
	for ; id < 0 && path != filepath.Dir(path); id = owner(path) {
		path = filepath.Dir(path)
	}
	if id < 0 || id == os.Getuid() {
		return ""
	}
	return userName(id)
}

// userName gives what a user is called.
func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return "#" + strconv.Itoa(id) // as sudo takes it, too
}

// stranger says who has to install here, if it is somebody else.
func (f *Facts) stranger() error {
	if f.owner == f.user {
		return nil
	}
	return StrangerError{Owner: userName(f.owner), User: userName(f.user), Path: f.GitDir}
}

// StrangerError says that whoever runs a command isn't the user who owns a repository.
type StrangerError struct{ Owner, User, Path string }

// Error says whose it is.
func (e StrangerError) Error() string {
	return fmt.Sprintf("%s belongs to the user %s, as whom its hook runs, and this is %s", e.Path, e.Owner, e.User)
}

// Stranger says, for a repository, that whoever runs this can't try what its hook does as it does: nil for its owner
// and, where it is shared, for others who aren't root.
func Stranger(f Facts) error {
	if f.owner != f.user && (f.user == 0 || !modesFor(f.sharing).shared()) {
		return f.stranger()
	}
	return nil
}

// Owns says whether whoever runs this owns a file.
func Owns(name string) bool { return owner(name) == os.Geteuid() }
