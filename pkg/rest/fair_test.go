package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// waits is a toy with a POST that waits for a reference which does not come until the test lets it.
func waits(t testing.TB, waiting chan<- struct{}, arrivals *rest.Arrivals, tune ...func(*rest.Config)) *toy {
	y := newToy(t, tune...)
	rest.Action(y.server, rest.Op{ID: "pump.awaiting", Roles: keepers, Path: "/v1/pumps/{id}/await", Summary: "Waits for a pump"}, y.pumps,
		func(ctx context.Context, id string, _ *rest.Nothing) error {
			first := true
			_, err := rest.Await(ctx, arrivals, time.Hour, func(ctx context.Context) (*pump, error) {
				p, err := y.pumps.Get(ctx, id)
				if first && err != nil {
					first = false
					waiting <- struct{}{}
				}
				return p, err
			})
			return err
		})
	return y
}

func TestThreeHundredWaitingRequestsOfOneUserKeepNobodyOut(t *testing.T) {
	waiting, arrivals := make(chan struct{}, 300), &rest.Arrivals{}
	registry := prometheus.NewRegistry()
	y := waits(t, waiting, arrivals, func(c *rest.Config) { c.Registry, c.Timeout = registry, time.Hour })
	addr := y.http.Listener.Addr().String()
	const id = "01981a2b-0000-7000-8000-000000000001"
	var halves, whole []*dialled
	for i := range 300 {
		c := dial(t, addr)
		if i%5 < 2 {
			c.say("POST /v1/pumps/" + id + "/await HTTP/1.1\n" + bearer + "\n")
			whole = append(whole, c)
			continue
		}
		// The server says 100 Continue when it begins to wait for the body.
		c.say("POST /v1/pumps HTTP/1.1\n" + bearer + "Expect: 100-continue\nContent-Length: 15\n\n")
		if line, err := c.reader.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%q %v", line, err)
		}
		if _, err := c.reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		c.say("{\"unit_id\"")
		halves = append(halves, c)
	}
	for range whole {
		<-waiting
	}
	if n := gauge(t, registry, "bitacora_http_requests_waiting"); n < 180 || n > 300 { // who looks once more is under way meanwhile
		t.Errorf("%v requests wait", n)
	}
	for range 20 {
		if a := y.do(t, other, "GET", "/v1/pumps", ""); a.StatusCode != http.StatusOK {
			t.Fatalf("another user: %d %s", a.StatusCode, a.body)
		}
		if a := y.do(t, other, "POST", "/v1/pumps", `{"unit_id":"B"}`); a.StatusCode != http.StatusCreated {
			t.Fatalf("another user: %d %s", a.StatusCode, a.body)
		}
	}
	if a := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","id":"`+id+`"}`); a.StatusCode != http.StatusCreated {
		t.Fatalf("the same user: %d %s", a.StatusCode, a.body)
	}
	arrivals.Notify()
	for _, c := range halves {
		c.say(":\"A\"}")
		if status, text := c.hear(); status != 201 {
			t.Fatalf("a slow body: %d %s", status, text)
		}
	}
	for _, c := range whole {
		if status, text := c.hear(); status != 200 {
			t.Fatalf("what waited: %d %s", status, text)
		}
	}
}

func TestABusyServiceRefusesOnlyWhoHoldsMoreThanATenth(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.MaxInFlight = 20 })
	var wg sync.WaitGroup
	hold := func(who string) {
		wg.Go(func() {
			if a := y.do(t, who, "GET", "/v1/wait", ""); a.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %s", who, a.StatusCode, a.body)
			}
		})
		<-y.driver.waiting
	}
	for range 11 { // as long as half is free, one user may have it
		hold(director)
	}
	a := y.do(t, director, "GET", "/v1/wait", "")
	if p := a.problem(t); p.Status != 429 || p.Type != "too-many-requests" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("more than half is taken, by one: %+v", p)
	}
	for i := range 9 { // the other half is the others', though all come from one address
		hold(fmt.Sprintf("person%d director unit:A", i/3))
	}
	if p := y.do(t, other, "GET", "/v1/wait", "").problem(t); p.Status != 503 || p.Type != "too-many-requests-in-flight" {
		t.Errorf("all are taken: %+v", p)
	}
	close(y.driver.release)
	wg.Wait()
	if a := y.do(t, director, "GET", "/v1/pumps", ""); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", a.StatusCode)
	}
}

func TestAReaderThatIsSlowHoldsNoPlace(t *testing.T) {
	y := newToy(t, func(c *rest.Config) { c.MaxInFlight = 2 })
	big := fmt.Sprintf(`{"unit_id":"A","parts":[{"name":"%0180000d","count":1}]}`, 7)
	for range 50 {
		if a := y.do(t, director, "POST", "/v1/pumps", big); a.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	for range 4 { // each answer is larger than what the connection takes before somebody reads it
		c := dial(t, y.http.Listener.Addr().String())
		c.say("GET /v1/pumps?limit=50 HTTP/1.1\n" + bearer + "\n")
		if line, err := c.reader.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	if a := y.do(t, other, "GET", "/v1/pumps", ""); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// gauge is the present value of one that is there once.
func gauge(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
