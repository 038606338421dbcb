package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// What a relay does on a store and a broker is proved by the suite in consume/consumetest.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ref(id string) docstore.Ref { return docstore.Ref{Collection: "assets", ID: id} }

func TestWokenIsBoundedAndWithoutRepetition(t *testing.T) {
	w := newWoken(3)
	w.add([]docstore.Ref{ref("a"), ref("b"), ref("a")})
	w.add([]docstore.Ref{ref("c"), ref("d")})
	if diff := cmp.Diff([]docstore.Ref{ref("a"), ref("b")}, w.take(2)); diff != "" {
		t.Error(diff)
	}
	w.add([]docstore.Ref{ref("a")})
	if diff := cmp.Diff([]docstore.Ref{ref("c"), ref("a")}, w.take(5)); diff != "" {
		t.Error(diff)
	}
	if got := w.take(5); got != nil {
		t.Errorf("took %v", got)
	}
	if len(w.bell) != 1 {
		t.Error("the bell did not ring")
	}
	var none *Relay
	none.Wake([]docstore.Ref{ref("a")})
}

func TestPublicState(t *testing.T) {
	spec := docstore.Spec{Name: "assets", Schema: 2, Events: event.NewSet("t", "asset", "contact", "complaint"),
		Upcast: func(schema int, f map[string]json.RawMessage) error {
			if schema == 0 {
				return errors.New("too old")
			}
			f["status"] = f["state"]
			delete(f, "state")
			return nil
		}}
	for name, test := range map[string]struct{ body, want string }{
		"as it is":      {`{"id":"a1","status":"ok","_schema":2,"_scope":["nation"],"_recent":[{}],"_request":{}}`, `{"id":"a1","status":"ok"}`},
		"private":       {`{"id":"a1","contact":{"phone":"1"},"complaint":"hot","_schema":2,"_scope":["nation"]}`, `{"id":"a1"}`},
		"an old shape":  {`{"id":"a1","state":"ok","_schema":1,"_scope":["nation"]}`, `{"id":"a1","status":"ok"}`},
		"unknown field": {`{"id":"a1","later":1,"_schema":3,"_scope":["nation"]}`, `{"id":"a1","later":1}`},
		"without id":    {`{"status":"ok","_schema":2,"_scope":["nation"]}`, `{"status":"ok","id":"a1"}`},
	} {
		state, err := docstore.PublicState(spec, docstore.Document{ID: "a1", Body: []byte(test.body)})
		if err != nil || string(state) != test.want {
			t.Errorf("%s: %s, error %v", name, state, err)
		}
	}
	for _, body := range []string{`{`, `{"_schema":0}`} {
		if _, err := docstore.PublicState(spec, docstore.Document{ID: "a1", Body: []byte(body)}); !permanent(err) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A document stops at its first event that is unavailable; others go on; what can never be published stops nobody.
func TestSplit(t *testing.T) {
	away, never := errors.New("leader away"), event.Permanent(errors.New("too large"))
	var items []item
	for _, it := range []struct {
		doc, id string
		err     error
	}{{"a", "a1", nil}, {"a", "a2", away}, {"b", "b1", never}, {"a", "a3", nil}, {"b", "b2", nil}, {"a", "a4", never}} {
		items = append(items, item{ref: ref(it.doc), entry: event.Entry{ID: it.id}, err: it.err})
	}
	done, again, cause := split(items)
	var ids []string
	for _, it := range done {
		ids = append(ids, it.entry.ID)
	}
	if diff := cmp.Diff([]string{"a1", "b1", "b2"}, ids); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(again, []docstore.Ref{ref("a")}) || !errors.Is(cause, away) {
		t.Errorf("again %v because of %v", again, cause)
	}
}

func newRelay(t *testing.T) *Relay {
	t.Helper()
	store := docstore.NewStore(nil, docstore.Options{})
	docstore.Open[struct{}](store, docstore.Spec{Name: "assets", Events: event.NewSet("t", "asset")}, nil)
	r, err := New(store, nil, consume.OpenDeadLetters(store), Config{Service: "test"}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// One call takes a bounded number of bytes; the documents of which something stays behind are named.
func TestEncodeIsBounded(t *testing.T) {
	var docs []docstore.Pending
	for i := range 4 {
		p := docstore.Pending{Collection: "assets", Document: docstore.Document{ID: fmt.Sprint(i), Version: 3,
			Body: []byte(`{"id":"x","text":"` + strings.Repeat("x", 1000) + `"}`)}}
		for v := range 3 {
			p.Outbox = append(p.Outbox, event.Entry{ID: fmt.Sprintf("%d.%d", i, v), Version: int64(v) + 1, Change: json.RawMessage(`{}`)})
		}
		docs = append(docs, p)
	}
	items, rest := newRelay(t).encode(docs, 4000)
	var ids []string
	for _, it := range items {
		ids = append(ids, it.entry.ID)
		if it.err != nil || it.topic != "t" {
			t.Errorf("item %+v", it)
		}
	}
	if diff := cmp.Diff([]string{"0.0", "0.1", "0.2", "1.0"}, ids); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]docstore.Ref{ref("1"), ref("2"), ref("3")}, rest); diff != "" {
		t.Error(diff)
	}
}
