package event

import (
	"fmt"
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

// UnmarshalJSON reads what MarshalJSON wrote and any other RFC 3339 instant.
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
	*t = parsed
	return err
}

// Equal says whether both are the same instant. (go-cmp uses it.)
func (t Time) Equal(o Time) bool { return t.Time.Equal(o.Time) }

// maxAhead is how far a client's clock may be ahead.
const maxAhead = 5 * time.Minute

// Occurred checks when something is said to have happened: not before the previous transition of the same thing and not later than
// five minutes from now. No instant means now.
func Occurred(said, previous, now Time) (Time, error) {
	switch {
	case said.IsZero() && now.Before(previous.Time):
		return previous, nil // the clock went back: order is kept
	case said.IsZero():
		return now, nil
	case said.Before(previous.Time):
		return said, fault.Invalidf("occurred_at", "occurred-too-early", "%s is before %s, when the previous change happened", said, previous).With("from "+previous.String(), "to "+At(now.Add(maxAhead)).String())
	case said.After(now.Add(maxAhead)):
		return said, fault.Invalidf("occurred_at", "occurred-in-future", "%s is more than five minutes from now", said).With("from "+previous.String(), "to "+At(now.Add(maxAhead)).String())
	}
	return At(said.Time), nil
}
