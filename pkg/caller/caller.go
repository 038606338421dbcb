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

// Scopes that are no single place. Everyone is carried by catalogue documents, which every caller may read whose role allows it; Staff by
// documents that the institution's own people may read, but not contractors. Who holds Nation sees and changes all documents.
const (
	Everyone = "everyone"
	Staff    = "staff"
	Nation   = "nation"
)

// Self is the scope of what is about one person: an operation on the caller's own document admits it (rest.Op.Own).
func Self(subject string) string { return "self:" + subject }

// Access says on whose behalf work is done and which documents it may see and change. Without one in the context pkg/docstore refuses every
// call, so that code that forgets to restrict access shows nothing rather than everything.
type Access struct {
	// Subject is the opaque id of the person or machine; it becomes the actor of events.
	Subject string
	// Scopes are the places whose documents may be seen and changed: "nation", "office:zona-norte", "unit:BSIST000014", "contractor:<id>".
	Scopes []string
	// Reads are further scopes whose documents may be seen but not changed: "everyone", "staff". So a command may look up the catalogue
	// although its caller may not edit it.
	Reads []string
	// Grants are the caller's roles, each with its place, that allow the operation; a domain queries them with event.ActsAs.
	Grants []event.Grant
}

// Admits reports whether a document that carries these scopes may be seen: Scopes has the nation, or Scopes or Reads has one of them.
func (a Access) Admits(scopes []string) bool { return a.Owns(scopes) || shared(a.Reads, scopes) }

// Owns reports whether such a document may be changed: Scopes has the nation, or one of the document's scopes.
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

// AsSystem gives ctx access to all documents, for what no person asked for (relay, consumers, migrations) and for references that a command
// may look up although its caller may not read them. subject names the mechanism, "consumer:asset.deliveries"; it is the actor of events.
func AsSystem(ctx context.Context, subject string) context.Context {
	return WithAccess(ctx, Access{Subject: subject, Scopes: []string{Nation}})
}

// AccessOf returns the Access in ctx; ok is false when there is none.
func AccessOf(ctx context.Context) (a Access, ok bool) {
	a, ok = ctx.Value(accessKey{}).(Access)
	return a, ok
}

// Command is the request behind a write, with what decides whether it is carried out: the version that the caller has seen, and the key by
// which a repeat is recognised. The HTTP edge makes one per write; afterwards it lists what was written.
type Command struct {
	Subject, Operation string
	// Key is the Idempotency-Key, "" when none was sent. Hash is Fingerprint, Meaning is the function of that name ("" when not computed):
	// two requests are the same when either is equal.
	Key, Hash, Meaning string
	// Target is the document that the request names, zero when it names none. Creates is the document that it creates, set by
	// docstore.Collection.NewID; zero when it creates none.
	Target, Creates Ref
	// Meets checks the request's conditions (If-Match, If-None-Match) against the version of Target: nil when they are met, otherwise the
	// error to answer, mostly docstore.ErrStale. Meets itself is nil when there are no conditions.
	Meets func(version int64) error
	// Ends says that the command ends its document (cancels it, closes it): it may use the bytes that docstore reserves for that.
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

// Meaning is the hash of a request by its content: operation, decoded path and query, and said, the canonical form of the body, which pkg/rest
// makes: equal for all bodies that differ only in spacing, in the order of names or in the spelling of numbers.
func Meaning(operation string, u *url.URL, said string) string {
	return fingerprint(operation, u.Path+"?"+u.Query().Encode(), []byte(said))
}

func fingerprint(operation, path string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(operation + "\x00" + path + "\x00"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
