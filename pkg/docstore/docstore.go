// Package docstore is the port through which a service keeps its documents. Every aggregate is one document: the state's fields
// beside reserved ones. A command loads it, lets the domain decide, and writes state and events in one conditional update.
//
// The package holds all that does not depend on the store: encoding, versions, idempotent repeats, scope, Atomic. A Driver
// (mongodoc, sqlitedoc) only applies conditional writes and runs queries; docstoretest is the suite that both pass.
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
	// ErrStale: the document has another version than the caller said.
	ErrStale = errors.New("stale version")
	// ErrUnavailable: the store did not answer, or not in time. After a write it means unknown: it may have happened.
	ErrUnavailable = errors.New("store unavailable")
	// ErrNoSpace: the store's disk is full. It is an ErrUnavailable: what waits goes on by itself once there is space.
	ErrNoSpace = fmt.Errorf("no space left: %w", ErrUnavailable)
	// ErrReplayed: this very command was carried out before. Nothing was written; the caller presents the document as it is now.
	ErrReplayed = errors.New("replayed")
	// ErrKeyReused: the idempotency key was used before for another request.
	ErrKeyReused = errors.New("idempotency key reused")
)

// ErrExists says which unique key a write would have broken: "_id", or the name of a Unique.
type ErrExists struct {
	Key string
	// Rule is the stable name of the rule, where the key has one of its own.
	Rule string
}

func (e *ErrExists) Error() string { return fmt.Sprintf("a document with this %s exists", e.Key) }

// Spec declares a collection: its name and what may be asked of it.
type Spec struct {
	Name string
	// Events are those of the collection's documents, which name the aggregate, the topic and the fields that are withheld; nil when it raises none.
	// A write with an event that is not among them is refused.
	Events *event.Set
	// Aggregate is the singular, as marks name it: "asset_ref" for the collection "asset_refs". That of Events when there are any.
	Aggregate string
	// State is the Go type of the documents' state; set by Open.
	State reflect.Type
	// Schema is the present version of the document's shape, 0 at first. Upcast mends older ones on read.
	Schema  int
	Upcast  func(schema int, fields map[string]json.RawMessage) error
	Indexes []Index
	Unique  []Unique
	// Keys are what documents are compared by where spellings differ; Collection.Keyed says how they follow from a state. Since is the
	// top-level instant by which the older of two documents is told.
	Keys  []Key
	Since string
}

// Topic is where the collection's events go; empty when it raises none.
func (s Spec) Topic() string { return s.Events.Topic() }

// Index declares one way of asking: an optional array field, equality on Fields in any combination of a prefix, in the order of
// Sort. Every collection has the index {Sort: "_id"} and, where documents carry scopes, each index also serves the scope.
type Index struct {
	// Fields are paths ("custody", "target.asset_id") compared with Where.
	Fields []string
	// Array is an array-valued top-level field of which Where names one element; at most one per index.
	Array string
	// Sort is the top-level field in whose order pages come, "_id" when empty; never null. Ties are broken by _id, in the same
	// direction. The index serves both directions; Desc is the one mostly asked for.
	Sort string
	Desc bool
	// Unscoped indexes are so selective that the scope is checked on what they find: it has no part in them.
	Unscoped bool
}

// Unique declares that no two documents have the same values in Fields. Documents in which one of them is absent, null or empty
// do not take part.
type Unique struct {
	// Name is what ErrExists says, in the API's words: "inventory_tag".
	Name   string
	Fields []string
	// Unless are top-level fields: documents that have one of them do not take part either. Where a release before this one made the index
	// without them, SQLite makes it anew; on MongoDB it stays as it is, for that release's pods may still run.
	Unless []string
}

// Query asks for documents of one collection in the order of Sort.
type Query struct {
	// Where holds the conditions; all must be met, each on a declared field.
	Where []Condition
	// Sort and Desc name a declared order; the zero values mean by _id.
	Sort string
	Desc bool
	// After continues behind this position.
	After *Position
	// Limit is the number of documents at most; 0 means no limit (Stream only).
	Limit int
	// Settled keeps to what can never be rolled back, of Stream only: for what is published from it. Without it a query sees what Load sees.
	Settled bool
	// Scopes, when not nil, keeps to documents that carry one of them. Set by Collection from the caller's Access.
	Scopes []string
}

// Condition is met by documents whose field has one of the values; of an array field, whose elements do. A nil is met by a field
// that is null or absent. Collection gives a driver JSON scalars only: string, bool, int64, float64, nil.
type Condition struct {
	Field string
	In    []any
}

// Eq is the condition that field has the value.
func Eq(field string, value any) Condition { return Condition{field, []any{value}} }

// Position is a place in a sorted listing: behind the document ID whose sort field has Value (a JSON scalar).
type Position struct {
	Value any
	ID    string
}

// Document is a stored document as a driver sees it.
type Document struct {
	ID      string
	Version int64
	// Body is a JSON object: the state's fields, and the reserved _schema, _scope, _recent, _request, _keys, _holds, _discrepancies. Not _id, _version, _outbox.
	Body []byte
}

// WriteKind says on what condition a Write is applied.
type WriteKind int

// The kinds of Write.
const (
	// Insert: no document with this id exists. Body is written. Else *ErrExists.
	Insert WriteKind = iota
	// Update: the document has version Expect. Set and Unset are applied (Body is the whole outcome), the outbox is appended to.
	// Else ErrStale. Version may equal Expect: a mend of bookkeeping fields that is no new version.
	Update
	// Put: there is no such document or its version is lower than Version. Body replaces all of it. Else ErrStale.
	Put
	// Verify: the document has version Expect, and still has it when the whole is committed. Else ErrStale. Only inside Apply.
	Verify
	// Remove: the document, if it still has version Expect, is taken away; else nothing happens, and that is no error. Only of
	// bookkeeping: what a domain writes stays.
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
	// soft are claims to keys that give way to another document's.
	soft []Key
}

func (w *Write) ref() Ref { return Ref{Collection: w.Collection, ID: w.ID} }

// Pending is a document whose outbox is not empty, read with the strongest concern: nothing in it can be rolled back.
type Pending struct {
	Collection string
	Document
	Outbox []event.Entry
}

// Ref names a document.
type Ref = caller.Ref

// Driver is a store. All methods honour ctx's deadline and return ErrUnavailable (wrapped) for what another try may mend.
type Driver interface {
	// Migrate makes collections and indexes. Idempotent, safe beside running services of this and the previous release.
	Migrate(ctx context.Context, specs []Spec) error
	// Check returns an error that names what Migrate would make.
	Check(ctx context.Context, specs []Spec) error
	// Apply carries out all writes or none, durable (majority, fsync) when it returns nil. The error is that of the first write
	// whose condition failed: ErrStale or *ErrExists.
	Apply(ctx context.Context, writes []Write) error
	// ApplyMany carries out each write for itself, in few round trips. errs is nil, or as long as writes.
	ApplyMany(ctx context.Context, writes []Write) (errs []error)
	// Load returns those of the documents that exist, in any order, with all acknowledged writes.
	Load(ctx context.Context, collection string, ids []string) ([]Document, error)
	// Find returns the page of a query. A condition or order that no declared index serves is an error.
	Find(ctx context.Context, collection string, q Query) ([]Document, error)
	// Stream calls each for all documents of a query, in constant memory; no read transaction is held while each runs.
	Stream(ctx context.Context, collection string, q Query, each func(Document) error) error
	// PendingOf returns those of refs that have a non-empty outbox.
	PendingOf(ctx context.Context, refs []Ref) ([]Pending, error)
	// PendingBefore returns documents of the collections whose oldest outbox entry is older than at, oldest first, at most limit.
	PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) ([]Pending, error)
	// Published inserts what is filed, of which some may be there already, then removes exactly these entries (ids by document) from
	// outboxes; both in one commit where the store can. It never touches a version. Losing it, or its second half, is harmless.
	Published(ctx context.Context, filed []Write, entries map[Ref][]string) error
	// Backlog says how many documents have a non-empty outbox and when the oldest entry was made (zero when none).
	Backlog(ctx context.Context, collections []string) (documents int64, oldest time.Time, err error)
	Close(ctx context.Context) error
}
