package mongodoc

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/event"
)

// newRetried counts transactions run again after a conflict or a lost primary; the calls themselves are measured by docstore.Measured. A
// registerer that knows it from a try to open before gives that one.
func newRetried(reg prometheus.Registerer) (prometheus.Counter, error) {
	retried := prometheus.NewCounter(prometheus.CounterOpts{Name: "bitacora_mongodb_transactions_retried_total",
		Help: "Transactions run again after a conflict or a lost primary."})
	if reg == nil {
		return retried, nil
	}
	err := reg.Register(retried)
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if counter, ok := known.ExistingCollector.(prometheus.Counter); ok {
			return counter, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("register mongodb metrics: %w", err)
	}
	return retried, nil
}

// topologyLog tells who is primary, each time that it changes.
func topologyLog(logger *slog.Logger) *event.ServerMonitor {
	primary := func(t event.TopologyDescription) string {
		for _, s := range t.Servers {
			if s.Kind == "RSPrimary" || s.Kind == "Mongos" {
				return s.Addr.String()
			}
		}
		return ""
	}
	return &event.ServerMonitor{TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) {
		before, now := primary(e.PreviousDescription), primary(e.NewDescription)
		switch {
		case before == now, len(e.NewDescription.Servers) == 0: // the client is being closed
		case now == "":
			logger.Warn("mongodb has no primary", "lost", before)
		default:
			logger.Info("mongodb primary found", "primary", now)
		}
	}}
}
