package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Config configures a consumer. Only Name and Topics have no default.
type Config struct {
	// Name is the consumer group, e.g. "asset.deliveries". It must never change: offsets and dead letters are stored under it.
	Name   string
	Topics []string
	// Types lists the event types that are handled, beside snapshots; empty means all of version 1. Others are counted and skipped.
	Types []string
	// Batch bounds the records of one Fetch (500; 5000 for Fold, which writes an aggregate with many events once), Workers the aggregates of a
	// batch that a reaction handles concurrently (16).
	Batch, Workers int
	// Timeout bounds one call of the handler or the store (30 s).
	Timeout time.Duration
	// Await is how long events of a batch whose references are missing are retried before they are parked (500 ms).
	Await time.Duration
	// Look is how often dead letters are checked for those to retry (1 s).
	Look time.Duration
	// Longest is the longest wait between two tries while store or broker do not answer (5 s).
	Longest time.Duration
	// Tracer makes the spans of handlers (none).
	Tracer trace.Tracer
}

func (c *Config) setDefaults(folds bool) {
	if c.Batch == 0 {
		c.Batch = 500
		if folds {
			c.Batch = 5000
		}
	}
	if c.Workers == 0 {
		c.Workers = 16
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.Timeout, 30 * time.Second}, {&c.Await, 500 * time.Millisecond}, {&c.Look, time.Second}, {&c.Longest, 5 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Tracer == nil {
		c.Tracer = noop.NewTracerProvider().Tracer("")
	}
}

// Handler handles the events of a consumer; Fold and React make one.
type Handler struct {
	fold  func(context.Context, []event.Envelope) error
	react func(context.Context, event.Envelope) error
}

// Fold makes the handler of a projection: apply gets, of each aggregate in a batch, the event with the highest state version. It must be
// idempotent.
func Fold(apply func(ctx context.Context, batch []event.Envelope) error) Handler {
	return Handler{fold: apply}
}

// React makes the handler of a reaction: handle gets each event, those of one aggregate in order, different aggregates concurrently. It must be
// idempotent; see IfNewer.
func React(handle func(ctx context.Context, e event.Envelope) error) Handler {
	return Handler{react: handle}
}

// Consumer is one member of a consumer group with its handler.
type Consumer struct {
	store   *docstore.Store
	bus     event.Bus
	dead    *DeadLetters
	cfg     Config
	handler Handler
	log     *slog.Logger
	metrics *metrics
	// sub is the present membership, for Alive.
	sub    atomic.Pointer[event.Subscription]
	topics map[string]*progress
	// step is when a fetch or a call of the handler last returned, in Unix nanoseconds.
	step atomic.Int64
	// page is where the check of waiting dead letters continues; only the goroutine of Run uses it.
	page *docstore.Position
	// parked holds, by topic and aggregate, the ids of the dead letters that this member knows and their versions.
	mu     sync.Mutex
	parked map[string]map[string]int64
}

// progress is how far a consumer is in one topic: the time of the newest handled record, and that of the oldest record being handled (0: none),
// in Unix milliseconds.
type progress struct{ newest, oldest atomic.Int64 }

// New makes a consumer, which Run runs. Consumers may share a registerer.
func New(store *docstore.Store, bus event.Bus, dead *DeadLetters, cfg Config, handler Handler, log *slog.Logger,
	reg prometheus.Registerer) (*Consumer, error) {
	if cfg.Name == "" || len(cfg.Topics) == 0 || (handler.fold == nil) == (handler.react == nil) {
		return nil, errors.New("a consumer needs a name, topics and a handler")
	}
	cfg.setDefaults(handler.fold != nil)
	c := &Consumer{store: store, bus: bus, dead: dead, cfg: cfg, handler: handler, log: log.With("consumer", cfg.Name),
		parked: map[string]map[string]int64{}, topics: map[string]*progress{}}
	for _, topic := range cfg.Topics {
		c.topics[topic] = &progress{}
	}
	var err error
	c.metrics, err = newMetrics(c, reg)
	return c, err
}

// Name is the consumer's name.
func (c *Consumer) Name() string { return c.cfg.Name }

// Alive returns when the broker last answered this consumer, or when a fetch or a call of the handler last returned, whichever is earlier; zero
// before it has joined. It stops advancing while a handler hangs, but not while calls fail because the store does not answer.
func (c *Consumer) Alive() time.Time {
	sub := c.sub.Load()
	if sub == nil {
		return time.Time{}
	}
	answered, step := (*sub).Alive(), time.Unix(0, c.step.Load())
	if step.Before(answered) {
		return step
	}
	return answered
}

// stepDone records that a fetch or a call of the handler returned.
func (c *Consumer) stepDone() { c.step.Store(c.store.Now().UnixNano()) }

// Run consumes until ctx ends; then it returns nil. Nothing is committed that was not handled. When records are gone it logs that, with the command
// that publishes their documents' state again, and continues with the records that exist.
func (c *Consumer) Run(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, "consumer:"+c.cfg.Name)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { c.observe(ctx); return nil })
	g.Go(func() error {
		backoff := c.backoff()
		for ctx.Err() == nil {
			err := c.member(ctx)
			if err != nil && ctx.Err() == nil {
				c.log.ErrorContext(ctx, "consuming failed, trying again", "error", err)
				_ = backoff.Wait(ctx) // its error is ctx's, which the loop sees
			}
		}
		return nil
	})
	return g.Wait()
}

// member consumes as one member of the group, from joining to leaving.
func (c *Consumer) member(ctx context.Context) error {
	sub, err := c.bus.Subscribe(c.cfg.Name, c.cfg.Topics)
	if err != nil {
		return fmt.Errorf("join the group: %w", err)
	}
	c.stepDone()
	c.sub.Store(&sub)
	err = c.consume(ctx, sub)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := sub.Close(closing); err != nil {
		c.log.WarnContext(ctx, "leaving the group", "error", err)
	}
	return err
}

const (
	closeTimeout  = 5 * time.Second
	commitTimeout = 5 * time.Second
)

func (c *Consumer) backoff() *Backoff { return NewBackoff(50*time.Millisecond, c.cfg.Longest) }

// consume fetches, handles and commits until ctx ends or something fails that a retry does not change.
func (c *Consumer) consume(ctx context.Context, sub event.Subscription) error {
	look := time.NewTicker(c.cfg.Look)
	defer look.Stop()
	backoff := c.backoff()
	var open commits
	for ctx.Err() == nil {
		fetching, cancel := context.WithTimeout(ctx, c.cfg.Look)
		records, err := sub.Fetch(fetching, c.cfg.Batch)
		c.stepDone()
		idle := fetching.Err() != nil
		cancel()
		switch {
		case len(records) > 0:
			if err := c.handle(ctx, records); err != nil {
				return err
			}
			open.add(records)
		case errors.Is(err, event.ErrClosed):
			return err
		case errors.Is(err, event.ErrOffsetLost):
			c.logLoss(ctx, err)
			clear(open) // their offsets may be of the old log
		case err != nil && !idle:
			c.metrics.unavailable.Inc()
			c.log.WarnContext(ctx, "broker unavailable, trying again", "error", err)
			_ = backoff.Wait(ctx) // its error is ctx's, which the loop sees
			continue
		}
		backoff.Reset()
		c.commit(ctx, sub, &open)
		select {
		case <-look.C:
			c.retry(ctx)
		default:
		}
	}
	return nil
}

// logLoss logs and counts that records are gone.
func (c *Consumer) logLoss(ctx context.Context, err error) {
	topic := ""
	if loss, ok := errors.AsType[*event.LostError](err); ok {
		topic = loss.Topic
	}
	c.metrics.count(topic, "lost")
	c.log.ErrorContext(ctx, "events are gone, going on with those that are there", "topic", topic, "error", err, "to_do", event.RepublishCommand(topic))
}

// commits are the last handled records per partition that are not committed yet.
type commits map[string]event.Record

func (c *commits) add(records []event.Record) {
	if *c == nil {
		*c = commits{}
	}
	for _, r := range records {
		(*c)[fmt.Sprintf("%s/%d", r.Topic, r.Partition)] = event.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
	}
}

// commit commits what is handled. What fails is left to the next commit; if the process ends before that, it is handled again.
func (c *Consumer) commit(ctx context.Context, sub event.Subscription, open *commits) {
	if len(*open) == 0 {
		return
	}
	var records []event.Record
	for _, r := range *open {
		records = append(records, r)
	}
	// What is handled is committed also while the consumer is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	err := sub.Commit(ctx, records)
	if err != nil && !errors.Is(err, event.ErrRebalanced) {
		c.metrics.unavailable.Inc()
		c.log.WarnContext(ctx, "commit failed, keeping it for the next one", "error", err)
		return
	}
	clear(*open)
}

// delivery is a decoded event and the record it came in.
type delivery struct {
	event.Envelope
	record event.Record
}

func (d delivery) key() string { return d.Topic + "/" + d.Subject }

// handle handles a batch and retries for ever. Its error is ctx's: then the batch is not handled.
func (c *Consumer) handle(ctx context.Context, records []event.Record) error {
	handled := c.takes(records)
	known := make([]delivery, 0, len(records))
	for _, r := range records {
		e, err := decode(r)
		switch {
		case err != nil:
			if err := c.park(ctx, delivery{record: r}, err, nil); err != nil {
				return err
			}
		case !c.knows(e.Type):
			c.metrics.count(r.Topic, "ignored")
		default:
			known = append(known, delivery{e, r})
		}
	}
	var err error
	if c.handler.fold != nil {
		err = c.project(ctx, newest(known))
	} else {
		err = c.reactAll(ctx, known)
	}
	handled(err == nil)
	return err
}

// takes notes that records are being handled; the result notes that they no longer are.
func (c *Consumer) takes(records []event.Record) (handled func(done bool)) {
	last := map[*progress]int64{}
	for _, r := range records {
		at, p := r.Time.UnixMilli(), c.topics[r.Topic]
		if p == nil {
			continue // no topic of this consumer
		}
		if oldest := p.oldest.Load(); oldest == 0 || at < oldest {
			p.oldest.Store(max(1, at))
		}
		last[p] = at
	}
	return func(done bool) {
		for p, at := range last {
			if p.oldest.Store(0); done {
				p.newest.Store(at)
			}
		}
	}
}

// decode is event.Decode, with a panic as the error of the record.
func decode(r event.Record) (e event.Envelope, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = event.Permanent(fmt.Errorf("panic: %v", p))
		}
	}()
	return event.Decode(r)
}

// knows reports whether this consumer handles an event type.
func (c *Consumer) knows(typ string) bool {
	if len(c.cfg.Types) > 0 && !strings.HasSuffix(typ, ".snapshot.v1") {
		return slices.Contains(c.cfg.Types, typ)
	}
	return strings.HasPrefix(typ, "mx.bitacora.") && strings.HasSuffix(typ, ".v1")
}

// newest returns the event with the highest state version per aggregate, in the order of arrival.
func newest(batch []delivery) []delivery {
	best := make(map[string]int, len(batch))
	for i, d := range batch {
		if j, ok := best[d.key()]; !ok || d.StateVersion >= batch[j].StateVersion {
			best[d.key()] = i
		}
	}
	out := make([]delivery, 0, len(best))
	for i, d := range batch {
		if best[d.key()] == i {
			out = append(out, d)
		}
	}
	return out
}
