// Package rest is the HTTP server of a service: typed operations on gorilla/mux through huma, with permissions, conditional requests,
// idempotent repeats, ids, cursors, problems, limits, the access log, metrics, the OpenAPI description and its reference page. It has no
// business rules; a service's own rest package declares operations on it.
//
//	s, err := rest.New(rest.Config{Service: "asset", Title: "Bitácora: assets", Version: version, Store: store, Guard: verifier, Logger: log, Registry: registry})
//
//	rest.Create(s, rest.Op{ID: "asset.register", Roles: keepers, Path: "/v1/assets", Summary: "Registers an asset"}, c.Assets,
//		func(ctx context.Context, id string, in *asset.Register) error { return assets.Register(ctx, id, *in) })
//	rest.Read(s, rest.Op{ID: "asset.read", Roles: auth.Everybody, Path: "/v1/assets/{id}", Summary: "Reads an asset"}, c.Assets)
//	rest.Change(s, rest.Op{ID: "asset.change", Roles: keepers, Path: "/v1/assets/{id}", Summary: "Changes descriptive facts"}, c.Assets,
//		func(ctx context.Context, id string, p rest.Patch[asset.Details]) error { return assets.Change(ctx, id, p.Apply) })
//	rest.Action(s, rest.Op{ID: "asset.activate", Roles: keepers, Path: "/v1/assets/{id}/activate", Summary: "Completes a draft"}, c.Assets,
//		func(ctx context.Context, id string, _ *rest.Nothing) error { return assets.Activate(ctx, id) })
//
//	rest.Moves(s, c.Assets, func(_ context.Context, a *asset.Asset) func(verb string) error { return a.May })
//
//	type assetQuery struct {
//		rest.Paging
//		UnitID      []string `query:"unit_id,explode" doc:"Of these units."`
//		Functioning []string `query:"functioning,explode" field:"functioning.value" vocabulary:"functioning"`
//	}
//	rest.List[assetQuery](s, rest.Op{ID: "asset.list", Roles: auth.Everybody, Path: "/v1/assets", Summary: "Lists assets"}, c.Assets, rest.Order{})
//
// Roles says who may run the operation; without it the service does not start. The answer of one document carries, beside its state, "actions":
// the operations of Change and Action that the caller may run on it now, by their roles, its scopes and Moves; and "not_now": those that only
// Moves keeps him from, with "not_now_because", the rule, where it is another one than transition-not-allowed.
//
// A request passes these checks, in this order: the number of requests present (429, 503), the route (404, 405), the token (401), the role
// (403), the declared size (413); its body is read (408, 400, 422); then the number of requests in flight (429, 503), the media type (415) and
// the schema (422); then in the write itself, on one reading of the document: scope (404), Idempotency-Key (a replay, or 422), If-Match
// (412), the domain (409, 422). The answer to a write is the document as it is now.
//
// Bodies are structs of the domain with json tags and huma's validation tags (minLength, maximum, enum, format, doc …; see
// https://huma.rocks/features/request-validation/). Field names are matched exactly; unknown ones are refused, and so is a
// name given twice; a field is required unless it has omitempty or omitzero. null means the same as leaving the field out; in a Patch it
// empties the field.
// Embedded structs must be of exported types. A field or query parameter with the tag
// `vocabulary:"<name>"` takes the values of that vocabulary (mx.Define), and the description shows their labels. Lists in answers are
// omitempty or never nil. event.Time is a date-time.
//
// ProblemOf turns the errors that handlers return into problems. Domains refuse with a fault.Error; an error that ProblemOf does not know is
// logged and answered as 500 without details.
package rest
