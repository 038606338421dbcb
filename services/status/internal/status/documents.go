package status

import (
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/tally"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
)

// Unit is the figures of a unit.
type Unit struct {
	ID string `json:"id"`
	mx.Place
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	UnitType       string `json:"unit_type,omitempty"`
	CareLevel      string `json:"care_level,omitempty"`
	OperationState string `json:"operation_state"`
	// Counts means that offices, states and the nation count the unit.
	Counts bool `json:"counts"`
	// Figures are what is shown of the sums.
	Figures Figures `json:"figures"`
	tally.Sums
	Before
}

// Before holds what the release before this one reads, so that its figures are right when it runs beside this one and after a rollback: the
// number of its rules, and the groups that it has to add up again. They go with the release after this one.
type Before struct {
	OldRules    int      `json:"rules,omitempty"`
	DirtyGroups []string `json:"dirty_groups,omitempty"`
}

const oldRules = 2

// NewUnit makes a unit of which only the id is known.
func NewUnit(id string) *Unit { return &Unit{ID: id, Place: mx.Place{UnitID: id}, Figures: New()} }

// The states of operation by which a unit is shown apart from the totals, or keeps its assets out of service.
const (
	planned   = "planned"
	suspended = "suspended"
	closed    = "closed"
)

// Describe copies the unit's own fact, which says what and where it is; other facts change nothing.
func (u *Unit) Describe(f tally.Fact) {
	if f, ok := f.(*fact.Unit); ok {
		u.Place, u.Name, u.Kind, u.UnitType, u.CareLevel, u.OperationState = f.Place, f.Name, f.Kind, f.UnitType, f.CareLevel, f.OperationState
		u.Counts, u.Awaited = f.Counts(), false
	}
}

// Derive computes Figures, and what the release before reads, from the sums. In a unit that is not open nothing is in service.
func (u *Unit) Derive() {
	f := New()
	if u.Cells[surveyed] > 0 {
		f.Assets = &Assets{}
	}
	u.Cells.Fill(&f)
	if s := u.OperationState; f.Assets != nil && (s == planned || s == suspended || s == closed) {
		f.Assets.InService = 0
		for key, t := range f.ByType {
			t.InService = 0
			f.ByType[key] = t
		}
	}
	u.Figures, u.OldRules = f, oldRules
	for _, g := range append([]string{fact.AnyMark}, u.groups()...) {
		if g != Nation && u.Counts && !slices.Contains(u.DirtyGroups, g) {
			u.DirtyGroups = append(u.DirtyGroups, g)
		}
	}
}

// NotSurveyed reports whether no asset of the unit was ever registered, delivered or imported, but by mistake. (Counts by hand, once there are any, end it too.)
func (u *Unit) NotSurveyed() bool { return u.Figures.Assets == nil }

// groups lists the groups that count the unit.
func (u *Unit) groups() (groups []string) {
	if !u.Counts {
		return nil
	}
	if u.StateCode != "" {
		groups = append(groups, StatePrefix+u.StateCode)
	}
	if u.Office != "" {
		groups = append(groups, OfficePrefix+u.Office)
	}
	return append(groups, Nation)
}

// Ids of groups: "office:baja-california-sur", "state:03", "nation".
const (
	OfficePrefix = "office:"
	StatePrefix  = "state:"
	Nation       = "nation"
)

// apart are the suffixes of the groups in which the planned and closed units of a group are summed.
var apart = []string{"", "/" + planned, "/" + closed}

// Part is what a group knows of one of its units.
type Part struct{ Suspended, NotSurveyed, WithAssets bool }

// Member is the unit as its groups see it. Each of the institution's own medical units is in just one of three sums of a group: the totals,
// planned, closed.
func (u *Unit) Member() tally.Member[Part] {
	m := tally.Member[Part]{Rows: tally.RowsOf(u.Figures), Groups: u.groups(),
		Value: Part{u.OperationState == suspended, u.NotSurveyed(), !u.NotSurveyed() && u.Figures.Assets.Total > 0}}
	if s := u.OperationState; s == planned || s == closed {
		for i := range m.Groups {
			m.Groups[i] += "/" + s
		}
	}
	return m
}

// Group is the figures of an office, a state or the nation.
type Group struct {
	Totals
	// Figures are those of the units in the totals, open and suspended ones.
	Figures         Figures
	Planned, Closed Apart
	AsOf            event.Time
}

// Totals are the numbers of the units that a group's figures are the sums of.
type Totals struct {
	Units       int64 `json:"units" doc:"The institution's own medical units there that are open or suspended: the figures are their sums"`
	Suspended   int64 `json:"suspended" doc:"Of units, those that are suspended: what they have is in the totals, and none of it in service"`
	NotSurveyed int64 `json:"not_surveyed" doc:"Of units, those without any asset ever registered, delivered or imported, other than by mistake: what they have is not known, and not in the figures"`
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

// GroupOf returns the figures of a group. tag differs whenever one of its units has changed, and is the same in every process.
func GroupOf(fold *tally.Fold[Part], id string) (g Group, tag uint64) {
	var surveyed [3]bool
	numbers, named := [3]int64{}, [3][]string{}
	names := []string{id + apart[0], id + apart[1], id + apart[2]}
	cells := fold.Groups(func(name, unit string, m tally.Member[Part]) {
		i := slices.Index(names, name)
		numbers[i]++
		surveyed[i] = surveyed[i] || !m.Value.NotSurveyed
		if m.Value.WithAssets {
			named[i] = append(named[i], unit)
		}
		if i == 0 && m.Value.Suspended {
			g.Suspended++
		}
		if i == 0 && m.Value.NotSurveyed {
			g.NotSurveyed++
		}
		if m.AsOf.After(g.AsOf.Time) {
			g.AsOf = m.AsOf
		}
		tag += tagOf(unit, m.Version)
	}, names...)
	var figures [3]Figures
	for i := range figures {
		slices.Sort(named[i])
		named[i] = named[i][:min(maxNamed, len(named[i]))]
		if figures[i] = New(); surveyed[i] {
			figures[i].Assets = &Assets{}
		}
		cells[i].Fill(&figures[i])
	}
	g.Units, g.Figures = numbers[0], figures[0]
	g.Planned, g.Closed = Apart{numbers[1], named[1], figures[1]}, Apart{numbers[2], named[2], figures[2]}
	return g, tag
}

// tagOf is a number of a unit's version (FNV-1a), to be added to those of other units.
func tagOf(unit string, version int64) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(unit) {
		h = (h ^ uint64(unit[i])) * prime
	}
	for ; version > 0; version >>= 8 {
		h = (h ^ uint64(version&255)) * prime
	}
	return h * prime
}

// Scopes are the places whose planners see a group as a whole.
func Scopes(group string) []string {
	if key, ok := strings.CutPrefix(group, OfficePrefix); ok {
		o, _ := mx.OfficeByKey(key)
		return mx.Place{Office: key, Region: o.Region}.Scopes()
	}
	if inegi, ok := strings.CutPrefix(group, StatePrefix); ok {
		p := mx.Place{StateCode: inegi, Region: mx.RegionOfState(inegi)}
		if o, ok := mx.OfficeOfState(inegi); ok {
			p.Office = o.Key
		}
		return p.Scopes()
	}
	return []string{Nation}
}
