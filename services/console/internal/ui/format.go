package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Clock is by what instants are told: the present instant and the zone of the place that they are about. Reader is the reader's zone: a time of
// day that is another one there is told with its zone. Nil where that is not asked for.
type Clock struct {
	Now          time.Time
	Zone, Reader *time.Location
	// Named says that nobody knows where the reader is: each time of day is told with its zone.
	Named bool
}

var (
	months   = [...]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"}
	weekdays = [...]string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// Hour is the time of day: «9:15», «9:15 (hora del Pacífico)».
func (c Clock) Hour(t time.Time) string {
	if c.Named || c.elsewhere(t) {
		return hour(t.In(c.Zone)) + " (" + zoneName(c.Zone) + ")"
	}
	return hour(t.In(c.Zone))
}

// both is Hour with the reader's time of day: «9:15 (hora del Pacífico; la suya, 10:15)».
func (c Clock) both(t time.Time) string {
	if c.Named {
		return c.Hour(t)
	}
	if c.elsewhere(t) {
		return hour(t.In(c.Zone)) + " (" + words.Say("both_hours", zoneName(c.Zone), hour(t.In(c.Reader))) + ")"
	}
	return hour(t.In(c.Zone))
}

func hour(t time.Time) string { return fmt.Sprintf("%d:%02d", t.Hour(), t.Minute()) }

// elsewhere says whether the reader's clock shows another time of day at t.
func (c Clock) elsewhere(t time.Time) bool {
	if c.Reader == nil {
		return false
	}
	_, there := t.In(c.Zone).Zone()
	_, here := t.In(c.Reader).Zone()
	return there != here
}

// zoneName is what people call the hour of a zone.
func zoneName(zone *time.Location) string {
	key := strings.ToLower(zone.String()[strings.LastIndexByte(zone.String(), '/')+1:])
	if !mx.Valid("zone", key) {
		return zone.String()
	}
	es, _ := mx.Label("zone", key)
	return es
}

// days is how many days after today's date t's date lies.
func (c Clock) days(t time.Time) int {
	return int(midnight(t.In(c.Zone)).Sub(midnight(c.Now.In(c.Zone))).Hours() / 24)
}

// midnight is the date of t as an instant of UTC, where every day has 24 hours.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Near is an instant as a list tells it: «hoy 9:15», «ayer 16:10», «mañana 8:00», «lun 30 nov», «12 mar 2024».
func (c Clock) Near(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch c.days(t) {
	case 0:
		return "hoy " + c.Hour(t)
	case -1:
		return "ayer " + c.Hour(t)
	case 1:
		return "mañana " + c.Hour(t)
	}
	return c.NearDay(t.In(c.Zone))
}

// NearDay is a date as a list tells it, without the time of day. t's own zone says which date that is.
func (c Clock) NearDay(t time.Time) string {
	days := int(midnight(t).Sub(midnight(c.Now.In(c.Zone))).Hours() / 24)
	switch {
	case days == 0:
		return "hoy"
	case days == -1:
		return "ayer"
	case days == 1:
		return "mañana"
	case -8 < days && days < 8:
		return fmt.Sprintf("%s %d %s", weekdays[t.Weekday()], t.Day(), months[t.Month()-1])
	}
	return day(t)
}

func day(t time.Time) string { return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year()) }

// Day is the date of an instant: «27 nov 2026».
func (c Clock) Day(t time.Time) string { return day(t.In(c.Zone)) }

// Full is an instant with its date and time: «27 nov 2026, 8:15».
func (c Clock) Full(t time.Time) string { return c.Day(t) + ", " + c.both(t) }

// Short is Full without the year where that is the present one: «24 nov, 20:05».
func (c Clock) Short(t time.Time) string {
	at := t.In(c.Zone)
	if at.Year() != c.Now.In(c.Zone).Year() {
		return c.Full(t)
	}
	return fmt.Sprintf("%d %s, %s", at.Day(), months[at.Month()-1], c.both(t))
}

// Date is a calendar date of a document, as precise as it was said: «27 nov 2026», «nov 2026» (2026-11), «2026»; what is none is shown as it is.
func (c Clock) Date(s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return day(t)
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		return fmt.Sprintf("%s %d", months[t.Month()-1], t.Year())
	}
	return s
}

// NearDate is Date as a list tells it: «mañana», «lun 30 nov».
func (c Clock) NearDate(s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return c.NearDay(t)
	}
	return s
}

// Past says whether a calendar date (YYYY-MM-DD) is over.
func (c Clock) Past(s string) bool { return s != "" && s < c.Now.In(c.Zone).Format(time.DateOnly) }

// Span is a length of time in the two largest units that it has: «8 h 12 min», «1 d 19 h», «45 min»; from a month on, in days: «2,523 d».
func Span(d time.Duration) string {
	minutes := int(d.Abs().Minutes())
	days, hours, rest := minutes/(24*60), minutes/60%24, minutes%60
	if days >= 30 {
		return Number(days) + nbsp + "d"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{days, "d"}, {hours, "h"}, {rest, "min"}} {
		if p.n > 0 && len(parts) < 2 {
			parts = append(parts, strconv.Itoa(p.n)+nbsp+p.unit)
		}
	}
	if len(parts) == 0 {
		return "0" + nbsp + "min"
	}
	return strings.Join(parts, " ")
}

// Number is a whole number with commas: «63,894».
func Number(n int) string { return grouped(strconv.Itoa(n)) }

// Decimal is a quantity with at most two decimals: «42.5».
func Decimal(f float64) string {
	whole, decimals, _ := strings.Cut(strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), "."), ".")
	if decimals == "" {
		return grouped(whole)
	}
	return grouped(whole) + "." + decimals
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Money is an amount of centavos, never rounded: «$16,799,250.00».
func Money(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s$%s.%02d", sign, grouped(strconv.FormatInt(cents/100, 10)), cents%100)
}

// Percent is a share of a whole with one decimal: «85.4 %»; of nothing it is a dash. What is not all is never shown as 100.0, nor something as 0.0.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return "—"
	}
	tenths := (part*2000 + whole) / (2 * whole)
	switch {
	case part < whole && tenths >= 1000:
		tenths = 999
	case part > 0 && tenths == 0:
		tenths = 1
	}
	return fmt.Sprintf("%d.%d%s%%", tenths/10, tenths%10, nbsp)
}

// Width is a share of a whole as an SVG length: "44.50%".
func Width(part, whole int64) string {
	if whole <= 0 {
		return "0%"
	}
	return strconv.FormatFloat(float64(max(0, part))*100/float64(whole), 'f', 2, 64) + "%"
}
