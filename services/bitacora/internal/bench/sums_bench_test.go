package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	status "github.com/bitacora-salud/bitacora/services/status/app"
)

const (
	// manyFacts are in one unit; rebuilt facts are spread over rebuiltUnits.
	manyFacts, busyEvents       = 20_000, 20_000
	rebuiltFacts, rebuiltUnits  = 40_000, 200
	flatSamples, nationQueries  = 200, 1000
	emptyUnit, fullUnit, hotted = 1, 2, 3
)

// told is the event of a version of an asset, in a unit, or of a unit.
func told(tb testing.TB, topic, id string, version int64, at place, state map[string]any) event.Record {
	state["id"], state["unit_id"], state["office"], state["region"], state["state_code"] = id, at.unit, at.office, at.region, at.state
	encoded, err := json.Marshal(state)
	must(tb, err)
	typ := map[string]string{event.Units: "unit.registered", event.Assets: "asset.registered"}[topic]
	r, err := event.Envelope{Entry: event.Entry{ID: uuid.NewString(), Type: "mx.bitacora." + typ + ".v1", Version: version, At: event.At(time.Now()), Actor: "bench",
		Change: json.RawMessage("{}")}, Source: "/bench", Subject: id, StateVersion: version, State: encoded, Topic: topic}.Record()
	must(tb, err)
	return r
}

func toldUnit(tb testing.TB, at place) event.Record {
	return told(tb, event.Units, at.unit, 1, at, map[string]any{"name": at.unit, "kind": "medical_unit", "operation_state": "open", "own": true})
}

func toldAsset(tb testing.TB, id string, version int64, at place) event.Record {
	value := func(v string) map[string]any { return map[string]any{"value": v} }
	return told(tb, event.Assets, id, version, at, map[string]any{"type_key": "hospital_bed", "lifecycle": value("active"), "functioning": value("working"),
		"use": value("in_use"), "custody": value("at_unit"), "quarantine": value("not_quarantined"), "brand": "Hill-Rom", "model": "Progressa"})
}

func publish(tb testing.TB, bus event.Bus, records ...event.Record) {
	for part := range slices.Chunk(records, 500) {
		for _, err := range bus.Publish(tb.Context(), part) {
			must(tb, err)
		}
	}
}

// sums are the budgets of figures: visible as soon in a unit of 20,000 facts as in an empty one; one busy unit kept up with; the nation
// answered; all made again from the topics.
func sums(b *testing.B, g *ground) {
	bus := g.bus(b)
	s := g.start(b, "status", status.New, bus)
	planner := g.token(b, "planner", "planner@nation")
	empty, full, hot := placeOf(emptyUnit), placeOf(fullUnit), placeOf(hotted)
	publish(b, bus, toldUnit(b, empty), toldUnit(b, full), toldUnit(b, hot))
	shown := func(unit, id string, version int64) { // long: everything ahead of it is read first
		for start := time.Now(); ; {
			err := s.seen(unit, fmt.Sprintf("asset/%s@%d", id, version), planner)
			if err == nil {
				return
			}
			if time.Since(start) > 10*time.Minute {
				b.Fatal(err)
			}
		}
	}
	var facts []event.Record
	for n := range manyFacts {
		facts = append(facts, toldAsset(b, fmt.Sprint("full-", n), 1, full))
	}
	publish(b, bus, facts...)
	for _, r := range facts[manyFacts-200:] { // the last ones of all partitions
		shown(full.unit, r.Key, 1)
	}
	took := map[string][]float64{}
	for n := range flatSamples + 10 {
		for _, at := range []place{empty, full} {
			id := fmt.Sprint("sample-", at.unit, "-", n)
			start := time.Now()
			publish(b, bus, toldAsset(b, id, 1, at))
			shown(at.unit, id, 1)
			if n >= 10 {
				took[at.unit] = append(took[at.unit], time.Since(start).Seconds()*1000)
			}
		}
	}
	small, large := took[empty.unit], took[full.unit]
	note("visible in an empty unit: p50 %.1f ms, p99 %.1f ms; beside %d facts: p50 %.1f ms, p99 %.1f ms", median(small), quantile(small, 0.99), manyFacts, median(large), quantile(large, 0.99))
	ceiling(b, "visible-full-p50/"+g.name, median(large)/median(small), 1.2)
	ceiling(b, "visible-full-p99/"+g.name, quantile(large, 0.99)/quantile(small, 0.99), 1.2)
	busy(b, g, bus, hot, shown)
	asked := make([]float64, nationQueries)
	for i := range asked {
		start := time.Now()
		_, err := s.send(ask{http.MethodGet, "/v1/status/nation", planner, "", http.StatusOK})
		must(b, err)
		asked[i] = time.Since(start).Seconds() * 1000
	}
	ceiling(b, "nation-p99-ms/"+g.name, quantile(asked, 0.99), 5)
}

// busy is how many events of one unit a second are in its figures, each of a thousand assets changing again and again.
func busy(b *testing.B, g *ground, bus event.Bus, at place, shown func(unit, id string, version int64)) {
	const things = 1000
	var records []event.Record
	for n := range busyEvents {
		records = append(records, toldAsset(b, fmt.Sprint("busy-", n%things), int64(1+n/things), at))
	}
	start := time.Now()
	publish(b, bus, records...)
	for n := range things {
		shown(at.unit, fmt.Sprint("busy-", n), busyEvents/things)
	}
	budget(b, "busy-unit-events/s/"+g.name, busyEvents/time.Since(start).Seconds(), 2000)
}

// rebuild is the time in which a service makes all figures from topics that are full, beside reading and decoding the same records and
// writing a document for each.
func rebuild(b *testing.B, g *ground) {
	bus := g.bus(b)
	var records []event.Record
	for u := range rebuiltUnits {
		records = append(records, toldUnit(b, placeOf(100+u)))
	}
	for n := range rebuiltFacts {
		records = append(records, toldAsset(b, fmt.Sprint("again-", n), 1, placeOf(100+n*7919%rebuiltUnits)))
	}
	publish(b, bus, records...)
	planner := g.token(b, "planner", "planner@nation")
	start := time.Now()
	s := g.start(b, "rebuilt", status.New, bus)
	for n := rebuiltFacts - 500; n < rebuiltFacts; n++ { // the last ones of all partitions
		for s.seen(placeOf(100+n*7919%rebuiltUnits).unit, fmt.Sprintf("asset/again-%d@1", n), planner) != nil {
		}
	}
	ours := time.Since(start)

	alone := g.bare(b, s.place)
	start = time.Now()
	sub, err := bus.Subscribe("bare", []string{event.Units, event.Assets})
	must(b, err)
	for n := 0; n < len(records); {
		got, err := sub.Fetch(b.Context(), 500)
		must(b, err)
		docs := make([]document, len(got))
		for i, r := range got {
			must(b, json.Unmarshal(r.Value, &struct{ State *document }{&docs[i]}))
		}
		n += len(got)
		must(b, alone.fill(b.Context(), docs))
	}
	theirs := time.Since(start)
	must(b, sub.Close(context.WithoutCancel(b.Context())))
	note("rebuilt %d facts in %s, bare %s", rebuiltFacts, ours, theirs)
	budget(b, "rebuild/"+g.name, theirs.Seconds()/ours.Seconds(), 0.40)
}
