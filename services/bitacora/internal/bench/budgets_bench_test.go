package bench_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	asset "github.com/bitacora-salud/bitacora/services/asset/app"
)

// BenchmarkBudgetSQLite measures on the stores and the broker of the single binary.
func BenchmarkBudgetSQLite(b *testing.B) { all(b, onSQLite) }

func all(b *testing.B, on func(testing.TB) *ground) {
	b.Run("register", func(b *testing.B) { register(b, on(b)) })
	b.Run("find", func(b *testing.B) { find(b, on(b)) })
	b.Run("visible", func(b *testing.B) { visible(b, on(b)) })
	b.Run("sums", func(b *testing.B) { sums(b, on(b)) })
	b.Run("rebuild", func(b *testing.B) { rebuild(b, on(b)) })
}

// register is the first budget: POST /v1/assets beside one insert of an equal document, each acknowledged when it is durable. The
// service's turns begin with an empty outbox, and the relay's work goes on beside them; what it has not done by the end of a turn is
// waited for before the bare side's turn.
func register(b *testing.B, g *ground) {
	s := g.start(b, "service", asset.New, g.bus(b))
	const unit = "BSIST000014"
	s.unit(b, unit)
	beds := s.beds(b)
	s.after = func() { s.drained(b) }
	s.drained(b)
	at := place{unit: unit, office: "baja-california-sur", region: "1", state: "03"}
	var alone *side
	labelled("bare", func() { alone = newSide(b, "bare", handler(g.bare(b, s.place), at)) })
	var tokens [clients]string
	for i := range tokens {
		tokens[i] = g.token(b, fmt.Sprint("engineer-", i), "biomedical_engineer@office:baja-california-sur")
	}
	var serial atomic.Int64
	next := func(n int64) ask {
		return ask{http.MethodPost, "/v1/assets", tokens[n%clients], registration(unit, beds, serial.Add(1)), http.StatusCreated}
	}
	rates := race(b, next, s.side, alone)
	budget(b, "register/"+g.name, ratio(rates[0], rates[1]), 0.60)
	s.after = nil
	note("%.0f/s for %s on end", s.load(b, 5*turn, next), 5*turn)
	ceiling(b, "register-drained/"+g.name, s.drained(b).Seconds(), 5)
}

// filled is a register of so many assets in a service and bare.
type filled struct {
	docs    []document
	service *running
	bare    bare
}

func fill(b *testing.B, g *ground, n int, bus event.Bus) *filled {
	name := fmt.Sprintf("service-%dk", n/1000)
	f := &filled{docs: documents(n), service: g.start(b, name, asset.New, bus)}
	start := time.Now()
	f.service.fill(b, f.docs)
	note("%s: filled in %s", name, time.Since(start).Round(time.Millisecond))
	f.bare = g.bare(b, f.service.place)
	must(b, f.bare.fill(b.Context(), f.docs))
	return f
}

// alone is the bare side of a register; lists are narrowed to scope.
func (f *filled) alone(b *testing.B, name, scope string) *side {
	return newSide(b, name, handler(f.bare, place{scope: scope}))
}

// find is the second and the third budget: one asset by its id, and the first 50 assets of an office or a unit that do not work, by id.
func find(b *testing.B, g *ground) {
	bus := g.bus(b)
	small, large := fill(b, g, 20_000, bus), fill(b, g, 200_000, bus)
	ours := slices.DeleteFunc(slices.Clone(small.docs), func(d document) bool { return d.Office != officePlaces[0].office })
	engineer := g.token(b, "engineer", "biomedical_engineer@office:"+officePlaces[0].office)
	read := func(n int64) ask {
		return ask{http.MethodGet, "/v1/assets/" + ours[n*7919%int64(len(ours))].ID, engineer, "", http.StatusOK}
	}
	rates := race(b, read, small.service.side, small.alone(b, "bare-read", ""))
	budget(b, "read/"+g.name, ratio(rates[0], rates[1]), 0.80)
	unit := placeOf(offices).unit
	for _, of := range []struct{ kind, scope, token string }{
		{"office", "office:" + officePlaces[0].office, engineer},
		{"unit", "unit:" + unit, g.token(b, "director", "unit_director@unit:"+unit)},
	} {
		next := func(int64) ask {
			return ask{http.MethodGet, "/v1/assets?functioning=not_working&limit=50", of.token, "", http.StatusOK}
		}
		rates := race(b, next, small.service.side, small.alone(b, "bare-20k-"+of.kind, of.scope), large.service.side, large.alone(b, "bare-200k-"+of.kind, of.scope))
		name := fmt.Sprintf("list-%s/%s/", of.kind, g.name)
		budget(b, name+"20k", ratio(rates[0], rates[1]), 0.60)
		budget(b, name+"200k", ratio(rates[2], rates[3]), 0.60)
		budget(b, name+"flat", ratio(rates[2], rates[0]), 0.80)
	}
}
