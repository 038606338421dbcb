package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// alike are documents with one tag and one serial number, as the release before took them, oldest first.
func (k *keyed) alike(ctx context.Context, t *testing.T, tag string, ids ...string) {
	t.Helper()
	for i, id := range ids {
		must(t, put(ctx, k.before, tagged{ID: id, Since: fmt.Sprintf("2025-%d", i), Tag: tag + "-" + id[:1], Serial: tag, Model: tag}))
	}
	k.refresh(t)
}

// marked compares who is marked for a tag, a serial number, and a serial number with the model, with who should be.
func (k *keyed) marked(ctx context.Context, t *testing.T, after string, ids ...string) {
	t.Helper()
	for _, mark := range []string{"tag_taken", "duplicate", "serial_taken"} {
		if d := cmp.Diff(ids, k.with(ctx, t, docstore.Discrepancies, mark)); d != "" {
			t.Errorf("%s: %s (-want +got):\n%s", after, mark, d)
		}
	}
}

// testSuccessors: of several documents with one key, which a release without keys took, the next oldest holds it as soon as the holder has let
// go of it; at no moment can another one take it.
func testSuccessors(t *testing.T, e *env) {
	k, ctx := newKeyed(t, e), system(t)
	refused := func(after string) {
		t.Helper()
		for _, x := range []tagged{{ID: "new", Tag: "T x"}, {ID: "new", Serial: "t", Model: "T"}} {
			if err := put(ctx, k.now, x); key(err) != "tag" && key(err) != "serial" {
				t.Errorf("%s: %+v was not refused: %v", after, x, err)
			}
		}
	}
	leave := func(ctx context.Context, id string) error {
		return edit(ctx, k.now, id, func(x *tagged) { x.Tag, x.Serial = "", "" })
	}
	k.alike(ctx, t, "t", "x-9", "x-8", "x-7", "x-6")
	k.marked(ctx, t, "refreshed", "x-6", "x-7", "x-8")
	must(t, leave(ctx, "x-9"))
	k.marked(ctx, t, "the holder has released", "x-6", "x-7")
	refused("the holder has released")
	must(t, k.store.Atomic(ctx, func(ctx context.Context) error {
		return errors.Join(edit(ctx, k.now, "x-8", func(x *tagged) { x.Tag = "elsewhere" }), leave(ctx, "x-8"))
	}))
	k.marked(ctx, t, "the next has released, in two steps of one command", "x-6")
	refused("the next has released")
	must(t, leave(ctx, "x-6"))
	k.marked(ctx, t, "one that held nothing has released", []string{}...)
	refused("one that held nothing has released")
	must(t, leave(ctx, "x-7"))
	must(t, put(ctx, k.now, tagged{ID: "new", Tag: "tx", Serial: "T", Model: "t"}))
	k.marked(ctx, t, "the last has released", []string{}...)
	k.successorMeanwhile(ctx, t)
	k.successorsRace(ctx, t)
}

// meanwhile is a driver that does something once, just after a write met a key that is taken.
type meanwhile struct {
	docstore.Driver
	do func()
}

func (m *meanwhile) Apply(ctx context.Context, writes []docstore.Write) error {
	err := m.Driver.Apply(ctx, writes)
	if do := m.do; do != nil && key(err) == "tag" {
		m.do = nil
		do()
	}
	return err
}

// successorMeanwhile: a change of the successor that saw the key taken does not leave it to the holder before, which has released it since.
func (k *keyed) successorMeanwhile(ctx context.Context, t *testing.T) {
	t.Helper()
	k.alike(ctx, t, "m", "m-1", "m-2")
	let := &meanwhile{k.driver, func() { must(t, edit(ctx, k.now, "m-1", func(x *tagged) { x.Tag, x.Serial = "", "" })) }}
	replica := docstore.Open[tagged](docstore.NewStore(let, docstore.Options{Now: k.env.now}), taggedSpec, nil).Keyed((*tagged).keys, nil)
	must(t, edit(ctx, replica, "m-2", func(x *tagged) { x.Count++ }))
	if err := put(ctx, k.now, tagged{ID: "m-3", Tag: "M m"}); let.do != nil || key(err) != "tag" {
		t.Errorf("while its successor was changed the key was given away: %v", err)
	}
	k.marked(ctx, t, "the successor was changed meanwhile", []string{}...)
}

// successorsRace: the holder releases its key while those that wait for it are changed and others try to take it.
func (k *keyed) successorsRace(ctx context.Context, t *testing.T) {
	t.Helper()
	const rounds = 20
	for round := range rounds {
		tag := fmt.Sprintf("race%d", round)
		k.alike(ctx, t, tag, tag+"-a", tag+"-b", tag+"-c")
		must(t, together(6, func(i int) error {
			replica := docstore.Open[tagged](docstore.NewStore(k.driver, docstore.Options{Now: k.env.now}), taggedSpec, nil).Keyed((*tagged).keys, nil)
			switch i {
			case 0:
				return edit(ctx, replica, tag+"-a", func(x *tagged) { x.Tag, x.Serial = "", "" })
			case 1, 2:
				for range 3 {
					if err := edit(ctx, replica, tag+[]string{"-b", "-c"}[i-1], func(x *tagged) { x.Count++ }); err != nil {
						return err
					}
				}
				return nil
			}
			for n := range 4 {
				if err := put(ctx, replica, tagged{ID: fmt.Sprintf("%s-new-%d-%d", tag, i, n), Tag: tag + "R"}); key(err) != "tag" {
					return fmt.Errorf("%s, which three had and two have, was given away: %w", tag, err)
				}
			}
			return nil
		}))
		if err := put(ctx, k.now, tagged{ID: tag + "-late", Tag: tag + "r"}); key(err) != "tag" {
			t.Fatalf("%s: nobody holds the key that two have: %v", tag, err)
		}
		k.marked(ctx, t, tag, tag+"-c")
		for _, id := range []string{tag + "-c", tag + "-b"} {
			must(t, edit(ctx, k.now, id, func(x *tagged) { x.Tag, x.Serial = "", "" }))
		}
	}
}
