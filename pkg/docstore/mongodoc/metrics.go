package mongodoc

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/event"
)

// metrics measure each command as the server answered it.
type metrics struct {
	seconds *prometheus.HistogramVec
	retried prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bitacora_mongodb_command_seconds", Help: "Time of MongoDB commands by name and outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"command", "outcome"}),
		retried: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bitacora_mongodb_transactions_retried_total", Help: "Transactions run again after a conflict or a lost primary.",
		}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.seconds, m.retried} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register mongodb metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) monitor() *event.CommandMonitor {
	observe := func(command, outcome string, took time.Duration) {
		m.seconds.WithLabelValues(command, outcome).Observe(took.Seconds())
	}
	return &event.CommandMonitor{
		Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) { observe(e.CommandName, "ok", e.Duration) },
		Failed:    func(_ context.Context, e *event.CommandFailedEvent) { observe(e.CommandName, "error", e.Duration) },
	}
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
