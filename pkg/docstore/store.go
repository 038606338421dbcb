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

// Store is a service's documents: a driver, and what the service injects.
type Store struct {
	driver Driver
	opts   Options
	specs  []Spec
	locks  keyed
	// settlers are the collections with keys.
	settlers []func(context.Context) (int, error)
	// caches are told what is written, by collection.
	caches map[string][]func(id string)
	// repeats are the commands that documents have no room to remember.
	repeats *Collection[Repeat]
}

// Options are what a Store is given besides its driver. The zero values are the real ones.
type Options struct {
	Now   func() time.Time
	NewID func() string
	// Committed is told, after each commit that left something in an outbox, which documents to look at. It must not block.
	Committed func([]Ref)
	// Trace is the W3C traceparent of ctx, "" when there is none.
	Trace func(ctx context.Context) string
}

// NewStore is a store over driver. Collections are declared with Open before Migrate or Check.
func NewStore(driver Driver, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
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

// Now is the store's clock, cut to milliseconds.
func (s *Store) Now() event.Time { return event.At(s.opts.Now()) }

// NewID is a fresh id (UUIDv7).
func (s *Store) NewID() string { return s.opts.NewID() }

// Migrate makes what the declared collections need.
func (s *Store) Migrate(ctx context.Context) error { return s.driver.Migrate(ctx, s.specs) }

// Check says what Migrate would have to make.
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

// Bounds of the restarts of one change that loses races; callers of one process are ordered by a lock, so that only other replicas can
// make it lose. Beyond maxTries it pauses between them, for as long as a document may be held by a process that is gone.
const (
	maxTries  = 100
	maxRacing = 10 * time.Second
	racePause = 50 * time.Millisecond
)

// retry runs try until it does not lose a race.
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

// errRace is ErrStale that a repetition may mend: the caller did not name the version.
var errRace = fmt.Errorf("lost a race: %w", ErrStale)

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
