package docstoretest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

func versioned(id string, version int64) docstore.Versioned[thing] {
	return docstore.Versioned[thing]{ID: id, Version: version, State: &thing{ID: id, Count: version, Group: "g"}}
}

// testProjections: the highest version wins, whatever the order; what Merge carries over survives; a mend is no new version.
func testProjections(t *testing.T, e *env) {
	ctx := system(t)
	for _, c := range []struct {
		version int64
		newer   bool
	}{{3, true}, {3, false}, {2, false}, {7, true}, {1, false}} {
		newer, err := e.things.PutIfNewer(ctx, versioned("p", c.version))
		must(t, err)
		if newer != c.newer {
			t.Errorf("version %d is newer: %v", c.version, newer)
		}
	}
	got, err := e.things.Load(ctx, "p")
	must(t, err)
	if got.Version != 7 || got.State.Count != 7 {
		t.Errorf("%+v", got)
	}
	newer, err := e.things.PutManyIfNewer(ctx, []docstore.Versioned[thing]{versioned("p", 6), versioned("q", 1), versioned("p2", 9)})
	must(t, err)
	if d := cmp.Diff([]bool{false, true, true}, newer); d != "" {
		t.Error(d)
	}
	must(t, e.store.Atomic(ctx, func(ctx context.Context) error {
		newer, err := e.things.PutIfNewer(ctx, versioned("p", 8))
		if err != nil || !newer {
			return errors.Join(err, errors.New("8 is not newer than 7"))
		}
		if newer, err = e.things.PutIfNewer(ctx, versioned("p", 8)); err != nil || newer {
			return errors.Join(err, errors.New("8 is newer than 8"))
		}
		return e.others.Insert(ctx, "reaction", &thing{ID: "reaction"})
	}))
	t.Run("concurrent", func(t *testing.T) { testPutConcurrent(t, e) })
	t.Run("merge", func(t *testing.T) { testMerge(t, e) })
	t.Run("mend", func(t *testing.T) { testUpdateInPlace(t, e) })
}

func testPutConcurrent(t *testing.T, e *env) {
	ctx := system(t)
	const docs, versions = 20, 40
	must(t, together(writers, func(i int) error {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		for range 6 {
			var batch []docstore.Versioned[thing]
			for _, n := range r.Perm(docs)[:10] {
				batch = append(batch, versioned(thingID(n), 1+r.Int64N(versions)))
			}
			if i == 0 {
				for j := range batch {
					batch[j].Version, batch[j].State.Count = versions, versions
				}
			}
			if _, err := e.others.PutManyIfNewer(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	}))
	found, err := e.others.LoadMany(ctx, append(manyIDs(docs), "absent"))
	must(t, err)
	if len(found) != docs {
		t.Errorf("%d documents of %d", len(found), docs)
	}
	for id, d := range found {
		if d.Version != d.State.Count {
			t.Errorf("%s: version %d with the state of %d", id, d.Version, d.State.Count)
		}
	}
}

func manyIDs(n int) (out []string) {
	for i := range n {
		out = append(out, thingID(i))
	}
	return out
}

// testMerge: many sources put the same document, each carrying over the marks that are there: no mark is lost.
func testMerge(t *testing.T, e *env) {
	ctx := system(t)
	const puts = 60
	wrote := make([]bool, puts)
	must(t, together(puts, func(i int) error {
		v := versioned("merged", int64(i+1))
		v.State.Mark = []string{thingID(i)}
		v.Merge = func(old, state *thing) {
			if old != nil {
				state.Mark = append(slices.Clone(old.Mark), thingID(i))
			}
		}
		var err error
		wrote[i], err = e.others.PutIfNewer(ctx, v)
		return err
	}))
	got, err := e.others.Load(ctx, "merged")
	must(t, err)
	var want []string
	for i, w := range wrote {
		if w {
			want = append(want, thingID(i))
		}
	}
	if d := cmp.Diff(want, got.State.Mark); d != "" || got.Version != puts {
		t.Errorf("version %d, marks (-want +got):\n%s", got.Version, d)
	}
}

func testUpdateInPlace(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "mended", Mark: []string{"dirty"}, Note: "n", Count: 1})
	unmark := func(x *thing) { x.Mark = nil }
	if ok, err := e.things.UpdateInPlace(ctx, "mended", 2, unmark); ok || err != nil {
		t.Errorf("a mend of a version that is not there: %v, %v", ok, err)
	}
	if ok, err := e.things.UpdateInPlace(ctx, "mended", 1, unmark); !ok || err != nil {
		t.Errorf("a mend: %v, %v", ok, err)
	}
	got, err := e.things.Load(ctx, "mended")
	must(t, err)
	if got.Version != 1 || got.State.Mark != nil || got.State.Note != "n" {
		t.Errorf("after the mend: %+v", got)
	}
	// An update that was read before a mend and written after it keeps the mend.
	must(t, e.things.Update(ctx, "mended", func(x *thing) ([]event.Event, error) { x.Mark = []string{"again"}; return nil, nil }))
	mended := false
	must(t, e.things.Update(ctx, "mended", func(x *thing) ([]event.Event, error) {
		if !mended {
			mended = true
			docs, err := e.driver.Load(ctx, "things", []string{"mended"})
			if err != nil {
				return nil, err
			}
			w := docstore.Write{Kind: docstore.Update, Collection: "things", ID: "mended", Expect: 2, Version: 2, Body: docs[0].Body, Unset: []string{"mark"}}
			if w.Body, err = without(w.Body, "mark"); err != nil {
				return nil, err
			}
			if err := e.driver.Apply(ctx, []docstore.Write{w}); err != nil {
				return nil, err
			}
		}
		x.Count++
		return nil, nil
	}))
	if got, err = e.things.Load(ctx, "mended"); err != nil || got.Version != 3 || got.State.Mark != nil || got.State.Count != 2 {
		t.Errorf("after a mend between read and write: %+v, %v", got, err)
	}
}
