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

// Config configures a relay. Only Service has no default.
type Config struct {
	// Service is the name of the store's service, such as "asset": its events have the source "/services/asset".
	Service string
	// Sweep is how often the store is searched for events that have waited longer than Overdue, because no Wake named their documents
	// (1 s, 5 s).
	Sweep, Overdue time.Duration
	// Batch bounds the documents of one round (500), Bytes the size of what one call publishes (8 MiB).
	Batch, Bytes int
	// Woken bounds the queue of documents that Wake named (16384); the sweep finds those that do not fit.
	Woken int
	// Timeout bounds each call to the store or the broker (15 s).
	Timeout time.Duration
	// Longest is the longest wait between two tries while store or broker do not answer (5 s).
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
	// finished counts the events that were published or parked; stuck is how many documents the last sweep could not publish.
	finished, stuck atomic.Int64
	// loggedAt is when unavailability was last logged; only the goroutine of Run uses it.
	loggedAt event.Time
}

// New makes a relay, which Run runs. It opens the history collection, so it must be called before the store is migrated or checked.
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

// Wake queues documents whose outboxes have events, so that they are published at once and not by the next sweep. It never blocks and may be called
// before Run, and on a nil Relay, where it does nothing: a store is made, with this callback, before its relay.
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
		n, err := r.publishWoken(ctx)
		if due {
			var sweepErr error
			due, sweepErr = r.sweep(ctx)
			err = errors.Join(err, sweepErr)
		}
		if err == nil || r.finished.Load() != before {
			backoff.Reset() // also if some failed: the others must not wait for them
		}
		if err != nil {
			r.metrics.unavailable.Inc()
			r.logUnavailable(ctx, err)
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

// logUnavailable logs err, at most once a second.
func (r *Relay) logUnavailable(ctx context.Context, err error) {
	if now := r.store.Now(); now.Sub(r.loggedAt.Time) >= time.Second {
		r.loggedAt = now
		r.log.WarnContext(ctx, "cannot publish now, trying again", "error", err)
	}
}

// Flush publishes until all outboxes are empty. If ctx ends first it returns an error; the rest is published after the next start.
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

// publishWoken publishes the events of documents from the queue; those that fail are queued again.
func (r *Relay) publishWoken(ctx context.Context) (n int, err error) {
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

// sweep publishes a batch of documents that have waited too long, and retries parked events that are due. more means that the batch was full.
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
	// Read beyond those that are stuck: they are the oldest, and would fill the batch.
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

// maxStuck bounds, in batches, how far a sweep reads beyond documents that cannot be published.
const maxStuck = 20

// round publishes the pending events of docs, stores them in the history and removes them from the outboxes. err says why failed documents have
// to be retried; they are queued.
func (r *Relay) round(ctx context.Context, docs []docstore.Pending) (failed int, err error) {
	items, rest := r.encode(docs, r.cfg.Bytes)
	r.woken.add(rest)
	if len(items) == 0 {
		return 0, nil
	}
	r.publish(ctx, items)
	done, again, cause := split(items)
	if err := r.finish(ctx, done); err != nil {
		cause = errors.Join(cause, err)
		for _, it := range done {
			again = append(again, it.ref)
		}
	}
	r.woken.add(again)
	return len(again), cause
}

// publish sends all encoded items in one call and sets the outcome of each.
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

// split separates the events that are done (acknowledged, or refused for good) from those to retry: the first of a document that could not be
// published now, and all after it.
func split(items []item) (done []item, again []docstore.Ref, cause error) {
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

// finish parks what can never be published, stores all in the history, and removes them from the outboxes: in this order, so that neither a
// crash in between nor a power cut, which loses the newest writes first, loses an event. An event that is in the history already was stored
// before a crash, or by another relay.
func (r *Relay) finish(ctx context.Context, done []item) error {
	if len(done) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(docstore.Relaxed(ctx), r.cfg.Timeout)
	defer cancel()
	published, history := map[docstore.Ref][]string{}, make([]docstore.New[History], 0, len(done))
	for _, it := range done {
		history = append(history, docstore.New[History]{ID: it.entry.ID, State: historyOf(it.ref, it.entry)})
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
