package react_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/tally"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// before is a process of the release before this one: it stores facts with the marks of the units that lack them, counts all facts of a
// marked unit, writes its figures without sums, and takes the marks away.
type before struct{ *replica }

func (b before) hear(t failer, hs []happening) {
	t.Helper()
	for _, h := range hs {
		e := h.envelope()
		switch h.kind {
		case "unit":
			f, err := fact.HeardUnit(e)
			keep(t, b, b.c.Units, e.Subject, e.StateVersion, f, err)
		case "asset":
			f, err := fact.HeardAsset(e)
			keep(t, b, b.c.Assets, e.Subject, e.StateVersion, f, err)
		case "stock_item":
			f, err := fact.HeardStock(e)
			keep(t, b, b.c.Stock, e.Subject, e.StateVersion, f, err)
		case "work_order":
			f, err := fact.HeardOrder(e)
			keep(t, b, b.c.Orders, e.Subject, e.StateVersion, f, err)
		case "delivery":
			f, err := fact.HeardDelivery(e)
			keep(t, b, b.c.Deliveries, e.Subject, e.StateVersion, f, err)
		}
	}
}

type marked[T any] interface {
	*T
	About() *fact.Base
}

func keep[T any, P marked[T]](t failer, b before, c *docstore.Collection[T], id string, version int64, f P, err error) {
	t.Helper()
	must(t, err)
	_, err = c.PutIfNewer(b.ctx, docstore.Versioned[T]{ID: id, Version: version, State: (*T)(f), Merge: func(old, state *T) {
		now := P(state).About()
		now.DirtyUnits = []string{fact.AnyMark, now.UnitID}
		if old != nil {
			was := P(old).About()
			for _, u := range append(was.Doubtful(), was.UnitID) {
				if !slices.Contains(now.DirtyUnits, u) {
					now.DirtyUnits = append(now.DirtyUnits, u)
				}
			}
		}
	}})
	must(t, err)
}

// count works the figures of all marked units out, and clears their marks; those of units not heard of stay.
func (b before) count(t failer) {
	t.Helper()
	units := map[string]bool{}
	var later []func()
	collect(t, b, b.c.Units, units, &later)
	collect(t, b, b.c.Assets, units, &later)
	collect(t, b, b.c.Stock, units, &later)
	collect(t, b, b.c.Orders, units, &later)
	collect(t, b, b.c.Deliveries, units, &later)
	for id := range units {
		units[id] = b.figures(t, id)
	}
	for _, c := range later {
		c()
	}
}

func collect[T any, P marked[T]](t failer, b before, c *docstore.Collection[T], units map[string]bool, later *[]func()) {
	t.Helper()
	each(t, b.replica, c, func(v *T) {
		about := P(v).About()
		for _, u := range about.Doubtful() {
			units[u] = true
		}
		if d, err := c.Load(b.ctx, about.ID); err == nil && len(about.DirtyUnits) > 0 {
			*later = append(*later, func() {
				_, err := c.UpdateInPlace(b.ctx, d.ID, d.Version, func(v *T) {
					about := P(v).About()
					about.DirtyUnits = slices.DeleteFunc(about.DirtyUnits, func(u string) bool { return units[u] })
					if len(about.DirtyUnits) == 1 {
						about.DirtyUnits = nil
					}
				})
				must(t, err)
			})
		}
	})
}

func (b before) figures(t failer, id string) (known bool) {
	t.Helper()
	for done := false; !done; {
		version := int64(0)
		if d, err := b.c.UnitStatus.Load(b.ctx, id); err == nil {
			version = d.Version
		}
		f, err := b.c.Units.Get(b.ctx, id)
		if errors.Is(err, docstore.ErrNotFound) {
			return false
		}
		must(t, err)
		u := status.NewUnit(id)
		u.Describe(f)
		u.Cells = tally.Cells{}
		add := func(f tally.Fact) {
			if f.Owner() == id {
				u.Cells.Add(status.Rows(f), 1)
			}
		}
		each(t, b.replica, b.c.Assets, func(f *fact.Asset) { add(f) })
		each(t, b.replica, b.c.Stock, func(f *fact.Stock) { add(f) })
		each(t, b.replica, b.c.Orders, func(f *fact.Order) { add(f) })
		each(t, b.replica, b.c.Deliveries, func(f *fact.Delivery) { add(f) })
		u.Derive()
		u.Sums = tally.Sums{AsOf: f.RecordedAt}
		done, err = b.c.UnitStatus.PutIfNewer(b.ctx, docstore.Versioned[status.Unit]{ID: id, Version: version + 1, State: u})
		must(t, err)
	}
	return true
}

// TestBesideTheReleaseBefore lets processes of both releases share a history at once, the older one ending at any moment, what it stored
// perhaps uncounted; then it comes back after a rollback, and goes again.
func TestBesideTheReleaseBefore(whole *testing.T) {
	rapid.Check(whole, func(t *rapid.T) {
		driver, done := openStore(whole, t)
		defer done()
		old := before{process(driver)}
		all := history(t)
		parts := deliveries(t, all)
		cut := rapid.IntRange(0, len(parts)).Draw(t, "upgraded after")
		for _, b := range parts[:cut] {
			old.hear(t, b)
			old.count(t)
		}
		now := run(driver)
		defer now.stop()
		works := make([]func(failer), 0, len(parts))
		for _, b := range parts[cut:] {
			mine, counts := rapid.Bool().Draw(t, "by the new one"), rapid.Bool().Draw(t, "and counted")
			works = append(works, func(t failer) {
				if mine {
					must(t, now.hear(b))
					return
				}
				old.hear(t, b)
				if counts {
					old.count(t)
				}
			})
		}
		var both errgroup.Group
		for _, work := range works {
			both.Go(func() (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = fmt.Errorf("%v", p)
					}
				}()
				work(raised{})
				return nil
			})
		}
		must(t, both.Wait())
		now.convergeAfter(t, all)
	})
}

// TestWhatTheReleaseBeforeStoredAndDidNotCountIsCounted: whatever it stored just before it ended, after this one had begun.
func TestWhatTheReleaseBeforeStoredAndDidNotCountIsCounted(t *testing.T) {
	for name, last := range map[string]happening{
		"a new asset":       {"asset", "a2", 1, assetState("a2", "U1", true)},
		"a changed asset":   {"asset", "a1", 2, assetState("a1", "U1", false)},
		"an asset moved":    {"asset", "a1", 2, assetState("a1", "U2", true)},
		"a unit moved":      {"unit", "U1", 2, unitState("U1", places[1], true)},
		"a unit not ours":   {"unit", "U1", 2, unitState("U1", places[0], false)},
		"a unit closed":     {"unit", "U1", 2, unitState("U1", places[0], true, object{"operation_state": "closed"})},
		"a new unit":        {"unit", "U3", 1, unitState("U3", places[2], true)},
		"of a unit unheard": {"asset", "a3", 1, assetState("a3", "U9", true)},
	} {
		t.Run(name, func(t *testing.T) {
			driver, done := openStore(t, t)
			defer done()
			old := before{process(driver)}
			all := []happening{{"unit", "U1", 1, unitState("U1", places[0], true)}, {"unit", "U2", 1, unitState("U2", places[1], true)},
				{"asset", "a1", 1, assetState("a1", "U1", true)}}
			old.hear(t, all)
			old.count(t)
			now := run(driver)
			defer now.stop()
			now.converge(t, all)
			old.hear(t, []happening{last})
			now.convergeAfter(t, append(all, last))
		})
	}
}

// raised is a failer for goroutines of rapid, whose own must be called by the one that runs the test.
type raised struct{}

func (raised) Helper()                           {}
func (raised) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// convergeAfter is converge where the release before left what nobody has counted: that is found at the latest when it is looked for again.
func (r *replica) convergeAfter(t failer, all []happening) {
	t.Helper()
	r.stop()
	fresh := run(r.Store.Driver())
	defer fresh.stop()
	fresh.converge(t, all)
}

// TestTheFiguresOfTheReleaseBeforeStandUntilTheyAreCounted: from the first moment on groups show what they showed, and as it is counted
// nothing changes.
func TestTheFiguresOfTheReleaseBeforeStandUntilTheyAreCounted(t *testing.T) {
	driver, done := openStore(t, t)
	defer done()
	old := before{process(driver)}
	var all []happening
	for _, b := range story() {
		old.hear(t, b)
		old.count(t)
		all = append(all, b...)
	}
	want := recount(all)
	now := run(driver)
	defer now.stop()
	for !now.Loaded() {
		must(t, now.Poll(now.ctx))
	}
	if got := now.present(t); got[status.Nation] != want[status.Nation] {
		t.Errorf("the nation at the start: got %+v, want %+v", got[status.Nation], want[status.Nation])
	}
	now.converge(t, all)
	u, err := now.c.UnitStatus.Get(now.ctx, "U1")
	must(t, err)
	if u.OldRules != 2 || !slices.Contains(u.DirtyGroups, fact.AnyMark) || !slices.Contains(u.DirtyGroups, "state:09") {
		t.Errorf("the release before would not find the unit's figures after a rollback: %+v", u.Before)
	}
}

// TestAUnitThatOnlyAMistakeSurveyedIsNotSurveyedAfterAnUpgrade: rules before these took a record that was voided for a look at its unit.
func TestAUnitThatOnlyAMistakeSurveyedIsNotSurveyedAfterAnUpgrade(t *testing.T) {
	driver, done := openStore(t, t)
	defer done()
	r := process(driver)
	all := []happening{{"unit", "U1", 1, unitState("U1", places[0], true)}, {"asset", "a1", 1, gone(assetState("a1", "U1", true), true)},
		{"unit", "U2", 1, unitState("U2", places[0], true)}, {"asset", "a2", 1, gone(assetState("a2", "U2", true), false)}}
	must(t, r.hear(all))
	for _, u := range []string{"U1", "U2"} {
		must(t, r.c.UnitStatus.Update(r.ctx, u, func(u *status.Unit) ([]event.Event, error) {
			u.Cells, u.Rules = tally.Cells{"surveyed": 1}, status.Rules-1
			u.Derive()
			return nil, nil
		}))
	}
	now := run(driver)
	defer now.stop()
	now.convergeUnrepaired(t, all)
	got := now.present(t)
	if got["U1"].NotSurveyed != 1 || got["U2"].NotSurveyed != 0 || got[status.Nation].NotSurveyed != 1 {
		t.Errorf("%+v", got)
	}
}

// TestACheckMendsAndReports: sums that are wrong, by whatever mistake, are put right and counted.
func TestACheckMendsAndReports(t *testing.T) {
	driver, done := openStore(t, t)
	defer done()
	r := run(driver)
	defer r.stop()
	var all []happening
	for _, b := range story() {
		must(t, r.hear(b))
		all = append(all, b...)
	}
	r.converge(t, all)
	must(t, r.c.UnitStatus.Update(r.ctx, "U1", func(u *status.Unit) ([]event.Event, error) {
		u.Cells.Add([]tally.Row{{Cell: "assets.total", N: 7}}, 1)
		u.Derive()
		return nil, nil
	}))
	servicetest.Eventually(t, "the check", func() bool { return r.repaired(t) == 1 })
	r.converge(t, all)
	if got, want := r.present(t)[status.Nation], recount(all)[status.Nation]; got != want {
		t.Errorf("the nation after the check: got %+v, want %+v", got, want)
	}
}

// busy changes the store whenever facts are streamed, so that a count never finds a unit at rest.
type busy struct {
	docstore.Driver
	change atomic.Pointer[func()]
}

func (b *busy) Stream(ctx context.Context, collection string, q docstore.Query, each func(docstore.Document) error) error {
	changed := b.change.Load()
	if changed == nil || len(q.Where) == 0 {
		return b.Driver.Stream(ctx, collection, q, each)
	}
	(*changed)()
	err := b.Driver.Stream(ctx, collection, q, each)
	(*changed)()
	return err
}

// TestACountEndsThoughTheUnitIsBusy: facts come, change, and leave for another unit while all are counted.
func TestACountEndsThoughTheUnitIsBusy(t *testing.T) {
	driver, done := openStore(t, t)
	defer done()
	b := &busy{Driver: driver}
	r, other := process(b), process(driver)
	var all []happening
	hear := func(hs ...happening) {
		must(t, other.hear(hs))
		all = append(all, hs...)
	}
	hear(happening{"unit", "U1", 1, unitState("U1", places[0], true)}, happening{"unit", "U2", 1, unitState("U2", places[1], true)})
	for _, id := range []string{"a1", "a2", "a3"} {
		hear(happening{"asset", id, 1, assetState(id, "U1", true)})
	}
	must(t, r.Doubt(r.ctx, all[0].envelope().At, "U1"))
	var changing sync.Mutex // the check and the count of what is in doubt read at once
	version := int64(1)
	change := func() {
		changing.Lock()
		defer changing.Unlock()
		version++
		hear(happening{"asset", "a1", version, assetState("a1", []string{"U1", "U2"}[version%2], true)},
			happening{"asset", "a2", version, assetState("a2", "U1", version%2 == 0)})
	}
	b.change.Store(&change)
	running, cancel := context.WithCancel(r.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(running) }()
	servicetest.Eventually(t, "the count", func() bool {
		u, err := other.c.UnitStatus.Get(other.ctx, "U1")
		must(t, err)
		return u.Rules == status.Rules
	})
	b.change.Store(nil)
	cancel()
	must(t, <-ended)
	if version < 3 {
		t.Errorf("nothing changed while it was counted: version %d", version)
	}
	fresh := run(driver)
	defer fresh.stop()
	fresh.converge(t, all)
}
