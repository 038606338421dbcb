package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// The toy service: pumps that stand in units, may be switched on once, and have a tag that is unique.

type pump struct {
	ID        string     `json:"id"`
	UnitID    string     `json:"unit_id"`
	Lifecycle string     `json:"lifecycle" vocabulary:"pump_lifecycle"`
	Since     event.Time `json:"since,omitzero"`
	Parts     []part     `json:"parts,omitempty"`
	Price     int64      `json:"price_cents,omitempty"`
	Weight    float64    `json:"weight,omitempty"`
	PumpFacts
}

type PumpFacts struct {
	Tag   string   `json:"inventory_tag,omitempty" maxLength:"40"`
	Brand string   `json:"brand,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

var _ = mx.Define("pump_lifecycle", mx.Words{{"draft", "Por completar", "Draft"}, {"active", "Activo", "Active"}, {"retired", "Dado de baja", "Retired"}})

// may is the table of moves: a pump is switched on once. Of one the table cannot say.
func (p *pump) may(verb string) error {
	if p.Tag == "UNSURE" {
		return docstore.ErrUnavailable
	}
	if verb == "activate" && p.Lifecycle != "draft" {
		return fault.Conflictf("already-active", p.Lifecycle, "the pump is %s", p.Lifecycle).With("draft")
	}
	return nil
}

type pumpName struct {
	Name string `json:"name" minLength:"1"`
}

type part struct {
	Name  string `json:"name" minLength:"1"`
	Count int    `json:"count" minimum:"0"`
}

type registerPump struct {
	ID     string     `json:"id,omitempty" doc:"UUIDv7 of the client's own."`
	UnitID string     `json:"unit_id"`
	Tag    string     `json:"inventory_tag,omitempty" maxLength:"40"`
	Parts  []part     `json:"parts,omitempty" maxItems:"20"`
	Price  int64      `json:"price_cents,omitempty" minimum:"0"`
	Weight float64    `json:"weight,omitempty"`
	At     event.Time `json:"at,omitzero"`
}

type activatePump struct {
	Reason string `json:"reason,omitempty"`
}

type pumpQuery struct {
	rest.Paging
	UnitID    []string `query:"unit_id,explode" doc:"Of these units."`
	Lifecycle []string `query:"lifecycle,explode" vocabulary:"pump_lifecycle"`
}

// keepers change pumps, as the operations say; toyCaller goes by names of its own.
var keepers = auth.Roles{auth.UnitDirector}

type toyGuard struct{}

// Authenticate takes tokens of the form "name role place place…".
func (toyGuard) Authenticate(r *http.Request) (auth.Caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Fields(token)
	if !ok || len(parts) < 2 {
		return nil, errors.New("secret reason")
	}
	return toyCaller{parts[0], parts[1], parts[2:]}, nil
}

type toyCaller struct {
	name, role string
	places     []string
}

func (c toyCaller) Subject() string { return c.name }

func (c toyCaller) Access(op string, _ auth.Roles) (caller.Access, error) {
	if c.role == "writer" && (op == "pump.read" || op == "pump.list") || c.role == "reader" && op != "pump.read" && op != "pump.list" {
		return caller.Access{}, &fault.Error{Kind: fault.Forbidden, Rule: "role-missing", Detail: "no role of yours may do this"}
	}
	access := caller.Access{Subject: c.name, Scopes: c.places}
	for _, place := range c.places {
		access.Grants = append(access.Grants, event.Grant{Role: string(auth.UnitDirector), Place: place})
	}
	return access, nil
}

const (
	director = "ana director unit:A"
	other    = "eva director unit:B"
	planner  = "max reader nation"
	writer   = "wri writer unit:A"
)

type toy struct {
	server *rest.Server
	store  *docstore.Store
	pumps  *docstore.Collection[pump]
	driver *faulty
	http   *httptest.Server
	// refuse makes the domain refuse what it took before.
	refuse bool
}

var (
	pumpEvents    = event.NewSet(event.Assets, "pump")
	pumpActivated = event.Define[activatePump](pumpEvents, "pump.activated", "A pump was switched on.")
)

func openStore(t testing.TB) docstore.Driver {
	t.Helper()
	d, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: filepath.Join(t.TempDir(), "toy.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func newToy(t testing.TB, tune ...func(*rest.Config)) *toy {
	t.Helper()
	driver := &faulty{Driver: openStore(t), waiting: make(chan struct{}, 1000), release: make(chan struct{})}
	store := docstore.NewStore(driver, docstore.Options{})
	cfg := rest.Config{Service: "toy", Title: "Toy", Version: "1", Store: store, Guard: toyGuard{}}
	for _, f := range tune {
		f(&cfg)
	}
	pumps := docstore.Open(store, docstore.Spec{Name: "pumps", Events: pumpEvents,
		Indexes: []docstore.Index{{Fields: []string{"unit_id"}}, {Fields: []string{"lifecycle"}}},
		Unique:  []docstore.Unique{{Name: "inventory_tag", Fields: []string{"inventory_tag"}}},
	}, func(p *pump) []string { return []string{caller.Nation, "unit:" + p.UnitID} })
	s, err := rest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	y := &toy{server: s, store: store, pumps: pumps, driver: driver}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	y.operations()
	y.http = httptest.NewServer(y.server.Handler())
	t.Cleanup(y.http.Close)
	return y
}

func (y *toy) operations() {
	s := y.server
	rest.Moves(s, y.pumps, func(_ context.Context, p *pump) func(string) error { return p.may })
	rest.Create(s, rest.Op{ID: "pump.register", Roles: keepers, Path: "/v1/pumps", Summary: "Registers a pump"}, y.pumps,
		func(ctx context.Context, id string, in *registerPump) error {
			if in.UnitID == "PANIC" {
				panic("secret cause")
			}
			if in.UnitID == "INTERNAL" {
				return errors.New("secret cause")
			}
			if y.refuse {
				return fault.Conflictf("unit-closed", "closed", "the unit is closed")
			}
			p := &pump{ID: id, UnitID: in.UnitID, Lifecycle: "draft", Parts: in.Parts, Price: in.Price, Weight: in.Weight, Since: in.At, PumpFacts: PumpFacts{Tag: in.Tag}}
			return y.pumps.Insert(ctx, id, p)
		})
	rest.Read(s, rest.Op{ID: "pump.read", Roles: auth.Everybody, Path: "/v1/pumps/{id}", Summary: "Reads a pump"}, y.pumps)
	rest.List[pumpQuery](s, rest.Op{ID: "pump.list", Roles: auth.Everybody, Path: "/v1/pumps", Summary: "Lists pumps"}, y.pumps, rest.Order{})
	rest.Change(s, rest.Op{ID: "pump.change", Roles: keepers, Path: "/v1/pumps/{id}", Summary: "Changes a pump"}, y.pumps,
		func(ctx context.Context, id string, patch rest.Patch[PumpFacts]) error {
			return y.pumps.Update(ctx, id, func(p *pump) ([]event.Event, error) {
				return nil, patch.Apply(&p.PumpFacts)
			})
		})
	rest.Change(s, rest.Op{ID: "pump.rename", Roles: keepers, Path: "/v1/pumps/{id}/name", Summary: "Names a pump"}, y.pumps,
		func(ctx context.Context, id string, patch rest.Patch[pumpName]) error {
			return y.pumps.Update(ctx, id, func(p *pump) ([]event.Event, error) {
				p.Brand = patch.Value().Name
				return nil, nil
			})
		})
	rest.Action(s, rest.Op{ID: "pump.activate", Roles: keepers, Path: "/v1/pumps/{id}/activate", Summary: "Switches a pump on"}, y.pumps,
		func(ctx context.Context, id string, in *activatePump) error {
			return y.pumps.Update(ctx, id, func(p *pump) ([]event.Event, error) {
				if err := p.may("activate"); err != nil {
					return nil, err
				}
				p.Lifecycle = "active"
				return []event.Event{pumpActivated.New(*in)}, nil
			})
		})
	rest.Action(s, rest.Op{ID: "pump.move", Roles: keepers, Path: "/v1/pumps/{id}/move", Summary: "Takes a pump to unit B"}, y.pumps,
		func(ctx context.Context, id string, _ *rest.Nothing) error { return y.moveAway(ctx, id) })
	rest.Action(s, rest.Op{ID: "pump.refuse", Roles: keepers, Path: "/v1/pumps/{id}/refuse", Summary: "Refuses before it looks at the pump"}, y.pumps,
		func(context.Context, string, *rest.Nothing) error {
			return fault.Invalidf("reason", "always-refused", "never")
		})
	rest.Handle(s, rest.Op{ID: "pump.wait", Roles: auth.Everybody, Path: "/v1/wait", Method: http.MethodGet, Summary: "Waits"},
		func(ctx context.Context, _ *struct{}) (*struct{ Body pump }, error) {
			y.driver.waiting <- struct{}{}
			select {
			case <-ctx.Done():
			case <-y.driver.release:
			}
			return &struct{ Body pump }{}, ctx.Err()
		})
}

// answer is what a request led to.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) problem(t testing.TB) rest.Problem {
	t.Helper()
	var p rest.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" || p.Status != a.StatusCode {
		t.Fatalf("not a problem: %d %s %s", a.StatusCode, a.Header, a.body)
	}
	p.Type = strings.TrimPrefix(p.Type, rest.ProblemType)
	return p
}

// version is the version that the answer's ETag names.
func (a answer) version(t testing.TB) string {
	t.Helper()
	tag := regexp.MustCompile(`^"([0-9]+)-[0-9a-f]+"$`).FindStringSubmatch(a.Header.Get("ETag"))
	if tag == nil {
		t.Fatalf("the ETag %s is no version and hash", a.Header.Get("ETag"))
	}
	return tag[1]
}

func (a answer) pump(t testing.TB) pump {
	t.Helper()
	var p pump
	if err := json.Unmarshal(a.body, &p); err != nil || a.StatusCode >= 300 {
		t.Fatalf("not a pump: %d %s", a.StatusCode, a.body)
	}
	return p
}

// do sends a request; header holds name, value, name, value…
func (y *toy) do(t testing.TB, who, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, y.http.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := y.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, b}
}

// faulty is a store that can be made unavailable.
type faulty struct {
	docstore.Driver
	fail             error
	waiting, release chan struct{}
}

func (f *faulty) Apply(ctx context.Context, writes []docstore.Write) error {
	if f.fail != nil {
		return f.fail
	}
	return f.Driver.Apply(ctx, writes)
}

func (f *faulty) Load(ctx context.Context, collection string, ids []string) ([]docstore.Document, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	return f.Driver.Load(ctx, collection, ids)
}

func (f *faulty) Find(ctx context.Context, collection string, q docstore.Query) ([]docstore.Document, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	return f.Driver.Find(ctx, collection, q)
}
