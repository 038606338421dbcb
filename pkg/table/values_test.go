package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

var valueColumns = []table.Column{{Headings: []string{"clave"}, Needed: true}, {Headings: []string{"fecha"}, Kind: table.PastDate}, {Headings: []string{"hasta"}, Kind: table.AnyDate},
	{Headings: []string{"costo"}, Kind: table.Amount}}

// values reads one value in each row of a column of a text, separated by bars.
func values(tb testing.TB, column string, o table.Options, said ...string) (out []string) {
	tb.Helper()
	file := "clave|" + column + "\n"
	for _, s := range said {
		file += "k|" + s + "\n"
	}
	o.Today = today
	t, err := table.Open([]byte(file), valueColumns, o)
	if err != nil {
		tb.Fatal(err)
	}
	for row := range t.Rows() {
		if row.Refused != nil {
			out = append(out, row.Refused.Rule+" "+row.Refused.Column+" "+row.Refused.Value)
			continue
		}
		out = append(out, strings.Join(row.Cells[1:], ""))
	}
	return out
}

func pairs(is map[string]string) (in, out []string) {
	for s, want := range is {
		in, out = append(in, s), append(out, want)
	}
	return in, out
}

// TestADateIsAsPreciseAsItWasSaid: a year stays a year, a month a month; what is no day of the calendar from 1950 to today is refused.
func TestADateIsAsPreciseAsItWasSaid(t *testing.T) {
	in, want := pairs(map[string]string{
		"2019": "2019", "2019-03": "2019-03", "2019-03-09": "2019-03-09", "mar-2019": "2019-03", "SEP-2019": "2019-09", "31/03/2019": "2019-03-31", "3-13-2019": "2019-03-13",
		"5/5/2019": "2019-05-05", " 2019\u00a0": "2019", "'2019": "2019", "27/11/2026": "2026-11-27", "2026": "2026", "1950": "1950",
		"S/N": "", "-": "", "": "", "n.d.": "",
		"2027": "date-invalid fecha 2027", "28/11/2026": "date-invalid fecha 28/11/2026", "1949": "date-invalid fecha 1949", "30/02/2015": "date-invalid fecha 30/02/2015",
		"2019-13": "date-invalid fecha 2019-13", "15/13/2016": "date-invalid fecha 15/13/2016", "00/05/2017": "date-invalid fecha 00/05/2017", "0000-00-00": "date-invalid fecha 0000-00-00",
		"31/12/19": "date-invalid fecha 31/12/19", "NO": "date-invalid fecha NO", "S/F": "date-invalid fecha S/F", "43533": "date-invalid fecha 43533", "=TODAY()": "date-invalid fecha =TODAY()", "1E+12": "date-invalid fecha 1E+12",
		"3/4/2019": "date-ambiguous fecha 3/4/2019", "20\x0019": "control-character fecha 20 19",
	})
	for i, got := range in {
		if is := values(t, "fecha", table.Options{}, got); (want[i] != "" || is[0] != "") && is[0] != want[i] {
			t.Errorf("%q: %q, not %q", got, is[0], want[i])
		}
	}
	if diff := cmp.Diff([]string{"2099-12-31", "2100"}, values(t, "hasta", table.Options{}, "31/12/2099", "2100")); diff != "" {
		t.Error(diff)
	}
}

// TestTheWholeFileDecidesTheOrderOfItsDates: unless it contradicts itself, or its sender says it.
func TestTheWholeFileDecidesTheOrderOfItsDates(t *testing.T) {
	for _, c := range []struct {
		order table.Order
		in    string
		want  string
	}{
		{"", "3/4/2019 5/5/2019", "date-ambiguous fecha 3/4/2019, 2019-05-05"},
		{"", "3/4/2019 '13/4/2019", "2019-04-03, 2019-04-13"},
		{"", "3/4/2019 13/4/2019", "2019-04-03, 2019-04-13"},
		{"", "3/4/2019 4/13/2019", "2019-03-04, 2019-04-13"},
		{"", "3/4/2019 13/4/2019 4/13/2019", "date-ambiguous fecha 3/4/2019, 2019-04-13, 2019-04-13"},
		{"", "3/4/2019 31/2/2019", "date-ambiguous fecha 3/4/2019, date-invalid fecha 31/2/2019"},
		{table.MonthFirst, "3/4/2019 13/4/2019", "2019-03-04, date-invalid fecha 13/4/2019"},
		{table.DayFirst, "3/4/2019 4/13/2019", "2019-04-03, date-invalid fecha 4/13/2019"},
	} {
		if got := strings.Join(values(t, "fecha", table.Options{Order: c.order}, strings.Fields(c.in)...), ", "); got != c.want {
			t.Errorf("%s %q: %s", c.order, c.in, got)
		}
	}
	t.Run("another column decides too", func(t *testing.T) {
		got, err := table.Open([]byte("clave,fecha,hasta\nk,3/4/2019,\nk,,13/4/2019\n"), valueColumns, table.Options{Today: today})
		if err != nil || got.Order != table.DayFirst {
			t.Error(got, err)
		}
	})
}

// TestAnAmountHasOneReading: two decimals at most tell what a comma and a dot are.
func TestAnAmountHasOneReading(t *testing.T) {
	invalid := "amount-invalid costo "
	in, want := pairs(map[string]string{
		"$ 12,345.00": "12345.00", "12.345,50": "12345.50", "8,750": "8750.00", "187.500": "187500.00", "12,5": "12.50", "12.5": "12.50", "'12.5": "12.50", "0": "0.00", "1234567.8": "1234567.80",
		"100000000000": "100000000000.00", "S/N": "", "-": "", "": "", "n/a": "",
		"1.234,567": invalid + "1.234,567", "12,5,0": invalid + "12,5,0", "-350": invalid + "-350", "USD 4": invalid + "USD 4", "donado": invalid + "donado", "NaN": invalid + "NaN", "NO": invalid + "NO",
		"1e400": invalid + "1e400", "=1+1": invalid + "=1+1", "$": invalid + "$", "12.3456": invalid + "12.3456", "100000000000.01": invalid + "100000000000.01",
		strings.Repeat("9", 30): invalid + strings.Repeat("9", 30), "1.000.00": invalid + "1.000.00",
	})
	for i, got := range in {
		if is := values(t, "costo", table.Options{}, got); is[0] != want[i] {
			t.Errorf("%q: %q, not %q", got, is[0], want[i])
		}
	}
}

// TestEveryAmountIsReadHoweverItIsWritten: with any of the marks between thousands and before cents.
func TestEveryAmountIsReadHoweverItIsWritten(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cents := rapid.Int64Range(0, 10_000_000_000_000).Draw(r, "cents")
		whole, part := fmt.Sprint(cents/100), fmt.Sprintf("%02d", cents%100)
		grouped := whole
		for i := len(grouped) - 3; i > 0; i -= 3 {
			grouped = grouped[:i] + "," + grouped[i:]
		}
		european := strings.ReplaceAll(grouped, ",", ".")
		for _, s := range []string{whole + "." + part, whole + "," + part, grouped + "." + part, european + "," + part, "$" + grouped + "." + part} {
			if got := values(t, "costo", table.Options{}, s)[0]; got != whole+"."+part {
				r.Fatalf("%q: %s", s, got)
			}
		}
	})
}

// TestNumbersThatASpreadsheetShortenedAreLost: what was typed cannot be known; what no spreadsheet takes for a number is a text.
func TestNumbersThatASpreadsheetShortenedAreLost(t *testing.T) {
	for in, want := range map[string]string{"2,41E+11": "number-lost", "1E+12": "number-lost", " 3.5e+7 ": "number-lost", "7E20418865": "", "12E040931": "", "E+5": ""} {
		got, err := table.Open([]byte("clave|nombre\n"+in+"|x\n"), []table.Column{{Headings: []string{"clave"}}, {Headings: []string{"nombre"}, Needed: true}}, table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for row := range got.Rows() {
			if (row.Refused == nil) != (want == "") || row.Refused != nil && (row.Refused.Rule != want || row.Refused.Column != "clave") {
				t.Errorf("%q: %+v", in, row)
			}
		}
	}
}

// TestALayoutSaysWhereColumnsAre: of headings that lead nowhere, and in place of those that do.
func TestALayoutSaysWhereColumnsAre(t *testing.T) {
	const file = "nota;nota;nota\nid;bien;alta\nk;\"a;b\";2019\n"
	for name, c := range map[string]struct {
		layout table.Layout
		want   string
	}{
		"row and columns":    {table.Layout{Row: 2, Columns: map[string]int{"clave": 1, "fecha": 3}}, "[k 2019  ]"},
		"a column too far":   {table.Layout{Row: 2, Columns: map[string]int{"clave": 4}}, "position-unknown"},
		"before the first":   {table.Layout{Row: 2, Columns: map[string]int{"clave": 1, "fecha": -1}}, "position-unknown"},
		"nothing is said":    {table.Layout{}, "column-missing"},
		"a row without them": {table.Layout{Row: 2}, "column-missing"},
	} {
		got, err := table.Open([]byte(file), valueColumns, table.Options{Today: today, Layouts: map[string]table.Layout{"": c.layout}})
		is := ""
		if f := fault.As(err); f != nil {
			is = f.Rule
		} else {
			for row := range got.Rows() {
				is += fmt.Sprint(row.Cells)
			}
		}
		if is != c.want {
			t.Errorf("%s: %s %v", name, is, err)
		}
	}
}
