package mx

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func mustCalendar(t testing.TB, closings ...Closing) *Calendar {
	t.Helper()
	c, err := NewCalendar(closings...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func holidaysOf(c *Calendar, year int) []string {
	var out []string
	for d := noon(year, 1, 1); d.Year() == year; d = d.AddDate(0, 0, 1) {
		if _, ok := c.Holiday(d, time.UTC); ok {
			out = append(out, d.Format(time.DateOnly))
		}
	}
	return out
}

func TestStatutoryHolidays(t *testing.T) {
	c := mustCalendar(t)
	for year, want := range map[int][]string{
		2018: {"2018-01-01", "2018-02-05", "2018-03-19", "2018-05-01", "2018-09-16", "2018-11-19", "2018-12-01", "2018-12-25"},
		2024: {"2024-01-01", "2024-02-05", "2024-03-18", "2024-05-01", "2024-09-16", "2024-10-01", "2024-11-18", "2024-12-25"},
		2026: {"2026-01-01", "2026-02-02", "2026-03-16", "2026-05-01", "2026-09-16", "2026-11-16", "2026-12-25"},
		2030: {"2030-01-01", "2030-02-04", "2030-03-18", "2030-05-01", "2030-09-16", "2030-10-01", "2030-11-18", "2030-12-25"},
	} {
		if diff := cmp.Diff(want, holidaysOf(c, year)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

func TestHolidaysAreTheSharedOnes(t *testing.T) {
	want := map[int][]string{}
	for _, row := range sharedCSV(t, "feriados_mx/feriados_mx_2020_2036.csv") {
		if row["tipo"] == "public" {
			year := noonOf(t, row["fecha"]).Year()
			want[year] = append(want[year], row["fecha"])
		}
	}
	for _, row := range sharedCSV(t, "feriados_mx/correcciones.csv") {
		year := noonOf(t, row["fecha"]).Year()
		if row["accion"] == "agregar" {
			want[year] = append(want[year], row["fecha"])
		} else {
			want[year] = slices.DeleteFunc(want[year], func(d string) bool { return d == row["fecha"] })
		}
	}
	c := mustCalendar(t)
	if len(want) != 17 {
		t.Errorf("%d years, want 17", len(want))
	}
	for year, days := range want {
		slices.Sort(days)
		if diff := cmp.Diff(days, holidaysOf(c, year)); diff != "" {
			t.Errorf("%d (-file +calendar):\n%s", year, diff)
		}
	}
}

func noonOf(t testing.TB, date string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	return d.Add(12 * time.Hour)
}

func TestBusinessDays(t *testing.T) {
	plain := mustCalendar(t)
	holyWeek := mustCalendar(t, Closing{From: "2026-04-02", To: "2026-04-03", Name: "Semana Santa"}, Closing{From: "2026-05-05", Name: "Batalla de Puebla"})
	for _, tc := range []struct {
		c    *Calendar
		from string
		n    int
		want string
	}{
		{plain, "2026-01-30", 1, "2026-02-03"}, // Friday; Monday is the Constitution's
		{plain, "2026-01-31", 1, "2026-02-03"}, // Saturday
		{plain, "2026-02-02", 1, "2026-02-03"}, // the holiday itself
		{plain, "2026-02-03", -1, "2026-01-30"},
		{plain, "2026-04-01", 1, "2026-04-02"},
		{plain, "2026-01-31", 0, "2026-01-31"},
		{plain, "2025-12-24", 5, "2026-01-02"},
		{holyWeek, "2026-04-01", 1, "2026-04-06"},
		{holyWeek, "2026-05-04", 1, "2026-05-06"},
	} {
		from := noonOf(t, tc.from)
		got := tc.c.AddBusinessDays(from, tc.n, time.UTC)
		if got.Format(time.DateOnly) != tc.want {
			t.Errorf("%s %+d business days = %s, want %s", tc.from, tc.n, got.Format(time.DateOnly), tc.want)
		}
	}
	if n := plain.BusinessDaysBetween(noonOf(t, "2025-12-31"), noonOf(t, "2026-12-31"), time.UTC); n != 254 {
		t.Errorf("2026 has %d business days, want 254 (261 weekdays, seven holidays on them)", n)
	}
	if name, ok := holyWeek.Holiday(noonOf(t, "2026-04-03"), time.UTC); !ok || name != "Semana Santa" {
		t.Errorf("Holiday = %q, %v", name, ok)
	}
}

// The day is the unit's: the same instant can be a holiday's eve in one state and the holiday in another.
func TestBusinessDayIsTheUnits(t *testing.T) {
	c := mustCalendar(t)
	tijuana, cancun := mustZone(t, "America/Tijuana"), mustZone(t, "America/Cancun")
	instant := time.Date(2025, 12, 25, 6, 0, 0, 0, time.UTC)
	if !c.IsBusinessDay(instant, tijuana) || c.IsBusinessDay(instant, cancun) {
		t.Error("it is 24 December in Tijuana and 25 in Cancún")
	}
	// Through the change of the clock the hour of the day stays.
	friday := time.Date(2026, 3, 6, 9, 0, 0, 0, tijuana)
	if got, want := c.AddBusinessDays(friday, 1, tijuana), time.Date(2026, 3, 9, 9, 0, 0, 0, tijuana); !got.Equal(want) {
		t.Errorf("AddBusinessDays = %v, want %v", got, want)
	}
	if got, want := AddCalendarDays(friday, 2, tijuana), time.Date(2026, 3, 8, 9, 0, 0, 0, tijuana); !got.Equal(want) || got.Sub(friday) != 47*time.Hour {
		t.Errorf("AddCalendarDays = %v, want %v", got, want)
	}
	// The second 01:30 of the night in autumn is itself plus no days.
	twice := time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)
	if got := AddCalendarDays(twice, 0, tijuana); !got.Equal(twice) {
		t.Errorf("no days later than %v is %v", twice, got)
	}
}

func TestNewCalendarRefuses(t *testing.T) {
	for _, bad := range []Closing{
		{From: ""}, {From: "02/04/2026"}, {From: "2026-02-30"}, {From: "2026-04-02", To: "x"},
		{From: "2026-04-03", To: "2026-04-02"}, {From: "2026-04-02", To: "2126-04-03"},
	} {
		if _, err := NewCalendar(bad); err == nil {
			t.Errorf("%+v must be refused", bad)
		}
	}
}

func TestCalendarProperties(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, s := range States() {
		zones = append(zones, mustZone(t, s.Zone))
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(1_577_836_800, 2_114_380_800).Draw(t, "at"), 0) // 2020 to 2036
		n := rapid.IntRange(-60, 60).Draw(t, "n")
		from := localDay(at, zone).AddDate(0, 0, rapid.IntRange(-20, 20).Draw(t, "closed"))
		c, err := NewCalendar(Closing{From: from.Format(time.DateOnly), To: from.AddDate(0, 0, 9).Format(time.DateOnly), Name: "cierre"})
		if err != nil {
			t.Fatal(err)
		}
		end := c.AddBusinessDays(at, n, zone)
		if n != 0 && !c.IsBusinessDay(end, zone) {
			t.Fatalf("%v %+d = %v, which is not worked", at, n, end)
		}
		if back := c.BusinessDaysBetween(at, end, zone); back != n {
			t.Fatalf("%v %+d = %v, counted back %d", at, n, end, back)
		}
		if further := c.AddBusinessDays(at, n+1, zone); !further.After(end) {
			t.Fatalf("%d days end %v, %d days end %v", n, end, n+1, further)
		}
		naturales := AddCalendarDays(at, n, zone)
		if d := int(localDay(naturales, zone).Sub(localDay(at, zone)) / (24 * time.Hour)); d != n {
			t.Fatalf("%v %+d calendar days = %v: %d days", at, n, naturales, d)
		}
	})
}
