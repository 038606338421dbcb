package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// Config of a relay; only Service has no default.
type Config struct {
	// Service is the service whose store it is: "asset". Events come from "/services/asset".
	Service string
	// Sweep is how often documents are looked for that nobody woke the relay for (1 s), Overdue how long an event must have waited
	// to be taken by it (5 s).
	Sweep, Overdue time.Duration
	// Batch is the number of documents in one round (500), Bytes the size of what is published in one call (8 MB).
	Batch, Bytes int
	// Woken bounds the documents it keeps in mind (16384); what is beyond is left to the sweep.
	Woken int
	// Timeout bounds each call to the store or the broker (15 s).
	Timeout time.Duration
	// Longest is the longest wait between two tries of what is unavailable (5 s).
	Longest time.Duration
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.Sweep, time.Second}, {&c.Overdue, 5 * time.Second}, {&c.Timeout, 15 * time.Second}, {&c.Longest, 5 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&c.Batch, 500}, {&c.Bytes, 8 << 20}, {&c.Woken, 16384}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
}

// Relay publishes the events of one service's store.
type Relay struct {
	store   *docstore.Store
	bus     event.Bus
	dead    *consume.DeadLetters
	history *docstore.Collection[History]
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	woken   *woken
	// finished counts the events that are done with. stuck is how many overdue documents could not be published at the last sweep.
	finished, stuck atomic.Int64
	// complained is when unavailability was last logged; it belongs to the goroutine of Run.
	complained event.Time
}

// New is a relay; Run starts it. It declares the history collection: make it before the store is migrated or checked.
func New(store *docstore.Store, bus event.Bus, dead *consume.DeadLetters, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Relay, error) {
	if cfg.Service == "" {
		return nil, errors.New("a relay needs the name of its service")
	}
	cfg.setDefaults()
	m, err := newMetrics(cfg.Service, reg)
	if err != nil {
		return nil, err
	}
	return &Relay{store: store, bus: bus, dead: dead, history: openHistory(store), cfg: cfg, log: log.With("relay", cfg.Service),
		metrics: m, woken: newWoken(cfg.Woken)}, nil
}

// Wake says which documents have something in their outbox. It never blocks and may be called before Run; of a nil Relay it does
// nothing, so that a store can be told of the relay that is made after it.
func (r *Relay) Wake(refs []docstore.Ref) {
	if r != nil {
		r.woken.add(refs)
	}
}

// Run publishes until ctx ends; then it returns nil.
func (r *Relay) Run(ctx context.Context) error {
	ctx = r.as(ctx)
	sweep := time.NewTicker(r.cfg.Sweep)
	defer sweep.Stop()
	backoff := r.backoff()
	due := true
	for ctx.Err() == nil {
		before := r.finished.Load()
		n, err := r.wakened(ctx)
		if due {
			var sweepErr error
			due, sweepErr = r.sweep(ctx)
			err = errors.Join(err, sweepErr)
		}
		if err == nil || r.finished.Load() != before {
			backoff.Reset() // also where only a part is away: the rest must not wait for it
		}
		if err != nil {
			r.metrics.unavailable.Inc()
			r.complain(ctx, err)
			_ = backoff.Wait(ctx) // its error is ctx's, which the loop sees
			select {
			case <-sweep.C:
				due = true
			default:
			}
			continue
		}
		if n > 0 || due {
			select {
			case <-sweep.C:
				due = true
			default:
			}
			continue
		}
		select {
		case <-r.woken.bell:
		case <-sweep.C:
			due = true
		case <-ctx.Done():
		}
	}
	return nil
}

// complain logs what is unavailable, at most once a second.
func (r *Relay) complain(ctx context.Context, err error) {
	if now := r.store.Now(); now.Sub(r.complained.Time) >= time.Second {
		r.complained = now
		r.log.WarnContext(ctx, "cannot publish now, trying again", "error", err)
	}
}

// Flush publishes until nothing is pending, or ctx ends: then the error says so, and what is left is published after the next start.
func (r *Relay) Flush(ctx context.Context) error {
	ctx = r.as(ctx)
	backoff := r.backoff()
	for {
		n, err := r.overdue(ctx, r.store.Now().Add(time.Hour))
		switch {
		case err == nil && n == 0:
			return nil
		case err == nil:
			backoff.Reset()
			continue
		}
		if waitErr := backoff.Wait(ctx); waitErr != nil {
			return fmt.Errorf("outbox not empty: %w", errors.Join(waitErr, err))
		}
	}
}

func (r *Relay) as(ctx context.Context) context.Context {
	return caller.AsSystem(ctx, "relay:"+r.cfg.Service)
}

func (r *Relay) backoff() *consume.Backoff {
	return consume.NewBackoff(50*time.Millisecond, r.cfg.Longest)
}

// wakened is a round over documents that the relay was woken for. What could not be published is kept in mind.
func (r *Relay) wakened(ctx context.Context) (n int, err error) {
	refs := r.woken.take(r.cfg.Batch)
	if len(refs) == 0 {
		return 0, nil
	}
	calling, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	docs, err := r.store.Driver().PendingOf(calling, refs)
	cancel()
	if err != nil {
		r.woken.add(refs)
		return 0, err
	}
	_, err = r.round(ctx, docs)
	return len(refs), err
}

// sweep takes a batch of documents that have waited too long, and parked events whose time has come. more says that there was a full
// batch, so that there may be more.
func (r *Relay) sweep(ctx context.Context) (more bool, err error) {
	r.metrics.observe(ctx, r)
	n, err := r.overdue(ctx, r.store.Now().Add(-r.cfg.Overdue))
	if err != nil {
		return false, err
	}
	return n >= r.cfg.Batch, r.retryParked(ctx)
}

func (r *Relay) overdue(ctx context.Context, before time.Time) (n int, err error) {
	_, names := specs(r.store)
	if len(names) == 0 {
		return 0, nil
	}
	// Look past those that are stuck: they are the oldest, and would hide the others.
	limit := r.cfg.Batch + min(int(r.stuck.Load()), maxStuck*r.cfg.Batch)
	calling, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	docs, err := r.store.Driver().PendingBefore(calling, names, before, limit)
	cancel()
	if err != nil {
		return 0, err
	}
	stuck, err := r.round(ctx, docs)
	r.stuck.Store(int64(stuck))
	return len(docs), err
}

// maxStuck bounds, in batches, how far a sweep looks past what cannot be published.
const maxStuck = 20

// round publishes, files and removes the pending events of docs. Its error says why some documents have to be tried again, and how
// many; they are woken.
func (r *Relay) round(ctx context.Context, docs []docstore.Pending) (failed int, err error) {
	items, rest := r.encode(docs, r.cfg.Bytes)
	r.woken.add(rest)
	if len(items) == 0 {
		return 0, nil
	}
	r.publish(ctx, items)
	done, again, cause := sift(items)
	if err := r.finish(ctx, done); err != nil {
		cause = errors.Join(cause, err)
		for _, it := range done {
			again = append(again, it.ref)
		}
	}
	r.woken.add(again)
	return len(again), cause
}

// publish sends all that could be encoded in one call and notes the outcome of each.
func (r *Relay) publish(ctx context.Context, items []item) {
	records := make([]event.Record, 0, len(items))
	at := make([]int, 0, len(items))
	for i, it := range items {
		if it.err == nil {
			records, at = append(records, it.record), append(at, i)
		}
	}
	if len(records) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	for j, err := range r.bus.Publish(ctx, records) {
		items[at[j]].err = err
	}
}

// sift tells the events that are done (acknowledged, or never to be) from those to be tried again: a document's first that is
// unavailable, and all behind it.
func sift(items []item) (done []item, again []docstore.Ref, cause error) {
	stopped := map[docstore.Ref]bool{}
	for _, it := range items {
		switch {
		case stopped[it.ref]:
		case it.err == nil || permanent(it.err):
			done = append(done, it)
		default:
			stopped[it.ref] = true
			again = append(again, it.ref)
			cause = it.err
		}
	}
	return done, again, cause
}

func permanent(err error) bool {
	_, ok := errors.AsType[*event.PermanentError](err)
	return ok
}

// finish parks what can never be published, files what is done in the history, and takes both out of the outboxes: in this order, so that a
// crash between loses nothing, nor does a power cut, which takes the newest first. An event that is in the history already was filed before a
// crash, or by another relay.
func (r *Relay) finish(ctx context.Context, done []item) error {
	if len(done) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(docstore.Relaxed(ctx), r.cfg.Timeout)
	defer cancel()
	published, history := map[docstore.Ref][]string{}, make([]docstore.New[History], 0, len(done))
	for _, it := range done {
		history = append(history, docstore.New[History]{ID: it.entry.ID, State: filed(it.ref, it.entry)})
		if it.err != nil {
			if err := r.park(ctx, it); err != nil {
				return err
			}
		}
		published[it.ref] = append(published[it.ref], it.entry.ID)
	}
	if err := r.history.Published(ctx, history, published); err != nil {
		return err
	}
	r.finished.Add(int64(len(done)))
	for _, it := range done {
		outcome := "published"
		if it.err != nil {
			outcome = "parked"
		}
		r.metrics.events.WithLabelValues(it.topic, outcome).Inc()
	}
	return nil
}
