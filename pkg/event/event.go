// Package event holds the events that domains raise: event types, topics, envelopes, instants, and the ports Bus (implemented in
// pkg/event/kafkabus) and Collection (in pkg/docstore). Events are published by pkg/event/relay and consumed by pkg/event/consume.
package event

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Event is something that happened to one aggregate, as the domain raises it. The write adds id, version, instant and actor.
type Event struct {
	// Type is the full CloudEvents type, "mx.bitacora.asset.registered.v1".
	Type string
	// Change is what happened. It must encode to a JSON object without personal data or free text.
	Change any
}

// Definition describes an event type, for schemas and documentation.
type Definition struct {
	// Name is "<aggregate>.<what>", e.g. "asset.registered".
	Name string
	// Topic is where it is published.
	Topic string
	// Change is the Go type of the change.
	Change reflect.Type
	// Summary says in one English sentence when it is raised.
	Summary string
}

// Type returns the CloudEvents type, "mx.bitacora.<name>.v1".
func (d Definition) Type() string { return "mx.bitacora." + d.Name + ".v1" }

// Of is a Definition with the Go type of its change.
type Of[C any] struct{ Definition }

// New makes an event of this type.
func (o Of[C]) New(change C) Event { return Event{Type: o.Type(), Change: change} }

// ErrNotFound is returned by a Collection when there is no such document in the caller's scope.
var ErrNotFound = errors.New("not found")

// Collection is the port of commands to one collection: state and events are written together. docstore.Collection implements it. Calls
// with the context of an Atomic (see docstore) take part in it.
type Collection[T any] interface {
	// Get returns the document, or ErrNotFound (wrapped) when there is none in the caller's scope.
	Get(ctx context.Context, id string) (*T, error)
	// Insert writes a new document and its events.
	Insert(ctx context.Context, id string, state *T, events ...Event) error
	// Update loads, lets change decide, and writes state and events in one conditional write. change may run more than once and
	// must have no effect but on its argument. A change that returns no event and leaves the state as it was writes nothing.
	Update(ctx context.Context, id string, change func(*T) ([]Event, error)) error
}

// Referenced turns the ErrNotFound of a look-up into a refusal of the request's field (fault.Unknown): it names a thing, such as a "unit" for
// what, that does not exist here or that the caller may not see. Other errors are returned as they are.
func Referenced(err error, field, what, id string) error {
	if errors.Is(err, ErrNotFound) {
		return fault.Unknown(field, what, id)
	}
	return err
}

// Entry is an event in a document's outbox, where it stays until the relay has published it. The state is added then.
type Entry struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Version     int64           `json:"version"`
	At          Time            `json:"at"`
	Actor       string          `json:"actor"`
	Correlation string          `json:"correlation,omitempty"`
	Trace       string          `json:"trace,omitempty"`
	Change      json.RawMessage `json:"change"`
}

type correlationKey struct{}

// WithCorrelation puts into ctx the id of the request or event that began the work; the events that the work raises carry it.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, correlationKey{}, id)
}

// Correlation returns the id that WithCorrelation put into ctx, or "".
func Correlation(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}

type causeKey struct{}

// WithCause puts into ctx when that happened which the work follows from. pkg/event/consume does for the event, a reaction may know better: the
// state may be newer.
func WithCause(ctx context.Context, at Time) context.Context {
	return context.WithValue(ctx, causeKey{}, at)
}

// Cause returns the instant that WithCause put into ctx, or the zero time. It is for clocks that tell the past: what is to follow from an event at
// once is dated by it there (docstore.Options.At).
func Cause(ctx context.Context) Time {
	at, _ := ctx.Value(causeKey{}).(Time)
	return at
}

type actorKey struct{}

// WithActor puts into ctx the opaque id of the person or system that the work is done for; events carry it. caller.WithAccess calls it.
func WithActor(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, actorKey{}, subject)
}

// Actor returns the subject that WithActor put into ctx, or "".
func Actor(ctx context.Context) string {
	subject, _ := ctx.Value(actorKey{}).(string)
	return subject
}

// Grant is a role that somebody holds at a place: "unit_director" at "unit:BSIST000014".
type Grant struct{ Role, Place string }

type grantsKey struct{}

// WithGrants puts into ctx those of the actor's grants that permit the operation, for ActsAs. caller.WithAccess calls it; work of the service
// itself has none.
func WithGrants(ctx context.Context, grants []Grant) context.Context {
	return context.WithValue(ctx, grantsKey{}, grants)
}

// ActsAs reports whether one of ctx's grants has one of these roles (any role, if none is named) at one of these places, usually the scopes of
// a document. It does not check permissions, which rest.Op.Roles does: it is for rules that depend on the role in which somebody acts.
func ActsAs(ctx context.Context, places []string, roles ...string) bool {
	grants, _ := ctx.Value(grantsKey{}).([]Grant)
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return (len(roles) == 0 || slices.Contains(roles, g.Role)) && slices.Contains(places, g.Place)
	})
}
