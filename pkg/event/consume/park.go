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

// letterID is where a dead letter lives: one per consumer and aggregate, so that a newer event takes the place of an older one; what
// does not decode has no aggregate and no version, and is kept by its place in the log.
func (c *Consumer) letterID(d delivery) string {
	if d.ID == "" || !utf8.ValidString(d.key()) {
		return fmt.Sprintf("%s/%s/%d/%d", c.cfg.Name, d.record.Topic, d.record.Partition, d.record.Offset)
	}
	return c.cfg.Name + "/" + d.key()
}

// park keeps d as a dead letter, for as long as it takes; its error is ctx's. versions are those that references had
// before it was tried; one that is not among them counts as absent.
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

// remember keeps in mind what is parked, so that a success knows what it clears without asking the store. What another member parked
// is learnt when its turn comes; it is then found to be old news, and cleared all the same.
func (c *Consumer) remember(l DeadLetter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := l.Topic + "/" + l.Aggregate
	if c.parked[key] == nil {
		c.parked[key] = map[string]int64{}
	}
	c.parked[key][l.ID] = l.StateVersion
}

// outlived are the dead letters of d's aggregate that hold nothing newer than d, which are no longer kept in mind.
func (c *Consumer) outlived(d delivery) (ids []string) {
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

// succeeded counts events that are done and clears the dead letters that they make old.
func (c *Consumer) succeeded(ctx context.Context, done ...delivery) error {
	for _, d := range done {
		c.metrics.count(d.Topic, "handled")
		for _, id := range c.outlived(d) {
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

// retryPage and retryPages bound how many dead letters are tried at one look.
const (
	retryPage  = 100
	retryPages = 10
)

// retry tries the dead letters whose time has come and those whose reference has changed. When the store is away they wait.
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

// retryLetter is one more try of a dead letter. Its error is unavailability, which is no try.
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
	// It decodes by now and is kept under its aggregate from here on.
	return c.clearLetter(ctx, l.ID, l.StateVersion)
}
