package mx

import (
	"cmp"
	"slices"
	"strings"
)

// Nation is the scope of what belongs to the whole nation.
const Nation = "nation"

// KnownPlace says whether there is such a region, state or office, and whether a unit may have that key: kind is that of a scope
// ("region", "state", "office", "unit"), key what follows its colon. Which units there are, the register knows.
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

// KnownScope says whether s is a place that there can be, written as in Scopes: "nation", "region:1", "office:sonora", "state:26",
// "unit:<key>".
func KnownScope(s string) bool {
	kind, key, keyed := strings.Cut(s, ":")
	return s == Nation || keyed && KnownPlace(kind, key)
}

// Place says where something is: the unit and what follows from it. Every document that belongs to a unit carries one, so that no
// query has to climb the tree of places.
type Place struct {
	UnitID string `json:"unit_id" doc:"The unit's stable key: its CLUES, or the institution's own key where it has none"`
	Office string `json:"office,omitempty" doc:"Key of the Oficina de Representación"`
	Region string `json:"region,omitempty" doc:"Region, 1 to 8"`
	State  string `json:"state_code,omitempty" doc:"INEGI code of the state, 01 to 32"`
}

// Where is the place itself, of which no zone is kept: a document that embeds it says so where it stands.
func (p Place) Where() ZonedPlace { return ZonedPlace{Place: p} }

// ZonedPlace is a place with its unit's clock, kept by what counts days and years by it.
type ZonedPlace struct {
	Place
	TimeZone string `json:"time_zone" doc:"The unit's IANA zone"`
}

// Where is the place itself.
func (p ZonedPlace) Where() ZonedPlace { return p }

// Moves says whether what is at p goes along when its unit is at to, and where to. What keeps no zone goes for the place alone; of a
// unit whose zone is not known ("") the one that is kept stays.
func (p ZonedPlace) Moves(to ZonedPlace) (ZonedPlace, bool) {
	to.TimeZone = cmp.Or(to.TimeZone, p.TimeZone)
	return to, p.UnitID == to.UnitID && (p.Place != to.Place || p.TimeZone != "" && p.TimeZone != to.TimeZone)
}

// Scopes are the scopes of a document at this place, the widest first.
func (p Place) Scopes() []string {
	scopes := make([]string, 1, 6)
	scopes[0] = Nation
	for _, s := range [][2]string{{"region:", p.Region}, {"office:", p.Office}, {"state:", p.State}, {"unit:", p.UnitID}} {
		if s[1] != "" {
			scopes = append(scopes, s[0]+s[1])
		}
	}
	return scopes
}

// Review is what a person should look at in a document. Answers work it out; it is neither kept in the document nor part of an event.
type Review struct {
	Discrepancies []string `json:"discrepancies,omitempty" vocabulary:"discrepancy" doc:"What a person should look at; in answers, not in events"`
	Duplicates    []string `json:"possible_duplicates,omitempty" doc:"Others in the caller's scope with the same keys, where the document has a discrepancy; in answers to one document, not in lists or events"`
}

// FundingSource says who pays. RefID names the contract, programme or donation in its own register.
type FundingSource struct {
	Kind       string `json:"kind" enum:"maintenance_contract,purchase_contract,community_program,donation,own_budget,warranty,partner,unknown" doc:"Who pays"`
	RefID      string `json:"ref_id,omitempty" maxLength:"80" doc:"The contract, programme or donation in its own register"`
	FiscalYear int    `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100"`
}

// FundingInput is the FundingSource that a request names. RefID is a key and no text: it goes into events. Earlier releases stored any text.
type FundingInput struct {
	Kind       string `json:"kind" enum:"maintenance_contract,purchase_contract,community_program,donation,own_budget,warranty,partner,unknown" doc:"Who pays"`
	RefID      string `json:"ref_id,omitempty" maxLength:"80" pattern:"^[A-Za-z0-9._/-]*$" doc:"Key of the contract, programme or donation in its own register"`
	FiscalYear int    `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100"`
}

// Source is what f says, UnknownFunding where that is nothing.
func (f *FundingInput) Source() FundingSource {
	if f == nil {
		return UnknownFunding()
	}
	return FundingSource(*f).OrUnknown()
}

// UnknownFunding is the funding of what nobody has said who paid for.
func UnknownFunding() FundingSource { return FundingSource{Kind: "unknown"} }

// OrUnknown is f, or UnknownFunding where f says nothing.
func (f FundingSource) OrUnknown() FundingSource {
	if f.Kind == "" {
		return UnknownFunding()
	}
	return f
}
