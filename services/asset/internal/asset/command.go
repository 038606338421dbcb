package asset

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Register is the registration of an asset by hand.
type Register struct {
	ID          string           `json:"id,omitempty" doc:"UUIDv7 made by the client, for capture without a network"`
	UnitID      string           `json:"unit_id" minLength:"1" maxLength:"40" example:"BSIST000014"`
	TypeID      string           `json:"type_id" format:"uuid"`
	Functioning string           `json:"functioning,omitempty" vocabulary:"functioning" doc:"unknown when absent"`
	Use         string           `json:"use,omitempty" vocabulary:"use" doc:"not_in_use when absent"`
	UseReason   string           `json:"use_reason,omitempty" vocabulary:"not_in_use_reason" doc:"Why it is not in use; not_installed when absent"`
	Funding     *mx.FundingInput `json:"funding_source,omitempty"`
	Details
}

// Details are the descriptive facts of an asset, which can be edited.
type Details struct {
	AreaID       string `json:"area_id,omitempty" maxLength:"40"`
	SerialNumber string `json:"serial_number,omitempty" maxLength:"80" doc:"S/N, ilegible, - and the like mean none"`
	InventoryTag string `json:"inventory_tag,omitempty" maxLength:"60" doc:"Unique in the institution, however it is spelt; S/N and the like mean none"`
	Brand        string `json:"brand,omitempty" maxLength:"80"`
	Model        string `json:"model,omitempty" maxLength:"80"`
	// DistinctReason is asked for where brand, model and serial number are another asset's. Free text: it is in no event.
	DistinctReason string `json:"distinct_reason,omitempty" maxLength:"200" doc:"Why this is not the asset with the same brand, model and serial number; without it such a one is refused (serial-taken)"`
	// Dates are as precise as they were said.
	AcquiredOn    mx.Date   `json:"acquired_on,omitempty" maxLength:"10" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$" doc:"A day (2019-03-09), a month (2019-03) or a year (2019), from 1950 to today" example:"2019-03"`
	InstalledOn   mx.Date   `json:"installed_on,omitempty" maxLength:"10" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$" doc:"A day, a month or a year, from 1950 to today"`
	WarrantyUntil mx.Date   `json:"warranty_until,omitempty" maxLength:"10" pattern:"^\\d{4}(-\\d{2}(-\\d{2})?)?$" doc:"The last day, month or year of the warranty, from 1950 to 2100"`
	Cost          *mx.Money `json:"acquisition_cost,omitempty"`
	// CustodianPost is a post, not a person. Free text all the same: it is in no event.
	CustodianPost        string `json:"custodian_post,omitempty" maxLength:"120" doc:"The post that answers for it, never a person's name" example:"Jefatura de enfermería"`
	SanitaryRegistration string `json:"sanitary_registration,omitempty" maxLength:"80" doc:"Its sanitary registration (COFEPRIS)" example:"1179E2012 SSA"`
}

// Report is a new value of a fact.
type Report struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened in the clinic; now when absent. At most 5 minutes ahead, which counts as now; older than what was said last, it is kept in the history and changes nothing"`
	Value      string     `json:"value" minLength:"1" maxLength:"40"`
	Reason     string     `json:"reason,omitempty" maxLength:"120" doc:"Why: one of the reasons of the fact, or a few words, which are kept in notes"`
}

// Moment is the body of an action whose verb says the value.
type Moment struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened in the clinic; now when absent. At most 5 minutes ahead, which counts as now; older than what was said last, it is kept in the history and changes nothing"`
	Reason     string     `json:"reason,omitempty" maxLength:"120" doc:"Why, in a few words, which are kept in notes"`
}

// Report is the report of that value.
func (m Moment) Report(value string) Report {
	return Report{OccurredAt: m.OccurredAt, Value: value, Reason: m.Reason}
}

// Commands are what can be done with assets.
type Commands struct {
	Assets event.Collection[Asset]
	Units  event.Collection[unit.Unit]
	Types  event.Collection[equipment.Type]
	Gates  Gates
	// Nones are the installation's words for "there is none".
	Nones mx.Nones
	// HadOrders says whether the asset's history knows of a work order on it, also of before assets kept that themselves.
	HadOrders func(ctx context.Context, id string) (bool, error)
	Now       func(context.Context) event.Time
}

// Gates let assets into units.
type Gates interface {
	// Enter writes the asset that come makes for the unit as it is, with the events of its birth. It is written only if by then the unit is
	// still as come has seen it; come may run more than once. A unit that is not there is an unknown reference.
	Enter(ctx context.Context, unitID string, come func(*unit.Unit) (*Asset, error), events ...event.Event) error
}

// Register writes a new asset. It is a draft until it has what tells it from others.
func (c Commands) Register(ctx context.Context, id string, in Register) error {
	t, err := c.typeOf(ctx, in.TypeID)
	if err != nil {
		return err
	}
	return c.Gates.Enter(ctx, in.UnitID, func(u *unit.Unit) (*Asset, error) {
		if u.OperationState == unit.Closed {
			return nil, fault.Conflictf("unit-closed", u.OperationState, "unit %s is closed: nothing is registered in it until it is open again", u.ID)
		}
		a := in.asset(id, u, t, event.Actor(ctx), c.Now(ctx))
		if err := c.describe(ctx, a, Details{}, func() (*unit.Unit, error) { return u, nil }); err != nil {
			return nil, err
		}
		return a, a.begin()
	}, Registered.New(RegisteredChange{Source: "manual"}))
}

// describe keeps an asset's details as they are to be kept, and refuses what they cannot be. was is what they were, at the asset's unit.
func (c Commands) describe(ctx context.Context, a *Asset, was Details, at func() (*unit.Unit, error)) error {
	a.kept(was, c.Nones)
	if err := a.valid(was, c.Now(ctx)); err != nil {
		return err
	}
	if a.AreaID == "" || a.AreaID == was.AreaID {
		return nil
	}
	u, err := at()
	if err != nil {
		return err
	}
	if _, ok := u.Area(a.AreaID); !ok {
		return fault.Invalidf("area_id", "area-unknown", "unit %s has no area %q", u.ID, a.AreaID)
	}
	return nil
}

func (d Details) valid(was Details, now event.Time) error {
	if d.Cost != nil && (was.Cost == nil || *d.Cost != *was.Cost) { // what was stored before there was a bound stays
		if err := d.Cost.AtMost(mx.MaxPriceCents); err != nil {
			return fault.Invalidf("acquisition_cost", "amount-invalid", "%s", err.Error())
		}
	}
	today := now.AddDate(0, 0, 1) // by the clock of the reader furthest east
	for _, date := range []struct {
		field   string
		is, was mx.Date
		last    time.Time
	}{{"acquired_on", d.AcquiredOn, was.AcquiredOn, today}, {"installed_on", d.InstalledOn, was.InstalledOn, today}, {"warranty_until", d.WarrantyUntil, was.WarrantyUntil, lastWarranty}} {
		if date.is != "" && date.is != date.was && !date.is.Within(firstYear, date.last) {
			return fault.Invalidf(date.field, "date-out-of-range", "a day (2019-03-09), a month (2019-03) or a year (2019) from %d to %s was expected, got %q", firstYear, date.last.Format(time.DateOnly), date.is)
		}
	}
	return nil
}

// firstYear is the first of what is in a register, lastWarranty the last day of a warranty.
const firstYear = 1950

var lastWarranty = time.Date(2100, 12, 31, 0, 0, 0, 0, time.UTC)

// asset is the draft that is registered.
func (in Register) asset(id string, u *unit.Unit, t *equipment.Type, by string, now event.Time) *Asset {
	fact := func(value, reason string) Fact { return Fact{Value: value, Since: now, Reason: reason, By: by} }
	a := &Asset{ID: id, Place: u.Place, Details: in.Details,
		Lifecycle: fact(Draft, ""), Use: fact(cmp.Or(in.Use, NotInUse), in.UseReason),
		Custody: fact(AtUnit, ""), Quarantine: fact(NotQuarantined, ""), Funding: in.Funding.Source(), RegisteredAt: now,
		HandsOn: Assertion{Value: UnknownFunctioning, By: by}}
	a.be(t)
	if in.Functioning != "" && in.Functioning != UnknownFunctioning {
		a.HandsOn = Assertion{Value: in.Functioning, OccurredAt: now, By: by}
	}
	if a.Use.Value == NotInUse && a.Use.Reason == "" {
		a.Use.Reason = "not_installed"
	}
	a.Use.Reported = in.Use != ""
	return a
}

// begin makes a draft that has what tells it from others active, and refuses a use that a report could not give it either.
func (a *Asset) begin() error {
	if a.complete() == nil {
		a.Lifecycle.Value = Active
	}
	a.fold()
	return admitsUse(a, "use_reason", a.Use.Value, a.Use.Reason)
}

// Change edits descriptive facts.
func (c Commands) Change(ctx context.Context, id string, edit func(*Details) error) error {
	return c.Assets.Update(ctx, id, c.edited(ctx, edit))
}

// edited is a change of descriptive facts, for an Update.
func (c Commands) edited(ctx context.Context, edit func(*Details) error) func(*Asset) ([]event.Event, error) {
	valid := func(a *Asset, was Details) error {
		if err := a.changeable(); err != nil {
			return err
		}
		before := *a
		before.Details = was
		if err := c.describe(ctx, a, was, func() (*unit.Unit, error) { return c.Units.Get(ctx, a.UnitID) }); err != nil {
			return err
		}
		if a.Lifecycle.Value == Active && before.complete() == nil {
			return a.complete()
		}
		return nil
	}
	return event.Edit(func(a *Asset) *Details { return &a.Details }, edit, valid,
		func(_ Details, fields []string) event.Event { return DetailsChanged.New(DetailsChange{fields}) })
}

// Kind of a fact that can be reported.
type factKind struct {
	name, enum string
	of         func(*Asset) *Fact
	event      event.Of[FactChange]
	// admits refuses what the asset's other facts do not admit.
	admits func(*Asset, Report) error
}

var factKinds = []factKind{
	{"activate", "asset_lifecycle", func(a *Asset) *Fact { return &a.Lifecycle }, Activated, admitsActivation},
	{"use", "use", func(a *Asset) *Fact { return &a.Use }, UseChanged, func(a *Asset, in Report) error { return admitsUse(a, "reason", in.Value, in.Reason) }},
	{"custody", "custody", func(a *Asset) *Fact { return &a.Custody }, CustodyChanged, nil},
	{"quarantine", "quarantine", func(a *Asset) *Fact { return &a.Quarantine }, QuarantineChanged, nil},
}

func kindOf(name string) factKind {
	return factKinds[slices.IndexFunc(factKinds, func(k factKind) bool { return k.name == name })]
}

// valid refuses a value that the vocabulary does not have.
func (r Report) valid(vocabulary string) error {
	if mx.Valid(vocabulary, r.Value) {
		return nil
	}
	return fault.Invalidf("value", "value-unknown", "%q is not one of the values", r.Value).With(mx.Values(vocabulary)...)
}

// Report sets one of the facts: "activate", "use", "custody" or "quarantine". (See ReportFunctioning for the one that is folded.)
func (c Commands) Report(ctx context.Context, id, kind string, in Report) error {
	k := kindOf(kind)
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		if err := cmp.Or(a.changeable(), in.valid(k.enum)); err != nil {
			return nil, err
		}
		if k.admits != nil {
			if err := k.admits(a, in); err != nil {
				return nil, err
			}
		}
		now, was := c.Now(ctx), *k.of(a)
		at, err := event.Happened("occurred_at", in.OccurredAt, now)
		if err != nil {
			return nil, err
		}
		to := a.reported(ctx, kind, in, at, now)
		if at.Before(was.Since.Time) && in.OccurredAt.IsZero() {
			to.Since = was.Since // recorded by a clock that is a little ahead of this one
		}
		if a.overtaken(k, to) {
			return []event.Event{a.passOver(k, to)}, nil
		}
		if err := a.changes(k, in); err != nil {
			return nil, err
		}
		return []event.Event{a.set(k, to)}, nil
	})
}

// changes refuses a word that says nothing of a fact but what stands.
func (a *Asset) changes(k factKind, in Report) error {
	if was := k.of(a); was.Value == in.Value && (was.Reason == in.Reason || !coded(in.Reason) && a.noted(k.name, in.Reason)) {
		return fault.Conflictf("no-change", in.Value, "asset %s is %s already", a.ID, in.Value)
	}
	return nil
}

func (a *Asset) set(k factKind, to Fact) event.Event {
	f := k.of(a)
	from := f.Value
	*f = to
	a.derive()
	return k.event.New(FactChange{From: from, To: to.Value, Reason: f.Reason, OccurredAt: to.Since, OrderID: to.OrderID})
}

func admitsActivation(a *Asset, _ Report) error {
	if a.Lifecycle.Value != Draft {
		return fault.Conflictf("not-a-draft", a.Lifecycle.Value, "asset %s is %s already", a.ID, a.Lifecycle.Value)
	}
	return a.complete()
}

// admitsUse refuses a use that does not go with its reason, which is said in field, or with the asset's lifecycle.
func admitsUse(a *Asset, field, use, reason string) error {
	if use == NotInUse && !mx.Valid("not_in_use_reason", reason) {
		return fault.Invalidf(field, "reason-unknown", "an asset that is not in use needs one of the reasons").With(mx.Values("not_in_use_reason")...)
	}
	if use == InUse && mx.Valid("not_in_use_reason", reason) {
		return fault.Invalidf(field, "reason-mismatch", "%s is a reason for which an asset is not in use", reason)
	}
	if use == InUse && a.Lifecycle.Value != Active {
		return fault.Conflictf("asset-not-active", a.Lifecycle.Value, "only an active asset can be in use; this one is %s", a.Lifecycle.Value).With(append(a.lacks(standard), "activate")...)
	}
	return nil
}
