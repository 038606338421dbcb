package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/signin"
)

// metrics are the console's own, beside those of requests and of the store, which it has as every service.
type metrics struct {
	requests                *run.Requests
	signIns, renewals, asks *prometheus.CounterVec
	sessions                prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: run.NewRequests(reg, Name),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_console_sign_ins_total",
			Help: "Ends of sign-ins at the provider: done, denied (by whoever was to sign in), refused (by the provider), lost (not one that the console began, or of tokens that it does not believe), unavailable (the provider or the sessions' store)."},
			[]string{"outcome"}),
		renewals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_console_renewals_total",
			Help: "Access tokens near their end: done, ended (the provider has ended the sign-in), unavailable."}, []string{"outcome"}),
		asks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bitacora_console_service_requests_total",
			Help: "Requests to the services: answered, failed (5xx), unreachable, cancelled (the browser is gone)."}, []string{"outcome", "to"}),
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bitacora_console_sessions", Help: "Sessions in the store, counted up to 10,000, once a minute."}),
	}
	reg.MustRegister(m.signIns, m.renewals, m.asks, m.sessions)
	// Each series is there from the start: a rate sees no first event of one that begins with it.
	for _, outcome := range signin.SignInOutcomes {
		m.signIns.WithLabelValues(outcome)
	}
	for _, outcome := range signin.RenewalOutcomes {
		m.renewals.WithLabelValues(outcome)
	}
	for _, service := range api.Owners {
		for _, outcome := range []string{"answered", "failed", "unreachable", "cancelled"} {
			m.asks.WithLabelValues(outcome, service)
		}
	}
	return m
}

func (m *metrics) answered(pattern string, status int, took time.Duration) {
	m.requests.Answered(pattern, run.Outcome(status), status, took)
}

// counting adds one to the counter of an outcome.
func counting(c *prometheus.CounterVec) func(outcome string) {
	return func(outcome string) { c.WithLabelValues(outcome).Inc() }
}

// asked is what the services answer, counted; and the services' spans are within the page's.
type asked struct {
	next http.RoundTripper
	asks *prometheus.CounterVec
}

func (a asked) RoundTrip(r *http.Request) (*http.Response, error) {
	if parent := run.Traceparent(r.Context()); parent != "" {
		r = r.Clone(r.Context())
		r.Header.Set("traceparent", parent)
	}
	answer, err := a.next.RoundTrip(r)
	a.asks.WithLabelValues(outcomeOf(answer, err), serviceOf(r.URL.Path)).Inc()
	return answer, err
}

func outcomeOf(answer *http.Response, err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case err != nil:
		return "unreachable"
	case answer.StatusCode >= http.StatusInternalServerError:
		return "failed"
	}
	return "answered"
}

// serviceOf is the service that a path belongs to, also one under its name ("/asset/labels").
func serviceOf(path string) string {
	if name := ServiceOf(path); name != "" {
		return name
	}
	name := strings.TrimPrefix(api.Head(path), "/")
	for _, service := range api.Owners {
		if service == name {
			return name
		}
	}
	return "none"
}
