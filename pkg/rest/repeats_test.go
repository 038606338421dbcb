package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

func replayed(a answer) bool { return a.Header.Get("Idempotency-Replayed") == "true" }

func TestARepeatIsKnownByWhatItSays(t *testing.T) {
	y := newToy(t)
	first, _ := register(t, y, `{"unit_id":"A","inventory_tag":"T1","price_cents":100}`, "Idempotency-Key", "k")
	for _, same := range []string{` {"unit_id": "A", "inventory_tag": "T1", "price_cents": 100}` + "\n", `{"price_cents":100,"inventory_tag":"T1","unit_id":"A"}`,
		`{"unit_id":"\u0041","inventory_tag":"T1","price_cents":100}`, `{"unit_id":"A","inventory_tag":"T1","price_cents":1.0e2,"at":null}`} {
		if p, a := register(t, y, same, "Idempotency-Key", "k"); p.ID != first.ID || !replayed(a) {
			t.Errorf("%s: %v %s", same, a.Header, a.body)
		}
	}
	for _, other := range []string{`{"unit_id":"A","inventory_tag":"T1"}`, `{"unit_id":"A","inventory_tag":"T1","price_cents":101}`,
		`{"unit_id":"A","inventory_tag":"T1","price_cents":100,"parts":[]}`} {
		if p := y.do(t, director, "POST", "/v1/pumps", other, "Idempotency-Key", "k").problem(t); p.Type != "idempotency-key-reused" {
			t.Errorf("%s: %+v", other, p)
		}
	}
	path := "/v1/pumps/" + first.ID
	patch := func(body string) answer {
		return y.do(t, director, "PATCH", path, body, "If-Match", `"1"`, "Idempotency-Key", "p")
	}
	if a := patch(`{"brand":"Hill","inventory_tag":null}`); a.StatusCode != http.StatusOK || replayed(a) {
		t.Fatalf("change: %d %s", a.StatusCode, a.body)
	}
	if a := patch(`{ "inventory_tag": null, "brand": "Hill" }`); !replayed(a) || a.version(t) != "2" {
		t.Errorf("the same change: %d %s", a.StatusCode, a.body)
	}
	for _, other := range []string{`{"brand":"Hill"}`, `{"brand":"Hill","inventory_tag":""}`} {
		if p := patch(other).problem(t); p.Type != "idempotency-key-reused" {
			t.Errorf("%s is not what null says: %+v", other, p)
		}
	}
	if a := y.do(t, director, "POST", path+"/activate", "", "Idempotency-Key", "a"); a.StatusCode != http.StatusOK {
		t.Fatalf("activate: %s", a.body)
	}
	if a := y.do(t, director, "POST", path+"/activate", "{}", "Idempotency-Key", "a"); !replayed(a) {
		t.Errorf("a body left out and an empty one: %d %s", a.StatusCode, a.body)
	}
	// The same key for another operation on the document is another request; on another document, or by another operation that creates,
	// it is another key.
	if p := y.do(t, director, "POST", path+"/activate", "", "Idempotency-Key", "p").problem(t); p.Type != "idempotency-key-reused" {
		t.Errorf("another operation: %+v", p)
	}
	second, _ := register(t, y, `{"unit_id":"A"}`, "Idempotency-Key", "k-2")
	if a := y.do(t, director, "POST", "/v1/pumps/"+second.ID+"/activate", "", "Idempotency-Key", "p"); a.StatusCode != http.StatusOK || replayed(a) {
		t.Errorf("another document: %d %s", a.StatusCode, a.body)
	}
}

// TestHashesOfTheReleaseBefore: what was created by a release that knew requests by their bytes is recognised by its bytes.
func TestHashesOfTheReleaseBefore(t *testing.T) {
	y := newToy(t)
	const body = `{"unit_id":"A","price_cents":7}`
	id := y.pumps.NewID(caller.WithCommand(t.Context(), &caller.Command{Subject: "ana", Operation: "pump.register", Key: "k"}), "")
	request, err := json.Marshal(docstore.Repeat{Subject: "ana", Key: "k", Hash: caller.Fingerprint("pump.register", "/v1/pumps", []byte(body)), Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := y.store.Driver().Apply(t.Context(), []docstore.Write{{Kind: docstore.Insert, Collection: "pumps", ID: id, Version: 1,
		Body: fmt.Appendf(nil, `{"id":%q,"unit_id":"A","lifecycle":"draft","_scope":["nation","unit:A"],"_request":%s}`, id, request)}}); err != nil {
		t.Fatal(err)
	}
	if p, a := register(t, y, body, "Idempotency-Key", "k"); p.ID != id || !replayed(a) {
		t.Errorf("the same bytes: %d %s", a.StatusCode, a.body)
	}
	if p := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","price_cents":8}`, "Idempotency-Key", "k").problem(t); p.Type != "idempotency-key-reused" {
		t.Errorf("other bytes: %+v", p)
	}
}

func TestAKeyThatSaysNothingIsRefused(t *testing.T) {
	y := newToy(t)
	for _, keys := range [][]string{{""}, {"  "}, {"\t"}, {"a", "a"}, {"", "a"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, y.http.URL+"/v1/pumps", strings.NewReader(`{"unit_id":"A"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+director)
		r.Header.Set("Content-Type", "application/json")
		r.Header["Idempotency-Key"] = keys
		res, err := y.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", keys, res.StatusCode)
		}
	}
	if n := len(y.do(t, planner, "GET", "/v1/pumps", "", "Idempotency-Key", "").body); n == 0 {
		t.Error("a read has no use for a key and minds none")
	}
}

// TestARepeatIsShownWhatAReadShows: who has lost a document from his scope does not see it again by repeating what he once asked, nor that
// it was he who asked; who still has it does, whatever the document has become.
func TestARepeatIsShownWhatAReadShows(t *testing.T) {
	y := newToy(t)
	const body, both = `{"unit_id":"A","inventory_tag":"T1"}`, "ana director unit:A unit:B"
	p, _ := register(t, y, body, "Idempotency-Key", "k")
	act := "/v1/pumps/" + p.ID + "/activate"
	if a := y.do(t, director, "POST", act, "", "Idempotency-Key", "act"); a.StatusCode != http.StatusOK {
		t.Fatalf("activate: %s", a.body)
	}
	move := "/v1/pumps/" + p.ID + "/move"
	if moved := y.do(t, director, "POST", move, "", "Idempotency-Key", "move").pump(t); moved.UnitID != "B" {
		t.Errorf("whoever moves it away sees that it has gone: %+v", moved)
	}
	for _, c := range []struct {
		name, path, body, key string
	}{
		{"create", "/v1/pumps", body, "k"},
		{"create with the same key and another body", "/v1/pumps", `{"unit_id":"A"}`, "k"},
		{"action", act, "", "act"},
		{"action with the same key", move, "", "act"},
		{"the action that moved it", move, "", "move"},
	} {
		if a := y.do(t, director, "POST", c.path, c.body, "Idempotency-Key", c.key); a.StatusCode != http.StatusNotFound || replayed(a) ||
			a.Header.Get("Location")+a.Header.Get("ETag") != "" || a.problem(t).Type != "not-found" {
			t.Errorf("%s by who has lost it: %d %v %s", c.name, a.StatusCode, a.Header, a.body)
		}
		if a := y.do(t, "ana reader unit:A unit:B", "POST", c.path, c.body, "Idempotency-Key", c.key); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s by who has lost the role: %d %s", c.name, a.StatusCode, a.body)
		}
	}
	if a := y.do(t, both, "POST", "/v1/pumps", body, "Idempotency-Key", "k"); a.pump(t).UnitID != "B" || !replayed(a) || a.StatusCode != http.StatusCreated {
		t.Errorf("create by who still has it: %d %s", a.StatusCode, a.body)
	}
	y.refuse = true // what a command looks at first must not tell more
	if a := y.do(t, director, "POST", "/v1/pumps", body, "Idempotency-Key", "k"); a.StatusCode != http.StatusNotFound {
		t.Errorf("create that the domain would refuse by now: %d %s", a.StatusCode, a.body)
	}
}

// moveAway takes a pump to unit B.
func (y *toy) moveAway(ctx context.Context, id string) error {
	return y.pumps.Update(ctx, id, func(p *pump) ([]event.Event, error) {
		p.UnitID = "B"
		return nil, nil
	})
}
