package react_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// earlier rewrites all figures as the release before would have left them, without rules and marks, and wrong.
func earlier(t *testing.T, r *replica) {
	t.Helper()
	wrong := status.Figures{Assets: &status.Assets{Total: 99}}
	var units []docstore.Versioned[status.Unit]
	must(t, r.c.UnitStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Unit]) error {
		u := d.State
		u.Counted = status.Counted{Figures: wrong, AsOf: u.AsOf}
		units = append(units, docstore.Versioned[status.Unit]{ID: d.ID, Version: d.Version + 1, State: &u})
		return nil
	}))
	var groups []docstore.Versioned[status.Group]
	must(t, r.c.GroupStatus.Stream(r.ctx, docstore.Query{}, func(d docstore.Doc[status.Group]) error {
		g := status.Group{ID: d.ID, Counted: status.Counted{Figures: wrong, AsOf: d.State.AsOf}}
		groups = append(groups, docstore.Versioned[status.Group]{ID: d.ID, Version: d.Version + 1, State: &g})
		return nil
	}))
	_, err := r.c.UnitStatus.PutManyIfNewer(r.ctx, units)
	must(t, err)
	_, err = r.c.GroupStatus.PutManyIfNewer(r.ctx, groups)
	must(t, err)
}

// TestFiguresOfTheReleaseBeforeAreWorkedOutAnew finds them at the start after an upgrade, and those that a pod of the release before writes
// later, beside this one.
func TestFiguresOfTheReleaseBeforeAreWorkedOutAnew(t *testing.T) {
	driver, done := openStore(t, t.TempDir())
	defer done()
	var all []happening
	first := run(driver)
	for _, b := range story() {
		must(t, first.Hear(first.ctx, batch(b)))
		all = append(all, b...)
	}
	first.settle(t, all)
	first.stop()
	earlier(t, first)
	second := run(driver)
	defer second.stop()
	second.settle(t, all)
	earlier(t, second)
	second.settle(t, all)
	ids, _, err := store.Outdated(second.ctx, second.c.UnitStatus, nil, 100)
	if err != nil || len(ids) > 0 {
		t.Errorf("still by other rules: %v, %v", ids, err)
	}
}
