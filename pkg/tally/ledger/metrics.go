package ledger

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/tally"
)

// The values of the label projection: figures of units, of offices and states, of the nation. The latter two come from the same fold.
var projections = []string{"units", "groups", "nation"}

type metrics struct {
	asOf, late *prometheus.Desc
	repaired   prometheus.Counter
	lateOf     func() (units, groups float64)

	mu     sync.Mutex
	newest event.Time
}

// newMetrics registers bitacora_figures_as_of_timestamp_seconds{projection}, bitacora_figures_late_seconds{projection} and
// bitacora_figures_mended_total.
func newMetrics(reg prometheus.Registerer, late func() (units, groups float64)) (*metrics, error) {
	m := &metrics{lateOf: late,
		asOf: prometheus.NewDesc("bitacora_figures_as_of_timestamp_seconds",
			"When the newest of the facts that the figures include was recorded, as far as this process knows.", []string{"projection"}, nil),
		late: prometheus.NewDesc("bitacora_figures_late_seconds",
			"Age of the oldest change that the figures do not include yet, 0 when there is none.", []string{"projection"}, nil),
		repaired: prometheus.NewCounter(prometheus.CounterOpts{Name: "bitacora_figures_mended_total",
			Help: "Units whose sums were found to differ from their facts, and were put right."})}
	return m, errors.Join(reg.Register(m), reg.Register(m.repaired))
}

func (m *metrics) include(at event.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.After(m.newest.Time) {
		m.newest = at
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) { out <- m.asOf; out <- m.late }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	newest := m.newest
	m.mu.Unlock()
	units, groups := m.lateOf()
	for _, p := range projections {
		late := groups
		if p == "units" {
			late = units
		}
		out <- prometheus.MustNewConstMetric(m.late, prometheus.GaugeValue, late, p)
		if !newest.IsZero() {
			out <- prometheus.MustNewConstMetric(m.asOf, prometheus.GaugeValue, float64(newest.UnixMilli())/1000, p)
		}
	}
}

// late returns the age in seconds of the oldest change that units' figures lack, and for groups that of the last successful poll, 0 while polls
// succeed.
func (l *Ledger[S, V]) late() (units, groups float64) {
	now := l.Store.Now()
	l.Fold.Each(func(_ string, m tally.Member[V]) {
		if !m.Lacks.IsZero() {
			units = max(units, now.Sub(m.Lacks.Time).Seconds())
		}
	})
	if polled := l.polled.Load(); polled > 0 {
		if age := float64(now.UnixNano()-polled) / 1e9; age > 5*pollEvery.Seconds() {
			groups = age
		}
	}
	return units, groups
}
