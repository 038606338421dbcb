package order

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
)

// Request asks for work on one target.
type Request struct {
	ID                  string           `json:"id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	UnitID              string           `json:"unit_id" minLength:"3" maxLength:"40" example:"BSIST000014"`
	Effect              string           `json:"effect,omitempty" vocabulary:"effect" doc:"What the fault does to care: type and priority follow from it. Needed of requesters from the next release on; until then it is taken from reported_functioning"`
	Type                string           `json:"type,omitempty" vocabulary:"order_type" doc:"Stated in triage, by a director, an engineer or an administrator. A requester's is ignored, and refused from the next release on"`
	Priority            string           `json:"priority,omitempty" vocabulary:"priority" doc:"As type"`
	Target              Target           `json:"target"`
	Complaint           string           `json:"complaint,omitempty" maxLength:"4000" doc:"What is wrong, in the requester's words; it never leaves the service"`
	ReportedFunctioning string           `json:"reported_functioning,omitempty" enum:"working,limited,not_working" doc:"Of corrective orders on an asset, which need it: what the asset is. What the effect says when absent"`
	ProgramLineID       string           `json:"program_line_id,omitempty" format:"uuid" doc:"The programme line that plans this work, of the same unit"`
	ProjectID           string           `json:"project_id,omitempty" maxLength:"80" pattern:"^[A-Za-z0-9._/-]*$" doc:"The project's key in its own register"`
	ScheduledStart      event.Time       `json:"scheduled_start,omitzero"`
	ScheduledEnd        event.Time       `json:"scheduled_end,omitzero"`
	Quantity            float64          `json:"quantity,omitempty" exclusiveMinimum:"0" maximum:"1000000" doc:"At most two decimals"`
	MeasureUnit         string           `json:"measure_unit,omitempty" vocabulary:"measure_unit" doc:"Needed with quantity"`
	Estimate            *mx.Money        `json:"estimate,omitempty" doc:"What the work is thought to cost, without VAT; who says so cannot approve the order. As type: not a requester's word"`
	Funding             *mx.FundingInput `json:"funding_source,omitempty" doc:"Who pays; unknown when absent. As type: not a requester's word"`
	OccurredAt          event.Time       `json:"occurred_at,omitzero" doc:"When it was asked for; now when absent"`
}

// earliest and latest are the first and the last instant for which work can be planned.
var (
	earliest = event.At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	latest   = event.At(time.Date(2100, 12, 31, 23, 59, 59, 0, time.UTC))
)

// references are what a request names, as this service knows them.
type references struct {
	unit  *place.UnitRef
	asset *place.AssetRef
	line  *program.Line
	// site and kind say what care the unit gives and of what type the asset is; nil where that has not been heard of.
	site *place.SiteRef
	kind *place.TypeRef
}

// references looks up what the request names, in the caller's scope.
func (c Commands) references(ctx context.Context, in *Request) (r references, err error) {
	if r.unit, err = place.OpenUnit(ctx, c.Units, in.UnitID); err != nil {
		return r, err
	}
	if in.Target.Kind == onAsset && in.Target.AssetID != "" {
		if r.asset, err = c.Assets.Get(ctx, in.Target.AssetID); err != nil {
			return r, event.Referenced(err, "target.asset_id", "asset", in.Target.AssetID)
		}
	}
	if in.ProgramLineID != "" {
		if r.line, err = c.Lines.Get(ctx, in.ProgramLineID); err != nil {
			return r, event.Referenced(err, "program_line_id", "programme line", in.ProgramLineID)
		}
	}
	if r.site, err = heardOf(ctx, c.Sites, in.UnitID); err != nil {
		return r, err
	}
	if r.asset != nil {
		r.kind, err = heardOf(ctx, c.Types, r.asset.TypeKey)
	}
	return r, err
}

// heardOf is what is known under an id; nil where nothing is.
func heardOf[T any](ctx context.Context, c event.Collection[T], id string) (*T, error) {
	known, err := c.Get(ctx, id)
	if isNotFound(err) {
		return nil, nil
	}
	return known, err
}

// valid checks the request by itself and against what it names.
func (in *Request) valid(r references) (err error) {
	if err := cmp.Or(valid("type", "order_type", in.Type), valid("priority", "priority", in.Priority), valid("target.kind", "order_target", in.Target.Kind), in.Target.valid(r),
		(Facts{Type: in.Type, Target: in.Target}).validReport("reported_functioning", in.ReportedFunctioning, true)); err != nil {
		return err
	}
	if r.line != nil && r.line.UnitID != in.UnitID {
		return fault.Invalidf("program_line_id", "line-of-another-unit", "the programme line is one of unit %s", r.line.UnitID)
	}
	if in.Quantity != 0 || in.MeasureUnit != "" {
		if in.Quantity, err = program.Quantity("quantity", in.Quantity, in.MeasureUnit); err != nil {
			return err
		}
	}
	if in.Funding != nil && in.Funding.Kind != "" {
		err = valid("funding_source.kind", "funding_kind", in.Funding.Kind)
	}
	return cmp.Or(validEstimate(in.Estimate), err, validSchedule(in.ScheduledStart, in.ScheduledEnd))
}

// maxOpen bounds the orders that are open on one asset, and with them the size of the asset and its events, which list them with what each
// says. It goes by what has been heard of the asset, so that requests of the same moment may exceed it by a few.
const maxOpen = 50

// valid checks that the target names just what its kind needs, and that it is in the unit.
func (t Target) valid(r references) error {
	switch {
	case (t.Kind == onAsset) != (t.AssetID != ""):
		return fault.Invalidf("target.asset_id", "target-mismatch", "a target of kind asset, and only such a one, names its asset")
	case (t.Kind == onArea) != (t.AreaID != "" && t.Element != ""), t.Kind != onArea && t.AreaID+t.Element != "":
		return fault.Invalidf("target.element", "target-mismatch", "a target of kind area_element, and only such a one, names an area and an element of it")
	}
	if t.Kind == onArea {
		if err := valid("target.element", "area_element", t.Element); err != nil {
			return err
		}
		if _, ok := r.unit.Area(t.AreaID); !ok {
			return fault.Unknown("target.area_id", "area", t.AreaID)
		}
	}
	if a := r.asset; a != nil {
		if a.UnitID != r.unit.ID {
			return fault.Invalidf("target.asset_id", "asset-elsewhere", "the asset is at unit %s", a.UnitID)
		}
		if a.Retired() {
			return fault.Conflictf("asset-retired", a.Lifecycle.Value, "the asset is retired: nothing is done to it any more")
		}
		if len(a.Orders) >= maxOpen {
			return fault.Conflictf("too-many-orders", "open", "%d work orders are open on the asset: end some of them first", len(a.Orders))
		}
	}
	return nil
}

// scheduled is when the work is planned for: as it was where neither instant is said.
func (o *Order) scheduled(start, end event.Time) (event.Time, event.Time, error) {
	if start.IsZero() && end.IsZero() {
		start, end = o.ScheduledStart, o.ScheduledEnd
	}
	return start, end, validSchedule(start, end)
}

func validSchedule(start, end event.Time) error {
	for _, f := range []struct {
		name string
		at   event.Time
	}{{"scheduled_start", start}, {"scheduled_end", end}} {
		if !f.at.IsZero() && (f.at.Before(earliest.Time) || f.at.After(latest.Time)) {
			return fault.Invalidf(f.name, "date-out-of-range", "an instant from %s to %s was expected", earliest, latest)
		}
	}
	if !end.IsZero() && (start.IsZero() || end.Before(start.Time)) {
		return fault.Invalidf("scheduled_end", "period-reversed", "a scheduled end comes after a scheduled start")
	}
	return nil
}

// Request writes a new order with its folio. The folio is drawn before, by itself, once nothing else speaks against the order: no
// transaction holds the series, of which every order of an office and year needs a number, and a number that is drawn in vain is a gap.
func (c Commands) Request(ctx context.Context, id string, in Request) error {
	if taken, err := c.Orders.Get(ctx, id); err == nil {
		return c.Orders.Insert(ctx, id, taken) // the refusal of a taken id, before a folio is drawn for what may be a repetition
	} else if !isNotFound(err) {
		return err
	}
	r, err := c.references(ctx, &in)
	if err != nil {
		return err
	}
	how, err := c.triage(ctx, &in, r)
	if err != nil {
		return err
	}
	if err := in.valid(r); err != nil {
		return err
	}
	d := c.doerAt(ctx, r.unit.UnitID)
	at, err := event.Happened("occurred_at", in.OccurredAt, d.Now)
	if err != nil {
		return err
	}
	overtaken, err := c.overtaken(ctx, in, r.asset, at, d.Now)
	if err != nil {
		return err
	}
	folio, err := c.nextFolio(ctx, r.unit, at)
	if err != nil {
		return err
	}
	o := &Order{ID: id, Complaint: strings.TrimSpace(in.Complaint)}
	change := RequestedChange{When: d.when(request, at, ""), ReportedFunctioning: in.ReportedFunctioning, OvertakenAt: overtaken, Funding: in.Funding.Source(),
		Facts: Facts{ZonedPlace: r.unit.ZonedPlace, Folio: folio, Type: in.Type, Priority: in.Priority, Effect: in.Effect, Triage: how, Target: in.Target,
			ProgramLineID: in.ProgramLineID, ProjectID: in.ProjectID, ScheduledStart: in.ScheduledStart, ScheduledEnd: in.ScheduledEnd,
			Quantity: in.Quantity, MeasureUnit: in.MeasureUnit, RequestedBy: d.By}}
	if in.Estimate != nil {
		change.Estimate, change.EstimatedBy = in.Estimate, d.By
	}
	return c.Orders.Insert(ctx, id, o, raise(o, RequestedEvent, change))
}

// overtaken is when the asset came to serve again after the instant of which a request reports, as far as is known now; zero where it did
// not. It is judged once, when the report is recorded, and goes with the order: so that the report means the same in whichever order the
// register hears of both orders, and what is restored later leaves the reports of other open orders as they are.
func (c Commands) overtaken(ctx context.Context, in Request, a *place.AssetRef, at, now event.Time) (event.Time, error) {
	if a == nil || in.ReportedFunctioning == "" || !at.Before(now.Time) {
		return event.Time{}, nil
	}
	latest, err := c.Restored(ctx, a.ID)
	if word := a.ServedAt(); word.After(latest.Time) {
		latest = word
	}
	if !latest.After(at.Time) {
		latest = event.Time{}
	}
	return latest, err
}

// Series counts the folios of one office and year.
type Series struct {
	ID   string `json:"id"`
	Last int    `json:"last"`
}

// nextFolio takes the next number of the unit's office in the year of at, by the unit's clock.
func (c Commands) nextFolio(ctx context.Context, u *place.UnitRef, at event.Time) (string, error) {
	year, err := localTime(u.TimeZone, at)
	if err != nil {
		return "", err
	}
	series := fmt.Sprintf("OT-%s-%d", strings.ToUpper(cmp.Or(u.Office, u.ID)), year.Year())
	n := 0
	next := func(s *Series) ([]event.Event, error) {
		s.Last++
		n = s.Last
		return nil, nil
	}
	err = c.Series.Update(ctx, series, next)
	if isNotFound(err) { // the first order of an office and year
		if err = c.beginSeries(ctx, series); err == nil {
			err = c.Series.Update(ctx, series, next)
		}
	}
	return fmt.Sprintf("%s-%06d", series, n), err
}

// beginSeries makes a series unless somebody else just did.
func (c Commands) beginSeries(ctx context.Context, id string) error {
	failed := c.Series.Insert(ctx, id, &Series{ID: id})
	if failed == nil {
		return nil
	}
	if _, err := c.Series.Get(ctx, id); err == nil {
		return nil
	}
	return failed
}
