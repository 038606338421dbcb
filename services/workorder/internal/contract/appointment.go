package contract

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Appointment is the right of one person to commit the money of one contract and lot, at some places, from a day to a day. It is a
// document of its own, dated and ended, never deleted: who could spend on a day past can always be said.
type Appointment struct {
	ID string `json:"id"`
	AppointmentTerms
	MadeAt event.Time `json:"made_at"`
	MadeBy string     `json:"made_by"`
	// EndedAt and EndedBy are there once the appointment was ended, which holds at once.
	EndedAt event.Time `json:"ended_at,omitzero"`
	EndedBy string     `json:"ended_by,omitempty"`
	// Standing is set on one of the appointments of a person to a lot that were not ended: the release before knows that one only.
	Standing string `json:"standing,omitempty" doc:"Contract, lot and person, on one of those of that key that were not ended; unique"`
}

// AppointmentTerms are what an appointment says.
type AppointmentTerms struct {
	ContractID string   `json:"contract_id" format:"uuid"`
	Lot        int      `json:"lot" minimum:"1" maximum:"99" doc:"A lot of the contract, in whatever fiscal year"`
	Subject    string   `json:"subject" minLength:"1" maxLength:"255" doc:"Opaque id of the person, as the token's subject; never a name. Any subject is taken: who there is only the identity provider knows"`
	Places     []string `json:"places" minItems:"1" maxItems:"100" doc:"Where: nation, region:1, office:sonora, state:26, unit:BSIST000014" example:"[\"office:sonora\"]"`
	From       string   `json:"from" format:"date" doc:"First day, by the clock of the place of work" example:"2025-01-01"`
	To         string   `json:"to,omitempty" format:"date" doc:"Last day; until the appointment is ended when absent" example:"2025-12-31"`
}

// Standing is the key of the appointments of a person to a contract's lot.
func Standing(contractID string, lot int, subject string) string {
	return fmt.Sprintf("%s:%d:%s", contractID, lot, subject)
}

// Scopes are those of its places, and of an office's region and state; one for the whole nation concerns all of the institution's own people.
func (a *Appointment) Scopes() []string {
	scopes := []string{mx.Nation}
	for _, p := range a.Places {
		if p == mx.Nation {
			scopes = append(scopes, "staff")
			continue
		}
		scopes = append(scopes, p)
		if office, ok := mx.OfficeByKey(strings.TrimPrefix(p, "office:")); ok {
			scopes = append(scopes, "region:"+office.Region, "state:"+office.State)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Admits says whether the appointment was not ended and holds at p on each of the days (YYYY-MM-DD, by the clock of p).
func (a *Appointment) Admits(p mx.Place, days ...string) bool {
	at := p.Scopes()
	return a.EndedAt.IsZero() && slices.ContainsFunc(a.Places, func(s string) bool { return slices.Contains(at, s) }) &&
		!slices.ContainsFunc(days, func(day string) bool { return day < a.From || a.To != "" && day > a.To })
}

// mayHold says whether the appointment, not ended, is in force anywhere in the country at that instant: the country's clocks are five to
// eight hours behind UTC.
func (a *Appointment) mayHold(at event.Time) bool {
	return !a.over(at) && a.From <= at.Add(-5*time.Hour).Format(time.DateOnly)
}

// over says whether the appointment was ended, or its last day is past everywhere in the country.
func (a *Appointment) over(at event.Time) bool {
	return !a.EndedAt.IsZero() || a.To != "" && a.To < at.Add(-8*time.Hour).Format(time.DateOnly)
}

// The events of an appointment. Their state is the Appointment.
var (
	AppointmentEvents = event.NewSet(event.Contracts, "appointment")
	AppointmentMade   = event.Define[AppointmentTerms](AppointmentEvents, "appointment.made", "A person may commit the money of a contract and lot")
	AppointmentEnded  = event.Define[AppointmentEnd](AppointmentEvents, "appointment.ended", "A person may no longer commit the money of a contract and lot")
)

// AppointmentEnd says when an appointment ended.
type AppointmentEnd struct {
	EndedAt event.Time `json:"ended_at"`
	EndedBy string     `json:"ended_by"`
}

// Appoint is the making of an appointment.
type Appoint struct {
	ID string `json:"id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	AppointmentTerms
}

// Appoint lets somebody else commit the money of a contract and lot.
func (c Commands) Appoint(ctx context.Context, id string, in Appoint) error {
	a := &Appointment{ID: id, AppointmentTerms: in.AppointmentTerms, MadeAt: c.Now(ctx), MadeBy: event.Actor(ctx)}
	if err := cmp.Or(a.valid(), forSomebodyElse(ctx, a.Subject)); err != nil {
		return err
	}
	standing, err := c.Standing(ctx, a.ContractID, a.Lot, a.Subject)
	if err != nil {
		return err
	}
	return c.Atomic(ctx, func(ctx context.Context) error {
		k, err := c.Contracts.Get(ctx, a.ContractID)
		if err != nil {
			return event.Referenced(err, "contract_id", "contract", a.ContractID)
		}
		if !slices.ContainsFunc(k.Lots, func(l Lot) bool { return l.Lot == a.Lot }) {
			return fault.Invalidf("lot", "lot-unknown", "contract %s has no lot %d", k.Number, a.Lot)
		}
		if err := c.besideOthers(ctx, a, standing); err != nil {
			return err
		}
		return c.Appointments.Insert(ctx, id, a, AppointmentMade.New(a.AppointmentTerms))
	})
}

// EndAppointment ends an appointment at once. What was committed under it stays committed.
func (c Commands) EndAppointment(ctx context.Context, id string) error {
	return c.Appointments.Update(ctx, id, func(a *Appointment) ([]event.Event, error) {
		if err := a.endable(ctx); err != nil {
			return nil, err
		}
		a.EndedAt, a.EndedBy, a.Standing = c.Now(ctx), event.Actor(ctx), ""
		return []event.Event{AppointmentEnded.New(AppointmentEnd{a.EndedAt, a.EndedBy})}, nil
	})
}

// endable refuses to end what was ended, or one's own appointment.
func (a *Appointment) endable(ctx context.Context) error {
	if err := forSomebodyElse(ctx, a.Subject); err != nil {
		return err
	}
	if !a.EndedAt.IsZero() {
		return fault.Conflictf("appointment-ended", "ended", "the appointment was ended at %s", a.EndedAt)
	}
	return nil
}

// Moves says which operations an appointment admits of the caller, by their verbs in the API: there is one, to end it.
func (a *Appointment) Moves(ctx context.Context) func(verb string) error {
	return func(string) error { return a.endable(ctx) }
}

// forSomebodyElse refuses who would decide on an appointment of their own.
func forSomebodyElse(ctx context.Context, subject string) error {
	if subject == event.Actor(ctx) {
		return fault.Conflictf("own-appointment", "", "nobody makes or ends an appointment for themselves; another administrator has to")
	}
	return nil
}

// Subject refuses what cannot be the opaque id of a person: it goes into events, where no name does.
func Subject(field, id string) error {
	if strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) || id == "" {
		return fault.Invalidf(field, "subject-malformed", "a subject is the opaque id of the person's tokens, without blanks; never a name")
	}
	return nil
}

func (a *Appointment) valid() error {
	if err := Subject("subject", a.Subject); err != nil {
		return err
	}
	if len(a.Places) == 0 {
		return fault.Invalidf("places", "places-missing", "an appointment holds at one place at least").With(mx.Nation)
	}
	for i, p := range a.Places {
		if !mx.KnownScope(p) {
			return fault.Invalidf(fmt.Sprintf("places[%d]", i), "place-unknown", "%q is no place", p).With(mx.Nation, "region:<1-8>", "office:<key>", "state:<01-32>", "unit:<key>")
		}
	}
	return Period("from", a.From, "to", cmp.Or(a.To, a.From))
}
