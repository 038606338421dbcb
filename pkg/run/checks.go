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

// Checks is a set of named questions whose answers together say whether a process is ready, or alive. As an http.Handler it answers
// 200 or 503 with {"status": "ok"|"failing"|"stopping", "checks": {"kafka": "ok", "store": "<why not>"}}.
type Checks struct {
	// Timeout bounds one question, two seconds when zero. It is set before the first Add.
	Timeout time.Duration

	mu       sync.Mutex
	list     []*check
	stopping bool
	// well is what was last answered over HTTP: false before the first time, and while stopping.
	well bool
}

// check asks once at a time: whoever asks meanwhile shares the answer, so that a check that hangs costs one goroutine.
type check struct {
	name    string
	ask     func(context.Context) error
	timeout time.Duration

	mu   sync.Mutex
	done chan struct{} // of the question under way; nil when there is none
	err  error
}

// Add has ask answer for name: nil when all is well, or why not.
func (c *Checks) Add(name string, ask func(ctx context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, &check{name: name, ask: ask, timeout: cmp.Or(c.Timeout, defaultCheckTimeout)})
}

// Drain makes the answer "stopping" from now on.
func (c *Checks) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping, c.well = true, false
}

// answered notes what is told to whoever asked over HTTP. Answers of before the end may come after it.
func (c *Checks) answered(ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.well = ok && !c.stopping
}

// lastAnswer is 1 when all was well at the last question over HTTP, else 0. It asks nothing itself.
func (c *Checks) lastAnswer() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.well {
		return 1
	}
	return 0
}

// Report is what Checks answers.
type Report struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

// OK says whether all is well.
func (r Report) OK() bool { return r.Status == "ok" }

// Ask asks all at once.
func (c *Checks) Ask(ctx context.Context) Report {
	c.mu.Lock()
	list, report := c.list, Report{Status: "ok", Checks: map[string]string{}}
	if c.stopping {
		report.Status = "stopping"
	}
	c.mu.Unlock()
	answers := make([]chan error, len(list))
	for i, ch := range list {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- ch.answer(ctx) }()
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

func (c *check) answer(ctx context.Context) error {
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
	err := safely(ctx, c.ask)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err, c.done = err, nil
	close(done)
}

func (c *Checks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	report := c.Ask(r.Context())
	c.answered(report.OK())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !report.OK() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(report) // the caller is gone: nobody is left to tell
}
