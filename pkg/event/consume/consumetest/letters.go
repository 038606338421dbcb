package consumetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// letters waits until the consumer has n dead letters and returns them by aggregate or place.
func (k *kit) letters(d *consume.DeadLetters, consumer string, n int) (out []consume.DeadLetter) {
	k.Helper()
	k.eventually(func() error {
		page, err := d.List(k.ctx, consumer, nil, 100)
		if err != nil {
			return err
		}
		out = nil
		for _, doc := range page.Docs {
			out = append(out, doc.State)
		}
		if len(out) != n {
			return fmt.Errorf("%d dead letters, want %d: %+v", len(out), n, out)
		}
		return nil
	})
	return out
}

// testPoison: what cannot succeed is parked with its reason, whole, while all else flows; once it can, it is run again.
func testPoison(t *testing.T, env Env) {
	for name, handler := range map[string]func(l *listener, cured *atomic.Bool) consume.Handler{
		"projection": func(l *listener, cured *atomic.Bool) consume.Handler {
			return consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
				for _, e := range batch {
					if err := poisoned(e, cured); err != nil {
						return err
					}
				}
				if err := l.project(ctx, batch); err != nil {
					return err
				}
				for _, e := range batch {
					if err := l.react(ctx, e); err != nil {
						return err
					}
				}
				return nil
			})
		},
		"reaction": func(l *listener, cured *atomic.Bool) consume.Handler {
			return consume.React(func(ctx context.Context, e event.Envelope) error {
				if err := poisoned(e, cured); err != nil {
					return err
				}
				return l.react(ctx, e)
			})
		},
	} {
		t.Run(name, func(t *testing.T) { poison(t, env, handler) })
	}
}

// poisoned fails for some aggregates until cured.
func poisoned(e event.Envelope, cured *atomic.Bool) error {
	switch {
	case cured.Load():
	case e.Subject == "refused":
		return fmt.Errorf("handle: %w", fault.Conflictf("not-open", "closed", "it is closed"))
	case e.Subject == "panics":
		panic("no such place")
	case e.Subject == "unreadable":
		return json.Unmarshal([]byte(`{"count":"many"}`), &asset{})
	case e.Subject == "nil map":
		var m map[string]int
		m[e.Subject] = 1 //nolint:staticcheck // that is the mistake
	case e.Subject == "mistaken":
		_, err := time.Parse(time.RFC3339, "yesterday")
		return err
	}
	return nil
}

func poison(t *testing.T, env Env, handler func(*listener, *atomic.Bool) consume.Handler) {
	k := newKit(t, env)
	var cured atomic.Bool
	k.consume(k.lis, "poisoned", handler(k.lis, &cured))
	name := group(k.place, "poisoned")
	unkeyed := event.Record{Topic: k.topic, Value: []byte("\x00\xff rubbish")}
	keyed := k.record("keyed", "bad", 1)
	keyed.Value = []byte("{")
	unknown := k.record("unknown", "new", 1)
	for i, h := range unknown.Headers {
		if h.Key == "ce_type" {
			unknown.Headers[i].Value = []byte("mx.bitacora.asset.counted.v2")
		}
	}
	k.publish(k.record("a1", "s1", 1), unkeyed, keyed, unknown, k.record("refused", "s1", 1), k.record("panics", "s1", 1),
		k.record("unreadable", "s1", 1), k.record("nil map", "s1", 1), k.record("mistaken", "s1", 1), k.record("a2", "s1", 1))
	k.is(k.lis, "a1", "s1", 1)
	k.is(k.lis, "a2", "s1", 1)
	for _, l := range k.letters(k.lis.dead, name, 7) {
		want := map[string]string{"": "ce_id is missing", "keyed": "unexpected end", "refused": "not-open", "panics": "panic: no such place",
			"unreadable": "cannot unmarshal", "nil map": "nil map", "mistaken": "parsing time"}[l.Aggregate]
		if !strings.Contains(l.Reason, want) || l.Attempts != 1 || l.FirstAt.IsZero() || l.NextAt.Before(l.LastAt.Time) {
			t.Errorf("dead letter %+v", l)
		}
		if l.Aggregate == "" && (string(l.Value) != string(unkeyed.Value) || !strings.HasSuffix(l.ID, fmt.Sprintf("/%d/%d", l.Partition, l.Offset))) {
			t.Errorf("the unkeyed one is not kept as it came: %+v", l)
		}
	}
	// A second try that fails is counted.
	n, more, err := k.lis.dead.RedriveAll(k.ctx, name, 100)
	if err != nil || n != 7 || more {
		t.Fatalf("re-driven %d: %v", n, err)
	}
	k.eventually(func() error {
		l, err := k.lis.dead.Get(k.ctx, name+"/"+k.topic+"/refused")
		if err == nil && l.Attempts != 2 {
			err = fmt.Errorf("%d attempts", l.Attempts)
		}
		return err
	})
	// A later event of a parked aggregate is tried at once.
	k.publish(k.record("refused", "s2", 2))
	k.eventually(func() error {
		l, err := k.lis.dead.Get(k.ctx, name+"/"+k.topic+"/refused")
		if err == nil && l.StateVersion != 2 {
			err = errors.New("not the latest event")
		}
		return err
	})
	cured.Store(true)
	_, _, err = k.lis.dead.RedriveAll(k.ctx, name, 100)
	k.must(err)
	k.letters(k.lis.dead, name, 2) // rubbish stays rubbish
	k.is(k.lis, "refused", "s2", 1)
	k.is(k.lis, "panics", "s1", 1)
	if _, err := k.lis.tally.Get(k.ctx, "unknown"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("an unknown type was handled: %v", err)
	}
}

// testNewerClears: the success of a newer event makes a dead letter old, without waiting for its next try; an older one's does not.
func testNewerClears(t *testing.T, env Env) {
	k := newKit(t, env)
	name := group(k.place, "stumbles")
	k.consume(k.lis, "stumbles", consume.React(func(ctx context.Context, e event.Envelope) error {
		if e.StateVersion == 2 {
			return event.Permanent(errors.New("stumbled"))
		}
		return k.lis.react(ctx, e)
	}))
	k.publish(k.record("a1", "s2", 2))
	k.letters(k.lis.dead, name, 1)
	k.publish(k.record("a1", "s1", 1))
	k.is(k.lis, "a1", "s1", 1)
	k.letters(k.lis.dead, name, 1)
	k.publish(k.record("a1", "s3", 3))
	k.letters(k.lis.dead, name, 0)
	l, err := k.lis.dead.Get(k.ctx, name+"/"+k.topic+"/a1")
	if err != nil || l.Status != consume.Cleared || l.Value != nil || l.Reason != "stumbled" {
		t.Errorf("cleared letter %+v: %v", l, err)
	}
}

// testNotYet: an event whose reference is missing waits for it, across a restart, and is run when it comes, by whomever it is kept.
func testNotYet(t *testing.T, env Env) {
	k := newKit(t, env)
	name := group(k.place, "needs-unit")
	handler := consume.React(func(ctx context.Context, e event.Envelope) error {
		var a asset
		if err := json.Unmarshal(e.State, &a); err != nil {
			return err
		}
		return consume.IfNewer(ctx, k.lis.store, k.lis.refs, docstore.Versioned[asset]{ID: a.ID, Version: e.StateVersion, State: &a},
			func(ctx context.Context) error {
				if _, err := k.lis.units.Get(ctx, "u1"); errors.Is(err, docstore.ErrNotFound) {
					return consume.NotYet(docstore.Ref{Collection: "unit_refs", ID: "u1"})
				}
				return k.lis.tally.Insert(ctx, a.ID, &tally{ID: a.ID, Times: 1, Status: a.Status})
			})
	})
	stop := k.consume(k.lis, "needs-unit", handler)
	k.publish(k.record("a1", "s1", 1), k.record("a2", "s1", 1), k.record("a1", "s2", 2))
	for _, l := range k.letters(k.lis.dead, name, 2) {
		if l.Status != consume.Waiting || *l.WaitsFor != (docstore.Ref{Collection: "unit_refs", ID: "u1"}) {
			t.Errorf("dead letter %+v", l)
		}
	}
	// After some tries the next one is further away than this test waits: from then on only the arrival brings them back.
	for _, id := range []string{name + "/" + k.topic + "/a1", name + "/" + k.topic + "/a2"} {
		k.eventually(func() error {
			l, err := k.lis.dead.Get(k.ctx, id)
			if err == nil && l.NextAt.Sub(l.LastAt.Time) <= waitLimit {
				_, again := k.lis.dead.Redrive(k.ctx, id)
				err = errors.Join(fmt.Errorf("tried %d times", l.Attempts), again)
			}
			return err
		})
	}
	stop()
	_, err := k.lis.units.PutIfNewer(k.ctx, docstore.Versioned[asset]{ID: "u1", Version: 4, State: &asset{ID: "u1"}})
	k.must(err)
	k.consume(k.lis, "needs-unit", handler)
	k.is(k.lis, "a1", "s2", 1)
	k.is(k.lis, "a2", "s1", 1)
	k.letters(k.lis.dead, name, 0)
}

// testOlderAgain: an event that waits for its reference is kept although an older one, delivered again behind it, succeeds.
func testOlderAgain(t *testing.T, env Env) {
	k := newKit(t, env)
	name := group(k.place, "needs-unit")
	k.publish(k.record("a1", "s2", 2), k.record("a1", "s1", 1)) // before there is a consumer: one batch
	k.consume(k.lis, "needs-unit", consume.React(func(ctx context.Context, e event.Envelope) error {
		u, err := k.lis.units.Load(ctx, "u1")
		if errors.Is(err, docstore.ErrNotFound) && e.StateVersion > 1 {
			return consume.NotYet(docstore.Ref{Collection: "unit_refs", ID: "u1"})
		}
		if err != nil || u.Version < e.StateVersion {
			return nil //nolint:nilerr // old news needs nothing
		}
		return k.lis.tally.Insert(ctx, e.Subject, &tally{ID: e.Subject, Times: 1, Status: "s2"})
	}))
	k.letters(k.lis.dead, name, 1)
	_, err := k.lis.units.PutIfNewer(k.ctx, docstore.Versioned[asset]{ID: "u1", Version: 4, State: &asset{ID: "u1"}})
	k.must(err)
	k.is(k.lis, "a1", "s2", 1)
	k.letters(k.lis.dead, name, 0)
}

// asBefore makes a document as large as no command leaves it since there are bounds.
func (k *kit) asBefore(id string, size int) {
	driver := k.pub.store.Driver()
	docs, err := driver.Load(k.ctx, "assets", []string{id})
	k.must(err)
	bulk := json.RawMessage(`"` + strings.Repeat("x", size) + `"`)
	var body map[string]json.RawMessage
	k.must(json.Unmarshal(docs[0].Body, &body))
	body["bulk"] = bulk
	whole, err := json.Marshal(body)
	k.must(err)
	k.must(driver.Apply(k.ctx, []docstore.Write{{Kind: docstore.Update, Collection: "assets", ID: id, Expect: docs[0].Version, Version: docs[0].Version,
		Body: whole, Set: map[string]json.RawMessage{"bulk": bulk}}}))
}

// testTooLarge: a state that is too large, from a time before commands were refused that make it so, holds up nobody, stays in the
// history, and is published when it fits.
func testTooLarge(t *testing.T, env Env) {
	k := newKit(t, env)
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	swell := func(size int) {
		t.Helper()
		k.must(k.pub.assets.Update(k.ctx, "big", func(a *asset) ([]event.Event, error) {
			a.Bulk = strings.Repeat("x", size)
			a.Count++
			return []event.Event{counted.New(change{a.Count})}, nil
		}))
	}
	_, err := k.pub.put(k.ctx, "big", "s1")
	k.must(err)
	swell(10)
	k.asBefore("big", event.MaxStateBytes)
	k.load(3, 1)
	k.run(k.pub.relay.Run)
	for _, l := range k.letters(k.pub.dead, relay.LetterConsumer, 2) {
		if l.Aggregate != "big" || !strings.Contains(l.Reason, "more than") {
			t.Errorf("dead letter %+v", l)
		}
	}
	k.eventually(k.drained)
	for i := range 3 {
		k.is(k.lis, fmt.Sprintf("a%03d", i), "s0", 1)
	}
	k.must(wholeHistory(k.ctx, k.pub.relay, "big", 2))
	swell(10)
	k.is(k.lis, "big", "s1", 1)
	_, _, err = k.pub.dead.RedriveAll(k.ctx, relay.LetterConsumer, 100)
	k.must(err)
	k.letters(k.pub.dead, relay.LetterConsumer, 0)
	k.is(k.lis, "big", "s1", 1)
}
