package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/journal/otlp"
)

// manyRecords writes a journal of n records, in segments.
func manyRecords(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	sum := sha256.Sum256(nil)
	var all []byte
	for i := range n {
		e := journal.Entry{Seq: uint64(i + 1), Prev: hex.EncodeToString(sum[:]), Record: fmt.Appendf(nil,
			`{"schema":"countersign-push/1","time":"2026-06-01T12:00:00Z","decision":{"schema":"countersign-decision/1",`+
				`"verdict":"refused","refs":[{"ref":"refs/heads/t%d"}],"findings":[]}}`, i)}
		e.First = i > 0 && len(all) == 0
		line := e.Written()
		sum = sha256.Sum256(line)
		if all = append(all, line...); i%3000 == 2999 && i < n-1 {
			writeBytes(t, fmt.Sprintf("%s.%09d", path, i+1), all)
			all = nil
		}
	}
	writeBytes(t, path, all)
	return path
}

func writeBytes(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// collector is a receiver that can be killed. What it has received it keeps, as one with a disk does.
type collector struct {
	t      *testing.T
	at     string // address, once it was started
	server *httptest.Server

	mu     sync.Mutex        // a request may be going on that its sender has given up
	got    []string          // uids in the order of their first arrival
	bodies map[string]string // of each uid
	double int
	answer func(n int, w http.ResponseWriter, r *http.Request) bool // whether it did; n requests came before
	n      int
}

// start starts it anew, at the address that it had.
func (c *collector) start() {
	c.t.Helper()
	listener, err := net.Listen("tcp", c.at)
	if err != nil {
		c.t.Fatal(err)
	}
	c.at = listener.Addr().String()
	c.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: c}}
	c.server.Start()
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.n
	c.n++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if c.answer != nil && c.answer(n, w, r) {
		return
	}
	c.take(body)
	if n%7 == 3 { // it has taken them, and dies before it says so
		panic(http.ErrAbortHandler)
	}
	fmt.Fprint(w, `{"partialSuccess":{}}`)
}

// answers says what it answers from now on.
func (c *collector) answers(answer func(n int, w http.ResponseWriter, r *http.Request) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// asked says how many requests came.
func (c *collector) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// take keeps the records of a request.
func (c *collector) take(body []byte) {
	var request struct {
		ResourceLogs []struct {
			ScopeLogs []struct {
				LogRecords []struct {
					Body       struct{ StringValue string }
					Attributes []struct {
						Key   string
						Value struct{ StringValue string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		c.t.Error(err)
		return
	}
	for _, r := range request.ResourceLogs[0].ScopeLogs[0].LogRecords {
		uid := r.Attributes[0].Value.StringValue
		before, known := c.bodies[uid]
		switch {
		case r.Attributes[0].Key != "log.record.uid" || uid == "":
			c.t.Error("a record has no id")
		case known && before != r.Body.StringValue:
			c.t.Errorf("two records have the id %s", uid)
		case known:
			c.double++
		default:
			c.got, c.bodies[uid] = append(c.got, uid), r.Body.StringValue
		}
	}
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{t: t, at: "127.0.0.1:0", bodies: make(map[string]string)}
	c.start()
	t.Cleanup(func() { c.server.Close() })
	return c
}

// box is an outbox to it that waits in no time.
func (c *collector) box(path string) *outbox {
	url := "http://" + c.at + "/v1/logs"
	return &outbox{
		journal: path, file: path + ".export", url: url, patience: time.Hour,
		send: otlp.NewClient(url, nil, func() time.Time { return noon }).Send,
		wait: func(context.Context, time.Duration) error { return nil },
		now:  func() time.Time { return noon },
	}
}

// uids gives those of all records of a journal.
func uids(t *testing.T, path string) (all []string) {
	t.Helper()
	for e, err := range journal.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Hash)
	}
	return all
}

// Of 10,000 records none is lost and none comes out of order, however often collector and exporter are killed. What
// comes twice has the same id.
func TestExportLosesNothing(t *testing.T) {
	path := manyRecords(t, 10_000)
	c := newCollector(t)
	killed := 0
	for run := 0; ; run++ {
		if run == 100 {
			t.Fatal("it never ends")
		}
		ctx, cancel := context.WithCancel(t.Context())
		box := c.box(path)
		c.answers(func(n int, w http.ResponseWriter, r *http.Request) bool {
			switch {
			case n%11 == 5: // dies before it has taken anything
				panic(http.ErrAbortHandler)
			case n%13 == 8:
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return true
			case n%5 == 4: // the exporter is killed
				killed++
				cancel()
			}
			return false
		})
		box.wait = func(ctx context.Context, _ time.Duration) error { // the collector is killed, and started again
			c.server.CloseClientConnections()
			c.server.Close()
			c.start()
			return ctx.Err()
		}
		err := box.drain(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.got, uids(t, path)) {
		t.Errorf("%d records came, or in another order than the journal's", len(c.got))
	}
	if killed < 2 || c.double == 0 {
		t.Errorf("killed %d times, %d doubles: the test tests nothing", killed, c.double)
	}
	again := c.box(path)
	if err := again.drain(t.Context()); err != nil || again.sent.Records != 0 || again.sent.Last != 10_000 {
		t.Errorf("once more: %+v, %v", again.sent, err)
	}
}

// What a collector answers, and what is done then.
func TestExportAnswers(t *testing.T) {
	const ok = `{}`
	type reply struct {
		code        int
		after, body string
	}
	for name, tc := range map[string]struct {
		replies []reply // the last one for all that follow
		err     string
		records int
		asked   int
		refused int64
		last    uint64
	}{
		"taken":           {replies: []reply{{200, "", ok}}, records: 3, asked: 1, last: 3},
		"an empty answer": {replies: []reply{{200, "", ""}}, records: 3, asked: 1, last: 3},
		"busy, then taken": {
			replies: []reply{{503, "1", ""}, {429, "", ""}, {502, "", ""}, {504, "", ""}, {200, "", ok}},
			records: 3, asked: 5, last: 3,
		},
		"always busy":   {replies: []reply{{503, "", ""}}, err: "503", asked: 6},
		"busy for long": {replies: []reply{{429, "3600", ""}}, err: "not again before 2026-06-01T13:00:00Z", asked: 1},
		"busy until a date": {
			replies: []reply{{503, "Mon, 01 Jun 2026 12:30:00 GMT", ""}},
			err:     "not again before 2026-06-01T12:30:00Z", asked: 1,
		},
		"some rejected": {
			replies: []reply{{200, "", `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}`}},
			records: 3, asked: 1, refused: 2, last: 3,
		},
		"a warning": {
			replies: []reply{{200, "", `{"partialSuccess":{"errorMessage":"slow down"}}`}}, records: 3, asked: 1, last: 3,
		},
		"too large":         {replies: []reply{{413, "", ""}, {200, "", ok}}, records: 3, asked: 3, last: 3},
		"too large for one": {replies: []reply{{413, "", ""}}, err: "record", asked: 2},
		"bad request": {
			replies: []reply{{400, "", `{"message":"no such\u001b field"}`}}, err: "no such\x1b field", asked: 1,
		},
		"no entry":            {replies: []reply{{401, "", ""}}, err: "401", asked: 1},
		"somewhere else":      {replies: []reply{{307, "", ""}}, err: "307", asked: 1},
		"an error that ended": {replies: []reply{{500, "", ""}}, err: "500", asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t)
			c.answers(func(n int, w http.ResponseWriter, r *http.Request) bool {
				reply := tc.replies[min(n, len(tc.replies)-1)]
				if reply.after != "" {
					w.Header().Set("Retry-After", reply.after)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(reply.code)
				io.WriteString(w, reply.body)
				return true
			})
			box := c.box(manyRecords(t, 3))
			box.patience = 50 * time.Second
			err := box.drain(t.Context())
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error %v, want one with %q", err, tc.err)
			}
			want := sentRecords{tc.records, tc.refused, tc.last}
			if box.sent != want || c.asked() != tc.asked {
				t.Errorf("%+v in %d requests, want %+v in %d", box.sent, c.asked(), want, tc.asked)
			}
			if tc.refused > 0 && (len(box.warnings) != 1 || !strings.Contains(box.warnings[0], "too old")) {
				t.Errorf("warnings: %q", box.warnings)
			}
			if strings.Contains(tc.err, "not again") {
				if err := c.box(box.journal).drain(t.Context()); err == nil || c.asked() != tc.asked {
					t.Errorf("the next run didn't wait: %v", err)
				}
			}
		})
	}
}

// A journal that isn't the one that was exported, or has a gap, is said and not sent.
func TestExportOfAnotherJournal(t *testing.T) {
	c := newCollector(t)
	path := manyRecords(t, 7000)
	if err := c.box(path).drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := c.asked()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refuses := func(name, want string, fork bool) {
		t.Helper()
		err := c.box(path).drain(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, merkle.ErrFork) != fork {
			t.Errorf("%s: %v", name, err)
		}
	}
	writeBytes(t, path, whole[:len(whole)/2])
	refuses("cut off", "the journal ends before", true)
	writeBytes(t, path, []byte(strings.Replace(string(whole), "refs/heads/t6999", "refs/heads/t7000", 1)))
	refuses("another last record", "isn't the one that was sent", true)
	writeBytes(t, path, whole)
	box := c.box(path)
	box.url = "http://localhost/other"
	if err := box.drain(t.Context()); err == nil || !strings.Contains(err.Error(), "--position") {
		t.Errorf("another collector: %v", err)
	}
	writeBytes(t, path+".export", []byte("{"))
	refuses("a damaged position", "--from NUMBER", false)
	os.Remove(path + ".export")
	os.Remove(path + ".000003000")
	refuses("a gap", "records 1 to 3000 were moved away before they were sent", false)
	if c.asked() != n {
		t.Errorf("%d requests were sent all the same", c.asked()-n)
	}
	box = c.box(path)
	box.from = 3001
	if err := box.drain(t.Context()); err != nil || box.sent.Records != 4000 {
		t.Errorf("from the next one on: %+v, %v", box.sent, err)
	}
}

func TestExportAddressesAndHeaders(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://otel.example.org/v1/logs": true, "http://localhost:4318/v1/logs": true,
		"http://127.0.0.1:4318/v1/logs": true, "http://[::1]:4318/v1/logs": true,
		"http://otel.example.org/v1/logs": false, "http://localhost.example.org/v1/logs": false,
		"https://otel.example.org": false, "https://otel.example.org/": false, "ftp://x/v1/logs": false,
		"https://me:secret@otel.example.org/v1/logs": false, "https:///v1/logs": false, "https://h/v1/logs#x": false,
		"/v1/logs": false, "://": false,
	} {
		if err := collectorAddress(address, false); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		} else if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("a password is shown: %v", err)
		}
	}
	if err := collectorAddress("http://otel.example.org/v1/logs", true); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"":                           "map[]",
		"authorization=Bearer%20abc": "map[Authorization:[Bearer abc]]",
		"a=1, x-b = 2=3":             "map[A:[1] X-B:[2=3]]",
		"a":                          "error", "=1": "error", "a=1,": "error", "a=%0a": "error",
		"a b=1": "error", "a=%zz": "error",
	} {
		header, err := exportHeaders(text)
		got := fmt.Sprint(header)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
