package mx

import (
	"fmt"
	"time"
)

// Date is a calendar date as precise as it was said: a year (2019), a month (2019-03) or a day (2019-03-09), in ISO 8601. Inventories often
// know no more of an acquisition than its year; no month or day is made up for it. "" is no date. Dates of one precision are ordered as
// their texts are; of two precisions see Before.
type Date string

// ParseDate reads a year, a month or a day of the calendar; its error says what is possible.
func ParseDate(s string) (Date, error) {
	d := Date(s)
	if _, _, ok := d.span(); !ok {
		return "", fmt.Errorf("a year (2019), a month (2019-03) or a day (2019-03-09) was expected, got %.20q", s)
	}
	return d, nil
}

// layout is that of a date's precision, "" if it has none.
func (d Date) layout() string {
	switch len(d) {
	case len("2006"), len("2006-01"), len(time.DateOnly):
		return time.DateOnly[:len(d)]
	}
	return ""
}

// span is the first and the last day that the date may be, as midnight UTC; ok is false for what is no date.
func (d Date) span() (first, last time.Time, ok bool) {
	layout := d.layout()
	first, err := time.Parse(layout, string(d))
	if layout == "" || err != nil {
		return first, last, false
	}
	switch layout {
	case "2006":
		last = first.AddDate(1, 0, -1)
	case "2006-01":
		last = first.AddDate(0, 1, -1)
	default:
		last = first
	}
	return first, last, true
}

// Within says whether the date is one from the year first to the day last: of a year or a month, whether a part of it is.
func (d Date) Within(first int, last time.Time) bool {
	from, _, ok := d.span()
	return ok && from.Year() >= first && string(d) <= last.Format(d.layout())
}

// Before says whether d is certainly before other, whatever the days are that nobody has said: 2018 is before 2019-03, 2019 is not. What is
// no date is before nothing.
func (d Date) Before(other Date) bool {
	_, last, ok := d.span()
	first, _, known := other.span()
	return ok && known && last.Before(first)
}
