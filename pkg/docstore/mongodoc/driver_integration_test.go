//go:build integration

package mongodoc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// opened is a driver over a database of the test's own.
func opened(t testing.TB) *Driver {
	t.Helper()
	uri, name := testenv.Database(t)
	return connected(t, Config{URI: uri, Database: name})
}

func connected(t testing.TB, cfg Config) *Driver {
	t.Helper()
	d, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func insert(id, body string, events ...string) docstore.Write {
	return docstore.Write{Kind: docstore.Insert, Collection: "docs", ID: id, Version: 1, Body: []byte(body), Outbox: entries(1, events...)}
}

func update(id string, from int64, set string, events ...string) docstore.Write {
	w := docstore.Write{Kind: docstore.Update, Collection: "docs", ID: id, Expect: from, Version: from + 1, Outbox: entries(from+1, events...),
		Body: []byte(set)}
	if err := json.Unmarshal([]byte(set), &w.Set); err != nil {
		panic(err)
	}
	return w
}

func put(id string, version int64, body string, events ...string) docstore.Write {
	return docstore.Write{Kind: docstore.Put, Collection: "docs", ID: id, Version: version, Body: []byte(body), Outbox: entries(version, events...)}
}

func verify(id string, version int64) docstore.Write {
	return docstore.Write{Kind: docstore.Verify, Collection: "docs", ID: id, Expect: version}
}

var epoch = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

func entries(version int64, ids ...string) (out []event.Entry) {
	for i, id := range ids {
		out = append(out, event.Entry{ID: id, Type: "asset.changed", Version: version, At: event.At(epoch.Add(time.Duration(version)*time.Hour + time.Duration(i))),
			Actor: "test", Change: json.RawMessage(`{"n":1}`)})
	}
	return out
}

// bodyOf is what is stored: version, body and the ids in the outbox, in one line.
func bodyOf(t testing.TB, d *Driver, id string) string {
	t.Helper()
	docs, err := d.Load(t.Context(), "docs", []string{id})
	must(t, err)
	if len(docs) == 0 {
		return "none"
	}
	line := fmt.Sprintf("v%d %s", docs[0].Version, docs[0].Body)
	pending, err := d.PendingOf(t.Context(), []docstore.Ref{{Collection: "docs", ID: id}})
	must(t, err)
	for _, p := range pending {
		for _, e := range p.Outbox {
			line += " " + e.ID
		}
	}
	return line
}

func wantBody(t testing.TB, d *Driver, id, want string) {
	t.Helper()
	if got := bodyOf(t, d, id); got != want {
		t.Errorf("%s is %s, want %s", id, got, want)
	}
}

// TestEachOfManyIsToldItsOutcome: the server's answer to a bulk only counts, yet each write's outcome is known, and what is
// refused has no trace.
func TestEachOfManyIsToldItsOutcome(t *testing.T) {
	d := opened(t)
	must(t, d.Migrate(t.Context(), []docstore.Spec{{Name: "docs", Unique: []docstore.Unique{{Name: "tag", Fields: []string{"tag"}}}}}))
	for _, w := range []docstore.Write{insert("a", `{"n":1,"old":true}`, "e1"), insert("b", `{"n":1}`, "e2"), insert("c", `{"n":1,"tag":"t"}`)} {
		must(t, d.Apply(t.Context(), []docstore.Write{w}))
	}
	unset := update("b", 1, `{"m":2}`)
	unset.Unset = []string{"n"}
	elsewhere := insert("x", `{"other":true}`)
	elsewhere.Collection = "elsewhere"
	writes := []docstore.Write{
		0:  update("a", 1, `{"n":2}`, "e3"),
		1:  update("a", 7, `{"n":3}`, "never"),
		2:  update("none", 1, `{"n":3}`, "never"),
		3:  unset,
		4:  insert("c", `{"n":9}`),
		5:  insert("d", `{"n":9,"tag":"t"}`),
		6:  insert("e", `{"n":9}`, "e5"),
		7:  put("c", 1, `{"n":9}`),
		8:  put("p", 5, `{"n":5}`, "e4"),
		9:  update("none", 0, `{"n":3}`),
		10: update("e0", 1, `{"tag":"t"}`),
		11: elsewhere,
		12: insert("large", `{"n":"`+strings.Repeat("x", docstore.MaxDocument)+`"}`),
		13: insert("bad", `{"_outbox":[]}`),
	}
	must(t, d.Apply(t.Context(), []docstore.Write{insert("e0", `{}`)}))
	stale, taken := docstore.ErrStale.Error(), func(key string) string { return (&docstore.ErrExists{Key: key}).Error() }
	want := []string{"", stale, stale, "", taken("_id"), taken("tag"), "", stale, "", stale, taken("tag"), "",
		"write docs/large: " + docstore.ErrTooLarge.Error(), "write docs/bad: field _outbox is reserved"}
	var got []string
	for _, err := range d.ApplyMany(t.Context(), writes) {
		if err == nil {
			got = append(got, "")
			continue
		}
		got = append(got, err.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	wantBody(t, d, "a", `v2 {"n":2,"old":true} e1 e3`)
	wantBody(t, d, "b", `v2 {"m":2} e2`)
	wantBody(t, d, "c", `v1 {"n":1,"tag":"t"}`)
	wantBody(t, d, "d", `none`)
	wantBody(t, d, "e", `v1 {"n":9} e5`)
	wantBody(t, d, "p", `v5 {"n":5} e4`)
	wantBody(t, d, "none", `none`)
	wantBody(t, d, "large", `none`)
}

func TestManyMoreThanOneCommandCarries(t *testing.T) {
	d := opened(t)
	var writes []docstore.Write
	for i := range 2*maxBatch + 1 {
		writes = append(writes, insert(fmt.Sprint(i), `{}`))
	}
	if errs := d.ApplyMany(t.Context(), writes); errs != nil {
		t.Fatalf("inserts: %v", errs)
	}
	for i := range writes {
		writes[i] = update(fmt.Sprint(i), 1, `{"n":1}`)
	}
	writes[maxBatch+1].Expect = 9
	errs := d.ApplyMany(t.Context(), writes)
	for i, err := range errs {
		if (i == maxBatch+1) != errors.Is(err, docstore.ErrStale) {
			t.Errorf("update %d: %v", i, err)
		}
	}
}

// TestPutKeepsTheOutbox: what is not published yet survives the replacement of the document.
func TestPutKeepsTheOutbox(t *testing.T) {
	d := opened(t)
	for _, w := range []docstore.Write{insert("a", `{"n":1,"gone":{"$x":1}}`, "e1"), put("a", 3, `{"n":"$n","$n":{"$literal":1}}`), put("a", 4, `{"m":2}`, "e2")} {
		must(t, d.Apply(t.Context(), []docstore.Write{w}))
	}
	wantBody(t, d, "a", `v4 {"m":2} e1 e2`)
	must(t, d.Apply(t.Context(), []docstore.Write{put("a", 5, `{"n":"$n","$n":{"$literal":1}}`)}))
	wantBody(t, d, "a", `v5 {"n":"$n","$n":{"$literal":1}} e1 e2`)
	if err := d.Apply(t.Context(), []docstore.Write{put("a", 5, `{}`)}); !errors.Is(err, docstore.ErrStale) {
		t.Errorf("the same version again: %v", err)
	}
}

// TestTransaction: all or nothing, and the first condition that fails is the answer.
func TestTransaction(t *testing.T) {
	d := opened(t)
	must(t, d.Migrate(t.Context(), []docstore.Spec{{Name: "docs"}}))
	must(t, d.Apply(t.Context(), []docstore.Write{insert("a", `{"n":1}`), insert("b", `{"n":1}`)}))
	var exists *docstore.ErrExists
	if err := d.Apply(t.Context(), []docstore.Write{update("a", 1, `{"n":2}`), insert("b", `{}`), verify("b", 9)}); !errors.As(err, &exists) || exists.Key != "_id" {
		t.Errorf("an id that is taken: %v", err)
	}
	if err := d.Apply(t.Context(), []docstore.Write{update("a", 1, `{"n":2}`), verify("b", 9), insert("b", `{}`)}); !errors.Is(err, docstore.ErrStale) {
		t.Errorf("another version: %v", err)
	}
	wantBody(t, d, "a", `v1 {"n":1}`)
	must(t, d.Apply(t.Context(), []docstore.Write{update("a", 1, `{"n":2}`, "e1"), verify("b", 1), put("c", 2, `{}`, "e2")}))
	wantBody(t, d, "a", `v2 {"n":2} e1`)
	wantBody(t, d, "b", `v1 {"n":1}`)
	wantBody(t, d, "c", `v2 {} e2`)
}

// TestNoWriteSkew: two transactions that each read what the other writes cannot both be right.
func TestNoWriteSkew(t *testing.T) {
	d := opened(t)
	must(t, d.Migrate(t.Context(), []docstore.Spec{{Name: "docs"}}))
	for i := range 20 {
		a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
		must(t, d.Apply(t.Context(), []docstore.Write{insert(a, `{}`), insert(b, `{}`)}))
		done := make(chan error, 2)
		for _, pair := range [][2]string{{a, b}, {b, a}} {
			go func() {
				done <- d.Apply(t.Context(), []docstore.Write{verify(pair[0], 1), update(pair[1], 1, `{"n":1}`)})
			}()
		}
		won := 0
		for range 2 {
			switch err := <-done; {
			case err == nil:
				won++
			case !errors.Is(err, docstore.ErrStale):
				t.Fatal(err)
			}
		}
		if won > 1 {
			t.Fatalf("both of the transactions that exclude each other were committed")
		}
	}
}

func TestOutboxInOrderOfAge(t *testing.T) {
	d := opened(t)
	must(t, d.Migrate(t.Context(), []docstore.Spec{{Name: "docs"}, {Name: "more"}}))
	for i := range 6 {
		w := put(fmt.Sprint(i), int64(6-i), `{}`, fmt.Sprint("e", i), fmt.Sprint("f", i))
		w.Collection = []string{"docs", "more"}[i%2]
		must(t, d.Apply(t.Context(), []docstore.Write{w}))
	}
	both := []string{"docs", "more"}
	listed := func(at time.Time, limit int) (ids string) {
		pending, err := d.PendingBefore(t.Context(), both, at, limit)
		must(t, err)
		for _, p := range pending {
			ids += p.ID
		}
		return ids
	}
	if got := listed(epoch.Add(4*time.Hour), 10) + " " + listed(epoch.Add(24*time.Hour), 4); got != "543 5432" {
		t.Errorf("pending %s", got)
	}
	must(t, d.Published(t.Context(), nil, map[docstore.Ref][]string{
		{Collection: "more", ID: "5"}: {"e5", "f5"}, {Collection: "docs", ID: "4"}: {"e4", "unknown"}, {Collection: "docs", ID: "none"}: {"x"}}))
	n, oldest, err := d.Backlog(t.Context(), both)
	must(t, err)
	if n != 5 || !oldest.Equal(epoch.Add(2*time.Hour)) {
		t.Errorf("%d documents since %s", n, oldest)
	}
	for deadline := time.Now().Add(5 * time.Second); listed(epoch.Add(24*time.Hour), 10) != "43210"; { // until a majority has it
		if time.Now().After(deadline) {
			t.Fatalf("still pending: %s", listed(epoch.Add(24*time.Hour), 10))
		}
	}
	plan := explained(t, d, bson.D{{Key: "find", Value: "docs"}, {Key: "sort", Value: bson.D{{Key: oldestEntry, Value: 1}}}, {Key: "limit", Value: 10},
		{Key: "filter", Value: bson.D{waiting, {Key: oldestEntry, Value: bson.D{{Key: "$lt", Value: "2026"}}}}}})
	if strings.Join(plan.stages, " ") != "LIMIT FETCH IXSCAN" || plan.indexes[0] != outboxIndex {
		t.Errorf("the sweep of the outbox runs as %+v", plan)
	}
}

func TestDeepestDocument(t *testing.T) {
	d := opened(t)
	body := `{"a":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`
	must(t, d.Apply(t.Context(), []docstore.Write{insert("a", body)}))
	w := update("a", 1, `{}`)
	w.Set = map[string]json.RawMessage{"b": []byte(body[5 : len(body)-1])}
	must(t, d.Apply(t.Context(), []docstore.Write{w, put("b", 1, body)}))
	wantBody(t, d, "b", "v1 "+body)
}

func TestFaults(t *testing.T) {
	uri, name := testenv.Database(t)
	d := connected(t, Config{URI: uri, Database: name})
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	many := d.ApplyMany(late, []docstore.Write{insert("a", `{}`)})
	_, loading := d.Load(late, "docs", []string{"a"})
	for what, err := range map[string]error{
		"apply":       d.Apply(late, []docstore.Write{insert("a", `{}`)}),
		"transaction": d.Apply(late, []docstore.Write{insert("a", `{}`), insert("b", `{}`)}),
		"many":        many[0], "load": loading,
	} {
		if !errors.Is(err, docstore.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s past its deadline: %v", what, err)
		}
	}
	start := time.Now()
	_, err := Open(t.Context(), Config{URI: "mongodb://127.0.0.1:1/?replicaSet=rs0", Database: "x", Timeout: 300 * time.Millisecond}, slog.New(slog.DiscardHandler), nil)
	if took := time.Since(start); !errors.Is(err, docstore.ErrUnavailable) || took > 3*time.Second {
		t.Errorf("no server: %v after %s", err, took)
	}
	grown := insert("grown", `{"a":"`+strings.Repeat("x", 9<<20)+`"}`)
	must(t, d.Apply(t.Context(), []docstore.Write{grown}))
	for _, writes := range [][]docstore.Write{
		{update("grown", 1, `{"b":"`+strings.Repeat("x", 9<<20)+`"}`)}, {insert("b", `{"a":"`+strings.Repeat("x", 17<<20)+`"}`)},
		{update("grown", 1, `{"b":"`+strings.Repeat("x", 9<<20)+`"}`), insert("c", `{}`)},
	} {
		if err := d.Apply(t.Context(), writes); !errors.Is(err, docstore.ErrTooLarge) {
			t.Errorf("a document too large: %.200v", err)
		}
		if errs := d.ApplyMany(t.Context(), writes); !errors.Is(errs[0], docstore.ErrTooLarge) {
			t.Errorf("a document too large among many: %.200v", errs)
		}
	}
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	d := opened(t)
	spec := docstore.Spec{Name: "docs", Indexes: []docstore.Index{{Fields: []string{"unit"}, Sort: "name"}}}
	must(t, d.Migrate(t.Context(), []docstore.Spec{spec}))
	must(t, d.Check(t.Context(), []docstore.Spec{spec}))
	spec.Indexes = append(spec.Indexes, docstore.Index{Array: "labels"})
	spec.Unique = []docstore.Unique{{Name: "tag", Fields: []string{"tag", "slot"}}}
	err := d.Check(t.Context(), []docstore.Spec{spec})
	if err == nil || !strings.Contains(err.Error(), "docs.by:labels,_id docs.unique:tag:tag,slot:") {
		t.Errorf("check: %v", err)
	}
	must(t, d.Migrate(t.Context(), []docstore.Spec{spec}))
	must(t, d.Check(t.Context(), []docstore.Spec{spec}))
	for i, body := range []string{`{"tag":"","slot":1}`, `{"tag":"","slot":1}`, `{"tag":"a"}`, `{"tag":"a","slot":null}`, `{"tag":"a","slot":1}`, `{"tag":"a","slot":2}`, `{"tag":"a","slot":1.0}`} {
		var exists *docstore.ErrExists
		err := d.Apply(t.Context(), []docstore.Write{insert(fmt.Sprint(i), body)})
		if taken := errors.As(err, &exists) && exists.Key == "tag"; taken != (i == 6) || (err != nil && !taken) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestOutboxFull: while the broker is away a document takes events until it can hold no more; then its commands are told to come again,
// and do so once the events are published.
func TestOutboxFull(t *testing.T) {
	d := opened(t)
	must(t, d.Apply(t.Context(), []docstore.Write{insert("a", `{}`)}))
	change := json.RawMessage(`"` + strings.Repeat("x", 128<<10) + `"`)
	told := map[docstore.Ref][]string{}
	ref := docstore.Ref{Collection: "docs", ID: "a"}
	next := func(version int64) docstore.Write {
		w := update("a", version, `{"n":1}`, fmt.Sprint("e", version))
		w.Outbox[0].Change = change
		return w
	}
	version := int64(1)
	for err := error(nil); err == nil && version < 200; {
		if err = d.Apply(t.Context(), []docstore.Write{next(version)}); err == nil {
			told[ref] = append(told[ref], fmt.Sprint("e", version))
			version++
			continue
		}
		if !errors.Is(err, docstore.ErrUnavailable) {
			t.Fatalf("after %d events: %v", version, err)
		}
	}
	if version < 100 || version == 200 {
		t.Fatalf("it took %d events", version)
	}
	if errs := d.ApplyMany(t.Context(), []docstore.Write{next(version)}); !errors.Is(errs[0], docstore.ErrUnavailable) {
		t.Errorf("among many: %v", errs)
	}
	must(t, d.Published(t.Context(), nil, told))
	must(t, d.Apply(t.Context(), []docstore.Write{next(version)}))
}
