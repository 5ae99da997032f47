package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What grows with a repository: its tags, its topics, its journal, what lands in a fortnight.

// BenchmarkPushTags is a push of as many signed tags as git has of releases, on commits all over the history, and one of
// as many branches that nobody protects.
func BenchmarkPushTags(b *testing.B) {
	for _, history := range histories(b) {
		s := newBench(b, history, 0)
		s.run(b, "sh", "-ec", `cd "$1"; git rev-list main >../commits
			n=$(wc -l <../commits); zero=0000000000000000000000000000000000000000
			for i in $(seq 971); do git tag -s -m tag v$i $(sed -n $((i * n / 972 + 1))p ../commits); done
			git for-each-ref --format="$zero %(objectname) %(refname)" 'refs/tags/v*' >../tags
			git for-each-ref --format="$zero %(*objectname) refs/heads/%(refname:short)-fix" 'refs/tags/v*' >../branches
			git for-each-ref --format='delete %(refname)' 'refs/tags/v*' | git update-ref --stdin`, "sh", s.repo)
		for _, what := range []string{"tags", "branches"} {
			lines := s.run(b, "cat", filepath.Join(s.dir, what)) + "\n"
			b.Run(filepath.Base(history)+"/"+what, func(b *testing.B) {
				s.compare(b, hookOf(lines), gitOf("rev-list", "--count", "main"), nil)
			})
		}
	}
}

// BenchmarkPushTopics is a push of merges of topics that began up to 5,000 commits below the tip.
func BenchmarkPushTopics(b *testing.B) {
	for _, history := range histories(b) {
		b.Run(filepath.Base(history), func(b *testing.B) {
			s := newBench(b, history, 0, "git commit-graph write --reachable")
			s.new = s.run(b, "sh", "-ec", `cd "$1"; git rev-list --first-parent main >../line; n=$(wc -l <../line); tip=$(git rev-parse main)
				[ $n -lt 5000 ] || n=5000
				export GIT_INDEX_FILE=../topic
				for i in $(seq 100); do
					blob=$(echo $i | git hash-object -w --stdin)
					at=$(sed -n $((n * i / 100))p ../line); git read-tree $at
					git update-index --add --cacheinfo 100644,$blob,topics/$i.c
					topic=$(git commit-tree -S -p $at -m topic $(git write-tree))
					git read-tree $tip
					git update-index --add --cacheinfo 100644,$blob,topics/$i.c
					tip=$(git commit-tree -S -p $tip -p $topic -m "Merge topic" $(git write-tree))
				done; echo $tip`, "sh", s.repo)
			s.compare(b, hookOf(s.old+" "+s.new+" refs/heads/main\n"), gitOf("log", "--raw", "-z", s.new, "--not", s.old), nil)
		})
	}
}

// BenchmarkPushInAFortnight is a push of one commit onto 2,000 that landed in the last days.
func BenchmarkPushInAFortnight(b *testing.B) {
	s := newSigned(b, 2001, 1<<30)
	old := s.run(b, "git", "-C", s.repo, "rev-parse", s.new+"~1")
	s.hookLines(b, s.old+" "+old+" refs/heads/main\n")
	s.run(b, "git", "-C", s.repo, "update-ref", "refs/heads/main", old)
	b.Run("2000", func(b *testing.B) {
		s.compare(b, hookOf(old+" "+s.new+" refs/heads/main\n"), gitOf("rev-list", s.new, "--not", old), nil)
	})
}

// BenchmarkLongJournal is a push of a new protected branch where the journal has 200,000 records.
func BenchmarkLongJournal(b *testing.B) {
	s := newBench(b, histories(b)[0], 1)
	s.hookLines(b, zero+" "+s.old+" refs/heads/topic\n")
	file := filepath.Join(s.repo, "countersign", "journal.jsonl")
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	last := append(bytes.Clone(lines[len(lines)-1]), '\n')
	_, record, _ := bytes.Cut(bytes.TrimSuffix(last, []byte("}\n")), []byte(`"record":`))
	var more bytes.Buffer
	for i := len(lines) + 1; i <= 200_000; i++ {
		of := strings.ReplaceAll(string(record), "refs/heads/topic", fmt.Sprintf("refs/heads/topic%d", i%5000))
		last = fmt.Appendf(nil, `{"v":1,"seq":%d,"prev":"%x","record":%s}`+"\n", i, sha256.Sum256(last), of)
		more.Write(last)
	}
	write(b, file, string(text)+more.String())
	b.Run("200000", func(b *testing.B) {
		s.compare(b, hookOf(zero+" "+s.old+" refs/heads/release/new\n"), gitOf("rev-list", s.new, "--not", s.old), nil)
	})
}
