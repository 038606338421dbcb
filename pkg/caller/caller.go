// Package caller is what the context of a piece of work says of whoever asked for it:
//
//   - Access: on whose behalf the work is done and which documents it may see and change. The HTTP edge (pkg/rest) puts it there with
//     WithAccess, from the token that pkg/auth has checked; what nobody asked for (relay, consumers, migrations) with AsSystem. Without one
//     pkg/docstore refuses every call.
//   - Command: the request behind a write: its Idempotency-Key, its conditions (If-Match), the document that it names. pkg/rest puts it
//     there with WithCommand, for writes only; pkg/docstore judges it and notes in it what was written.
//   - What a domain may know of the two, which imports neither this package nor pkg/docstore: event.Actor (the subject) and event.ActsAs
//     (the role and the place). WithAccess puts both there.
//   - event.Correlation: the id of the request or of the event that began the work. pkg/rest and pkg/event/consume put it there.
//
// A transaction (docstore.Store.Atomic) and docstore.Relaxed travel in the context as well; they are about the store, and are its own.
package caller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"

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

// Command is the request behind a write, as far as the write must know it: which version the caller has seen, and whether the same
// request was carried out before. The HTTP edge makes one per write; after the call it says what was written.
type Command struct {
	Subject, Operation string
	// Key is the Idempotency-Key. Hash is the request's fingerprint by its bytes, Meaning by what its JSON says ("" when that was not
	// worked out): one of them must agree for a request to be the same.
	Key, Hash, Meaning string
	// Target is the document that the request names, whose version Meets is about; zero when it names none. Creates is the document that it
	// makes, once docstore.Collection.NewID has said which; zero when it makes none.
	Target, Creates Ref
	// Meets says what the request's conditions (If-Match, If-None-Match) say of a version of Target: nil, or why it is not the one that
	// they ask for, mostly ErrStale. It is nil when there are none.
	Meets func(version int64) error
	// Ends says that the command ends its document: it may use the room that others leave free for it.
	Ends bool
	// Written lists the documents written, in order, once the call has returned without error.
	Written []Written
}

// Ref names a document.
type Ref struct{ Collection, ID string }

// Written is a document as a command has written it: its new version, and its stored body.
type Written struct {
	Ref
	Version int64
	Body    []byte
}

type commandKey struct{}

// WithCommand puts the request behind ctx's writes.
func WithCommand(ctx context.Context, c *Command) context.Context {
	return context.WithValue(ctx, commandKey{}, c)
}

// CommandOf is the Command in ctx, nil when there is none.
func CommandOf(ctx context.Context) *Command {
	c, _ := ctx.Value(commandKey{}).(*Command)
	return c
}

// Fingerprint is the hash of a request by its bytes: operation, path and body.
func Fingerprint(operation, path string, body []byte) string {
	return fingerprint(operation, path, body)
}

// Meaning is the hash of a request by what it says: operation, decoded path and query, and said, the one form of all bodies that say the
// same (pkg/rest makes it).
func Meaning(operation string, u *url.URL, said string) string {
	return fingerprint(operation, u.Path+"?"+u.Query().Encode(), []byte(said))
}

func fingerprint(operation, path string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(operation + "\x00" + path + "\x00"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
