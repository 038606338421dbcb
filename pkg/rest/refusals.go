package rest

import (
	"fmt"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// Refusals lists, by HTTP status, the rules by which the commands of a concept refuse. `make generate` finds them in the source of the concept's
// package and of those that it uses, so that the description of an operation lacks none.
type Refusals map[int][]string

// shape is what determines which rules of this package can refuse an operation.
type shape struct{ writes, body, query, named, changes, lists, conditional bool }

// edgeRefusal is a rule of this package, and which operations it can refuse.
type edgeRefusal struct {
	status int
	rule   string
	when   func(shape) bool
}

var edgeRefusals = []edgeRefusal{
	{http.StatusBadRequest, "address-malformed", always},
	{http.StatusBadRequest, "body-required", body},
	{http.StatusBadRequest, "body-malformed", body},
	{http.StatusBadRequest, "body-unreadable", body},
	{http.StatusUnauthorized, "token-missing", always},
	{http.StatusUnauthorized, "token-invalid", always},
	{http.StatusUnauthorized, "token-expired", always},
	{http.StatusUnauthorized, "unauthenticated", always},
	{http.StatusForbidden, "role-not-allowed", always},
	{http.StatusNotFound, "not-found", func(s shape) bool { return s.named || s.writes || s.conditional }},
	{http.StatusRequestTimeout, "body-timeout", body},
	{http.StatusConflict, "id-taken", func(s shape) bool { return s.writes && !s.named }},
	{http.StatusConflict, "already-exists", func(s shape) bool { return s.writes }},
	{http.StatusPreconditionFailed, "stale-version", conditional},
	{http.StatusPreconditionFailed, "precondition-failed", func(s shape) bool { return s.writes && s.conditional }},
	{http.StatusRequestEntityTooLarge, "body-too-large", body},
	{http.StatusUnsupportedMediaType, "media-type-unsupported", body},
	{http.StatusUnprocessableEntity, "validation-failed", always},
	{http.StatusUnprocessableEntity, "filter-empty", func(s shape) bool { return s.query }},
	{http.StatusUnprocessableEntity, "cursor-invalid", func(s shape) bool { return s.lists }},
	{http.StatusUnprocessableEntity, "idempotency-key-malformed", func(s shape) bool { return s.writes }},
	{http.StatusUnprocessableEntity, "idempotency-key-reused", func(s shape) bool { return s.writes }},
	{http.StatusUnprocessableEntity, "if-match-malformed", conditional},
	{http.StatusUnprocessableEntity, "if-none-match-malformed", func(s shape) bool { return s.writes && s.conditional }},
	{http.StatusUnprocessableEntity, "reference-unknown", func(s shape) bool { return s.writes }},
	{http.StatusUnprocessableEntity, docstore.RuleTooLarge, func(s shape) bool { return s.writes }},
	{http.StatusPreconditionRequired, "if-match-required", func(s shape) bool { return s.changes }},
	{http.StatusTooManyRequests, "too-many-requests", always},
}

func always(shape) bool { return true }

func body(s shape) bool { return s.body }

func conditional(s shape) bool { return s.conditional }

// describeRefusals adds to an operation's description the statuses with which it can be refused, and the problems of each.
func (s *Server) describeRefusals(o *huma.Operation, answer reflect.Type, at shape) {
	at.lists = !at.writes && !at.named
	rules := map[int][]string{}
	for _, r := range edgeRefusals {
		if r.when(at) {
			rules[r.status] = append(rules[r.status], r.rule)
		}
	}
	if answer != nil && at.writes {
		for status, of := range s.Refusals[path.Base(answer.PkgPath())] {
			rules[status] = append(rules[status], of...)
		}
	}
	for status, of := range rules {
		slices.Sort(of)
		o.Responses[strconv.Itoa(status)] = s.refusal(fmt.Sprintf("%s. The problem's type is %s followed by one of: %s.",
			http.StatusText(status), ProblemType, strings.Join(slices.Compact(of), ", ")))
	}
	if at.conditional && !at.writes {
		o.Responses[strconv.Itoa(http.StatusNotModified)] = &huma.Response{Description: "Not Modified. If-None-Match names the ETag of the present state; there is no body."}
	}
}

// refusal describes an answer with a problem.
func (s *Server) refusal(description string) *huma.Response {
	return &huma.Response{Description: description,
		Content: map[string]*huma.MediaType{"application/problem+json": {Schema: s.api.OpenAPI().Components.Schemas.Schema(problemType, true, "")}}}
}
