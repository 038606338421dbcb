// Package api asks the services' REST operations in the name of whoever is signed in. It holds no rule: what may be done, and what was wrong,
// the services say.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer is the largest answer in bytes that is read.
const maxAnswer = 16 << 20

// host stands in addresses; the RoundTripper goes by the path alone.
const host = "http://api"

// Client asks in the name of one person. It is good for one request of the browser's.
type Client struct {
	// RoundTripper reaches the services: in the process, or by their addresses.
	RoundTripper http.RoundTripper
	// Token is an access token that is in force.
	Token func(ctx context.Context) (string, error)
	// From is where the browser's request came from (host:port), Forwarded what it said of proxies before that (X-Forwarded-For), which the services
	// believe as far as they trust them. RequestID is the id under which it is logged.
	From, Forwarded, RequestID string
	// Kept is what is kept between pages; nil where nothing is.
	Kept *Kept
}

// Meta is what an answer says beside its body.
type Meta struct {
	// Version is the document's ETag as it came, for Write.Version.
	Version string
	// Written marks what a write wrote ("asset/<id>@<version>"), for min_as_of.
	Written string
	// Next is the cursor of the next page, "" on the last.
	Next string
}

// Document is what a service answers. Whole says whether it is one: an answer without what every such document has is nonsense, and no page is
// made of it.
type Document interface{ Whole() bool }

// Write is a change to be sent.
type Write struct {
	// Key is the Idempotency-Key of the form that it comes from.
	Key string
	// Version is the document's as the form showed it (If-Match); empty where there is none.
	Version string
	// Body is sent as JSON; nil is none.
	Body any
}

// Get reads what is at a path ("/v1/assets?unit_id=…") into a struct. It takes at most half of the time that the page has left, so that a page
// says of one slow service that it is, and shows the rest.
func (c *Client) Get(ctx context.Context, path string, into any) (Meta, error) {
	ctx, done := within(ctx, 2)
	defer done()
	return c.do(ctx, http.MethodGet, path, Write{}, into)
}

// within leaves a part (one of so many) of the time that a page has for what comes after.
func within(ctx context.Context, parts time.Duration) (context.Context, context.CancelFunc) {
	if end, bounded := ctx.Deadline(); bounded {
		left := time.Until(end) //nolint:forbidigo // how long a request may take is real time
		return context.WithTimeout(ctx, left-left/parts)
	}
	return ctx, func() {}
}

// Send sends a change; into may be nil. It leaves a fifth of the page's time for saying that the outcome is unknown.
func (c *Client) Send(ctx context.Context, method, path string, w Write, into any) (Meta, error) {
	ctx, done := within(ctx, 5)
	defer done()
	return c.do(ctx, method, path, w, into)
}

// forwarded is the header in which proxies say for whom they ask.
const forwarded = "X-Forwarded-For"

type fromKey struct{}

// From is the browser's address for which a request to the services is made.
func From(ctx context.Context) string {
	from, _ := ctx.Value(fromKey{}).(string)
	return from
}

func (c *Client) do(ctx context.Context, method, path string, w Write, into any) (Meta, error) {
	if !strings.HasPrefix(path, "/") {
		return Meta{}, fmt.Errorf("api: %q is no path", path)
	}
	token, err := c.Token(ctx)
	if err != nil {
		return Meta{}, err
	}
	var body io.Reader
	if w.Body != nil {
		b, err := json.Marshal(w.Body)
		if err != nil {
			return Meta{}, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, fromKey{}, c.From), method, host+path, body)
	if err != nil {
		return Meta{}, err
	}
	set := func(name, value string) {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	set("Authorization", "Bearer "+token)
	set("Accept", "application/json")
	set("X-Request-Id", c.RequestID)
	set(forwarded, c.Forwarded)
	set("Idempotency-Key", w.Key)
	set("If-Match", w.Version)
	if body != nil {
		set("Content-Type", "application/json")
	}
	answer, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return Meta{}, &Away{Path: path, Reference: c.RequestID, Cause: err}
	}
	defer func() { _ = answer.Body.Close() }()
	return c.read(answer, path, into)
}

func (c *Client) read(answer *http.Response, path string, into any) (Meta, error) {
	away := func(cause error) (Meta, error) {
		return Meta{}, &Away{Path: path, Status: answer.StatusCode, Reference: c.RequestID, Cause: cause}
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return away(err)
	}
	if len(b) > maxAnswer {
		return away(errors.New("the answer is too large"))
	}
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		m := Meta{Version: answer.Header.Get("ETag"), Written: answer.Header.Get("Bitacora-Written"), Next: next(answer.Header)}
		if into != nil {
			if err := json.Unmarshal(b, into); err != nil {
				return away(fmt.Errorf("what it answered cannot be read: %w", err))
			}
			if document, ok := into.(Document); ok && !document.Whole() {
				return away(errors.New("what it answered is not what was asked for"))
			}
		}
		return m, nil
	case answer.StatusCode >= 400 && answer.StatusCode < 500 && answer.StatusCode != http.StatusTooManyRequests:
		p := &Problem{Status: answer.StatusCode}
		if err := json.Unmarshal(b, p); err != nil {
			return away(fmt.Errorf("its refusal cannot be read: %w", err))
		}
		p.Status, p.Rule = answer.StatusCode, strings.TrimPrefix(p.Type, problemType)
		return Meta{}, p
	}
	return away(fmt.Errorf("status %d", answer.StatusCode))
}

// next is the cursor in Link: <…?cursor=…>; rel="next".
func next(h http.Header) string {
	for _, link := range h.Values("Link") {
		address, rel, found := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		if !found || !strings.Contains(rel, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(address); err == nil {
			return u.Query().Get("cursor")
		}
	}
	return ""
}
