//go:build browser

package page

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// browser is what Chromium did with a page: what it asked for, what it complained about, and what became of it.
type browser struct {
	requests []string
	console  []string
	dom      string
}

// browse has Chromium read a page. Whatever it asks for, of any host, it asks of this test.
func browse(t *testing.T, page []byte, fragment string) browser {
	t.Helper()
	var b browser
	var mu sync.Mutex
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		// What Chromium itself wants of its makers is no page's.
		host, _, _ := strings.Cut(r.Host, ":")
		if !strings.HasSuffix(host, ".google.com") && !strings.HasSuffix(host, ".googleapis.com") {
			b.requests = append(b.requests, r.Method+" "+r.RequestURI)
		}
		if r.RequestURI == "http://page.test/" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page)
			return
		}
		http.NotFound(w, r)
	}))
	defer proxy.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--user-data-dir="+t.TempDir(), "--proxy-server="+strings.TrimPrefix(proxy.URL, "http://"),
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
		"--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", "http://page.test/"+fragment)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.Bytes())
	}
	for line := range strings.Lines(errs.String()) {
		if strings.Contains(line, "CONSOLE") {
			b.console = append(b.console, line)
		}
	}
	b.dom = out.String()
	mu.Lock()
	defer mu.Unlock()
	return b
}

// shownRows counts the rows of the list, and those that aren't hidden.
func shownRows(t *testing.T, dom string) (all, shown int, said string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(dom))
	if err != nil {
		t.Fatal(err)
	}
	has := func(n *html.Node, key, value string) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
			return a.Key == key && (value == "" || a.Val == value)
		})
	}
	for n := range root.Descendants() {
		switch {
		case n.Data == "li" && has(n.Parent, "id", "held"):
			all++
			if !has(n, "hidden", "") {
				shown++
			}
		case has(n, "id", "shown") && n.FirstChild != nil:
			said = n.FirstChild.Data
		}
	}
	return all, shown, said
}

// In a browser a page asks for nothing, complains about nothing, and its filter finds what it should.
func TestBrowser(t *testing.T) {
	var page bytes.Buffer
	if err := hostileBacktest(30).Write(&page); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		fragment, said string
		shown          int
	}{
		{"", "30 of 30 shown", 30},
		{"#find=0000000011", "1 of 30 shown", 1}, // 17 in hexadecimal
		{"#find=1970-01-02%20%3CSCRIPT%3E", "2 of 30 shown", 2},
		{"#find=%", "0 of 30 shown", 0},
		{"#find=nothing-like-this", "0 of 30 shown", 0},
	} {
		b := browse(t, page.Bytes(), c.fragment)
		if !slices.Equal(b.requests, []string{"GET http://page.test/"}) || b.console != nil {
			t.Errorf("%s: it asked for %q, and said %q", c.fragment, b.requests, b.console)
		}
		if all, shown, said := shownRows(t, b.dom); all != 30 || shown != c.shown || said != c.said {
			t.Errorf("%s: %d rows, %d shown, %q; want %d, %q", c.fragment, all, shown, said, c.shown, c.said)
		}
	}

	// What fetches or runs beside is stopped by the page's own policy, which is seen on the console, and without the
	// policy it would have been asked for.
	intruder := []byte(`<img src="http://elsewhere.test/x"><script src="//elsewhere.test/y"></script>` +
		`<script>document.title = "ran"</script><h2`)
	with := bytes.Replace(page.Bytes(), []byte("<h2"), intruder, 1)
	b := browse(t, with, "")
	if len(b.requests) != 1 || len(b.console) != 3 || strings.Contains(b.dom, "<title>ran</title>") {
		t.Errorf("with an intruder it asked for %q, and said %q", b.requests, b.console)
	}
	without := regexp.MustCompile(`<meta http-equiv=[^>]*>`).ReplaceAll(with, nil)
	if b = browse(t, without, ""); len(b.requests) != 3 || !strings.Contains(b.dom, "<title>ran</title>") {
		t.Errorf("without its policy it asked for %q", b.requests)
	}
}
