package bench_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service"
	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

const (
	// callers look at a page at once, each so many times.
	callers = 8
	looks   = 60
	// homeWithin is the ceiling of a home page's p99 in ms.
	homeWithin = 50
)

// homes are one demo user of each role.
var homes = []struct{ role, user string }{{"requester", "requester-santa-rosalia"}, {"director", "director-santa-rosalia"}, {"engineer", "engineer-bcs"}, {"office", "office-bcs"},
	{"contracts", "contracts"}, {"contractor", "contractor-a"}, {"technician", "technician"}, {"planner", "planner"}, {"auditor", "auditor"}, {"admin", "admin"}}

// BenchmarkBudgetHome is how long each role's home page takes under eight callers, on the full demonstration: from the request to the last byte,
// by clients on the same machine.
func BenchmarkBudgetHome(b *testing.B) {
	w := institutionAtWork(b)
	for _, h := range homes {
		browser := w.SignIn(b, h.user)
		var mu sync.Mutex
		var took []float64
		look := func() {
			start := time.Now()
			p := browser.Get("/")
			ms := time.Since(start).Seconds() * 1000
			mu.Lock()
			defer mu.Unlock()
			took = append(took, ms)
			if p.StatusCode != http.StatusOK {
				b.Errorf("%s: %d", h.user, p.StatusCode)
			}
		}
		for range callers {
			look()
		}
		took = nil
		before := cpu(b)
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range looks {
					look()
				}
			})
		}
		wg.Wait()
		note("home of %s: p50 %.1f ms, CPU with its client %.1f ms", h.role, median(took), (cpu(b)-before).Seconds()*1000/callers/looks)
		ceiling(b, "home-p99/"+h.role, quantile(took, 0.99), homeWithin)
	}
}

const (
	// pairs is how often a list page and the request behind it are asked for, in turns.
	pairs = 200
	// listWithin is by how many ms a list page may take longer than twice the request behind it.
	listWithin = 5
)

// BenchmarkBudgetListPage is a list page of 50 assets among 200,000, beside the REST request behind it, both over HTTP by one caller.
func BenchmarkBudgetListPage(b *testing.B) {
	w := localtest.Open(b, localtest.Settings(b.TempDir()))
	b.Cleanup(func() { w.Close(b) })
	docs := documents(200_000)
	for u := range len(docs) / unitsOf {
		_, err := w.Client.Done(b.Context(), client.Request{User: "admin", Method: http.MethodPost, Path: "/v1/units", Body: map[string]any{"clues": placeOf(u).unit, "name": "Unidad " + placeOf(u).unit, "unit_type": "CH", "municipality": "Mulegé", "synthetic": true}}, nil)
		must(b, err)
	}
	assets := w.Services[slices.IndexFunc(w.Services, func(s *service.Service) bool { return s.Name == asset.Name })]
	fillAssets(b, assets, docs)
	const user, filter = "engineer-bcs", "functioning=not_working"
	browser := w.SignIn(b, user)
	token, err := w.Tokens(user)
	must(b, err)
	behind := &side{name: "rest", base: w.URL, client: browser.Client}
	var took [2][]float64
	for n := range pairs + callers {
		for i, look := range []func(){
			func() { rowsOf(b, browser.Get("/equipos?"+filter)) },
			func() {
				_, err := behind.send(ask{http.MethodGet, "/v1/assets?limit=50&" + filter, token, "", http.StatusOK})
				must(b, err)
			},
		} {
			start := time.Now()
			look()
			if n >= callers {
				took[i] = append(took[i], time.Since(start).Seconds()*1000)
			}
		}
	}
	note("list page: p50 %.1f ms, p99 %.1f ms; the request behind it: p50 %.1f ms, p99 %.1f ms", median(took[0]), quantile(took[0], 0.99), median(took[1]), quantile(took[1], 0.99))
	over := make([]float64, pairs)
	for i := range over {
		over[i] = took[0][i] - 2*took[1][i]
	}
	ceiling(b, "list-page-over-twice-rest", median(over), listWithin)
}

// rowsOf fails unless the page lists 50 assets with the names of their units.
func rowsOf(b *testing.B, p localtest.Shown) {
	if n := strings.Count(p.Text, `href="/equipos/`); p.StatusCode != http.StatusOK || n < 50 || !strings.Contains(p.Text, "Unidad BSIST") {
		b.Fatalf("%d, %d rows", p.StatusCode, n)
	}
}

// cpu is what this process has used of the processors.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// institutionAtWork is the single binary with the full demonstration, in this process.
func institutionAtWork(b *testing.B) *localtest.World {
	cfg := localtest.Settings(b.TempDir())
	cfg.Demo = local.DemoFull
	w := localtest.Open(b, cfg)
	b.Cleanup(func() { w.Close(b) })
	start := time.Now()
	must(b, w.LoadDemo(func() error {
		s := w.Stage()
		return institution.Load(b.Context(), institution.Config{Stage: s, Handler: s.Handler, Base: s.Base})
	}))
	must(b, demo.People(context.WithoutCancel(b.Context()), w.URL, w.Tokens))
	note("the demonstration was made in %s", time.Since(start).Round(time.Millisecond))
	return w
}
