package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is one answer of the installation; status 0 cuts the connection. What is to happen before it is answered happens then.
type reply struct {
	status int
	body   string
	then   func()
}

// asked are the requests that came. The installation's goroutines write it, also while the client has given up on them.
type asked struct {
	mu                             sync.Mutex
	keys, tokens, versions, bodies []string
}

// note adds a request and says how many there are now.
func (a *asked) note(r *http.Request, body []byte) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys, a.tokens = append(a.keys, r.Header.Get("Idempotency-Key")), append(a.tokens, r.Header.Get("Authorization"))
	a.versions, a.bodies = append(a.versions, r.Header.Get("If-Match")), append(a.bodies, string(body))
	return len(a.keys)
}

// count says how many requests came, while more may come.
func (a *asked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.keys)
}

func installation(t *testing.T, replies ...reply) (*asked, *client.Client) {
	t.Helper()
	got := &asked{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		now := replies[min(got.note(r, b), len(replies))-1]
		if now.then != nil {
			now.then()
		}
		if now.status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("ETag", `"7-9c1f04d2"`)
		w.Header().Set("Bitacora-Written", "unit/X@7")
		w.WriteHeader(now.status)
		_, _ = io.WriteString(w, now.body)
	}))
	t.Cleanup(server.Close)
	c := client.New(client.Config{Base: func(string) string { return server.URL }, Pause: time.Millisecond, RetryFor: 2 * time.Second,
		Tokens: func(user string) (string, error) {
			if user == "nobody" {
				return "", errors.New("nobody is called so")
			}
			return "t-" + user, nil
		}})
	t.Cleanup(c.Close)
	return got, c
}

const unknownReference = `{"type":"urn:bitacora:problem:reference-unknown","detail":"no unit"}`

func TestTriesUntilAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		replies []reply
		status  int
		tries   int
	}{
		"at once":                      {[]reply{{status: 201, body: "{}"}}, 201, 1},
		"away, cut off, then there":    {[]reply{{status: 503, body: "{}"}, {}, {status: 502, body: ""}, {status: 201, body: "{}"}}, 201, 4},
		"a reference that comes later": {[]reply{{status: 422, body: unknownReference}, {status: 422, body: unknownReference}, {status: 201, body: "{}"}}, 201, 3},
		"another refusal is final":     {[]reply{{status: 422, body: `{"type":"urn:bitacora:problem:name-missing"}`}, {status: 201, body: "{}"}}, 422, 1},
		"a conflict is final":          {[]reply{{status: 409, body: "{}"}, {status: 201, body: "{}"}}, 409, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, asker := installation(t, c.replies...)
			a, err := asker.Do(t.Context(), client.Request{User: "u", Method: "POST", Path: "/v1/units", Body: map[string]any{"id": "X"}, Version: 3})
			if err != nil || a.Status != c.status || len(got.keys) != c.tries {
				t.Fatalf("%v %v after %d requests", a, err, len(got.keys))
			}
			for i := range got.keys {
				if got.keys[i] == "" || got.keys[i] != got.keys[0] || got.bodies[i] != `{"id":"X"}` || got.tokens[i] != "Bearer t-u" || got.versions[i] != `"3"` {
					t.Errorf("try %d was not the same: %+v", i+1, got)
				}
			}
			if a.Version() != 7 || a.Mark() != "unit/X@7" {
				t.Errorf("version %d, mark %s", a.Version(), a.Mark())
			}
		})
	}
}

func TestKeys(t *testing.T) {
	got, c := installation(t, reply{status: 200, body: "{}"})
	for _, r := range []client.Request{{Method: "GET", Path: "/"}, {Method: "POST", Path: "/", Key: "mine"}, {Method: "POST", Path: "/"}, {Method: "POST", Path: "/"}} {
		if _, err := c.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got.keys[0] != "" || got.keys[1] != "mine" || got.keys[2] == "" || got.keys[2] == got.keys[3] || slices.ContainsFunc(got.tokens, func(s string) bool { return s != "" }) {
		t.Errorf("%+v", got)
	}
}

func TestGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	away := reply{status: 503, body: "{}"}
	got, c := installation(t, away, away, reply{status: 503, body: "{}", then: cancel})
	a, err := c.Do(ctx, client.Request{Method: "GET", Path: "/"})
	if err == nil && a.Status != 503 || got.count() != 3 {
		t.Errorf("%v %v after %d requests; want the third to be the last, during which the caller gave up", a, err, got.count())
	}
	if _, err := c.Do(t.Context(), client.Request{User: "nobody", Method: "GET", Path: "/"}); err == nil || got.count() != 3 {
		t.Errorf("a request without a token was sent: %v", err)
	}
}

// TestAListingIsReadToItsEnd, by its cursors; an answer that is none is a refusal.
func TestAListingIsReadToItsEnd(t *testing.T) {
	_, c := installation(t, reply{status: 200, body: `{"items":[{"id":"a"},{"id":"b"}],"next_cursor":"x"}`}, reply{status: 200, body: `{"items":[{"id":"c"}]}`},
		reply{status: 403, body: `{"type":"urn:bitacora:problem:role-not-allowed","detail":"no"}`})
	all, err := client.List[struct{ ID string }](t.Context(), c, "u", "/v1/units", url.Values{"kind": {"store"}})
	if err != nil || len(all) != 3 || all[2].ID != "c" {
		t.Errorf("%v, %v", all, err)
	}
	_, err = client.List[struct{ ID string }](t.Context(), c, "u", "/v1/units", nil)
	if refused, ok := errors.AsType[*client.Refusal](err); !ok || refused.Problem().Rule() != "role-not-allowed" || err.Error() != "GET /v1/units?limit=200 as u: 403 role-not-allowed: no" {
		t.Errorf("refused: %v", err)
	}
}

// TestUntil: what comes to be so is waited for, what fails or does not come is said.
func TestUntil(t *testing.T) {
	looks := 0
	third := func() (bool, error) { looks++; return looks == 3, nil }
	if err := client.Until(t.Context(), time.Minute, third); err != nil || looks != 3 {
		t.Errorf("%v after %d looks", err, looks)
	}
	never := func() (bool, error) { return false, nil }
	if err := client.Until(t.Context(), time.Nanosecond, never); !errors.Is(err, client.ErrLate) {
		t.Errorf("what does not come to be so: %v", err)
	}
	broken := errors.New("broken")
	if err := client.Until(t.Context(), time.Minute, func() (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("what fails: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := client.Until(ended, time.Minute, never); !errors.Is(err, context.Canceled) {
		t.Errorf("whose caller gives up: %v", err)
	}
}
