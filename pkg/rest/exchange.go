package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/run"
)

// exchange is one request and its answer: the writer that handlers get, and what the access log needs. Only the goroutine that serves the request
// uses it.
type exchange struct {
	http.ResponseWriter
	server                 *Server
	id, operation, subject string
	caller                 auth.Caller
	url                    *url.URL
	// who is the client that its places count for: the subject, or the address until that is known.
	who string
	// place is the bound in which it holds a place, nil while it waits.
	place *bound
	// body is the request's, nil when it has none. sent are its bytes as they came, said the same in canonical form, both only for JSON.
	body             *arriving
	sent, said       []byte
	reading, awaited bool
	status           int
	bytes            int64
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
		x.answering()
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
		x.answering()
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// serve handles every request: ids, limits, panics, log and metrics.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	start := s.cfg.Clock()
	x := &exchange{ResponseWriter: w, server: s, url: r.URL, id: r.Header.Get("X-Request-Id"), who: "address " + s.address(r)}
	if !sane(x.id) {
		x.id = s.cfg.Store.NewID()
	}
	w.Header().Set("X-Request-Id", x.id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	method := r.Method
	r = r.WithContext(event.WithCorrelation(context.WithValue(r.Context(), exchangeKey{}, x), x.id))
	if method == http.MethodHead {
		r.Method = http.MethodGet // net/http drops the answer's body
	}
	if receives(r) {
		x.body = &arriving{ReadCloser: r.Body, x: x}
		r.Body = x.body
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(x, r, cause)
		}
		x.received()
		s.finished(x, r, method, s.cfg.Clock().Sub(start))
	}()
	if p := s.present.take(x.who); p != nil {
		s.fail(x, p)
		return
	}
	defer func() {
		x.pause()
		s.present.Leave(x.who)
	}()
	s.router.ServeHTTP(x, r)
}

// identify counts the request for the subject of its token, which is valid.
func (x *exchange) identify(who auth.Caller) *Problem {
	x.caller, x.subject = who, who.Subject()
	from := x.who
	x.who = "subject " + x.subject
	return x.server.present.rename(from, x.who)
}

// recovered answers a request whose handler panicked. If part of the answer is sent already it cuts the connection.
func (s *Server) recovered(x *exchange, r *http.Request, cause any) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.cfg.Logger.ErrorContext(r.Context(), "handler panicked", "request_id", x.id, "operation", x.operation, "cause", cause, "stack", string(debug.Stack()))
	if x.status != 0 {
		panic(http.ErrAbortHandler)
	}
	s.fail(x, internalProblem())
}

func (s *Server) finished(x *exchange, r *http.Request, method string, took time.Duration) {
	s.metrics.Answered(x.operation, x.outcome(), x.status, took)
	level := slog.LevelInfo
	if x.status >= 500 {
		level = slog.LevelWarn
	}
	if !s.cfg.Logger.Enabled(r.Context(), level) {
		return
	}
	s.cfg.Logger.LogAttrs(r.Context(), level, "request",
		slog.String("method", method), slog.String("path", x.url.Path), slog.String("operation", x.operation), slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes), slog.Duration("duration", took), slog.String("subject", x.subject),
		slog.String("request_id", x.id), slog.String("remote", r.RemoteAddr))
}

// sane reports whether a client's request id may be used in logs and events.
func sane(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// outcome is run.Outcome's; of what min_as_of waits for and has not come (NotYetVisible) it is "awaited".
func (x *exchange) outcome() string {
	if x.awaited {
		return "awaited"
	}
	return run.Outcome(x.status)
}

// places registers gauges of the requests that hold a place in flight, of how many may, and of those present without one.
func (s *Server) places() {
	limit := prometheus.NewGauge(prometheus.GaugeOpts{Name: "bitacora_http_requests_in_flight_limit",
		Help: "Requests that may be under way at once; more are answered 503."})
	limit.Set(float64(s.cfg.MaxInFlight))
	prometheus.WrapRegistererWith(prometheus.Labels{"service": s.cfg.Service}, s.cfg.Registry).MustRegister(limit,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bitacora_http_requests_in_flight", Help: "Requests under way."}, s.underWay.InUse),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bitacora_http_requests_waiting",
			Help: "Requests that are there and hold no place of those under way: they wait for their body, for a reference or for min_as_of, or go on after that."},
			func() float64 { return max(0, s.present.InUse()-s.underWay.InUse()) }))
}
