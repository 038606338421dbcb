package consumetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// Bench measures the latency of an event and the throughput, each with b.N events.
func Bench(b *testing.B, env Env) {
	b.Run("CommitToHandler", func(b *testing.B) { benchLatency(b, env) })
	b.Run("Relay", func(b *testing.B) { benchRelay(b, env) })
	b.Run("Projection", func(b *testing.B) {
		benchConsumer(b, env, func(l *listener, done *atomic.Int64) consume.Handler {
			return consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
				err := l.project(ctx, batch)
				done.Add(int64(len(batch)))
				return err
			})
		})
	})
	b.Run("Reaction", func(b *testing.B) {
		benchConsumer(b, env, func(l *listener, done *atomic.Int64) consume.Handler {
			return consume.React(func(ctx context.Context, e event.Envelope) error {
				err := l.react(ctx, e)
				done.Add(1)
				return err
			})
		})
	})
	b.Run("Republish", func(b *testing.B) { benchRepublish(b, env) })
}

// benchLatency commits one after the other and waits for each to be handled.
func benchLatency(b *testing.B, env Env) {
	k := newKit(b, env)
	k.run(k.pub.relay.Run)
	heard := make(chan time.Time, 1)
	k.consume(k.lis, "latency", consume.React(func(context.Context, event.Envelope) error {
		heard <- time.Now()
		return nil
	}))
	_, err := k.pub.put(k.ctx, "warm", "up")
	k.must(err)
	<-heard
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		_, err := k.pub.put(k.ctx, fmt.Sprintf("a%06d", len(took)), "s1")
		committed := time.Now()
		k.must(err)
		took = append(took, (<-heard).Sub(committed))
	}
	slices.Sort(took)
	ms := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
}

// fill inserts n assets with an event each.
func (k *kit) fill(n int) {
	k.Helper()
	var g errgroup.Group
	var next atomic.Int64
	for range 64 {
		g.Go(func() error {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if _, err := k.pub.put(k.ctx, fmt.Sprintf("a%06d", i), "s1"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	k.must(g.Wait())
}

func rate(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s") }

func benchRelay(b *testing.B, env Env) {
	k := newKit(b, env)
	k.fill(b.N)
	b.ResetTimer()
	k.must(k.pub.relay.Flush(k.ctx))
	rate(b)
}

func benchConsumer(b *testing.B, env Env, handler func(*listener, *atomic.Int64) consume.Handler) {
	k := newKit(b, env)
	k.fill(b.N)
	k.must(k.pub.relay.Flush(k.ctx))
	var done atomic.Int64
	b.ResetTimer()
	k.consume(k.lis, "bench", handler(k.lis, &done))
	k.eventually(func() error {
		if n := done.Load(); n < int64(b.N) {
			return fmt.Errorf("%d events", n)
		}
		return nil
	})
	rate(b)
}

func benchRepublish(b *testing.B, env Env) {
	k := newKit(b, env)
	k.fill(b.N)
	b.ResetTimer()
	n, err := relay.Republish(k.ctx, k.pub.store, k.bus, "test", k.topic)
	k.must(err)
	if n != b.N {
		b.Fatalf("republished %d of %d", n, b.N)
	}
	rate(b)
}
