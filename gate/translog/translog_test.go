package translog

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAskLog(t *testing.T) {
	t.Parallel()
	status, answer := http.StatusOK, "[]"
	log := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		const path = "/rekor/api/v1/log/entries/retrieve"
		if err != nil || string(query) != "query" || r.Method != "POST" || r.URL.Path != path {
			t.Errorf("%s %s: %q, %v", r.Method, r.URL, query, err)
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	ask := new(Client).Ask(log.URL+"/rekor/", time.Minute)
	if got, err := ask([]byte("query")); err != nil || string(got) != "[]" {
		t.Errorf("%q, %v", got, err)
	}
	answer = strings.Repeat(" ", maxAnswer+1)
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "answered more than") {
		t.Errorf("a long answer: %v", err)
	}
	status, answer = http.StatusBadGateway, "[]"
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "502 Bad Gateway") {
		t.Errorf("a failure: %v", err)
	}
	log.Close()
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "can't be asked") {
		t.Errorf("nobody there: %v", err)
	}
}

// A log that doesn't answer is waited for as long as the push may take, and only the log of a policy in force is asked.
func TestAttackSilentLog(t *testing.T) {
	t.Parallel()
	asked, until := make(chan string, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-until
	}))
	defer server.Close()
	defer close(until)
	logs := new(Client)
	ask := logs.Ask(server.URL, time.Hour)

	push, cancel := context.WithCancel(t.Context())
	end := logs.During(push, server.URL)
	go func() { <-asked; cancel() }()
	if _, err := ask([]byte("query")); !errors.Is(err, context.Canceled) {
		t.Errorf("a silent log: %v", err)
	}
	end()

	end = logs.During(t.Context(), "https://log.example")
	const early = "before the policy that names it is in force"
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), early) {
		t.Errorf("a log that no policy in force names: %v", err)
	}
	end()

	end = logs.During(t.Context(), server.URL)
	logs.left = 0
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "push in parts") {
		t.Errorf("a question too many: %v", err)
	}
	end()
	if len(asked) > 0 {
		t.Errorf("asked for %s", <-asked)
	}
}

// What one push may ask counts from its own beginning, and bounds nothing after its end.
func TestEachPushHasItsOwnQuestions(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	logs := new(Client)
	ask := logs.Ask(server.URL, time.Minute)
	for range 2 {
		end := logs.During(t.Context(), server.URL)
		for _, want := range []bool{true, false} {
			if _, err := ask(nil); (err == nil) != want {
				t.Errorf("answered %t, want %t: %v", err == nil, want, err)
			}
			logs.left = 0
		}
		end()
	}
	if _, err := ask(nil); err != nil {
		t.Errorf("after the push: %v", err)
	}
}
