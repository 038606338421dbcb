package event

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// TimeLayout is how every instant is stored and sent: UTC, milliseconds, fixed width, so that text order is time order.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Time is an instant in milliseconds, in UTC. Its zero value is "no instant" and encodes as "" inside a struct without omitzero.
type Time struct{ time.Time }

// At cuts t to milliseconds and moves it to UTC.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// ParseTime reads RFC 3339 with any zone and cuts to milliseconds.
func ParseTime(s string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Time{}, fmt.Errorf("%q is not an RFC 3339 instant such as 2025-08-08T16:00:00Z", s)
	}
	return At(t), nil
}

// String is the stored form.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(TimeLayout)
}

// MarshalJSON writes the stored form; the zero Time is an empty string (fields that may be empty carry `omitzero`).
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalJSON reads what MarshalJSON wrote and any other RFC 3339 instant but the zero one, which would be taken for none.
func (t *Time) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" || s == `""` {
		*t = Time{}
		return nil
	}
	if len(s) < 2 || s[0] != '"' {
		return fmt.Errorf("%s is not an RFC 3339 instant", s)
	}
	parsed, err := ParseTime(s[1 : len(s)-1])
	if err == nil && parsed.IsZero() {
		return fmt.Errorf("%s is no instant at which anything happened", s)
	}
	*t = parsed
	return err
}

// Equal says whether both are the same instant. (go-cmp uses it.)
func (t Time) Equal(o Time) bool { return t.Time.Equal(o.Time) }

// maxAhead is how far a client's clock may be ahead of ours, LateAfter how long after it happened something may be recorded without the
// unit's confirmation.
const (
	maxAhead  = 5 * time.Minute
	LateAfter = 7 * 24 * time.Hour
)

// earliest is the oldest instant that is taken; before it there was nothing to record.
var earliest = At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// Happened is when something happened, by what the request says in field: now where it says nothing. Up to five minutes ahead of now is a
// clock that is fast and counts as now, so that it holds up nobody who comes after; more is refused, as is what was before the year 2000.
// Refusals: occurred-in-future, occurred-too-early, both Invalid.
func Happened(field string, said, now Time) (Time, error) {
	switch latest := At(now.Add(maxAhead)); {
	case said.IsZero():
		return now, nil
	case said.Before(earliest.Time):
		return said, fault.Invalidf(field, "occurred-too-early", "%s is before the year 2000", said).With("from "+earliest.String(), "to "+latest.String())
	case said.After(latest.Time):
		return said, fault.Invalidf(field, "occurred-in-future", "%s is more than five minutes from now", said).With("from "+earliest.String(), "to "+latest.String())
	case said.After(now.Time):
		return now, nil
	}
	return At(said.Time), nil
}

// Late says whether what happened at that instant is recorded so much later that the unit has to confirm it.
func Late(at, now Time) bool { return now.Sub(at.Time) > LateAfter }

// LateEntry is something that was recorded more than LateAfter after it happened. It is taken, and marked until the unit has confirmed it.
type LateEntry struct {
	// What is the action, by its name in the API.
	What        string `json:"what"`
	OccurredAt  Time   `json:"occurred_at"`
	RecordedAt  Time   `json:"recorded_at"`
	By          string `json:"by"`
	ConfirmedAt Time   `json:"confirmed_at,omitzero"`
	ConfirmedBy string `json:"confirmed_by,omitempty"`
}

// Instant is one of the instants of a piece of work, by the name of its field; the zero At is one that is not known.
type Instant struct {
	Name string
	At   Time
}

// Fits refuses an instant that contradicts others of the same work (instant-order, Invalid): in a sequence that holds its name, those ahead
// of it must not be later, those behind it not earlier. field is where the request says it. Sequences without the name are passed over.
func Fits(field, name string, at Time, sequences ...[]Instant) error {
	for _, sequence := range sequences {
		here := slices.IndexFunc(sequence, func(i Instant) bool { return i.Name == name })
		for n, other := range sequence {
			switch {
			case here < 0 || n == here || other.At.IsZero():
			case n < here && other.At.After(at.Time):
				return fault.Invalidf(field, "instant-order", "%s would be %s, before %s, which is %s", name, at, other.Name, other.At).With("from " + other.At.String())
			case n > here && other.At.Before(at.Time):
				return fault.Invalidf(field, "instant-order", "%s would be %s, after %s, which is %s", name, at, other.Name, other.At).With("to " + other.At.String())
			}
		}
	}
	return nil
}
