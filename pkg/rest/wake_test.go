package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// busy is a toy whose operations work until the test lets them end; none reaches a store.
type busy struct {
	*toy
	arrivals *rest.Arrivals
	// work lets one end for each that is received from it, all once it is closed.
	work chan struct{}
	// answers are those of one user's requests; bodies are the half sent ones.
	answers []*httptest.ResponseRecorder
	bodies  []*io.PipeWriter
}

type upload struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

func newBusy(t testing.TB, places int) *busy {
	b := &busy{toy: newToy(t, func(c *rest.Config) { c.MaxInFlight, c.Timeout = places, 24*time.Hour })}
	handle := func(verb, method string, run func(context.Context) error) {
		rest.Handle(b.server, rest.Op{ID: "pump." + verb, Roles: auth.Everybody, Path: "/v1/" + verb, Method: method, Summary: verb},
			func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, run(ctx) })
	}
	works := func() { <-b.work }
	handle("pass", http.MethodGet, func(context.Context) error { return nil })
	handle("work", http.MethodGet, func(context.Context) error { works(); return nil })
	// Both wait for one arrival; the first then looks for as long as the test has it.
	for verb, look := range map[string]func(){"seek": works, "glance": func() {}} {
		handle(verb, http.MethodGet, func(ctx context.Context) error {
			looked := false
			_, err := rest.Await(ctx, b.arrivals, time.Hour, func(context.Context) (bool, error) {
				if !looked {
					looked = true
					return false, docstore.ErrNotFound
				}
				look()
				return true, nil
			})
			return err
		})
	}
	rest.Handle(b.server, rest.Op{ID: "pump.upload", Roles: keepers, Path: "/v1/upload", Method: http.MethodPost, Summary: "upload"},
		func(context.Context, *upload) (*struct{}, error) { works(); return nil, nil })
	return b
}

// ask sends a request, and comes back when it is answered or waits for something.
func (b *busy) ask(who, method, path string, body io.Reader) *httptest.ResponseRecorder {
	r, out := httptest.NewRequest(method, path, body), httptest.NewRecorder()
	r.Header.Set("Authorization", "Bearer "+who)
	r.Header.Set("Content-Type", "application/octet-stream")
	out.Code = 0
	go b.server.Handler().ServeHTTP(out, r)
	synctest.Wait()
	return out
}

// crowd has one user do something.
func (b *busy) crowd(step string) {
	switch step {
	case "a body ends":
		if len(b.bodies) > 0 {
			_ = b.bodies[0].Close()
			b.bodies = b.bodies[1:]
		}
	case "something arrives":
		b.arrivals.Notify()
	case "time passes": // whoever waits looks again
		<-time.After(time.Second)
	case "work is done":
		select {
		case b.work <- struct{}{}:
		default:
		}
	case "upload":
		body, w := io.Pipe()
		b.bodies = append(b.bodies, w)
		b.answers = append(b.answers, b.ask(director, "POST", "/v1/upload", io.MultiReader(strings.NewReader("begun"), body)))
	default:
		b.answers = append(b.answers, b.ask(director, "GET", "/v1/"+step, nil))
	}
	synctest.Wait()
}

// end lets all go on to their end.
func (b *busy) end() {
	close(b.work)
	for len(b.bodies) > 0 {
		b.crowd("a body ends")
	}
	b.crowd("something arrives")
	b.crowd("time passes")
}

func TestWhateverOneUserDoesASingleRequestOfAnotherIsServed(t *testing.T) {
	const most = 30
	toys := map[int]*busy{}
	for _, places := range []int{6, 11, most} {
		toys[places] = newBusy(t, places)
	}
	steps := []string{"work", "seek", "upload", "a body ends", "something arrives", "time passes", "work is done"}
	rapid.Check(t, func(r *rapid.T) {
		places := rapid.SampledFrom([]int{6, 11, most}).Draw(r, "places")
		b := toys[places]
		type many struct {
			step  string
			times int
		}
		var crowd []many
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			crowd = append(crowd, many{rapid.SampledFrom(steps).Draw(r, "step"), rapid.IntRange(1, 2*places).Draw(r, "times")})
		}
		var wrong []string
		synctest.Test(t, func(*testing.T) {
			b.arrivals, b.work, b.answers, b.bodies = &rest.Arrivals{}, make(chan struct{}), nil, nil
			check := func(what string, a *httptest.ResponseRecorder, right ...int) {
				if !slices.Contains(right, a.Code) {
					wrong = append(wrong, fmt.Sprintf("%s: %d %s", what, a.Code, a.Body))
				}
			}
			for _, m := range crowd {
				for range m.times {
					b.crowd(m.step)
				}
				check("another's request", b.ask(other, "GET", "/v1/pass", nil), http.StatusNoContent)
			}
			waits := b.ask(other, "GET", "/v1/glance", nil)
			b.crowd("something arrives")
			check("what another waited for has arrived", waits, http.StatusNoContent)
			b.end()
			for _, a := range b.answers {
				check("the user's own", a, http.StatusNoContent, http.StatusTooManyRequests)
			}
		})
		if len(wrong) > 0 {
			r.Fatal(wrong)
		}
	})
}

// All wake at each arrival, and look for as long as the test has them; before, they took every place.
func TestOneArrivalThatWakesThreeHundredOfOneUserKeepsNobodyOut(t *testing.T) {
	b := newBusy(t, 256)
	synctest.Test(t, func(t *testing.T) {
		b.arrivals, b.work = &rest.Arrivals{}, make(chan struct{})
		for range 300 {
			b.crowd("seek")
		}
		waits := b.ask(other, "GET", "/v1/glance", nil)
		b.crowd("something arrives")
		for _, who := range []string{other, director} {
			if a := b.ask(who, "GET", "/v1/pass", nil); a.Code != http.StatusNoContent {
				t.Errorf("%s: %d %s", who, a.Code, a.Body)
			}
		}
		if waits.Code != http.StatusNoContent {
			t.Errorf("another who waited: %d", waits.Code)
		}
		b.end()
		for i, a := range b.answers {
			if a.Code != http.StatusNoContent {
				t.Fatalf("%d of those who waited: %d %s", i, a.Code, a.Body)
			}
		}
	})
}
