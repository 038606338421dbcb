// Package tally keeps sums of facts instead of counting the facts again.
//
// A fact adds rows to its owner's sums: rows(fact) is a pure function, so that what an older version of the fact had added is known from
// that version. When a fact changes, the owner gets rows(new) and loses rows(old), in one transaction with the fact; the cost does not
// depend on how many facts there are. Rows never read a clock: what the passing of time changes without any event (orders that become
// overdue) is counted under the day on which it changes, and the days that have passed are added up when somebody asks.
//
// This package is the arithmetic and what is held in memory; ledger is what is stored.
package tally

import (
	"maps"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Fact is one version of a thing that is counted.
type Fact interface {
	// Owner is the id of the document of sums that it is counted in.
	Owner() string
	// At is when the event that brought it was recorded.
	At() event.Time
	// Follow is told, before it is stored, what it takes the place of.
	Follow(replaced Fact)
	// Doubtful are owners whose sums may lack this version: a release that counted otherwise stored it.
	Doubtful() []string
}

// Row is one addition of a fact: N to the cell. Cells are named by their path in the JSON of the figures ("assets.total"); a number with
// decimals is counted in hundredths.
type Row struct {
	Cell string
	N    int64
}

// Cells are sums by cell. A cell that is 0 is absent.
type Cells map[string]int64

// Add adds the rows so many times: 1 for a fact that is there, -1 for one that no longer is.
func (c Cells) Add(rows []Row, times int64) {
	for _, r := range rows {
		if c[r.Cell] += times * r.N; c[r.Cell] == 0 {
			delete(c, r.Cell)
		}
	}
}

// Sums is embedded in the document that holds the sums of an owner's facts.
type Sums struct {
	Cells Cells `json:"cells,omitempty"`
	// AsOf is when the newest fact was recorded that was ever added.
	AsOf event.Time `json:"as_of,omitzero"`
	// Rules is the number of the rules of the rows that were added. Of other rules, or where a release that counts otherwise wrote the
	// document, Cells say nothing: the facts are to be counted anew, and nothing is added before that.
	Rules int `json:"kept,omitempty"`
	// Awaited says that facts name the owner, which itself has not been heard of.
	Awaited bool `json:"awaited,omitempty"`
	// Lacks is when the oldest change was recorded that is stored, but not to be seen in the figures yet.
	Lacks event.Time `json:"lacks,omitzero"`
	// Changed is the period in which the document was last written: what others look for to learn what has changed.
	Changed int64 `json:"changed,omitempty"`
	// Recount is a count under way.
	Recount *Recount `json:"recount,omitempty"`
}

// Recount is a count of all of an owner's facts that goes on while they change: Touched are those that changed since it began, by kind and id.
type Recount struct {
	ID      string     `json:"id"`
	Since   event.Time `json:"since"`
	Touched []string   `json:"touched,omitempty"`
}

// maxTouched bounds Touched. A count in which more has changed is given up, and begun again.
const maxTouched = 5000

// Touch notes a change for the count under way.
func (s *Sums) Touch(fact string) {
	switch r := s.Recount; {
	case r == nil || slices.Contains(r.Touched, fact):
	case len(r.Touched) == maxTouched:
		s.Recount = nil
	default:
		s.Recount = &Recount{ID: r.ID, Since: r.Since, Touched: append(slices.Clone(r.Touched), fact)}
	}
}

// Doubt says that the sums lack a change of that instant.
func (s *Sums) Doubt(at event.Time) {
	if s.Lacks.IsZero() || at.Before(s.Lacks.Time) {
		s.Lacks = at
	}
}

// Include moves AsOf on to an instant.
func (s *Sums) Include(at event.Time) {
	if at.After(s.AsOf.Time) {
		s.AsOf = at
	}
}

// Same compares two sums.
func (c Cells) Same(o Cells) bool { return maps.Equal(c, o) }
