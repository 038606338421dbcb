// Package load uses an installation as people of every role would, steadily, while somebody disturbs it, and says what became of every
// request and whether all that was acknowledged is there. It is a test's tool, not a benchmark: what it asks for is little and even.
package load

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// Config is what a load is given. Base, Tokens and Out are required.
type Config struct {
	// Base is the address in front of a path, Tokens the bearer token of a user of the demonstration.
	Base   func(path string) string
	Tokens client.Tokens
	// Out is told in lines what happens.
	Out io.Writer
	// Every is the time between two requests of a lane; 200 ms when 0.
	Every time.Duration
	// RetryFor is how long a request is repeated, under its own Idempotency-Key, that was answered 503 or not at all; a minute when 0.
	RetryFor time.Duration
	// CatchUp is how long the figures may take, after the end, to include what was acknowledged last; 5 minutes when 0.
	CatchUp time.Duration
	// Acknowledged, when set, is told each version that was acknowledged, of "asset/<id>", before the load goes on.
	Acknowledged func(document string, version int64)
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// load is one run.
type load struct {
	Config
	name    string
	setup   demo.Setup
	asking  *client.Client // under the witness's eyes
	quiet   *client.Client // for what is not part of the load
	witness *witness

	kind, contract string
	// plants are the machines that orders are about, in turns.
	plants []string
	turn   int

	mu       sync.Mutex
	reads    int
	writes   int
	took     []time.Duration
	refused  map[string]int
	versions map[aggregate]int64
	marks    []string
	doubtful int // registrations of assets
}

// machines is how many machines have orders.
const machines = 8

// aggregate names a document as a mark does.
type aggregate struct{ kind, id string }

// Run loads the installation until ctx ends, then looks for what was acknowledged. An error says that it could not begin; what failed later
// is in the Report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg.Every = cmp.Or(cfg.Every, 200*time.Millisecond)
	cfg.RetryFor = cmp.Or(cfg.RetryFor, time.Minute)
	cfg.CatchUp = cmp.Or(cfg.CatchUp, 5*time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	run, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	l := &load{Config: cfg, name: "load " + run.String(), witness: &witness{next: transport, again: map[string]int{}}, refused: map[string]int{},
		versions: map[aggregate]int64{}}
	// Longer than the longest time that a service gives a request.
	l.asking = client.New(client.Config{Base: cfg.Base, Tokens: cfg.Tokens, RetryFor: cfg.RetryFor,
		HTTP: &http.Client{Transport: l.witness, Timeout: 30 * time.Second}})
	l.quiet = client.New(client.Config{Base: cfg.Base, Tokens: cfg.Tokens, RetryFor: cfg.CatchUp,
		HTTP: &http.Client{Transport: transport, Timeout: 30 * time.Second}})
	l.setup = demo.Setup{Client: l.quiet, User: "admin"}
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	fmt.Fprintln(cfg.Out, "the load is on")
	begun := cfg.Now()
	l.lanes(ctx)
	ended := cfg.Now()
	return l.look(context.WithoutCancel(ctx), ended.Sub(begun))
}

// prepare registers what the load needs and does not register itself.
func (l *load) prepare(ctx context.Context) error {
	_, err := l.setup.Unit(ctx, demo.SantaRosalia)
	if err == nil {
		l.kind, err = l.setup.Type(ctx, "hospital_bed")
	}
	plant := ""
	if err == nil {
		plant, err = l.setup.Type(ctx, "power_plant")
	}
	if err == nil {
		err = l.setup.Contractor(ctx, devissuer.DemoContractorA, demo.ContractorName("A"))
	}
	if err != nil {
		return err
	}
	year := l.Now().UTC().Year()
	var lots []object
	for y := year - 1; y <= year+1; y++ { // the year of an order is that of the unit's clock
		lots = append(lots, object{"fiscal_year": y, "lot": 1, "min_amount": amount(1), "max_amount": amount(1_000_000_000_00)})
	}
	d, err := l.setup.Ensure(ctx, uuid.NewString(), "/v1/contracts", object{"number": l.name, "name": "Contrato de carga", "kind": "maintenance",
		"contractor_id": devissuer.DemoContractorA, "legal_regime": "other", "open_contract": true, "valid_from": fmt.Sprintf("%d-01-01", year-1),
		"valid_to": fmt.Sprintf("%d-12-31", year+1), "coverage": object{"nation": true}, "lots": lots})
	if err != nil {
		return err
	}
	l.contract = d.ID
	if err := l.appoint(ctx); err != nil {
		return err
	}
	for range machines {
		if err := l.machine(ctx, plant); err != nil {
			return err
		}
	}
	return nil
}

// appoint lets who administers contracts commit the contract's money. The release that is loaded first may know no appointments.
func (l *load) appoint(ctx context.Context) error {
	return l.setup.Appoint(ctx, uuid.NewString(), "", "contracts", l.contract, "2025-01-01")
}

// machine registers a machine that orders will be about, and has one done: that the other service has heard of it is waited for here.
func (l *load) machine(ctx context.Context, kind string) error {
	d, err := l.setup.Ensure(ctx, uuid.NewString(), registrations, object{"unit_id": demo.SantaRosalia, "type_id": kind, "functioning": "working", "use": "in_use"})
	if err != nil {
		return err
	}
	l.plants = append(l.plants, d.ID)
	l.turn = len(l.plants) - 1
	l.order(func(r client.Request) (*client.Answer, bool) {
		var a *client.Answer
		a, err = l.quiet.Done(ctx, r, nil)
		return a, err == nil
	})
	return err
}

type object = map[string]any

func amount(cents int) object { return object{"amount_cents": cents, "currency": "MXN"} }

// lanes runs all lanes until ctx ends and what they began is answered.
func (l *load) lanes(ctx context.Context) {
	var all sync.WaitGroup
	for _, life := range []func(send){l.asset, l.order, l.delivery} {
		all.Go(func() {
			tick := time.NewTicker(l.Every)
			defer tick.Stop()
			for ctx.Err() == nil {
				life(func(r client.Request) (*client.Answer, bool) {
					if !paced(ctx, tick) {
						return nil, false
					}
					return l.write(ctx, r)
				})
			}
		})
	}
	for _, r := range readers {
		all.Go(func() {
			tick := time.NewTicker(l.Every)
			defer tick.Stop()
			for paced(ctx, tick) {
				l.read(ctx, client.Request{User: r[0], Method: http.MethodGet, Path: r[1]})
			}
		})
	}
	all.Wait()
}

func paced(ctx context.Context, tick *time.Ticker) bool {
	select {
	case <-ctx.Done():
		return false
	case <-tick.C:
		return ctx.Err() == nil
	}
}

// write sends a write. What is begun is waited for, even when the load ends meanwhile.
func (l *load) write(ctx context.Context, r client.Request) (*client.Answer, bool) {
	r.Method = http.MethodPost
	a, ok := l.askAppointed(context.WithoutCancel(ctx), r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	if !ok {
		if r.Path == registrations {
			l.doubtful++
		}
		return a, false
	}
	l.acknowledged(a.Mark())
	return a, true
}

// askAppointed asks again while the answer is that nobody was appointed: in an upgrade under the load to the release that knows
// appointments the right to commit is given as soon as one of its pods is asked for it.
func (l *load) askAppointed(ctx context.Context, r client.Request) (*client.Answer, bool) {
	a, ok := l.ask(ctx, r)
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for until := l.Now().Add(l.RetryFor); notAppointed(a); a, ok = l.ask(ctx, r) {
		if err := l.appoint(ctx); err != nil || l.Now().After(until) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.refused[fmt.Sprintf("nobody can be appointed to commit what orders cost: %s, %v", a, err)]++
			return a, false
		}
		<-tick.C
	}
	return a, ok
}

func notAppointed(a *client.Answer) bool { return a != nil && a.Problem().Rule() == "not-appointed" }

func (l *load) read(ctx context.Context, r client.Request) {
	l.ask(context.WithoutCancel(ctx), r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
}

func (l *load) ask(ctx context.Context, r client.Request) (*client.Answer, bool) {
	begun := l.Now()
	a, err := l.asking.Do(ctx, r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, l.Now().Sub(begun))
	switch {
	case err != nil:
		l.refused[fmt.Sprintf("%s %.40s as %s: %v", r.Method, r.Path, r.User, err)]++
	case notAppointed(a):
	case a.Status >= 300:
		l.refused[fmt.Sprintf("%s %.40s as %s: %s", r.Method, r.Path, r.User, a)]++
	}
	return a, err == nil && a.Status < 300
}
