package react_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// hooked calls before ahead of each write to a collection that it is asked for.
type hooked struct {
	docstore.Driver
	collection string
	before     atomic.Pointer[func()]
}

func (h *hooked) once(do func()) { h.before.Store(&do) }

func (h *hooked) ApplyMany(ctx context.Context, writes []docstore.Write) []error {
	if len(writes) > 0 && writes[0].Collection == h.collection {
		if before := h.before.Swap(nil); before != nil {
			(*before)()
		}
	}
	return h.Driver.ApplyMany(ctx, writes)
}

func keep(t *testing.T, c *store.Collections, version int64, unit string) []string {
	t.Helper()
	heard := map[string]docstore.Versioned[fact.Asset]{"a": {ID: "a", Version: version,
		State: &fact.Asset{Base: fact.Base{ID: "a", Place: mx.Place{UnitID: unit}}}}}
	marks, err := c.Assets.Keep(caller.AsSystem(t.Context(), "test"), heard)
	must(t, err)
	if len(marks) != 1 {
		t.Fatalf("one thing was heard of, got %v", marks)
	}
	return marks[0].Dirty
}

// TestMarksOfAFact walks one asset through three units while nobody works the figures out.
func TestMarksOfAFact(t *testing.T) {
	driver, done := openStore(t, t.TempDir())
	defer done()
	c := store.Open(docstore.NewStore(driver, docstore.Options{}))
	ctx := caller.AsSystem(t.Context(), "test")
	for _, step := range []struct {
		version int64
		unit    string
		want    []string
		from    string
	}{
		{1, "U1", []string{"*", "U1"}, ""},
		{3, "U2", []string{"*", "U2", "U1"}, "U1"},
		{2, "U9", []string{"*", "U2", "U1"}, "U1"}, // late
		{3, "U2", []string{"*", "U2", "U1"}, "U1"}, // again
		{4, "U3", []string{"*", "U3", "U2", "U1"}, "U2"},
		{5, "U3", []string{"*", "U3", "U2", "U1"}, "U2"},
	} {
		if diff := cmp.Diff(step.want, keep(t, c, step.version, step.unit)); diff != "" {
			t.Errorf("version %d in %s (-want +got):\n%s", step.version, step.unit, diff)
		}
		f, err := c.Assets.Get(ctx, "a")
		must(t, err)
		if from := f.From; (from == nil) != (step.from == "") || from != nil && from.UnitID != step.from {
			t.Errorf("version %d came from %v, want %q", step.version, from, step.from)
		}
	}
	mark := func(version int64) store.Mark { return store.Mark{In: c.Assets, ID: "a", Version: version} }
	must(t, store.Unmark(ctx, map[string][]store.Mark{"U3": {mark(4)}})) // of another version
	must(t, store.Unmark(ctx, map[string][]store.Mark{"U2": {mark(5), {In: c.Assets, ID: "b", Version: 1}}}))
	if diff := cmp.Diff([]string{"*", "U3", "U1"}, keep(t, c, 5, "U3")); diff != "" {
		t.Errorf("marks left (-want +got):\n%s", diff)
	}
	must(t, store.Unmark(ctx, map[string][]store.Mark{"U3": {mark(5), mark(4)}, "U1": {mark(5)}}))
	if left, _, err := c.Assets.Marked(ctx, fact.Any, nil, 10); err != nil || len(left) > 0 {
		t.Errorf("marks left: %v, %v", left, err)
	}
}

// TestFiguresAreWrittenWhole clears a mark between the reading and the writing of the figures that carry it on.
func TestFiguresAreWrittenWhole(t *testing.T) {
	driver, done := openStore(t, t.TempDir())
	defer done()
	h := &hooked{Driver: driver, collection: "unit_status"}
	c := store.Open(docstore.NewStore(h, docstore.Options{}))
	ctx := caller.AsSystem(t.Context(), "test")
	u := status.NewUnit(&fact.Unit{Base: fact.Base{ID: "U1", Place: mx.Place{UnitID: "U1", State: "03", Office: "sonora"}}, Own: true, Kind: "medical_unit"})
	write := func(version int64) ([]store.Mark, []string) {
		left, overtaken, err := c.PutUnits(ctx, []docstore.Versioned[status.Unit]{{ID: "U1", Version: version, State: u}})
		must(t, err)
		return left, overtaken
	}
	first, _ := write(1)
	h.once(func() { must(t, store.Unmark(ctx, map[string][]store.Mark{"state:03": first})) })
	u.Figures.Assets = &status.Assets{Total: 7}
	write(2)
	got, err := c.UnitStatus.Load(ctx, "U1")
	must(t, err)
	if got.Version != 2 || !slices.Contains(got.State.DirtyGroups, "state:03") {
		t.Errorf("new figures that the state lacks have no mark: %+v", got)
	}
	h.once(func() { write(3) })
	if left, overtaken := write(3); len(left) > 0 || !slices.Equal(overtaken, []string{"U1"}) {
		t.Errorf("somebody else wrote first: got %v and %v", left, overtaken)
	}
}

// TestEqualFiguresAreWritten is the interleaving that needs it: Q has read version 2 of an asset and is about to write; meanwhile R
// hears version 3, whose figures are again those of version 1. Q must lose.
func TestEqualFiguresAreWritten(t *testing.T) {
	driver, done := openStore(t, t.TempDir())
	defer done()
	h := &hooked{Driver: driver, collection: "unit_status"}
	var all []happening
	one, two := run(h), run(driver)
	defer one.stop()
	defer two.stop()
	hear := func(r *replica, hs ...happening) {
		must(t, r.Hear(r.ctx, batch(hs)))
		all = append(all, hs...)
	}
	hear(one, happening{"unit", "U1", 1, unitState("U1", places[0], true)}, happening{"asset", "a", 1, assetState("a", "U1", true)})
	one.settle(t, all)
	overtaken := make(chan struct{})
	h.once(func() {
		hear(two, happening{"asset", "a", 3, assetState("a", "U1", true)})
		two.settle(t, all)
		close(overtaken)
	})
	must(t, one.Hear(one.ctx, batch([]happening{{"asset", "a", 2, assetState("a", "U1", false)}})))
	<-overtaken
	one.settle(t, all)
}
