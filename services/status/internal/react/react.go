package react

import (
	"context"
	"log/slog"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// Topics are what the service hears.
var Topics = []string{event.Units, event.Assets, event.WorkOrders, event.Deliveries}

const anyMark = fact.Any

// Figures keeps facts and figures. Hear is its consumer's handler; Run works until its context ends.
type Figures struct {
	c        *store.Collections
	arrivals *rest.Arrivals
	log      *slog.Logger
	units    *queue
	groups   *queue
	metrics  *Metrics
}

// New is Figures over collections; arrivals are told of everything that became visible, metrics of how far it is.
func New(c *store.Collections, arrivals *rest.Arrivals, log *slog.Logger, metrics *Metrics) *Figures {
	return &Figures{c: c, arrivals: arrivals, log: log, units: newQueue(), groups: newQueue(), metrics: metrics}
}

// heard is a batch by kind.
type heard struct {
	units      map[string]docstore.Versioned[fact.Unit]
	assets     map[string]docstore.Versioned[fact.Asset]
	stock      map[string]docstore.Versioned[fact.Stock]
	orders     map[string]docstore.Versioned[fact.Order]
	deliveries map[string]docstore.Versioned[fact.Delivery]
}

func take[T any](into *map[string]docstore.Versioned[T], e event.Envelope, read func(event.Envelope) (*T, error)) error {
	f, err := read(e)
	if err != nil {
		return err
	}
	if *into == nil {
		*into = map[string]docstore.Versioned[T]{}
	}
	(*into)[e.Subject] = docstore.Versioned[T]{ID: e.Subject, Version: e.StateVersion, State: f}
	return nil
}

// take reads an event by its aggregate, "asset" in mx.bitacora.asset.registered.v1. Assets and stock share a topic; what it does not
// know says nothing to figures.
func (h *heard) take(e event.Envelope) error {
	aggregate, _, _ := strings.Cut(strings.TrimPrefix(e.Type, "mx.bitacora."), ".")
	switch aggregate {
	case "unit":
		return take(&h.units, e, fact.HeardUnit)
	case "asset":
		return take(&h.assets, e, fact.HeardAsset)
	case "stock_item":
		return take(&h.stock, e, fact.HeardStock)
	case "work_order":
		return take(&h.orders, e, fact.HeardOrder)
	case "delivery":
		return take(&h.deliveries, e, fact.HeardDelivery)
	}
	return nil
}

// Hear takes over a batch of events, the newest of each thing, and leaves the figures to Run.
func (f *Figures) Hear(ctx context.Context, batch []event.Envelope) error {
	var h heard
	for _, e := range batch {
		if err := h.take(e); err != nil {
			return err
		}
	}
	marks := make([][]store.Mark, 5)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { marks[0], err = f.c.Units.Keep(ctx, h.units); return err })
	g.Go(func() (err error) { marks[1], err = f.c.Assets.Keep(ctx, h.assets); return err })
	g.Go(func() (err error) { marks[2], err = f.c.Stock.Keep(ctx, h.stock); return err })
	g.Go(func() (err error) { marks[3], err = f.c.Orders.Keep(ctx, h.orders); return err })
	g.Go(func() (err error) { marks[4], err = f.c.Deliveries.Keep(ctx, h.deliveries); return err })
	err := g.Wait()
	for _, m := range marks {
		f.units.add(m...)
	}
	f.arrivals.Notify()
	return err
}
