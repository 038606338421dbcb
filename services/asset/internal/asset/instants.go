package asset

import (
	"context"
	"maps"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// reported is a fact as somebody says it. What is recorded long after it happened is marked until the unit's director has confirmed it,
// unless the director says it.
func (a *Asset) reported(ctx context.Context, kind string, in Report, at, now event.Time) Fact {
	f := Fact{Value: in.Value, Since: at, Reason: in.Reason, By: event.Actor(ctx), Reported: true}
	if event.Late(at, now) {
		f.LateEntry = &event.LateEntry{What: kind, OccurredAt: at, RecordedAt: now, By: f.By}
		if event.ActsAs(ctx, []string{"unit:" + a.UnitID}, "unit_director") {
			f.LateEntry.ConfirmedAt, f.LateEntry.ConfirmedBy = now, f.By
		}
	}
	return f
}

// overtaken says whether a word about a fact is older than the one that stands: it is kept in the history and changes nothing. What was
// only taken for granted at the registration yields to any word, however old: that an asset registered today has been in use since last year.
// A lifecycle goes on in order of arrival.
func (a *Asset) overtaken(k factKind, to Fact) bool {
	f := k.of(a)
	return k.name != "activate" && !a.assumed(*f) && to.Since.Before(f.Since.Time)
}

// passOver is the event of such a word.
func (a *Asset) passOver(k factKind, f Fact) event.Event {
	change := FactChange{From: k.of(a).Value, To: f.Value, OccurredAt: f.Since, Overtaken: true}
	if coded(f.Reason) {
		change.Reason = f.Reason
	} else {
		a.note(k.name, f)
	}
	return k.event.New(change)
}

// ended is the instant of a retirement: not before anything that somebody has said of the asset, of which it would be a contradiction. What was
// only taken for granted at the registration contradicts nothing: that an asset registered today was lost a month ago.
func (a *Asset) ended(said, now event.Time) (event.Time, error) {
	a.recall()
	latest := event.Instant{Name: "functioning", At: a.HandsOn.OccurredAt}
	for _, k := range factKinds {
		if f := k.of(a); !a.assumed(*f) && f.Since.After(latest.At.Time) {
			latest = event.Instant{Name: k.name, At: f.Since}
		}
	}
	at, err := occurred(said, latest.At, now)
	if err == nil {
		err = event.Fits("occurred_at", "retire", at, []event.Instant{latest, {Name: "retire", At: at}})
	}
	return at, err
}

// assumed says that a fact was taken for granted at the registration. Facts of before there was the mark were reported after the registration.
func (a *Asset) assumed(f Fact) bool { return !f.Reported && !f.Since.After(a.RegisteredAt.Time) }

// ConfirmLate is the unit's word that what was entered late did happen then.
func (c Commands) ConfirmLate(ctx context.Context, id string) error {
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		if err := a.May("confirm-late-entries"); err != nil {
			return nil, err
		}
		a.recall()
		var confirmed []string // by the action, as the entries say
		for _, entry := range a.unconfirmed() {
			e := **entry
			e.ConfirmedAt, e.ConfirmedBy = c.Now(ctx), event.Actor(ctx)
			*entry, confirmed = &e, append(confirmed, e.What)
		}
		return append([]event.Event{LateConfirmed.New(LateConfirmedChange{confirmed})}, a.fold()...), nil
	})
}

// lateEntered refuses the unit's word on late entries where none waits for it.
func (a *Asset) lateEntered() error {
	known := *a
	known.Orders = slices.Clone(a.Orders)
	known.recall()
	if len(known.unconfirmed()) == 0 {
		return fault.Conflictf("nothing-to-confirm", a.Lifecycle.Value, "asset %s has no late entry that waits for the unit", a.ID)
	}
	return nil
}

// unconfirmed are where the late entries stand that wait for the unit, in the order of what they are about.
func (a *Asset) unconfirmed() (entries []**event.LateEntry) {
	all := a.lateEntries()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if entry := all[name]; *entry != nil && (*entry).ConfirmedAt.IsZero() {
			entries = append(entries, entry)
		}
	}
	return entries
}

// lateEntries are where late entries stand, by what they are about; that of the functioning is with the assertion.
func (a *Asset) lateEntries() map[string]**event.LateEntry {
	out := map[string]**event.LateEntry{"functioning": &a.HandsOn.LateEntry}
	for _, k := range factKinds {
		out[k.name] = &k.of(a).LateEntry
	}
	return out
}
