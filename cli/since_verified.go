package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate/audit"
	"countersign/gate/verified"
	"countersign/internal/regular"
)

// sinceVerified is the file of what earlier runs found nothing against: the value of the flag of that name.
type sinceVerified struct {
	file  string
	since *audit.Since // nil where the flag isn't given
	next  *newFile
}

const sinceName = "since-verified"

// sinceFlag gives a command that flag.
func sinceFlag(cmd *cobra.Command) *sinceVerified {
	s := valued(cmd, new(sinceVerified), sinceName,
		"judge only what is new since the run that wrote this `FILE`, and write it anew once all is accepted")
	_ = cmd.MarkFlagFilename(sinceName)
	return s
}

func (s *sinceVerified) String() string { return s.file }
func (*sinceVerified) Type() string     { return "file" }

// Set takes the name of a file.
func (s *sinceVerified) Set(name string) error {
	if name == "" {
		return errors.New("want a file")
	}
	s.file = name
	return nil
}

// sinceHelp is what verify's help says of it.
const sinceHelp = `
With --since-verified, FILE remembers what each ref held when all of it was accepted, and the next run with it judges
what is new, with the verdict and the findings of a run without it. Where anything else changed on which these depend,
as the policy, a key, an approval or this program, all is judged; so it is where a ref went back. FILE is written only
when all is accepted. Who can write it can have anything left out: keep it where only those may write who run this.
`

// with gives what a verification by a reader is told, nil where the flag isn't given.
func (s *sinceVerified) with(reader *choice) *audit.Since {
	if s.since != nil && reader.goGit() {
		s.since.Program += " by go-git"
	}
	return s.since
}

// alone refuses what wants all to be judged by one run.
func (s *sinceVerified) alone(others map[string]bool) error {
	if s.file == "" {
		return nil
	}
	for _, flag := range []string{"A..B", "--pull", "--signatures-only", "--" + allCommitsName, "--attest"} {
		if others[flag] {
			return usage("--%s leaves out what an earlier run judged, and %s is for what one run judges: give one of them",
				sinceName, flag)
		}
	}
	return nil
}

// within reads the file before a command runs, and writes it when that has ended with everything accepted.
func (s *sinceVerified) within(env Env, run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if s.file == "" {
			return run(cmd, args)
		}
		if err := s.begin(cmd.Context(), env); err != nil {
			return err
		}
		defer s.next.drop()
		err := run(cmd, args)
		if err != nil || s.since.Next == nil || env.out.Err() != nil {
			return err
		}
		return s.keep()
	}
}

// begin reads what earlier runs left, and begins the file that takes its place. What can't be trusted says nothing;
// what isn't of this program stays as it is, and is an error.
func (s *sinceVerified) begin(ctx context.Context, env Env) error {
	if err := env.writes("--"+sinceName, s.file); err != nil {
		return err
	}
	name := env.path(s.file)
	s.since = new(audit.Since)
	text, err := s.read(name)
	if err != nil {
		return usage("--%s %s: %w", sinceName, s.file, reason(err))
	}
	if len(text) > 0 {
		if s.since.Was, err = verified.Parse(text); err != nil {
			s.since.Unread = err.Error()
		}
	}
	if s.since.Program, err = env.program(); err != nil {
		return fmt.Errorf("--%s: this program can't be told from others: %w", sinceName, err)
	}
	if s.next, err = createFile(ctx, name); err != nil {
		return usage("--%s %s: %w", sinceName, s.file, noPlace(s.file, name, err))
	}
	return nil
}

// errForeign says that a file would be lost.
var errForeign = errors.New(
	"it isn't a file that this flag has written, and would be lost: name another, or take it away")

// read reads the file, nothing where there is none. What is too large to be one is cut off.
func (s *sinceVerified) read(name string) ([]byte, error) {
	f, _, err := regular.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, regular.ErrNot):
		return nil, errors.New("it isn't a regular file: name one, or one that isn't there yet")
	case err != nil:
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, verified.MaxBytes+1))
	if err == nil && !verified.Looks(text) {
		err = errForeign
	}
	return text, err
}

// keep writes what is clean by now.
func (s *sinceVerified) keep() error {
	text, err := s.since.Next.Text()
	if err == nil {
		_, err = s.next.Write(text)
	}
	if err == nil {
		err = s.next.keep()
	}
	if err != nil {
		return exitError{exitUndecided, fmt.Errorf("--%s %s: %w", sinceName, s.file, reason(err))}
	}
	return nil
}

// program names this program: by what it was built from, where nothing else can have gone into it; else by a hash of
// what runs.
func (e Env) program() (string, error) {
	settings := " GODEBUG=" + e.Getenv("GODEBUG") // which may have a library take what it refuses else
	if info, ok := debug.ReadBuildInfo(); ok {
		b := builtFrom(info, ok)
		unsure := func(m *debug.Module) bool { return m.Sum == "" || m.Replace != nil }
		if b.Revision != "" && !b.Modified && !slices.ContainsFunc(info.Deps, unsure) {
			return info.String() + settings, nil
		}
	}
	f, err := os.Open(filepath.Join(proc, "self", "exe")) // what runs, whatever is in its place by now
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Open(e.Executable)
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)) + settings, nil
}

// isRange says whether what is to be judged is A..B.
func isRange(args []string) bool { return strings.Contains(strings.Join(args, ""), "..") }
