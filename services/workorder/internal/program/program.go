// Package program holds the yearly programmes of maintenance and works: what is to be done where and when, in lines per unit. A
// programme has no money: that is the contract's.
package program

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
)

// Program is a programme. Its lines are documents of their own.
type Program struct {
	ID string `json:"id"`
	Facts
	// Lines is how many lines it has, LatestLineID the last one added.
	Lines        int        `json:"lines"`
	LatestLineID string     `json:"latest_line_id,omitempty"`
	CreatedAt    event.Time `json:"created_at"`
}

// Facts are what can be said of a programme as a whole.
type Facts struct {
	Name       string `json:"name" minLength:"1" maxLength:"200" example:"Programa de Mantenimiento 2025"`
	FiscalYear int    `json:"fiscal_year" minimum:"2000" maximum:"2100"`
}

// Scopes are everybody's: all may know what the programmes are, while the lines are their units'.
func (p *Program) Scopes() []string { return []string{"nation", "staff"} }

// Line is a line of a programme: the work planned in one unit.
type Line struct {
	ID string `json:"id"`
	mx.Place
	ProgramID string `json:"program_id"`
	Plan
	AddedAt event.Time `json:"added_at"`
}

// The events of programmes and their lines. Their states are the Program and the Line.
var (
	LineEvents   = event.NewSet(event.Programs, "program_line")
	Events       = event.NewSet(event.Programs, "program")
	Created      = event.Define[Facts](Events, "program.created", "A programme was registered")
	Changed      = event.Define[Facts](Events, "program.changed", "Facts of a programme changed")
	LineCounted  = event.Define[LineRef](Events, "program.line_added", "A line was added to a programme")
	LineAdded    = event.Define[Plan](LineEvents, "program_line.added", "Work was planned in a unit")
	PlaceChanged = event.Define[mx.Place](LineEvents, "program_line.place_changed", "The line's unit belongs to another office, region or state")
)

// LineRef names a line.
type LineRef struct {
	LineID string `json:"line_id"`
}

// Create is the registration of a programme.
type Create struct {
	ID string `json:"id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	Facts
}

// AddLine plans work in a unit.
type AddLine struct {
	LineID string `json:"line_id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	UnitID string `json:"unit_id" minLength:"3" maxLength:"40" example:"BSIST000014"`
	Plan
}

// Plan is what is to be done in a unit: to an element of an area, to a type of equipment, or to the unit as such.
type Plan struct {
	AreaID       string  `json:"area_id,omitempty" maxLength:"40" doc:"Area of the unit"`
	Element      string  `json:"element,omitempty" vocabulary:"area_element" doc:"Part of the area that is worked on"`
	TypeKey      string  `json:"equipment_type_key,omitempty" maxLength:"60" doc:"Type of the equipment that is worked on; not together with element"`
	Description  string  `json:"description" minLength:"1" maxLength:"500" example:"Sustitución de pisos en baños"`
	Quantity     float64 `json:"quantity" exclusiveMinimum:"0" maximum:"1000000" doc:"At most two decimals"`
	MeasureUnit  string  `json:"measure_unit" vocabulary:"measure_unit"`
	PlannedStart string  `json:"planned_start" format:"date"`
	PlannedEnd   string  `json:"planned_end" format:"date"`
}

// Commands are what can be done with programmes.
type Commands struct {
	Programs event.Collection[Program]
	// Counted are the same programmes, changed by right of the service: offices add lines to the nation's programmes.
	Counted event.Collection[Program]
	Lines   event.Collection[Line]
	Units   event.Collection[place.UnitRef]
	Atomic  func(ctx context.Context, work func(context.Context) error) error
	Now     func(context.Context) event.Time
}

// Create registers a programme.
func (c Commands) Create(ctx context.Context, id string, in Create) error {
	return described.Create(ctx, c.Programs, id, &Program{ID: id, Facts: in.Facts, CreatedAt: c.Now(ctx)})
}

// Change edits a programme's facts.
func (c Commands) Change(ctx context.Context, id string, edit func(*Facts) error) error {
	return described.Change(ctx, c.Programs, id, edit)
}

var described = event.Described[Program, Facts]{In: func(p *Program) *Facts { return &p.Facts }, Valid: (*Program).valid, Created: Created, Changed: Changed}

func (p *Program) valid(Facts) error {
	if p.Name = mx.Clean(p.Name); p.Name == "" {
		return fault.Invalidf("name", "name-missing", "a programme needs its name")
	}
	if p.FiscalYear < 2000 || p.FiscalYear > 2100 {
		return fault.Invalidf("fiscal_year", "fiscal-year-out-of-range", "a fiscal year from 2000 to 2100 was expected, got %d", p.FiscalYear)
	}
	return nil
}

// AddLine plans work in a unit of the caller's scope, under the line's id in in.
func (c Commands) AddLine(ctx context.Context, id string, in AddLine) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		err := c.Counted.Update(ctx, id, func(p *Program) ([]event.Event, error) {
			p.Lines++
			p.LatestLineID = in.LineID
			return []event.Event{LineCounted.New(LineRef{in.LineID})}, nil
		})
		if err != nil {
			return err
		}
		u, err := place.OpenUnit(ctx, c.Units, in.UnitID)
		if err != nil {
			return err
		}
		if err := in.valid(u); err != nil {
			return err
		}
		return c.Lines.Insert(ctx, in.LineID, &Line{ID: in.LineID, Place: u.Place, ProgramID: id, Plan: in.Plan, AddedAt: c.Now(ctx)}, LineAdded.New(in.Plan))
	})
}

func (in *Plan) valid(u *place.UnitRef) (err error) {
	if _, ok := u.Area(in.AreaID); in.AreaID != "" && !ok {
		return fault.Unknown("area_id", "area", in.AreaID)
	}
	if in.Element != "" && in.TypeKey != "" {
		return fault.Invalidf("equipment_type_key", "target-ambiguous", "a line plans work on an element of the building or on a type of equipment, not on both")
	}
	if in.Element != "" && !mx.Valid("area_element", in.Element) {
		return fault.Invalidf("element", "value-unknown", "%q is not an element of an area", in.Element).With(mx.Values("area_element")...)
	}
	if in.Quantity, err = Quantity("quantity", in.Quantity, in.MeasureUnit); err != nil {
		return err
	}
	return contract.Period("planned_start", in.PlannedStart, "planned_end", in.PlannedEnd)
}

// MaxDays is over how many days at most lines are listed by the day on which they are to begin: half a year.
const MaxDays = 186

// Days are the days (YYYY-MM-DD) from one to another, both of them meant. Where one is missing it is MaxDays that are meant, from or to the other;
// nil where both are. What is no such period is refused under the names from and to.
func Days(from, to string) ([]any, error) {
	if from == "" && to == "" {
		return nil, nil
	}
	if err := contract.Period("from", cmp.Or(from, to), "to", cmp.Or(to, from)); err != nil {
		return nil, err
	}
	first, errFirst := time.Parse(time.DateOnly, cmp.Or(from, to))
	last, errLast := time.Parse(time.DateOnly, cmp.Or(to, from))
	if err := errors.Join(errFirst, errLast); err != nil {
		return nil, err
	}
	if from == "" {
		first = last.AddDate(0, 0, 1-MaxDays)
	}
	if to == "" {
		last = first.AddDate(0, 0, MaxDays-1)
	}
	if last.After(first.AddDate(0, 0, MaxDays-1)) {
		return nil, fault.Invalidf("to", "period-too-long", "at most %d days are listed at once", MaxDays).With("at the latest " + first.AddDate(0, 0, MaxDays-1).Format(time.DateOnly))
	}
	var days []any
	for ; !first.After(last); first = first.AddDate(0, 0, 1) {
		days = append(days, first.Format(time.DateOnly))
	}
	return days, nil
}

// Quantity reads a quantity in a unit of measure: above zero, with at most two decimals. field is named in the refusal of another one.
func Quantity(field string, q float64, unit string) (float64, error) {
	exact, err := mx.Quantity(q)
	if err != nil {
		return 0, fault.Invalidf(field, "quantity-out-of-range", "%s", err.Error())
	}
	if !mx.Valid("measure_unit", unit) {
		return 0, fault.Invalidf("measure_unit", "value-unknown", "%q is not a unit of measure", unit).With(mx.Values("measure_unit")...)
	}
	return exact, nil
}

// Follow moves the line to where its unit is now.
func (l *Line) Follow(to mx.ZonedPlace) event.Event {
	l.Place = to.Place
	return PlaceChanged.New(to.Place)
}
