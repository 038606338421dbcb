package react_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/tally"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/react"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

type object = map[string]any

// failer is what tests and rapid have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// openStore is a store of its own; what is left of it goes when whole ends.
func openStore(whole testing.TB, t failer) (d docstore.Driver, done func()) {
	t.Helper()
	d, err := openDriver(whole)
	must(t, err)
	s := docstore.NewStore(d, docstore.Options{})
	store.Open(s)
	must(t, s.Migrate(context.Background()))
	return d, func() { must(t, d.Close(context.Background())) }
}

// replica is a process that hears and keeps figures. It runs until stop.
type replica struct {
	*react.Figures
	c    *store.Collections
	ctx  context.Context
	reg  *prometheus.Registry
	stop func()

	upgrade *react.Upgrade
}

// process is a replica that does not run.
func process(d docstore.Driver) *replica {
	s := docstore.NewStore(d, docstore.Options{})
	c, reg := store.Open(s), prometheus.NewRegistry()
	f, err := react.New(s, c, &rest.Arrivals{}, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		panic(err)
	}
	f.Pace = 50 * time.Millisecond
	return &replica{f, c, caller.AsSystem(context.Background(), "test"), reg, func() {}, react.NewUpgrade(f, c, slog.New(slog.DiscardHandler))}
}

func run(d docstore.Driver) *replica {
	r := process(d)
	running, cancel := context.WithCancel(r.ctx)
	var done sync.WaitGroup
	for _, work := range []func(context.Context) error{r.Run, r.upgrade.Run} {
		done.Go(func() { _ = work(running) }) // it ends with its context
	}
	r.stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	return r
}

func (r *replica) hear(hs []happening) error {
	return r.upgrade.Ahead(react.Hear(r.Figures))(r.ctx, batch(hs))
}

// repaired is how often a recount found sums that were not those of their facts.
func (r *replica) repaired(t failer) float64 {
	t.Helper()
	families, err := r.reg.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == "bitacora_figures_mended_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric of what was repaired")
	return 0
}

// happening is one version of one thing.
type happening struct {
	kind, id string
	version  int64
	state    object
}

func (h happening) envelope() event.Envelope {
	state, _ := json.Marshal(h.state) // maps of scalars always encode
	at := event.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h.version) * time.Second))
	return event.Envelope{Entry: event.Entry{ID: fmt.Sprint(h.kind, h.id, h.version), Type: "mx.bitacora." + h.kind + ".changed.v1", At: at}, Subject: h.id,
		StateVersion: h.version, State: state}
}

// batch is what a consumer would give its handler of these: the newest of each thing.
func batch(hs []happening) []event.Envelope {
	best := map[string]happening{}
	for _, h := range hs {
		if old, ok := best[h.id]; !ok || h.version >= old.version {
			best[h.id] = h
		}
	}
	var out []event.Envelope
	for _, h := range best {
		out = append(out, h.envelope())
	}
	return out
}

// The places of the tests.
var places = []object{
	{"office": "baja-california-sur", "state_code": "03", "region": "1"},
	{"office": "sonora", "state_code": "26", "region": "1"},
	{"office": "zona-norte", "state_code": "09", "region": "3"},
	{"office": "zona-sur", "state_code": "09", "region": "3"},
	{"office": "", "state_code": "09", "region": "3"},
}

func with(base object, more object) object {
	out := object{}
	for _, m := range []object{base, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func unitState(id string, at object, counts bool, more ...object) object {
	u := with(at, object{"id": id, "unit_id": id, "name": id, "kind": "medical_unit", "operation_state": "open", "own": counts})
	for _, m := range more {
		u = with(u, m)
	}
	return u
}

// gone makes an asset a retired one, by mistake registered or not.
func gone(asset object, voided bool) object {
	asset["lifecycle"], asset["in_service"] = object{"value": "retired"}, false
	if voided {
		asset["voided"] = object{}
	}
	return asset
}

func assetState(id, unit string, active bool) object {
	lifecycle := map[bool]string{true: "active", false: "draft"}[active]
	return object{"id": id, "unit_id": unit, "type_key": "bed", "lifecycle": object{"value": lifecycle}, "functioning": object{"value": "working"},
		"use": object{"value": "in_use"}, "custody": object{"value": "at_unit"}, "quarantine": object{"value": "not_quarantined"}, "in_service": active}
}

// counts is what the naive recount knows of a unit or group.
type counts struct {
	Units, Assets, InService, Open, Items, Stock int64
	// Hundredths are those of the works' square metres.
	Hundredths int64
	// NotSurveyed are units without any asset but such as were registered by mistake; Planned and Closed the units that are not among Units, and PlannedAssets, ClosedAssets theirs.
	NotSurveyed, Planned, PlannedAssets, Closed, ClosedAssets int64
}

func (c *counts) add(o counts) {
	*c = counts{c.Units + o.Units, c.Assets + o.Assets, c.InService + o.InService, c.Open + o.Open, c.Items + o.Items, c.Stock + o.Stock, c.Hundredths + o.Hundredths,
		c.NotSurveyed + o.NotSurveyed, c.Planned + o.Planned, c.PlannedAssets + o.PlannedAssets, c.Closed + o.Closed, c.ClosedAssets + o.ClosedAssets}
}

// recount counts the newest version of everything by going through all of it.
func recount(all []happening) map[string]counts {
	newest := map[string]happening{}
	for _, h := range all {
		if h.version > newest[h.id].version {
			newest[h.id] = h
		}
	}
	byUnit, surveyed := map[string]counts{}, map[string]bool{}
	for _, h := range newest {
		c := counts{}
		switch s := h.state; h.kind {
		case "asset":
			if s["voided"] != nil {
				break
			}
			surveyed[s["unit_id"].(string)] = true
			if s["lifecycle"].(object)["value"] != "retired" {
				c.Assets = 1
			}
			if s["in_service"] == true {
				c.InService = 1
			}
		case "work_order":
			switch {
			case s["state"] == "requested":
				c.Open = 1
			case s["state"] == "accepted" && s["type"] == "works":
				c.Hundredths = int64(s["quantity"].(int)) * 100
			}
		case "delivery":
			if s["state"] == "confirmed" {
				c.Items = int64(s["lines"].([]object)[0]["dispatched"].(int))
			}
		case "stock_item":
			c.Stock = int64(s["quantity"].(int))
		}
		unit := h.state["unit_id"].(string)
		sum := byUnit[unit]
		sum.add(c)
		byUnit[unit] = sum
	}
	out := map[string]counts{}
	for _, h := range newest {
		if h.kind != "unit" {
			continue
		}
		c := byUnit[h.id]
		if h.state["operation_state"] != "open" {
			c.InService = 0
		}
		if !surveyed[h.id] {
			c.NotSurveyed = 1
		}
		out[h.id] = c
		if h.state["own"] != true {
			continue
		}
		switch h.state["operation_state"] {
		case "planned":
			c = counts{Planned: 1, PlannedAssets: c.Assets}
		case "closed":
			c = counts{Closed: 1, ClosedAssets: c.Assets}
		default:
			c.Units = 1
		}
		for _, group := range []string{"state:" + h.state["state_code"].(string), "office:" + h.state["office"].(string), "nation"} {
			if group == "office:" {
				continue
			}
			sum := out[group]
			sum.add(c)
			out[group] = sum
		}
	}
	return out
}

func seen(f status.Figures) counts {
	c := counts{Open: f.Orders.Open, Items: f.Deliveries.Items, Stock: f.Stock.Quantity, Hundredths: int64(f.Works.AcceptedQuantity["m2"]*100 + .5)}
	if f.Assets != nil {
		c.Assets, c.InService = f.Assets.Total, f.Assets.InService
	}
	return c
}

// present is what a process says of units, by their documents, and of groups; groups without units are left out.
func (r *replica) present(t failer) map[string]counts {
	t.Helper()
	out := map[string]counts{}
	groups := map[string]bool{status.Nation: true}
	must(t, r.Poll(r.ctx))
	must(t, r.c.UnitStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Unit]) error {
		if d.State.Awaited {
			return nil
		}
		c := seen(d.State.Figures)
		if d.State.NotSurveyed() {
			c.NotSurveyed = 1
		}
		out[d.ID] = c
		return nil
	}))
	for _, p := range places {
		groups[fmt.Sprint("state:", p["state_code"])], groups[fmt.Sprint("office:", p["office"])] = true, true
	}
	for id := range groups {
		g, _ := status.GroupOf(&r.Fold, id)
		c := seen(g.Figures)
		c.Units, c.NotSurveyed, c.Planned, c.Closed = g.Units, g.NotSurveyed, g.Planned.Units, g.Closed.Units
		c.PlannedAssets, c.ClosedAssets = seen(g.Planned.Figures).Assets, seen(g.Closed.Figures).Assets
		if c != (counts{}) {
			out[id] = c
		}
	}
	return out
}

// unconserved is how the sums of the units differ, cell by cell, from the rows of all facts that are stored.
func (r *replica) unconserved(t failer) string {
	t.Helper()
	want, got := map[string]tally.Cells{}, map[string]tally.Cells{}
	must(t, r.c.UnitStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Unit]) error {
		got[d.ID], want[d.ID] = tally.Cells{}, tally.Cells{}
		maps.Copy(got[d.ID], d.State.Cells)
		return nil
	}))
	add := func(f tally.Fact) {
		if want[f.Owner()] == nil {
			want[f.Owner()] = tally.Cells{}
		}
		want[f.Owner()].Add(status.Rows(f), 1)
	}
	each(t, r, r.c.Units, func(f *fact.Unit) { add(f) })
	each(t, r, r.c.Assets, func(f *fact.Asset) { add(f) })
	each(t, r, r.c.Stock, func(f *fact.Stock) { add(f) })
	each(t, r, r.c.Orders, func(f *fact.Order) { add(f) })
	each(t, r, r.c.Deliveries, func(f *fact.Delivery) { add(f) })
	return cmp.Diff(want, got)
}

func each[T any](t failer, r *replica, c *docstore.Collection[T], do func(*T)) {
	t.Helper()
	must(t, c.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[T]) error { do(&d.State); return nil }))
}

// converge waits until a process says what a recount says, and the sums are those of the stored facts.
func (r *replica) converge(t failer, all []happening) {
	t.Helper()
	want := recount(all)
	deadline := time.NewTimer(5 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for {
		diff := cmp.Diff(want, r.present(t)) + r.unconserved(t)
		if diff == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not converged (-want +got):\n%s", diff)
		}
	}
}

// convergeUnrepaired is converge where no check had to repair anything, nor finds anything to repair.
func (r *replica) convergeUnrepaired(t failer, all []happening) {
	t.Helper()
	r.converge(t, all)
	for _, u := range []string{"U0", "U1", "U2", "U3"} {
		if _, err := r.Recount(r.ctx, u); err != nil && !errors.Is(err, docstore.ErrNotFound) {
			t.Fatalf("%v", err)
		}
	}
	if n := r.repaired(t); n > 0 {
		t.Fatalf("%v units had to be repaired", n)
	}
}
