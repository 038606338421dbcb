package event

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// TimeLayout is the format of every instant that is stored or sent: UTC, milliseconds, fixed width, so that text order is time order.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Time is an instant in UTC, with milliseconds. Its zero value means "no instant".
type Time struct{ time.Time }

// At truncates t to milliseconds and converts it to UTC.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// ParseTime reads RFC 3339 with any zone, and truncates to milliseconds.
func ParseTime(s string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Time{}, fmt.Errorf("%q is not an RFC 3339 instant such as 2025-08-08T16:00:00Z", s)
	}
	return At(t), nil
}

// String formats t by TimeLayout; the zero Time is "".
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(TimeLayout)
}

// MarshalJSON writes String as a JSON string: the zero Time as "", unless its field has `omitzero`.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalJSON reads an RFC 3339 instant, or "" or null as the zero Time. It refuses the instant 0001-01-01T00:00:00Z, which is the zero Time.
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

// Equal reports whether both are the same instant. (go-cmp uses it.)
func (t Time) Equal(o Time) bool { return t.Time.Equal(o.Time) }

// maxAhead is how far a client's clock may be ahead of ours. LateAfter is how late something may be recorded without the unit's confirmation.
const (
	maxAhead  = 5 * time.Minute
	LateAfter = 7 * 24 * time.Hour
)

// earliest is the oldest instant that Happened accepts: there are no records of the time before.
var earliest = At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// Happened validates the instant that a request states in field. It returns now for the zero Time, and for an instant up to five minutes ahead,
// since clients' clocks may be fast and later events must not be before this one. It refuses later instants (occurred-in-future) and those
// before the year 2000 (occurred-too-early), both as fault.Invalid.
func Happened(field string, stated, now Time) (Time, error) {
	switch latest := At(now.Add(maxAhead)); {
	case stated.IsZero():
		return now, nil
	case stated.Before(earliest.Time):
		return stated, fault.Invalidf(field, "occurred-too-early", "%s is before the year 2000", stated).With("from "+earliest.String(), "to "+latest.String())
	case stated.After(latest.Time):
		return stated, fault.Invalidf(field, "occurred-in-future", "%s is more than five minutes from now", stated).With("from "+earliest.String(), "to "+latest.String())
	case stated.After(now.Time):
		return now, nil
	}
	return At(stated.Time), nil
}

// Late reports whether now is so long (LateAfter) after at that the unit has to confirm what happened then.
func Late(at, now Time) bool { return now.Sub(at.Time) > LateAfter }

// LateEntry marks an action that was recorded more than LateAfter after it happened. It counts, and is marked until the unit has confirmed it.
type LateEntry struct {
	// What is the action's name in the API.
	What        string `json:"what"`
	OccurredAt  Time   `json:"occurred_at"`
	RecordedAt  Time   `json:"recorded_at"`
	By          string `json:"by"`
	ConfirmedAt Time   `json:"confirmed_at,omitzero"`
	ConfirmedBy string `json:"confirmed_by,omitempty"`
}

// Instant is one instant of a piece of work. Name is its field's name; a zero At means that it is not known.
type Instant struct {
	Name string
	At   Time
}

// Fits refuses (instant-order, fault.Invalid) an instant that is out of order: in each sequence that contains name, those in front must not be
// later than at, those behind not earlier. field is the request's field that states at.
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
