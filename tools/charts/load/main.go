// Command load writes and reads through an installation until it is told to end, and says what became of every request. Then it looks
// whether all that was acknowledged is there.
//
//	load -clients clients.json -token-url … -asset http://… -workorder … -status … [-for 1m]
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

type credentials struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

type load struct {
	asset, workorder, status, tokenURL string

	clients map[string]credentials
	http    *http.Client

	mu       sync.Mutex
	tokens   map[string]token
	outcomes map[string]int
	written  []string
	slowest  time.Duration
}

type token struct {
	text string
	end  time.Time
}

func main() {
	l := &load{http: &http.Client{Timeout: 20 * time.Second}, tokens: map[string]token{}, outcomes: map[string]int{}}
	file := flag.String("clients", "", "JSON file of clients by user")
	flag.StringVar(&l.tokenURL, "token-url", "", "token endpoint")
	flag.StringVar(&l.asset, "asset", "", "address of the asset service")
	flag.StringVar(&l.workorder, "workorder", "", "address of the workorder service")
	flag.StringVar(&l.status, "status", "", "address of the status service")
	unit := flag.String("unit", "BSIST000014", "unit that is written in")
	length := flag.Duration("for", time.Minute, "how long, unless a signal comes first")
	flag.Parse()
	if err := l.run(*file, *unit, *length); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (l *load) run(file, unit string, length time.Duration) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &l.clients); err != nil {
		return err
	}
	var types struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := l.read("admin", l.asset+"/v1/equipment-types?limit=1", &types); err != nil || len(types.Items) == 0 {
		return fmt.Errorf("no equipment type is there: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	begun := time.Now()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { l.repeat(ctx, func() { l.write(unit, types.Items[0].ID) }) })
	}
	for _, r := range []struct{ user, url string }{
		{"engineer-bcs", l.asset + "/v1/assets?limit=20"}, {"planner", l.status + "/v1/status/nation"}, {"auditor", l.workorder + "/v1/work-orders?limit=20"},
		{"contractor-a", l.workorder + "/v1/contracts"}, {"director-santa-rosalia", l.asset + "/v1/units"},
	} {
		all.Go(func() { l.repeat(ctx, func() { l.count("read", l.read(r.user, r.url, nil)) }) })
	}
	all.Wait()
	return l.report(time.Since(begun))
}

// repeat goes on, at most twenty times a second, until the time is over.
func (l *load) repeat(ctx context.Context, once func()) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			once()
		}
	}
}

func (l *load) count(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.outcomes[what+" ok"]++
		return
	}
	l.outcomes[what+" FAILED: "+err.Error()]++
}

func (l *load) write(unit, kind string) {
	body, err := json.Marshal(map[string]any{"unit_id": unit, "type_id": kind, "functioning": "working", "use": "in_use"})
	if err != nil {
		l.count("write", err)
		return
	}
	var made struct {
		ID string `json:"id"`
	}
	err = l.send("admin", http.MethodPost, l.asset+"/v1/assets", body, &made)
	l.count("write", err)
	if err == nil {
		l.mu.Lock()
		l.written = append(l.written, made.ID)
		l.mu.Unlock()
	}
}

func (l *load) read(user, at string, into any) error {
	return l.send(user, http.MethodGet, at, nil, into)
}

// send asks once: a failed request is a failed request.
func (l *load) send(user, method, at string, body []byte, into any) error {
	bearer, err := l.token(user)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	req, err := http.NewRequest(method, at, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	begun := time.Now()
	resp, err := l.http.Do(req)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	l.mu.Lock()
	l.slowest = max(l.slowest, time.Since(begun))
	l.mu.Unlock()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%d %.120s", resp.StatusCode, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

func (l *load) token(user string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tokens[user]; time.Now().Before(t.end) {
		return t.text, nil
	}
	c := l.clients[user]
	resp, err := l.http.PostForm(l.tokenURL, url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {c.Secret}})
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	if err := errors.Join(json.NewDecoder(resp.Body).Decode(&answer), resp.Body.Close()); err != nil || answer.Token == "" {
		return "", fmt.Errorf("%s for %s: %w", resp.Status, user, err)
	}
	l.tokens[user] = token{answer.Token, time.Now().Add(time.Duration(answer.Life)*time.Second - 30*time.Second)}
	return answer.Token, nil
}

func (l *load) report(took time.Duration) error {
	fmt.Printf("%.0f s of load, slowest answer %s\n", took.Seconds(), l.slowest.Round(time.Millisecond))
	failed := 0
	for _, what := range slices.Sorted(maps.Keys(l.outcomes)) {
		fmt.Printf("  %6d %s\n", l.outcomes[what], what)
		if strings.Contains(what, "FAILED") {
			failed += l.outcomes[what]
		}
	}
	missing := 0
	for _, id := range l.written {
		if err := l.read("admin", l.asset+"/v1/assets/"+id, nil); err != nil {
			fmt.Println("  missing:", id, err)
			missing++
		}
	}
	fmt.Printf("  %d of %d acknowledged writes are there\n", len(l.written)-missing, len(l.written))
	if failed+missing > 0 {
		return fmt.Errorf("%d requests failed, %d writes are missing", failed, missing)
	}
	return nil
}
