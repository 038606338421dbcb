package status

import (
	"reflect"
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
}

// Include moves AsOf on to an instant.
func (c *Counted) Include(at event.Time) {
	if at.After(c.AsOf.Time) {
		c.AsOf = at
	}
}

func (c *Counted) same(o *Counted) bool {
	return c.AsOf.Equal(o.AsOf) && reflect.DeepEqual(c.Figures, o.Figures)
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
	// Counts says whether offices, states and the nation count the unit.
	Counts bool `json:"counts"`
	Counted
}

// NewUnit is a unit about which nothing is counted yet.
func NewUnit(u *fact.Unit) *Unit {
	s := &Unit{ID: u.ID, Place: u.Place, Name: u.Name, Kind: u.Kind, UnitType: u.UnitType, CareLevel: u.CareLevel,
		OperationState: u.OperationState, Counts: u.Counts(), Counted: Counted{Figures: New()}}
	s.Include(u.RecordedAt)
	return s
}

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
	case u.Place == stored.Place && u.Counts == stored.Counts && u.same(&stored.Counted):
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

// Group is the figures of an office, a state or the nation.
type Group struct {
	ID string `json:"id"`
	// Units is the number of the institution's own medical units in it.
	Units int64 `json:"units"`
	Counted
}

// NewGroup is a group without units.
func NewGroup(id string) *Group { return &Group{ID: id, Counted: Counted{Figures: New()}} }

// Add counts units and their figures.
func (g *Group) Add(units int64, c *Counted) {
	g.Units += units
	g.Figures.Add(c.Figures)
	g.Include(c.AsOf)
}

// Follow carries over the marks of the stored figures, nil when there are none; a state whose figures differ marks the nation.
func (g *Group) Follow(stored *Group) {
	g.DirtyGroups = nil
	switch {
	case !strings.HasPrefix(g.ID, StatePrefix):
	case stored == nil || g.Units != stored.Units || !g.same(&stored.Counted):
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
