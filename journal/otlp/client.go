package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Client sends requests to one collector. It follows no redirect, and looks at no proxy settings.
type Client struct {
	url    string
	header http.Header
	http   *http.Client
	now    func() time.Time
}

const (
	timeout   = 10 * time.Second // of one request: the default of OTLP exporters
	maxAnswer = 64 << 10         // bytes of an answer
)

// NewClient gives a client for the address of a collector's logs, such as https://otel.example.org:4318/v1/logs. The
// header is sent with each request.
func NewClient(url string, header http.Header, now func() time.Time) *Client {
	return &Client{url, header, &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, now}
}

// Partial is what a collector says of a request that it has taken: how many of its records it rejected, for good, and
// why. Zero with a message is a warning.
type Partial struct {
	Rejected int64
	Message  string
}

// RetryError says that the same request may be sent again.
type RetryError struct {
	After time.Duration // not before; 0 where the collector doesn't say
	Err   error
}

// Error says why.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// ErrTooLarge says that the collector takes no request of this size.
var ErrTooLarge = errors.New("the request is too large for the collector")

// Send sends the body of one request.
func (c *Client) Send(ctx context.Context, body []byte) (Partial, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Partial{}, err
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return Partial{}, context.Cause(ctx)
		}
		return Partial{}, &RetryError{Err: fmt.Errorf("the collector can't be reached: %w", err)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch answer.StatusCode {
	case http.StatusOK:
		if err != nil { // nobody knows what it has taken
			return Partial{}, &RetryError{Err: fmt.Errorf("the collector's answer broke off: %w", err)}
		}
		return partial(text)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Partial{}, &RetryError{c.after(answer.Header.Get("Retry-After")), c.said(answer.Status, text)}
	case http.StatusRequestEntityTooLarge:
		return Partial{}, ErrTooLarge
	default:
		return Partial{}, c.said(answer.Status, text)
	}
}

// said gives a collector's refusal with what it says of the reason.
func (c *Client) said(status string, text []byte) error {
	var reason struct{ Message string }
	if json.Unmarshal(text, &reason) == nil && reason.Message != "" {
		return fmt.Errorf("%s answered %s: %s", c.url, status, reason.Message)
	}
	return fmt.Errorf("%s answered %s", c.url, status)
}

// after reads Retry-After: seconds, or a date (RFC 9110 section 10.2.3).
func (c *Client) after(text string) time.Duration {
	const most = 24 * time.Hour
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, most)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(c.now())), most)
	}
	return 0
}

// partial reads the answer of a collector that has taken a request. One that isn't understood says nothing against it.
func partial(text []byte) (Partial, error) {
	var answer struct {
		PartialSuccess struct {
			Rejected json.RawMessage `json:"rejectedLogRecords"` // a number, or a text of one
			Message  string          `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(text, &answer) != nil {
		return Partial{}, nil
	}
	n, err := strconv.ParseInt(string(bytes.Trim(answer.PartialSuccess.Rejected, `"`)), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	return Partial{n, answer.PartialSuccess.Message}, nil
}
