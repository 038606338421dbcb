// Package edge is what happens around every request to the console, whatever it asks for: what browsers are told to allow, what is refused
// before anything is done, how long it may take, what the log says of it.
package edge

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Config is how the edge behaves.
type Config struct {
	Log   *slog.Logger
	Now   func() time.Time
	NewID func() string
	// Timeout is how long a request may take, MaxBody how many bytes a form may have.
	Timeout time.Duration
	MaxBody int64
	// FormTo is the origin of the provider, where signing out leads; empty where it is this one.
	FormTo string
	// Answered is told of each answer, by the pattern that was found for the request, "" where none was.
	Answered func(pattern string, status int, took time.Duration)
	// Foreign and Broken answer a form that another site sent, and a request that the program failed at.
	Foreign, Broken http.HandlerFunc
}

// policy is what pages may do: nothing but load what this origin serves and send forms to it. Pico's icons are data: images.
func policy(formTo string) string {
	to := "'self'"
	if formTo != "" {
		to += " " + formTo
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action " + to +
		"; frame-ancestors 'none'; base-uri 'none'"
}

// known is what is known of a request while it is answered.
type known struct{ id, subject, pattern string }

type knownKey struct{}

func of(ctx context.Context) *known {
	if k, ok := ctx.Value(knownKey{}).(*known); ok {
		return k
	}
	return &known{}
}

// RequestID is the id under which the request is logged, here and by the services.
func RequestID(ctx context.Context) string { return of(ctx).id }

// Signed says who sent the request.
func Signed(ctx context.Context, subject string) { of(ctx).subject = subject }

// Routed is next; the log calls requests by the pattern that it finds for them.
func Routed(next *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { of(r.Context()).pattern = r.Pattern }()
		next.ServeHTTP(w, r)
	})
}

// Handler puts the edge around next.
func Handler(cfg Config, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(cfg.Foreign)
	inner := protection.Handler(next)
	csp := policy(cfg.FormTo)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := cfg.Now()
		k := &known{id: cfg.NewID()}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), knownKey{}, k), cfg.Timeout)
		defer cancel()
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Request-Id", k.id)
		h.Add("Vary", "Accept-Encoding")
		r = r.WithContext(ctx)
		sent := r.Body
		r.Body = http.MaxBytesReader(w, sent, cfg.MaxBody)
		out := &writer{ResponseWriter: w, zip: strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
		defer cfg.finish(out, r, k, start, sent)
		inner.ServeHTTP(out, r)
	})
}

// What of a form that is too large is read and thrown away, and for how long.
const (
	swallowed    = 64 << 20
	swallowedFor = 20 * time.Second
)

// swallow reads what is left of a request after its answer is written: a browser that is still sending shows the answer once it has sent
// everything, and «connection reset» where nobody reads it.
func swallow(w http.ResponseWriter, sent io.Reader) {
	if n, _ := io.CopyN(io.Discard, sent, 1); n == 0 {
		return
	}
	c := http.NewResponseController(w)
	end := time.Now().Add(swallowedFor) //nolint:forbidigo // deadlines of a connection are real time
	if err := errors.Join(c.Flush(), c.SetReadDeadline(end)); err == nil {
		_, _ = io.CopyN(io.Discard, sent, swallowed)
	}
}

// finish ends the answer, also where the handler panicked: then it is the page for that, unless some of another page is out already.
func (cfg Config) finish(out *writer, r *http.Request, k *known, start time.Time, sent io.Reader) {
	if cause := recover(); cause != nil {
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
		cfg.Log.ErrorContext(r.Context(), "a page panicked", "request_id", k.id, "pattern", k.pattern, "cause", cause, "stack", string(debug.Stack()))
		if out.begun {
			panic(http.ErrAbortHandler)
		}
		out.status = 0
		cfg.Broken(out, r)
	}
	out.close()
	took := cfg.Now().Sub(start)
	cfg.Answered(k.pattern, out.status, took)
	if k.pattern != "" {
		trace.SpanFromContext(r.Context()).SetName(k.pattern)
	}
	swallow(out.ResponseWriter, sent)
	// Neither the address nor what it asks for is logged: both may hold what people typed.
	cfg.Log.LogAttrs(r.Context(), slog.LevelInfo, "page", slog.String("method", r.Method), slog.String("pattern", k.pattern), slog.Int("status", out.status),
		slog.Int64("bytes", out.bytes), slog.Duration("duration", took), slog.String("subject", k.subject), slog.String("request_id", k.id))
}

// writer compresses what is worth it, and remembers what was answered.
type writer struct {
	http.ResponseWriter
	zip    bool
	begun  bool
	status int
	bytes  int64
	gzip   *gzip.Writer
}

var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// worthwhile is how many bytes an answer has at least that is compressed.
const worthwhile = 1 << 10

// WriteHeader waits for the first bytes of the body: pages are written in one piece, so that these say whether it is worth compressing.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(b []byte) (int, error) {
	if !w.begun {
		w.begin(len(b))
	}
	if w.gzip != nil {
		return w.gzip.Write(b)
	}
	return w.count(b)
}

func (w *writer) begin(n int) {
	w.begun = true
	if w.status == 0 {
		w.status = http.StatusOK
	}
	h := w.Header()
	if w.zip && n >= worthwhile && h.Get("Content-Encoding") == "" && strings.HasPrefix(h.Get("Content-Type"), "text/") {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		w.gzip, _ = zippers.Get().(*gzip.Writer)
		w.gzip.Reset(counted{w})
	}
	w.ResponseWriter.WriteHeader(w.status)
}

func (w *writer) count(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// counted is the writer below the compression.
type counted struct{ *writer }

func (c counted) Write(b []byte) (int, error) { return c.count(b) }

func (w *writer) close() {
	if !w.begun {
		w.begin(0)
	}
	if w.gzip != nil {
		_ = w.gzip.Close() // a browser that is gone has no use for it
		w.gzip.Reset(nil)
		zippers.Put(w.gzip)
		w.gzip = nil
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
