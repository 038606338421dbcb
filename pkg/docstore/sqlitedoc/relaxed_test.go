package sqlitedoc

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// level is how the writer of a store syncs, as it was left.
func level(t *testing.T, d *Driver) (n int) {
	t.Helper()
	onWriter(t, d, func(w *writer) error {
		return w.conn.QueryRowContext(background, "PRAGMA synchronous").Scan(&n)
	})
	return n
}

// relaxedOp looks at the level and changes nothing.
func relaxedOp(n *int) *op {
	return &op{size: 1, relaxed: true, do: func(w *writer) error {
		return w.conn.QueryRowContext(background, "PRAGMA synchronous").Scan(n)
	}}
}

// TestWhatIsSynced: what is answered to somebody and what raises events is synced by its commit, bookkeeping by the next that is, derived stores never; nothing while a store is being filled.
func TestWhatIsSynced(t *testing.T) {
	const off, normal, full = 0, 1, 2
	write := func(id string, outbox ...event.Entry) []docstore.Write {
		return []docstore.Write{{Kind: docstore.Insert, Collection: "plans", ID: id, Version: 1, Body: []byte(`{"at":"2025","_scope":["nation"]}`), Outbox: outbox}}
	}
	entry := event.Entry{ID: "e", Type: "t", Version: 1, At: event.At(time.Unix(0, 0))}
	during := func(ctx context.Context, t *testing.T, d *Driver, id string, outbox ...event.Entry) int {
		t.Helper()
		was := -1
		o := &op{size: 1, relaxed: relaxed(ctx, write(id, outbox...)), do: func(w *writer) error {
			return w.conn.QueryRowContext(background, "PRAGMA synchronous").Scan(&was)
		}}
		if err := d.submit(ctx, o); err != nil {
			t.Fatal(err)
		}
		return was
	}
	d, _ := openPlans(t)
	for name, tt := range map[string]struct {
		ctx    context.Context
		outbox []event.Entry
		want   int
	}{
		"a command":                   {t.Context(), nil, full},
		"a command with an event":     {t.Context(), []event.Entry{entry}, full},
		"bookkeeping":                 {docstore.Relaxed(t.Context()), nil, normal},
		"bookkeeping with an event":   {docstore.Relaxed(t.Context()), []event.Entry{entry}, full},
		"a command after bookkeeping": {t.Context(), nil, full},
	} {
		if got := during(tt.ctx, t, d, name, tt.outbox...); got != tt.want {
			t.Errorf("%s: level %d, want %d", name, got, tt.want)
		}
	}
	if err := d.Published(t.Context(), nil, map[docstore.Ref][]string{{Collection: "plans", ID: "x"}: {"e"}}); err != nil || level(t, d) != full {
		t.Error("the level is not put back for the next", err)
	}
	for _, relaxing := range []bool{true, false} {
		want := map[bool]int{true: normal, false: full}[relaxing]
		if err := d.Relax(relaxing); err != nil {
			t.Fatal(err)
		}
		if got := during(t.Context(), t, d, "filling", entry); got != want {
			t.Errorf("a command while nobody is served (%v): level %d, want %d", relaxing, got, want)
		}
	}
	derived, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "derived.db"), Derived: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = derived.Close(context.WithoutCancel(t.Context())) }()
	for _, ctx := range []context.Context{t.Context(), docstore.Relaxed(t.Context())} {
		if got := during(ctx, t, derived, "any"); got != off {
			t.Errorf("a derived store: level %d", got)
		}
	}
}

// TestNobodyJoinsALooserCommit: what must be on the disk never shares the transaction of bookkeeping that came first, and comes right after it.
func TestNobodyJoinsALooserCommit(t *testing.T) {
	d, _ := openPlans(t)
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = d.submit(t.Context(), &op{size: 1, relaxed: true, do: func(*writer) error { close(held); <-release; return nil }})
	})
	<-held
	const callers = 30
	levels, errs := make([]int, callers), make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			o := relaxedOp(&levels[i])
			o.relaxed = i%3 == 0
			errs[i] = d.submit(t.Context(), o)
		})
	}
	waiting(d, callers)
	close(release)
	wg.Wait()
	for i, was := range levels {
		if errs[i] != nil || was != 2 && i%3 != 0 {
			t.Errorf("caller %d: level %d, %v", i, was, errs[i])
		}
	}
}

// TestAPowerCutTakesTheNewestFirst cuts the log behind every page of it: there is no cut after which an event is neither in the outbox nor filed, and none
// behind a document's commit without it.
func TestAPowerCutTakesTheNewestFirst(t *testing.T) {
	d, _ := openPlans(t)
	ref := docstore.Ref{Collection: "plans", ID: "p"}
	insert := func(ctx context.Context, id string, outbox ...event.Entry) {
		t.Helper()
		if err := d.Apply(ctx, []docstore.Write{{Kind: docstore.Insert, Collection: "plans", ID: id, Version: 1, Body: []byte(`{"at":"2025","_scope":["nation"]}`),
			Outbox: outbox}}); err != nil {
			t.Fatal(err)
		}
	}
	insert(t.Context(), ref.ID, event.Entry{ID: "e", Type: "t", Version: 1, At: event.At(time.Unix(0, 0))})
	synced := logOf(t, d.path)
	insert(docstore.Relaxed(t.Context()), "filed")
	if err := d.Published(t.Context(), nil, map[docstore.Ref][]string{ref: {"e"}}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	whole := logOf(t, d.path)
	states := map[string]bool{}
	step := (len(whole) - len(synced)) / 32
	for cut := len(synced); cut <= len(whole); cut += step {
		path := filepath.Join(t.TempDir(), "cut.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+logSuffix, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		after, _ := openPlansAt(t, path)
		pending, err := after.PendingOf(t.Context(), []docstore.Ref{ref})
		if err != nil {
			t.Fatal(err)
		}
		docs, err := after.Load(t.Context(), "plans", []string{ref.ID, "filed"})
		if err != nil || !slices.ContainsFunc(docs, func(d docstore.Document) bool { return d.ID == ref.ID }) {
			t.Fatalf("cut at %d of %d: what was synced is %v, %v", cut, len(whole), docs, err)
		}
		if len(pending) == 0 && len(docs) != 2 {
			t.Errorf("cut at %d of %d: the event is neither in the outbox nor filed", cut, len(whole))
		}
		states[fmt.Sprint(len(pending), len(docs))] = true
	}
	if len(states) != 3 { // nothing of it, filed, filed and taken out
		t.Errorf("the cuts left only %v", states)
	}
}

func logOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path + logSuffix)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
