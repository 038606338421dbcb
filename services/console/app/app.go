// Package app is the console as others see it: what it is given, what it is made of.
package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/edge"
	"github.com/bitacora-salud/bitacora/services/console/internal/house"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/all"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
	"github.com/bitacora-salud/bitacora/services/console/internal/signin"
	"github.com/bitacora-salud/bitacora/services/console/internal/static"
)

// Name is the console's name.
const Name = "console"

// Config is how the console behaves. The zero value is right for one on this machine.
type Config struct {
	// URL is its address as browsers know it ("https://bitacora.example.mx"). Empty: whatever address of this machine the browser used.
	URL string
	// Timeout is how long a page may take, 15 s when zero.
	Timeout time.Duration
	// MaxInFlight bounds the pages that are made at once, 256 when zero. Once half of the places are taken, who holds more than a tenth gets 429; when
	// all are taken, anybody gets 503.
	MaxInFlight int
}

// Deps are what the console is given. Services, Provider, Driver, Key and Logger are required.
type Deps struct {
	// Services reach the API: InProcess or Remote.
	Services http.RoundTripper
	Provider *Provider
	// Driver is where sessions are kept. They are nothing but that: where they are lost, people sign in again.
	Driver docstore.Driver
	// Key is what sessions are encrypted with: KeySize random bytes, the same for all replicas.
	Key    []byte
	Logger *slog.Logger
	// Registry gets the console's metrics; without one nobody does.
	Registry prometheus.Registerer
	// Tracer makes a span per page, within which the services' are; nil makes none.
	Tracer trace.TracerProvider
	Now    func() time.Time
	NewID  func() string
	// Loading says how much of a demonstration is there, in percent, and that all of it is not: then it is what every page says. Nil: there is none.
	Loading func() (percent int, yes bool)
}

// KeySize is the size in bytes of Deps.Key.
const KeySize = session.KeySize

// Console serves pages.
type Console struct {
	// Store is where sessions are; it is migrated before Start.
	Store *docstore.Store

	log      *slog.Logger
	services http.RoundTripper
	boxes    *session.Boxes
	metrics  *metrics
	handler  http.Handler
	group    *run.Group
}

// maxBody is how many bytes a form may have.
const maxBody = 1 << 20

// New is a console.
func New(cfg Config, deps Deps) (*Console, error) { return build(cfg, deps, all.Screens()) }

func build(cfg Config, deps Deps, screens []screen.Screen) (*Console, error) {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.NewID == nil {
		deps.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.MaxInFlight == 0 {
		cfg.MaxInFlight = 256
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	log := deps.Logger.With("service", Name)
	seal, err := session.NewSealer(deps.Key)
	if err != nil {
		return nil, err
	}
	driver, err := docstore.Measured(deps.Driver, prometheus.WrapRegistererWith(prometheus.Labels{"service": Name}, deps.Registry))
	if err != nil {
		return nil, err
	}
	m := newMetrics(deps.Registry)
	c := &Console{log: log, metrics: m, services: asked{deps.Services, m.asks}, Store: docstore.NewStore(driver, docstore.Options{Now: deps.Now, NewID: deps.NewID})}
	c.boxes = session.Open(c.Store, seal)
	render := pages.Renderer{Log: log, Now: deps.Now}
	desk := signin.New(signin.Config{Provider: deps.Provider.provider, Boxes: c.boxes, Seal: seal, Pages: render, Log: log, Now: deps.Now, NewID: deps.NewID, URL: cfg.URL,
		SignedIn: counting(m.signIns), Renewed: counting(m.renewals), Met: met(c.services)})
	mux := http.NewServeMux()
	desk.Register(mux)
	rooms := house.House{Config: house.Config{Screens: screens, Door: desk, Services: c.services, Kept: &api.Kept{}, Pages: render, Places: run.NewPlaces(cfg.MaxInFlight), Log: log, Now: deps.Now, NewID: deps.NewID}}
	rooms.Register(mux)
	desk.Form = rooms.Forms()
	if deps.Provider.page != nil {
		deps.Provider.page(mux, render)
	}
	inner := static.Handler(awaiting(deps.Loading, render, desk.Sessions(edge.Routed(mux))))
	if cfg.URL == "" {
		inner = signin.OnThisMachine(inner, desk.Elsewhere)
	}
	c.handler = run.Spans(edge.Handler(edge.Config{Log: log, Now: deps.Now, NewID: deps.NewID, Timeout: cfg.Timeout, MaxBody: maxBody, FormTo: deps.Provider.formTo, Answered: m.answered,
		Foreign: page(render, http.StatusForbidden, pages.Foreign()), Broken: page(render, http.StatusInternalServerError, pages.Broken())}, inner), Name, deps.Tracer)
	return c, nil
}

// met has the directory of people see a token. Whoever has no role is not in it.
func met(services http.RoundTripper) func(context.Context, string) error {
	return func(ctx context.Context, token string) error {
		client := &api.Client{RoundTripper: services, RequestID: edge.RequestID(ctx), Token: func(context.Context) (string, error) { return token, nil }}
		_, err := client.Get(ctx, "/v1/people/me", nil)
		if api.ProblemOf(err).Hidden() {
			return nil
		}
		return err
	}
}

// Handler serves the pages.
func (c *Console) Handler() http.Handler { return c.handler }

// Start begins to learn the services' words and to sweep sessions that are over.
func (c *Console) Start(ctx context.Context) {
	c.group = run.NewGroup(ctx, c.log)
	c.group.Go("labels", func(ctx context.Context) error {
		return api.Learn(ctx, c.services, func(err error) { c.log.WarnContext(ctx, "words of the services could not be had", "error", err) })
	})
	c.group.Go("sessions", func(ctx context.Context) error {
		return c.boxes.Run(ctx, func(n int) { c.metrics.sessions.Set(float64(n)) }, func(err error) { c.log.WarnContext(ctx, "sessions that are over were not swept", "error", err) })
	})
}

// Stop ends what Start began.
func (c *Console) Stop(ctx context.Context) error {
	if c.group == nil {
		return nil
	}
	return c.group.Stop(ctx)
}

// Ready returns why the console should not be sent requests yet.
func (c *Console) Ready(ctx context.Context) error { return c.Store.Check(ctx) }
