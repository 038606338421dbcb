package consume

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func TestJudge(t *testing.T) {
	mismatch := json.Unmarshal([]byte(`"x"`), new(int))
	syntax := json.Unmarshal([]byte(`{`), new(any))
	ref := docstore.Ref{Collection: "unit_refs", ID: "u1"}
	for _, test := range []struct {
		err  error
		want verdict
	}{
		{nil, handled},
		{docstore.ErrUnavailable, unavailable},
		{fmt.Errorf("load: %w", docstore.ErrUnavailable), unavailable},
		{context.Canceled, unavailable},
		{context.DeadlineExceeded, unavailable},
		{docstore.ErrStale, unavailable},
		{docstore.ErrNoSpace, unavailable},
		{event.ErrUnavailable, unavailable},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, unavailable},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), unavailable},
		{errors.New("something nobody thought of"), unknown},
		{&time.ParseError{Value: "yesterday"}, unknown},
		{event.Permanent(docstore.ErrUnavailable), unavailable},
		{event.Permanent(errors.New("no")), permanent},
		{fmt.Errorf("start: %w", fault.Conflictf("not-open", "closed", "it is closed")), permanent},
		{docstore.ErrNotFound, permanent},
		{&docstore.ErrExists{Key: "inventory_tag"}, permanent},
		{mismatch, permanent},
		{syntax, permanent},
		{NotYet(ref), waiting},
		{fmt.Errorf("react: %w", NotYet(ref)), waiting},
	} {
		if got := judge(test.err); got != test.want {
			t.Errorf("judge(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

// Of each aggregate exactly the highest state version is kept, the last of several.
func TestNewestKeepsTheHighestVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.SliceOf(rapid.Custom(func(t *rapid.T) delivery {
			return delivery{Envelope: event.Envelope{Topic: rapid.SampledFrom([]string{"t1", "t2"}).Draw(t, "topic"),
				Subject: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), StateVersion: rapid.Int64Range(1, 5).Draw(t, "version")}}
		})).Draw(t, "batch")
		for i := range batch {
			batch[i].Offset = int64(i)
		}
		want := map[string]delivery{}
		for _, d := range batch {
			if w, ok := want[d.key()]; !ok || d.StateVersion >= w.StateVersion {
				want[d.key()] = d
			}
		}
		got := map[string]delivery{}
		for _, d := range newest(batch) {
			if _, twice := got[d.key()]; twice {
				t.Fatalf("%s twice", d.key())
			}
			got[d.key()] = d
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(delivery{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestKnows(t *testing.T) {
	all := &Consumer{}
	some := &Consumer{cfg: Config{Types: []string{"mx.bitacora.asset.registered.v1"}}}
	for _, test := range []struct {
		typ       string
		all, some bool
	}{
		{"mx.bitacora.asset.registered.v1", true, true},
		{"mx.bitacora.asset.moved.v1", true, false},
		{"mx.bitacora.asset.snapshot.v1", true, true},
		{"mx.bitacora.asset.registered.v2", false, false},
		{"org.example.asset.registered.v1", false, false},
	} {
		if all.knows(test.typ) != test.all || some.knows(test.typ) != test.some {
			t.Errorf("%s: %v, %v", test.typ, all.knows(test.typ), some.knows(test.typ))
		}
	}
}

func TestDeadLetterWaitsLongerEachTime(t *testing.T) {
	now := event.At(time.UnixMilli(1754668800000))
	var l DeadLetter
	var waits []time.Duration
	for range 12 {
		before := l
		l = DeadLetter{Status: Parked}
		l.failed(now, &before)
		waits = append(waits, l.NextAt.Sub(now.Time))
		now = l.NextAt
	}
	if l.Attempts != 12 || waits[0] != firstRetry || waits[1] != 2*firstRetry || waits[11] != longestRetry {
		t.Errorf("%d attempts, waits %v", l.Attempts, waits)
	}
	cleared := l
	cleared.Status = Cleared
	l = DeadLetter{}
	if l.failed(now, &cleared); l.Attempts != 1 || l.FirstAt != now {
		t.Errorf("parked anew: %+v", l)
	}
}

func TestBackoffEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewBackoff(time.Hour, time.Hour).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waited: %v", err)
	}
}

// lostBus is a broker whose log was cut: the first Fetch says so, the second ends the test.
type lostBus struct {
	event.Bus
	fetches int
	end     context.CancelFunc
}

func (b *lostBus) Subscribe(string, []string) (event.Subscription, error) { return lost{bus: b}, nil }

type lost struct {
	event.Subscription
	bus *lostBus
}

func (s lost) Fetch(context.Context, int) ([]event.Record, error) {
	if s.bus.fetches++; s.bus.fetches == 1 {
		return nil, &event.LostError{Topic: event.Assets, How: event.Recreated}
	}
	s.bus.end()
	return nil, nil
}
func (lost) Close(context.Context) error { return nil }
func (lost) Alive() time.Time            { return time.Now() }

// Records that are gone are logged with the command that publishes their state again, are counted, and end nothing.
func TestLostRecordsAreSaidAndDoNotEndTheConsumer(t *testing.T) {
	var said bytes.Buffer
	c := newConsumer(t, docstore.NewStore(nil, docstore.Options{}), prometheus.NewRegistry(), "lost")
	c.log = slog.New(slog.NewTextHandler(&said, nil))
	ctx, cancel := context.WithCancel(t.Context())
	bus := &lostBus{end: cancel}
	c.bus = bus
	if err := c.Run(ctx); err != nil || bus.fetches != 2 {
		t.Errorf("ended with %v after %d fetches", err, bus.fetches)
	}
	if want := "bitacora republish --service asset bitacora.assets"; !strings.Contains(said.String(), want) {
		t.Errorf("%q is not said: %s", want, said.String())
	}
	if n := testutil.ToFloat64(c.metrics.events.WithLabelValues("lost", event.Assets, "lost")); n != 1 {
		t.Errorf("counted %v times", n)
	}
}

func newConsumer(t *testing.T, store *docstore.Store, reg prometheus.Registerer, name string) *Consumer {
	t.Helper()
	nothing := Fold(func(context.Context, []event.Envelope) error { return nil })
	c, err := New(store, nil, OpenDeadLetters(store), Config{Name: name, Topics: []string{"t"}}, nothing, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConsumersShareARegistry(t *testing.T) {
	reg := prometheus.NewRegistry()
	store := docstore.NewStore(nil, docstore.Options{})
	for _, name := range []string{"one", "two"} {
		newConsumer(t, store, reg, name).metrics.count("t", "handled")
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "bitacora_consumer_events_total" && len(f.GetMetric()) != 2 {
			t.Errorf("%d series", len(f.GetMetric()))
		}
	}
}

func TestNewRefusesHalfAConsumer(t *testing.T) {
	fold := Fold(func(context.Context, []event.Envelope) error { return nil })
	for name, test := range map[string]struct {
		cfg     Config
		handler Handler
	}{
		"no name":    {Config{Topics: []string{"t"}}, fold},
		"no topics":  {Config{Name: "n"}, fold},
		"no handler": {Config{Name: "n", Topics: []string{"t"}}, Handler{}},
	} {
		if _, err := New(nil, nil, nil, test.cfg, test.handler, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
