package hook

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/history"
)

const (
	a1    = "1111111111111111111111111111111111111111"
	b2    = "2222222222222222222222222222222222222222"
	zero  = "0000000000000000000000000000000000000000"
	a256  = "3333333333333333333333333333333333333333333333333333333333333333"
	main  = "refs/heads/main"
	topic = "refs/heads/topic"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// compareIDs lets cmp compare ids, whose fields it can't see.
var compareIDs = cmp.Comparer(func(a, b history.ID) bool { return a == b })

func id(t *testing.T, s string) history.ID {
	t.Helper()
	v, err := history.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPreReceive(t *testing.T) {
	t.Parallel()
	env := Environment{
		Getenv: func(name string) string {
			return map[string]string{
				"GL_USER": "alice", "SSH_CONNECTION": "192.0.2.7 50122 192.0.2.1 22",
				"GIT_PUSH_OPTION_COUNT": "2", "GIT_PUSH_OPTION_0": "ci.skip", "GIT_PUSH_OPTION_1": "",
			}[name]
		},
		PusherFrom: "gitolite",
		Now:        noon,
	}
	got, err := PreReceive(strings.NewReader(a1+" "+b2+" "+main+"\n"+zero+" "+a1+" "+topic+"\n"), env)
	if err != nil {
		t.Fatal(err)
	}
	want := gate.Request{
		Updates: []history.RefUpdate{
			{Old: id(t, a1), New: id(t, b2), Name: main},
			{New: id(t, a1), Name: topic},
		},
		Pusher:   record.Pusher{Name: "alice", Source: "GL_USER", Address: "192.0.2.7"},
		Options:  []string{"ci.skip", ""},
		Received: noon,
	}
	if diff := cmp.Diff(want, got, compareIDs); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestPreReceiveRefusesWhatGitNeverWrites(t *testing.T) {
	t.Parallel()
	good := a1 + " " + b2 + " " + main + "\n"
	for name, c := range map[string]struct{ in, want string }{
		"nothing":          {"", "no ref update on standard input"},
		"no line feed":     {strings.TrimSuffix(good, "\n"), "line 1: no line feed"},
		"torn second line": {good + a1, "line 2: no line feed"},
		"empty line":       {good + "\n", "line 2: 1 fields"},
		"two fields":       {a1 + " " + b2 + "\n", "line 1: 2 fields"},
		"fourth field":     {a1 + " " + b2 + " " + main + " x\n", "line 1: 4 fields"},
		"two spaces":       {a1 + "  " + b2 + " " + main + "\n", "line 1: 4 fields"},
		"leading space":    {" " + good, "line 1: 4 fields"},
		"tab":              {a1 + "\t" + b2 + " " + main + "\n", "line 1: 2 fields"},
		"carriage return":  {a1 + " " + b2 + " " + main + "\r\n", "line 1: ref"},
		"NUL":              {a1 + " " + b2 + " " + main + "\x00\n", "line 1: ref"},
		"short id":         {a1[1:] + " " + b2 + " " + main + "\n", "line 1: old id: object name of 39"},
		"upper case id":    {strings.Replace(good, "1", "A", 1), "line 1: old id: object name with byte 'A'"},
		"no hex":           {strings.Replace(good, "2", "g", 1), "line 1: new id: object name with byte 'g'"},
		"mixed hashes": {
			a1 + " " + a256 + " " + main + "\n",
			"line 1: new id: object name of 64 characters among others of 40",
		},
		"other hash further on": {
			good + a256 + " " + a256 + " " + topic + "\n",
			"line 2: old id: object name of 64 characters among others of 40",
		},
		"ref outside refs/": {a1 + " " + b2 + " HEAD\n", `line 1: ref "HEAD": it doesn't begin with refs/`},
		"long line": {
			a1 + " " + b2 + " refs/heads/" + strings.Repeat("x", maxLine) + "\n",
			"line 1: 4190 bytes long: 4096 are allowed",
		},
		"too many lines": {strings.Repeat(good, maxLines+1), "line 10001: at most 10000 refs"},
		"endless":        {strings.Repeat("x", maxLines*maxLine+1), "more than 40960000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := PreReceive(strings.NewReader(c.in), Environment{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want %q in it", err, c.want)
			}
			if got.Updates != nil {
				t.Errorf("refused, yet a request with %v", got.Updates)
			}
		})
	}
}

func TestReadErrorIsRefused(t *testing.T) {
	t.Parallel()
	broken := errors.New("pipe broke")
	in := io.MultiReader(strings.NewReader(a1+" "+b2+" "+main+"\n"), iotest.ErrReader(broken))
	if _, err := PreReceive(in, Environment{}); !errors.Is(err, broken) {
		t.Errorf("a read error after a whole line: got %v", err)
	}
}

func TestSlowInputIsReadWhole(t *testing.T) {
	t.Parallel()
	lines := a1 + " " + b2 + " " + main + "\n" + zero + " " + b2 + " " + topic + "\n"
	got, err := PreReceive(iotest.OneByteReader(strings.NewReader(lines)), Environment{})
	if err != nil || len(got.Updates) != 2 {
		t.Errorf("%d updates, error %v: want 2", len(got.Updates), err)
	}
}

// The old id on the line is the client's claim and is handed on as one. A delete is a delete
// whatever it claims, all zeros included.
func TestAttackDeleteWithBogusOldID(t *testing.T) {
	t.Parallel()
	for _, old := range []string{zero, a1} {
		got, err := PreReceive(strings.NewReader(old+" "+zero+" "+main+"\n"), Environment{})
		if err != nil {
			t.Fatal(err)
		}
		if u := got.Updates[0]; !u.New.IsZero() || u.Old != id(t, old) {
			t.Errorf("%s..zero was read as %v", old, u)
		}
	}
}

func TestAttackSameRefTwice(t *testing.T) {
	t.Parallel()
	in := a1 + " " + b2 + " " + main + "\n" + zero + " " + b2 + " " + topic + "\n" + b2 + " " + a1 + " " + main + "\n"
	_, err := PreReceive(strings.NewReader(in), Environment{})
	if err == nil || !strings.Contains(err.Error(), `line 3: ref "refs/heads/main" is named twice`) {
		t.Errorf("the same ref twice: got error %v", err)
	}
	_, err = PrePush(strings.NewReader("x "+a1+" "+main+" "+zero+"\ny "+b2+" "+main+" "+zero+"\n"),
		[]string{"origin", "url"}, Environment{})
	if err == nil || !strings.Contains(err.Error(), "line 2: ref") {
		t.Errorf("pre-push, the same ref twice: got error %v", err)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	got, err := Update([]string{main, a1, b2}, Environment{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	want := gate.Request{Updates: []history.RefUpdate{{Old: id(t, a1), New: id(t, b2), Name: main}}, Received: noon}
	if diff := cmp.Diff(want, got, compareIDs); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	for _, args := range [][]string{
		nil, {main, a1}, {main, a1, b2, "x"}, {a1, b2, main}, {main, a1, a256}, {"-x", a1, b2},
	} {
		if _, err := Update(args, Environment{}); err == nil {
			t.Errorf("arguments %q: no error", args)
		}
	}
}

func TestPrePush(t *testing.T) {
	t.Parallel()
	remote := []string{"origin", "ssh://git@example.org/r.git"}
	in := "HEAD^{/fix the bug} " + b2 + " " + main + " " + a1 + "\n" +
		"(delete) " + zero + " " + topic + " " + a1 + "\n"
	got, err := PrePush(strings.NewReader(in), remote, Environment{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	want := gate.Request{
		Updates:  []history.RefUpdate{{Old: id(t, a1), New: id(t, b2), Name: main}, {Old: id(t, a1), Name: topic}},
		Received: noon,
	}
	if diff := cmp.Diff(want, got, compareIDs); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}

	if got, err := PrePush(strings.NewReader(""), remote, Environment{}); err != nil || got.Updates != nil {
		t.Errorf("everything up to date: got %v, %v", got.Updates, err)
	}
	for _, in := range []string{
		b2 + " " + main + " " + a1 + "\n",
		" " + b2 + " " + main + " " + a1 + "\n",
		main + " " + b2 + " " + main + " " + a1,
		main + " " + b2 + "  " + main + " " + a1 + "\n",
		main + " " + b2 + " " + main + " " + a256 + "\n",
	} {
		if _, err := PrePush(strings.NewReader(in), remote, Environment{}); err == nil {
			t.Errorf("%q: no error", in)
		}
	}
	if _, err := PrePush(strings.NewReader(in), remote[:1], Environment{}); err == nil {
		t.Error("one argument: no error")
	}
}

// FuzzPreReceive holds that what is understood is understood completely: printed again it gives the
// same bytes.
func FuzzPreReceive(f *testing.F) {
	for _, seed := range []string{
		"", "\n", a1 + " " + b2 + " " + main + "\n", zero + " " + zero + " " + main + "\n",
		a256 + " " + strings.Repeat("0", 64) + " " + main + "\n" + a256 + " " + a256 + " " + topic + "\n",
		a1 + " " + b2 + " refs/heads/$(id)\n", a1 + " " + b2 + " refs/heads/\xff\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := PreReceive(strings.NewReader(string(in)), Environment{})
		if err != nil {
			return
		}
		zeros := strings.Repeat("0", strings.IndexByte(string(in), ' '))
		name := func(id history.ID) string {
			if id.IsZero() {
				return zeros
			}
			return id.String()
		}
		var out strings.Builder
		for _, u := range got.Updates {
			out.WriteString(name(u.Old) + " " + name(u.New) + " " + u.Name + "\n")
		}
		if out.String() != string(in) {
			t.Errorf("read %q, understood %q", in, out.String())
		}
	})
}
