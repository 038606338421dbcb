// Package contract holds the contracts under which work is paid: their terms, their coverage, and the budget of each fiscal year and
// lot in a document of its own, against which orders are committed and accrued.
package contract

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Contract is a contract with one contractor. Amounts are without VAT.
type Contract struct {
	ID string `json:"id"`
	Facts
	// Amendments are the changes of maxima, in the order in which they were recorded.
	Amendments []Amendment `json:"amendments,omitempty"`
	// Warnings are what a person should look at: a minimum below its share of the maximum.
	Warnings  []string   `json:"warnings,omitempty"`
	CreatedAt event.Time `json:"created_at"`
	mx.Review
}

// NumberKey is the comparison key of a contract, NumberTaken the discrepancy of one that has another's, as in the table "discrepancy".
const (
	NumberKey   = "number"
	NumberTaken = "number_taken"
)

// nones are the words with which people say that there is no number.
var nones = mx.NewNones()

// Keys are what contracts are compared by: their number.
func (c *Contract) Keys() map[string]string {
	if nones.Word(c.Number) {
		return nil
	}
	return map[string]string{NumberKey: mx.Key(c.Number)}
}

// Facts are the terms of a contract. Law and article are data: which apply depends on when the procedure began.
type Facts struct {
	Number       string `json:"number" minLength:"1" maxLength:"80" doc:"Number of the contract, unique however it is spelt" example:"CNM-2025-001"`
	Name         string `json:"name" minLength:"1" maxLength:"200" example:"Contrato Nacional de Mantenimiento 2025"`
	Kind         string `json:"kind" enum:"maintenance,purchase"`
	ContractorID string `json:"contractor_id" format:"uuid"`
	LegalRegime  string `json:"legal_regime" vocabulary:"legal_regime"`
	Law          string `json:"law,omitempty" maxLength:"200" doc:"The law it was awarded under, in its own words"`
	Article      string `json:"article,omitempty" maxLength:"80"`
	// Open contracts fix a minimum and a maximum; MinimumPercent is the least share of the maximum that the minimum has to be.
	Open           bool     `json:"open_contract,omitempty" doc:"Contrato abierto: a minimum and a maximum are agreed, orders say how much"`
	MinimumPercent int      `json:"minimum_percent,omitempty" minimum:"1" maximum:"100" doc:"Of an open contract: the share of the maximum below which a minimum is warned of; 40 when absent"`
	ValidFrom      string   `json:"valid_from" format:"date" example:"2025-01-01"`
	ValidTo        string   `json:"valid_to" format:"date" doc:"Last day" example:"2025-12-31"`
	Coverage       Coverage `json:"coverage"`
	Lots           []Lot    `json:"lots" minItems:"1" maxItems:"60" doc:"What is agreed for each fiscal year and lot; each has a budget of its own"`
	Lines          []Line   `json:"lines,omitempty" maxItems:"200" doc:"Unit prices"`
}

// Coverage says where work may be ordered under the contract.
type Coverage struct {
	Nation  bool     `json:"nation,omitempty"`
	Regions []string `json:"regions,omitempty" maxItems:"8" vocabulary:"region"`
	Offices []string `json:"offices,omitempty" maxItems:"35"`
}

// Lot is what is agreed for one fiscal year and lot, without VAT.
type Lot struct {
	FiscalYear int      `json:"fiscal_year" minimum:"2000" maximum:"2100"`
	Lot        int      `json:"lot" minimum:"1" maximum:"99"`
	Name       string   `json:"name,omitempty" maxLength:"120"`
	Minimum    mx.Money `json:"min_amount" required:"false"`
	Maximum    mx.Money `json:"max_amount" doc:"Changed by amendments only, never by a PATCH"`
}

// Line is a concept with its unit price, without VAT.
type Line struct {
	Concept     string   `json:"concept" minLength:"1" maxLength:"200" example:"Impermeabilización con membrana prefabricada"`
	MeasureUnit string   `json:"measure_unit" vocabulary:"measure_unit"`
	UnitPrice   mx.Money `json:"unit_price"`
}

// Scopes are the institution's own people and the contractor.
func (c *Contract) Scopes() []string {
	return []string{"nation", "staff", "contractor:" + c.ContractorID}
}

// Covers says whether work at p may be ordered under the contract.
func (c *Contract) Covers(p mx.Place) bool {
	return c.Coverage.Nation || slices.Contains(c.Coverage.Regions, p.Region) || slices.Contains(c.Coverage.Offices, p.Office)
}

// ValidOn says whether a day (YYYY-MM-DD, by the clock of the place of work) lies within the contract's validity.
func (c *Contract) ValidOn(day string) bool { return c.ValidFrom <= day && day <= c.ValidTo }

// validate checks the terms and works out the warnings. What stood in the terms as they were is not judged again: a bound that came later
// stops nobody from changing something else.
func (c *Contract) validate(was Facts) error {
	c.Number, c.Name = mx.Clean(c.Number), mx.Clean(c.Name)
	if c.Number == "" || c.Name == "" {
		return fault.Invalidf("number", "number-missing", "a contract needs its number and its name")
	}
	if c.Open && c.MinimumPercent == 0 {
		c.MinimumPercent = defaultMinimumPercent
	}
	if c.Number != was.Number && nones.Word(c.Number) { // one that an earlier release took keeps it
		return fault.Invalidf("number", "number-missing", "a contract needs its number: %q says that there is none", c.Number)
	}
	if err := Period("valid_from", c.ValidFrom, "valid_to", c.ValidTo); err != nil {
		return err
	}
	if err := cmp.Or(c.validCoverage(), c.validLots(was.Lots), c.validLines(was.Lines)); err != nil {
		return err
	}
	c.Warnings = nil
	if c.Open {
		for _, l := range c.Lots {
			if least, err := l.Maximum.Scale(int64(c.MinimumPercent), 100); err == nil && l.Minimum.Cmp(least) < 0 {
				c.Warnings = append(c.Warnings, "the minimum of "+l.name()+" is less than the share of its maximum that an open contract asks for: "+least.String())
			}
		}
	}
	return nil
}

// defaultMinimumPercent is that of art. 47 of the LAASSP of 2000; the number of the article in the law of 2025 is not known here.
const defaultMinimumPercent = 40

// Period refuses two days that are none from 2000-01-01 to 2100-12-31, or of which the last is before the first; the refusal names the field.
func Period(fromField, from, toField, to string) error {
	first, err := date(fromField, from)
	if err != nil {
		return err
	}
	last, err := date(toField, to)
	if err == nil && last.Before(first) {
		err = fault.Invalidf(toField, "period-reversed", "the last day %s is before the first, %s", to, from)
	}
	return err
}

func date(field, s string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || d.Year() < 2000 || d.Year() > 2100 {
		return d, fault.Invalidf(field, "date-out-of-range", "a date from 2000-01-01 to 2100-12-31 was expected, got %q", s)
	}
	return d, nil
}

func (c *Contract) validCoverage() error {
	cov := c.Coverage
	if !cov.Nation && len(cov.Regions)+len(cov.Offices) == 0 {
		return fault.Invalidf("coverage", "coverage-missing", "a contract covers the nation, or regions, or offices")
	}
	for _, r := range cov.Regions {
		if !mx.Valid("region", r) {
			return fault.Invalidf("coverage.regions", "value-unknown", "%q is not a region", r).With(mx.Values("region")...)
		}
	}
	for _, o := range cov.Offices {
		if _, ok := mx.OfficeByKey(o); !ok {
			return fault.Invalidf("coverage.offices", "office-unknown", "no Oficina de Representación has the key %q", o)
		}
	}
	return nil
}

func (c *Contract) validLots(was []Lot) error {
	if len(c.Lots) == 0 {
		return fault.Invalidf("lots", "lots-missing", "a contract needs what is agreed for at least one fiscal year")
	}
	for i, l := range c.Lots {
		if l.FiscalYear < 2000 || l.FiscalYear > 2100 || l.Lot < 1 || l.Lot > 99 || slices.ContainsFunc(c.Lots[:i], l.same) {
			return fault.Invalidf("lots", "lot-repeated", "%s must have a fiscal year and a number of its own", l.name())
		}
		if year := strconv.Itoa(l.FiscalYear); year < c.ValidFrom[:4] || year > c.ValidTo[:4] {
			return fault.Invalidf("lots", "lot-outside-validity", "%s is of a year outside the contract's validity, %s to %s", l.name(), c.ValidFrom, c.ValidTo)
		}
		if slices.Contains(was, l) {
			continue
		}
		c.Lots[i].Name = mx.Clean(l.Name)
		if err := amounts("lots", l.Minimum, l.Maximum); err != nil {
			return err
		}
		if l.Minimum.Cmp(l.Maximum) > 0 || l.Maximum.IsZero() {
			return fault.Invalidf("lots", "lot-amounts", "%s needs a maximum above zero and a minimum of at most that", l.name())
		}
	}
	return nil
}

func (c *Contract) validLines(was []Line) error {
	for _, l := range c.Lines {
		if slices.Contains(was, l) {
			continue
		}
		if !mx.Valid("measure_unit", l.MeasureUnit) {
			return fault.Invalidf("lines", "value-unknown", "%q is not a unit of measure", l.MeasureUnit).With(mx.Values("measure_unit")...)
		}
		if err := l.UnitPrice.AtMost(mx.MaxPriceCents); err != nil {
			return fault.Invalidf("lines", "amount-invalid", "%s", err.Error())
		}
	}
	return nil
}

func amounts(field string, all ...mx.Money) error {
	for _, m := range all {
		if err := m.Validate(); err != nil {
			return fault.Invalidf(field, "amount-invalid", "%s", err.Error())
		}
	}
	return nil
}
