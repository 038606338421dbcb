package record

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Names finds out how people call what documents name by their ids: in the name of whoever asks, each thing once a page. What cannot be found
// out is called by its kind or its key: a page does not fail for a name.
type Names struct {
	ctx         context.Context
	api         *api.Client
	now         time.Time
	outside     bool
	units       memo[Unit]
	assets      memo[Asset]
	sites       memo[Site]
	contractors memo[Contractor]
	types       memo[map[string]Type]
}

// NamesFor are the names of one page.
func NamesFor(r *screen.Request) *Names {
	inside := slices.ContainsFunc(r.Who.Roles(), func(role string) bool { return role != "contractor" && role != "technician" })
	return &Names{ctx: r.Context(), api: r.API, now: r.Now, outside: !inside}
}

// memo keeps what was asked for once.
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]func() (T, bool)
}

func (m *memo[T]) get(id string, ask func(into *T) error) (T, bool) {
	m.mu.Lock()
	if m.known == nil {
		m.known = map[string]func() (T, bool){}
	}
	once := m.known[id]
	if once == nil {
		once = sync.OnceValues(func() (v T, ok bool) {
			err := ask(&v)
			return v, err == nil
		})
		m.known[id] = once
	}
	m.mu.Unlock()
	return once()
}

func (n *Names) read(path, id, behind string) func(into any) error {
	return func(into any) error {
		_, err := n.api.Get(n.ctx, path+url.PathEscape(id)+behind, into)
		return err
	}
}

// tell keeps what was asked for together with others; nil is that nothing is known.
func (m *memo[T]) tell(id string, v *T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]func() (T, bool){}
	}
	m.known[id] = func() (known T, ok bool) {
		if v == nil {
			return known, false
		}
		return *v, true
	}
}

// asked is how many documents are asked for by their ids in one request, as the services bound it.
const asked = 100

// Orders asks for the sites of the orders that a page shows, all in one request. Without it each is asked for by itself.
func (n *Names) Orders(orders []Order) {
	for part := range slices.Chunk(orders, asked) {
		var ids []string
		for _, o := range part {
			ids = append(ids, o.ID)
		}
		var page Page[Site]
		_, err := n.api.Get(n.ctx, "/v1/work-orders/sites?"+url.Values{"ids": ids}.Encode(), &page)
		if api.ProblemOf(err) != nil {
			return // an earlier release, which tells each by itself
		}
		for _, id := range ids {
			n.sites.tell(id, nil)
		}
		for _, s := range page.Items {
			n.sites.tell(s.OrderID, &s)
		}
	}
}

// Deliveries asks for where the deliveries of a page go: the units for the institution's own, to whom they are open, else the sites, all in one request.
func (n *Names) Deliveries(deliveries []Delivery) {
	if !n.outside {
		var units []string
		for _, d := range deliveries {
			units = append(units, d.UnitID)
		}
		n.Units(units)
		return
	}
	for part := range slices.Chunk(deliveries, asked) {
		var ids []string
		for _, d := range part {
			ids = append(ids, d.ID)
		}
		var page Page[Site]
		_, err := n.api.Get(n.ctx, "/v1/deliveries/sites?"+url.Values{"ids": ids}.Encode(), &page)
		if api.ProblemOf(err) != nil {
			return // an earlier release, which does not tell
		}
		for _, d := range part {
			n.sites.tell("delivery/"+d.UnitID, nil)
		}
		for _, s := range page.Items {
			n.sites.tell("delivery/"+s.UnitID, &s)
		}
	}
}

// Units asks for the units that a page names, all in one request. Without it each is asked for by itself.
func (n *Names) Units(ids []string) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if len(ids) < 2 {
		return
	}
	for part := range slices.Chunk(ids, asked) {
		page, err := List[Unit](n.ctx, n.api, "/v1/units", url.Values{"ids": part}, asked, "")
		if api.ProblemOf(err) != nil {
			return // an earlier release, which tells each by itself; or somebody to whom units are closed
		}
		for _, id := range part {
			n.units.tell(id, nil)
		}
		for _, u := range page.Items {
			n.units.tell(u.ID, &u)
		}
	}
}

// Unit is the unit of a key.
func (n *Names) Unit(id string) (Unit, bool) {
	if id == "" {
		return Unit{}, false
	}
	return n.units.get(id, func(into *Unit) error { return n.read("/v1/units/", id, "")(into) })
}

// UnitName is the unit's name, or its key.
func (n *Names) UnitName(id string) string {
	if u, ok := n.Unit(id); ok {
		return u.Name
	}
	return id
}

// In is a place written as in a grant ("unit:BSIST000014") in words: a unit or a company by its name.
func (n *Names) In(place string) string {
	switch kind, key, _ := strings.Cut(place, ":"); kind {
	case "unit":
		return n.UnitName(key)
	case "contractor":
		return cmp.Or(n.Contractor(key), screen.In(place))
	}
	return screen.In(place)
}

// Destination is the unit to which a delivery goes: to a supplier, who may not read units, its name and town.
func (n *Names) Destination(d Delivery) string {
	if !n.outside {
		return n.UnitName(d.UnitID)
	}
	s, ok := n.DestinationSite(d)
	if !ok || s.Name == "" {
		return d.UnitID
	}
	town := s.Locality
	if town == "" {
		town = s.Municipality
	}
	return strings.Join(slices.DeleteFunc([]string{s.Name, town}, func(s string) bool { return s == "" }), ", ")
}

// DestinationSite is where a delivery goes: asked for once for each unit of a page.
func (n *Names) DestinationSite(d Delivery) (Site, bool) {
	return n.sites.get("delivery/"+d.UnitID, func(into *Site) error { return n.read("/v1/deliveries/", d.ID, "/site")(into) })
}

// Asset is the asset of an id.
func (n *Names) Asset(id string) (Asset, bool) {
	if id == "" {
		return Asset{}, false
	}
	return n.assets.get(id, func(into *Asset) error { return n.read("/v1/assets/", id, "")(into) })
}

// Site is where to go for an order; it is all that a contractor may know of a unit.
func (n *Names) Site(order string) (Site, bool) {
	return n.sites.get(order, func(into *Site) error { return n.read("/v1/work-orders/", order, "/site")(into) })
}

// Contractor is the name of a company, "" where nothing is known of it.
func (n *Names) Contractor(id string) string {
	if id == "" {
		return ""
	}
	c, _ := n.contractors.get(id, func(into *Contractor) error { return n.read("/v1/contractors/", id, "")(into) })
	return c.Name
}

// catalogue bounds the equipment types that are fetched for their names.
const catalogue = 2000

// Types are the equipment types by their keys.
func (n *Names) Types() map[string]Type {
	all, _ := n.types.get("", func(into *map[string]Type) error {
		list, _, err := All[Type](n.ctx, n.api, "/v1/equipment-types", nil, catalogue)
		*into = map[string]Type{}
		names := make(map[string]string, len(list))
		for _, t := range list {
			(*into)[t.Key], names[t.Key] = t, t.NameES
		}
		if err == nil {
			n.api.Kept.KeepTypeNames(names, n.now)
		}
		return err
	})
	return all
}

// TypeName is how a type is called in Spanish, or its key in words.
func (n *Names) TypeName(key string) string {
	if name, ok := n.api.Kept.TypeName(key, n.now); ok {
		return name
	}
	if t, ok := n.Types()[key]; ok {
		return t.NameES
	}
	return strings.ReplaceAll(key, "_", " ")
}

// Thing is what an order is about, and in which area: "Planta de energía eléctrica", "Casa de máquinas".
func (n *Names) Thing(o Order) (thing, area string) {
	s, known := n.Site(o.ID)
	switch {
	case s.TypeKey != "":
		return n.TypeName(s.TypeKey), s.Area
	case o.Target.AssetID != "":
		a, ok := n.Asset(o.Target.AssetID)
		if !ok {
			return Label("order_target", o.Target.Kind), ""
		}
		u, _ := n.Unit(a.UnitID)
		return n.TypeName(a.TypeKey), u.AreaPath(a.AreaID)
	case o.Target.Element != "" && known:
		return Label("area_element", o.Target.Element), s.Area
	case o.Target.Element != "":
		u, _ := n.Unit(o.UnitID)
		return Label("area_element", o.Target.Element), u.AreaPath(o.Target.AreaID)
	}
	return work(o), s.Area
}

// work is what is to be done by an order on a unit as such: in the words of who asked for it, which are the programme line's where it carries one out;
// without words, what sort of work it is.
func work(o Order) string {
	if text := Excerpt(o.Complaint, 80); text != "" {
		return text
	}
	return Label("order_type", o.Type)
}

// UnitOf is the name of an order's unit, or its key.
func (n *Names) UnitOf(o Order) string {
	if s, ok := n.Site(o.ID); ok && s.Name != "" {
		return s.Name
	}
	return n.UnitName(o.UnitID)
}

// Label is a value's word in Spanish.
func Label(vocabulary, value string) string {
	for _, w := range api.Words(vocabulary) {
		if w.Value == value {
			return w.Spanish
		}
	}
	es, _ := mx.Label(vocabulary, value)
	return es
}

// Values are a vocabulary's values: as the services tell them, or as this process knows them.
func Values(vocabulary string) []string {
	var out []string
	for _, w := range api.Words(vocabulary) {
		out = append(out, w.Value)
	}
	if out == nil {
		out = mx.Values(vocabulary)
	}
	return out
}

// Badge is how a state is shown.
func Badge(vocabulary, value string) ui.Badge {
	return ui.BadgeOf(vocabulary, value, Label(vocabulary, value))
}

// Options are the values of a vocabulary as choices.
func Options(vocabulary string) []ui.Option {
	var out []ui.Option
	for _, v := range Values(vocabulary) {
		out = append(out, ui.Option{Value: v, Label: Label(vocabulary, v)})
	}
	return out
}

// ClockAt tells instants by the clock of a document's place, whose zone it names where the reader's clock shows another time of day, or is
// not known; by the reader's where the document keeps none.
func ClockAt(r *screen.Request, zone string) ui.Clock {
	z, err := mx.LoadZone(zone)
	switch {
	case zone == "" || err != nil:
		return Reader(r)
	case !r.Who.Placed():
		return ui.Clock{Now: r.Now, Zone: z, Named: true}
	}
	return ui.Clock{Now: r.Now, Zone: z, Reader: r.Zone}
}

// Reader tells instants by the reader's clock.
func Reader(r *screen.Request) ui.Clock {
	return ui.Clock{Now: r.Now, Zone: r.Zone, Named: !r.Who.Placed()}
}

// Elsewhere says whether an instant has another time of day where the document is than where the reader is.
func Elsewhere(r *screen.Request, zone string, at time.Time) bool {
	return r.Who.Placed() && ClockAt(r, zone).Full(at) != Reader(r).Full(at)
}

// Excerpt is the beginning of a text, on one line and not longer than most characters.
func Excerpt(text string, most int) string {
	text = strings.Join(strings.Fields(ui.Inert(text)), " ")
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}

// Known says whether a vocabulary has a value.
func Known(vocabulary, value string) bool { return slices.Contains(Values(vocabulary), value) }

// Contains says whether a text has all words of a question, however they are spelt.
func Contains(text, q string) bool {
	text = mx.NameKey(text)
	asked := strings.Fields(q)
	for _, word := range asked {
		if !strings.Contains(text, mx.NameKey(word)) {
			return false
		}
	}
	return len(asked) > 0
}
