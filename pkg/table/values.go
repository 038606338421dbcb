package table

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Order is which number of a date like 03/04/2019 is the day.
type Order string

// The orders; "" is not known.
const (
	DayFirst   Order = "day_first"
	MonthFirst Order = "month_first"
)

// The first day that a date may be, as text and as a spreadsheet counts it.
const (
	firstYear   = 1950
	firstSerial = 18264
)

// lastYear is the last year of a date that may lie in the future (the end of a warranty).
const lastYear = 2100

// days1904 is how many days the count from 1904 lies behind the one from 1900.
const days1904 = 1462

var (
	numericDate = regexp.MustCompile(`^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$`)
	monthOfYear = regexp.MustCompile(`^([a-z]{3})-(\d{4})$`)
	commas      = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d{1,2})?$`)
	dots        = regexp.MustCompile(`^\d{1,3}(\.\d{3})+(,\d{1,2})?$`)
	commaOnly   = regexp.MustCompile(`^\d+(,\d{1,2})?$`)
	dotOnly     = regexp.MustCompile(`^\d+(\.\d{1,2})?$`)
	months      = []string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"}
	nones       = mx.NewNones()
)

// none reports whether a date or an amount says that there is none. A "no" answers another question (is there a warranty?), "NaN" is a
// calculation that failed, and a currency sign alone has lost its amount.
func none(s string) bool {
	if word := mx.Fold(s); word == "no" || word == "nan" {
		return false
	}
	return mx.Key(s) == "" || nones.Word(s) && strings.ContainsFunc(s, unicode.IsLetter)
}

// date reads a cell of a column of dates as ISO 8601, as precise as it was said: 2019, 2019-03 or 2019-03-09, from 1950 to the day last; "" is
// none. A day and a month that can be read both ways are refused (date-ambiguous) unless the order is known.
func date(c Cell, order Order, last time.Time) (string, *Refusal) {
	value, ambiguous := "", false
	switch c.Kind {
	case Empty:
		return "", nil
	case Error:
		return "", refuse("cell-error", "the formula's value is the error %s", c.Text)
	case Date:
		value = within(c.Text, last)
	case Number:
		value = numberDate(c, last)
	case Text:
		text, bad := unquoted(c.Text), Unreadable(c.Text)
		if bad != nil || none(text) {
			return "", bad
		}
		value, ambiguous = textDate(text, order, last)
	}
	switch {
	case ambiguous:
		return "", refuse("date-ambiguous", "day and month can be exchanged, and nothing in the file says which comes first: state the order, or write 2019-03-31")
	case value == "":
		return "", refuse("date-invalid", "is no date from 1950 to %s: write 31/03/2019, 2019-03-31, mar-2019 or 2019", last.Format(time.DateOnly))
	}
	return value, nil
}

func textDate(s string, order Order, last time.Time) (value string, ambiguous bool) {
	if d, err := mx.ParseDate(s); err == nil {
		return within(string(d), last), false
	}
	if m := monthOfYear.FindStringSubmatch(strings.ToLower(s)); m != nil {
		for i, name := range months {
			if name == m[1] {
				return within(m[2]+"-"+two(i+1), last), false
			}
		}
	}
	dayFirst, monthFirst := bothWays(s, last)
	switch {
	case order == DayFirst:
		return dayFirst, false
	case order == MonthFirst:
		return monthFirst, false
	case dayFirst == "":
		return monthFirst, false
	}
	return dayFirst, monthFirst != "" && monthFirst != dayFirst
}

// bothWays reads a date like 3/4/2019 day first and month first; "" where it is no date that way.
func bothWays(s string, last time.Time) (dayFirst, monthFirst string) {
	m := numericDate.FindStringSubmatch(s)
	if m == nil {
		return "", ""
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	return within(m[3]+"-"+two(b)+"-"+two(a), last), within(m[3]+"-"+two(a)+"-"+two(b), last)
}

func two(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// within returns a year, month or day of the calendar from 1950 to the one of last, else "".
func within(s string, last time.Time) string {
	if !mx.Date(s).Within(firstYear, last) {
		return ""
	}
	return s
}

// numberDate reads a number without a format of dates: a year, or days as a spreadsheet counts them.
func numberDate(c Cell, last time.Time) string {
	n, err := strconv.ParseFloat(c.Text, 64)
	switch {
	case err != nil:
		return ""
	case n == math.Trunc(n) && n >= firstYear && n <= float64(last.Year()):
		return strconv.Itoa(int(n))
	case n+since(c.Since1904) < firstSerial:
		return ""
	}
	day, ok := serialDay(n + since(c.Since1904))
	if !ok {
		return ""
	}
	return within(day, last)
}

func since(in1904 bool) float64 {
	if in1904 {
		return days1904
	}
	return 0
}

// serialDay is the day of a spreadsheet's number of days since 1899-12-30; ok is false beyond the year 9999. Before March 1900 spreadsheets
// count a day too many, which existed for none of them.
func serialDay(serial float64) (day string, ok bool) {
	const last = 2958466 // 10000-01-01
	if !(serial >= 1 && serial < last) {
		return "", false
	}
	days := int(serial)
	if days < 60 {
		days++
	}
	return time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
}

// orders collects what the dates of a file say about their order: a first number above 12 is a day, and so is a second one.
type orders map[Order]bool

func (o orders) hear(c Cell) {
	if c.Kind != Text {
		return
	}
	switch day, month := bothWays(unquoted(c.Text), time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)); {
	case day != "" && month == "":
		o[DayFirst] = true
	case month != "" && day == "":
		o[MonthFirst] = true
	}
}

// decided is the order if the file says one and does not contradict itself.
func (o orders) decided() Order {
	switch {
	case o[DayFirst] && !o[MonthFirst]:
		return DayFirst
	case o[MonthFirst] && !o[DayFirst]:
		return MonthFirst
	}
	return ""
}

// amount reads a cell of a column of money as pesos with two decimals ("12345.50"), "" if it says that there is none. Money has no more than
// two decimals, so that a comma and a dot have one reading each. A number counts with 15 digits, as a spreadsheet shows it.
func amount(c Cell) (string, *Refusal) {
	value := ""
	switch c.Kind {
	case Empty:
		return "", nil
	case Error:
		return "", refuse("cell-error", "the formula's value is the error %s", c.Text)
	case Number:
		if n, err := strconv.ParseFloat(c.Text, 64); err == nil {
			value = strconv.FormatFloat(n, 'g', maxDigits, 64)
		}
		if strings.Contains(value, ".") {
			value = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")
		}
	case Text:
		text, bad := unquoted(c.Text), Unreadable(c.Text)
		if bad != nil || none(text) {
			return "", bad
		}
		value = decimal(strings.TrimSpace(strings.TrimPrefix(text, "$")))
	}
	if !dotOnly.MatchString(value) {
		return "", refuse("amount-invalid", "is no amount in pesos: write 12345.50, 12,345.50 or 12.345,50")
	}
	whole, cents, _ := strings.Cut(value, ".")
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil || n > mx.MaxCents {
		return "", refuse("amount-invalid", "is more than %s", mx.MXN(mx.MaxCents))
	}
	return strconv.FormatInt(n/100, 10) + "." + two(int(n%100)), nil
}

// figure reads a cell of a column of numbers: 21.8853 is itself, also where a workbook stores it as 21.885300000000001.
func figure(c Cell, most int) (string, *Refusal) {
	if n, err := strconv.ParseFloat(c.Text, 64); c.Kind == Number && err == nil {
		if shortened, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', maxDigits, 64), 64); err == nil {
			return strconv.FormatFloat(shortened, 'f', -1, 64), nil
		}
	}
	return words(c, most)
}

// decimal writes an amount with a dot before its cents and nothing between its thousands.
func decimal(s string) string {
	switch {
	case commas.MatchString(s):
		return strings.ReplaceAll(s, ",", "")
	case dots.MatchString(s):
		return strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	case commaOnly.MatchString(s):
		return strings.ReplaceAll(s, ",", ".")
	}
	return s
}

// wholeNumber writes a number that a workbook stores without exponent and decimals, if it is whole, not negative, and has no more digits than a
// spreadsheet keeps. Programs store 4.051807733921E12 and 7.0 for what a spreadsheet stores as 4051807733921 and 7.
func wholeNumber(s string) (string, bool) {
	if len(s) <= maxDigits && strings.Trim(s, "0123456789") == "" && s != "" {
		return s, true
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n >= 1e15 {
		return "", false
	}
	return strconv.FormatFloat(n, 'f', 0, 64), true
}
