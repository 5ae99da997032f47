package gate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"countersign/policy"
)

// transparency asks transparency logs for the entries of signatures. This is the only access to a network there
// is, and only a policy with transparency = "online" leads here. What a log says is checked with its
// key, so that whoever stands between can keep a proof back, and nothing else.
//
// While a push is judged, only the log of a policy in force is asked, so often and as long as the push may take.
// It is safe for concurrent use.
type transparency struct {
	mu    sync.Mutex
	push  context.Context // of the push being judged; nil for none
	inUse []string        // the logs of the policies in force
	left  int             // how many questions the push still has
}

const (
	maxAnswer    = 1 << 20 // bytes of a log's answer; an entry has a few KiB
	maxQuestions = 1000    // of one push
)

// during bounds what is asked until end is called, for a push that these policies are in force for.
func (t *transparency) during(push context.Context, inForce ...*policyInForce) (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.push, t.inUse, t.left = push, nil, maxQuestions
	for _, st := range inForce {
		if st != nil && st.policy.X509.Transparency == "online" {
			t.inUse = append(t.inUse, st.policy.X509.Log)
		}
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.push = nil
	}
}

// may says whether a log may be asked now, and until when.
func (t *transparency) may(log string) (context.Context, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.push == nil:
		return context.Background(), nil // history that landed, judged by what was in force there
	case !slices.Contains(t.inUse, log):
		return nil, fmt.Errorf("the transparency log at %s isn't asked before the policy that names it is in force: push what needs it after that policy", log)
	case t.left == 0:
		return nil, fmt.Errorf("the transparency log is asked %d times for one push: push in parts", maxQuestions)
	default:
		t.left--
		return t.push, nil
	}
}

// ask gives what asks the log of a policy. The environment's proxy settings aren't looked at: a web server hands on
// what a client wrote into its headers (httpoxy).
func (t *transparency) ask(x policy.X509) func(query []byte) ([]byte, error) {
	client := &http.Client{Timeout: x.Timeout, Transport: &http.Transport{}}
	address := strings.TrimSuffix(x.Log, "/") + "/api/v1/log/entries/retrieve"
	return func(query []byte) ([]byte, error) {
		ctx, err := t.may(x.Log)
		if err != nil {
			return nil, err
		}
		question, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(query))
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
			return nil, fmt.Errorf("the transparency log at %s answered %s", x.Log, answer.Status)
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
		switch {
		case err != nil:
			return nil, fmt.Errorf("the transparency log's answer broke off: %w", err)
		case len(body) > maxAnswer:
			return nil, fmt.Errorf("the transparency log at %s answered more than %d bytes", x.Log, maxAnswer)
		default:
			return body, nil
		}
	}
}
