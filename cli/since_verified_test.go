package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// withSince says of each flag of verify how --since-verified takes it into account.
var withSince = map[string]string{
	"repository": "it is another repository, with refs, a policy and a journal of its own",
	"policy":     "all that it says is in the digest of the policy",
	"reader":     "it is in the name of the program",
	"journal":    "its records are, where somebody leaned on them; it is compared each time",
	"ref":        "it is among the refs that were asked about",

	"pull": "refused", "signatures-only": "refused", "all-commits": "refused", "attest": "refused",
	"service": "for --pull", "keys": "for --signatures-only",
	"attest-key": "for --attest", "attest-of": "for --attest", "attest-as": "for --attest",

	"format": "it is how a verdict is shown", "all": "it is how a verdict is shown", "since-verified": "itself",
	"help": "nothing is judged",
}

// A flag that is new must say how it goes with what was remembered without it.
func TestEachFlagOfVerifyIsRemembered(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	env := Env{
		Args: []string{"verify", "--help"}, Stdin: &out, Stdout: &out, Stderr: &out, Now: time.Now,
		Getenv: func(string) string { return "" }, Dir: t.TempDir(),
	}
	cmd := verifyCommand(env.printing())
	cmd.InitDefaultHelpFlag()
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		known = append(known, f.Name)
		switch is := withSince[f.Name]; {
		case is == "":
			t.Errorf("--%s: how does --%s go with it?", f.Name, sinceName)
		case is == "refused":
			s := &sinceVerified{file: "x"}
			err := s.alone(map[string]bool{"--" + f.Name: true})
			if err == nil || !strings.Contains(err.Error(), "--"+f.Name) {
				t.Errorf("--%s isn't refused: %v", f.Name, err)
			}
		}
	})
	for name := range withSince {
		if !slices.Contains(known, name) {
			t.Errorf("verify has no --%s", name)
		}
	}
}

// A program names itself by what it is and what its libraries are told.
func TestProgramIsNamed(t *testing.T) {
	t.Parallel()
	with := func(godebug string) string {
		name, err := Env{Getenv: func(name string) string {
			return map[string]string{"GODEBUG": godebug}[name]
		}}.program()
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	plain, again, told := with(""), with(""), with("x509sha1=1")
	if plain != again || plain == told || len(plain) < 64 {
		t.Errorf("it is called %q, then %q, and with GODEBUG %q", plain, again, told)
	}
}
