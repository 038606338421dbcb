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

// HTTPConfig is how a process listens. The zero durations and sizes mean the defaults written beside them.
type HTTPConfig struct {
	// Addr is host:port; port 0 takes a free one.
	Addr string
	// Drain is how long the process goes on answering after it said that it is not ready, so that whoever sends it requests has
	// heard of it. Zero: not at all.
	Drain time.Duration
	// ReadHeaderTimeout (10 s) and ReadTimeout (2 min) bound how long a request may take to come in, WriteTimeout (3 min) from
	// its headers to the end of the answer, IdleTimeout (2 min) how long a connection waits for its next request.
	ReadHeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// MaxHeaderBytes (64 KiB) bounds the headers.
	MaxHeaderBytes int
}

// HTTP is a listening server.
type HTTP struct {
	cfg      HTTPConfig
	listener net.Listener
	server   *http.Server
	ready    *Checks
	logger   *slog.Logger
}

// Listen binds the address, so that requests wait from then on; Serve answers them. ready is told when the server begins to stop.
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

// Addr is the address that was bound.
func (h *HTTP) Addr() string { return h.listener.Addr().String() }

// Serve answers requests until Stop; it is made for Group.Go. Requests under way outlive ctx until Stop's deadline.
func (h *HTTP) Serve(context.Context) error {
	if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", h.Addr(), err)
	}
	return nil
}

// Stop says that the process is not ready, waits for the drain delay, takes no new connection and lets the requests under way end;
// those that do not until ctx ends are cut off.
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

// Ops answers /healthz (is the process alive), /readyz (may it be sent requests) and /metrics, and leaves the rest to next. To the metrics it
// adds bitacora_ready: the last answer of /readyz, which whoever sends requests asks for all the time; a scrape itself asks no store.
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
