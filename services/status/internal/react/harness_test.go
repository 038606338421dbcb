package react_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/react"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

func openStore(t failer, dir string) (d *sqlitedoc.Driver, done func()) {
	t.Helper()
	d, err := sqlitedoc.Open(context.Background(), sqlitedoc.Config{Path: filepath.Join(dir, "documents.db")})
	must(t, err)
	s := docstore.NewStore(d, docstore.Options{})
	store.Open(s)
	must(t, s.Migrate(context.Background()))
	return d, func() { must(t, d.Close(context.Background())) }
}

// replica is a process that hears and works figures out. It runs until stop.
type replica struct {
	*react.Figures
	c    *store.Collections
	ctx  context.Context
	stop func()
}

func run(d docstore.Driver) *replica {
	ctx := caller.AsSystem(context.Background(), "test")
	running, cancel := context.WithCancel(ctx)
	c := store.Open(docstore.NewStore(d, docstore.Options{}))
	metrics, err := react.NewMetrics(prometheus.NewRegistry(), time.Now)
	if err != nil {
		panic(err)
	}
	r := &replica{react.New(c, &rest.Arrivals{}, slog.New(slog.DiscardHandler), metrics), c, ctx, nil}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(running) // it ends with its context, or was stopped by the test
	}()
	r.stop = sync.OnceFunc(func() { cancel(); <-done })
	return r
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
	// NotSurveyed are units without any asset; Planned and Closed the units that are not among Units, and PlannedAssets, ClosedAssets theirs.
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
	byUnit := map[string]counts{}
	for _, h := range newest {
		c := counts{}
		switch s := h.state; h.kind {
		case "asset":
			c.Assets = 1
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
		if c.Assets == 0 { // no asset of these histories is retired
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

// present is what the documents say; groups without units are left out.
func (r *replica) present(t failer) map[string]counts {
	t.Helper()
	out := map[string]counts{}
	must(t, r.c.UnitStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Unit]) error {
		c := seen(d.State.Figures)
		if d.State.NotSurveyed() {
			c.NotSurveyed = 1
		}
		out[d.ID] = c
		return nil
	}))
	must(t, r.c.GroupStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Group]) error {
		g, c := &d.State, seen(d.State.Figures)
		c.Units, c.NotSurveyed, c.Planned, c.Closed = g.Units, g.NotSurveyed, g.Planned.Units, g.Closed.Units
		c.PlannedAssets, c.ClosedAssets = seen(g.Planned.Figures).Assets, seen(g.Closed.Figures).Assets
		if c != (counts{}) {
			out[d.ID] = c
		}
		return nil
	}))
	return out
}

// open lists the marks that are there, those of units that were never heard of left out.
func (r *replica) open(t failer, known map[string]counts) (out []string) {
	t.Helper()
	for name, c := range map[string]store.Marks{"unit": r.c.Units, "asset": r.c.Assets, "stock": r.c.Stock, "order": r.c.Orders, "delivery": r.c.Deliveries,
		"unit_status": r.c.UnitStatus, "group_status": r.c.GroupStatus} {
		page, _, err := c.Marked(r.ctx, fact.Any, nil, 1000)
		must(t, err)
		for _, m := range page {
			for _, key := range m.Dirty {
				if _, is := known[key]; is || strings.Contains(key, ":") || key == status.Nation {
					out = append(out, name+"/"+m.ID+" for "+key)
				}
			}
		}
	}
	return out
}

// settle waits until the documents say what a recount says, and no mark is left.
func (r *replica) settle(t failer, all []happening) {
	t.Helper()
	want := recount(all)
	deadline := time.NewTimer(5 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for {
		diff, marks := cmp.Diff(want, r.present(t)), r.open(t, want)
		if diff == "" && len(marks) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not settled; marks %v, figures (-want +got):\n%s", marks, diff)
		}
	}
}

// mortal is a driver that dies at its nth write, before or after it was carried out: then nothing gets through any more.
type mortal struct {
	docstore.Driver
	left  atomic.Int64
	after bool
	dead  atomic.Bool
}

var errDead = fmt.Errorf("%w: killed", docstore.ErrUnavailable)

// dies says whether this write is the last one.
func (m *mortal) dies() bool { return m.left.Add(-1) == 0 }

func (m *mortal) Apply(ctx context.Context, writes []docstore.Write) error {
	if m.dead.Load() {
		return errDead
	}
	if !m.dies() {
		return m.Driver.Apply(ctx, writes)
	}
	m.dead.Store(true)
	if m.after {
		return errors.Join(errDead, m.Driver.Apply(ctx, writes))
	}
	return errDead
}

func (m *mortal) ApplyMany(ctx context.Context, writes []docstore.Write) []error {
	errs := make([]error, len(writes))
	for i := range errs {
		errs[i] = errDead
	}
	if m.dead.Load() {
		return errs
	}
	if !m.dies() {
		return m.Driver.ApplyMany(ctx, writes)
	}
	m.dead.Store(true)
	if m.after {
		m.Driver.ApplyMany(ctx, writes)
	} else if n := len(writes) / 2; n > 0 {
		m.Driver.ApplyMany(ctx, writes[:n]) // it was in the middle of it
	}
	return errs
}

func (m *mortal) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Driver.Load(ctx, collection, ids)
}

func (m *mortal) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Driver.Find(ctx, collection, q)
}

func (m *mortal) Stream(ctx context.Context, collection string, q docstore.Query, each func(docstore.Document) error) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Driver.Stream(ctx, collection, q, each)
}
