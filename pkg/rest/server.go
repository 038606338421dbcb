package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/run"
)

// Guard authenticates requests. An error is answered with 401; docstore.ErrUnavailable and a passed deadline (the issuer's keys cannot be
// loaded) with 503.
type Guard interface {
	Authenticate(r *http.Request) (auth.Caller, error)
}

// Nobody is a Guard that refuses every request: for a service that is only described, migrated or counted, not served.
type Nobody struct{}

// Authenticate implements Guard.
func (Nobody) Authenticate(*http.Request) (auth.Caller, error) {
	return nil, errors.New("nobody is served here")
}

// Config configures a Server. Service, Title, Store and Guard are required.
type Config struct {
	// Service names the service in metrics and spans: "asset".
	Service string
	// Title and Version are those of the OpenAPI document.
	Title, Version string
	Store          *docstore.Store
	Guard          Guard
	// Logger gets the access log and internal errors; nil discards them.
	Logger *slog.Logger
	// Registry gets the metrics, with the label service=Service; nil discards them.
	Registry prometheus.Registerer
	// Tracer makes a span per request, named by its operation; nil makes none.
	Tracer trace.TracerProvider
	// MaxBody bounds a request's body in bytes (1 MiB); Op.MaxBody overrides it.
	MaxBody int64
	// Timeout bounds a request, reading its body included (15 s); Op.Timeout overrides it.
	Timeout time.Duration
	// MaxInFlight bounds the requests that the service works for at once (256). Once half of the places are taken, clients that hold more than a
	// tenth get 429; when all are taken, any client gets 503. Requests that wait, for their body, in Await or for their client to read the
	// answer, hold no place: four times as many may be present in all. After Await they take one of half as many places of their own.
	MaxInFlight int
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is used as the address of a request.
	TrustedProxies []netip.Prefix
	// Clock measures the duration of requests; nil is time.Now.
	Clock func() time.Time
	// DocsPath is the path of the reference page ("/docs"), OpenAPIPath that of the description without its ending (/openapi, for /openapi.yaml
	// and /openapi.json), LabelsPath that of the table of labels ("/labels"). Services that share a port need different ones.
	DocsPath, OpenAPIPath, LabelsPath string
}

func (c *Config) defaults() error {
	if c.Service == "" || c.Title == "" || c.Store == nil || c.Guard == nil {
		return errors.New("rest: Service, Title, Store and Guard are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	c.MaxBody = or(c.MaxBody, 1<<20)
	c.Timeout = or(c.Timeout, 15*time.Second)
	c.MaxInFlight = or(c.MaxInFlight, 256)
	c.DocsPath = or(c.DocsPath, "/docs")
	c.OpenAPIPath = or(c.OpenAPIPath, "/openapi")
	c.LabelsPath = or(c.LabelsPath, "/labels")
	return nil
}

func or[V comparable](v, otherwise V) V {
	var zero V
	if v == zero {
		return otherwise
	}
	return v
}

// Server is the HTTP server of one service. Operations are registered on it with Create, Change, Action, Read, List and Handle before it
// serves.
type Server struct {
	cfg    Config
	router *mux.Router
	api    huma.API
	ops    []Operation
	// offers are the operations on one document, by collection.
	offers map[string]*offers
	// underWay are the places of requests in flight, resumed those of requests that go on after Await, present those of all.
	underWay, resumed, present *bound

	metrics  *run.Requests
	handler  http.Handler
	sharing  sharing
	describe func() (description, error)
	// Refusals are those of each concept, by the name of its package. They must be set before operations are registered.
	Refusals map[string]Refusals
	// uses are vocabularies that no tag names.
	uses []string
	// reader reads from the service's store, see states.
	reader *docstore.Store
}

// Operation describes a registered operation, for tables of all operations such as api/permissions.md.
type Operation struct {
	// ID is "<aggregate>.<verb>": the operationId, and the label operation of metrics.
	ID, Method, Path, Summary string
	// Writes means that the operation may change something.
	Writes bool
	// Roles are the roles that may run it.
	Roles auth.Roles
}

// New makes a server without operations.
func New(cfg Config) (*Server, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	setUpHuma()
	s := &Server{cfg: cfg, router: mux.NewRouter().SkipClean(true), offers: map[string]*offers{},
		underWay: newBound(cfg.MaxInFlight), resumed: newBound(max(1, cfg.MaxInFlight/2)), present: newBound(waitingPerPlace * cfg.MaxInFlight),
		reader: docstore.NewStore(cfg.Store.Driver(), docstore.Options{})}
	s.metrics = run.NewRequests(cfg.Registry, cfg.Service)
	s.places()
	s.router.NotFoundHandler = http.HandlerFunc(s.notFound)
	s.router.MethodNotAllowedHandler = http.HandlerFunc(s.methodNotAllowed)
	s.api = humamux.New(s.router, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: cfg.Title, Version: cfg.Version,
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"}},
			Servers: []*huma.Server{{URL: "/", Description: "Where this description is served"}},
			Components: &huma.Components{
				Schemas: newRegistry(),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token of the institution's OIDC provider."},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat: "application/json",
	})
	s.sharing = newSharing(s.api.OpenAPI().Components)
	s.describe = sync.OnceValues(s.description)
	s.serveDocs()
	s.serveLabels()
	s.handler = run.Spans(http.HandlerFunc(s.serve), cfg.Service, cfg.Tracer)
	return s, nil
}

// Handler serves the operations, the reference page and the OpenAPI description.
func (s *Server) Handler() http.Handler { return s.handler }

// API returns huma's API, for what the functions of this package do not cover.
func (s *Server) API() huma.API { return s.api }

// Operations lists the registered operations in the order of registration.
func (s *Server) Operations() []Operation { return s.ops }

// OpenAPIYAML returns the OpenAPI 3.1 description of all operations. The same operations give the same bytes.
func (s *Server) OpenAPIYAML() ([]byte, error) {
	b, err := s.api.OpenAPI().YAML()
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", s.cfg.Service, err)
	}
	return b, nil
}

// CallerOf returns the authenticated sender of ctx's request; nil outside of a request.
func CallerOf(ctx context.Context) auth.Caller {
	if x := exchangeOf(ctx); x != nil {
		return x.caller
	}
	return nil
}

// setUpHuma sets huma's global options once: field names are matched exactly, lists are not nullable, and refusals are Problems.
var setUpHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(nil, status, msg, errs)
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(hc, status, msg, errs)
	}
})
