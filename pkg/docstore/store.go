package docstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Store is a service's database: a driver, the declared collections, and the clock and ids that the service injects.
type Store struct {
	driver Driver
	opts   Options
	specs  []Spec
	locks  keyed
	// keyRefreshers are the collections with keys.
	keyRefreshers []func(context.Context) (int, error)
	// caches are called with the ids of written documents, by collection.
	caches map[string][]func(id string)
	// repeats are the commands that no longer fit into their documents' own lists.
	repeats *Collection[Repeat]
}

// Options are what a Store is given besides its driver. Nil functions get the defaults for production.
type Options struct {
	// Now is the clock, NewID makes ids (UUIDv7).
	Now   func() time.Time
	NewID func() string
	// At is the clock for what is recorded under ctx; Now where it is nil. It is another one only where documents are made that have a past (the
	// demonstration).
	At func(ctx context.Context) time.Time
	// Committed is called after each commit that added to an outbox, with the documents concerned: it wakes the relay. It must not block.
	Committed func([]Ref)
	// Trace is the W3C traceparent of ctx, "" when there is none.
	Trace func(ctx context.Context) string
}

// NewStore makes a store over driver. Collections are declared with Open before Migrate or Check is called.
func NewStore(driver Driver, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.At == nil {
		opts.At = func(context.Context) time.Time { return opts.Now() }
	}
	if opts.NewID == nil {
		opts.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if opts.Committed == nil {
		opts.Committed = func([]Ref) {}
	}
	if opts.Trace == nil {
		opts.Trace = func(context.Context) string { return "" }
	}
	s := &Store{driver: driver, opts: opts, caches: map[string][]func(string){}}
	s.repeats = openRepeats(s)
	return s
}

// Driver is the store's driver, for the relay and for migrations.
func (s *Store) Driver() Driver { return s.driver }

// Specs lists the declared collections.
func (s *Store) Specs() []Spec { return s.specs }

// Now is the present instant by the store's clock, truncated to milliseconds.
func (s *Store) Now() event.Time { return event.At(s.opts.Now()) }

// At is the instant at which what is done under ctx is recorded, truncated to milliseconds: the present one.
func (s *Store) At(ctx context.Context) event.Time { return event.At(s.opts.At(ctx)) }

// NewID is a fresh id (UUIDv7).
func (s *Store) NewID() string { return s.opts.NewID() }

// Migrate creates the collections and indexes that were declared; see Driver.Migrate.
func (s *Store) Migrate(ctx context.Context) error { return s.driver.Migrate(ctx, s.specs) }

// Check returns an error that names what Migrate would create.
func (s *Store) Check(ctx context.Context) error { return s.driver.Check(ctx, s.specs) }

// apply commits, records what the command wrote and wakes the relay.
func (s *Store) apply(ctx context.Context, writes []Write) error {
	if err := s.applyClaims(ctx, writes); err != nil {
		return err
	}
	s.committed(ctx, writes)
	return nil
}

func (s *Store) committed(ctx context.Context, writes []Write) {
	var wake []Ref
	cmd := caller.CommandOf(ctx)
	for _, w := range writes {
		if len(w.Outbox) > 0 {
			wake = append(wake, w.ref())
		}
		if w.Kind != Verify {
			for _, forget := range s.caches[w.Collection] {
				forget(w.ID)
			}
		}
		if cmd != nil && w.Kind != Verify && w.Collection != repeatsName {
			cmd.Written = append(cmd.Written, caller.Written{Ref: w.ref(), Version: w.Version, Body: w.Body})
		}
	}
	if len(wake) > 0 {
		s.opts.Committed(wake)
	}
}

// Limits of the retries of a change whose document was changed meanwhile. Callers of one process are ordered by a lock, so that only other
// replicas cause retries. Beyond maxTries there is a pause between them, up to maxRacing: as long as a killed process may block a document.
const (
	maxTries  = 100
	maxRacing = 10 * time.Second
	racePause = 50 * time.Millisecond
)

// retry runs try until its error is not errRace, or until the limits are reached.
func retry(ctx context.Context, try func() error) error {
	start := time.Now()
	tries := 0
	for ; tries < maxTries || time.Since(start) < maxRacing; tries++ {
		err := try()
		if !errors.Is(err, errRace) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
		if tries >= maxTries {
			select {
			case <-ctx.Done():
			case <-time.After(racePause):
			}
		}
	}
	return fmt.Errorf("%w: lost %d races for the document", ErrUnavailable, tries)
}

// errRace is an ErrStale that is worth a retry: the caller did not ask for a certain version.
var errRace = fmt.Errorf("lost a race: %w", ErrStale)

type relaxedKey struct{}

// Relaxed marks writes under ctx that need not be synced to the disk at once: they are synced with the next write that is not relaxed. A
// killed process loses none of them; a power cut may lose the latest, and always the newest of a store first. So it is only for what is
// done again after a power cut and was not acknowledged to a client: the relay's bookkeeping, and what consumers store of other services,
// which they read again from the topics (services/bitacora/internal/local). Writes with events are never relaxed. Only sqlitedoc uses it.
func Relaxed(ctx context.Context) context.Context {
	return context.WithValue(ctx, relaxedKey{}, true)
}

// IsRelaxed says whether ctx is Relaxed.
func IsRelaxed(ctx context.Context) bool { return ctx.Value(relaxedKey{}) != nil }
