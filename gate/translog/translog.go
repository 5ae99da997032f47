// Package translog asks a transparency log of X.509 signatures for what it has of a signature.
//
// The log is a Rekor server. [Client.Ask] gives the function that asks it: by POST, at
// ADDRESS/api/v1/log/entries/retrieve, with a query and for an answer that are both the business of who verifies. What
// a log says is data: the verifier checks it with the log's key. So whoever stands between can keep a proof back, and
// do nothing else.
//
// This is the only access to a network that a hook or an auditor has, and nothing leads here but a policy that asks for
// proofs online. While a push is judged, from [Client.During] to the end of it, the client asks only the logs of the
// policies in force: what the push itself brings may not say whom this server talks to. It asks for as long as the push
// may take, 1,000 times at most. Outside of a push, where history is judged that has landed, each question is bounded
// by its own timeout alone. An answer has 1 MiB at most. It is never kept.
//
// Whatever goes wrong is an error, and then there is no proof. The environment's proxy settings aren't looked at: a web
// server hands on what a client wrote into its headers (httpoxy).
//
// A Client may be used by any number of goroutines at once. It is for one push at a time.
package translog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Client asks transparency logs. The zero Client is ready for use, and judges no push.
type Client struct {
	mu    sync.Mutex
	push  context.Context // of the push being judged; nil for none
	inUse []string        // the addresses of the logs that may be asked for it
	left  int             // how many questions it still has
}

const (
	maxAnswer    = 1 << 20 // bytes of a log's answer; an entry has a few KiB
	maxQuestions = 1000    // of one push
	retrieve     = "/api/v1/log/entries/retrieve"
)

// During bounds what is asked until end is called, for a push: the logs at these addresses may be asked, those of the
// policies in force, and no question outlives the context.
func (c *Client) During(push context.Context, inForce ...string) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.push, c.inUse, c.left = push, inForce, maxQuestions
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.push = nil
	}
}

// may says whether a log may be asked now, and until when.
func (c *Client) may(address string) (context.Context, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.push == nil:
		return context.Background(), nil // history that landed, judged by what was in force there
	case !slices.Contains(c.inUse, address):
		return nil, fmt.Errorf("the transparency log at %s isn't asked before the policy that names it is in force: "+
			"push what needs it after that policy", address)
	case c.left == 0:
		return nil, fmt.Errorf("the transparency log is asked %d times for one push: push in parts", maxQuestions)
	default:
		c.left--
		return c.push, nil
	}
}

// Ask gives the function that asks the log at an address, and waits for an answer no longer than the timeout. Nothing
// is asked before that function is called.
func (c *Client) Ask(address string, timeout time.Duration) func(query []byte) (answer []byte, err error) {
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{}}
	return func(query []byte) ([]byte, error) {
		ctx, err := c.may(address)
		if err != nil {
			return nil, err
		}
		url := strings.TrimSuffix(address, "/") + retrieve
		question, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(query))
		if err != nil {
			return nil, err
		}
		question.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(question)
		if err != nil {
			return nil, fmt.Errorf("the transparency log can't be asked: %w", err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("the transparency log at %s answered %s", address, answer.Status)
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
		switch {
		case err != nil:
			return nil, fmt.Errorf("the transparency log's answer broke off: %w", err)
		case len(body) > maxAnswer:
			return nil, fmt.Errorf("the transparency log at %s answered more than %d bytes", address, maxAnswer)
		default:
			return body, nil
		}
	}
}
