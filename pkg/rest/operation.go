package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"
	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Op describes an operation.
type Op struct {
	// ID is "<aggregate>.<verb>", e.g. "asset.register".
	ID string
	// Roles may run it, each within the places where it was granted. An operation without is not registered: the service does not start.
	Roles auth.Roles
	// Path is the flat route, "/v1/assets/{id}/activate".
	Path string
	// Summary is one line; Description may be a paragraph.
	Summary, Description string
	// Method is needed by Handle only; the other functions know theirs.
	Method string
	// Status is that of success, for Handle only; 0 means 200, or 204 for an answer without a body.
	Status int
	// ByRight says that the operation changes its document by right of the service: whoever may read the document may run it.
	ByRight bool
	// Ends says that the operation ends its document: it may use the room that others must leave free in one that is nearly full.
	Ends bool
	// MaxBody and Timeout override those of the Config, 0 does not.
	MaxBody int64
	Timeout time.Duration
	// Own says that the operation is about nothing but the caller's own document, which carries the scope caller.Self: everybody may change what
	// they say of themselves, planners and auditors too.
	Own bool
	// Reads, when set, are further scopes whose documents the caller may look at and not change, beside those of its grants.
	Reads func(ctx context.Context, a caller.Access) ([]string, error)
	// Seen, when set, is the document as the caller may see it, without what of it is somebody else's. It is asked by all functions that
	// answer documents.
	Seen func(ctx context.Context, doc []byte) ([]byte, error)
}

// see is the document as the caller may see it.
func (o Op) see(ctx context.Context, doc state) (state, error) {
	if o.Seen == nil {
		return doc, nil
	}
	return o.Seen(ctx, doc)
}

// aggregate is the singular name of what the operation is about.
func (o Op) aggregate() string {
	name, _, _ := strings.Cut(o.ID, ".")
	return name
}

// register adds an operation. run's error becomes a problem. A body of which nothing is required may be left out. answer is the type of
// what O holds as bytes, nil when O says it itself.
func register[I, O any](s *Server, op Op, method string, status int, answer reflect.Type, run func(context.Context, *I) (*O, error)) {
	writes := method != http.MethodGet
	if err := op.Roles.Check(writes && !op.Own); err != nil {
		panic(fmt.Errorf("rest: operation %s: Roles: %w", op.ID, err))
	}
	op.Roles = slices.Clone(op.Roles)
	op.MaxBody, op.Timeout = or(op.MaxBody, s.cfg.MaxBody), or(op.Timeout, s.cfg.Timeout)
	h := huma.Operation{OperationID: op.ID, Method: method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.aggregate()}, DefaultStatus: status,
		MaxBodyBytes:    op.MaxBody + 1, // huma refuses the body that reaches it
		BodyReadTimeout: -1,             // arriving sets it, and takes it away
		Responses:       map[string]*huma.Response{"default": s.refusal("A refusal")},
	}
	takesJSON := hasField[I]("Body")
	query := parametersOf(op.ID, reflect.TypeFor[I]())
	if answer != nil {
		h.Responses[strconv.Itoa(status)] = &huma.Response{Content: s.document(answer)}
	}
	if takesJSON {
		h.RequestBody = &huma.RequestBody{}
	}
	h.Middlewares = huma.Middlewares{s.admit(op, query, h.RequestBody)}
	s.describeRefusals(&h, answer, shape{writes: writes, body: takesJSON || hasField[I]("RawBody"), query: len(query.names) > 0, conditional: hasField[I]("IfMatch"),
		named: op.Own || strings.Contains(op.Path, "{"), changes: method == http.MethodPatch})
	huma.Register(s.api, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := run(ctx, in)
		if err != nil {
			return nil, s.refuse(ctx, err)
		}
		return out, nil
	})
	described := s.describedOf(op.Path, method)
	for _, p := range described.Parameters {
		p.Schema.PatternDescription = "" // huma's own, in no standard; its messages have been made of it
	}
	if takesJSON {
		bodyDocs(s.api.OpenAPI(), h.RequestBody)
	}
	s.vocabularies(described, answer, reflect.TypeFor[I](), reflect.TypeFor[O]())
	s.sharing.operation(described)
	s.ops = append(s.ops, Operation{ID: op.ID, Method: method, Path: op.Path, Summary: op.Summary, Writes: writes, Roles: op.Roles})
}

// admit decides, before anything of the request is read, whether its sender may run the operation, and gives the context his
// access and a deadline. Then it waits for the body, which is described where the operation takes JSON, and only then the request takes one of the places of those under way.
func (s *Server) admit(op Op, query parameters, body *huma.RequestBody) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, _ := humamux.Unwrap(hc)
		ctx := hc.Context()
		x := exchangeOf(ctx)
		x.operation, x.reading = op.ID, r.Method == http.MethodGet
		if s.cfg.Tracer != nil {
			trace.SpanFromContext(ctx).SetName(op.ID)
		}
		deadline := time.Now().Add(op.Timeout)
		ctx, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		if x.body != nil {
			x.body.ctx, x.body.deadline = ctx, deadline
		}
		x.readDeadline(time.Time{}) // the server's own may be nearer than the operation's
		access, p := s.admitted(ctx, x, r, op, query)
		if p == nil && body != nil {
			p = s.receive(r, x, op, s.shapeOf(body))
		}
		if p == nil {
			p = x.enter()
		}
		if p == nil {
			access, p = s.widened(caller.WithAccess(ctx, access), access, op)
		}
		if p != nil {
			s.fail(x, p)
			return
		}
		next(huma.WithContext(hc, caller.WithAccess(ctx, access)))
	}
}

// widened is the sender's access with what the operation adds to it.
func (s *Server) widened(ctx context.Context, a caller.Access, op Op) (caller.Access, *Problem) {
	if op.Own {
		a.Scopes = append(a.Scopes, caller.Self(a.Subject))
	}
	if op.Reads != nil {
		more, err := op.Reads(ctx, a)
		if err != nil {
			return a, s.refuse(ctx, err)
		}
		a.Reads = append(a.Reads, more...)
	}
	return a, nil
}

// admitted is the sender's access, or why the request goes no further.
func (s *Server) admitted(ctx context.Context, x *exchange, r *http.Request, op Op, query parameters) (caller.Access, *Problem) {
	if p := query.wellFormed(r); p != nil {
		return caller.Access{}, p
	}
	access, err := s.access(x, r.WithContext(ctx), op)
	if err != nil {
		return access, s.refuse(ctx, err)
	}
	if p := wellKeyed(r); p != nil && !x.reading {
		return access, p
	}
	if r.ContentLength > op.MaxBody {
		return access, newProblem(http.StatusRequestEntityTooLarge, "body-too-large",
			fmt.Sprintf("the body is %d bytes; this operation takes %d", r.ContentLength, op.MaxBody)).with("Connection", "close")
	}
	return access, nil
}

func (s *Server) access(x *exchange, r *http.Request, op Op) (caller.Access, error) {
	who, err := s.cfg.Guard.Authenticate(r)
	if err != nil {
		if ProblemOf(err).Status == http.StatusServiceUnavailable {
			return caller.Access{}, err
		}
		s.cfg.Logger.InfoContext(r.Context(), "not authenticated", "request_id", x.id, "operation", op.ID, "error", err)
		p := newProblem(http.StatusUnauthorized, "unauthenticated", "the request needs a valid bearer token")
		if fault.Is(err, fault.Unauthenticated) {
			p = ProblemOf(err)
		}
		return caller.Access{}, p.with("WWW-Authenticate", "Bearer")
	}
	if p := x.identify(who); p != nil {
		return caller.Access{}, p
	}
	return who.Access(op.ID, op.Roles)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// allowed lists the methods that have an operation on the request's path.
func (s *Server) allowed(r *http.Request) string {
	var out []string
	for _, m := range methods {
		probe := *r
		probe.Method = m
		var match mux.RouteMatch
		if s.router.Match(&probe, &match) && match.MatchErr == nil {
			out = append(out, m)
			if m == http.MethodGet {
				out = append(out, http.MethodHead)
			}
		}
	}
	return strings.Join(append(out, http.MethodOptions), ", ")
}

func (s *Server) notFound(_ http.ResponseWriter, r *http.Request) {
	s.fail(exchangeOf(r.Context()), newProblem(http.StatusNotFound, "no-such-path", "there is no operation on this path"))
}

func (s *Server) methodNotAllowed(_ http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r.Context())
	allow := s.allowed(r)
	if r.Method == http.MethodOptions {
		x.Header().Set("Allow", allow)
		x.WriteHeader(http.StatusNoContent)
		return
	}
	p := newProblem(http.StatusMethodNotAllowed, "method-not-allowed", "this path takes "+allow)
	s.fail(x, p.with("Allow", allow))
}

// Handle registers an operation that none of the other functions fits: I and O are huma's input and output structs. Who may run it is
// checked as for the others, the caller's access is in the context, and errors become problems.
func Handle[I, O any](s *Server, op Op, run func(ctx context.Context, in *I) (*O, error)) {
	if op.Method == "" {
		panic(errors.New("rest: " + op.ID + " has no method"))
	}
	register(s, op, op.Method, op.Status, nil, run)
}
