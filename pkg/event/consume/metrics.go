package consume

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are one consumer's series. Consumers share the families of a registerer.
type metrics struct {
	consumer    string
	events      *prometheus.CounterVec
	unavailable prometheus.Counter
	lag         *prometheus.GaugeVec
	age         prometheus.Gauge
	alive       prometheus.Gauge
	letters     prometheus.Gauge
}

func newMetrics(c *Consumer, reg prometheus.Registerer) (*metrics, error) {
	events, err1 := register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_consumer_events_total",
		Help: "Events by outcome: handled, ignored (type unknown here), parked."}, []string{"consumer", "topic", "outcome"}))
	unavailable, err2 := register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_consumer_unavailable_total",
		Help: "Tries that met an unavailable store or broker."}, []string{"consumer"}))
	lag, err3 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_lag_records",
		Help: "Records the group has not committed."}, []string{"consumer", "topic"}))
	age, err4 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_lag_seconds",
		Help: "Age of the newest event handled, 0 when none is left."}, []string{"consumer"}))
	alive, err5 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_alive_age_seconds",
		Help: "Time since the broker last answered this consumer."}, []string{"consumer"}))
	letters, err6 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_dead_letters",
		Help: "Dead letters not cleared; counted up to 1000."}, []string{"consumer"}))
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	name := c.cfg.Name
	return &metrics{name, events, unavailable.WithLabelValues(name), lag, age.WithLabelValues(name), alive.WithLabelValues(name),
		letters.WithLabelValues(name)}, nil
}

// register gives the family that is registered already, if one is: each consumer of a process declares the same ones.
func register[C prometheus.Collector](reg prometheus.Registerer, family C) (C, error) {
	err := reg.Register(family)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing, nil
		}
	}
	return family, err
}

func (m *metrics) count(topic, outcome string) {
	m.events.WithLabelValues(m.consumer, topic, outcome).Inc()
}

const (
	observeEvery   = 10 * time.Second
	observeTimeout = 5 * time.Second
	countedLetters = 1000
)

// observe keeps the gauges until ctx ends.
func (c *Consumer) observe(ctx context.Context) {
	tick := time.NewTicker(observeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.measure(ctx)
		}
	}
}

func (c *Consumer) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	now := c.store.Now()
	if alive := c.Alive(); !alive.IsZero() {
		c.metrics.alive.Set(now.Sub(alive).Seconds())
	}
	if n, err := c.dead.Count(ctx, c.cfg.Name, countedLetters); err == nil {
		c.metrics.letters.Set(float64(n))
	}
	lag, err := c.bus.Lag(ctx, c.cfg.Name, c.cfg.Topics)
	if err != nil {
		return // the age of Alive says that the broker is away
	}
	var total int64
	for topic, n := range lag {
		c.metrics.lag.WithLabelValues(c.cfg.Name, topic).Set(float64(n))
		total += n
	}
	age := 0.0
	if at := c.newest.Load(); total > 0 && at > 0 {
		age = now.Sub(time.UnixMilli(at)).Seconds()
	}
	c.metrics.age.Set(age)
}
