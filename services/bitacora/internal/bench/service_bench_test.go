package bench_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/embedded"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// ground is what services and their bare counterparts stand on: a store's kind and a broker.
type ground struct {
	name string
	// store opens an empty store for a service, bare one of the same kind for what is compared with it, with the indexes that the
	// service's collection of assets has in that store.
	store func(tb testing.TB) (driver docstore.Driver, place string)
	bare  func(tb testing.TB, place string) bare
	// brokers and dial lead to the broker, prefix keeps this run's topics apart.
	brokers []string
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	prefix  string
	issuer  *devissuer.Issuer
}

const issuer, audience = "urn:bitacora:bench", "bitacora"

// named makes the ground's own issuer.
func (g *ground) named(tb testing.TB, name string) *ground {
	var err error
	g.name = name
	g.issuer, err = devissuer.Open(devissuer.Config{Dir: tb.TempDir(), URL: issuer, Audience: audience})
	must(tb, err)
	return g
}

// token is that of somebody with these grants.
func (g *ground) token(tb testing.TB, subject string, grants ...string) string {
	t, err := g.issuer.Sign(subject, grants, time.Hour)
	must(tb, err)
	return t
}

// bare is a store as somebody would use it who has nothing but its driver.
type bare interface {
	// insert writes a document, as durable as the service does.
	insert(ctx context.Context, d *document) error
	// read writes the document as JSON.
	read(ctx context.Context, id string, to io.Writer) error
	// list writes the first 50 documents of a scope with that functioning, by id.
	list(ctx context.Context, scope, functioning string, to io.Writer) error
	// fill writes many, without hurry for durability.
	fill(ctx context.Context, docs []document) error
}

// embeddedBroker is the broker of the single binary, in this process.
func embeddedBroker(tb testing.TB, g *ground) {
	b, err := embedded.Start(tb.Context(), embedded.Config{Dir: filepath.Join(tb.TempDir(), "broker"), Logger: slog.New(slog.DiscardHandler)})
	must(tb, err)
	stopped(tb, b.Stop)
	g.brokers, g.dial = b.Brokers(), b.Dial
}

func stopped(tb testing.TB, stop func(context.Context) error) {
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := stop(ctx); err != nil {
			tb.Errorf("stop: %v", err)
		}
	})
}

// bus is a client of the broker, with all topics made.
func (g *ground) bus(tb testing.TB) event.Bus {
	b, err := kafkabus.New(kafkabus.Config{Brokers: g.brokers, Dial: g.dial, Prefix: g.prefix, ReplicationFactor: 1}, slog.New(slog.DiscardHandler), nil)
	must(tb, err)
	stopped(tb, b.Close)
	must(tb, b.CreateTopics(tb.Context(), event.TopicNames()))
	return b
}

// running is a service on its store, served as its own process serves it: tokens are verified, requests are logged.
type running struct {
	*service.Service
	*side
	driver docstore.Driver
	place  string
	admin  string
}

func (g *ground) start(tb testing.TB, name string, build process.New, bus event.Bus) *running {
	r := &running{admin: g.token(tb, "admin", "admin@nation")}
	var err error
	labelled(name, func() {
		r.driver, r.place = g.store(tb)
		log := slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // the cost of the log counts, not that of the terminal
		guard := auth.NewStaticVerifier(g.issuer, auth.Config{Issuer: issuer, Audience: audience, Logger: log})
		r.Service, err = build(service.Config{MaxInFlight: 256, Timeout: 15 * time.Second},
			service.Deps{Driver: r.driver, Bus: bus, Guard: guard, Logger: log, Registry: prometheus.NewRegistry(), Version: "bench"})
		must(tb, err)
		must(tb, r.Store.Migrate(tb.Context()))
		must(tb, r.Start(context.WithoutCancel(tb.Context())))
	})
	stopped(tb, r.Stop)
	r.side = newSide(tb, name, r.Handler())
	return r
}

// post makes something as the admin and returns it.
func (r *running) post(tb testing.TB, path string, body any) map[string]any {
	asked := client.New(client.Config{Base: func(string) string { return r.server.URL }, Tokens: func(string) (string, error) { return r.admin, nil }, HTTP: r.client})
	var out map[string]any
	_, err := asked.Done(tb.Context(), client.Request{User: "admin", Method: http.MethodPost, Path: path, Body: body}, &out)
	must(tb, err)
	return out
}

// unit registers a unit of Baja California Sur, beds the type of what is put there.
func (r *running) unit(tb testing.TB, clues string) {
	r.post(tb, "/v1/units", map[string]any{"clues": clues, "name": "Unidad " + clues, "unit_type": "CH", "municipality": "Mulegé", "synthetic": true})
}

func (r *running) beds(tb testing.TB) (typeID string) {
	return r.post(tb, "/v1/equipment-types", map[string]any{"key": "hospital_bed", "name_es": "Cama hospitalaria", "category": "furniture", "tracking": "tagged"})["id"].(string)
}

// drained waits until the outbox is empty and returns how long that took.
func (r *running) drained(tb testing.TB) time.Duration {
	start := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for time.Since(start) < time.Minute {
		n, _, err := r.driver.Backlog(tb.Context(), []string{"assets"})
		must(tb, err)
		if n == 0 {
			return time.Since(start)
		}
		<-tick.C
	}
	tb.Fatal("the outbox is not empty after a minute")
	return 0
}

// fill puts documents into the service's collection of assets, without events: they have all been heard.
func (r *running) fill(tb testing.TB, docs []document) { fillAssets(tb, r.Service, docs) }

func fillAssets(tb testing.TB, s *service.Service, docs []document) {
	store := docstore.NewStore(s.Store.Driver(), docstore.Options{})
	specs := s.Store.Specs()
	spec := specs[slices.IndexFunc(specs, func(s docstore.Spec) bool { return s.Name == "assets" })]
	assets := docstore.Open(store, spec, func(d *document) []string { return d.Scope })
	ctx := caller.AsSystem(tb.Context(), "bench")
	for part := range slices.Chunk(docs, 2000) {
		batch := make([]docstore.New[document], len(part))
		for i := range part {
			batch[i] = docstore.New[document]{ID: part[i].ID, State: &part[i]}
		}
		for _, err := range assets.InsertMany(ctx, batch) {
			must(tb, err)
		}
	}
}

// registration is the body of POST /v1/assets, of which no two are equal.
func registration(unit, typeID string, n int64) string {
	return fmt.Sprintf(`{"unit_id":%q,"type_id":%q,"functioning":"working","use":"in_use","serial_number":"SN-%08d","inventory_tag":"51.103.%08d",`+
		`"brand":"Hill-Rom","model":"Progressa","acquired_on":"2024-05-02","acquisition_cost":{"amount_cents":12345600,"currency":"MXN"}}`, unit, typeID, n, n)
}
