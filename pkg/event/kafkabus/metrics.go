package kafkabus

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	published, failed, fetched *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	return &metrics{
		published: counter(reg, "bitacora_bus_published_total", "Records that all in-sync replicas acknowledged.", "topic"),
		failed: counter(reg, "bitacora_bus_publish_errors_total",
			"Records not acknowledged: refused for good (permanent) or not for now (unavailable).", "topic", "outcome"),
		fetched: counter(reg, "bitacora_bus_fetched_total", "Records handed to a consumer group, repeats included.", "topic", "group"),
	}
}

// counter registers a counter; two buses of one process share it.
func counter(reg prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	if reg == nil {
		return c
	}
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](reg.Register(c)); ok {
		return known.ExistingCollector.(*prometheus.CounterVec)
	}
	return c
}
