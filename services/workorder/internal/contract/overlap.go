package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Standings are the appointments of one person to one lot of a contract, as far as they were made since there can be several: the document
// that every appointment of that key changes, so that of two at once the second sees the first. ID is Standing.
type Standings struct {
	ID string `json:"id"`
	// Appointments are ids; those that were ended are taken off when the next one is made.
	Appointments []string `json:"appointments"`
}

// besideOthers refuses an appointment that overlaps another of the same person to the same lot, in days and places: ending one would leave
// the other in force. standing are those that were found before the transaction, of releases that kept no Standings too. Inside Atomic.
func (c Commands) besideOthers(ctx context.Context, a *Appointment, standing []string) error {
	at, unknown, err := c.reaches(ctx, a.Places)
	if err != nil {
		return err
	}
	if unknown >= 0 {
		return fault.Unknown(fmt.Sprintf("places[%d]", unknown), "unit", strings.TrimPrefix(a.Places[unknown], "unit:"))
	}
	key := Standing(a.ContractID, a.Lot, a.Subject)
	s, err := c.Standings.Get(ctx, key)
	if errors.Is(err, event.ErrNotFound) {
		s, err = &Standings{ID: key}, c.Standings.Insert(ctx, key, &Standings{ID: key})
	}
	if err != nil {
		return err
	}
	ids, keyed := []string{a.ID}, false
	all := slices.Concat(s.Appointments, standing)
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		if id == a.ID { // a repetition; Insert tells
			continue
		}
		other, err := c.Others.Get(ctx, id)
		if err != nil {
			return err
		}
		if !other.EndedAt.IsZero() {
			continue
		}
		if a.sameDays(other) {
			if err := c.elsewhere(ctx, at, other); err != nil {
				return err
			}
		}
		ids, keyed = append(ids, id), keyed || other.Standing != ""
	}
	if len(ids) > maxStanding {
		return fault.Conflictf("too-many-appointments", "", "one person has at most %d appointments to a lot that were not ended", maxStanding).With("end one of them")
	}
	if !keyed {
		a.Standing = key
	}
	return c.Standings.Update(ctx, key, func(s *Standings) ([]event.Event, error) {
		s.Appointments = ids
		return nil, nil
	})
}

// maxStanding bounds the appointments of one person to one lot that were not ended: each is read at each commitment.
const maxStanding = 50

// sameDays says whether there is a day on which both hold.
func (a *Appointment) sameDays(o *Appointment) bool {
	return (a.To == "" || o.From <= a.To) && (o.To == "" || a.From <= o.To)
}

// elsewhere refuses an appointment at places of which other holds at one.
func (c Commands) elsewhere(ctx context.Context, at []reach, other *Appointment) error {
	there, _, err := c.reaches(ctx, other.Places)
	if err != nil {
		return err
	}
	for _, p := range at {
		for _, q := range there {
			if p.meets(q) {
				until := "without a last day"
				if other.To != "" {
					until = "to " + other.To
				}
				return fault.Conflictf("appointment-overlaps", "", "appointment %s of the same person to this lot holds at %s from %s %s", other.ID, q.place, other.From, until).
					With("days on which it does not hold", "places at which it does not hold", "end appointment "+other.ID)
			}
		}
	}
	return nil
}

// reach is a place of an appointment: its offices, and of a unit all the scopes that it lies in.
type reach struct {
	place   string
	offices []string
	scopes  []string
}

// reaches are those of places, which are scopes, and which of them is a unit that was not heard of, -1 where none is. An earlier release
// took such a one; it lies in the nation.
func (c Commands) reaches(ctx context.Context, places []string) (out []reach, unknown int, err error) {
	unknown = -1
	for i, p := range places {
		r := reach{place: p}
		if id, ok := strings.CutPrefix(p, "unit:"); ok {
			u, err := c.Units.Get(ctx, id)
			switch {
			case errors.Is(err, event.ErrNotFound):
				unknown, r.scopes = i, []string{mx.Nation, p}
			case err != nil:
				return nil, i, err
			default:
				r.scopes = append(u.Scopes(), p)
			}
		}
		for _, o := range mx.Offices() {
			if slices.Contains([]string{mx.Nation, "office:" + o.Key, "region:" + o.Region, "state:" + o.State}, p) {
				r.offices = append(r.offices, o.Key)
			}
		}
		out = append(out, r)
	}
	return out, unknown, nil
}

// meets says whether there is work at both.
func (r reach) meets(o reach) bool {
	return slices.Contains(r.scopes, o.place) || slices.Contains(o.scopes, r.place) ||
		slices.ContainsFunc(r.offices, func(k string) bool { return slices.Contains(o.offices, k) })
}
