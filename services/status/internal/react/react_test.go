package react_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// story is a history in which everything happens that figures depend on: facts before their unit, changes, moves of things between units, a
// unit that changes its office and state, one that is closed and then ceases to count.
func story() [][]happening {
	return [][]happening{
		{{"asset", "a1", 1, assetState("a1", "U1", false)}, {"asset", "a2", 1, assetState("a2", "U2", true)}},
		{{"unit", "U1", 1, unitState("U1", places[0], true)}},
		{{"unit", "U2", 1, unitState("U2", places[1], true)}, {"asset", "a1", 2, assetState("a1", "U1", true)}},
		{{"asset", "a1", 3, assetState("a1", "U2", true)}, {"stock_item", "s1", 1, object{"id": "s1", "unit_id": "U1", "quantity": 3}}},
		{{"unit", "U1", 2, unitState("U1", places[3], true)}},
		{{"unit", "U2", 2, unitState("U2", places[1], true, object{"operation_state": "closed"})}},
		{{"unit", "U2", 3, unitState("U2", places[1], false)}},
		{{"asset", "a1", 4, gone(assetState("a1", "U1", true), true)}, {"asset", "a3", 1, gone(assetState("a3", "U1", true), false)}},
		{{"asset", "a3", 2, gone(assetState("a3", "U1", true), true)}},
		{{"work_order", "o1", 1, object{"id": "o1", "unit_id": "U1", "type": "works", "state": "accepted", "quantity": 7, "measure_unit": "m2"}}},
	}
}

// TestCrashAnywhere kills the process at each of its calls to the store, at odd ones before and at even ones after they are carried out.
// The next process hears again what had not been committed, and only that.
func TestCrashAnywhere(t *testing.T) {
	crashes := 0
	for n := int64(1); crash(t, n, n%2 == 0) && crash(t, n, n%2 == 1); n++ {
		crashes++
	}
	if crashes < 20 {
		t.Errorf("the story has only %d calls", crashes)
	}
	t.Logf("killed at %d calls", crashes)
}

// crash says whether the process died at its nth call.
func crash(t *testing.T, n int64, after bool) bool {
	driver, done := openStore(t, t)
	defer done()
	killed := &mortal{Driver: driver, after: after}
	killed.left.Store(n)
	first := process(killed)
	var all []happening
	batches := story()
	for len(batches) > 0 && first.hear(batches[0]) == nil {
		all, batches = append(all, batches[0]...), batches[1:]
	}
	second := run(driver)
	defer second.stop()
	for _, b := range batches {
		must(t, second.hear(b))
		all = append(all, b...)
	}
	second.convergeUnrepaired(t, all)
	return killed.dead.Load()
}

// TestAnyHistory lets two processes on one store hear a random history with repeats, late and early records, in any order, and compares
// what they make of it with a recount.
func TestAnyHistory(whole *testing.T) {
	rapid.Check(whole, func(t *rapid.T) {
		driver, done := openStore(whole, t)
		defer done()
		all := history(t)
		one, two := run(driver), run(driver)
		defer one.stop()
		defer two.stop()
		var wg sync.WaitGroup
		for _, r := range []*replica{one, two} {
			mine := deliveries(t, all)
			wg.Go(func() {
				for _, b := range mine {
					must(t, r.hear(b))
				}
			})
		}
		wg.Wait()
		one.convergeUnrepaired(t, all)
		two.convergeUnrepaired(t, all)
		one.stop()
		two.stop()
		third := run(driver) // a fresh process has nothing to add
		defer third.stop()
		third.convergeUnrepaired(t, all)
		replayed(whole, t, all)
	})
}

// replayed compares with what a service makes of the same records in their order, from nothing.
func replayed(whole testing.TB, t *rapid.T, all []happening) {
	driver, done := openStore(whole, t)
	defer done()
	r := run(driver)
	defer r.stop()
	for _, h := range all {
		must(t, r.hear([]happening{h}))
	}
	r.convergeUnrepaired(t, all)
}

var things = []struct {
	kind, id string
}{{"unit", "U0"}, {"unit", "U1"}, {"unit", "U2"}, {"unit", "U3"}, {"asset", "a0"}, {"asset", "a1"}, {"asset", "a2"}, {"asset", "a3"}, {"asset", "a4"},
	{"work_order", "o0"}, {"work_order", "o1"}, {"delivery", "d0"}, {"delivery", "d1"}, {"stock_item", "s0"}, {"stock_item", "s1"}}

// history draws what happened, each thing's versions in order.
func history(t *rapid.T) []happening {
	var all []happening
	version := map[string]int64{}
	for range rapid.IntRange(1, 40).Draw(t, "length") {
		thing := rapid.SampledFrom(things).Draw(t, "thing")
		unit := rapid.SampledFrom([]string{"U0", "U1", "U2", "U3"}).Draw(t, "at")
		n := rapid.IntRange(0, 9).Draw(t, "n")
		version[thing.id]++
		h := happening{thing.kind, thing.id, version[thing.id], object{"id": thing.id, "unit_id": unit, "quantity": n}}
		switch thing.kind {
		case "unit":
			h.state = unitState(thing.id, rapid.SampledFrom(places).Draw(t, "place"), rapid.Bool().Draw(t, "counts"),
				object{"operation_state": rapid.SampledFrom([]string{"open", "open", "suspended", "planned", "closed"}).Draw(t, "operation state")})
		case "asset":
			if h.state = assetState(thing.id, unit, n > 4); n < 4 {
				h.state = gone(h.state, n < 2)
			}
		case "work_order":
			h.state["type"], h.state["measure_unit"] = "works", "m2"
			h.state["state"] = map[bool]string{true: "requested", false: "accepted"}[n > 4]
		case "delivery":
			h.state["state"], h.state["lines"] = map[bool]string{true: "dispatched", false: "confirmed"}[n > 4], []object{{"dispatched": n}}
		}
		all = append(all, h)
	}
	return all
}

// deliveries draws how records come to a process: in any order, some twice, in batches. It gets all of them, as after a rebalance.
func deliveries(t *rapid.T, all []happening) [][]happening {
	twice := append(all[:len(all):len(all)], rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "again")...)
	shuffled := rapid.Permutation(twice).Draw(t, "order")
	var out [][]happening
	for len(shuffled) > 0 {
		n := rapid.IntRange(1, len(shuffled)).Draw(t, "batch")
		out, shuffled = append(out, shuffled[:n]), shuffled[n:]
	}
	return out
}

// mortal is a driver that dies at its nth call, before or after it was carried out: then nothing gets through any more.
type mortal struct {
	docstore.Driver
	left  atomic.Int64
	after bool
	dead  atomic.Bool
}

var errDead = fmt.Errorf("%w: killed", docstore.ErrUnavailable)

// call carries out a call, unless the process is dead or dies ahead of it.
func (m *mortal) call(do func() error) error {
	if m.dead.Load() {
		return errDead
	}
	if m.left.Add(-1) != 0 {
		return do()
	}
	m.dead.Store(true)
	if m.after {
		return errors.Join(errDead, do())
	}
	return errDead
}

func (m *mortal) Apply(ctx context.Context, writes []docstore.Write) error {
	return m.call(func() error { return m.Driver.Apply(ctx, writes) })
}

func (m *mortal) ApplyMany(context.Context, []docstore.Write) []error {
	panic("a batch of facts and their sums is one transaction")
}

func (m *mortal) Load(ctx context.Context, collection string, ids []string) (docs []docstore.Document, err error) {
	err = m.call(func() error { docs, err = m.Driver.Load(ctx, collection, ids); return err })
	return docs, err
}
