// Package localtest runs the whole installation in a test's process, and asks it as its users would.
package localtest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// World is an installation, and how it is asked.
type World struct {
	*local.Installation
	// URL is its address, Tokens are its demo users'.
	URL    string
	Tokens client.Tokens
	// Client tries again what may be answered otherwise in a moment; once takes the first answer.
	Client, once *client.Client
}

// Settings serve dir on a free port of the loopback, with demo users and without the demonstration.
func Settings(dir string) local.Config {
	return local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: dir, Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}}
}

// Logger writes warnings to the test's log.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Start serves dir until the test ends.
func Start(t testing.TB, dir string) *World {
	t.Helper()
	w := Open(t, Settings(dir))
	t.Cleanup(func() { w.Close(t) })
	return w
}

// Open serves until it is closed.
func Open(t testing.TB, cfg local.Config) *World {
	t.Helper()
	i, err := local.Start(context.WithoutCancel(t.Context()), cfg, "test", Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Installation: i, URL: "http://" + i.Addr()}
	if i.Issuer != nil {
		w.Tokens = i.Issuer.Tokens(time.Hour)
	}
	w.Client, w.once = w.asker(0), w.asker(time.Nanosecond)
	return w
}

func (w *World) asker(patience time.Duration) *client.Client {
	return client.New(client.Config{Base: func(string) string { return w.URL }, Tokens: func(user string) (string, error) { return w.Tokens(user) }, RetryFor: patience})
}

// Close stops the installation.
func (w *World) Close(t testing.TB) {
	t.Helper()
	w.Client.Close()
	w.once.Close()
	if err := w.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// Ask is the first answer to a request of a demo user, or of nobody.
func (w *World) Ask(t testing.TB, user, method, path string, body any) *client.Answer {
	t.Helper()
	a, err := w.once.Do(t.Context(), client.Request{User: user, Method: method, Path: path, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Want is the answered document of what must be done, as soon as it can be.
func (w *World) Want(t testing.TB, user, method, path string, body any) (out map[string]any) {
	t.Helper()
	servicetest.Eventually(t, method+" "+path+" is taken", func() bool {
		a := w.Ask(t, user, method, path, body)
		if a.Later() {
			return false
		}
		if a.Status >= http.StatusMultipleChoices {
			t.Fatalf("%s %s as %s: %s", method, path, user, a)
		}
		if err := a.Decode(&out); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return out
}

// Front is the address of something that stands before the installation and may change what goes through it.
func (w *World) Front(t testing.TB, spoil func(*httputil.ReverseProxy) http.Handler) string {
	t.Helper()
	to, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	front := httptest.NewServer(spoil(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: transport,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}))
	t.Cleanup(func() {
		front.Close()
		transport.CloseIdleConnections()
	})
	return front.URL
}

// Edit puts one text in the place of another in an answer.
func Edit(r *http.Response, old, instead string) error {
	b, err := io.ReadAll(r.Body)
	b = bytes.ReplaceAll(b, []byte(old), []byte(instead))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	r.Header.Del("Content-Length")
	return err
}
