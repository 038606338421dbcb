package run_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

func TestTraceGoesThroughText(t *testing.T) {
	provider, err := run.NewTracing(t.Context(), "", "asset", "v0", nil, quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := provider.Tracer("test").Start(t.Context(), "request")
	defer span.End()
	text := run.Traceparent(ctx)
	there := run.WithTraceparent(t.Context(), text)
	if got := run.Traceparent(there); got != text || text == "" {
		t.Errorf("got %q, want %q", got, text)
	}
	ctx2, span2 := provider.Tracer("test").Start(there, "consumer")
	defer span2.End()
	if trace.SpanContextFromContext(ctx2).TraceID() != span.SpanContext().TraceID() {
		t.Error("another trace")
	}
	for _, odd := range []string{"", "00-00-00-00", "rubbish"} {
		if got := run.Traceparent(run.WithTraceparent(t.Context(), odd)); got != "" {
			t.Errorf("%q became %q", odd, got)
		}
	}
}

func TestTracesAreSentToTheEndpoint(t *testing.T) {
	paths := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path }))
	defer srv.Close()
	stack := run.NewStack(quiet(), 5*time.Second)
	provider, err := run.NewTracing(t.Context(), srv.URL, "asset", "v0", stack, quiet())
	if err != nil {
		t.Fatal(err)
	}
	_, span := provider.Tracer("test").Start(t.Context(), "request")
	span.End()
	if err := stack.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := <-paths; p != "/v1/traces" {
		t.Errorf("sent to %s", p)
	}
}

func TestLoggerWritesTheTrace(t *testing.T) {
	var b bytes.Buffer
	logger, err := run.NewLogger(&b, "info")
	if err != nil {
		t.Fatal(err)
	}
	ctx := run.WithTraceparent(t.Context(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	logger.With("a", 1).InfoContext(ctx, "hello")
	logger.DebugContext(ctx, "unheard")
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["trace_id"] != "0af7651916cd43dd8448eb211c80319c" || line["msg"] != "hello" {
		t.Errorf("%v", line)
	}
	if _, err := run.NewLogger(&b, "loud"); err == nil {
		t.Error("level loud")
	}
}
