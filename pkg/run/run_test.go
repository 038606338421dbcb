package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

// holdVariable makes the test binary a process that holds a folder until it is killed.
const holdVariable = "BITACORA_TEST_HOLD_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		if _, err := run.LockFolder(dir, "the child", time.Now()); err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		select {}
	}
	goleak.VerifyTestMain(m)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestStackStopsInReverseAndJoinsErrors(t *testing.T) {
	stack := run.NewStack(quiet(), 30*time.Millisecond)
	var order []string
	broken := errors.New("broken")
	release := make(chan struct{})
	defer close(release)
	note := func(name string, err error) func(context.Context) error {
		return func(context.Context) error { order = append(order, name); return err }
	}
	stack.Push("store", note("store", nil))
	stack.Push("relay", note("relay", broken))
	stack.Push("stuck", func(context.Context) error { <-release; return nil })
	stack.Push("slow but honest", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	stack.Push("panics", func(context.Context) error { panic("boom") })
	stack.Push("http", note("http", nil))
	err := stack.Stop(t.Context())
	if diff := cmp.Diff([]string{"http", "relay", "store"}, order); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"stop relay: broken", "stop stuck: did not end in time", "stop slow but honest: context deadline", "stop panics: panic: boom"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %q", want, err)
		}
	}
	if again := stack.Stop(t.Context()); !errors.Is(again, broken) || len(order) != 3 {
		t.Errorf("second stop: %v after %v", again, order)
	}
	stack.Push("late", note("late", nil))
	if order[len(order)-1] != "late" {
		t.Error("what is pushed late is not stopped")
	}
}

func TestStackStopsOnceForManyCallers(t *testing.T) {
	stack := run.NewStack(quiet(), time.Second)
	n := 0
	stack.Push("once", func(context.Context) error { n++; return nil })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = stack.Stop(t.Context()) })
	}
	wg.Wait()
	if n != 1 {
		t.Errorf("stopped %d times", n)
	}
}

func TestGroupFailureEndsTheProcess(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errors.New("no luck") },
		"panic": func(context.Context) error { panic("no luck") },
	} {
		t.Run(name, func(t *testing.T) {
			stack, group := run.NewStack(quiet(), time.Second), run.NewGroup(t.Context(), quiet())
			stack.Push("group", group.Stop)
			ended := false
			group.Go("worker", func(ctx context.Context) error { <-ctx.Done(); ended = true; return ctx.Err() })
			group.Go("finished", func(context.Context) error { return nil })
			group.Go("failing", fail)
			<-group.Context().Done()
			err := errors.Join(group.Err(), stack.Stop(t.Context()))
			if err == nil || !strings.Contains(err.Error(), "failing: ") || !strings.Contains(err.Error(), "no luck") {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "worker") || !ended {
				t.Errorf("the worker: ended %t, error %v", ended, err)
			}
		})
	}
}

func TestGroupNamesWhatDoesNotEnd(t *testing.T) {
	group := run.NewGroup(t.Context(), quiet())
	release := make(chan struct{})
	group.Go("deaf", func(context.Context) error { <-release; return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := group.Stop(ctx); err == nil || !strings.Contains(err.Error(), "deaf") {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := group.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSignals(t *testing.T) {
	forced := make(chan int, 1)
	ctx, release := run.Signals(t.Context(), quiet(), func(code int) { forced <- code })
	defer release()
	kill := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	<-ctx.Done()
	if cause := context.Cause(ctx); !strings.Contains(cause.Error(), "terminated") {
		t.Errorf("cause %v", cause)
	}
	kill()
	if code := <-forced; code != run.ForcedExit {
		t.Errorf("exit code %d", code)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	http.DefaultClient.CloseIdleConnections()
	return res.StatusCode, string(b)
}

// instance is a process as main packages make it.
func instance(t *testing.T, drain time.Duration, handler http.Handler) (url string, ready *run.Checks, stop func() error) {
	t.Helper()
	stack, group := run.NewStack(quiet(), 20*time.Second), run.NewGroup(t.Context(), quiet())
	stack.Push("group", group.Stop)
	ready = &run.Checks{}
	server, err := run.Listen(t.Context(), run.HTTPConfig{Addr: "127.0.0.1:0", Drain: drain}, run.Ops(&run.Checks{}, ready, run.NewRegistry(), handler), ready, quiet())
	if err != nil {
		t.Fatal(err)
	}
	stack.Push("http", server.Stop)
	group.Go("http", server.Serve)
	return "http://" + server.Addr(), ready, func() error { return errors.Join(group.Err(), stack.Stop(context.WithoutCancel(t.Context()))) }
}

func TestTwoInstances(t *testing.T) {
	urls := map[string]bool{}
	for range 2 {
		url, ready, stop := instance(t, 0, http.NotFoundHandler())
		defer func() {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}()
		urls[url] = true
		ready.Add("store", func(context.Context) error { return nil })
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/v1/nothing": 404} {
			if status, body := get(t, url+path); status != want {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
	}
	if len(urls) != 2 {
		t.Error("one address for two")
	}
}

// TestReadinessIsMeasured: /metrics says what /readyz said last, without asking again.
func TestReadinessIsMeasured(t *testing.T) {
	var problem error
	asked := 0
	ready := &run.Checks{}
	ready.Add("store", func(context.Context) error { asked++; return problem })
	ops := run.Ops(&run.Checks{}, ready, run.NewRegistry(), http.NotFoundHandler())
	ask := func(path string) string {
		w := httptest.NewRecorder()
		ops.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Body.String()
	}
	is := func(want, when string) {
		t.Helper()
		if got := ask("/metrics"); !strings.Contains(got, "\nbitacora_ready "+want+"\n") {
			t.Errorf("%s it is not %s:\n%s", when, want, got)
		}
	}
	is("0", "before anybody asks")
	ask("/readyz")
	is("1", "ready")
	problem = errors.New("no primary")
	is("1", "until it is asked again")
	ask("/readyz")
	is("0", "failing")
	problem = nil
	ask("/readyz")
	is("1", "ready again")
	ready.Drain()
	is("0", "stopping")
	ask("/readyz")
	is("0", "asked while stopping")
	if asked != 4 {
		t.Errorf("asked %d times, want once for each /readyz", asked)
	}
}

func TestReadinessSaysWhy(t *testing.T) {
	url, ready, stop := instance(t, 0, http.NotFoundHandler())
	var mu sync.Mutex
	problem := errors.New("topics missing: bitacora.assets")
	ready.Add("kafka", func(context.Context) error { mu.Lock(); defer mu.Unlock(); return problem })
	ready.Add("store", func(context.Context) error { return nil })
	ready.Add("panics", func(context.Context) error { panic("boom") })
	status, body := get(t, url+"/readyz")
	var got run.Report
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want := run.Report{Status: "failing", Checks: map[string]string{"kafka": problem.Error(), "store": "ok", "panics": "panic: boom"}}
	if diff := cmp.Diff(want, got); diff != "" || status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, diff)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A check that hangs costs one goroutine, however often it is asked.
func TestCheckThatHangs(t *testing.T) {
	ready := &run.Checks{Timeout: time.Hour}
	asked, release := make(chan struct{}, 100), make(chan struct{})
	defer close(release)
	ready.Add("hangs", func(context.Context) error { asked <- struct{}{}; <-release; return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for range 20 {
		if ready.Run(ctx).OK() {
			t.Fatal("ok")
		}
	}
	<-asked
	if n := len(asked); n != 0 {
		t.Errorf("asked %d times more", n)
	}
}

func TestDrain(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	url, _, stop := instance(t, 2*time.Second, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-release
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	slow := make(chan int)
	go func() { status, _ := get(t, url+"/slow"); slow <- status }()
	<-begun
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	// It says that it stops while it still answers.
	for {
		status, body := get(t, url+"/readyz")
		if status == http.StatusServiceUnavailable && strings.Contains(body, "stopping") {
			break
		}
		if status == 0 {
			t.Fatal("it took no more requests before it had said that it stops")
		}
	}
	if status, body := get(t, url+"/fast"); status != http.StatusNoContent {
		t.Errorf("while draining: %d %s", status, body)
	}
	close(release)
	if status := <-slow; status != http.StatusNoContent {
		t.Errorf("request under way: %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if status, _ := get(t, url+"/fast"); status != 0 {
		t.Errorf("after the stop: %d", status)
	}
}

func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	begun := make(chan struct{})
	ready := &run.Checks{}
	server, err := run.Listen(t.Context(), run.HTTPConfig{Addr: "127.0.0.1:0"}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}), ready, quiet())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(t.Context()) }()
	answered := make(chan int, 1)
	go func() { status, _ := get(t, "http://"+server.Addr()); answered <- status }()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := server.Stop(ctx); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if status := <-answered; status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestListenRefusesATakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := run.Listen(t.Context(), run.HTTPConfig{Addr: l.Addr().String()}, nil, &run.Checks{}, quiet()); err == nil {
		t.Error("listening twice")
	}
}
