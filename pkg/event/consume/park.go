package consume

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func waitsFor(err error) docstore.Ref {
	missing, _ := errors.AsType[*notYet](err)
	return missing.ref
}

// letterID returns the id of a dead letter: one per consumer and aggregate, so that a newer event replaces an older one. What does not decode has
// no aggregate and no version; its id is its offset.
func (c *Consumer) letterID(d delivery) string {
	if d.ID == "" || !utf8.ValidString(d.key()) {
		return fmt.Sprintf("%s/%s/%d/%d", c.cfg.Name, d.record.Topic, d.record.Partition, d.record.Offset)
	}
	return c.cfg.Name + "/" + d.key()
}

// park stores d as a dead letter and retries until that succeeds or ctx ends. versions are those of references before the last try; a missing one
// counts as absent.
func (c *Consumer) park(ctx context.Context, d delivery, reason error, versions map[docstore.Ref]int64) error {
	l := DeadLetter{ID: c.letterID(d), Consumer: c.cfg.Name, Topic: d.record.Topic, Partition: d.record.Partition, Offset: d.record.Offset,
		Aggregate: d.record.Key, EventID: d.ID, Type: d.Type, StateVersion: d.StateVersion, Value: d.record.Value, Reason: reason.Error()}
	for _, h := range d.record.Headers {
		l.Headers = append(l.Headers, Header(h))
	}
	if judge(reason) == waiting {
		ref := waitsFor(reason)
		l.Status, l.WaitsFor, l.WaitsVersion = Waiting, &ref, versions[ref]
	}
	return c.parkLetter(ctx, l)
}

func (c *Consumer) parkLetter(ctx context.Context, l DeadLetter) error {
	err := c.untilAvailable(ctx, func(ctx context.Context) error {
		return c.guard(ctx, func(ctx context.Context) error { return c.dead.Park(ctx, l) })
	})
	if err != nil {
		if ctx.Err() == nil {
			c.log.ErrorContext(ctx, "cannot park an event", "dead_letter", l.ID, "error", err)
		}
		return err
	}
	c.metrics.count(l.Topic, "parked")
	c.log.ErrorContext(ctx, "event parked", "dead_letter", l.ID, "type", l.Type, "event", l.EventID, "reason", l.Reason)
	c.remember(l)
	return nil
}

// remember adds l to parked, so that a success knows which letters it clears without reading the store. Letters that another member parked are
// added when they are retried.
func (c *Consumer) remember(l DeadLetter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := l.Topic + "/" + l.Aggregate
	if c.parked[key] == nil {
		c.parked[key] = map[string]int64{}
	}
	c.parked[key][l.ID] = l.StateVersion
}

// forget removes from parked the dead letters of d's aggregate that are not newer than d, and returns their ids.
func (c *Consumer) forget(d delivery) (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.parked[d.key()]
	for id, version := range of {
		if version <= d.StateVersion {
			ids = append(ids, id)
			delete(of, id)
		}
	}
	if len(of) == 0 {
		delete(c.parked, d.key())
	}
	return ids
}

// succeeded counts handled events and clears the dead letters that are not newer.
func (c *Consumer) succeeded(ctx context.Context, done ...delivery) error {
	for _, d := range done {
		c.metrics.count(d.Topic, "handled")
		for _, id := range c.forget(d) {
			if err := c.clearLetter(ctx, id, d.StateVersion); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Consumer) clearLetter(ctx context.Context, id string, version int64) error {
	return c.untilAvailable(ctx, func(ctx context.Context) error {
		return c.guard(ctx, func(ctx context.Context) error { return c.dead.Clear(ctx, id, version) })
	})
}

// retryPage and retryPages bound the dead letters that one check retries.
const (
	retryPage  = 100
	retryPages = 10
)

// retry retries the dead letters that are due and those whose reference has changed. If the store does not answer it gives up until the next check.
func (c *Consumer) retry(ctx context.Context) {
	due, err := c.dead.Due(ctx, c.cfg.Name, retryPage)
	if err == nil {
		err = c.retryAll(ctx, due)
	}
	for n := 0; err == nil && n < retryPages; n++ {
		var arrived []DeadLetter
		if arrived, c.page, err = c.dead.Arrived(ctx, c.cfg.Name, c.page, retryPage); err == nil {
			err = c.retryAll(ctx, arrived)
		}
		if len(arrived) == 0 || c.page == nil {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "dead letters have to wait", "error", err)
	}
}

func (c *Consumer) retryAll(ctx context.Context, letters []DeadLetter) error {
	for _, l := range letters {
		if err := c.retryLetter(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// retryLetter tries a dead letter again. Its error is unavailability, which counts as no attempt.
func (c *Consumer) retryLetter(ctx context.Context, l DeadLetter) error {
	d := delivery{record: l.Record()}
	var err error
	c.remember(l)
	if d.Envelope, err = decode(d.record); err != nil {
		return c.park(ctx, delivery{record: d.record}, err, nil)
	}
	var versions map[docstore.Ref]int64
	if l.WaitsFor != nil {
		if versions, err = c.dead.versions(ctx, []docstore.Ref{*l.WaitsFor}); err != nil {
			return err
		}
	}
	if c.handler.fold != nil {
		err = c.apply(ctx, []delivery{d})
	} else {
		err = c.react(ctx, d)
	}
	switch judge(err) {
	case handled:
		return c.succeeded(ctx, d)
	case unavailable:
		return err
	}
	if err := c.park(ctx, d, err, versions); err != nil || c.letterID(d) == l.ID {
		return err
	}
	// A new release can decode it: it is parked under its aggregate now.
	return c.clearLetter(ctx, l.ID, l.StateVersion)
}
