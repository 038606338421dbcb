package consume

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// TestHowFarBehind: minutes after the start; -1 is never.
func TestHowFarBehind(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(minutes int64) int64 { return start.Add(time.Duration(minutes) * time.Minute).UnixMilli() }
	for name, test := range map[string]struct {
		lag, oldest, newest int64
		want                time.Duration
	}{
		"nothing left":                           {lag: 0, oldest: -1, newest: 2, want: 0},
		"begun with a backlog it has not seen":   {lag: 5, oldest: -1, newest: -1, want: 60 * time.Minute},
		"between two batches of a long backlog":  {lag: 5, oldest: -1, newest: 57, want: 3 * time.Minute},
		"a record after a long silence":          {lag: 1, oldest: -1, newest: -1000, want: 60 * time.Minute},
		"stuck on a batch from before the start": {lag: 5, oldest: -30, newest: -1, want: 90 * time.Minute},
		"busy with fresh ones":                   {lag: 5, oldest: 59, newest: 58, want: time.Minute},
		"clocks apart":                           {lag: 5, oldest: 61, newest: -1, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsumer(t, docstore.NewStore(nil, docstore.Options{}), prometheus.NewRegistry(), "c")
			if test.oldest != -1 {
				c.topics["t"].oldest.Store(at(test.oldest))
			}
			if test.newest != -1 {
				c.topics["t"].newest.Store(at(test.newest))
			}
			w := c.newWatch(start)
			w.topics["t"].lag = test.lag
			if got := c.behind(w, start.Add(time.Hour)); got != test.want.Seconds() {
				t.Errorf("got %v s, want %v", got, test.want)
			}
		})
	}
}

func TestUpToDateIsRemembered(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newConsumer(t, docstore.NewStore(nil, docstore.Options{}), prometheus.NewRegistry(), "c")
	w := c.newWatch(start)
	c.behind(w, start.Add(50*time.Minute))
	w.topics["t"].lag = 1
	if got := c.behind(w, start.Add(60*time.Minute)); got != 600 {
		t.Errorf("ten minutes after it was last up to date: %v s", got)
	}
}

// TestATopicThatStandsStillIsNotHiddenByOthers: neither where another one is busy, nor where another one's lag cannot be read.
func TestATopicThatStandsStillIsNotHiddenByOthers(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := start
	store := docstore.NewStore(away{}, docstore.Options{Now: func() time.Time { return now }})
	nothing := Fold(func(context.Context, []event.Envelope) error { return nil })
	c, err := New(store, halfBus{}, OpenDeadLetters(store), Config{Name: "c", Topics: []string{"gone", "still", "busy"}}, nothing, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	w := c.newWatch(start)
	now = start.Add(time.Hour)
	c.takes([]event.Record{{Topic: "busy", Time: now}})(true)
	c.measure(t.Context(), w)
	if got := testutil.ToFloat64(c.metrics.age); got != 3600 {
		t.Errorf("%v s behind", got)
	}
	if got := testutil.ToFloat64(c.metrics.lag.WithLabelValues("c", "still")); got != 3 {
		t.Errorf("%v records wait", got)
	}
}

// halfBus knows the lag of two topics and not of the third.
type halfBus struct{ event.Bus }

func (halfBus) Lag(context.Context, string, []string) (map[string]int64, error) {
	return map[string]int64{"still": 3, "busy": 1}, errors.New("topic gone does not exist")
}

// away is a store that does not answer.
type away struct{ docstore.Driver }

func (away) Find(context.Context, string, docstore.Query) ([]docstore.Document, error) {
	return nil, docstore.ErrUnavailable
}
