package mx

import (
	"fmt"
	"time"

	"github.com/rickar/cal/v2"
)

// The days of obligatory rest of art. 74 of the Ley Federal del Trabajo. The Monday rules stand since the reform of 2006:
// earlier years have no more than the fixed days here. The handover of the federal executive moved from 1 December to
// 1 October with that of 2024. Election days fall on Sundays. What public servants get beyond the law (5 May, 2
// November, Holy Week) differs by year and institution: closings of a Calendar.
var statutory = []*cal.Holiday{
	{Name: "Año Nuevo", Month: time.January, Day: 1, Func: fixedDay},
	{Name: "Día de la Constitución", Month: time.February, Weekday: time.Monday, Offset: 1, StartYear: 2006, Func: nthWeekday},
	{Name: "Natalicio de Benito Juárez", Month: time.March, Weekday: time.Monday, Offset: 3, StartYear: 2006, Func: nthWeekday},
	{Name: "Día del Trabajo", Month: time.May, Day: 1, Func: fixedDay},
	{Name: "Día de la Independencia", Month: time.September, Day: 16, Func: fixedDay},
	{Name: "Día de la Revolución", Month: time.November, Weekday: time.Monday, Offset: 3, StartYear: 2006, Func: nthWeekday},
	{Name: handover, Month: time.December, Day: 1, StartYear: 1934, EndYear: 2018, Func: everySixYears},
	{Name: handover, Month: time.October, Day: 1, StartYear: 2024, Func: everySixYears},
	{Name: "Navidad", Month: time.December, Day: 25, Func: fixedDay},
}

const handover = "Transmisión del Poder Ejecutivo Federal"

// The library's own functions return midnight in the server's zone, which may not exist; these return noon UTC.

func fixedDay(h *cal.Holiday, year int) time.Time { return noon(year, h.Month, h.Day) }

func nthWeekday(h *cal.Holiday, year int) time.Time {
	return cal.WeekdayNFrom(noon(year, h.Month, 1), h.Weekday, h.Offset)
}

func everySixYears(h *cal.Holiday, year int) time.Time {
	if (year-h.StartYear)%6 != 0 {
		return time.Time{}
	}
	return noon(year, h.Month, h.Day)
}

func noon(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

// Closing is a period of days on which the institution does not work although they are no statutory holidays. Dates are YYYY-MM-DD in the
// unit's zone; To is the last day, empty for a single one.
type Closing struct {
	From string `json:"from"`
	To   string `json:"to,omitempty"`
	Name string `json:"name"`
}

// maxClosingDays bounds one Closing, so that a slip in the year does not close the calendar for a century.
const maxClosingDays = 60

// Calendar knows which days are business days: Monday to Friday, no statutory holiday, no configured closing. It is immutable and safe for
// concurrent use. Days are those of the zone that each method is given: the unit's.
type Calendar struct {
	days *cal.BusinessCalendar
}

// NewCalendar makes a calendar of the statutory holidays and the closings. It fails, naming the closing, when a date is unreadable, To is
// before From, or the closing is longer than 60 days.
func NewCalendar(closings ...Closing) (*Calendar, error) {
	days := cal.NewBusinessCalendar()
	days.AddHoliday(statutory...)
	for i, c := range closings {
		from, to, err := c.span()
		if err != nil {
			return nil, fmt.Errorf("closing %d (%s): %w", i+1, c.Name, err)
		}
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			days.AddHoliday(&cal.Holiday{Name: c.Name, StartYear: d.Year(), EndYear: d.Year(), Month: d.Month(), Day: d.Day(), Func: fixedDay})
		}
	}
	return &Calendar{days: days}, nil
}

func (c Closing) span() (from, to time.Time, err error) {
	if from, err = time.Parse(time.DateOnly, c.From); err != nil {
		return from, to, fmt.Errorf("from %.20q is not a date like 2026-04-02", c.From)
	}
	to = from
	if c.To != "" {
		if to, err = time.Parse(time.DateOnly, c.To); err != nil {
			return from, to, fmt.Errorf("to %.20q is not a date like 2026-04-03", c.To)
		}
	}
	if length := int(to.Sub(from)/(24*time.Hour)) + 1; length < 1 || length > maxClosingDays {
		return from, to, fmt.Errorf("from %s to %s is %d days, 1 to %d are expected", c.From, c.To, length, maxClosingDays)
	}
	return from, to, nil
}

// IsBusinessDay reports whether the day on which t falls in zone is a business day.
func (c *Calendar) IsBusinessDay(t time.Time, zone *time.Location) bool {
	return c.days.IsWorkday(localDay(t, zone))
}

// Holiday returns the name of the statutory holiday or closing on which t falls in zone; false on other days, Sundays included.
func (c *Calendar) Holiday(t time.Time, zone *time.Location) (string, bool) {
	if holiday, _, h := c.days.IsHoliday(localDay(t, zone)); holiday {
		return h.Name, true
	}
	return "", false
}

// AddBusinessDays returns the same time of day, in zone, on the n-th business day after t's day (before it for a negative n; t for 0). t's own
// day never counts: one business day from a Saturday is Monday. A time of day that does not exist on that date, because clocks go forward,
// becomes one beside the gap. The cost grows with n, so n must not be a number that a client chooses freely.
func (c *Calendar) AddBusinessDays(t time.Time, n int, zone *time.Location) time.Time {
	return onDay(t, c.days.WorkdaysFrom(localDay(t, zone), n), zone)
}

// BusinessDaysBetween counts the business days after from's day up to and including to's day, in zone; when to is earlier, those before
// from's day down to to's day, as a negative number. So BusinessDaysBetween(t, AddBusinessDays(t, n)) == n. The cost grows with the distance.
func (c *Calendar) BusinessDaysBetween(from, to time.Time, zone *time.Location) int {
	start, end, step := localDay(from, zone), localDay(to, zone), 1
	if end.Before(start) {
		step = -1
	}
	n := 0
	for d := start; !d.Equal(end); {
		d = d.AddDate(0, 0, step)
		if c.days.IsWorkday(d) {
			n += step
		}
	}
	return n
}

// AddCalendarDays returns the same time of day n calendar days later in zone (días naturales), also when the clocks change in between.
func AddCalendarDays(t time.Time, n int, zone *time.Location) time.Time {
	return onDay(t, localDay(t, zone).AddDate(0, 0, n), zone)
}

// localDay is t's date in zone as noon UTC, where stepping by days meets no change of the clock.
func localDay(t time.Time, zone *time.Location) time.Time {
	return noon(t.In(zone).Date())
}

// onDay is t's time of day in zone on another date; on its own date it is t, also in an hour that the clock shows twice.
func onDay(t, day time.Time, zone *time.Location) time.Time {
	if day.Equal(localDay(t, zone)) {
		return t.In(zone)
	}
	t = t.In(zone)
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
}
