// Package mongodoc is the docstore driver for MongoDB (6.0 or later, always a replica set).
//
// A document's fields lie side by side in the stored document, made from JSON by this package's own converter; the driver's codecs
// never see a state. Every write is acknowledged by a majority, in its journal; every call has a deadline.
package mongodoc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// DefaultTimeout bounds a call whose context has no deadline.
const DefaultTimeout = 5 * time.Second

// Config says where the documents are.
type Config struct {
	// URI is a MongoDB connection string; TLS and credentials are part of it. What it says of concerns, retries and read preference
	// is overruled.
	URI string
	// Database is the service's own.
	Database string
	// Timeout bounds a call whose context has no deadline; 0 is DefaultTimeout. Migrate has none of its own.
	Timeout time.Duration
}

// Driver keeps documents in one MongoDB database. It implements docstore.Driver.
type Driver struct {
	client  *mongo.Client
	db      *mongo.Database
	timeout time.Duration
	log     *slog.Logger

	// retried counts transactions run again after a conflict or a lost primary.
	retried prometheus.Counter

	removed removals
	// looked is when somebody last looked for forsaken transactions (Unix ns).
	looked   atomic.Int64
	together together
	// between, in tests, is called after each statement of a transaction.
	between func(statement int)

	mu          sync.RWMutex
	collections map[string]*collection
}

var _ docstore.Driver = (*Driver)(nil)

// collection is one collection's handles, one for each concern, and its declaration (known after Migrate or Check).
type collection struct {
	*mongo.Collection
	// majority reads only what cannot be rolled back; relaxed is acknowledged by the primary alone.
	majority, relaxed *mongo.Collection
	spec              *docstore.Spec
}

// Open connects and makes sure that a primary answers; until then the error is docstore.ErrUnavailable. Not so where another try cannot
// help, and the error says what to set right: certificates or credentials that one of the two sides does not believe, and a server
// that is not part of a replica set, which has no transactions. registerer may be nil. The caller closes the Driver.
func Open(ctx context.Context, cfg Config, logger *slog.Logger, registerer prometheus.Registerer) (*Driver, error) {
	if cfg.Database == "" {
		return nil, errors.New("mongodb: no database named")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	retried, err := newRetried(registerer)
	if err != nil {
		return nil, err
	}
	connection := options.Client().ApplyURI(cfg.URI)
	client, err := mongo.Connect(connection.
		SetRetryWrites(true).SetRetryReads(true).
		SetWriteConcern(durable()).SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Local()).
		SetTimeout(cfg.Timeout).SetServerMonitor(topologyLog(logger)))
	if err != nil {
		return nil, fmt.Errorf("mongodb: %w", errors.New(err.Error()))
	}
	d := &Driver{client: client, db: client.Database(cfg.Database), timeout: cfg.Timeout, log: logger, retried: retried,
		collections: map[string]*collection{}}
	if err := d.hello(ctx, connection.TLSConfig != nil); err != nil {
		return nil, errors.Join(err, d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// durable is acknowledged when a majority has it on disk.
func durable() *writeconcern.WriteConcern {
	journal := true
	return &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}
}

// onPrimary is acknowledged when the primary has it on disk. Without the journal a majority hears of it up to 100 ms later, the
// interval at which an idle server flushes, and readers of what a majority has would wait for that.
func onPrimary() *writeconcern.WriteConcern {
	journal := true
	return &writeconcern.WriteConcern{W: 1, Journal: &journal}
}

func (d *Driver) hello(ctx context.Context, encrypted bool) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	raw, err := d.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Raw()
	if err != nil {
		return cmp.Or(refusedBy(err, encrypted), hinted(err))
	}
	if raw.Lookup("setName").IsZero() && raw.Lookup("msg").IsZero() {
		return errors.New("mongodb: not a replica set, so without transactions")
	}
	return nil
}

// Scrub implements docstore.Driver: a server is not told when to reuse a page.
func (d *Driver) Scrub(context.Context) error { return nil }

// Close waits for calls under way as long as ctx allows.
func (d *Driver) Close(ctx context.Context) error {
	ctx, cancel := d.deadline(ctx)
	defer cancel()
	if err := d.client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return fault(err)
	}
	return nil
}

// deadline gives ctx one if it has none.
func (d *Driver) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.timeout)
}

// collection returns the handles of a collection.
func (d *Driver) collection(name string) *collection {
	d.mu.RLock()
	c := d.collections[name]
	d.mu.RUnlock()
	if c != nil {
		return c
	}
	return d.declare(name, nil)
}

// declare notes what may be asked of a collection; nil leaves what is known.
func (d *Driver) declare(name string, spec *docstore.Spec) *collection {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.collections[name]
	if old != nil && spec == nil {
		return old
	}
	c := &collection{
		Collection: d.db.Collection(name),
		majority:   d.db.Collection(name, options.Collection().SetReadConcern(readconcern.Majority())),
		relaxed:    d.db.Collection(name, options.Collection().SetWriteConcern(onPrimary())),
		spec:       spec,
	}
	d.collections[name] = c
	return c
}
