package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/services/console/app"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/all"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// clock is turned by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

// now is the time that the test made it; without a clock it is what it is.
func (c *clock) now() time.Time {
	if c == nil {
		return time.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// services are what stands behind the console in these tests: they write down what they are told, by Idempotency-Key.
type services struct {
	mu     sync.Mutex
	notes  map[string]string
	tokens []string
	// answer, when set, answers instead.
	answer atomic.Pointer[http.HandlerFunc]
	access *auth.Verifier
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := s.answer.Load(); f != nil {
		(*f)(w, r)
		return
	}
	who, err := s.access.Principal(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"type":"urn:bitacora:problem:token-invalid"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if r.Method == http.MethodPost {
		b, _ := io.ReadAll(r.Body)
		s.notes[r.Header.Get("Idempotency-Key")] = who.Subject() + " " + r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')] + " " + string(b)
	}
	_, _ = io.WriteString(w, `{}`)
}

func (s *services) written() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, n := range s.notes {
		out = append(out, n)
	}
	return out
}

// does has the services answer something else; nil has them work again.
func (s *services) does(f http.HandlerFunc) {
	if f == nil {
		s.answer.Store(nil)
		return
	}
	s.answer.Store(&f)
}

// world is a provider, services, a store, and consoles on them.
type world struct {
	t        *testing.T
	clock    *clock
	issuer   *devissuer.Issuer
	access   *auth.Verifier
	provider *httptest.Server
	services *services
	driver   *fallible
	path     string
	key      []byte
	// renewals counts how often the provider was asked for new tokens, away has it not answer.
	renewals atomic.Int64
	away     atomic.Bool
	// issuerURL is the provider's issuer, client how it is reached, where it is not in the process.
	issuerURL string
	client    *http.Client
	// demo says that the console signs in demo users within the process; otherwise the issuer is a provider elsewhere.
	demo bool
	// skew is how far the consoles' clocks are wrong.
	skew atomic.Int64
	// replicas are the consoles that were started.
	replicas []*httptest.Server
	// timeout is how long a page may take, as the console has it when zero.
	timeout time.Duration
	// places are how many pages are made at once, as the console has it when zero.
	places int
	// registry has the metrics of the console that was started last.
	registry *prometheus.Registry
}

// tokenTTL is how long access tokens are in force here.
const tokenTTL = 5 * time.Minute

func newWorld(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Now()}, key: make([]byte, app.KeySize), demo: true, path: filepath.Join(t.TempDir(), "console.db")}
	for _, f := range change {
		f(w)
	}
	_, _ = rand.Read(w.key)
	cfg := devissuer.Config{Dir: t.TempDir(), URL: "urn:test", Audience: "bitacora", Client: app.DemoClient(), TTL: tokenTTL, Clock: w.clock.now}
	if w.demo {
		cfg.Path = app.DemoPath
	} else {
		w.provider = httptest.NewServer(http.HandlerFunc(w.provide))
		t.Cleanup(w.provider.Close)
		cfg.URL = w.provider.URL
		w.issuerURL, w.client = w.provider.URL, w.provider.Client()
	}
	var err error
	if w.issuer, err = devissuer.Open(cfg); err != nil {
		t.Fatal(err)
	}
	w.access = auth.NewStaticVerifier(w.issuer, auth.Config{Issuer: cfg.URL, Audience: "bitacora", Clock: w.clock.now})
	w.furnish()
	return w
}

// furnish makes the services and the store.
func (w *world) furnish() {
	w.t.Helper()
	w.services = &services{notes: map[string]string{}, access: w.access}
	driver, err := sqlitedoc.Open(w.t.Context(), sqlitedoc.Config{Path: w.path})
	if err != nil {
		w.t.Fatal(err)
	}
	w.driver = &fallible{Driver: driver}
	w.t.Cleanup(func() {
		if err := driver.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
}

// provide is the provider, where it is not in the process.
func (w *world) provide(out http.ResponseWriter, r *http.Request) {
	if w.away.Load() {
		conn, _, err := http.NewResponseController(out).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	if r.URL.Path == "/token" && r.PostFormValue("grant_type") == "refresh_token" {
		w.renewals.Add(1)
	}
	w.issuer.Handler().ServeHTTP(out, r)
}

// now is what the consoles' clocks show.
func (w *world) now() time.Time { return w.clock.now().Add(time.Duration(w.skew.Load())) }

// console starts a console on the world's store; several share it.
func (w *world) console() string {
	w.t.Helper()
	var made *app.Console
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { made.Handler().ServeHTTP(out, r) }))
	w.t.Cleanup(server.Close)
	w.replicas = append(w.replicas, server)
	var provider *app.Provider
	if w.demo {
		provider = app.Demo(w.issuer, w.access, w.clock.now)
	} else {
		provider = app.OIDC(w.issuerURL, app.ClientID, w.access, w.client, w.now)
	}
	w.registry = prometheus.NewRegistry()
	c, err := app.Build(app.Config{Timeout: w.timeout, MaxInFlight: w.places}, app.Deps{Registry: w.registry, Tracer: sdktrace.NewTracerProvider(), Services: app.InProcess(w.services), Provider: provider, Driver: w.driver, Key: w.key,
		Logger: slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Now: w.now}, append(all.Screens(), noteScreens()...))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Store.Migrate(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	made = c
	return server.URL
}

// fallible is a store that can be away.
type fallible struct {
	docstore.Driver
	away atomic.Bool
}

func (f *fallible) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	if f.away.Load() {
		return nil, docstore.ErrUnavailable
	}
	return f.Driver.Load(ctx, collection, ids)
}

func (f *fallible) Apply(ctx context.Context, writes []docstore.Write) error {
	if f.away.Load() {
		return docstore.ErrUnavailable
	}
	return f.Driver.Apply(ctx, writes)
}

// noteScreens are screens of the tests: a form with a text, a page that fails at the program, one that is somebody else's.
func noteScreens() []screen.Screen {
	text := func(html string) templ.Component { return templ.Raw(html) }
	show := func(r *screen.Request) (screen.Page, error) {
		var notes struct{}
		if _, err := r.API.Get(r.Context(), "/v1/notes", &notes); err != nil {
			return screen.Page{}, err
		}
		wrong := ""
		if o := r.Wrong("text"); o != nil {
			wrong = o.Message
		}
		return screen.Page{Title: "Nota", Body: templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, err := fmt.Fprintf(w, `<h1>Nota</h1><p>%s</p><form method="post" action="/nota"><input name="text" value="%s">`, wrong, templ.EscapeString(r.Value("text", "")))
			if err == nil {
				err = ui.Hidden(r.Fields("")).Render(ctx, w)
			}
			return errors.Join(err, text("</form>").Render(ctx, w))
		})}, nil
	}
	do := func(r *screen.Request) (string, error) {
		_, err := r.API.Send(r.Context(), http.MethodPost, "/v1/notes", api.Write{Key: r.Key, Body: map[string]string{"text": r.PostFormValue("text")}}, nil)
		return "/nota", err
	}
	return []screen.Screen{
		{Pattern: "/nota", Show: show, Do: do},
		{Pattern: "/panico", Show: func(*screen.Request) (screen.Page, error) { panic("a fault of the program") }},
	}
}
