package run

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Requests are the metrics of what a service, or the console, answers over HTTP: bitacora_http_requests_total and
// bitacora_http_request_duration_seconds, on which dashboards and alerts are made for all of them alike.
type Requests struct {
	answered *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewRequests registers the metrics under the label service.
func NewRequests(reg prometheus.Registerer, service string) *Requests {
	m := &Requests{
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_http_requests_total",
			Help: "Requests answered, by operation, status and outcome."}, []string{"operation", "outcome", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "bitacora_http_request_duration_seconds",
			Help:    "Time from the request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"operation"}),
	}
	prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, reg).MustRegister(m.answered, m.duration)
	return m
}

// Answered counts a request. operation is one of few ("asset.get", "GET /bienes/{id}"), never what a client chose; "" is what nothing was found for.
// outcome is Outcome's, or a word of the caller's own.
func (m *Requests) Answered(operation, outcome string, status int, took time.Duration) {
	if operation == "" {
		operation = "none"
	}
	m.answered.WithLabelValues(operation, outcome, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
}

// Outcome is the label of an answer's status: done; refused (4xx, also when the client left); failed (5xx).
func Outcome(status int) string {
	switch {
	case status >= http.StatusInternalServerError:
		return "failed"
	case status >= http.StatusBadRequest:
		return "refused"
	}
	return "done"
}

// Spans has each request answered within a span, a child of the one that its traceparent names. Whoever finds out what is asked for gives the span
// its name. Without a tracer there are none.
func Spans(next http.Handler, service string, tracer trace.TracerProvider) http.Handler {
	if tracer == nil {
		return next
	}
	return otelhttp.NewHandler(next, service, otelhttp.WithTracerProvider(tracer), otelhttp.WithPropagators(propagation.TraceContext{}))
}
