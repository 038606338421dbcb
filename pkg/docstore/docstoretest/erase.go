package docstoretest

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testErase: an erased document holds what the erasure leaves and nothing else: no field of another release, no memory of commands but the
// erasure's own. Scopes, conditions and repeats hold as for every change. What raises events is not erased.
func testErase(t *testing.T, e *env) {
	private := docstore.Open(e.store, docstore.Spec{Name: "private", Indexes: []docstore.Index{{Array: "labels"}}}, thingScope)
	must(t, e.store.Migrate(system(t)))
	ctx := system(t)
	must(t, e.driver.Apply(ctx, []docstore.Write{{Kind: docstore.Insert, Collection: "private", ID: "a", Version: 1,
		Body: []byte(`{"id":"a","name":"Ana","labels":["x"],"places":["unit:A"],"newer":"Ana","_schema":0,"_scope":["nation","unit:A"],"_request":{"subject":"s","hash":"h","version":1}}`)}}))
	say := caller.WithCommand(ctx, &caller.Command{Subject: "s", Key: "k", Hash: "h", Target: docstore.Ref{Collection: "private", ID: "a"}})
	must(t, private.Update(say, "a", func(x *thing) ([]event.Event, error) {
		x.Note = "Ana"
		return nil, nil
	}))
	empty := func(x *thing) error {
		*x = thing{ID: "a"}
		return nil
	}
	elsewhere := caller.WithAccess(t.Context(), caller.Access{Subject: "s", Scopes: []string{"unit:B"}})
	looking := caller.WithAccess(t.Context(), caller.Access{Subject: "s", Scopes: []string{"unit:B"}, Reads: []string{"unit:A"}})
	for name, err := range map[string]error{"out of scope": private.Erase(elsewhere, "a", empty), "only to be read": private.Erase(looking, "a", empty), "not there": private.Erase(ctx, "b", empty)} {
		if !errors.Is(err, docstore.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := errors.New("refused")
	if err := private.Erase(ctx, "a", func(*thing) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("refused: %v", err)
	}
	erase := func(version int64) error {
		return private.Erase(caller.WithCommand(ctx, &caller.Command{Subject: "admin", Key: "e", Hash: "h", Target: docstore.Ref{Collection: "private", ID: "a"},
			Meets: func(v int64) error {
				if v != version {
					return docstore.ErrStale
				}
				return nil
			}}), "a", empty)
	}
	if err := erase(1); !errors.Is(err, docstore.ErrStale) {
		t.Errorf("another version: %v", err)
	}
	must(t, erase(2))
	if err := erase(2); !errors.Is(err, docstore.ErrReplayed) {
		t.Errorf("a repeat: %v", err)
	}
	docs, err := e.driver.Load(ctx, "private", []string{"a"})
	must(t, err)
	var body map[string]any
	must(t, json.Unmarshal(docs[0].Body, &body))
	recent, _ := body["_recent"].([]any)
	if len(recent) != 1 || recent[0].(map[string]any)["subject"] != "admin" {
		t.Errorf("remembers %v", recent)
	}
	delete(body, "_recent")
	want := map[string]any{"id": "a", "group": "", "kind": "", "rank": 0.0, "name": "", "at": body["at"], "done": false, "count": 0.0, "_schema": 0.0, "_scope": []any{"nation"}}
	if d := cmp.Diff(want, body); d != "" || docs[0].Version != 3 {
		t.Errorf("version %d (-want +got) %s", docs[0].Version, d)
	}
	found, err := private.Find(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq("labels", "x")}, Limit: 1})
	if err != nil || len(found.Docs) != 0 {
		t.Errorf("is found still: %v, %v", found, err)
	}
	erasedAtOnce(t, e, private)
}

// erasedAtOnce erases eight times at once, and what cannot be.
func erasedAtOnce(t *testing.T, e *env, private *docstore.Collection[thing]) {
	ctx, empty := system(t), func(*thing) error { return nil }
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := private.Erase(ctx, "a", empty); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, e.store.Scrub(ctx))
	must(t, e.things.Insert(ctx, "a", &thing{ID: "a"}, changed.New(change{1})))
	if err := e.things.Erase(ctx, "a", empty); err == nil || errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("what was published is erased: %v", err)
	}
}
