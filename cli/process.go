package cli

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// proc is where the system shows its processes (proc(5)).
const proc = "/proc"

// receiver names the git-receive-pack that this process runs in, as tickets are named: "" for none. A number alone
// is used again by other processes; with the time it began at it is not.
func receiver() string {
	for pid := os.Getppid(); pid > 1; pid = parent(pid) {
		args := command(pid)
		if len(args) == 0 {
			continue
		}
		name := filepath.Base(args[0])
		if name == "git-receive-pack" || name == "git" && slices.Contains(args, "receive-pack") {
			return started(pid)
		}
	}
	return ""
}

// caller gives the command line of the git that runs this hook: the nearest process before us that isn't a shell
// with the hook's script.
func caller() []string {
	for pid := os.Getppid(); pid > 1; pid = parent(pid) {
		if args := command(pid); len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "git") {
			return args
		}
	}
	return nil
}

// account names the user of the system that this process runs as, by a number where they have no name.
func account() string {
	id := strconv.Itoa(os.Geteuid())
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "#" + id
}

func command(pid int) []string {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cmdline"))
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// stat gives the fields of a process from the third on: its name before them may hold anything.
func stat(pid int) []string {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}

func parent(pid int) int {
	fields := stat(pid)
	if len(fields) < 2 {
		return 0
	}
	p, _ := strconv.Atoi(fields[1])
	return p
}

// started gives "PID-STARTTIME", "" where that can't be told.
func started(pid int) string {
	fields := stat(pid)
	if len(fields) < 20 {
		return ""
	}
	return fmt.Sprintf("%d-%s", pid, fields[19])
}

// alive says whether a process, as started names it, still runs.
func alive(process string) bool {
	number, _, _ := strings.Cut(process, "-")
	pid, err := strconv.Atoi(number)
	return err == nil && started(pid) == process
}
