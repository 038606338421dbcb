package demo

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

//go:embed data
var data embed.FS

// Place is one of the units of Mulegé as it is registered.
type Place struct {
	Unit  map[string]any `json:"unit"`
	Areas []string       `json:"areas"`
}

// ID is the unit's key.
func (p Place) ID() string { return fmt.Sprint(p.Unit["id"]) }

func read[T any](name string) ([]T, error) {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil, err
	}
	var out []T
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// ids of the demonstration are fixed, so that whoever repeats it repeats the same: UUIDv7 of the first instant of 2025.
func fixedID(series, n int) string {
	return fmt.Sprintf("01941f29-7c00-7000-8000-%04x%08x", series, n)
}

const (
	seriesTypes = iota + 1
	seriesContracts
	seriesPrograms
	seriesLines
	seriesAssets
	seriesAppointments
)

// The fixed documents that both demonstrations have, and that the scenario, the README and whoever looks at either count on.
var (
	ContractID    = fixedID(seriesContracts, 1)
	AppointmentID = fixedID(seriesAppointments, 1)
	ProgramID     = fixedID(seriesPrograms, 1)
	PlantID       = fixedID(seriesAssets, 1)
)

// Units are the real units as a file (CSV), Places those of Mulegé, Types the equipment types, each with its id.
func Units() ([]byte, error) { return data.ReadFile("data/units.csv") }

// Places are the units of Mulegé.
func Places() ([]Place, error) { return read[Place]("mulege.json") }

// Types are the equipment types of the press, each with its id. n more follow theirs: TypeID(len(Types()) + 1).
func Types() ([]map[string]any, error) {
	types, err := read[map[string]any]("types.json")
	for n := range types {
		types[n]["id"] = TypeID(n + 1)
	}
	return types, err
}

// TypeID is the id of the n-th equipment type, counted from 1.
func TypeID(n int) string { return fixedID(seriesTypes, n) }

// Setup registers what the demonstration and the scenario need, where it is not there yet. Whoever else does the same at the same
// moment does no harm.
type Setup struct {
	Client *client.Client
	// User does it all: an administrator of the nation.
	User string
}

// Document is something registered: its id, its version and its body.
type Document struct {
	ID      string
	Version int64
	Body    []byte
}

// Find reads a document; nil where there is none.
func (s Setup) Find(ctx context.Context, path string) (*Document, error) {
	a, err := s.Client.Done(ctx, client.Request{User: s.User, Method: http.MethodGet, Path: path}, nil)
	if a != nil && a.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return document(a)
}

func document(a *client.Answer) (*Document, error) {
	d := &Document{Version: a.Version(), Body: a.Body}
	var named struct {
		ID string `json:"id"`
	}
	err := a.Decode(&named)
	d.ID = named.ID
	return d, err
}

// there are the refusals of something that is there already.
var there = []string{"id-taken", "already-exists", "tag-taken", "serial-taken", "area-exists", "appointment-overlaps", "idempotency-key-reused"}

// Ensure sends a write that makes something, under a key that stands for it. That it was made before, by this or another way, is
// fine: then the answer is nil.
func (s Setup) Ensure(ctx context.Context, key, path string, body any) (*Document, error) {
	a, err := s.Client.Done(ctx, client.Request{User: s.User, Method: http.MethodPost, Path: path, Key: key, Body: body}, nil)
	if a != nil && slices.Contains(there, a.Problem().Rule()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return document(a)
}

// Unit makes sure that one of the units of Mulegé is registered; of another one, only that it is there.
func (s Setup) Unit(ctx context.Context, id string) (*Document, error) {
	path := "/v1/units/" + url.PathEscape(id)
	if d, err := s.Find(ctx, path); d != nil || err != nil {
		return d, err
	}
	places, err := Places()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(places, func(p Place) bool { return p.ID() == id })
	if i < 0 {
		return nil, fmt.Errorf("unit %s is not registered here, and is none of the demonstration's", id)
	}
	if _, err := s.Ensure(ctx, "demo/unit/"+id, "/v1/units", places[i].Unit); err != nil {
		return nil, err
	}
	d, err := s.Find(ctx, path)
	if d == nil && err == nil {
		err = fmt.Errorf("unit %s was registered and cannot be read", id)
	}
	return d, err
}

// Area makes sure that a unit has an area of that name at its root, and answers its id.
func (s Setup) Area(ctx context.Context, unit, name string) (string, error) {
	for range 2 {
		d, err := s.Unit(ctx, unit)
		if err != nil {
			return "", err
		}
		var u struct {
			Areas []struct{ ID, Path string } `json:"areas"`
		}
		if err := json.Unmarshal(d.Body, &u); err != nil {
			return "", err
		}
		for _, a := range u.Areas {
			if a.Path == name {
				return a.ID, nil
			}
		}
		if _, err := s.Ensure(ctx, "demo/area/"+unit+"/"+url.PathEscape(name), "/v1/units/"+url.PathEscape(unit)+"/add-area", map[string]any{"name": name}); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("unit %s does not get an area %s", unit, name)
}

// Listed answers the ids of what a listing has on its first page.
func (s Setup) Listed(ctx context.Context, path string, admits func(item json.RawMessage) bool) ([]string, error) {
	var page struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := s.Client.Get(ctx, s.User, path, &page); err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range page.Items {
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(item, &named); err != nil {
			return nil, err
		}
		if admits == nil || admits(item) {
			ids = append(ids, named.ID)
		}
	}
	return ids, nil
}

// Type makes sure that the catalogue has one of the demonstration's types, and answers its id.
func (s Setup) Type(ctx context.Context, key string) (string, error) {
	types, err := Types()
	if err != nil {
		return "", err
	}
	n := slices.IndexFunc(types, func(t map[string]any) bool { return t["key"] == key })
	if n < 0 {
		return "", fmt.Errorf("the demonstration has no type %s", key)
	}
	for range 2 {
		ids, err := s.Listed(ctx, "/v1/equipment-types?key="+url.QueryEscape(key), nil)
		if err != nil || len(ids) > 0 {
			return first(ids), err
		}
		if _, err := s.Ensure(ctx, "demo/type/"+key, "/v1/equipment-types", types[n]); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the catalogue does not get the type %s", key)
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// Contractor makes sure that a contractor is registered under an id.
func (s Setup) Contractor(ctx context.Context, id, name string) error {
	if d, err := s.Find(ctx, "/v1/contractors/"+url.PathEscape(id)); d != nil || err != nil {
		return err
	}
	_, err := s.Ensure(ctx, "demo/contractor/"+id, "/v1/contractors",
		map[string]any{"id": id, "name": name, "kinds": []string{"maintenance", "works", "supply"}})
	return err
}

// Appoint lets a user commit the money of a contract's first lot, in the nation, from a day on. key and id stand for the appointment; an
// id of "" is one of the service's own. In a release that knows no appointments nothing is done.
func (s Setup) Appoint(ctx context.Context, key, id, user, contract, from string) error {
	const path = "/v1/appointments"
	if d, err := s.Find(ctx, path+"?limit=1"); d == nil || err != nil {
		return err
	}
	subject, err := s.Client.Subject(user)
	if err != nil {
		return err
	}
	terms := map[string]any{"contract_id": contract, "lot": 1, "subject": subject, "places": []string{"nation"}, "from": from}
	if id != "" {
		terms["id"] = id
	}
	_, err = s.Ensure(ctx, key, path, terms)
	return err
}

// ProgramName is the programme that the demonstration and the scenario plan works in.
const ProgramName = "Programa de Mantenimiento 2025"

// Program makes sure that the programme is registered, and answers its id.
func (s Setup) Program(ctx context.Context) (string, error) {
	const path = "/v1/programs"
	named := func(item json.RawMessage) bool {
		var p struct {
			Name string `json:"name"`
		}
		return json.Unmarshal(item, &p) == nil && p.Name == ProgramName
	}
	ids, err := s.Listed(ctx, path+"?fiscal_year=2025&limit=200", named)
	if err != nil || len(ids) > 0 {
		return first(ids), err
	}
	_, err = s.Ensure(ctx, "demo/program", path, map[string]any{"id": ProgramID, "name": ProgramName, "fiscal_year": 2025})
	return ProgramID, err
}
