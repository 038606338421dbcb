// Package react handles the events of other services: it stores facts, and with them the sums of their units (pkg/tally/ledger).
package react

import (
	"context"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/tally"
	"github.com/bitacora-salud/bitacora/pkg/tally/ledger"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// Topics are the topics that the service consumes.
var Topics = []string{event.Units, event.Assets, event.WorkOrders, event.Deliveries}

// Figures are the units' sums.
type Figures = ledger.Ledger[status.Unit, status.Part]

// New makes the Figures of collections; arrivals are notified of each change that became visible.
func New(s *docstore.Store, c *store.Collections, arrivals *rest.Arrivals, log *slog.Logger, reg prometheus.Registerer) (*Figures, error) {
	return ledger.New(ledger.Config[status.Unit, status.Part]{Store: s, Sums: c.UnitStatus, Kinds: c.Kinds(), Rules: status.Rules, Rows: status.Rows,
		Of: func(u *status.Unit) *tally.Sums { return &u.Sums }, New: status.NewUnit, Describe: (*status.Unit).Describe,
		Derive: (*status.Unit).Derive, Member: (*status.Unit).Member, Changed: arrivals.Notify, Log: log}, reg)
}

// kinds read the fact in an event, by its aggregate.
var kinds = map[string]func(event.Envelope) (tally.Fact, error){
	"unit": reads(fact.HeardUnit), "asset": reads(fact.HeardAsset), "stock_item": reads(fact.HeardStock), "work_order": reads(fact.HeardOrder),
	"delivery": reads(fact.HeardDelivery),
}

func reads[P tally.Fact](read func(event.Envelope) (P, error)) func(event.Envelope) (tally.Fact, error) {
	return func(e event.Envelope) (tally.Fact, error) { return read(e) }
}

// Hear makes a handler for consume.Fold. The aggregate is "asset" in mx.bitacora.asset.registered.v1; assets and stock share a topic. Aggregates
// that are not in kinds do not count.
func Hear(f *Figures) func(context.Context, []event.Envelope) error {
	return func(ctx context.Context, batch []event.Envelope) error {
		updates := make([]ledger.Update, 0, len(batch))
		for _, e := range batch {
			aggregate, _, _ := strings.Cut(strings.TrimPrefix(e.Type, "mx.bitacora."), ".")
			read := kinds[aggregate]
			if read == nil {
				continue
			}
			v, err := read(e)
			if err != nil {
				return err
			}
			updates = append(updates, ledger.Update{Kind: aggregate, ID: e.Subject, Version: e.StateVersion, Fact: v})
		}
		return f.Apply(ctx, updates)
	}
}
