package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

func client(rt http.RoundTripper, forwarded string) *api.Client {
	return &api.Client{RoundTripper: rt, From: "10.1.2.3:4567", Forwarded: forwarded, RequestID: "r", Token: func(context.Context) (string, error) { return "t", nil }}
}

// echo answers with what a service is told.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"7"`)
	w.Header().Set("Link", `<http://x/v1/units?limit=1&cursor=a%2Bb>; rel="next"`)
	_, _ = io.WriteString(w, `{"from":"`+r.RemoteAddr+`","forwarded":"`+r.Header.Get("X-Forwarded-For")+`","token":"`+r.Header.Get("Authorization")+
		`","key":"`+r.Header.Get("Idempotency-Key")+`","match":`+orNull(r.Header.Get("If-Match"))+`,"query":"`+r.URL.RawQuery+`"}`)
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

type told struct {
	From, Forwarded, Token, Key, Query string
	Match                              any
}

func TestServicesAreToldWhereARequestComesFrom(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	remote := api.Remote(map[string]*url.URL{"/v1/units": at}, server.Client().Transport)
	inside := api.InProcess(http.HandlerFunc(echo))
	for _, tt := range []struct {
		name, before, from, want string
		rt                       http.RoundTripper
	}{
		{"in the process", "", "10.1.2.3:4567", "", inside},
		{"in the process, through a proxy", "1.1.1.1", "10.1.2.3:4567", "1.1.1.1", inside},
		{"elsewhere", "", "", "10.1.2.3", remote},
		{"elsewhere, through a proxy", "1.1.1.1", "", "1.1.1.1, 10.1.2.3", remote},
	} {
		var got told
		meta, err := client(tt.rt, tt.before).Send(t.Context(), http.MethodPost, "/v1/units?a=b%20c", api.Write{Key: "k", Version: `"3"`, Body: map[string]int{"x": 1}}, &got)
		if err != nil {
			t.Fatal(err)
		}
		if got.Forwarded != tt.want || tt.from != "" && got.From != tt.from || got.Token != "Bearer t" || got.Key != "k" || got.Match != "3" || got.Query != "a=b%20c" {
			t.Errorf("%s: %+v", tt.name, got)
		}
		if meta.Version != `"7"` || meta.Next != "a+b" {
			t.Errorf("%s: %+v", tt.name, meta)
		}
	}
	if _, err := client(remote, "").Get(t.Context(), "/v1/nobodys", nil); api.AwayOf(err) == nil {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoAnswerIsAway(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a failure":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"too many":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"nonsense":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"gave up":    func(http.ResponseWriter, *http.Request) { panic("x") },
		"no refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) },
	} {
		var into told
		_, err := client(api.InProcess(answer), "").Get(t.Context(), "/v1/units", &into)
		if away := api.AwayOf(err); away == nil || away.Reference != "r" || api.ProblemOf(err) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARefusalSaysWhatWasWrongWhere(t *testing.T) {
	refuse := api.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"type":"urn:bitacora:problem:transition-not-allowed","detail":"d","state":"closed","status":200,"errors":[{"location":"body.lines[2].accepted","message":"m","expected":["1"]}]}`)
	}))
	_, err := client(refuse, "").Get(t.Context(), "/v1/units", nil)
	p := api.ProblemOf(err)
	if p == nil || p.Status != 409 || p.Rule != "transition-not-allowed" || p.State != "closed" || p.At("lines[2].accepted").Message != "m" || p.At("x") != nil || p.Hidden() {
		t.Fatalf("%+v", p)
	}
	var none *api.Problem
	if none.At("x") != nil || none.Hidden() || errors.Is(err, errors.ErrUnsupported) {
		t.Error("no refusal is something")
	}
}
