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
		Help: "Events by outcome: handled, ignored (type unknown here), parked; lost: once for each time that records of a topic were found to be gone."}, []string{"consumer", "topic", "outcome"}))
	unavailable, err2 := register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_consumer_unavailable_total",
		Help: "Tries that met an unavailable store or broker."}, []string{"consumer"}))
	lag, err3 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_lag_records",
		Help: "Records the group has not committed."}, []string{"consumer", "topic"}))
	age, err4 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_lag_seconds",
		Help: "How far behind the consumer is, in the topic where that is most: the age of the oldest event in its hands, or the time since it was last up to date; 0 when it is."}, []string{"consumer"}))
	alive, err5 := register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_consumer_alive_age_seconds",
		Help: "Time since the broker last answered this consumer, or since its start where it never did."}, []string{"consumer"}))
	letters, err6 := Letters(reg)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	name := c.cfg.Name
	return &metrics{name, events, unavailable.WithLabelValues(name), lag, age.WithLabelValues(name), alive.WithLabelValues(name),
		letters.WithLabelValues(name)}, nil
}

// CountedLetters is the highest value of the gauge of Letters: counting further would cost too much.
const CountedLetters = 1000

// Letters registers the gauge of dead letters, with the label consumer ("<service>.relay" for a relay's), or returns the registered one.
func Letters(reg prometheus.Registerer) (*prometheus.GaugeVec, error) {
	return register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bitacora_dead_letters",
		Help: "Dead letters not cleared; counted up to 1000."}, []string{"consumer"}))
}

// register registers a family, or returns the registered one: all consumers of a process share them.
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
	observeFirst   = time.Second
	observeEvery   = 10 * time.Second
	observeTimeout = 5 * time.Second
)

// watch is the state of an observer.
type watch struct {
	// alive is the last Alive; it begins with the start.
	alive  time.Time
	topics map[string]*watched
}

// watched is what an observer knows of a topic: when the consumer was last up to date there, at first the start, and the last known lag.
type watched struct {
	current time.Time
	lag     int64
}

func (c *Consumer) newWatch(start time.Time) *watch {
	w := &watch{alive: start, topics: map[string]*watched{}}
	for topic := range c.topics {
		w.topics[topic] = &watched{current: start}
	}
	return w
}

// observe updates the gauges until ctx ends.
func (c *Consumer) observe(ctx context.Context) {
	w := c.newWatch(c.store.Now().Time)
	next := time.NewTimer(observeFirst)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			c.measure(ctx, w)
			next.Reset(observeEvery)
		}
	}
}

func (c *Consumer) measure(ctx context.Context, w *watch) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	if n, err := c.dead.Count(ctx, c.cfg.Name, CountedLetters); err == nil {
		c.metrics.letters.Set(float64(n))
	}
	lag, err := c.bus.Lag(ctx, c.cfg.Name, c.cfg.Topics)
	if err != nil {
		c.log.DebugContext(ctx, "the lag of some topics is not known, the last one stays", "error", err)
	}
	for topic, n := range lag {
		c.metrics.lag.WithLabelValues(c.cfg.Name, topic).Set(float64(n))
		w.topics[topic].lag = n
	}
	now := c.store.Now().Time
	if alive := c.Alive(); alive.After(w.alive) {
		w.alive = alive
	}
	c.metrics.alive.Set(since(w.alive, now))
	c.metrics.age.Set(c.behind(w, now))
}

// behind returns how many seconds the consumer is behind in the topic in which it is furthest behind, so that what goes on in the others does
// not hide one that stands still.
func (c *Consumer) behind(w *watch, now time.Time) (most float64) {
	for topic, p := range c.topics {
		most = max(most, p.behind(w.topics[topic], now))
	}
	return most
}

// behind is the age of the oldest record being handled. Between two batches it is the age of the newest handled record, or the time since the
// lag was last 0, whichever is less.
func (p *progress) behind(w *watched, now time.Time) float64 {
	if at := p.oldest.Load(); at > 0 {
		return since(time.UnixMilli(at), now)
	}
	if w.lag == 0 {
		w.current = now
	}
	if at := time.UnixMilli(p.newest.Load()); at.After(w.current) {
		return since(at, now)
	}
	return since(w.current, now)
}

func since(at, now time.Time) float64 { return max(0, now.Sub(at).Seconds()) }
