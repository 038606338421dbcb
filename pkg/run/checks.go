package run

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const defaultCheckTimeout = 2 * time.Second

// Checks are named checks of whether a process is ready, or alive. As an http.Handler it answers 200 or 503 with
// {"status": "ok"|"failing"|"stopping", "checks": {"kafka": "ok", "store": "<the error's text>"}}. The zero value is ready for use.
type Checks struct {
	// Timeout bounds each check, two seconds when zero. It is set before the first Add.
	Timeout time.Duration

	mu       sync.Mutex
	list     []*check
	stopping bool
	// ok is what was last answered over HTTP: false before the first time, and while stopping.
	ok bool
}

// check runs once at a time: concurrent callers share its result, so that a check that hangs costs one goroutine.
type check struct {
	name    string
	fn      func(context.Context) error
	timeout time.Duration

	mu   sync.Mutex
	done chan struct{} // closed at the end of the run under way; nil when there is none
	err  error
}

// Add adds a check. fn returns nil, or an error whose text is published under name; a panic and the timeout are failures too.
func (c *Checks) Add(name string, fn func(ctx context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, &check{name: name, fn: fn, timeout: cmp.Or(c.Timeout, defaultCheckTimeout)})
}

// Drain makes the status "stopping", for good.
func (c *Checks) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping, c.ok = true, false
}

// answered keeps the result that is answered over HTTP. A run that began before Drain may end after it: the result stays false.
func (c *Checks) answered(ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ok = ok && !c.stopping
}

// lastAnswer is 1 when the last answer over HTTP was "ok", else 0. It runs no check.
func (c *Checks) lastAnswer() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ok {
		return 1
	}
	return 0
}

// Report is the result of a run of Checks: a status, and "ok" or the error's text for each check.
type Report struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

// OK reports whether the status is "ok".
func (r Report) OK() bool { return r.Status == "ok" }

// Run runs all checks concurrently and waits for them, each for at most Timeout.
func (c *Checks) Run(ctx context.Context) Report {
	c.mu.Lock()
	list, report := c.list, Report{Status: "ok", Checks: map[string]string{}}
	if c.stopping {
		report.Status = "stopping"
	}
	c.mu.Unlock()
	answers := make([]chan error, len(list))
	for i, ch := range list {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- ch.result(ctx) }()
	}
	for i, ch := range list {
		report.Checks[ch.name] = "ok"
		if err := <-answers[i]; err != nil {
			report.Checks[ch.name] = err.Error()
			if report.Status == "ok" {
				report.Status = "failing"
			}
		}
	}
	return report
}

func (c *check) result(ctx context.Context) error {
	c.mu.Lock()
	if c.done == nil {
		c.done = make(chan struct{})
		go c.run(context.WithoutCancel(ctx), c.done)
	}
	done := c.done
	c.mu.Unlock()
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case <-done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("no answer within %s", c.timeout)
	}
}

func (c *check) run(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := safely(ctx, c.fn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err, c.done = err, nil
	close(done)
}

func (c *Checks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	report := c.Run(r.Context())
	c.answered(report.OK())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !report.OK() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(report) // the caller is gone: nobody is left to tell
}
