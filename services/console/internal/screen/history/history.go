// Package history shows the histories of all kinds of documents, to read and nothing else: by kind and place, and of one document all of it.
package history

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	here     = "/historias"
	pageSize = 50
	// first is how many entries of a history are told at first.
	first = 100
)

// Screens are the histories. The list is for auditors; a document's history is there for whoever may read the document.
func Screens() []screen.Screen {
	return []screen.Screen{screen.Screen{Pattern: here, Show: list}.For("auditor"), {Pattern: "/historia/{kind}/{id}", Show: show}}
}

// document is of a document what a list of histories names it by.
type document struct {
	ID           string   `json:"id"`
	UnitID       string   `json:"unit_id"`
	TimeZone     string   `json:"time_zone"`
	Name         string   `json:"name"`
	NameES       string   `json:"name_es"`
	Folio        string   `json:"folio"`
	Type         string   `json:"type"`
	Complaint    string   `json:"complaint"`
	Number       string   `json:"number"`
	DeliveryNote string   `json:"delivery_note"`
	TypeKey      string   `json:"type_key"`
	InventoryTag string   `json:"inventory_tag"`
	SerialNumber string   `json:"serial_number"`
	ContractID   string   `json:"contract_id"`
	Subject      string   `json:"subject"`
	Places       []string `json:"places"`
	From         string   `json:"from"`
	// Of what happens, when it was asked for (an order) or prepared (a delivery): by that the list stands.
	RequestedAt time.Time `json:"requested_at"`
	CreatedAt   time.Time `json:"created_at"`
}

// began says of what happens when it did; "" of what is a register.
func (k kind) began(d document, clock ui.Clock) string {
	switch {
	case !k.happens:
		return ""
	case !d.RequestedAt.IsZero():
		return words.Say("requested", clock.Near(d.RequestedAt))
	case !d.CreatedAt.IsZero():
		return words.Say("prepared", clock.Near(d.CreatedAt))
	}
	return ""
}

// Whole says whether it is a document: each has an id.
func (d *document) Whole() bool { return d.ID != "" }

// kind is a kind of documents that have a history.
type kind struct {
	// key is its part of addresses and its word, api where the services have it.
	key, api string
	// byUnit says that the services list it by unit; happens that it is no register but what happens, so that the latest come first.
	byUnit, happens bool
	title           func(names *record.Names, d document) string
	// page is the document's own page; "" where it has none.
	page string
}

func typed(names *record.Names, d document) string {
	return strings.Join(record.Filled(names.TypeName(d.TypeKey), d.InventoryTag, d.SerialNumber), " · ")
}

func ordered(_ *record.Names, d document) string {
	return strings.Join(record.Filled(d.Folio, record.Label("order_type", d.Type), record.Excerpt(d.Complaint, 60)), " · ")
}

func named(_ *record.Names, d document) string {
	return strings.Join(record.Filled(d.Name, d.NameES, d.Number), " · ")
}

// kinds are all of them, in the order in which they are offered.
var kinds = []kind{
	{"ordenes", "/v1/work-orders", true, true, ordered, "/ordenes/"},
	{"equipos", "/v1/assets", true, false, typed, "/equipos/"},
	{"entregas", "/v1/deliveries", true, true, func(_ *record.Names, d document) string { return d.DeliveryNote }, "/entregas/"},
	{"existencias", "/v1/stock", true, false, typed, ""},
	{"unidades", "/v1/units", false, false, named, "/unidad/"},
	{"contratos", "/v1/contracts", false, false, named, "/contratos/"},
	{"designaciones", "/v1/appointments", false, false, func(names *record.Names, d document) string {
		places := make([]string, len(d.Places))
		for i, p := range d.Places {
			places[i] = names.In(p)
		}
		return strings.Join(append(places, d.From), " · ")
	}, ""},
	{"contratistas", "/v1/contractors", false, false, named, ""},
	{"programas", "/v1/programs", false, false, named, ""},
	{"catalogo", "/v1/equipment-types", false, false, named, "/catalogo/"},
}

func kindOf(key string) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.key == key })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// Of is the address of a document's history.
func Of(kind, id string) string { return "/historia/" + kind + "/" + url.PathEscape(id) }

// called is the document in words; one of which nothing can be said goes by its id.
func (k kind) called(names *record.Names, d document) string {
	if t := k.title(names, d); t != "" {
		return record.Excerpt(t, 120)
	}
	return d.ID
}

type listView struct {
	Heading     ui.PageHeading
	Kinds       []ui.Filter
	Kind        string
	Unit        *ui.Field
	Rows        []ui.Row
	Empty       *ui.Emptiness
	Next, First string
}

// list is the documents of a kind, each leading to its history.
func list(r *screen.Request) (screen.Page, error) {
	q := r.URL.Query()
	k, ok := kinds[0], true
	if key := q.Get("de"); key != "" {
		k, ok = kindOf(key)
	}
	if !ok {
		return screen.Page{}, &api.Problem{Status: http.StatusNotFound}
	}
	unit, filter := strings.TrimSpace(q.Get("unit_id")), url.Values{}
	address := url.Values{"de": {k.key}}
	if k.byUnit && unit != "" {
		filter.Set("unit_id", unit)
		address.Set("unit_id", unit)
	}
	v := listView{Heading: ui.PageHeading{Title: words.Say("list"), Lines: []string{words.Say("list_lead")}}, Kind: k.key}
	for _, other := range kinds {
		to := url.Values{"de": {other.key}}
		if other.byUnit && unit != "" {
			to.Set("unit_id", unit)
		}
		v.Kinds = append(v.Kinds, ui.Filter{Href: here + "?" + to.Encode(), Text: words.Say(other.key), Here: other.key == k.key})
	}
	if k.byUnit {
		v.Unit = &ui.Field{Name: "unit_id", Label: words.Say("unit"), Hint: words.Say("unit_hint"), Value: unit, Max: 40}
	}
	read := record.List[document]
	if k.happens {
		read = record.Latest[document]
	}
	page, err := read(r.Context(), r.API, k.api, filter, pageSize, q.Get("cursor"))
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v.Rows = make([]ui.Row, len(page.Items))
	record.Each(len(page.Items), func(i int) {
		d := page.Items[i]
		v.Rows[i] = ui.Row{Href: Of(k.key, d.ID), Title: k.called(names, d), Lines: record.Filled(names.UnitName(d.UnitID), k.began(d, record.ClockAt(r, d.TimeZone)))}
	})
	if k.happens && len(v.Rows) > 1 {
		v.Heading.Lines = append(v.Heading.Lines, words.Say("newest_first"))
	}
	if len(v.Rows) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none")}
		if len(filter) > 0 {
			v.Empty.Action, v.Empty.Quiet = &ui.Link{Href: here + "?" + url.Values{"de": {k.key}}.Encode(), Text: words.Say("no_filter")}, true
		}
	}
	if q.Get("cursor") != "" {
		v.First = here + "?" + address.Encode()
	}
	if page.Next != "" {
		address.Set("cursor", page.Next)
		v.Next = here + "?" + address.Encode()
	}
	return screen.Page{Title: words.Say("list"), Body: listBody(v)}, nil
}

type view struct {
	Heading ui.PageHeading
	Page    *ui.Link
	Logbook record.Logbook
}

// show is all that happened to a document.
func show(r *screen.Request) (screen.Page, error) {
	k, ok := kindOf(r.PathValue("kind"))
	if !ok {
		return screen.Page{}, &api.Problem{Status: http.StatusNotFound}
	}
	var d document
	id := r.PathValue("id")
	if _, err := r.API.Get(r.Context(), k.api+"/"+url.PathEscape(id), &d); err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v := view{Heading: ui.PageHeading{Where: words.Say(k.key), Title: k.called(names, d), Lines: record.Filled(names.UnitName(d.UnitID))}}
	if r.Who.Is("auditor") {
		v.Heading.Back = &ui.Link{Href: here + "?" + url.Values{"de": {k.key}}.Encode(), Text: words.Say("list")}
	}
	if k.page != "" {
		v.Page = &ui.Link{Href: k.page + url.PathEscape(id), Text: words.Say("page")}
	}
	var err error
	if v.Logbook, err = record.LogbookOf(r, record.ClockAt(r, d.TimeZone), k.api+"/", id, first, words.Say("away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}
