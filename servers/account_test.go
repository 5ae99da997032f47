//go:build servers

package servers

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"testing"
)

// root says whether this may make users of the system, and if not that the test isn't run.
func root(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Logf("NOT RUN: %s needs root, to make users of the system", t.Name())
		return false
	}
	return true
}

// newAccount makes a user of the system, with a group of theirs and a home in the world's folder. Both are gone when
// the test ends.
func (w *world) newAccount(name string) *account {
	w.Helper()
	name = fmt.Sprintf("cs%d-%s", os.Getpid(), name)
	w.sh(nil, `useradd -U -M -d "$1" -s /bin/sh -p '*' "$2" && install -d -o "$2" -g "$2" "$1"`,
		w.path("home/"+name), name)
	w.Cleanup(func() { w.sh(nil, `userdel "$1" >userdel.log 2>&1 || userdel -f "$1"`, name) })
	made, err := user.Lookup(name)
	w.check(err)
	uid, err := strconv.ParseUint(made.Uid, 10, 32)
	w.check(err)
	gid, err := strconv.ParseUint(made.Gid, 10, 32)
	w.check(err)
	return &account{name: name, uid: uint32(uid), gid: uint32(gid), home: made.HomeDir}
}

// newGroup makes a group of accounts.
func (w *world) newGroup(name string, members ...*account) uint32 {
	w.Helper()
	name = fmt.Sprintf("cs%d-%s", os.Getpid(), name)
	w.sh(nil, `groupadd "$1"`, name)
	w.Cleanup(func() { w.sh(nil, `groupdel "$1"`, name) })
	made, err := user.LookupGroup(name)
	w.check(err)
	gid, err := strconv.ParseUint(made.Gid, 10, 32)
	w.check(err)
	for _, a := range members {
		w.sh(nil, `usermod -a -G "$1" "$2"`, name, a.name)
		a.groups = append(a.groups, uint32(gid))
	}
	return uint32(gid)
}
