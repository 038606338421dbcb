package consume

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
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
				c.oldest.Store(at(test.oldest))
			}
			if test.newest != -1 {
				c.newest.Store(at(test.newest))
			}
			if got := c.behind(&watch{current: start, lag: test.lag}, start.Add(time.Hour)); got != test.want.Seconds() {
				t.Errorf("got %v s, want %v", got, test.want)
			}
		})
	}
}

func TestUpToDateIsRemembered(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newConsumer(t, docstore.NewStore(nil, docstore.Options{}), prometheus.NewRegistry(), "c")
	w := &watch{current: start}
	c.behind(w, start.Add(50*time.Minute))
	w.lag = 1
	if got := c.behind(w, start.Add(60*time.Minute)); got != 600 {
		t.Errorf("ten minutes after it was last up to date: %v s", got)
	}
}
