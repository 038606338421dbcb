package mx

import (
	"cmp"
	"slices"
	"strings"
)

// Nation is the scope of the whole nation.
const Nation = "nation"

// KnownPlace reports whether there is a region, state or office with this key. kind and key are the parts of a scope before and after its
// colon ("region", "state", "office", "unit"). Of a unit it checks only the key's form.
func KnownPlace(kind, key string) (ok bool) {
	switch kind {
	case "region":
		return slices.Contains(Regions(), key)
	case "state":
		_, ok = StateByINEGI(key)
	case "office":
		_, ok = OfficeByKey(key)
	case "unit":
		return UnitKey(key)
	}
	return ok
}

// KnownScope reports whether s is a scope, as Scopes writes them: "nation", "region:1", "office:sonora", "state:26", "unit:<key>". Of a unit it
// checks only the key's form.
func KnownScope(s string) bool {
	kind, key, keyed := strings.Cut(s, ":")
	return s == Nation || keyed && KnownPlace(kind, key)
}

// Place says where something is: the unit, and the unit's office, region and state. Every document that belongs to a unit holds one, so that a
// query for an office or a state needs no other collection.
type Place struct {
	UnitID string `json:"unit_id" doc:"The unit's stable key: its CLUES, or the institution's own key where it has none"`
	Office string `json:"office,omitempty" doc:"Key of the Oficina de Representación"`
	Region string `json:"region,omitempty" doc:"Region, 1 to 8"`
	// StateCode is not called State: documents that embed a Place have a state of their own, and of two fields with one Go name the outer hides
	// the inner where schemas are made.
	StateCode string `json:"state_code,omitempty" doc:"INEGI code of the state, 01 to 32"`
}

// Where returns the place, without a zone. Documents embed Place, and so have this method, which service.Follow needs.
func (p Place) Where() ZonedPlace { return ZonedPlace{Place: p} }

// ZonedPlace is a place with its unit's time zone, for documents that count days or years.
type ZonedPlace struct {
	Place
	TimeZone string `json:"time_zone" doc:"The unit's IANA zone"`
}

// Where returns the place, with its zone.
func (p ZonedPlace) Where() ZonedPlace { return p }

// Moves returns the place of a document that is at p once its unit is at to, and whether that is a change: of the place, or of the zone of a
// document that holds one. Where to has no zone, p's stays. It is false for another unit.
func (p ZonedPlace) Moves(to ZonedPlace) (ZonedPlace, bool) {
	to.TimeZone = cmp.Or(to.TimeZone, p.TimeZone)
	return to, p.UnitID == to.UnitID && (p.Place != to.Place || p.TimeZone != "" && p.TimeZone != to.TimeZone)
}

// Scopes lists the scopes of a document at this place, the widest first.
func (p Place) Scopes() []string {
	scopes := make([]string, 1, 6)
	scopes[0] = Nation
	for _, s := range [][2]string{{"region:", p.Region}, {"office:", p.Office}, {"state:", p.StateCode}, {"unit:", p.UnitID}} {
		if s[1] != "" {
			scopes = append(scopes, s[0]+s[1])
		}
	}
	return scopes
}

// Review says what a person should look at in a document. It is computed for each answer, and neither stored nor part of an event.
type Review struct {
	Discrepancies []string `json:"discrepancies,omitempty" vocabulary:"discrepancy" doc:"What a person should look at; in answers, not in events"`
	Duplicates    []string `json:"possible_duplicates,omitempty" doc:"Others in the caller's scope with the same keys, where the document has a discrepancy; in answers to one document, not in lists or events"`
}

// FundingSource says who pays. RefID is the key of the contract, programme or donation in its own register.
type FundingSource struct {
	Kind       string `json:"kind" vocabulary:"funding_kind" doc:"Who pays"`
	RefID      string `json:"ref_id,omitempty" maxLength:"80" doc:"The contract, programme or donation in its own register"`
	FiscalYear int    `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100"`
}

// FundingInput is a FundingSource in a request. Its RefID must be a key, since events carry it; earlier releases stored any text.
type FundingInput struct {
	Kind       string `json:"kind" vocabulary:"funding_kind" doc:"Who pays"`
	RefID      string `json:"ref_id,omitempty" maxLength:"80" pattern:"^[A-Za-z0-9._/-]*$" doc:"Key of the contract, programme or donation in its own register"`
	FiscalYear int    `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100"`
}

// Source returns f as a FundingSource, UnknownFunding for nil and for an empty Kind.
func (f *FundingInput) Source() FundingSource {
	if f == nil {
		return UnknownFunding()
	}
	return FundingSource(*f).OrUnknown()
}

// UnknownFunding means that it is not known who pays.
func UnknownFunding() FundingSource { return FundingSource{Kind: "unknown"} }

// OrUnknown returns f, or UnknownFunding if Kind is empty.
func (f FundingSource) OrUnknown() FundingSource {
	if f.Kind == "" {
		return UnknownFunding()
	}
	return f
}
