package relay

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

type metrics struct {
	events      *prometheus.CounterVec
	unavailable prometheus.Counter
	documents   prometheus.Gauge
	oldest      prometheus.Gauge
	letters     prometheus.Gauge
	// measured is when the backlog was last measured.
	measured event.Time
}

// newMetrics registers the series of one service's relay; they carry its name, so that the relays of a process share a registerer.
func newMetrics(service string, reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_relay_events_total",
			Help: "Events by outcome: published, parked."}, []string{"topic", "outcome"}),
		unavailable: prometheus.NewCounter(prometheus.CounterOpts{Name: "bitacora_relay_unavailable_total",
			Help: "Rounds that met an unavailable store or broker."}),
		documents: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bitacora_outbox_documents", Help: "Documents with unpublished events."}),
		oldest:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "bitacora_outbox_oldest_seconds", Help: "Age of the oldest unpublished event."}),
	}
	letters, err := consume.Letters(reg)
	if err != nil {
		return nil, err
	}
	m.letters = letters.WithLabelValues(service + "." + LetterConsumer)
	reg = prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, reg)
	return m, errors.Join(reg.Register(m.events), reg.Register(m.unavailable), reg.Register(m.documents), reg.Register(m.oldest))
}

// observeEvery is the number of seconds between two measurements of the backlog, which cost a count.
const observeEvery = 5

// observe measures the backlog every observeEvery seconds. It reports no errors: the rounds log that the store does not answer.
func (m *metrics) observe(ctx context.Context, r *Relay) {
	now := r.store.Now()
	if now.Sub(m.measured.Time).Seconds() < observeEvery {
		return
	}
	m.measured = now
	_, names := specs(r.store)
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	if n, err := r.dead.Count(ctx, LetterConsumer, consume.CountedLetters); err == nil {
		m.letters.Set(float64(n))
	}
	documents, oldest, err := r.store.Driver().Backlog(ctx, names)
	if err != nil {
		return
	}
	age := 0.0
	if documents > 0 {
		age = max(0, now.Sub(oldest).Seconds()) // it may have been made since
	}
	m.documents.Set(float64(documents))
	m.oldest.Set(age)
}
