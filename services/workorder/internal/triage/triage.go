// Package triage works out, from what a requester says of the effect on care, what sort of work that is and how urgent: by one table, the
// institution's own where it has configured one. Every answer names the row that decided.
package triage

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Row is one line of the table. An empty list matches everything.
type Row struct {
	// Name is what answers call the row by, unique in its table.
	Name        string   `json:"name"`
	Effect      []string `json:"effect,omitempty"`
	Criticality []string `json:"criticality,omitempty"`
	CareLevel   []string `json:"care_level,omitempty"`
	Type        string   `json:"type"`
	Priority    string   `json:"priority"`
	// Reason is why, in the words that requesters read.
	Reason string `json:"reason"`
}

// Table is its rows: the first that matches decides.
type Table struct {
	Rows []Row `json:"rows"`
}

// Case is what a request is about. Criticality is "" where nothing is known of the equipment, CareLevel "" where nothing is known of the unit:
// only rows that do not ask for them match then.
type Case struct{ Effect, Criticality, CareLevel string }

//go:embed table.json
var standard []byte

// Standard is the table of an institution that has configured none.
func Standard() Table {
	t, err := Parse(standard)
	if err != nil {
		panic(err) // a test reads it
	}
	return t
}

// Parse reads a table: {"rows": [{"name": …, "effect": […], "criticality": […], "care_level": […], "type": …, "priority": …, "reason": …}, …]}.
// The error lists all that is wrong with it.
func Parse(b []byte) (Table, error) {
	var t Table
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("a JSON object with rows was expected: %w", err)
	}
	if d.More() {
		return t, errors.New("there is something behind the table")
	}
	return t, t.valid()
}

func (t Table) valid() error {
	if len(t.Rows) == 0 {
		return errors.New("a table needs rows")
	}
	var errs []error
	for i, r := range t.Rows {
		wrong := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("row %d (%s): %s", i+1, r.Name, fmt.Sprintf(format, args...)))
		}
		if r.Name == "" || r.Reason == "" {
			wrong("a row needs its name and its reason")
		}
		if slices.ContainsFunc(t.Rows[:i], func(o Row) bool { return o.Name == r.Name }) {
			wrong("another row has that name")
		}
		for _, c := range []struct {
			enum   string
			values []string
		}{{"effect", r.Effect}, {"criticality", r.Criticality}, {"care_level", r.CareLevel}, {"order_type", []string{r.Type}}, {"priority", []string{r.Priority}}} {
			for _, v := range c.values {
				if !mx.Valid(c.enum, v) {
					wrong("%q is not one of %v", v, mx.Values(c.enum))
				}
			}
		}
		if all := len(r.Effect)+len(r.Criticality)+len(r.CareLevel) == 0; all != (i == len(t.Rows)-1) {
			wrong("the last row, and no other, matches everything: what comes behind such a row never decides, and without one something is left undecided")
		}
	}
	return errors.Join(errs...)
}

// Decide is the first row that matches.
func (t Table) Decide(c Case) Row {
	i := slices.IndexFunc(t.Rows, func(r Row) bool {
		return matches(r.Effect, c.Effect) && matches(r.Criticality, c.Criticality) && matches(r.CareLevel, c.CareLevel)
	})
	return t.Rows[i] // the last row matches everything
}

func matches(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }

// Criticality is how much depends on a thing of a type, by its COFEPRIS risk class; building systems (power, water, medical gases, lifts)
// carry the rest. "" where that says nothing.
func Criticality(category, riskClass string) string {
	switch {
	case riskClass == "III", category == "building_system":
		return "high"
	case riskClass == "II":
		return "medium"
	case riskClass == "I", category == "furniture":
		return "low"
	}
	return ""
}
