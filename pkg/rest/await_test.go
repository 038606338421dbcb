package rest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

func TestMarksComeBackAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rest.Mark{Aggregate: rapid.StringMatching(`[a-z_]+`).Draw(t, "aggregate"), ID: rapid.StringMatching(`[ -~]+`).Draw(t, "id"),
			Version: rapid.Int64Min(1).Draw(t, "version")}
		if got, err := rest.ParseMark(m.String()); err != nil || got != m {
			t.Fatalf("%v came back as %v, %v", m, got, err)
		}
	})
	for _, s := range []string{"", "asset", "asset/", "asset/x", "asset/x@", "asset/x@0", "asset/x@-1", "asset/x@one", "/x@1", "asset/@1"} {
		if m, err := rest.ParseMark(s); err == nil {
			t.Errorf("%q was read as %v", s, m)
		}
	}
}

func TestReferenceThatArrivesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrivals rest.Arrivals
		var there atomic.Bool
		time.AfterFunc(20*time.Millisecond, func() {
			there.Store(true)
			arrivals.Notify()
		})
		start := time.Now()
		looks := 0
		v, err := rest.Await(t.Context(), &arrivals, time.Second, func(context.Context) (string, error) {
			if looks++; there.Load() {
				return "unit", nil
			}
			return "", docstore.ErrNotFound
		})
		if took := time.Since(start); v != "unit" || err != nil || looks != 2 || took != 20*time.Millisecond {
			t.Errorf("%q %v after %v and %d looks", v, err, took, looks)
		}
	})
}

func TestReferenceThatDoesNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := &empty{}
		pumps := docstore.Open[pump](docstore.NewStore(driver, docstore.Options{}), docstore.Spec{Name: "pumps"}, nil)
		refs := rest.References[pump]{Collection: pumps, What: "pump", Arrivals: &rest.Arrivals{}}
		start := time.Now()
		_, err := refs.Get(caller.AsSystem(t.Context(), "test"), "pump_id", "x")
		if took := time.Since(start); !fault.Is(err, fault.UnknownReference) || took != time.Second {
			t.Errorf("%v after %v", err, took)
		}
		ctx, cancel := context.WithTimeout(caller.AsSystem(t.Context(), "test"), 70*time.Millisecond)
		defer cancel()
		if _, err := refs.Get(ctx, "pump_id", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		driver.fail = docstore.ErrUnavailable
		if _, err := refs.Get(caller.AsSystem(t.Context(), "test"), "pump_id", "x"); !errors.Is(err, docstore.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	})
}

type empty struct {
	docstore.Driver
	fail error
}

func (e *empty) Load(context.Context, string, []string) ([]docstore.Document, error) {
	return nil, e.fail
}
