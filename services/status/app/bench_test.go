package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/status/app"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/react"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// benchUnits is the number of units, in all states, that have assets of benchTypes types.
const (
	benchUnits = 1200
	benchTypes = 60
)

func envelope(kind string, version int64, state object) event.Envelope {
	encoded, _ := json.Marshal(state) // maps of scalars always encode
	return event.Envelope{Entry: event.Entry{Type: "mx.bitacora." + kind + ".registered.v1", At: event.At(time.Now())}, Subject: state["id"].(string),
		StateVersion: version, State: encoded}
}

func benchUnit(i int) object {
	offices := mx.Offices()
	o := offices[i%len(offices)]
	return unit(fmt.Sprintf("UNIT%06d", i), o.State, o.Key, o.Region)
}

// rebuild makes figures of units and assets from nothing, and says how long the facts took, and how long until all figures were there.
func rebuild(b *testing.B, driver docstore.Driver, assets int) (heard, visible time.Duration) {
	b.Helper()
	s := docstore.NewStore(driver, docstore.Options{})
	c := store.Open(s)
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	metrics, err := react.NewMetrics(prometheus.NewRegistry(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	f := react.New(c, &rest.Arrivals{}, slog.New(slog.DiscardHandler), metrics)
	ctx := caller.AsSystem(b.Context(), "bench")
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- f.Run(running) }()
	var batch []event.Envelope
	begin := time.Now()
	flush := func() {
		if err := f.Hear(ctx, batch); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
	for i := range benchUnits {
		batch = append(batch, envelope("unit", 1, benchUnit(i)))
	}
	flush()
	for i := range assets {
		batch = append(batch, envelope("asset", 1, asset(fmt.Sprintf("ASSET%08d", i), benchUnit(i*7919%benchUnits), fmt.Sprintf("type_%d", i%benchTypes), "active", "working")))
		if len(batch) == 500 {
			flush()
		}
	}
	flush()
	heard = time.Since(begin)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, m := range []store.Marks{c.Assets, c.UnitStatus, c.GroupStatus} {
		for left := []store.Mark{{}}; len(left) > 0; <-tick.C {
			var err error
			if left, _, err = m.Marked(ctx, fact.Any, nil, 1); err != nil {
				b.Fatal(err)
			}
		}
	}
	visible = time.Since(begin)
	stop()
	if err := <-done; err != nil {
		b.Error(err)
	}
	return heard, visible
}

// BenchmarkQueries measures what planners ask over HTTP, on a small and on a large register: the numbers should be the same.
func BenchmarkQueries(b *testing.B) {
	for _, assets := range []int{10_000, 200_000} {
		w, driver := servicetest.Servers(b)
		heard, visible := rebuild(b, driver, assets)
		b.Logf("%d assets: %.0f records/s into facts, %.0f records/s until every figure and mark", assets, float64(assets)/heard.Seconds(), float64(assets)/visible.Seconds())
		s := w.Start(b, app.New, driver)
		for _, path := range []string{"nation", "states/09", "units/UNIT000001"} {
			b.Run(fmt.Sprintf("%s/assets=%d", path, assets), func(b *testing.B) {
				took := make([]time.Duration, 0, b.N)
				for b.Loop() {
					begin := time.Now()
					s.Want(200, planner, "GET", "/v1/status/"+path, nil)
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// BenchmarkVisible measures the time from a record on the topic to the figures of its unit and of the nation.
func BenchmarkVisible(b *testing.B) {
	w, driver := servicetest.Servers(b)
	rebuild(b, driver, 200_000)
	s := w.Start(b, app.New, driver)
	n := 0
	for _, path := range []string{"units/UNIT000001", "nation"} {
		b.Run(path, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				n++
				id := fmt.Sprintf("NEW%06d", n)
				begin := time.Now()
				w.Publish(b, event.Assets, "asset.registered", 1, asset(id, benchUnit(1), "type_1", "active", "working"))
				servicetest.Eventually(b, id, func() bool {
					return s.Call(planner, "GET", "/v1/status/"+path+"?min_as_of=asset/"+id+"@1", nil).Status == 200
				})
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkRebuild makes all figures of a register anew from its records.
func BenchmarkRebuild(b *testing.B) {
	const assets = 20_000
	for b.Loop() {
		_, driver := servicetest.Servers(b)
		heard, visible := rebuild(b, driver, assets)
		b.ReportMetric(assets/heard.Seconds(), "facts/s")
		b.ReportMetric(assets/visible.Seconds(), "visible/s")
	}
}
