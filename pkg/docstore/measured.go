package docstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Several is the value of the label collection for a call that concerns more than one collection.
const Several = "several"

// measured counts and times the calls of a driver.
type measured struct {
	Driver
	took     *prometheus.HistogramVec
	failures *prometheus.CounterVec
	underWay prometheus.Gauge
}

// Measured is driver with its calls measured, the same way for every store:
//
//   - bitacora_store_call_duration_seconds{call, collection}: a histogram. A stream's time includes that of whoever reads it.
//   - bitacora_store_call_failures_total{call, collection, outcome}: refused (a condition did not hold), unavailable, cancelled (the caller
//     went away), failed (anything else). What is not among them went well.
//   - bitacora_store_calls_in_flight.
//
// The collections are those that the service declares, and Several. Migrate and Check are not measured.
func Measured(driver Driver, reg prometheus.Registerer) (Driver, error) {
	m := &measured{Driver: driver,
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "bitacora_store_call_duration_seconds",
			Help:    "Time of a call to the store, by what is done and in which collection.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"call", "collection"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_store_call_failures_total",
			Help: "Calls to the store that did not do what was asked, by outcome: refused, unavailable, cancelled, failed."},
			[]string{"call", "collection", "outcome"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bitacora_store_calls_in_flight", Help: "Calls to the store under way."}),
	}
	for _, c := range []prometheus.Collector{m.took, m.failures, m.underWay} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the store: %w", err)
		}
	}
	return m, nil
}

// begin measures a call; the result, given the call's error, ends it.
func (m *measured) begin(ctx context.Context, call, collection string) func(*error) {
	m.underWay.Inc()
	start := time.Now() // how long a store takes is real time, whatever the service's clock says
	return func(err *error) {
		m.took.WithLabelValues(call, collection).Observe(time.Since(start).Seconds())
		m.underWay.Dec()
		if *err != nil {
			m.failures.WithLabelValues(call, collection, outcome(ctx, *err)).Inc()
		}
	}
}

func outcome(ctx context.Context, err error) string {
	var exists *ErrExists
	switch {
	case errors.Is(err, ErrStale), errors.As(err, &exists):
		return "refused"
	case errors.Is(ctx.Err(), context.Canceled):
		return "cancelled"
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return "unavailable"
	}
	return "failed"
}

// one is what all names are, Several when they differ.
func one[T any](of []T, name func(T) string) string {
	if len(of) == 0 {
		return Several
	}
	for _, other := range of[1:] {
		if name(other) != name(of[0]) {
			return Several
		}
	}
	return name(of[0])
}

func written(w Write) string { return w.Collection }

func (m *measured) Apply(ctx context.Context, writes []Write) (err error) {
	defer m.begin(ctx, "apply", one(writes, written))(&err)
	return m.Driver.Apply(ctx, writes)
}

func (m *measured) ApplyMany(ctx context.Context, writes []Write) (errs []error) {
	var err error
	defer m.begin(ctx, "apply_many", one(writes, written))(&err)
	errs = m.Driver.ApplyMany(ctx, writes)
	err = worst(errs)
	return errs
}

// worst is an error that is no refusal, where there is one.
func worst(errs []error) (worst error) {
	for _, err := range errs {
		var exists *ErrExists
		if err != nil && !errors.Is(err, ErrStale) && !errors.As(err, &exists) {
			return err
		}
		if err != nil {
			worst = err
		}
	}
	return worst
}

func (m *measured) Load(ctx context.Context, collection string, ids []string) (docs []Document, err error) {
	defer m.begin(ctx, "load", collection)(&err)
	return m.Driver.Load(ctx, collection, ids)
}

func (m *measured) Find(ctx context.Context, collection string, q Query) (docs []Document, err error) {
	defer m.begin(ctx, "find", collection)(&err)
	return m.Driver.Find(ctx, collection, q)
}

func (m *measured) Stream(ctx context.Context, collection string, q Query, each func(Document) error) (err error) {
	defer m.begin(ctx, "stream", collection)(&err)
	return m.Driver.Stream(ctx, collection, q, each)
}

func (m *measured) PendingOf(ctx context.Context, refs []Ref) (docs []Pending, err error) {
	defer m.begin(ctx, "pending_of", one(refs, func(r Ref) string { return r.Collection }))(&err)
	return m.Driver.PendingOf(ctx, refs)
}

func (m *measured) PendingBefore(ctx context.Context, collections []string, at time.Time, limit int) (docs []Pending, err error) {
	defer m.begin(ctx, "pending_before", Several)(&err)
	return m.Driver.PendingBefore(ctx, collections, at, limit)
}

func (m *measured) Published(ctx context.Context, filed []Write, entries map[Ref][]string) (err error) {
	defer m.begin(ctx, "published", Several)(&err)
	return m.Driver.Published(ctx, filed, entries)
}

func (m *measured) Backlog(ctx context.Context, collections []string) (documents int64, oldest time.Time, err error) {
	defer m.begin(ctx, "backlog", Several)(&err)
	return m.Driver.Backlog(ctx, collections)
}
