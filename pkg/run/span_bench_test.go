package run_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

// BenchmarkSpanWithoutEndpoint is what trace ids cost an installation that sends its traces nowhere.
func BenchmarkSpanWithoutEndpoint(b *testing.B) {
	provider, err := run.NewTracing(b.Context(), "", "asset", "v0", nil, quiet())
	if err != nil {
		b.Fatal(err)
	}
	tracer := provider.Tracer("bench")
	b.ReportAllocs()
	for b.Loop() {
		ctx, span := tracer.Start(b.Context(), "request")
		if run.Traceparent(ctx) == "" {
			b.Fatal("no trace")
		}
		span.End()
	}
}
