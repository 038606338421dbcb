package consumetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// faultyDriver is a store that can be away.
type faultyDriver struct {
	docstore.Driver
	down atomic.Bool
	// refused counts the calls that met it so.
	refused atomic.Int64
	// losePublished makes that many calls of Published fail without an effect.
	losePublished atomic.Int64
}

func (d *faultyDriver) up() error {
	if d.down.Load() {
		d.refused.Add(1)
		return fmt.Errorf("%w: pulled the plug", docstore.ErrUnavailable)
	}
	return nil
}

func (d *faultyDriver) Apply(ctx context.Context, writes []docstore.Write) error {
	if err := d.up(); err != nil {
		return err
	}
	return d.Driver.Apply(ctx, writes)
}

func (d *faultyDriver) ApplyMany(ctx context.Context, writes []docstore.Write) []error {
	if err := d.up(); err != nil {
		errs := make([]error, len(writes))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	return d.Driver.ApplyMany(ctx, writes)
}

func (d *faultyDriver) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	if err := d.up(); err != nil {
		return nil, err
	}
	return d.Driver.Load(ctx, collection, ids)
}

func (d *faultyDriver) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	if err := d.up(); err != nil {
		return nil, err
	}
	return d.Driver.Find(ctx, collection, q)
}

func (d *faultyDriver) PendingOf(ctx context.Context, refs []docstore.Ref) ([]docstore.Pending, error) {
	if err := d.up(); err != nil {
		return nil, err
	}
	return d.Driver.PendingOf(ctx, refs)
}

func (d *faultyDriver) PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) ([]docstore.Pending, error) {
	if err := d.up(); err != nil {
		return nil, err
	}
	return d.Driver.PendingBefore(ctx, collections, at, limit)
}

func (d *faultyDriver) Published(ctx context.Context, filed []docstore.Write, entries map[docstore.Ref][]string) error {
	if err := d.up(); err != nil {
		return err
	}
	if d.losePublished.Add(-1) >= 0 {
		return fmt.Errorf("%w: crashed here", docstore.ErrUnavailable)
	}
	return d.Driver.Published(ctx, filed, entries)
}

// faultyBus is a broker that can be away.
type faultyBus struct {
	event.Bus
	down    atomic.Bool
	refused atomic.Int64
	// away, when set, says which keys' partition has no leader.
	away atomic.Pointer[func(key string) bool]
}

func (b *faultyBus) up() error {
	if b.down.Load() {
		b.refused.Add(1)
		return fmt.Errorf("broker: pulled the plug")
	}
	return nil
}

func (b *faultyBus) Publish(ctx context.Context, records []event.Record) []error {
	if err := b.up(); err != nil {
		errs := make([]error, len(records))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	if away := b.away.Load(); away != nil {
		return b.publishPart(ctx, records, *away)
	}
	return b.Bus.Publish(ctx, records)
}

func (b *faultyBus) publishPart(ctx context.Context, records []event.Record, away func(string) bool) []error {
	errs := make([]error, len(records))
	var some []event.Record
	var at []int
	for i, r := range records {
		if errs[i] = errLeader; !away(r.Key) {
			some, at, errs[i] = append(some, r), append(at, i), nil
		}
	}
	for j, err := range b.Bus.Publish(ctx, some) {
		errs[at[j]] = err
	}
	return errs
}

var errLeader = errors.New("broker: no leader")

func (b *faultyBus) Subscribe(group string, topics []string) (event.Subscription, error) {
	if err := b.up(); err != nil {
		return nil, err
	}
	sub, err := b.Bus.Subscribe(group, topics)
	return &faultySubscription{sub, b}, err
}

type faultySubscription struct {
	event.Subscription
	bus *faultyBus
}

func (s *faultySubscription) Fetch(ctx context.Context, limit int) ([]event.Record, error) {
	if err := s.bus.up(); err != nil {
		return nil, err
	}
	return s.Subscription.Fetch(ctx, limit)
}

func (s *faultySubscription) Commit(ctx context.Context, records []event.Record) error {
	if err := s.bus.up(); err != nil {
		return err
	}
	return s.Subscription.Commit(ctx, records)
}
