package mx_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

func TestADateIsAYearAMonthOrADay(t *testing.T) {
	for s, ok := range map[string]bool{"2019": true, "2019-03": true, "2019-03-09": true, "2020-02-29": true, "": false, "19": false, "2019-13": false, "2019-02-29": false,
		"2019-3": false, "2019-03-9": false, "09/03/2019": false, "2019-03-09T00": false, "mar-2019": false, "20190309": false} {
		if d, err := mx.ParseDate(s); (err == nil) != ok || ok && string(d) != s {
			t.Errorf("%q: %q, %v", s, d, err)
		}
	}
}

func TestADateIsWithinWhenAPartOfItIs(t *testing.T) {
	today := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	for d, within := range map[mx.Date]bool{"1950": true, "1949-12": false, "2026": true, "2026-11": true, "2026-12": false, "2026-11-27": true, "2026-11-28": false, "2027": false, "": false, "x": false} {
		if d.Within(1950, today) != within {
			t.Errorf("%q", d)
		}
	}
}

func TestADateIsBeforeAnotherOnlyWhenThatIsCertain(t *testing.T) {
	for _, c := range []struct {
		a, b   mx.Date
		before bool
	}{{"2018", "2019", true}, {"2018", "2019-03", true}, {"2019", "2019-03", false}, {"2019-02", "2019-03-01", true}, {"2019-03", "2019-03-31", false}, {"2019-03-09", "2019-03-10", true},
		{"2019-03-09", "2019-03-09", false}, {"2020-02-29", "2020-03", true}, {"", "2019", false}, {"2019", "", false}} {
		if c.a.Before(c.b) != c.before {
			t.Errorf("%q before %q", c.a, c.b)
		}
	}
	day := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Date(2000, 1, 1+rapid.IntRange(0, 9000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := day.Draw(t, "a"), day.Draw(t, "b")
		length := rapid.SampledFrom([]int{4, 7, 10})
		da, db := mx.Date(a.Format(time.DateOnly)[:length.Draw(t, "of a")]), mx.Date(b.Format(time.DateOnly)[:length.Draw(t, "of b")])
		if da.Before(db) && !a.Before(b) || da.Before(db) && db.Before(da) {
			t.Errorf("%s before %s, %s before %s", da, db, a, b)
		}
	})
}
