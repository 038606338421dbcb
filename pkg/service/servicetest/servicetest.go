// Package servicetest runs services for their tests as in production: on a real SQLite store and the embedded broker (or on the stores and
// brokers that the test brings), called over HTTP with the tokens of made-up people.
package servicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// New makes a service of what it is given, as app.New does.
type New func(service.Config, service.Deps) (*service.Service, error)

// World is what the services of one test share: a bus with all topics, and a clock that the test may set.
type World struct {
	Bus event.Bus
	Now func() time.Time
	// Guard, when set, is asked who sends a request, instead of believing what As makes.
	Guard rest.Guard
	// Registry, when set, gets the metrics of all services; without it each has one of its own.
	Registry *prometheus.Registry
}

// Open makes a world on the embedded broker.
func Open(t testing.TB) *World {
	t.Helper()
	bus := bustest.Embedded(t).Open(t)
	w := &World{Bus: bus, Now: time.Now}
	w.Topics(t)
	return w
}

// Topics creates all topics.
func (w *World) Topics(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := w.Bus.CreateTopics(ctx, event.TopicNames()); err != nil {
		t.Fatalf("create topics: %v", err)
	}
}

// Service is a running service.
type Service struct {
	*service.Service
	world *World
	t     testing.TB
	http  *httptest.Server
}

// SQLite opens a store in a file that is removed when the test ends.
func SQLite(t testing.TB) docstore.Driver {
	t.Helper()
	d, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: filepath.Join(t.TempDir(), "documents.db")})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() { stop(t, "store", d.Close) })
	return d
}

// Run starts a service in a world of its own, on the store and broker of [Servers].
func Run(t testing.TB, build New) (*World, *Service) {
	t.Helper()
	w, driver := Servers(t)
	return w, w.Start(t, build, driver)
}

// Start runs a service on a store until the test ends. Services may share a world, and even a store.
func (w *World) Start(t testing.TB, build New, driver docstore.Driver) *Service {
	t.Helper()
	registry, guard := w.Registry, w.Guard
	if registry == nil {
		registry = run.NewRegistry()
	}
	if guard == nil {
		guard = people{}
	}
	s, err := build(service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}, service.Deps{Driver: driver, Bus: w.Bus, Guard: guard,
		Logger: bustest.Logger(t), Registry: registry, Now: w.Now, Version: "test"})
	if err != nil {
		t.Fatalf("build the service: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Store.Migrate(ctx); err != nil {
		t.Fatalf("migrate the store: %v", err)
	}
	if err := s.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatalf("start the service: %v", err)
	}
	ready := &run.Checks{}
	ready.Add(s.Name, s.Ready)
	server := httptest.NewServer(run.Ops(&run.Checks{}, ready, registry, s.Handler()))
	t.Cleanup(func() {
		server.Close()
		stop(t, s.Name, s.Stop)
	})
	return &Service{Service: s, world: w, t: t, http: server}
}

func stop(t testing.TB, what string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := do(ctx); err != nil {
		t.Errorf("stop %s: %v", what, err)
	}
}

// Metrics returns the value of each series of /metrics, named as in the text format: name{label="value",…}, labels in alphabetical order.
func (s *Service) Metrics() map[string]float64 {
	s.t.Helper()
	a := s.Call("", "GET", "/metrics", nil)
	if a.Status != http.StatusOK {
		s.t.Fatalf("/metrics: got %d", a.Status)
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(a.Body)) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			s.t.Fatalf("/metrics: %q: %v", line, err)
		}
		out[line[:at]] = value
	}
	return out
}

// Publish publishes an aggregate's state on a topic, as the service that owns it does.
func (w *World) Publish(t testing.TB, topic, typ string, version int64, state map[string]any) {
	t.Helper()
	id, _ := state["id"].(string)
	encoded, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	e := event.Envelope{Entry: event.Entry{ID: fmt.Sprintf("%s-%d-%s", id, version, typ), Type: "mx.bitacora." + typ + ".v1", Version: version, At: event.At(w.Now()),
		Actor: "test", Change: json.RawMessage("{}")}, Source: "/test", Subject: id, StateVersion: version, State: encoded, Topic: topic}
	r, err := e.Record()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if errs := w.Bus.Publish(ctx, []event.Record{r}); errs != nil {
		t.Fatalf("publish: %v", errs[0])
	}
}

// Unit returns the state of an open unit of Baja California Sur, as its service publishes it, with the fields of more added.
func Unit(id string, more map[string]any) map[string]any {
	u := map[string]any{"id": id, "unit_id": id, "office": "baja-california-sur", "region": "1", "state_code": "03", "name": "Unidad " + id, "kind": "medical_unit",
		"operation_state": "open", "time_zone": "America/Mazatlan"}
	maps.Copy(u, more)
	return u
}

// Ago returns the instant d before now, in RFC 3339.
func Ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// Eventually calls look until it returns true. The test fails, naming what, if that takes longer than it may on a busy machine.
func Eventually(t testing.TB, what string, look func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !look() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not in time: %s", what)
		}
	}
}

// Published waits until a topic holds n records of this key and returns their values, {"change": …, "state": …}, in order.
func (w *World) Published(t testing.TB, topic, key string, n int) []string {
	t.Helper()
	sub, err := w.Bus.Subscribe("servicetest."+key, []string{topic})
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer stop(t, "subscription", sub.Close)
	var out []string
	for len(out) < n && ctx.Err() == nil {
		records, err := sub.Fetch(ctx, 500)
		if err != nil {
			t.Fatalf("fetch: %v", err)
		}
		for _, r := range records {
			if r.Key == key {
				out = append(out, string(r.Value))
			}
		}
	}
	if len(out) < n {
		t.Fatalf("%s holds %d records of %s, not %d", topic, len(out), key, n)
	}
	return out
}

// Heard waits until the service has consumed all that has been published.
func (s *Service) Heard() {
	s.t.Helper()
	for group, topics := range s.Groups() {
		Eventually(s.t, "the end of "+group, func() bool {
			lag, err := s.world.Bus.Lag(s.t.Context(), group, topics)
			open := int64(0)
			for _, n := range lag {
				open += n
			}
			return err == nil && open == 0
		})
	}
}

// Published waits until all events of the service are published; the test fails if one cannot be.
func (s *Service) Published() {
	s.t.Helper()
	ctx := caller.AsSystem(s.t.Context(), "servicetest")
	var names []string
	for _, spec := range s.Store.Specs() {
		if spec.Topic() != "" {
			names = append(names, spec.Name)
		}
	}
	Eventually(s.t, "the outboxes are empty", func() bool {
		n, _, err := s.Store.Driver().Backlog(ctx, names)
		return err == nil && n == 0
	})
	parked, err := s.Dead.List(ctx, "", nil, 10)
	if err != nil {
		s.t.Fatalf("dead letters: %v", err)
	}
	for _, l := range parked.Docs {
		s.t.Errorf("parked: %s of %s: %s", l.State.Type, l.State.Aggregate, l.State.Reason)
	}
}

// Rewrite changes the body of a document in the store, beside all operations, which would take hundreds of steps to such a state. It is told with
// the document's next event.
func (s *Service) Rewrite(collection, id string, change func(body map[string]json.RawMessage)) {
	s.t.Helper()
	s.Published() // what is still to be told of it would be lost
	driver := s.Store.Driver()
	docs, err := driver.Load(s.t.Context(), collection, []string{id})
	if err != nil || len(docs) != 1 {
		s.t.Fatalf("%s %s: %d documents, %v", collection, id, len(docs), err)
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(docs[0].Body, &body); err != nil {
		s.t.Fatal(err)
	}
	change(body)
	whole := &bytes.Buffer{}
	encoder := json.NewEncoder(whole)
	encoder.SetEscapeHTML(false) // as stores hold it
	if err := encoder.Encode(body); err != nil {
		s.t.Fatal(err)
	}
	put := docstore.Write{Kind: docstore.Put, Collection: collection, ID: id, Version: docs[0].Version + 1, Body: bytes.TrimSpace(whole.Bytes())}
	if err := driver.Apply(s.t.Context(), []docstore.Write{put}); err != nil {
		s.t.Fatal(err)
	}
}
