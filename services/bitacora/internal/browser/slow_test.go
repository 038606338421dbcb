//go:build browser

package browser_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The line that a unit in the mountains has.
const (
	lineBytes   = 150_000 / 8            // a second, each way
	lineTrip    = 800 * time.Millisecond // there and back
	lineBreaks  = 20                     // every so many connections one stalls and breaks
	lineStalls  = 6 * time.Second
	lineForgets = 3 * time.Second // a connection without traffic, as the networks of telephones do
)

// line is a slow line to an installation, which counts what it did.
type line struct {
	t           *testing.T
	ctx         context.Context
	to          string
	up, down    pace
	connections atomic.Int64
	broken      atomic.Int64
}

// pace lets bytes through, so many a second for all connections together.
type pace struct {
	mu   sync.Mutex
	next time.Time
}

// take is when n bytes have gone through.
func (p *pace) take(n int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(n) * time.Second / lineBytes)
	return p.next
}

// slowLine is the address of a slow line to an installation.
func slowLine(t *testing.T, base string) (*line, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, ctx: ctx, to: strings.TrimPrefix(base, "http://")}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.carry(c) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		all.Wait()
	})
	return l, "http://" + listener.Addr().String()
}

// carry carries one connection. Of those that break, one loses the request and the next one the answer to a request that has arrived.
func (l *line) carry(browser net.Conn) {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.to)
	if err != nil {
		_ = browser.Close()
		return
	}
	context.AfterFunc(ctx, func() { _, _ = browser.Close(), server.Close() })
	n := l.connections.Add(1)
	breaks := n%lineBreaks == 0
	losesRequest := breaks && n/lineBreaks%2 == 1
	var both sync.WaitGroup
	idle := time.AfterFunc(lineForgets, cancel)
	defer idle.Stop()
	both.Go(func() {
		defer cancel()
		l.relay(ctx, idle, server, browser, &l.up, losesRequest)
	})
	both.Go(func() {
		defer cancel()
		l.relay(ctx, idle, browser, server, &l.down, breaks && !losesRequest)
	})
	both.Wait()
}

// sent are bytes, and when they arrive.
type sent struct {
	at    time.Time
	bytes []byte
}

// relay carries one direction of a connection, until that ends or breaks.
func (l *line) relay(ctx context.Context, idle *time.Timer, to io.Writer, from net.Conn, pace *pace, breaks bool) {
	under := make(chan sent, 1024)
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() {
		defer close(under)
		for {
			b := make([]byte, 1460)
			n, err := from.Read(b)
			if n > 0 {
				select {
				case under <- sent{pace.take(n).Add(lineTrip / 2), b[:n]}:
				case <-ctx.Done():
				}
			}
			if err != nil || ctx.Err() != nil {
				return
			}
		}
	})
	for s := range under {
		idle.Reset(lineForgets)
		if breaks {
			l.broken.Add(1)
			idle.Reset(lineStalls)
			<-ctx.Done()
			return
		}
		if until(ctx, s.at) != nil {
			return
		}
		idle.Reset(lineForgets)
		if _, err := to.Write(s.bytes); err != nil {
			return
		}
	}
}

// until waits for an instant.
func until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.New("the line is gone")
	}
}

// eachItsOwn is the address of an installation that takes one request a connection, so that every twentieth request meets a line that breaks.
func eachItsOwn(t *testing.T, h *house) string {
	t.Helper()
	return h.Front(t, func(p *httputil.ReverseProxy) http.Handler {
		rewrite := p.Rewrite
		p.Rewrite = func(r *httputil.ProxyRequest) {
			rewrite(r)
			r.Out.Host = r.In.Host // signing in comes back to the address that the browser knows
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			p.ServeHTTP(w, r)
		})
	})
}

// TestSlowLine is the day of a requester, a contractor and a director on a slow line that breaks. What a broken connection leaves is a page of the
// browser's own: they reload it, as people do, and nothing happens twice.
func TestSlowLine(t *testing.T) {
	h, b := newHouse(t), chromium(t)
	line, base := slowLine(t, eachItsOwn(t, h))
	slow := way{size: phone, patience: 3 * time.Minute}
	begun := time.Now()
	lap := func(user string) {
		t.Logf("%s: %s; %d connections so far, %d broken", user, time.Since(begun).Round(time.Second), line.connections.Load(), line.broken.Load())
		begun = time.Now()
	}
	reports(b.arrive(t, base, requester, slow))
	lap(requester)
	triages(b.arrive(t, h.URL, engineer, way{size: desk}))
	repairs(b.arrive(t, base, contractor, slow), complaint)
	lap(contractor)
	d := b.arrive(t, base, director, slow)
	accepts(d)
	confirms(d)
	lap(director)
	if line.broken.Load() < 2 {
		t.Errorf("of %d connections only %d broke", line.connections.Load(), line.broken.Load())
	}
	var orders, history struct {
		Items []struct {
			ID        string
			Complaint string
			Type      string
		}
	}
	if err := h.Client.Get(t.Context(), engineer, "/v1/work-orders", &orders); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, o := range orders.Items {
		if o.Complaint == complaint {
			told++
			if err := h.Client.Get(t.Context(), engineer, "/v1/work-orders/"+o.ID+"/history", &history); err != nil {
				t.Fatal(err)
			}
		}
	}
	times := map[string]int{}
	for _, e := range history.Items {
		times[e.Type]++
	}
	if told != 1 {
		t.Errorf("reported %d times", told)
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("%s happened %d times", what, n)
		}
	}
}
