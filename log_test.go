package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// logCommand starts a transparency log that is no use to anybody, and sets LOG to its address. A silent one never
// answers, an endless one never ends its answer. Whoever asks it is written down in the file asked. A taking one is of
// use: it is a collector of log records, and writes what it takes to the file received.
func logCommand(ts *testscript.TestScript, _ bool, args []string) {
	asked, received := ts.MkAbs("asked"), ts.MkAbs("received")
	answers := map[string]func(http.ResponseWriter, *http.Request){
		"silent": func(_ http.ResponseWriter, r *http.Request) {
			// The server sees that the client is gone once the question was read.
			if _, err := io.Copy(io.Discard, r.Body); err == nil {
				<-r.Context().Done()
			}
		},
		"taking": func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = appendTo(received, string(body)+"\n")
			}
			if err != nil {
				panic(err)
			}
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for part := bytes.Repeat([]byte("[ "), 1<<19); ; {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		},
	}
	answer, ok := answers[args[0]]
	if !ok {
		ts.Fatalf("unknown log %q", args[0])
	}
	log := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := appendTo(asked, args[0]+" "+r.URL.Path+"\n"); err != nil {
			panic(err)
		}
		answer(w, r)
	}))
	ts.Defer(func() {
		log.CloseClientConnections()
		log.Close()
	})
	ts.Setenv("LOG", log.URL)
}
