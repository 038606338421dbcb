package docstore

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Everyone is the scope of catalogue documents, which every caller whose role may read them sees; Staff that of documents open
// to the institution's own people but not to contractors.
const (
	Everyone = "everyone"
	Staff    = "staff"
	Nation   = "nation"
)

// Access says on whose behalf work is done and which documents it may see. Without one in the context every call is refused:
// forgetting to narrow shows nothing, never everything.
type Access struct {
	// Subject is the opaque id of the person or machine; it becomes the actor of events.
	Subject string
	// Scopes are the places of which documents may be seen: "nation", "office:zona-norte", "unit:BSIST000014", "contractor:<id>".
	Scopes []string
	// Reads are further scopes of which documents may be seen but not changed: "everyone", "staff". They are what lets a command look
	// up the catalogue although its caller may not edit it.
	Reads []string
	// Grants are the roles, each with its place, in which the caller may run the operation; a domain asks them by event.ActsAs.
	Grants []event.Grant
}

// Admits is the one narrowing rule: a document is seen by whom the nation is open to, or who holds one of its scopes.
func (a Access) Admits(scopes []string) bool { return a.Owns(scopes) || shared(a.Reads, scopes) }

// Owns is the same rule for changing a document.
func (a Access) Owns(scopes []string) bool { return a.nation() || shared(a.Scopes, scopes) }

func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (a Access) nation() bool { return slices.Contains(a.Scopes, Nation) }

// narrow is the query's half of the same rule.
func (a Access) narrow(q Query) Query {
	q.Scopes = nil
	if !a.nation() {
		q.Scopes = append(append([]string{}, a.Scopes...), a.Reads...)
	}
	return q
}

type accessKey struct{}

// WithAccess gives ctx the rights of a caller.
func WithAccess(ctx context.Context, a Access) context.Context {
	return context.WithValue(event.WithGrants(event.WithActor(ctx, a.Subject), a.Grants), accessKey{}, a)
}

// AsSystem gives ctx the rights of the service itself, for relays, reactions, migrations and for references that a command may
// look up though its caller may not read them. subject names the mechanism: "consumer:asset.deliveries".
func AsSystem(ctx context.Context, subject string) context.Context {
	return WithAccess(ctx, Access{Subject: subject, Scopes: []string{Nation}})
}

// AccessOf is the Access in ctx; ok is false when there is none.
func AccessOf(ctx context.Context) (a Access, ok bool) {
	a, ok = ctx.Value(accessKey{}).(Access)
	return a, ok
}

type relaxedKey struct{}

// Relaxed lets what is written under ctx be on the disk only with the next write that is not: a killed process loses nothing, a power cut may take
// the last of it. It is for what repeats itself then, and is never answered to anybody: the relay's bookkeeping, and what consumers keep of others,
// which the topics tell again after a power cut (services/bitacora/internal/local sees to that). Of one store's writes a power cut takes the
// newest first, and never one without all that came after it; those with events are never relaxed. Only sqlitedoc makes use of it.
func Relaxed(ctx context.Context) context.Context {
	return context.WithValue(ctx, relaxedKey{}, true)
}

// IsRelaxed says whether ctx is Relaxed.
func IsRelaxed(ctx context.Context) bool { return ctx.Value(relaxedKey{}) != nil }

// Command is the request behind a write, as far as the write must know it: which version the caller has seen, and whether the same
// request was carried out before. The HTTP edge makes one per write; after the call it says what was written.
type Command struct {
	Subject, Operation string
	// Key is the Idempotency-Key. Hash is the request's fingerprint by its bytes, Meaning by what its JSON says ("" when that was not
	// worked out): one of them must agree for a request to be the same.
	Key, Hash, Meaning string
	// Target is the document that the request names, whose version Meets is about; zero when it names none. Creates is the document that it
	// makes, once Collection.NewID has said which; zero when it makes none.
	Target, Creates Ref
	// Meets says what the request's conditions (If-Match, If-None-Match) say of a version of Target: nil, or why it is not the one that
	// they ask for, mostly ErrStale. It is nil when there are none.
	Meets func(version int64) error
	// Ends says that the command ends its document: it may use the room that others leave free for it.
	Ends bool
	// Written lists the documents written, in order, once the call has returned without error.
	Written []Written
	// outcomes are the documents of Written as they were written, in the same order.
	outcomes []Document
}

// Written is a document and the version a command gave it.
type Written struct {
	Ref
	Version int64
}

type commandKey struct{}

// WithCommand puts the request behind ctx's writes.
func WithCommand(ctx context.Context, c *Command) context.Context {
	return context.WithValue(ctx, commandKey{}, c)
}

func commandOf(ctx context.Context) *Command {
	c, _ := ctx.Value(commandKey{}).(*Command)
	return c
}

// keySpace is the name space of ids derived from idempotency keys.
var keySpace = uuid.MustParse("6f1b1f4e-5d0c-5b53-9a3b-0c6c5f5d2a10")

// NewID is the id of the document that the command in ctx creates in the collection: the client's own, else one derived from subject,
// operation, key and the document that the request names, so that the same request finds what it created before, else fresh. The document
// remembers the command for good.
func (c *Collection[T]) NewID(ctx context.Context, client string) string {
	cmd, id := commandOf(ctx), client
	switch {
	case id != "":
	case cmd == nil || cmd.Key == "":
		id = c.store.NewID()
	default:
		said := []string{cmd.Subject, cmd.Operation, cmd.Key}
		if cmd.Target.ID != "" {
			said = append(said, cmd.Target.ID)
		}
		id = uuid.NewSHA1(keySpace, []byte(strings.Join(said, "\x00"))).String()
	}
	if cmd != nil {
		cmd.Creates = Ref{c.spec.Name, id}
	}
	return id
}
