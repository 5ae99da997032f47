package history

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Reaches answers in one walk; see [Repo].
func (r *gitRepo) Reaches(ctx context.Context, tips, ids []ID) ([][]bool, error) {
	return reaches(ctx, &gitSource{repo: r}, tips, ids)
}

// Reaches answers in one walk; see [Repo].
func (g *goGit) Reaches(ctx context.Context, tips, ids []ID) ([][]bool, error) {
	return reaches(ctx, &goGitSource{repo: g}, tips, ids)
}

// maxLineages bounds what a reader remembers of commits between two walks.
const maxLineages = 200_000

// gitSource reads commits from a rev-list, which prints them as it goes, newest first, and is stopped when the
// walk has seen enough. It begins once more where what is left to learn wasn't in sight at first. Nothing is excluded:
// what rev-list excludes depends on dates (SLOP in git's revision.c).
type gitSource struct {
	repo *gitRepo
	list *process
}

func (s *gitSource) peel(ctx context.Context, id ID) (ID, bool, error) {
	if _, known := s.lineage(id); known {
		return id, true, nil
	}
	return commitBehind(ctx, s.repo, id)
}

func (s *gitSource) lineage(id ID) (lineage, bool) {
	l, ok := s.repo.lineages[id]
	return l, ok
}

func (s *gitSource) more(ctx context.Context, frontier map[ID]bool) (ID, error) {
	for range 2 {
		if s.list == nil {
			if err := s.start(ctx, frontier); err != nil {
				return ID{}, err
			}
		}
		line, err := s.list.out.ReadString('\n')
		switch {
		case err == io.EOF && line == "":
			if err := s.list.finish(); err != nil {
				return ID{}, err
			}
			s.end()
			continue
		case err != nil:
			return ID{}, s.list.failed(err)
		}
		n, when, err := parseRevision(line, true)
		if err != nil {
			return ID{}, err
		}
		if s.repo.lineages == nil {
			s.repo.lineages = make(map[ID]lineage)
		}
		s.repo.lineages[n.id] = lineage{n.parents, when}
		return n.id, nil
	}
	return ID{}, fmt.Errorf("%w: git rev-list left out commits", ErrUnreadable)
}

func (s *gitSource) start(ctx context.Context, from map[ID]bool) (err error) {
	if s.list, err = s.repo.start(ctx, "rev-list", "--stdin", "--parents", "--timestamp"); err != nil {
		s.list = nil
		return err
	}
	in := s.list.in
	var b strings.Builder
	for id := range from {
		fmt.Fprintln(&b, id)
	}
	go func() {
		io.WriteString(in, b.String())
		in.Close()
	}()
	return nil
}

func (s *gitSource) end() {
	if s.list != nil {
		s.list.stop()
		s.list = nil
	}
	if len(s.repo.lineages) > maxLineages {
		s.repo.lineages = nil
	}
}

// parseRevision reads a line that rev-list --parents printed, with --timestamp or without.
func parseRevision(line string, dated bool) (n node, when int64, err error) {
	fields := strings.Fields(line)
	if dated && len(fields) > 0 {
		when, _ = strconv.ParseInt(fields[0], 10, 64) // the date of an old commit may be anything
		fields = fields[1:]
	}
	for i, field := range fields {
		id, err := ParseID(field)
		if err != nil {
			return n, 0, fmt.Errorf("%w: git rev-list printed %.80q", ErrUnreadable, line)
		}
		if i == 0 {
			n.id = id
		} else {
			n.parents = append(n.parents, id)
		}
	}
	return n, when, nil
}

// goGitSource reads one commit at a time.
type goGitSource struct {
	repo *goGit
}

func (s *goGitSource) peel(ctx context.Context, id ID) (ID, bool, error) {
	return commitBehind(ctx, s.repo, id)
}

func (s *goGitSource) lineage(id ID) (lineage, bool) {
	l, ok := s.repo.links[id]
	return lineage{l.parents, l.when}, ok
}

func (s *goGitSource) more(ctx context.Context, frontier map[ID]bool) (ID, error) {
	for id := range frontier {
		_, err := s.repo.linksOf(ctx, id)
		return id, err
	}
	return ID{}, fmt.Errorf("%w: a walk without a beginning", ErrUnreadable)
}

func (s *goGitSource) end() {}

// committed reads the date of a commit's header, 0 where it can't be read.
func committed(head []byte) int64 {
	_, rest, found := bytes.Cut(head, []byte("\ncommitter "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := bytes.Fields(line)
	if !found || len(fields) < 2 {
		return 0
	}
	when, err := strconv.ParseInt(string(fields[len(fields)-2]), 10, 64)
	if err != nil {
		return 0
	}
	return when
}
