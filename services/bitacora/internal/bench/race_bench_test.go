// Package bench_test holds the budgets of the whole, each beside the bare counterpart that does the same work with the same drivers and
// nothing of ours: `make bench` prints a line for each. The two take turns of about a second, so that what else the machine does meets
// both alike, and what is reported is the median of the turns' ratios.
package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// clients is how many requests are under way at once.
	clients = 64
	// turn is how long a side runs before the other does, rounds how often both do.
	turn   = time.Second
	rounds = 7
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// budget prints a line of `make bench`. The benchmark's own name stands before it without an end of line.
func budget(tb testing.TB, name string, ratio, floor float64) {
	report(tb, fmt.Sprintf("budget %s ratio %.2f floor %.2f", name, ratio, floor), ratio >= floor)
}

func ceiling(tb testing.TB, name string, value, most float64) {
	report(tb, fmt.Sprintf("budget %s value %.2f ceiling %.2f", name, value, most), value <= most)
}

func report(tb testing.TB, line string, met bool) {
	if !met {
		line += " NOT MET"
		tb.Log(line)
	}
	note("%s", line)
}

// note prints a line of its own; a benchmark's log keeps ten.
func note(format string, args ...any) { fmt.Printf("\n"+format+"\n", args...) }

// side is one of those who are compared: it serves HTTP on the loopback. What it starts carries its name in CPU profiles, as the label
// "side".
type side struct {
	name   string
	server *httptest.Server
	// base is its address.
	base   string
	client *http.Client
	// after is run behind each of its turns and not measured; may be nil.
	after func()
}

func newSide(tb testing.TB, name string, h http.Handler) *side {
	s := &side{name: name}
	labelled(name, func() { s.server = httptest.NewServer(h) })
	s.base = s.server.URL
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxIdleConns: clients}}
	tb.Cleanup(func() {
		s.client.CloseIdleConnections()
		s.server.Close()
	})
	return s
}

// labelled runs do; goroutines that it starts inherit the label.
func labelled(name string, do func()) {
	pprof.Do(context.Background(), pprof.Labels("side", name), func(context.Context) { do() })
}

// ask is a request and the status it is to be answered with.
type ask struct {
	method, path, token, body string
	want                      int
}

// send returns the answer's headers; what it says is read and dropped.
func (s *side) send(a ask) (http.Header, error) {
	r, err := http.NewRequest(a.method, s.base+a.path, strings.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	if a.body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	if resp.StatusCode != a.want {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
		return nil, fmt.Errorf("%s: %s %s: %d %s", s.name, a.method, a.path, resp.StatusCode, said)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Header, err
}

// load sends requests with all clients for that long and returns how many were answered in a second.
func (s *side) load(tb testing.TB, long time.Duration, next func(n int64) ask) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(start) < long {
				if _, err := s.send(next(done.Add(1))); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	must(tb, failed)
	if s.after != nil {
		s.after()
	}
	return float64(done.Load()) / took.Seconds()
}

// race lets the sides take turns and returns each one's rates, round by round. Each begins every other round, and the first turn of
// each does not count.
func race(tb testing.TB, next func(n int64) ask, sides ...*side) [][]float64 {
	rates := make([][]float64, len(sides))
	for round := range rounds + 1 {
		for k := range sides {
			i := k
			if round%2 == 1 {
				i = len(sides) - 1 - k
			}
			rate := sides[i].load(tb, turn, next)
			if round > 0 {
				rates[i] = append(rates[i], rate)
			}
		}
	}
	for i, s := range sides {
		note("%s: %.0f/s", s.name, median(rates[i]))
	}
	return rates
}

// ratio is the median of a's rates over b's, each of the same round.
func ratio(a, b []float64) float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return median(r)
}

func median(v []float64) float64 { return quantile(v, 0.5) }

func quantile(v []float64, q float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[int(q*float64(len(v)-1)+0.5)]
}
