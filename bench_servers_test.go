package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What servers do, on one real history: many release branches, many people, changes of the policy, merges in number.
// COUNTERSIGN_BEFORE names the program of an earlier build to compare with.

const zero = "0000000000000000000000000000000000000000"

// releases makes protected branches all over the history.
func releases(n int) string {
	return fmt.Sprintf(`git rev-list --first-parent main >../line; n=$(wc -l <../line)
		for i in $(seq %d); do echo create refs/heads/release/r$i $(sed -n $((i * n / %d + 1))p ../line); done | git update-ref --stdin
		git pack-refs --all`, n, n+1)
}

// holds fails unless the repository has so many release branches.
func (s *bench) holds(b *testing.B, releases int) {
	b.Helper()
	if n := strings.Count(s.run(b, "git", "-C", s.repo, "for-each-ref", "refs/heads/release/")+"\n", "\n"); n != releases {
		b.Fatalf("the repository has %d release branches, not %d", n, releases)
	}
}

// BenchmarkReleaseBranches is a push of one commit, and one of a new release branch, beside release branches that
// were adopted, after policy check --prepare.
func BenchmarkReleaseBranches(b *testing.B) {
	for _, history := range histories(b) {
		for _, n := range []int{16, 101, 250} {
			s := newBench(b, history, 1, releases(n))
			s.holds(b, n)
			s.run(b, s.program, "policy", "check", "--prepare", "--repository", s.repo)
			revList := gitOf("rev-list", s.new, "--not", s.old)
			name := fmt.Sprintf("%s/%d", filepath.Base(history), n)
			b.Run(name+"/commit", func(b *testing.B) {
				s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), revList, nil)
			})
			b.Run(name+"/branch", func(b *testing.B) {
				s.compare(b, hookOf(zero+" "+s.old+" refs/heads/release/new\n"), revList, nil)
			})
		}
	}
}

// BenchmarkPolicyComment is the first push after a change of the policy that leaves classes and keys alone.
func BenchmarkPolicyComment(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 1)
			n := 0
			s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("rev-list", s.new, "--not", s.old), func(repo string) {
				n++
				s.addToPolicy(b, repo, fmt.Sprintf("# comment %d\n", n))
			})
		})
	}
}

// BenchmarkPrincipals is a push of one commit where many people may sign.
func BenchmarkPrincipals(b *testing.B) {
	for _, n := range []int{100, 490, 1990} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newBench(b, histories(b)[0], 1)
			var people strings.Builder
			for i := range n {
				fmt.Fprintf(&people, "\n[[principal]]\nname = \"p%d\"\nrole = \"contributor\"\nemails = [\"p%d@example.org\"]\n"+
					"introduced-by = \"ann\"\n", i, i)
			}
			s.addToPolicy(b, s.repo, people.String())
			s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("rev-list", s.new, "--not", s.old), nil)
		})
	}
}

// BenchmarkPushMerges is a push of merges of side branches, all signed, of which every second has a file that both sides
// changed.
func BenchmarkPushMerges(b *testing.B) {
	s := newSigned(b, 600, 3)
	b.Run("200", func(b *testing.B) {
		s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("log", "--raw", "-z", s.new, "--not", s.old), nil)
	})
}

// BenchmarkVerify judges signed commits, one in fourteen a merge, and the last of them alone, against git reading them.
// The floor is git's reading and the bare signatures. With 50,000 it makes the repository for some minutes.
func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct {
		name   string
		n      int
		keygen []string
	}{{"1000", 1000, nil}, {"10000", 10000, nil}, {"50000", 50000, nil}, {"rsa4096", 10000, []string{"-t", "rsa", "-b", "4096"}}} {
		b.Run(c.name, func(b *testing.B) {
			s := newSigned(b, c.n, 14, c.keygen...)
			s.run(b, "sh", "-ec", `cd "$1"; git update-ref refs/heads/main "$2~1"; "$3" policy check --prepare
				git update-ref refs/heads/main "$2"; git commit-graph write --reachable`, "sh", s.repo, s.new, s.program)
			reading := func(_, repo string) *exec.Cmd {
				return shell(`git -C "$1" rev-list "$2" | git -C "$1" cat-file --batch`, repo, s.new)
			}
			b.Run("all", func(b *testing.B) {
				now, read := s.compare(b, subcommand("verify", s.old+".."+s.new, "--ref", "refs/heads/main"), reading, nil)
				n, err := strconv.Atoi(s.run(b, "git", "-C", s.repo, "rev-list", "--count", s.new, "--not", s.old))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric((read+s.bare(b, n))/now, "floor/cpu")
			})
			b.Run("last", func(b *testing.B) {
				s.compare(b, subcommand("verify", s.new+"~1.."+s.new, "--ref", "refs/heads/main"), reading, nil)
			})
		})
	}
}

// BenchmarkVerifyAdopted judges one commit on a history that was adopted.
func BenchmarkVerifyAdopted(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 1, "git commit-graph write --reachable")
			s.run(b, s.program, "policy", "check", "--prepare", "-C", s.repo)
			s.run(b, "git", "-C", s.repo, "update-ref", "refs/heads/main", s.new)
			s.compare(b, subcommand("verify", s.old+".."+s.new, "--ref", "refs/heads/main"), gitOf("rev-list", s.new, "--not", s.old), nil)
		})
	}
}

// BenchmarkPrepare counts everybody's tenure anew, after a change of people, on 101 protected branches that have commits
// of their own, without a commit-graph.
func BenchmarkPrepare(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 0, releases(101))
			s.run(b, "sh", "-ec", `cd "$1"; for i in $(seq 101); do at=$(git rev-parse refs/heads/release/r$i)
					echo update refs/heads/release/r$i $(git commit-tree -S -p $at -m own $at^{tree}); done | git update-ref --stdin
				git pack-refs --all; "$2" policy check --prepare`, "sh", s.repo, s.program)
			s.holds(b, 101)
			n := 0
			s.compare(b, subcommand("policy", "check", "--prepare"), gitOf("rev-list", "--count", "--all"), func(repo string) {
				n++
				s.addToPolicy(b, repo, fmt.Sprintf("\n[[principal]]\nname = \"p%d\"\nrole = \"reviewer\"\nemails = [\"p%d@example.org\"]\n", n, n))
			})
		})
	}
}

// addToPolicy adds text to the end of the policy of a repository.
func (s *bench) addToPolicy(b *testing.B, repo, text string) {
	b.Helper()
	f, err := os.OpenFile(filepath.Join(repo, "countersign", "policy.toml"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
}
