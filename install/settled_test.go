package install

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the guard's script answers by itself: what no line of changes, and what the ticket of the push that runs it has.
func TestGuardScriptSettles(t *testing.T) {
	t.Parallel()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	process := fmt.Sprintf("%d-%s", os.Getpid(), strings.Fields(fields)[19])
	id := func(c string) string { return strings.Repeat(c, 40) }
	zero, one, two := id("0"), id("1"), id("2")
	line := func(old, to, ref string) string { return old + " " + to + " refs/" + ref + "\n" }
	const main, topic, tag = "heads/main", "heads/topic", "tags/v'$(id)\xff"
	ticket := "countersign/tickets/" + process + "/refs/"
	base := map[string]string{"countersign/tickets/": "", "refs/heads/main": one}
	type files map[string]string
	for _, c := range []struct {
		why   string
		files files
		in    string
		asked bool
	}{
		{"nothing says so", nil, line(one, two, main), true},
		{"HEAD comes with its branch", nil, one + " " + one + " HEAD\n" + line(one, one, main), false},
		{"what isn't protected", nil, strings.Repeat(line(one, two, topic), 9), false},
		{"what isn't protected, and what is", nil, strings.Repeat(line(one, two, topic), 9) + line(one, two, main), true},
		{"no change", nil, line(two, two, main), false},
		{"no change of what there is", nil, line(zero, one, main), false},
		{"a change of what there is", nil, line(zero, two, main), true},
		{
			"a symbolic ref that says so",
			files{"refs/heads/main": "ref: refs/heads/x"},
			line(zero, "ref:refs/heads/x", main),
			true,
		},
		{"the ref is a link", files{"refs/heads/main": "", "refs/heads/other": two}, line(zero, two, main), true},
		{"the loose half goes", nil, line(one, zero, main), false},
		{"the loose half of others goes", nil, line(one, zero, topic) + line(zero, zero, tag), false},
		{"a deletion", files{"packed-refs.lock": ""}, line(one, zero, main), true},
		{"a deletion without an old id", files{"packed-refs.lock": ""}, line(zero, zero, main), true},
		{"perhaps a rename", files{"packed-refs.lock": ""}, line(one, zero, topic), true},
		{"a tag that isn't protected goes", files{"packed-refs.lock": ""}, line(one, zero, "notes/x"), false},
		{"in a reftable nothing tells", files{"reftable/": ""}, line(one, zero, main), true},
		{"no guard's folder there", files{"countersign/tickets/": "-"}, line(one, zero, main), true},

		{"the ticket has it", files{ticket + main + "~": one + " " + two}, line(one, two, main), false},
		{
			"the ticket has them",
			files{ticket + main + "~": one + " " + two, ticket + tag + "~": zero + " " + two},
			line(one, two, main) + line(zero, two, tag), false,
		},
		{
			"the ticket has one of them",
			files{ticket + main + "~": one + " " + two},
			line(one, two, main) + line(zero, two, tag), true,
		},
		{"the ticket is for another value", files{ticket + main + "~": one + " " + id("3")}, line(one, two, main), true},
		{"the ticket is from another value", files{ticket + main + "~": id("3") + " " + two}, line(one, two, main), true},
		{"the ticket is for another ref", files{ticket + topic + "~": one + " " + two}, line(one, two, main), true},
		{
			"a ticket of another process",
			files{"countersign/tickets/1-1/refs/" + main + "~": one + " " + two},
			line(one, two, main), true,
		},
		{
			"the number of the process was used again",
			files{fmt.Sprintf("countersign/tickets/%d-1/refs/%s~", os.Getpid(), main): one + " " + two},
			line(one, two, main),
			true,
		},
		{
			"the ticket has the deletion",
			files{"packed-refs.lock": "", ticket + main + "~": one + " " + zero},
			line(one, zero, main) + line(zero, zero, main), false,
		},
		{
			"the ticket has no deletion",
			files{"packed-refs.lock": "", ticket + main + "~": zero + " " + two},
			line(zero, zero, main), true,
		},
		{
			"a deletion of what the ticket lets go otherwise",
			files{"packed-refs.lock": "", ticket + main + "~": one + " " + zero},
			line(two, zero, main), true,
		},

		{"a line without old id", nil, two + " refs/heads/main\n", true},
		{"a line of four words", nil, two + " " + two + " " + two + " refs/heads/main\n", true},
		{"a last line cut short", nil, line(two, two, main) + one + " " + two + " refs/heads/ma", true},
	} {
		for _, shell := range shells() {
			dir := t.TempDir()
			put := func(name, text string) {
				name = filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, some := range []map[string]string{base, c.files} {
				for name, text := range some {
					if strings.HasSuffix(name, "/") && text == "" {
						put(name+".x", "")
					} else if !strings.HasSuffix(name, "/") && text != "" || strings.HasSuffix(name, ".lock") {
						put(name, text+"\n")
					}
				}
			}
			if c.files["countersign/tickets/"] == "-" {
				if err := os.RemoveAll(filepath.Join(dir, "countersign")); err != nil {
					t.Fatal(err)
				}
			}
			if text, is := c.files["refs/heads/main"]; is && text == "" {
				if err := os.Symlink("other", filepath.Join(dir, "refs/heads/link")); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(filepath.Join(dir, "refs/heads/link"), filepath.Join(dir, "refs/heads/main")); err != nil {
					t.Fatal(err)
				}
			}
			put("hooks/"+Guard, script{
				event: Guard, program: dir + "/program",
				refs: patterns([]string{"refs/heads/main", "refs/tags/"}),
			}.String())
			put("program", "#!/bin/sh\ncat >'"+dir+"/stdin'\nexit 41\n")
			cmd := exec.Command(shell[0], append(shell[1:], "hooks/"+Guard, "prepared")...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(c.in)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v, %s: %v\n%s", shell, c.why, err, out)
			}
			got, err := os.ReadFile(filepath.Join(dir, "stdin"))
			if asked := err == nil; asked != c.asked || asked && string(got) != c.in {
				t.Errorf("%v, %s: asked %v\n%q\n%q", shell, c.why, asked, c.in, got)
			}
		}
	}
}
