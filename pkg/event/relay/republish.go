package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// snapshotSpace is the name space of snapshot events' ids: the same document at the same version gives the same id.
var snapshotSpace = uuid.MustParse("0d3f8f3a-98a5-5f0e-8f3e-5b1c1f7f2c11")

const (
	snapshotBatch   = 500
	snapshotTimeout = 30 * time.Second
)

// Republish publishes a snapshot event, "mx.bitacora.<aggregate>.snapshot.v1" (an empty change with the present state and version), for each
// document whose events go to one of topics (all documents, if none is named), to fill a topic that was lost or is new. Consumers that have
// that version already ignore it. It returns the number of acknowledged events. While the broker does not answer it retries, until ctx ends; an
// error of the store ends it. Documents that can never be published are skipped, and the first of them named by the error at the end.
func Republish(ctx context.Context, store *docstore.Store, bus event.Bus, service string, topics ...string) (published int, err error) {
	ctx = caller.AsSystem(ctx, "republish:"+service)
	p := &republisher{store: store, bus: bus, service: service}
	for _, spec := range store.Specs() {
		if spec.Topic() == "" || (len(topics) > 0 && !slices.Contains(topics, spec.Topic())) {
			continue
		}
		err := store.Driver().Stream(ctx, spec.Name, docstore.Query{Committed: true}, func(d docstore.Document) error { return p.add(ctx, spec, d) })
		if err == nil {
			err = p.flush(ctx)
		}
		if err != nil {
			return p.published, fmt.Errorf("republish %s: %w", spec.Name, err)
		}
	}
	return p.published, errors.Join(p.refused...)
}

type republisher struct {
	store     *docstore.Store
	bus       event.Bus
	service   string
	batch     []event.Record
	bytes     int
	published int
	// refused are the errors of the first documents that can never be published.
	refused []error
}

func (p *republisher) add(ctx context.Context, spec docstore.Spec, d docstore.Document) error {
	record, err := p.snapshot(spec, d)
	if err != nil {
		p.refuse(fmt.Errorf("%s/%s: %w", spec.Name, d.ID, err))
		return nil
	}
	p.batch = append(p.batch, record)
	if p.bytes += len(record.Value); len(p.batch) < snapshotBatch && p.bytes < 4<<20 {
		return nil
	}
	return p.flush(ctx)
}

func (p *republisher) snapshot(spec docstore.Spec, d docstore.Document) (event.Record, error) {
	state, err := docstore.PublicState(spec, d)
	if err != nil {
		return event.Record{}, err
	}
	id := uuid.NewSHA1(snapshotSpace, []byte(spec.Topic()+"\x00"+d.ID+"\x00"+strconv.FormatInt(d.Version, 10)))
	entry := event.Entry{ID: id.String(), Type: "mx.bitacora." + spec.Aggregate + ".snapshot.v1", Version: d.Version, At: p.store.Now(),
		Actor: "republish:" + p.service, Change: json.RawMessage("{}")}
	return envelope(p.service, spec.Topic(), d, state, entry).Record()
}

// flush publishes the batch, and retries what failed until ctx ends. Order does not matter: no two records have the same key.
func (p *republisher) flush(ctx context.Context) error {
	backoff := consume.NewBackoff(50*time.Millisecond, 5*time.Second)
	for len(p.batch) > 0 {
		calling, cancel := context.WithTimeout(ctx, snapshotTimeout)
		errs := p.bus.Publish(calling, p.batch)
		cancel()
		var again []event.Record
		for i, record := range p.batch {
			switch {
			case errs == nil || errs[i] == nil:
				p.published++
			case permanent(errs[i]):
				p.refuse(fmt.Errorf("%s: %w", record.Key, errs[i]))
			default:
				again = append(again, record)
			}
		}
		p.batch = append(p.batch[:0], again...)
		if len(again) > 0 {
			if err := backoff.Wait(ctx); err != nil {
				return err
			}
		}
	}
	p.bytes = 0
	return nil
}

// namedRefusals bounds the documents that the error of a republish names.
const namedRefusals = 20

func (p *republisher) refuse(err error) {
	if len(p.refused) < namedRefusals {
		p.refused = append(p.refused, err)
	}
}
