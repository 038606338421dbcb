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
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Guard says who sends a request. An error is answered with 401, unless it is docstore.ErrUnavailable or a deadline that passed (the
// issuer's keys cannot be had): then with 503.
type Guard interface {
	Authenticate(r *http.Request) (auth.Caller, error)
}

// Nobody is a Guard that refuses every request: for a service that is only described, migrated or counted, not served.
type Nobody struct{}

// Authenticate implements Guard.
func (Nobody) Authenticate(*http.Request) (auth.Caller, error) {
	return nil, errors.New("nobody is served here")
}

// Config is what a Server is made of. Service, Title, Version, Store and Guard are required.
type Config struct {
	// Service names the service in metrics and spans: "asset".
	Service string
	// Title and Version head the OpenAPI document.
	Title, Version string
	Store          *docstore.Store
	Guard          Guard
	// Logger gets the access log and internal errors; nil discards them.
	Logger *slog.Logger
	// Registry gets the metrics, labelled service=Service; nil keeps them to the server.
	Registry prometheus.Registerer
	// Tracer makes a span per request, named by its operation; nil makes none.
	Tracer trace.TracerProvider
	// MaxBody bounds a request's body in bytes (1 MiB); Op.MaxBody overrides it.
	MaxBody int64
	// Timeout bounds a request, reading its body included (15 s); Op.Timeout overrides it.
	Timeout time.Duration
	// MaxInFlight bounds the requests under way (256); more are answered 503, and who has many of them 429 before that. Four times as
	// many may be there at once, with those that wait for their body, for what has not arrived yet, or for their reader; of those that have
	// waited half as many go on at once, beside the ones under way.
	MaxInFlight int
	// TrustedProxies are the networks whose X-Forwarded-For says where a request comes from.
	TrustedProxies []netip.Prefix
	// Clock measures durations; nil is the real one.
	Clock func() time.Time
	// DocsPath and OpenAPIPath are where the reference page and the description are served ("/docs", "/openapi" for
	// /openapi.yaml and /openapi.json), LabelsPath that of the table of labels ("/labels"). A process that serves several services on one
	// port gives each its own.
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

// Server is the REST edge of one service. Operations are registered on it with Create, Change, Action, Read, List and Handle
// before it serves.
type Server struct {
	cfg    Config
	router *mux.Router
	api    huma.API
	ops    []Operation
	// offers are the operations on one document, by collection.
	offers map[string]*offers
	// underWay are the places of requests that the service works for, resumed those of requests that go on after they have waited, present
	// those of all that are there.
	underWay, resumed, present *bound

	metrics  *metrics
	handler  http.Handler
	sharing  sharing
	describe func() (description, error)
	// Refusals are those of each concept, by the name of its package. Set before operations are registered, for their description.
	Refusals map[string]Refusals
	// uses are vocabularies that no tag names.
	uses []string
	// reader reads what the service's store holds, see states.
	reader *docstore.Store
}

// Operation is a registered operation, for whoever must know all of them: the table of permissions, the documents.
type Operation struct {
	// ID is "<aggregate>.<verb>": the row in the table of permissions, the label of metrics, the operationId.
	ID, Method, Path, Summary string
	// Writes says that the operation may change something.
	Writes bool
	// Roles may run it.
	Roles auth.Roles
}

// New is a server without operations.
func New(cfg Config) (*Server, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	setUpHuma()
	s := &Server{cfg: cfg, router: mux.NewRouter().SkipClean(true), offers: map[string]*offers{},
		underWay: newBound(cfg.MaxInFlight), resumed: newBound(max(1, cfg.MaxInFlight/2)), present: newBound(waitingPerPlace * cfg.MaxInFlight),
		reader: docstore.NewStore(cfg.Store.Driver(), docstore.Options{})}
	s.metrics = newMetrics(cfg)
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
	s.handler = http.HandlerFunc(s.serve)
	if cfg.Tracer != nil {
		s.handler = otelhttp.NewHandler(s.handler, cfg.Service, otelhttp.WithTracerProvider(cfg.Tracer),
			otelhttp.WithPropagators(propagation.TraceContext{}))
	}
	return s, nil
}

// Handler serves the operations, the reference page and the OpenAPI description.
func (s *Server) Handler() http.Handler { return s.handler }

// API is huma's view of the server, for what the functions of this package do not cover.
func (s *Server) API() huma.API { return s.api }

// Operations lists the registered operations in the order of registration.
func (s *Server) Operations() []Operation { return s.ops }

// OpenAPIYAML is the OpenAPI 3.1 description of all operations, the same bytes whenever the operations are the same.
func (s *Server) OpenAPIYAML() ([]byte, error) {
	b, err := s.api.OpenAPI().YAML()
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", s.cfg.Service, err)
	}
	return b, nil
}

// CallerOf is who sent the request of which ctx is the context; nil outside of a request.
func CallerOf(ctx context.Context) auth.Caller {
	if x := exchangeOf(ctx); x != nil {
		return x.caller
	}
	return nil
}

// setUpHuma sets what huma keeps per process, once and before anything is served: field names are matched exactly, lists are not
// nullable, and its refusals are Problems like ours.
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
