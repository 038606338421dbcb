package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is one answer of the installation; "" cuts the connection.
type reply struct {
	status int
	body   string
}

// asked are the requests that came.
type asked struct{ keys, tokens, versions, bodies []string }

func installation(t *testing.T, replies ...reply) (*asked, *client.Client) {
	t.Helper()
	got := &asked{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got.keys, got.tokens = append(got.keys, r.Header.Get("Idempotency-Key")), append(got.tokens, r.Header.Get("Authorization"))
		got.versions, got.bodies = append(got.versions, r.Header.Get("If-Match")), append(got.bodies, string(b))
		now := replies[min(len(got.keys), len(replies))-1]
		if now.status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("ETag", `"7"`)
		w.Header().Set("Bitacora-Written", "unit/X@7")
		w.WriteHeader(now.status)
		_, _ = io.WriteString(w, now.body)
	}))
	t.Cleanup(server.Close)
	c := client.New(client.Config{Base: func(string) string { return server.URL }, Pause: time.Millisecond, Patience: 2 * time.Second,
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
		"at once":                      {[]reply{{201, "{}"}}, 201, 1},
		"away, cut off, then there":    {[]reply{{503, "{}"}, {}, {502, ""}, {201, "{}"}}, 201, 4},
		"a reference that comes later": {[]reply{{422, unknownReference}, {422, unknownReference}, {201, "{}"}}, 201, 3},
		"another refusal is final":     {[]reply{{422, `{"type":"urn:bitacora:problem:name-missing"}`}, {201, "{}"}}, 422, 1},
		"a conflict is final":          {[]reply{{409, "{}"}, {201, "{}"}}, 409, 1},
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
	got, c := installation(t, reply{200, "{}"})
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
	got, c := installation(t, reply{503, "{}"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	a, err := c.Do(ctx, client.Request{Method: "GET", Path: "/"})
	if err == nil && a.Status != 503 || len(got.keys) < 2 {
		t.Errorf("%v %v after %d requests", a, err, len(got.keys))
	}
	asked := len(got.keys)
	if _, err := c.Do(t.Context(), client.Request{User: "nobody", Method: "GET", Path: "/"}); err == nil || len(got.keys) != asked {
		t.Errorf("a request without a token was sent: %v", err)
	}
}
