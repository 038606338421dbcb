package react

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// The projections that metrics tell apart: the figures of units, those of offices and states, those of the nation.
const (
	ofUnits  = "units"
	ofGroups = "groups"
	ofNation = "nation"
)

// Metrics say how far the figures have come.
type Metrics struct {
	now  func() time.Time
	asOf *prometheus.GaugeVec
	late *prometheus.GaugeVec

	mu     sync.Mutex
	newest map[string]event.Time
}

// NewMetrics registers bitacora_figures_as_of_timestamp_seconds{projection} and bitacora_figures_late_seconds{projection}, which is told by
// the clock now.
func NewMetrics(reg prometheus.Registerer, now func() time.Time) (*Metrics, error) {
	m := &Metrics{now: now, newest: map[string]event.Time{},
		asOf: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_figures_as_of_timestamp_seconds",
			Help: "When the newest of the facts that the figures include was recorded, as far as this process knows."}, []string{"projection"}),
		late: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_figures_late_seconds",
			Help: "Age of the oldest change that the figures do not include yet, 0 when there is none."}, []string{"projection"})}
	return m, errors.Join(reg.Register(m.asOf), reg.Register(m.late))
}

// include notes that figures of a projection include facts up to an instant.
func (m *Metrics) include(projection string, at event.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.After(m.newest[projection].Time) {
		m.newest[projection] = at
		m.asOf.WithLabelValues(projection).Set(float64(at.UnixMilli()) / 1000)
	}
}

// round is a sweep's way through the marks of a collection: where it goes on, and the oldest change seen since it began.
type round struct {
	after  *docstore.Position
	oldest event.Time
}

func (r *round) see(marks []store.Mark) {
	for _, m := range marks {
		if r.oldest.IsZero() || m.At.Before(r.oldest.Time) {
			r.oldest = m.At
		}
	}
}

// lag sets how late a projection is by the rounds through what it is made from, and begins those anew that are over.
func (m *Metrics) lag(projection string, rounds ...*round) {
	late := 0.0
	for _, r := range rounds {
		if !r.oldest.IsZero() {
			late = max(late, m.now().Sub(r.oldest.Time).Seconds())
		}
		if r.after == nil {
			r.oldest = event.Time{}
		}
	}
	m.late.WithLabelValues(projection).Set(late)
}
