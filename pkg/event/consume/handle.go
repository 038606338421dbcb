package consume

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// untilAvailable retries while try fails because something is unavailable. It returns the last outcome, or ctx's error.
func (c *Consumer) untilAvailable(ctx context.Context, try func(context.Context) error) error {
	backoff := c.backoff()
	for n, unknowns := 1, 0; ; n++ {
		err := try(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch judge(err) {
		case unavailable:
		case unknown:
			if unknowns++; unknowns >= unknownTries {
				return err
			}
		default:
			return err
		}
		c.metrics.unavailable.Inc()
		c.log.WarnContext(ctx, "unavailable, trying again", "error", err, "tries", n)
		if err := backoff.Wait(ctx); err != nil {
			return err
		}
	}
}

// guard runs work with a deadline and returns a panic as a permanent error.
func (c *Consumer) guard(ctx context.Context, work func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	defer c.stepDone()
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, "handler panicked", "panic", p, "stack", string(debug.Stack()))
			err = event.Permanent(fmt.Errorf("panic: %v", p))
		}
	}()
	return work(ctx)
}

// project applies a batch of a projection. A batch that fails is halved until the failing event is alone, which is parked.
func (c *Consumer) project(ctx context.Context, batch []delivery) error {
	if len(batch) == 0 {
		return nil
	}
	err := c.untilAvailable(ctx, func(ctx context.Context) error { return c.apply(ctx, batch) })
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return c.succeeded(ctx, batch...)
	case len(batch) == 1:
		return c.park(ctx, batch[0], err, nil)
	}
	if err := c.project(ctx, batch[:len(batch)/2]); err != nil {
		return err
	}
	return c.project(ctx, batch[len(batch)/2:])
}

// apply calls a projection once, in a span that is linked to those of its events.
func (c *Consumer) apply(ctx context.Context, batch []delivery) error {
	envelopes := make([]event.Envelope, len(batch))
	links := make([]trace.Link, 0, len(batch))
	for i, d := range batch {
		envelopes[i] = d.Envelope
		if link := trace.LinkFromContext(traced(ctx, d.Trace)); link.SpanContext.IsValid() {
			links = append(links, link)
		}
	}
	ctx, span := c.cfg.Tracer.Start(ctx, "project "+c.cfg.Name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...),
		trace.WithAttributes(attribute.Int("messaging.batch.message_count", len(batch))))
	return finish(span, c.guard(docstore.Relaxed(ctx), func(ctx context.Context) error { return c.handler.fold(ctx, envelopes) }))
}

// react calls a reaction once, in a span that continues the event's trace.
func (c *Consumer) react(ctx context.Context, d delivery) error {
	correlation := d.Correlation
	if correlation == "" {
		correlation = d.ID
	}
	ctx = event.WithCause(event.WithCorrelation(traced(ctx, d.Trace), correlation), d.At)
	ctx, span := c.cfg.Tracer.Start(ctx, "react "+c.cfg.Name, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("messaging.destination.name", d.Topic), attribute.String("cloudevents.event_type", d.Type)))
	return finish(span, c.guard(ctx, func(ctx context.Context) error { return c.handler.react(ctx, d.Envelope) }))
}

func finish(span trace.Span, err error) error {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
	return err
}

// traced returns ctx with the trace that a traceparent names.
func traced(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// reactAll handles a batch: aggregates concurrently, the events of each one after the other. Those whose reference is missing are retried at
// the end.
func (c *Consumer) reactAll(ctx context.Context, batch []delivery) error {
	byKey := map[string][]delivery{}
	var order []string
	for _, d := range batch {
		if byKey[d.key()] == nil {
			order = append(order, d.key())
		}
		byKey[d.key()] = append(byKey[d.key()], d)
	}
	late := map[string]delivery{}
	var mu sync.Mutex
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(c.cfg.Workers)
	for _, key := range order {
		g.Go(func() error {
			last, err := c.reactInOrder(working, byKey[key])
			if last != nil {
				mu.Lock()
				defer mu.Unlock()
				late[key] = *last
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return c.await(ctx, late)
}

// reactInOrder handles the events of one aggregate. late is the newest event whose reference is missing, unless one that is at least as new
// succeeded after it: an older one may be delivered again and succeed, although the newer one still waits.
func (c *Consumer) reactInOrder(ctx context.Context, events []delivery) (late *delivery, err error) {
	for _, d := range events {
		err := c.untilAvailable(ctx, func(ctx context.Context) error { return c.react(ctx, d) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch judge(err) {
		case handled:
			if late != nil && d.StateVersion >= late.StateVersion {
				late = nil
			}
			err = c.succeeded(ctx, d)
		case waiting:
			if late == nil || d.StateVersion >= late.StateVersion {
				late = &d
			}
			err = nil
		default:
			err = c.park(ctx, d, err, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return late, nil
}

// awaitStep is the first wait for a missing reference.
const awaitStep = 20 * time.Millisecond

// await retries the late events of a batch, one per aggregate, for Config.Await; then it parks them as waiting for their references. The versions of
// references are read before each try, so that one that arrives after the try counts as changed.
func (c *Consumer) await(ctx context.Context, late map[string]delivery) error {
	end := time.NewTimer(c.cfg.Await)
	defer end.Stop()
	waits := map[string]docstore.Ref{}
	backoff := NewBackoff(awaitStep, c.cfg.Await/2+1)
	for over := false; len(late) > 0; {
		select {
		case <-end.C:
			over = true
		default:
			if err := backoff.Wait(ctx); err != nil {
				return err
			}
		}
		versions, err := c.versions(ctx, waits)
		if err != nil {
			return err
		}
		for key, d := range late {
			done, err := c.awaited(ctx, d, waits, versions, over)
			if err != nil {
				return err
			}
			if done {
				delete(late, key)
			}
		}
	}
	return nil
}

func (c *Consumer) versions(ctx context.Context, waits map[string]docstore.Ref) (out map[docstore.Ref]int64, err error) {
	refs := make([]docstore.Ref, 0, len(waits))
	for _, ref := range waits {
		refs = append(refs, ref)
	}
	err = c.untilAvailable(ctx, func(ctx context.Context) error {
		return c.guard(ctx, func(ctx context.Context) error {
			out, err = c.dead.versions(ctx, refs)
			return err
		})
	})
	return out, err
}

// awaited tries a late event again, for the last time when over.
func (c *Consumer) awaited(ctx context.Context, d delivery, waits map[string]docstore.Ref, versions map[docstore.Ref]int64, over bool) (
	done bool, err error) {
	err = c.untilAvailable(ctx, func(ctx context.Context) error { return c.react(ctx, d) })
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil:
		return true, c.succeeded(ctx, d)
	case judge(err) != waiting:
		return true, c.park(ctx, d, err, nil)
	case !over:
		waits[d.key()] = waitsFor(err)
		return false, nil
	}
	return true, c.park(ctx, d, err, versions)
}
