// Package record is the services' documents as the screens read them, and how people call what stands in them: names of units, of things, of
// companies, words of vocabularies, instants by a place's clock. It asks the API and holds no rule.
package record

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// Place is where something is, with the unit's clock where the document keeps it.
type Place struct {
	UnitID   string `json:"unit_id"`
	Office   string `json:"office"`
	Region   string `json:"region"`
	State    string `json:"state_code"`
	TimeZone string `json:"time_zone"`
}

// Scopes are the places that hold it: a grant at one of them reaches it.
func (p Place) Scopes() []string {
	return mx.Place{UnitID: p.UnitID, Office: p.Office, Region: p.Region, StateCode: p.State}.Scopes()
}

// Allowed are the operations that whoever asked may run on the document now. Absent, nothing is offered.
type Allowed struct {
	Actions []string `json:"actions"`
	// NotNow are those that only the document's state keeps him from; nil where the service does not tell them yet.
	NotNow []string `json:"not_now"`
	// Because are the rules by which some of those are refused: what is missing, or who has to do it.
	Because map[string]string `json:"not_now_because"`
}

// Ever says whether whoever asked may run an operation on the document in any state of it.
func (a Allowed) Ever(operation string) bool {
	return a.NotNow == nil || a.May(operation) || slices.Contains(a.NotNow, operation)
}

// May says whether an operation ("delivery.confirm") is among them.
func (a Allowed) May(operation string) bool { return slices.Contains(a.Actions, operation) }

// Delivery is a consignment to a unit.
type Delivery struct {
	ID string `json:"id"`
	Place
	Allowed
	State        string    `json:"state"`
	SupplierID   string    `json:"supplier_id"`
	DeliveryNote string    `json:"delivery_note"`
	Announced    bool      `json:"announced"`
	Lines        []Line    `json:"lines"`
	CreatedAt    time.Time `json:"created_at"`
	DispatchedAt time.Time `json:"dispatched_at"`
	ArrivedAt    time.Time `json:"arrived_at"`
	ConfirmedAt  time.Time `json:"confirmed_at"`
	InFull       bool      `json:"accepted_in_full"`
	CancelledAt  time.Time `json:"cancelled_at"`
	CancelReason string    `json:"cancel_reason"`
}

// Pieces is how many were dispatched.
func (d Delivery) Pieces() (n int) {
	for _, l := range d.Lines {
		n += l.Dispatched
	}
	return n
}

// Line is a kind of goods in a delivery, and what became of it.
type Line struct {
	Line         int           `json:"line"`
	TypeID       string        `json:"type_id"`
	TypeKey      string        `json:"type_key"`
	Description  string        `json:"description"`
	Tracking     string        `json:"tracking"`
	Dispatched   int           `json:"dispatched"`
	Surplus      int           `json:"surplus"`
	Accepted     int           `json:"accepted"`
	Reserved     int           `json:"accepted_with_reservation"`
	Rejected     int           `json:"rejected"`
	Missing      int           `json:"missing"`
	Rejections   []Reason      `json:"rejections"`
	Reservations []Reservation `json:"reservations"`
	Shortages    []Reason      `json:"shortages"`
}

// Reason is a quantity and why.
type Reason struct {
	Reason   string `json:"reason"`
	Quantity int    `json:"quantity"`
}

// Reservation is a quantity of which something is owed.
type Reservation struct {
	Reason   string `json:"reason"`
	Quantity int    `json:"quantity"`
	DueOn    string `json:"due_on"`
}

// Order is a work order.
type Order struct {
	ID string `json:"id"`
	Place
	Allowed
	State    string `json:"state"`
	Folio    string `json:"folio"`
	Type     string `json:"type"`
	Priority string `json:"priority"`
	Effect   string `json:"effect"`
	Triage   *struct {
		By     string `json:"by"`
		Reason string `json:"reason"`
	} `json:"triage"`
	Target struct {
		Kind    string `json:"kind"`
		AssetID string `json:"asset_id"`
		AreaID  string `json:"area_id"`
		Element string `json:"element"`
	} `json:"target"`
	Complaint           string    `json:"complaint"`
	Notes               []Note    `json:"notes"`
	ReportedFunctioning string    `json:"reported_functioning"`
	RequestedBy         string    `json:"requested_by"`
	EstimatedBy         string    `json:"estimated_by"`
	ContractorID        string    `json:"contractor_id"`
	TechnicianID        string    `json:"technician_id"`
	ContractID          string    `json:"contract_id"`
	ProgramLineID       string    `json:"program_line_id"`
	ScheduledStart      time.Time `json:"scheduled_start"`
	ScheduledEnd        time.Time `json:"scheduled_end"`
	Quantity            float64   `json:"quantity"`
	MeasureUnit         string    `json:"measure_unit"`
	QuantityDone        float64   `json:"quantity_done"`
	Estimate            *mx.Money `json:"estimate"`
	Committed           *mx.Money `json:"committed"`
	Cost                *mx.Money `json:"cost"`
	Hold                *Hold     `json:"hold"`
	Holds               []Hold    `json:"holds"`
	Restoration         string    `json:"restoration"`
	RestoredAt          time.Time `json:"restored_at"`
	RequestedAt         time.Time `json:"requested_at"`
	ApprovedAt          time.Time `json:"approved_at"`
	DeclinedAt          time.Time `json:"declined_at"`
	AssignedAt          time.Time `json:"assigned_at"`
	AcknowledgedAt      time.Time `json:"acknowledged_at"`
	ArrivedAt           time.Time `json:"arrived_at"`
	StartedAt           time.Time `json:"started_at"`
	CompletedAt         time.Time `json:"completed_at"`
	AcceptedAt          time.Time `json:"accepted_at"`
	CancelledAt         time.Time `json:"cancelled_at"`
	RecordedAt          time.Time `json:"recorded_at"`
	Awaiting            []string  `json:"awaiting"`
	LateEntry           string    `json:"late_entry"`
	LateEntries         []struct {
		What        string    `json:"what"`
		OccurredAt  time.Time `json:"occurred_at"`
		RecordedAt  time.Time `json:"recorded_at"`
		ConfirmedAt time.Time `json:"confirmed_at"`
	} `json:"late_entries"`
	Returns []struct {
		At    time.Time `json:"at"`
		Cause string    `json:"cause"`
	} `json:"returns"`
}

// OpenOrders are the states of an order on which something is still to be done.
var OpenOrders = []string{"requested", "approved", "assigned", "in_progress", "on_hold", "completed", "returned"}

// Open says whether something is still to be done.
func (o Order) Open() bool { return slices.Contains(OpenOrders, o.State) }

// Note is what somebody wrote at a step.
type Note struct {
	Action string    `json:"action"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Text   string    `json:"text"`
}

// Hold is a pause.
type Hold struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
}

// Site is where to go for an order, and the type of the thing that it is about.
type Site struct {
	Place
	OrderID      string   `json:"order_id"`
	TypeKey      string   `json:"type_key"`
	Name         string   `json:"name"`
	Address      string   `json:"address"`
	Municipality string   `json:"municipality"`
	Locality     string   `json:"locality"`
	Latitude     *float64 `json:"latitude"`
	Longitude    *float64 `json:"longitude"`
	Area         string   `json:"area"`
}

// Asset is a thing of the register.
type Asset struct {
	ID string `json:"id"`
	Place
	Allowed
	AreaID         string    `json:"area_id"`
	SerialNumber   string    `json:"serial_number"`
	InventoryTag   string    `json:"inventory_tag"`
	Brand          string    `json:"brand"`
	Model          string    `json:"model"`
	AcquiredOn     string    `json:"acquired_on"`
	InstalledOn    string    `json:"installed_on"`
	WarrantyUntil  string    `json:"warranty_until"`
	CustodianPost  string    `json:"custodian_post"`
	Sanitary       string    `json:"sanitary_registration"`
	Cost           *mx.Money `json:"acquisition_cost"`
	TypeID         string    `json:"type_id"`
	TypeKey        string    `json:"type_key"`
	Tracking       string    `json:"tracking"`
	BuildingSystem bool      `json:"building_system"`
	Lifecycle      Fact      `json:"lifecycle"`
	Functioning    Fact      `json:"functioning"`
	Use            Fact      `json:"use"`
	Custody        Fact      `json:"custody"`
	Quarantine     Fact      `json:"quarantine"`
	InService      bool      `json:"in_service"`
	Funding        struct {
		Kind string `json:"kind"`
	} `json:"funding_source"`
	Reservations []struct {
		Reason string `json:"reason"`
		DueOn  string `json:"due_on"`
	} `json:"reservations"`
	Orders []struct {
		ID    string `json:"id"`
		Folio string `json:"folio"`
	} `json:"open_orders"`
	RegisteredAt  time.Time `json:"registered_at"`
	Discrepancies []string  `json:"discrepancies"`
}

// Fact is one value of an asset's condition.
type Fact struct {
	Value    string    `json:"value"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"`
	OrderID  string    `json:"order_id"`
	Reported bool      `json:"reported"`
}

// Type is an equipment type.
type Type struct {
	ID string `json:"id"`
	Allowed
	Key    string `json:"key"`
	NameES string `json:"name_es"`
	NameEN string `json:"name_en"`
	// Synonyms are what else people call it.
	Synonyms      []string `json:"synonyms"`
	Category      string   `json:"category"`
	Tracking      string   `json:"tracking"`
	RiskClass     string   `json:"risk_class"`
	CompendiumKey string   `json:"compendium_key"`
	Codes         []struct {
		System string `json:"system"`
		Code   string `json:"code"`
	} `json:"codes"`
	CreatedAt time.Time `json:"created_at"`
}

// Whole says whether it is a type: each has an id and a key.
func (t *Type) Whole() bool { return t.ID != "" && t.Key != "" }

// Unit is a place of the register.
type Unit struct {
	ID string `json:"id"`
	Place
	Allowed
	Name           string `json:"name"`
	CLUES          string `json:"clues"`
	Kind           string `json:"kind"`
	Own            bool   `json:"own"`
	UnitType       string `json:"unit_type"`
	CareLevel      string `json:"care_level"`
	OperationState string `json:"operation_state"`
	Municipality   string `json:"municipality"`
	Locality       string `json:"locality"`
	Address        string `json:"address"`
	CensusBeds     *int   `json:"census_beds"`
	ConsultRooms   *int   `json:"consulting_rooms"`
	OperatingRooms *int   `json:"operating_rooms"`
	Areas          []Area `json:"areas"`
}

// Area is a part of a unit.
type Area struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Path string `json:"path"`
}

// AreaPath is the names of an area from the root, "" of one that is not there.
func (u Unit) AreaPath(id string) string {
	for _, a := range u.Areas {
		if a.ID == id {
			return a.Path
		}
	}
	return ""
}

// Contractor is a company.
type Contractor struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active *bool  `json:"active"`
}

// Event is an entry of a document's history.
type Event struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Change  json.RawMessage `json:"change"`
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next_cursor"`
}

// Whole says that an answer is a list, and each entry what it should be; an empty list is one.
func (p *Page[T]) Whole() bool {
	return p.Items != nil && !slices.ContainsFunc(p.Items, func(item T) bool { d, ok := any(&item).(api.Document); return ok && !d.Whole() })
}

// Whole says that an answer is a delivery.
func (d *Delivery) Whole() bool { return d.ID != "" }

// Whole says that an answer is a work order.
func (o *Order) Whole() bool { return o.ID != "" }

// Whole says that an answer is an asset.
func (a *Asset) Whole() bool { return a.ID != "" }

// Whole says that an answer is a unit.
func (u *Unit) Whole() bool { return u.ID != "" }

// Whole says that an answer is a person, erased or not.
func (p *Person) Whole() bool { return p.ID != "" }
