package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"
)

// document is an asset as it is stored: the same fields, by the same names.
type document struct {
	ID           string   `json:"id" bson:"_id"`
	UnitID       string   `json:"unit_id"`
	Office       string   `json:"office"`
	Region       string   `json:"region"`
	State        string   `json:"state_code"`
	TypeID       string   `json:"type_id"`
	TypeKey      string   `json:"type_key"`
	Tracking     string   `json:"tracking"`
	SerialNumber string   `json:"serial_number"`
	InventoryTag string   `json:"inventory_tag"`
	Brand        string   `json:"brand"`
	Model        string   `json:"model"`
	Lifecycle    fact     `json:"lifecycle"`
	Functioning  fact     `json:"functioning"`
	Use          fact     `json:"use"`
	Custody      fact     `json:"custody"`
	Quarantine   fact     `json:"quarantine"`
	InService    bool     `json:"in_service"`
	Funding      funding  `json:"funding_source"`
	Cost         money    `json:"acquisition_cost"`
	AcquiredOn   string   `json:"acquired_on"`
	RegisteredAt string   `json:"registered_at"`
	Scope        []string `json:"-" bson:"_scope"`
}

type fact struct {
	Value string `json:"value"`
	Since string `json:"since"`
	By    string `json:"by"`
}

type funding struct {
	Kind string `json:"kind"`
}

type money struct {
	Cents    int64  `json:"amount_cents"`
	Currency string `json:"currency"`
}

// place is a unit and what follows from it.
type place struct {
	unit, office, region, state string
	// scope is what lists are narrowed to.
	scope string
}

func (p place) scopes() []string {
	return []string{"nation", "region:" + p.region, "office:" + p.office, "state:" + p.state, "unit:" + p.unit}
}

func newDocument(p place, typeKey, functioning string, n int64) document {
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	is := func(value string) fact { return fact{value, now, "0b8a4a9e-6a0e-5b53-9a3b-0c6c5f5d2a10"} }
	return document{ID: uuid.Must(uuid.NewV7()).String(), UnitID: p.unit, Office: p.office, Region: p.region, State: p.state,
		TypeID: "01941f29-7c00-7000-8000-000100000001", TypeKey: typeKey, Tracking: "tagged", SerialNumber: fmt.Sprintf("SN-%08d", n), InventoryTag: fmt.Sprintf("51.103.%08d", n),
		Brand: "Hill-Rom", Model: "Progressa", Lifecycle: is("active"), Functioning: is(functioning), Use: is("in_use"), Custody: is("at_unit"), Quarantine: is("not_quarantined"),
		InService: functioning == "working", Funding: funding{"unknown"}, Cost: money{12345600, "MXN"}, AcquiredOn: "2024-05-02", RegisteredAt: now, Scope: p.scopes()}
}

// unitsOf is how many assets a unit has; each fourth unit belongs to the same office, one asset of ten does not work.
const (
	unitsOf = 1000
	offices = 4
)

var officePlaces = [offices]place{{office: "baja-california-sur", region: "1", state: "03"}, {office: "sonora", region: "1", state: "26"},
	{office: "zona-norte", region: "3", state: "09"}, {office: "zona-sur", region: "3", state: "09"}}

func placeOf(unit int) place {
	p := officePlaces[unit%offices]
	p.unit = fmt.Sprintf("BSIST%06d", unit)
	return p
}

// documents are n assets as they come in: in turn from all units, so that neighbours by id are of different ones.
func documents(n int) []document {
	units := n / unitsOf
	docs := make([]document, n)
	for i := range docs {
		of := i / units
		functioning := "working"
		if of%10 == 0 {
			functioning = "not_working"
		}
		docs[i] = newDocument(placeOf(i%units), fmt.Sprintf("type_%02d", of%50), functioning, int64(i))
	}
	return docs
}

// request is the body of POST /v1/assets.
type request struct {
	UnitID       string `json:"unit_id"`
	TypeID       string `json:"type_id"`
	Functioning  string `json:"functioning"`
	Use          string `json:"use"`
	SerialNumber string `json:"serial_number"`
	InventoryTag string `json:"inventory_tag"`
	Brand        string `json:"brand"`
	Model        string `json:"model"`
	AcquiredOn   string `json:"acquired_on"`
	Cost         money  `json:"acquisition_cost"`
}

// handler is what one writes who needs none of what the service does: a route, a decoder, one call of the driver.
func handler(b bare, p place) http.Handler {
	r := mux.NewRouter()
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	r.HandleFunc("/v1/assets", func(w http.ResponseWriter, r *http.Request) {
		var in request
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		d := newDocument(p, "hospital_bed", in.Functioning, 0)
		d.TypeID, d.SerialNumber, d.InventoryTag, d.Brand, d.Model, d.Cost, d.AcquiredOn = in.TypeID, in.SerialNumber, in.InventoryTag, in.Brand, in.Model, in.Cost, in.AcquiredOn
		if err := b.insert(r.Context(), &d); err != nil {
			answer(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		answer(w, json.NewEncoder(w).Encode(&d))
	}).Methods(http.MethodPost)
	r.HandleFunc("/v1/assets/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer(w, b.read(r.Context(), mux.Vars(r)["id"], w))
	}).Methods(http.MethodGet)
	r.HandleFunc("/v1/assets", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer(w, b.list(r.Context(), p.scope, r.URL.Query().Get("functioning"), w))
	}).Methods(http.MethodGet)
	return r
}
