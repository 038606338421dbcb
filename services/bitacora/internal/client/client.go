// Package client asks a Bitácora installation as any program outside would: over REST, as somebody, with an Idempotency-Key for each
// thing it wants done, so that what may or may not have happened is simply asked for again.
package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Tokens says the bearer token of a user, by name. It is asked for every request and keeps what it has as long as it is in force.
type Tokens func(user string) (string, error)

// Config is what a Client is given. Base and Tokens are required.
type Config struct {
	// Base is the address in front of a path such as "/v1/assets": one for all, or one per service.
	Base   func(path string) string
	Tokens Tokens
	HTTP   *http.Client
	// RetryFor is how long a request is repeated that the installation could not answer now; 30 s when 0.
	RetryFor time.Duration
	// Pause is the time between two tries; 200 ms when 0. The time that an answer names (Retry-After) is kept where it is shorter than RetryFor.
	Pause time.Duration
}

// Client asks one installation.
type Client struct{ cfg Config }

// New is a client.
func New(cfg Config) *Client {
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: 10 * time.Minute, Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	if cfg.RetryFor == 0 {
		cfg.RetryFor = 30 * time.Second
	}
	if cfg.Pause == 0 {
		cfg.Pause = 200 * time.Millisecond
	}
	return &Client{cfg}
}

// Close lets go of connections that are kept open.
func (c *Client) Close() { c.cfg.HTTP.CloseIdleConnections() }

// Request is one request of a user.
type Request struct {
	User, Method, Path string
	// Key is the Idempotency-Key; a write without one gets a fresh one, the same for all tries.
	Key string
	// Version is the version that the write is about, for If-Match; 0 sends none.
	Version int64
	// Body is sent as JSON; CSV, where it is set, as it is.
	Body any
	CSV  []byte
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is the part of a refusal that programs look at.
type Problem struct {
	Type   string `json:"type"`
	Detail string `json:"detail"`
	State  string `json:"state"`
}

// Rule is the name of the rule that was broken, "transition-not-allowed".
func (p Problem) Rule() string { return p.Type[strings.LastIndexByte(p.Type, ':')+1:] }

// Problem is the refusal; empty where there is none.
func (a *Answer) Problem() Problem {
	var p Problem
	if a.Status >= 400 && json.Unmarshal(a.Body, &p) != nil {
		p.Detail = fmt.Sprintf("%.200s", a.Body)
	}
	return p
}

// Decode reads the body.
func (a *Answer) Decode(into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("the answer is not what was expected: %w: %.200s", err, a.Body)
	}
	return nil
}

// Mark is the version that a write left behind ("asset/…@7"), for min_as_of.
func (a *Answer) Mark() string { return a.Header.Get("Bitacora-Written") }

// Version is the document's version as its ETag says it ("7" of "7-9c1f", where the rest is of the answer); 0 where there is none.
func (a *Answer) Version() int64 {
	version, _, _ := strings.Cut(strings.Trim(a.Header.Get("ETag"), `"`), "-")
	v, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return 0
	}
	return v
}

// String is the answer in a word, for errors.
func (a *Answer) String() string {
	if p := a.Problem(); p.Type != "" || p.Detail != "" {
		return fmt.Sprintf("%d %s: %s", a.Status, p.Rule(), p.Detail)
	}
	return strconv.Itoa(a.Status)
}

// Do sends a request until it is answered: a connection that fails, a 503, and a reference that the service has not heard of yet are
// tried again for RetryFor; then the last answer is given back, or the error.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	if r.Method != http.MethodGet && r.Key == "" {
		r.Key = uuid.NewString()
	}
	body, kind := r.CSV, "text/csv"
	if r.Body != nil {
		b, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
		body, kind = b, "application/json"
	}
	retrying, cancel := context.WithTimeout(ctx, c.cfg.RetryFor)
	defer cancel()
	for {
		a, err := c.send(ctx, r, body, kind)
		final, _ := errors.AsType[refused](err)
		if err == nil && !a.Later() || final.error != nil || ctx.Err() != nil {
			return a, err
		}
		if !c.wait(retrying, a) {
			return a, err
		}
	}
}

// Refusal is the error of a request that was answered, and not with a success.
type Refusal struct {
	Request
	*Answer
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s as %s: %s", r.Method, r.Path, r.User, r.Answer)
}

// Done is Do of what must be done, else the error is a *Refusal. The answer is decoded into what into points to, unless that is nil.
func (c *Client) Done(ctx context.Context, r Request, into any) (*Answer, error) {
	a, err := c.Do(ctx, r)
	if err == nil && a.Status >= http.StatusMultipleChoices {
		err = &Refusal{r, a}
	}
	if err == nil && into != nil {
		err = a.Decode(into)
	}
	return a, err
}

// Get reads what is at a path.
func (c *Client) Get(ctx context.Context, user, path string, into any) error {
	_, err := c.Done(ctx, Request{User: user, Method: http.MethodGet, Path: path}, into)
	return err
}

// List reads a listing to its end, in pages of up to 200.
func List[T any](ctx context.Context, c *Client, user, path string, query url.Values) (all []T, err error) {
	query = maps.Clone(query)
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", "200")
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if err := c.Get(ctx, user, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// Later says whether the same request may be answered otherwise in a moment.
func (a *Answer) Later() bool {
	return a.Status == http.StatusServiceUnavailable || a.Status == http.StatusBadGateway ||
		a.Status == http.StatusUnprocessableEntity && a.Problem().Rule() == "reference-unknown"
}

func (c *Client) wait(retrying context.Context, a *Answer) bool {
	pause := c.cfg.Pause
	if a != nil {
		if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil && a.Status == http.StatusServiceUnavailable {
			pause = max(pause, time.Duration(s)*time.Second)
		}
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-retrying.Done():
		return false
	}
}

// Subject is the opaque id of a user, as the token says it: by it a person is appointed.
func (c *Client) Subject(user string) (string, error) {
	token, err := c.cfg.Tokens(user)
	if err != nil {
		return "", fmt.Errorf("token of %s: %w", user, err)
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	b, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct {
		Subject string `json:"sub"`
	}
	if err == nil {
		err = json.Unmarshal(b, &claims)
	}
	if err == nil && claims.Subject == "" {
		err = errors.New("it names no subject")
	}
	if err != nil {
		return "", fmt.Errorf("token of %s: %w", user, err)
	}
	return claims.Subject, nil
}

// refused is an error that trying again does not mend.
type refused struct{ error }

func (c *Client) send(ctx context.Context, r Request, body []byte, kind string) (*Answer, error) {
	what := r.Method + " " + r.Path
	req, err := http.NewRequestWithContext(ctx, r.Method, c.cfg.Base(r.Path)+r.Path, bytes.NewReader(body))
	if err != nil {
		return nil, refused{fmt.Errorf("%s: %w", what, err)}
	}
	if r.User != "" {
		token, err := c.cfg.Tokens(r.User)
		if err != nil {
			return nil, refused{fmt.Errorf("token of %s: %w", r.User, err)}
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if r.Key != "" {
		req.Header.Set("Idempotency-Key", r.Key)
	}
	if r.Version != 0 {
		req.Header.Set("If-Match", fmt.Sprintf("%q", strconv.FormatInt(r.Version, 10)))
	}
	resp, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: b}, nil
}

// ErrLate says that what Until waited for did not come to be so.
var ErrLate = errors.New("it does not come to be so")

// Until looks again and again until it is so, or for as long as patience lasts.
func Until(ctx context.Context, patience time.Duration, so func() (bool, error)) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := so()
		if ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return ErrLate
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20
