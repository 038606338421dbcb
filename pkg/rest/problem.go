package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// ProblemType begins every problem's type; the rule's name follows.
const ProblemType = "urn:bitacora:problem:"

// Problem is the body of every answer that refuses or fails (RFC 9457). Its text is for the caller; causes are logged with the request id.
type Problem struct {
	Type     string    `json:"type" example:"urn:bitacora:problem:transition-not-allowed" doc:"Stable URN of the rule that was broken."`
	Title    string    `json:"title" doc:"The rule in words; the same for every occurrence."`
	Status   int       `json:"status" doc:"The HTTP status."`
	Detail   string    `json:"detail,omitempty" doc:"What was wrong this time."`
	Instance string    `json:"instance,omitempty" doc:"urn:bitacora:request: and the request's id, as in the header X-Request-Id and in the logs."`
	State    string    `json:"state,omitempty" doc:"Of a conflict: the state the aggregate is in."`
	Errors   []Offence `json:"errors,omitempty" doc:"The places that were wrong, and what was expected."`

	retryAfter string
	header     http.Header
	// awaited means that nothing failed: see NotYetVisible.
	awaited bool
}

// Offence is a part of a request that was wrong.
type Offence struct {
	Location string   `json:"location,omitempty" example:"body.lines[2].accepted" doc:"Where: body, query, path or header, and the path inside it."`
	Message  string   `json:"message" doc:"What was wrong there."`
	Expected []string `json:"expected,omitempty" doc:"What would have been accepted."`
}

func newProblem(status int, rule, detail string) *Problem {
	title := strings.ReplaceAll(rule, "-", " ")
	return &Problem{Type: ProblemType + rule, Title: strings.ToUpper(title[:1]) + title[1:], Status: status, Detail: detail}
}

func internalProblem() *Problem {
	return newProblem(http.StatusInternalServerError, "internal-error", "something went wrong inside the service; its logs have the cause under the request id")
}

func (p *Problem) at(location, message string, expected ...string) *Problem {
	p.Errors = append(p.Errors, Offence{Location: location, Message: message, Expected: expected})
	return p
}

// retry adds Retry-After: the same request may succeed in a second.
func (p *Problem) retry() *Problem {
	p.retryAfter = "1"
	return p
}

func (p *Problem) with(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// NotYetVisible is the answer to a request whose min_as_of names a write that the data do not include yet: 503 with Retry-After. Since a client
// can name a version that will never exist, metrics do not count it as a failure of the service.
func NotYetVisible(detail string) *Problem {
	p := newProblem(http.StatusServiceUnavailable, "not-yet-visible", detail).retry()
	p.awaited = true
	return p
}

// Error makes Problem an error, so that handlers given to Handle may return one.
func (p *Problem) Error() string { return p.Type + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := p.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	return h
}

// ProblemOf returns the answer for an error: the one place where that is decided. An error that it does not know becomes a 500 without details.
func ProblemOf(err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	if f := fault.As(err); f != nil {
		return faultProblem(f)
	}
	var exists *docstore.ErrExists
	switch {
	case errors.Is(err, context.Canceled):
		return newProblem(statusClientGone, "client-closed-request", "the client did not wait for the answer")
	case errors.Is(err, docstore.ErrNoSpace):
		return newProblem(http.StatusInsufficientStorage, "storage-full",
			"the service's disk is full: nothing can be written until there is space; then repeat the request with the same Idempotency-Key").retry()
	case errors.Is(err, docstore.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "unavailable",
			"the service could not finish the request in time; whether a write took effect is unknown: repeat it with the same Idempotency-Key").retry()
	case errors.Is(err, docstore.ErrNotFound):
		return newProblem(http.StatusNotFound, "not-found", "there is no such thing, or it is out of your scope")
	case errors.Is(err, docstore.ErrTooLarge):
		return newProblem(http.StatusUnprocessableEntity, docstore.RuleTooLarge, "with this it would be larger than what can be kept (16 MB)")
	case errors.Is(err, docstore.ErrStale):
		return newProblem(http.StatusPreconditionFailed, "stale-version", "it has changed since the version in If-Match; read it again and decide anew").
			at("header.If-Match", "not the present version")
	case errors.Is(err, docstore.ErrKeyReused):
		return newProblem(http.StatusUnprocessableEntity, "idempotency-key-reused", "this Idempotency-Key was used before for another request; use a fresh one").
			at("header.Idempotency-Key", "used before for another request")
	case errors.Is(err, docstore.ErrCursor):
		return newProblem(http.StatusUnprocessableEntity, "cursor-invalid", "begin the listing again without a cursor").
			at("query.cursor", "not one that this listing gave", "the next_cursor of the page before, with the same filters")
	case errors.As(err, &exists) && exists.Key == "_id":
		return newProblem(http.StatusConflict, "id-taken", "this id is taken; use a fresh one")
	case errors.As(err, &exists):
		return newProblem(http.StatusConflict, or(exists.Rule, "already-exists"), "another one has this "+exists.Key+", however it is spelt").
			at("body."+exists.Key, "must be unique")
	}
	return internalProblem()
}

// statusClientGone is the status in logs and metrics of a request whose client has left; nobody receives it.
const statusClientGone = 499

func faultProblem(f *fault.Error) *Problem {
	status, known := map[fault.Kind]int{
		fault.Invalid:          http.StatusUnprocessableEntity,
		fault.Conflict:         http.StatusConflict,
		fault.NotFound:         http.StatusNotFound,
		fault.Forbidden:        http.StatusForbidden,
		fault.Unauthenticated:  http.StatusUnauthorized,
		fault.UnknownReference: http.StatusUnprocessableEntity,
	}[f.Kind]
	if !known {
		return internalProblem()
	}
	p := newProblem(status, f.Rule, f.Detail)
	p.State = f.State
	if f.Field != "" {
		p = p.at("body."+f.Field, f.Detail, f.Expected...)
	} else if len(f.Expected) > 0 {
		p = p.at("body", f.Detail, f.Expected...)
	}
	if f.Kind == fault.UnknownReference {
		p = p.retry()
	}
	return p
}

// humaProblem is the problem for huma's own refusals: what it could not read, and what the schema forbids. It leaves out the rejected values,
// which may be personal data.
func humaProblem(hc huma.Context, status int, msg string, errs []error) *Problem {
	p := humaStatus(status, msg)
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		detail := d.ErrorDetail()
		p.Errors = append(p.Errors, Offence{Location: detail.Location, Message: detail.Message})
	}
	if hc != nil {
		if x := exchangeOf(hc.Context()); x != nil {
			p.Instance = x.instance()
			inOrder(p.Errors, x.sent)
		}
	}
	return p
}

func humaStatus(status int, msg string) *Problem {
	switch status {
	case http.StatusBadRequest:
		if msg == "request body is required" {
			return newProblem(status, "body-required", "the request needs a body")
		}
		return newProblem(status, "body-malformed", "the body is not well-formed JSON in UTF-8")
	case http.StatusRequestTimeout:
		return newProblem(status, "body-timeout", "the body did not arrive in time")
	case http.StatusRequestEntityTooLarge:
		return newProblem(status, "body-too-large", "the body is larger than this operation takes")
	case http.StatusUnsupportedMediaType:
		return newProblem(status, "media-type-unsupported", "the body must be application/json")
	case http.StatusInternalServerError: // huma says so of a body that broke off
		return newProblem(http.StatusBadRequest, "body-unreadable", "the body could not be read to its end")
	case http.StatusUnprocessableEntity:
		return newProblem(status, "validation-failed", "the request does not have the form this operation takes; errors lists where")
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status}
}

func (x *exchange) instance() string { return "urn:bitacora:request:" + x.id }

// refuse turns what a handler returned into its answer, and logs what the caller must not see.
func (s *Server) refuse(ctx context.Context, err error) *Problem {
	p := *ProblemOf(err)
	if p.Status == statusClientGone && ctx.Err() == nil { // something was cancelled, but the client is there
		p = *ProblemOf(docstore.ErrUnavailable)
	}
	if x := exchangeOf(ctx); x != nil {
		p.Instance = x.instance()
		x.awaited = p.awaited
		if x.reading {
			p.Errors = slices.Clone(p.Errors)
			for i, o := range p.Errors { // a domain names fields of the request, which are query parameters here
				if name, ok := strings.CutPrefix(o.Location, "body."); ok {
					p.Errors[i].Location = "query." + name
				}
			}
		}
		if p.Status >= 500 {
			level := slog.LevelError
			if p.Status == http.StatusServiceUnavailable {
				level = slog.LevelWarn // unavailability passes
			}
			s.cfg.Logger.Log(ctx, level, "request failed", "request_id", x.id, "operation", x.operation, "error", err)
		}
	}
	return &p
}

// fail answers with p, outside of huma.
func (s *Server) fail(x *exchange, p *Problem) {
	p.Instance = x.instance()
	for name, values := range p.GetHeaders() {
		x.Header()[name] = values
	}
	x.Header().Set("Content-Type", p.ContentType(""))
	x.WriteHeader(p.Status)
	b, err := json.Marshal(p)
	if err != nil {
		return // strings and numbers always encode
	}
	_, _ = x.Write(b) // fails only when the client has left
}
