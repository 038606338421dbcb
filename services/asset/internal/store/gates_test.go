package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/store"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// yard is a store with one open unit.
type yard struct {
	*store.Collections
	t   *testing.T
	ctx context.Context
}

// open is the store as two processes see it.
func open(t *testing.T) (one, other *yard) {
	t.Helper()
	driver, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: filepath.Join(t.TempDir(), "documents.db")})
	must(t, err)
	t.Cleanup(func() { must(t, driver.Close(context.WithoutCancel(t.Context()))) })
	s := docstore.NewStore(driver, docstore.Options{})
	one = &yard{store.Open(s, mx.NewNones()), t, caller.AsSystem(t.Context(), "test")}
	must(t, s.Migrate(one.ctx))
	must(t, one.Units.Insert(one.ctx, "U-1", &unit.Unit{ID: "U-1", OperationState: "open", Place: mx.Place{UnitID: "U-1"}}))
	return one, &yard{store.Open(docstore.NewStore(driver, docstore.Options{}), mx.NewNones()), t, one.ctx}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (y *yard) state() string {
	u, err := y.Units.Get(y.ctx, "U-1")
	must(y.t, err)
	return u.OperationState
}

// enter registers an asset as the command does, with something that happens between its look at the unit and its end.
func (y *yard) enter(id string, meanwhile func()) (entered bool) {
	y.t.Helper()
	err := y.Gates.Enter(y.ctx, "U-1", func(u *unit.Unit) (*asset.Asset, error) {
		if u.OperationState == unit.Closed {
			return nil, errClosed
		}
		meanwhile()
		return &asset.Asset{ID: id, Place: u.Place, Lifecycle: asset.Fact{Value: asset.Draft}}, nil
	})
	if !errors.Is(err, errClosed) {
		must(y.t, err)
	}
	return err == nil
}

var errClosed = errors.New("closed")

// close closes the unit if nothing is left, with something that happens between the count and its end.
func (y *yard) close(meanwhile func()) (left []int) {
	y.t.Helper()
	must(y.t, y.Gates.Close(y.ctx, "U-1", func(ctx context.Context, n int) error {
		left = append(left, n)
		meanwhile()
		if n > 0 {
			return nil
		}
		return y.Units.Update(ctx, "U-1", func(u *unit.Unit) ([]event.Event, error) {
			u.OperationState = unit.Closed
			return nil, nil
		})
	}))
	return left
}

// once is do, the first time.
func once(do func()) func() {
	return func() {
		first := do
		do = func() {}
		first()
	}
}

func nothing() {}

func TestWhatComesInAfterTheCountMakesItCountAnew(t *testing.T) {
	for _, before := range []string{"untouched gates", "gates that are up"} {
		y, other := open(t)
		if before == "gates that are up" { // for the same asset's gate, by one that is retired
			if !y.enter("a", nothing) {
				t.Fatal("the unit is open")
			}
			must(t, y.Assets.Update(y.ctx, "a", func(a *asset.Asset) ([]event.Event, error) {
				a.Lifecycle.Value = asset.Retired
				return nil, nil
			}))
		}
		left := y.close(once(func() {
			if !other.enter("b", nothing) {
				t.Errorf("%s: nobody has closed the unit yet", before)
			}
		}))
		if len(left) != 2 || left[0] != 0 || left[1] != 1 || y.state() != "open" {
			t.Errorf("%s: counted %v, the unit is %s", before, left, y.state())
		}
	}
}

func TestWhoComesInWhileTheUnitIsClosedFindsItClosed(t *testing.T) {
	for _, before := range []string{"untouched gates", "gates that are down"} {
		y, other := open(t)
		if before == "gates that are down" {
			y.close(nothing)
			must(t, y.Units.Update(y.ctx, "U-1", func(u *unit.Unit) ([]event.Event, error) {
				u.OperationState = "open"
				return nil, nil
			}))
		}
		if y.enter("a", once(func() { other.close(nothing) })) {
			t.Errorf("%s: it came into a closed unit", before)
		}
		if left, err := y.Gates.Left(y.ctx, "U-1"); err != nil || left != 0 || y.state() != unit.Closed {
			t.Errorf("%s: %d in a unit that is %s, %v", before, left, y.state(), err)
		}
	}
}

// TestTwoClosingsDoNotHideWhatCameIn: the second lowers the gate that told the first of it.
func TestTwoClosingsDoNotHideWhatCameIn(t *testing.T) {
	y, other := open(t)
	left := y.close(once(func() {
		other.enter("a", nothing)
		if second := other.close(nothing); len(second) != 1 || second[0] != 1 {
			t.Errorf("the second counted %v", second)
		}
	}))
	if len(left) != 2 || left[1] != 1 || y.state() != "open" {
		t.Errorf("the first counted %v, the unit is %s", left, y.state())
	}
}
