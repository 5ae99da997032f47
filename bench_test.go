package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benchmarks run the built program as Git would, and git itself in the same run, and print
// ratios: absolute times say more about the machine than about the program.
//
//	go test -run '^$' -bench . -benchtime 20x .
//
// COUNTERSIGN_HISTORIES names a folder of fast-import streams (xz.fi.gz) and bare repositories (git.git) of real
// histories; without it the small ones in testdata/history serve.

// bench is a bare repository of a real history behind the gate, with one signed commit more than
// its main branch has.
type bench struct {
	dir, program, repo string
	old, new           string
}

func histories(b *testing.B) []string {
	dir := os.Getenv("COUNTERSIGN_HISTORIES")
	if dir == "" {
		dir = "testdata/history"
	}
	var found []string
	for _, pattern := range []string{"*.fi*", "*.git"} {
		some, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			b.Fatal(err)
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		b.Fatalf("no history in %s", dir)
	}
	return found
}

// newBench makes the repository. Each of prepare is a shell script that runs in it before the gate is installed, and so
// before what is there is adopted; $1 is its main branch.
func newBench(b *testing.B, history string, commits int, prepare ...string) *bench {
	b.Helper()
	return newBenchWith(b, []string{"-t", "ed25519"}, history, commits, prepare...)
}

// newBenchWith is newBench with a key as ssh-keygen(1) makes it by some arguments.
func newBenchWith(b *testing.B, keygen []string, history string, commits int, prepare ...string) *bench {
	b.Helper()
	s := &bench{dir: b.TempDir()}
	s.program = filepath.Join(s.dir, "countersign")
	s.repo = filepath.Join(s.dir, "repo.git")
	for _, v := range [][2]string{
		{"GIT_CONFIG_GLOBAL", filepath.Join(s.dir, "gitconfig")},
		{"GIT_CONFIG_NOSYSTEM", "1"},
		{"GIT_AUTHOR_NAME", "Ann"},
		{"GIT_AUTHOR_EMAIL", "ann@example.org"},
		{"GIT_COMMITTER_NAME", "Ann"},
		{"GIT_COMMITTER_EMAIL", "ann@example.org"},
	} {
		b.Setenv(v[0], v[1])
	}
	build := exec.Command("go", "build", "-o", s.program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	s.must(b, build)
	key := filepath.Join(s.dir, "key")
	s.run(b, append([]string{"ssh-keygen", "-q", "-N", "", "-f", key}, keygen...)...)
	const config = "[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tallowedSignersFile = %q\n[user]\n\tsigningKey = %q\n[safe]\n\tdirectory = *\n"
	write(b, filepath.Join(s.dir, "gitconfig"), fmt.Sprintf(config, s.dir+"/allowed", key)) // quoted: a path may have a # in it
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(s.dir, "allowed"), "ann@example.org "+string(public))

	if strings.HasSuffix(history, ".git") {
		s.run(b, "cp", "-r", history, s.repo)
	} else {
		s.run(b, "git", "init", "-q", "--bare", "--initial-branch=main", s.repo)
		s.run(b, "sh", "-c", `case $1 in *.gz) zcat "$1";; *) cat "$1";; esac | git -C "$2" fast-import --quiet`,
			"sh", history, s.repo)
	}
	s.run(b, "git", "-C", s.repo, "pack-refs", "--all")
	s.old = s.run(b, "git", "-C", s.repo, "rev-parse", "refs/heads/main")
	s.new = s.old
	for i := range commits {
		blob := exec.Command("git", "-C", s.repo, "hash-object", "-w", "--stdin")
		blob.Stdin = strings.NewReader(fmt.Sprintln("content", i))
		id := strings.TrimSpace(s.must(b, blob))
		index := "GIT_INDEX_FILE=" + filepath.Join(s.dir, "index")
		if i == 0 {
			s.run(b, "env", index, "git", "-C", s.repo, "read-tree", s.old)
		}
		s.run(b, "env", index, "git", "-C", s.repo, "update-index", "--add", "--cacheinfo", "100644,"+id+",src/added.c")
		tree := s.run(b, "env", index, "git", "-C", s.repo, "write-tree")
		s.new = s.run(b, "git", "-C", s.repo, "commit-tree", "-S", "-p", s.new, "-m", "change", tree)
	}
	if commits > 100 { // git-receive-pack keeps a push that big as the pack it came in (receive.unpackLimit)
		s.run(b, "sh", "-ec", `cd "$1"
			printf '%s\n^%s\n' "$2" "$3" | git pack-objects --revs --thin --stdout -q >../push
			find objects -path 'objects/??/*' -delete
			git index-pack --stdin --fix-thin <../push`, "sh", s.repo, s.new, s.old)
	}
	for _, script := range prepare {
		s.run(b, "sh", "-ec", `cd "$2"`+"\n"+script, "sh", s.old, s.repo)
	}
	s.run(b, s.program, "install", "--server", s.repo)
	policy := filepath.Join(s.repo, "countersign", "policy.toml")
	f, err := os.OpenFile(policy, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(f, "\n[[principal]]\nname = \"ann\"\nrole = \"maintainer\"\nemails = [\"ann@example.org\"]\nkeys = [{ ssh = %q }]\n", strings.TrimSpace(string(public)))
	fmt.Fprintf(f, "\n[[principal]]\nname = \"ben\"\nrole = \"reviewer\"\nemails = [\"ben@example.org\"]\n")
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	s.run(b, s.program, "policy", "check", "--repository", s.repo)
	return s
}

func (s *bench) run(b *testing.B, args ...string) string {
	b.Helper()
	return strings.TrimSpace(s.must(b, exec.Command(args[0], args[1:]...)))
}

func (s *bench) must(b *testing.B, cmd *exec.Cmd) string {
	b.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, errs.Bytes())
	}
	return out.String()
}

// hookLines runs the hook for a push of some lines, as git-receive-pack does.
func (s *bench) hookLines(b *testing.B, lines string) {
	b.Helper()
	s.must(b, hookOf(lines)(s.program, s.repo))
}

// logSignatures has git say who signed, with the program that its configuration names for each commit, and gives the
// processor time that this takes, in milliseconds.
func (s *bench) logSignatures(b *testing.B) float64 {
	cmd := exec.Command("git", "-C", s.repo, "log", "--format=%G?", s.new, "--not", s.old)
	if out := s.must(b, cmd); strings.Trim(out, "G\n") != "" {
		b.Fatalf("git takes not all signatures for good: %q", out)
	}
	return float64((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Microseconds()) / 1000
}

func median(ds []time.Duration) float64 {
	slices.Sort(ds)
	return float64(ds[len(ds)/2].Microseconds()) / 1000
}

// BenchmarkPushOneCommit is the hook for a push of one commit, process start to exit, against the least that any hook
// can do: list what is new.
func BenchmarkPushOneCommit(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 1)
			s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("rev-list", s.new, "--not", s.old), nil)
		})
	}
}

// BenchmarkPushThousandCommits is a push of 1,000 SSH-signed commits, judged in full, against git log
// --format=%G? of them.
func BenchmarkPushThousandCommits(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 1000)
			now, _ := s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("rev-list", s.new, "--not", s.old), nil)
			b.ReportMetric(s.logSignatures(b)/now, "log-G/cpu")
		})
	}
}

// BenchmarkGuard is what the guard costs: the processor time of git commands with it against the same without, and with a
// hook that ends at once, which is the least for any hook.
func BenchmarkGuard(b *testing.B) {
	s := newBench(b, histories(b)[0], 0)
	s.run(b, s.program, "install", "--server", s.repo, "--guard")
	s.run(b, "sh", "-ec", `git clone -q --bare "$1" "$2/clone"
		for i in $(seq 1000); do git -C "$2/clone" tag -s -m tag guarded$i main; done`, "sh", s.repo, s.dir)
	const loose = `for i in $(seq 1000); do echo create refs/tags/loose$i $(git rev-parse main); done | git -c core.hooksPath=/dev/null update-ref --stdin`
	for _, c := range []struct{ name, prepare, measured string }{
		{"unprotected-update-ref", "", "for i in 1 2 3 4 5 6 7 8; do git update-ref refs/heads/topic$i main; done"},
		{"unprotected-push", "", `for i in 1 2 3 4 5 6 7 8; do git -C ../clone push -q "$PWD" main:refs/heads/topic$i; done`},
		{"protected-no-op", "id=$(git rev-parse main); echo $id >refs/heads/main", "for i in 1 2 3 4 5 6 7 8; do git update-ref refs/heads/main main; done"},
		{"protected-packed-no-op", "", "for i in 1 2 3 4 5 6 7 8; do git update-ref refs/heads/main main; done"},
		{"pack-refs-1000-loose", loose, "git pack-refs --all"},
		{"gc-1000-loose", loose, "git gc -q"},
		{"push-1000-protected-tags", "", `git -C ../clone push -q "$PWD" --tags`},
	} {
		b.Run(c.name, func(b *testing.B) {
			times := make(map[string][]time.Duration)
			for b.Loop() {
				for name, hook := range map[string]string{
					"without": "rm -r hooks/reference-transaction countersign/tickets",
					"exits":   "rm -r countersign/tickets; printf '#!/bin/sh\\nexit 0\\n' >hooks/reference-transaction",
					"guard":   "",
				} {
					s.run(b, "sh", "-ec", `rm -rf "$1/work.git"; cp -r "$1/repo.git" "$1/work.git"; cd "$1/work.git"; eval "$2"; eval "$3"`, "sh", s.dir, c.prepare, hook)
					cmd := exec.Command("sh", "-ec", c.measured)
					cmd.Dir = filepath.Join(s.dir, "work.git")
					s.must(b, cmd)
					times[name] = append(times[name], cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
				}
			}
			b.ReportMetric(median(times["guard"])/median(times["without"]), "guard/without")
			b.ReportMetric(median(times["exits"])/median(times["without"]), "exits/without")
			b.ReportMetric(median(times["guard"]), "guard-cpu-ms")
		})
	}
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}
