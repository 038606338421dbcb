// Package event holds what a domain says happened: the event types, the topics they travel on and the envelope. It knows no
// broker (pkg/event/kafkabus does) and no store (pkg/docstore does). The machinery that moves events, relay and consumers, is in
// pkg/event/relay and pkg/event/consume.
package event

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Event is something that happened to one aggregate, as the domain raises it: no id, no version, no actor; the write adds those.
type Event struct {
	// Type is the full CloudEvents type, "mx.bitacora.asset.registered.v1".
	Type string
	// Change says what happened and nothing more; it encodes to a JSON object without personal data or free complaint text.
	Change any
}

// Definition describes an event type for schemas and documents.
type Definition struct {
	// Name is "<aggregate>.<what>", e.g. "asset.registered".
	Name string
	// Topic is the topic it travels on.
	Topic string
	// Change is the Go type of the change.
	Change reflect.Type
	// Summary is one English sentence on when it is raised.
	Summary string
}

// Type is the CloudEvents type: the name with the institution's prefix and version.
func (d Definition) Type() string { return "mx.bitacora." + d.Name + ".v1" }

// Of is a Definition that knows its change's type.
type Of[C any] struct{ Definition }

// New is the event with its change.
func (o Of[C]) New(change C) Event { return Event{Type: o.Type(), Change: change} }

// ErrNotFound is what a Collection answers when there is no such document in the caller's scope.
var ErrNotFound = errors.New("not found")

// Collection is what a command sees of one collection: state and events go in one write. docstore.Collection implements it.
// Inside an Atomic (see docstore) the same calls take part in it.
type Collection[T any] interface {
	// Get returns the document, or an error that is ErrNotFound when there is none in the caller's scope.
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

// Entry is an event as the outbox holds it, until the relay has published it. It holds no state.
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

// Correlation is that id, or "".
func Correlation(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}

type actorKey struct{}

// WithActor says on whose behalf ctx's work is done: an opaque subject id. caller.WithAccess sets it.
func WithActor(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, actorKey{}, subject)
}

// Actor is that subject, or "".
func Actor(ctx context.Context) string {
	subject, _ := ctx.Value(actorKey{}).(string)
	return subject
}

// Grant is a role that somebody holds at a place: "unit_director" at "unit:BSIST000014".
type Grant struct{ Role, Place string }

type grantsKey struct{}

// WithGrants says which of the actor's grants admit ctx's work. caller.WithAccess sets them; the service itself has none.
func WithGrants(ctx context.Context, grants []Grant) context.Context {
	return context.WithValue(ctx, grantsKey{}, grants)
}

// ActsAs says whether the actor does ctx's work in one of these roles (in any where none is named), held at one of these places (the scopes of a document, or fewer).
// What somebody may do at all is not asked here but in the table of permissions: this tells in which quality it is done.
func ActsAs(ctx context.Context, places []string, roles ...string) bool {
	grants, _ := ctx.Value(grantsKey{}).([]Grant)
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return (len(roles) == 0 || slices.Contains(roles, g.Role)) && slices.Contains(places, g.Place)
	})
}
