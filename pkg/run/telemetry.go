package run

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// NewLogger makes a logger that writes JSON lines to w from level up ("debug", "info", "warn", "error"; another one is an error). A line
// that is logged with a context carries its trace_id.
func NewLogger(w io.Writer, level string) (*slog.Logger, error) {
	var from slog.Level
	if err := from.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q is not one of debug, info, warn, error", level)
	}
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: from})
	return slog.New(traced{handler}), nil
}

// traced adds the context's trace id.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		r.AddAttrs(slog.String("trace_id", sc.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }
func (h traced) WithGroup(name string) slog.Handler       { return traced{h.Handler.WithGroup(name)} }

// NewRegistry makes a metrics registry with the metrics of the process, the Go runtime and the build.
func NewRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return reg
}

// NewTracing makes a tracer provider. With an endpoint (the value of OTEL_EXPORTER_OTLP_ENDPOINT) spans are sent there by OTLP over HTTP, as
// the other OTEL_EXPORTER_OTLP_* and OTEL_TRACES_* variables say. Without one nothing is sent, but spans have ids, which logs, events and
// other services carry. When the endpoint does not answer, spans are lost and logged; requests do not wait. Its shutdown is pushed on stack.
func NewTracing(ctx context.Context, endpoint, service, version string, stack *Stack, logger *slog.Logger) (trace.TracerProvider, error) {
	if endpoint == "" {
		return sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample()))), nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(joinPath(endpoint, "v1/traces")))
	if err != nil {
		return nil, fmt.Errorf("traces to %s: %w", endpoint, err)
	}
	res, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version)))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(quiet{exporter, logger}), sdktrace.WithResource(res))
	stack.Push("traces", provider.Shutdown)
	return provider, nil
}

func joinPath(base, path string) string {
	if base[len(base)-1] != '/' {
		base += "/"
	}
	return base + path
}

// quiet logs errors that the library would pass to a global error handler.
type quiet struct {
	sdktrace.SpanExporter
	logger *slog.Logger
}

func (q quiet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := q.SpanExporter.ExportSpans(ctx, spans); err != nil {
		q.logger.WarnContext(ctx, "traces lost", "spans", len(spans), "error", err)
	}
	return nil
}

// Traceparent returns ctx's span as a W3C traceparent header, "" when there is none.
func Traceparent(ctx context.Context) string {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ""
	}
	return "00-" + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String()
}

// WithTraceparent returns a context in which new spans are children of the span that the W3C traceparent header names, or ctx itself when
// the header is invalid.
func WithTraceparent(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}
