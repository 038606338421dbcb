package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// HTTPConfig configures an HTTP server. A zero duration or size means the default in parentheses.
type HTTPConfig struct {
	// Addr is host:port; port 0 takes a free one.
	Addr string
	// Drain is how long Stop goes on accepting requests after /readyz has begun to fail, so that load balancers notice before
	// connections are refused (none).
	Drain time.Duration
	// ReadHeaderTimeout (10 s) and ReadTimeout (2 min) bound how long a request may take to come in, WriteTimeout (3 min) from
	// its headers to the end of the answer, IdleTimeout (2 min) how long a connection waits for its next request.
	ReadHeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// MaxHeaderBytes (64 KiB) bounds the headers.
	MaxHeaderBytes int
}

// HTTP is a server whose address is bound.
type HTTP struct {
	cfg      HTTPConfig
	listener net.Listener
	server   *http.Server
	ready    *Checks
	logger   *slog.Logger
}

// Listen binds the address: from then on connections are queued until Serve answers them. Stop drains ready. It fails when the address
// cannot be bound.
func Listen(ctx context.Context, cfg HTTPConfig, handler http.Handler, ready *Checks, logger *slog.Logger) (*HTTP, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", cfg.Addr, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: cmp.Or(cfg.ReadHeaderTimeout, 10*time.Second),
		ReadTimeout:       cmp.Or(cfg.ReadTimeout, 2*time.Minute),
		WriteTimeout:      cmp.Or(cfg.WriteTimeout, 3*time.Minute),
		IdleTimeout:       cmp.Or(cfg.IdleTimeout, 2*time.Minute),
		MaxHeaderBytes:    cmp.Or(cfg.MaxHeaderBytes, 64<<10),
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	return &HTTP{cfg, listener, server, ready, logger}, nil
}

// Addr is the bound address, host:port.
func (h *HTTP) Addr() string { return h.listener.Addr().String() }

// Serve answers requests until Stop, for Group.Go. It ignores its context, so that requests under way can end while the process stops.
func (h *HTTP) Serve(context.Context) error {
	if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", h.Addr(), err)
	}
	return nil
}

// Stop makes /readyz fail, waits for Drain, accepts no new connection and waits for the requests under way. When ctx ends first they are
// cut off, which is an error.
func (h *HTTP) Stop(ctx context.Context) error {
	h.ready.Drain()
	if h.cfg.Drain > 0 {
		timer := time.NewTimer(h.cfg.Drain)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	h.server.SetKeepAlivesEnabled(false)
	err := h.server.Shutdown(ctx)
	// A server that was never served does not own its listener yet.
	_ = h.listener.Close()
	if err != nil {
		return errors.Join(fmt.Errorf("requests cut off: %w", err), h.server.Close())
	}
	return nil
}

// Ops answers /healthz from alive, /readyz from ready and /metrics from metrics, and passes all other requests to next. It adds the metric
// bitacora_ready, the last answer of /readyz: a scrape runs no check.
func Ops(alive, ready *Checks, metrics prometheus.Gatherer, next http.Handler) http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bitacora_ready",
		Help: "1 when /readyz last answered that the process may be sent requests, 0 when it did not or was never asked."}, ready.lastAnswer))
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", alive)
	mux.Handle("GET /readyz", ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{metrics, own}, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			mux.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
