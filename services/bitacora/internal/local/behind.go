package local

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	status "github.com/bitacora-salud/bitacora/services/status/app"
)

// behindTail is how many of the newest records of each partition a store is held against.
const behindTail = 20

// behind refuses stores that have lost what they had: what the newest records tell of is not in them. The newest is what is lost first, with a
// log that was cut, deleted or put back.
func (i *Installation) behind(ctx context.Context, broker *embedded.Broker) error {
	var newest []event.Record
	err := broker.Tail(ctx, event.TopicNames(), behindTail, func(r event.Record) error { newest = append(newest, r); return nil })
	if err != nil {
		return err
	}
	return i.lost(ctx, func(ctx context.Context, store *docstore.Store) ([]string, error) {
		return relay.Behind(ctx, store, newest)
	})
}

// unheard refuses stores that have lost what the figures were counted from. It is asked where the broker's log is gone too after a kill: then
// nothing else tells. The figures hear of nothing before it is committed, so that they never know more than stores that have lost nothing.
func (i *Installation) unheard(ctx context.Context) error {
	at := slices.IndexFunc(Parts(), func(p Part) bool { return p.Name == status.Name })
	figures := i.Services[at].Store.Driver()
	return i.lost(ctx, func(ctx context.Context, store *docstore.Store) (lost []string, err error) {
		for collection, topic := range status.Heard() {
			err = errors.Join(err, versions(ctx, figures, collection, func(known map[string]int64) error {
				more, err := relay.Lacks(ctx, store, map[string]map[string]int64{topic: known})
				lost = append(lost, more...)
				return err
			}))
		}
		return lost, err
	})
}

// lost is an error that names the stores that have lost documents, as find lists them.
func (i *Installation) lost(ctx context.Context, find func(context.Context, *docstore.Store) ([]string, error)) error {
	ctx = caller.AsSystem(ctx, "start")
	var errs []error
	for _, s := range i.Services {
		lost, err := find(ctx, s.Store)
		if err != nil {
			return err
		}
		if len(lost) > 0 {
			slices.Sort(lost)
			errs = append(errs, fmt.Errorf("%s.db has lost what was written to it: %s, and %d more: %s", s.Name, lost[0], len(lost)-1, putBack))
		}
	}
	return errors.Join(errs...)
}

// atOnce is how many documents are compared at once.
const atOnce = 1000

// versions calls each with the ids and versions of all documents of a collection, some at once.
func versions(ctx context.Context, driver docstore.Driver, collection string, each func(map[string]int64) error) error {
	known := map[string]int64{}
	err := driver.Stream(ctx, collection, docstore.Query{}, func(d docstore.Document) error {
		if known[d.ID] = d.Version; len(known) < atOnce {
			return nil
		}
		defer clear(known)
		return each(known)
	})
	return errors.Join(err, each(known))
}
