package gate

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"countersign/policy"
)

// folder is a tree that many commits share: it is never changed, and written once.
type folder struct {
	id    string
	mode  string
	files map[string]*folder // nil for a file
}

// with gives the folder with another file at a path, or without it if the file is nil.
func (f *folder) with(path string, file *folder) *folder {
	c := &folder{mode: "40000", files: make(map[string]*folder)}
	if f != nil {
		maps.Copy(c.files, f.files)
	}
	name, rest, deeper := strings.Cut(path, "/")
	if deeper {
		file = c.files[name].with(rest, file)
	}
	if delete(c.files, name); file != nil && (file.files == nil || len(file.files) > 0) {
		c.files[name] = file
	}
	return c
}

// write writes what of the folder isn't there yet.
func (f *folder) write(w *world) string {
	if f.id != "" {
		return f.id
	}
	entries := make(map[string]string) // by what Git sorts by
	for name, file := range f.files {
		key := name
		if file.files != nil {
			key += "/"
		}
		entries[key] = file.mode + " " + name + "\x00" + rawID(file.write(w))
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		b.WriteString(entries[key])
	}
	f.id = w.object("tree", []byte(b.String()))
	return f.id
}

// replayed is xz's history until a day, with fresh signatures from another day on.
type replayed struct {
	*world
	commits  []*randomCommit // parents before children
	original map[string]*randomCommit
}

// xzRules ask about paths, since the contents of the files are stand-ins.
const xzRules = `
[[rule]]
name = "opaque-files"
classes = ["binary", "encoded", "large"]
exempt = { days = 365, commits = 10, months = 6, in = "class" }

[[rule]]
name = "build-and-ci"
classes = ["build", "ci", "git-meta", "exec-bit", "symlink", "type-change"]
exempt = { days = 730, commits = 50, months = 12, in = "rule" }

[[rule]]
name = "fixtures"
classes = ["fixture"]
exempt = { days = 365, commits = 25, months = 6, in = "class" }

`

// xzPeople are the committers, by address. Whoever else wrote something is nobody here.
var xzPeople = map[string]string{
	"lasse.collin@tukaani.org": "lasse", "jiat0218@gmail.com": "jia", "noreply@github.com": "hub",
}

// replayXZ makes xz's history anew from the stream in testdata: parents, committers, dates, paths and modes are
// the real ones.
func replayXZ(t failing, signed, until time.Time) *replayed {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(filepath.Join("..", "testdata", "history", "xz.fi.gz"))
	check(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(err)
	in := bufio.NewReader(z)
	h := &replayed{world: newWorld(t, received), original: make(map[string]*randomCommit)}
	blobs, trees, marks := make(map[string]string), make(map[*randomCommit]*folder), make(map[string]*randomCommit)
	var c *randomCommit
	var mark, message string
	end := func() {
		if c == nil {
			return
		}
		c.id = h.object("commit", commitBytes(c, trees[c].write(h.world), message))
		marks[mark] = c
		h.commits = append(h.commits, c)
		h.original[strings.TrimSpace(strings.TrimPrefix(message, "original "))] = c
	}
	person := func(line string) (string, int64) {
		open, shut := strings.LastIndexByte(line, '<'), strings.LastIndexByte(line, '>')
		when, err := strconv.ParseInt(strings.Fields(line[shut+1:])[0], 10, 64)
		check(err)
		name, ok := xzPeople[line[open+1:shut]]
		if !ok {
			name = "nobody"
		}
		return name, when
	}
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			break
		}
		check(err)
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "blob":
			end()
			c = nil
		case "commit":
			end()
			c = &randomCommit{}
		case "mark":
			mark = rest
		case "data":
			n, err := strconv.Atoi(rest)
			check(err)
			data := make([]byte, n)
			_, err = io.ReadFull(in, data)
			check(err)
			if c == nil {
				blobs[mark] = h.object("blob", data)
			} else {
				message = string(data)
			}
		case "author":
			c.author, _ = person(rest)
		case "committer":
			c.committer, c.when = person(rest)
			if at := time.Unix(c.when, 0); at.After(until) {
				return h
			} else if at.After(signed) && c.committer != "nobody" {
				c.signer = c.committer
			}
		case "from", "merge":
			c.parents = append(c.parents, marks[rest])
			if word == "from" {
				trees[c] = trees[marks[rest]]
			}
		case "M":
			fields := strings.SplitN(rest, " ", 3)
			path, err := strconv.Unquote(fields[2])
			check(err)
			trees[c] = trees[c].with(path, &folder{id: blobs[fields[1]], mode: fields[0]})
		case "D":
			path, err := strconv.Unquote(rest)
			check(err)
			trees[c] = trees[c].with(path, nil)
		}
	}
	end()
	return h
}

// lands has a server judge landings that come in one push, forces the ref there whatever the verdict, and has
// the tenure worked out as its operator would.
func (h *replayed) lands(found verdicts, landings ...*randomCommit) {
	h.t.Helper()
	tip := landings[len(landings)-1]
	u := refUpdate{name: mainRef, to: tip.id, commit: tip}
	d := h.judge(u)
	for _, l := range landings {
		found.add(l.id, d.Findings)
	}
	h.apply(u)
	if d.Verdict != policy.Accepted {
		h.with(func(g *Gate) error { return g.Prepare(context.Background()) })
	}
}

// Five years of xz's history, signed anew, with half of Jia Tan's work until 2023 approved: pushed by the fortnight,
// pushed landing by landing (the last months), and audited, the same is found. Under the race detector it is the last
// quarter of a year.
func TestXZIsJudgedAlikeByTheFortnightOneByOneAndInAnAudit(t *testing.T) {
	t.Parallel()
	adopted := time.Date(2019, 3, 29, 0, 0, 0, 0, time.UTC)
	slow, least := 40, 20     // landings that are pushed one by one, at most, and at least
	enough, holds := 1000, 50 // of what must have been judged, and held
	if raced {
		adopted, slow, least, enough, holds = time.Date(2023, 12, 29, 0, 0, 0, 0, time.UTC), 16, 2, 200, 20
	}
	h := replayXZ(t, adopted, time.Date(2024, 3, 29, 0, 0, 0, 0, time.UTC))
	defer h.remove()
	h.goGit = true
	line := h.commits[len(h.commits)-1].firsts()
	slices.Reverse(line)
	first := slices.IndexFunc(line, func(c *randomCommit) bool { return c.signer != "" })
	begin := line[first-1]
	text := fmt.Sprintf("version = 1\n[adoption]\ncommits = [%q]\n", begin.id) + xzRules
	for name, role := range map[string]string{"lasse": "maintainer", "jia": "maintainer", "hub": "service"} {
		key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(keyOf(name).PublicKey())))
		text += fmt.Sprintf("[[principal]]\nname = %q\nrole = %q\nemails = [\"%s@example.org\"]\n", name, role, name)
		text += fmt.Sprintf("introduced-by = \"founder\"\nkeys = [{ ssh = %q }]\n", key)
	}
	h.write("countersign/policy.toml", text)
	h.apply(refUpdate{name: mainRef, to: begin.id, commit: begin})
	for i, c := range line[first:] {
		if c.signer == "jia" && i%2 == 0 && c.when < received.AddDate(-2, -6, 0).Unix() {
			v := &word{kind: policy.Approves, about: c, name: "lasse", signer: "lasse", when: c.when}
			h.apply(refUpdate{name: h.attestation(v), to: v.tag, commit: c, word: v})
		}
	}
	line = line[first:]
	found := make(verdicts)
	var together []*randomCommit
	var oldest, newest int64
	singly := make(verdicts)
	var one *replayed
	for i, c := range line {
		last := newest
		newest = max(newest, c.when)
		if len(together) > 0 && newest-min(oldest, c.when) > 14*oneDay {
			h.clock = time.Unix(last, 0)
			h.lands(found, together...)
			together = nil
		}
		if i >= len(line)-slow && one == nil && len(together) == 0 {
			one = &replayed{world: h.copy()}
			defer one.remove()
		}
		if one != nil {
			one.clock = time.Unix(newest, 0)
			one.lands(singly, c)
		}
		if len(together) == 0 {
			oldest = c.when
		}
		oldest, together = min(oldest, c.when), append(together, c)
	}
	h.clock = time.Unix(newest, 0)
	h.lands(found, together...)
	for _, payload := range []string{
		"cf44e4b7f5dfdbf8c78aef377c10f71e274f63c0", "6e636819e8f070330d835fce46289a3ff72a7b89",
	} {
		id := h.original[payload].id
		if !has(found[id], policy.ApprovalMissing) && !has(singly[id], policy.ApprovalMissing) {
			t.Errorf("the payload commit %s is not held: %v", payload, found[id])
		}
	}
	held := 0
	for _, findings := range found {
		if has(findings, policy.ApprovalMissing) {
			held++
		}
	}
	if len(found) < enough || held < holds || len(singly) < least {
		t.Errorf("%d landings, %d held, %d judged one by one: too few to compare", len(found), held, len(singly))
	}
	part := maps.Clone(found)
	maps.DeleteFunc(part, func(landing string, _ []string) bool { return singly[landing] == nil })
	part.same(t, "one by one", singly)
	found.same(t, "in an audit", h.audit(false))
}
