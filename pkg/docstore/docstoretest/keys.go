package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// tagged is a document that is told from others by a tag, and by its serial number and model together; its serial number alone only hints.
type tagged struct {
	ID     string `json:"id"`
	Since  string `json:"since"`
	Tag    string `json:"tag,omitempty"`
	Serial string `json:"serial,omitempty"`
	Model  string `json:"model,omitempty"`
	Count  int    `json:"count,omitempty"`
	Broken bool   `json:"broken,omitempty"`
}

func folded(s string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(s))
}

func (x *tagged) keys() map[string]string {
	out := map[string]string{"tag": folded(x.Tag), "serial": folded(x.Serial)}
	if x.Serial != "" && x.Model != "" {
		out["model"] = folded(x.Serial) + "|" + folded(x.Model)
	}
	return out
}

func (x *tagged) flaws() []string {
	if x.Broken {
		return []string{"broken"}
	}
	return nil
}

var taggedSpec = docstore.Spec{Name: "tagged", Events: thingEvents, Since: "since", Keys: []docstore.Key{
	{Name: "tag", Rule: "tag-taken", Mark: "tag_taken"},
	{Name: "serial", Mark: "duplicate", Shared: true},
	{Name: "model", Field: "serial", Rule: "serial-taken", Mark: "serial_taken", Within: "serial"},
}}

// keyed is a store with tagged documents, and one of the release before on the same driver, which knows no keys.
type keyed struct {
	*env
	now, before *docstore.Collection[tagged]
	store       *docstore.Store
}

func newKeyed(t *testing.T, e *env) *keyed {
	k := &keyed{env: e, store: docstore.NewStore(e.driver, docstore.Options{Now: e.now})}
	k.before = docstore.Open[tagged](docstore.NewStore(e.driver, docstore.Options{Now: e.now}), docstore.Spec{Name: "tagged", Events: thingEvents}, nil)
	k.now = docstore.Open[tagged](k.store, taggedSpec, nil).Keyed((*tagged).keys, (*tagged).flaws)
	must(t, k.store.Migrate(system(t)))
	return k
}

func put(ctx context.Context, c *docstore.Collection[tagged], x tagged) error {
	return c.Insert(ctx, x.ID, &x)
}

func edit(ctx context.Context, c *docstore.Collection[tagged], id string, change func(*tagged)) error {
	return c.Update(ctx, id, func(x *tagged) ([]event.Event, error) { change(x); return nil, nil })
}

// with are the ids of the documents found by a field's value.
func (k *keyed) with(ctx context.Context, t testing.TB, field, value string) []string {
	t.Helper()
	page, err := k.now.Find(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(field, value)}, Limit: 1000})
	must(t, err)
	ids := []string{}
	for _, d := range page.Docs {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids
}

func (k *keyed) refresh(t testing.TB) {
	t.Helper()
	_, err := k.store.RefreshKeys(system(t))
	must(t, err)
}

// testKeys: spellings of one key are one key: refused where the rule refuses, marked where it only hints, whoever is first when many are.
func testKeys(t *testing.T, e *env) {
	k, ctx := newKeyed(t, e), system(t)
	must(t, put(ctx, k.now, tagged{ID: "1", Tag: "A-1", Serial: "s 1", Model: "m"}))
	var exists *docstore.ErrExists
	for _, x := range []struct {
		tagged
		key, rule string
	}{
		{tagged{ID: "2", Tag: "a 1"}, "tag", "tag-taken"},
		{tagged{ID: "2", Serial: "S1", Model: "M"}, "serial", "serial-taken"},
		{tagged{ID: "1", Tag: "a1"}, "_id", ""},
	} {
		if err := put(ctx, k.now, x.tagged); !errors.As(err, &exists) || exists.Key != x.key || exists.Rule != x.rule {
			t.Errorf("%+v: %v", x, err)
		}
		if errs := k.now.InsertMany(ctx, []docstore.New[tagged]{{ID: x.ID, State: &x.tagged}}); errs == nil || !errors.As(errs[0], &exists) || exists.Key != x.key || exists.Rule != x.rule {
			t.Errorf("%+v among many: %v", x, errs)
		}
		if err := k.store.Atomic(ctx, func(ctx context.Context) error { return put(ctx, k.now, x.tagged) }); !errors.As(err, &exists) || exists.Key != x.key || exists.Rule != x.rule {
			t.Errorf("%+v in an atomic: %v", x, err)
		}
	}
	k.shared(ctx, t)
	k.changes(ctx, t)
	k.race(ctx, t)
}

// shared: documents that only share a key that hints are taken, marked and found by it, within scope.
func (k *keyed) shared(ctx context.Context, t *testing.T) {
	t.Helper()
	must(t, put(ctx, k.now, tagged{ID: "3", Serial: "s-1", Model: "other"}))
	if errs := k.now.InsertMany(ctx, []docstore.New[tagged]{{ID: "4", State: &tagged{ID: "4", Serial: "S 1"}}, {ID: "5", State: &tagged{ID: "5", Tag: "5"}}}); errs != nil && errors.Join(errs...) != nil {
		t.Errorf("many with an equal serial number: %v", errs)
	}
	must(t, k.store.Atomic(ctx, func(ctx context.Context) error { return put(ctx, k.now, tagged{ID: "6", Serial: "s1"}) }))
	for value, want := range map[string][]string{"duplicate": {"3", "4", "6"}, "tag_taken": {}} {
		if d := cmp.Diff(want, k.with(ctx, t, docstore.Discrepancies, value)); d != "" {
			t.Errorf("%s (-want +got):\n%s", value, d)
		}
	}
	if d := cmp.Diff([]string{"1", "3", "4", "6"}, k.with(ctx, t, docstore.KeyField("serial"), "S1")); d != "" {
		t.Errorf("by serial number (-want +got):\n%s", d)
	}
	narrow := caller.WithAccess(t.Context(), caller.Access{Subject: "nobody", Scopes: []string{"unit:none"}})
	if got := k.with(narrow, t, docstore.KeyField("serial"), "S1"); len(got) != 0 {
		t.Errorf("out of scope, yet found: %v", got)
	}
}

// changes: a change gives no document a key that another holds, and frees the one that it leaves.
func (k *keyed) changes(ctx context.Context, t *testing.T) {
	t.Helper()
	var exists *docstore.ErrExists
	if err := edit(ctx, k.now, "5", func(x *tagged) { x.Tag = "a1" }); !errors.As(err, &exists) || exists.Rule != "tag-taken" {
		t.Errorf("a change to a key that is taken: %v", err)
	}
	must(t, edit(ctx, k.now, "1", func(x *tagged) { x.Tag, x.Serial = "", "" }))
	must(t, edit(ctx, k.now, "5", func(x *tagged) { x.Tag = "a1" }))
	must(t, edit(ctx, k.now, "5", func(x *tagged) { x.Tag, x.Broken = "A---1", true }))
	k.refresh(t)
	for value, want := range map[string][]string{"duplicate": {"4", "6"}, "broken": {"5"}} {
		if d := cmp.Diff(want, k.with(ctx, t, docstore.Discrepancies, value)); d != "" {
			t.Errorf("once the first serial number is gone, %s (-want +got):\n%s", value, d)
		}
	}
}

// race: of many at once, through stores of their own as replicas have them, one gets a key.
func (k *keyed) race(ctx context.Context, t *testing.T) {
	spellings := []string{"race", "R-ACE", "ra ce", "RACE"}
	won := make([]bool, writers)
	must(t, together(writers, func(i int) error {
		replica := docstore.Open[tagged](docstore.NewStore(k.driver, docstore.Options{Now: k.env.now}), taggedSpec, nil).Keyed((*tagged).keys, nil)
		id := fmt.Sprint("race", i)
		if err := put(ctx, replica, tagged{ID: id + "s", Serial: spellings[i%4]}); err != nil {
			return err
		}
		err := put(ctx, replica, tagged{ID: id, Tag: spellings[i%4]})
		if won[i] = err == nil; err != nil && key(err) != "tag" {
			return err
		}
		return nil
	}))
	won = slices.DeleteFunc(won, func(w bool) bool { return !w })
	if found := k.with(ctx, t, docstore.KeyField("tag"), "RACE"); len(won) != 1 || len(found) != 1 {
		t.Errorf("%d of %d concurrent inserts took one key, %v have it", len(won), writers, found)
	}
	marked := slices.DeleteFunc(k.with(ctx, t, docstore.Discrepancies, "duplicate"), func(id string) bool { return !strings.HasPrefix(id, "race") })
	if len(marked) != writers-1 {
		t.Errorf("%d of %d with one serial number are marked, want all but the first", len(marked), writers)
	}
}

// testKeysOfTheReleaseBefore: what was equal before there were keys goes on; the older holds the key, the younger is listed and loses
// nothing; keys that the release before writes meanwhile are refreshed by the next run, which changes no version.
func testKeysOfTheReleaseBefore(t *testing.T, e *env) {
	k, ctx := newKeyed(t, e), system(t)
	var docs []docstore.New[tagged]
	const many = 1201
	for i := range many {
		x := tagged{ID: fmt.Sprintf("old-%05d", i), Since: fmt.Sprintf("2025-%05d", many-i), Tag: fmt.Sprintf("t-%d", i), Serial: fmt.Sprintf("n%d", i)}
		if i%100 == 1 {
			x.Tag = fmt.Sprintf("T%d", i-1) // that of the one before, which is younger: age is not in the ids
		}
		docs = append(docs, docstore.New[tagged]{ID: x.ID, State: &x})
	}
	if errs := k.before.InsertMany(ctx, docs); errs != nil {
		t.Fatal(errors.Join(errs...))
	}
	// Before the keys are refreshed, every change is possible.
	must(t, edit(ctx, k.now, "old-00000", func(x *tagged) { x.Count++ }))
	must(t, edit(ctx, k.now, "old-00001", func(x *tagged) { x.Count++ }))
	cut, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := k.store.RefreshKeys(cut); err == nil {
		t.Error("a run that was cut off says that it is done")
	}
	must(t, together(3, func(int) error { _, err := k.store.RefreshKeys(ctx); return err }))
	var younger []string
	for i := 0; i < many; i += 100 {
		if i+1 < many {
			younger = append(younger, fmt.Sprintf("old-%05d", i))
		}
	}
	if d := cmp.Diff(younger, k.with(ctx, t, docstore.Discrepancies, "tag_taken")); d != "" {
		t.Errorf("the younger of a collision are listed (-want +got):\n%s", d)
	}
	if n, err := k.store.RefreshKeys(ctx); err != nil || n != len(younger) {
		t.Errorf("another run looked at %d documents (%v), want the %d that are listed", n, err, len(younger))
	}
	got, err := k.now.Load(ctx, "old-00000")
	must(t, err)
	if d := cmp.Diff(tagged{ID: "old-00000", Since: "2025-01201", Tag: "t-0", Serial: "n0", Count: 1}, got.State); d != "" || got.Version != 2 {
		t.Errorf("version %d, want 2; (-want +got):\n%s", got.Version, d)
	}
	// The younger goes on with its tag, but takes no other one's.
	must(t, edit(ctx, k.now, "old-00000", func(x *tagged) { x.Count++ }))
	must(t, edit(ctx, k.now, "old-00000", func(x *tagged) { x.Tag = "T0" }))
	if err := edit(ctx, k.now, "old-00000", func(x *tagged) { x.Tag = "t5" }); key(err) != "tag" {
		t.Errorf("a change to the tag of another: %v", err)
	}
	if err := put(ctx, k.now, tagged{ID: "new", Tag: "t 0"}); key(err) != "tag" {
		t.Errorf("a new document with a tag that two have: %v", err)
	}
	// The older lets go of it, by the release before, which knows nothing of keys.
	must(t, edit(ctx, k.before, "old-00001", func(x *tagged) { x.Tag = "elsewhere" }))
	k.refresh(t)
	k.refresh(t)
	if slices.Contains(k.with(ctx, t, docstore.Discrepancies, "tag_taken"), "old-00000") {
		t.Error("the younger is listed though nobody else has its tag")
	}
	if err := put(ctx, k.now, tagged{ID: "new", Tag: "T-0"}); key(err) != "tag" {
		t.Errorf("a new document with the tag that is the younger's now: %v", err)
	}
	must(t, put(ctx, k.before, tagged{ID: "beside", Since: "2026", Tag: "t0"}))
	k.refresh(t)
	if d := cmp.Diff(append([]string{"beside"}, younger[1:]...), k.with(ctx, t, docstore.Discrepancies, "tag_taken")); d != "" {
		t.Errorf("what the release before registered meanwhile is listed (-want +got):\n%s", d)
	}
}

// testKeysInAnyOrder: whatever both releases register and change, in any order, once the keys are refreshed each key has one holder, the oldest
// that has it; everybody else with it is marked; nothing is lost.
func testKeysInAnyOrder(t *testing.T, e *env) {
	k, round := newKeyed(t, e), 0
	rapid.Check(t, func(r *rapid.T) {
		ctx := system(t)
		round++
		want := map[string]tagged{}
		for range rapid.IntRange(2, 12).Draw(r, "steps") {
			x := tagged{ID: fmt.Sprintf("any-%d-%d", round, rapid.IntRange(0, 4).Draw(r, "id"))}
			x.Since = fmt.Sprintf("2025-%d", rapid.IntRange(0, 3).Draw(r, "since"))
			for _, to := range []*string{&x.Tag, &x.Serial, &x.Model} {
				if v := rapid.SampledFrom([]string{"", "x", "X", "y-"}).Draw(r, "value"); v != "" {
					*to = fmt.Sprint(round, v)
				}
			}
			c := rapid.SampledFrom([]*docstore.Collection[tagged]{k.now, k.before}).Draw(r, "release")
			var err error
			if was, there := want[x.ID]; there {
				x.Since = was.Since
				err = edit(ctx, c, x.ID, func(to *tagged) { *to = x })
			} else {
				err = put(ctx, c, x)
			}
			if err == nil {
				want[x.ID] = x
			} else if !errors.As(err, new(*docstore.ErrExists)) || c == k.before {
				r.Fatalf("%+v: %v", x, err)
			}
			if rapid.Bool().Draw(r, "refresh") {
				k.refresh(t)
			}
		}
		k.refresh(t)
		k.refresh(t) // what was let go of in the first run is taken in the second
		k.checkMarks(ctx, r, t, want)
		for id := range want { // each run looks again at all that is marked
			must(t, edit(ctx, k.now, id, func(x *tagged) { x.Tag, x.Serial, x.Model = "", "", "" }))
		}
	})
}

// checkMarks compares who is marked with who should be.
func (k *keyed) checkMarks(ctx context.Context, r *rapid.T, t *testing.T, want map[string]tagged) {
	for _, declared := range taggedSpec.Keys {
		var marked []string
		for id, x := range want {
			mine := x.keys()[declared.Name]
			for other, y := range want {
				older := y.Since < x.Since || y.Since == x.Since && other < id
				if mine != "" && other != id && older && y.keys()[declared.Name] == mine {
					marked = append(marked, id)
					break
				}
			}
		}
		slices.Sort(marked)
		got := slices.DeleteFunc(k.with(ctx, t, docstore.Discrepancies, declared.Mark), func(id string) bool { return want[id].ID == "" })
		if !slices.Equal(marked, got) {
			r.Fatalf("of %v: marked %s are %v, want %v", want, declared.Mark, got, marked)
		}
	}
	for id, x := range want {
		got, err := k.now.Get(ctx, id)
		if err != nil || *got != x {
			r.Fatalf("%s is %+v (%v), want %+v", id, got, err, x)
		}
	}
}
