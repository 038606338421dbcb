// Package docstore stores a service's documents together with the events that they raise. An aggregate is one JSON document: the fields
// of its state, and reserved fields whose names begin with _. A command loads the document, changes its state and writes state, events
// and the next version in one conditional update, so that an event is never published for a change that was not made, nor the reverse.
//
// What does not depend on the database is here: encoding, versions, recognition of repeated requests, scopes, transactions (Atomic). A
// Driver (mongodoc, sqlitedoc) applies conditional writes and runs queries; docstoretest is the suite that both pass.
package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Errors of every operation. They are matched with errors.Is.
var (
	// ErrNotFound: no such document, or it is out of the caller's scope.
	ErrNotFound = event.ErrNotFound
	// ErrStale: the document does not have the version that the caller named.
	ErrStale = errors.New("stale version")
	// ErrUnavailable: the store did not answer in time. Of a write this means that the outcome is unknown: it may have been made.
	ErrUnavailable = errors.New("store unavailable")
	// ErrNoSpace: the store's disk is full. It is an ErrUnavailable: consumers and relays retry until there is space.
	ErrNoSpace = fmt.Errorf("no space left: %w", ErrUnavailable)
	// ErrReplayed: the same command was carried out before. Nothing was written; the caller answers with the document as it is now.
	ErrReplayed = errors.New("replayed")
	// ErrKeyReused: the idempotency key was used before for another request.
	ErrKeyReused = errors.New("idempotency key reused")
)

// ErrExists says which unique key a write would have broken: "_id", or the name of a Unique.
type ErrExists struct {
	Key string
	// Rule is the stable name of the refusal in the API ("tag-taken"); empty where the key declares none.
	Rule string
}

func (e *ErrExists) Error() string { return fmt.Sprintf("a document with this %s exists", e.Key) }

// Spec declares a collection: its name, its events, and the queries that its indexes serve.
type Spec struct {
	Name string
	// Events is the set of events that the documents raise, with its topic and the fields left out of them; nil when they raise none. A write
	// with an event that is not in the set is refused.
	Events *event.Set
	// Aggregate is the singular, as marks name it: "asset_ref" for the collection "asset_refs". That of Events when there are any.
	Aggregate string
	// State is the Go type of the documents' state; set by Open.
	State reflect.Type
	// Schema is the current version of the document's shape, 0 at first. Upcast converts the fields of an older one when it is read.
	Schema  int
	Upcast  func(schema int, fields map[string]json.RawMessage) error
	Indexes []Index
	Unique  []Unique
	// Keys are normalised values by which documents are compared, such as a serial number without spaces; Collection.Keyed computes them.
	// Since names the top-level field with the instant that decides which of two documents is the older.
	Keys  []Key
	Since string
}

// Topic is the topic of the collection's events, "" when it raises none.
func (s Spec) Topic() string { return s.Events.Topic() }

// Index declares a query: one element of an optional array field, equality on Fields, in the order of Sort. Every collection has the index
// {Sort: "_id"}. Each index also serves the caller's scopes, unless it is Unscoped.
type Index struct {
	// Fields are paths ("custody", "target.asset_id") compared with Where.
	Fields []string
	// Array is an array-valued top-level field of which Where names one element; at most one per index.
	Array string
	// Sort is the top-level field in whose order pages come, "_id" when empty; never null. Ties are broken by _id, in the same
	// direction. The index serves both directions; Desc says which one most queries use.
	Sort string
	Desc bool
	// Unscoped leaves scopes out of the index: it finds so few documents that the scope of each is checked afterwards.
	Unscoped bool
}

// By is an index for each of these fields.
func By(fields ...string) []Index {
	out := make([]Index, len(fields))
	for i, f := range fields {
		out[i].Fields = []string{f}
	}
	return out
}

// Newest are the indexes of a list of what happens, the latest by the instant at first: of all documents, and of those with one value of each of these
// fields.
func Newest(at string, fields ...string) []Index {
	out := append([]Index{{}}, By(fields...)...)
	for i := range out {
		out[i].Sort, out[i].Desc = at, true
	}
	return out
}

// Unique declares that no two documents have the same values in Fields. Documents in which one of them is absent, null or empty
// do not take part.
type Unique struct {
	// Name is the value of ErrExists.Key, the field's name in the API: "inventory_tag".
	Name   string
	Fields []string
	// Unless names top-level fields: documents that have one of them do not take part either. Where an earlier release created the index
	// without them, SQLite creates it again; MongoDB keeps it, because pods of that release may still run.
	Unless []string
}

// Query selects documents of one collection, in the order of Sort.
type Query struct {
	// Where holds the conditions; all must be met, each on a declared field.
	Where []Condition
	// Sort and Desc name a declared order; the zero values mean by _id.
	Sort string
	Desc bool
	// After continues behind this position.
	After *Position
	// Limit is the largest number of documents; 0 means no limit (Stream only).
	Limit int
	// Committed (Stream only) reads nothing that a failover could still roll back, as is needed of what is published. Without it a query
	// sees what Load sees.
	Committed bool
	// Scopes, when not nil, keeps to documents that carry one of them. Set by Collection from the caller's Access.
	Scopes []string
}

// Condition selects documents whose field equals one of the values In, or whose array field has such an element. The value nil selects
// those where the field is null or absent. A driver is given JSON scalars only: string, bool, int64, float64, nil.
type Condition struct {
	Field string
	In    []any
}

// Eq is the condition that field has the value.
func Eq(field string, value any) Condition { return Condition{field, []any{value}} }

// Position is a place in a sorted listing: after the document ID, whose sort field has Value (a JSON scalar).
type Position struct {
	Value any
	ID    string
}

// Document is a stored document as a driver sees it.
type Document struct {
	ID      string
	Version int64
	// Body is a JSON object: the state's fields and the reserved _schema, _scope, _recent, _request, _keys, _holds, _discrepancies. Not _id, _version, _outbox.
	Body []byte
}

// WriteKind is the condition under which a Write is applied.
type WriteKind int

// The kinds of Write.
const (
	// Insert: no document with this id exists. Body is written. Otherwise *ErrExists.
	Insert WriteKind = iota
	// Update: the document has version Expect. Set and Unset are applied (Body is the whole outcome), the outbox is appended to.
	// Otherwise ErrStale. Version may equal Expect: reserved or bookkeeping fields change without a new version.
	Update
	// Put: there is no such document or its version is lower than Version. Body replaces all of it. Otherwise ErrStale.
	Put
	// Verify: nothing is written; the document has version Expect when the whole is committed. Otherwise ErrStale. Only in Apply.
	Verify
	// Remove: the document is deleted if it has version Expect; otherwise nothing happens, without an error. Only for the store's own
	// bookkeeping: documents of a domain are never deleted.
	Remove
)

// Write is one conditional write.
type Write struct {
	Kind       WriteKind
	Collection string
	ID         string
	// Expect is the version the document must have; Version the one it has afterwards.
	Expect, Version int64
	Body            []byte
	Set             map[string]json.RawMessage
	Unset           []string
	// Outbox is appended to the document's outbox in the same write.
	Outbox []event.Entry
	// soft are the keys that the write gives up, rather than fail, when another document holds them.
	soft []Key
	// freed are the keys that the document had before, where the write releases one that it held.
	freed map[string]string
}

func (w *Write) ref() Ref { return Ref{Collection: w.Collection, ID: w.ID} }

// Pending is a document whose outbox is not empty, read in such a way that nothing of it can be rolled back.
type Pending struct {
	Collection string
	Document
	Outbox []event.Entry
}

// Ref names a document.
type Ref = caller.Ref

// Driver is a database. All methods observe ctx's deadline and return ErrUnavailable (wrapped) for failures that a retry may overcome.
type Driver interface {
	// Migrate creates collections and indexes. It is idempotent, and safe while services of this and the previous release run.
	Migrate(ctx context.Context, specs []Spec) error
	// Check returns an error that names what Migrate would create, nil when nothing is missing.
	Check(ctx context.Context, specs []Spec) error
	// Apply makes all writes or none; they are durable (majority, fsync) when it returns nil. The error is that of the first write whose
	// condition failed: ErrStale or *ErrExists.
	Apply(ctx context.Context, writes []Write) error
	// ApplyMany makes each write independently of the others, in few round trips. errs is nil, or as long as writes.
	ApplyMany(ctx context.Context, writes []Write) (errs []error)
	// Load returns those of the documents that exist, in any order, as the last acknowledged write left them.
	Load(ctx context.Context, collection string, ids []string) ([]Document, error)
	// Find returns the page of a query. A condition or order that no declared index serves is an error.
	Find(ctx context.Context, collection string, q Query) ([]Document, error)
	// Stream calls each for all documents of a query, in constant memory; no read transaction is held while each runs.
	Stream(ctx context.Context, collection string, q Query, each func(Document) error) error
	// PendingOf returns those of refs that have a non-empty outbox.
	PendingOf(ctx context.Context, refs []Ref) ([]Pending, error)
	// PendingBefore returns documents of the collections whose oldest outbox entry is older than at, oldest first, at most limit.
	PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) ([]Pending, error)
	// Published inserts the filed documents, skipping those that exist, then removes exactly these entries (ids by document) from the
	// outboxes; both in one commit where the store can. It changes no version. If it is lost, or its second half is, the entries are
	// published again, which consumers recognise.
	Published(ctx context.Context, filed []Write, entries map[Ref][]string) error
	// Backlog counts the documents with a non-empty outbox, and says when the oldest entry was made (zero when there is none).
	Backlog(ctx context.Context, collections []string) (documents int64, oldest time.Time, err error)
	// Scrub takes what was overwritten or deleted before the call out of the files, as far as the store can be told to. sqlitedoc empties the log
	// and, where it was opened to shred, has zeros in place of it. mongodoc does nothing: pages are the server's to reuse, and its oplog and
	// journal keep what was written for as long as they are set to.
	Scrub(ctx context.Context) error
	Close(ctx context.Context) error
}
