package ui_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

func TestInstantsAreToldAsPeopleSayThem(t *testing.T) {
	zone, err := time.LoadLocation("America/Mazatlan")
	if err != nil {
		t.Fatal(err)
	}
	c := ui.Clock{Now: time.Date(2026, 11, 27, 10, 40, 0, 0, zone), Zone: zone}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, zone) }
	for _, x := range []struct{ got, want string }{
		{c.Near(at(27, 9, 15)), "hoy 9:15"}, {c.Near(at(27, 0, 0)), "hoy 0:00"}, {c.Near(at(26, 23, 59)), "ayer 23:59"}, {c.Near(at(28, 8, 0)), "mañana 8:00"},
		{c.Near(at(30, 12, 0)), "lun 30 nov"}, {c.Near(at(25, 12, 0)), "mié 25 nov"}, {c.Near(at(1, 12, 0)), "1 nov 2026"}, {c.Near(time.Date(2024, 3, 12, 13, 0, 0, 0, zone)), "12 mar 2024"},
		{c.Near(time.Time{}), ""}, {c.Date("2019"), "2019"}, {c.Date("2019-03"), "mar 2019"}, {c.Date("2019-03-09"), "9 mar 2019"}, {c.Full(at(27, 8, 5)), "27 nov 2026, 8:05"}, {c.Short(at(24, 20, 5)), "24 nov, 20:05"}, {c.Short(time.Date(2025, 12, 31, 23, 0, 0, 0, zone)), "31 dic 2025, 23:00"},
		{c.Date("2026-12-12"), "12 dic 2026"}, {c.NearDate("2026-11-28"), "mañana"}, {c.Date("no date"), "no date"}, {c.Near(time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC)), "hoy 22:00"},
		{ui.Span(8*time.Hour + 12*time.Minute), "8\u00a0h 12\u00a0min"}, {ui.Span(43*time.Hour + 45*time.Minute), "1\u00a0d 19\u00a0h"}, {ui.Span(-45 * time.Minute), "45\u00a0min"}, {ui.Span(20 * time.Second), "0\u00a0min"}, {ui.Span((2523*24 + 11) * time.Hour), "2,523\u00a0d"},
	} {
		if x.got != x.want {
			t.Errorf("%q, not %q", x.got, x.want)
		}
	}
	if !c.Past("2026-11-26") || c.Past("2026-11-27") || c.Past("") {
		t.Error("a date is over when its day is")
	}
}

func TestTheZoneIsNamedWhereItIsNotTheReaders(t *testing.T) {
	at := time.Date(2026, 11, 27, 16, 15, 0, 0, time.UTC)
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation("America/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	for _, x := range []struct{ place, reader, near, full string }{
		{"Mazatlan", "Mazatlan", "hoy 9:15", "27 nov 2026, 9:15"},
		{"Mazatlan", "Hermosillo", "hoy 9:15", "27 nov 2026, 9:15"}, // they show the same
		{"Mazatlan", "Mexico_City", "hoy 9:15 (hora del Pacífico)", "27 nov 2026, 9:15 (hora del Pacífico; la suya, 10:15)"},
		{"Cancun", "Tijuana", "hoy 11:15 (hora del Sureste)", "27 nov 2026, 11:15 (hora del Sureste; la suya, 8:15)"},
		{"Ciudad_Juarez", "Mexico_City", "hoy 9:15 (hora de Ciudad Juárez)", "27 nov 2026, 9:15 (hora de Ciudad Juárez; la suya, 10:15)"},
		{"Chihuahua", "Mexico_City", "hoy 10:15", "27 nov 2026, 10:15"},
	} {
		c := ui.Clock{Now: at, Zone: zone(x.place), Reader: zone(x.reader)}
		if near, full := c.Near(at), c.Full(at); near != x.near || full != x.full {
			t.Errorf("%s read in %s: %q, %q", x.place, x.reader, near, full)
		}
	}
	if got := (ui.Clock{Now: at, Zone: zone("Cancun"), Reader: zone("Tijuana")}).Near(at.AddDate(0, 0, 3)); got != "lun 30 nov" {
		t.Errorf("a day without a time of day: %q", got)
	}
}

func TestAmountsAreNeverRounded(t *testing.T) {
	for cents, want := range map[int64]string{0: "$0.00", 5: "$0.05", 1679925000: "$16,799,250.00", -123456: "-$1,234.56", 100000: "$1,000.00"} {
		if got := ui.Money(cents); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(-1e15, 1e15).Draw(rt, "cents")
		digits := strings.NewReplacer("$", "", ",", "", ".", "").Replace(ui.Money(n))
		if back, err := strconv.ParseInt(digits, 10, 64); err != nil || back != n {
			rt.Fatalf("%d is told as %s", n, ui.Money(n))
		}
	})
}

// A share that is not all never reads 100.0, one that is something never 0.0, and it is right to half a tenth.
func TestAShareIsNotRoundedToAllOrNothing(t *testing.T) {
	for _, x := range []struct {
		part, whole int64
		want        string
	}{{41, 48, "85.4\u00a0%"}, {0, 7, "0.0\u00a0%"}, {7, 7, "100.0\u00a0%"}, {99999, 100000, "99.9\u00a0%"}, {1, 100000, "0.1\u00a0%"}, {0, 0, "—"}} {
		if got := ui.Percent(x.part, x.whole); got != x.want {
			t.Errorf("%d of %d: %q, not %q", x.part, x.whole, got, x.want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		whole := rapid.Int64Range(1, 1e9).Draw(rt, "whole")
		part := rapid.Int64Range(0, whole).Draw(rt, "part")
		got, err := strconv.ParseFloat(strings.TrimSuffix(ui.Percent(part, whole), "\u00a0%"), 64)
		exact := 100 * float64(part) / float64(whole)
		if err != nil || (got == 100) != (part == whole) || (got == 0) != (part == 0) || got-exact > 0.1001 || exact-got > 0.1001 {
			rt.Fatalf("%d of %d: %v", part, whole, got)
		}
	})
}

func TestNothingTurnsTheDirectionOfAPage(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text") + rapid.SampledFrom([]string{"\u202e", "\u2067", "\u200f", "\u061c", "<script>", `"><img src=x>`}).Draw(rt, "mark") + "x"
		var b bytes.Buffer
		if err := ui.Render(t.Context(), &b, ui.Rows([]ui.Row{{Href: "/" + text, Title: text, Lines: []string{text, text}}})); err != nil {
			rt.Fatal(err)
		}
		page := b.String()
		if strings.ContainsAny(page, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") || strings.Contains(page, "<script>") || strings.Contains(page, "<img") {
			rt.Fatalf("%q", page)
		}
	})
}
