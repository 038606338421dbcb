package status

import (
	"reflect"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
)

// Counted is what units and groups have in common.
type Counted struct {
	Figures Figures `json:"figures"`
	// AsOf is when the newest of the facts that the figures include was recorded.
	AsOf event.Time `json:"as_of,omitzero"`
	// DirtyGroups are the groups whose figures do not yet include these, behind fact.Any. A state has but one: the nation.
	DirtyGroups []string `json:"dirty_groups,omitempty"`
	// Rules are those by which the figures were worked out; 0 where an earlier release did it.
	Rules int `json:"rules,omitempty"`
}

// Outdated says that the figures were worked out by other rules than the present ones.
func (c *Counted) Outdated() bool { return c.Rules != Rules }

// Include moves AsOf on to an instant.
func (c *Counted) Include(at event.Time) {
	if at.After(c.AsOf.Time) {
		c.AsOf = at
	}
}

func (c *Counted) same(o *Counted) bool {
	return c.Rules == o.Rules && c.AsOf.Equal(o.AsOf) && reflect.DeepEqual(c.Figures, o.Figures)
}

// Unit is the figures of a unit.
type Unit struct {
	ID string `json:"id"`
	mx.Place
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	UnitType       string `json:"unit_type,omitempty"`
	CareLevel      string `json:"care_level,omitempty"`
	OperationState string `json:"operation_state"`
	// Counts says whether offices, states and the nation know of the unit.
	Counts bool `json:"counts"`
	Counted
}

// NewUnit is a unit about which nothing is counted yet.
func NewUnit(u *fact.Unit) *Unit {
	s := &Unit{ID: u.ID, Place: u.Place, Name: u.Name, Kind: u.Kind, UnitType: u.UnitType, CareLevel: u.CareLevel,
		OperationState: u.OperationState, Counts: u.Counts(), Counted: Counted{Figures: New(), Rules: Rules}}
	s.Include(u.RecordedAt)
	return s
}

// The states of operation by which a unit is shown apart from the totals, or keeps its assets out of service.
const (
	planned   = "planned"
	suspended = "suspended"
	closed    = "closed"
)

// AddAsset counts one asset of the unit.
func (u *Unit) AddAsset(a *fact.Asset) {
	u.Figures.AddAsset(a, u.OperationState != planned && u.OperationState != suspended && u.OperationState != closed)
}

// NotSurveyed says that no asset of the unit was ever registered, delivered or imported. An asset belongs to the unit for good, also when
// it is retired, so that this is never true again. (Counts by hand, once there are any, end it too.)
func (u *Unit) NotSurveyed() bool { return u.Figures.Assets == nil }

// groups are the groups that count the unit directly.
func (u *Unit) groups() []string {
	if !u.Counts {
		return nil
	}
	var groups []string
	if u.State != "" {
		groups = append(groups, StatePrefix+u.State)
	}
	if u.Office != "" {
		groups = append(groups, OfficePrefix+u.Office)
	}
	return groups
}

// Follow carries over the marks of the stored figures, nil when there are none, and marks the groups that see a difference.
func (u *Unit) Follow(stored *Unit) {
	u.DirtyGroups = nil
	switch {
	case stored == nil:
		u.DirtyGroups = fact.Add(nil, u.groups()...)
	case u.Place == stored.Place && u.Counts == stored.Counts && u.OperationState == stored.OperationState && u.same(&stored.Counted):
		u.DirtyGroups = stored.DirtyGroups
	default:
		u.DirtyGroups = fact.Add(fact.Add(stored.DirtyGroups, stored.groups()...), u.groups()...)
	}
}

// Ids of groups: "office:baja-california-sur", "state:03", "nation".
const (
	OfficePrefix = "office:"
	StatePrefix  = "state:"
	Nation       = "nation"
)

// Group is the figures of an office, a state or the nation. Each of the institution's own medical units in it is in just one of the three:
// the totals, planned, closed.
type Group struct {
	ID string `json:"id"`
	Totals
	// Counted are the figures of the units in the totals, open and suspended ones.
	Counted
	Planned Apart `json:"planned"`
	Closed  Apart `json:"closed"`
}

// Totals are the numbers of the units that a group's figures are the sums of.
type Totals struct {
	Units       int64 `json:"units" doc:"The institution's own medical units there that are open or suspended: the figures are their sums"`
	Suspended   int64 `json:"suspended" doc:"Of units, those that are suspended: what they have is in the totals, and none of it in service"`
	NotSurveyed int64 `json:"not_surveyed" doc:"Of units, those without any asset ever registered, delivered or imported: what they have is not known, and not in the figures"`
}

// Apart is what units have that are not in the totals, planned or closed ones.
type Apart struct {
	Units int64 `json:"units" doc:"The institution's own medical units there in this state of operation"`
	// WithAssets may be cut short: see maxNamed.
	WithAssets []string `json:"with_assets,omitempty" doc:"Keys of those that have assets that are not retired, in order; the first 100 where there are more"`
	Figures    Figures  `json:"figures" doc:"The sums of the figures of these units"`
}

// maxNamed bounds the units that Apart names.
const maxNamed = 100

func (a *Apart) add(units int64, withAssets []string, f Figures) {
	a.Units += units
	a.WithAssets = slices.Compact(slices.Sorted(slices.Values(append(withAssets, a.WithAssets...))))
	a.WithAssets = a.WithAssets[:min(maxNamed, len(a.WithAssets))]
	a.Figures.Add(f)
}

// NewGroup is a group without units.
func NewGroup(id string) *Group {
	return &Group{ID: id, Counted: Counted{Figures: New(), Rules: Rules}, Planned: Apart{Figures: New()}, Closed: Apart{Figures: New()}}
}

// AddUnit counts a unit.
func (g *Group) AddUnit(u *Unit) {
	g.Include(u.AsOf)
	var withAssets []string
	if u.Figures.Assets != nil && u.Figures.Assets.Total > 0 {
		withAssets = []string{u.ID}
	}
	switch u.OperationState {
	case planned:
		g.Planned.add(1, withAssets, u.Figures)
		return
	case closed:
		g.Closed.add(1, withAssets, u.Figures)
		return
	case suspended:
		g.Suspended++
	}
	g.Units++
	if u.NotSurveyed() {
		g.NotSurveyed++
	}
	g.Figures.Add(u.Figures)
}

// AddGroup adds what another group counts, none of whose units is in g.
func (g *Group) AddGroup(o *Group) {
	g.Include(o.AsOf)
	g.Units, g.Suspended, g.NotSurveyed = g.Units+o.Units, g.Suspended+o.Suspended, g.NotSurveyed+o.NotSurveyed
	g.Figures.Add(o.Figures)
	g.Planned.add(o.Planned.Units, o.Planned.WithAssets, o.Planned.Figures)
	g.Closed.add(o.Closed.Units, o.Closed.WithAssets, o.Closed.Figures)
}

// Follow carries over the marks of the stored figures, nil when there are none; a state whose figures differ marks the nation.
func (g *Group) Follow(stored *Group) {
	g.DirtyGroups = nil
	switch {
	case !strings.HasPrefix(g.ID, StatePrefix):
	case stored == nil || g.Totals != stored.Totals || !g.same(&stored.Counted) || !reflect.DeepEqual(g.Planned, stored.Planned) ||
		!reflect.DeepEqual(g.Closed, stored.Closed):
		g.DirtyGroups = fact.Add(nil, Nation)
	default:
		g.DirtyGroups = stored.DirtyGroups
	}
}

// Scopes are the places whose planners see the group as a whole.
func (g *Group) Scopes() []string {
	if key, ok := strings.CutPrefix(g.ID, OfficePrefix); ok {
		o, _ := mx.OfficeByKey(key)
		return mx.Place{Office: key, Region: o.Region}.Scopes()
	}
	if inegi, ok := strings.CutPrefix(g.ID, StatePrefix); ok {
		p := mx.Place{State: inegi, Region: mx.RegionOfState(inegi)}
		if o, ok := mx.OfficeOfState(inegi); ok {
			p.Office = o.Key
		}
		return p.Scopes()
	}
	return []string{Nation}
}
