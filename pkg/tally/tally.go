// Package tally keeps sums of facts up to date, so that the facts need not be counted for each question.
//
// A fact adds rows to its owner's sums. rows(fact) is a pure function, so that the stored version of a fact tells what it had added. When a fact
// changes, rows(new) are added to the owner's sums and rows(old) subtracted, in one transaction with the fact; the cost does not depend on the
// number of facts. Rows never read a clock: what time changes without an event (orders that become overdue) is counted under the day on which
// it changes, and a question adds up the days that have passed.
//
// This package is the arithmetic and the sums in memory; package ledger stores facts and sums.
package tally

import (
	"maps"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Fact is one version of a thing that is counted.
type Fact interface {
	// Owner is the id of the document whose sums count it.
	Owner() string
	// At is when the event with this version was recorded.
	At() event.Time
	// Replace is called with the stored version before this one is stored in its place, to carry over what events do not hold.
	Replace(old Fact)
	// Doubtful lists owners whose sums may lack this version, because an earlier release stored it.
	Doubtful() []string
}

// Row adds N to a cell. A cell's name is the path of JSON names to the figure ("assets.total"); N of a figure with decimals is in hundredths.
type Row struct {
	Cell string
	N    int64
}

// Cells are sums by the cells' names. A cell that is 0 is absent.
type Cells map[string]int64

// Add adds the rows, multiplied by times: 1 to add a fact, -1 to subtract it.
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
	// AsOf is the At of the newest fact that was ever added.
	AsOf event.Time `json:"as_of,omitzero"`
	// Rules is the number of the rules that made the rows in Cells. If it is not the ledger's, as in documents of other releases, Cells are
	// not used: the facts are recounted, and nothing is added before that.
	Rules int `json:"kept,omitempty"`
	// Awaited means that facts name the owner, but the owner's own fact has not arrived.
	Awaited bool `json:"awaited,omitempty"`
	// Lacks is the At of the oldest stored fact that the figures do not include yet; zero if there is none.
	Lacks event.Time `json:"lacks,omitzero"`
	// Changed is the second in which the document was last written, in Unix time: other processes query by it.
	Changed int64 `json:"changed,omitempty"`
	// Recount is a recount under way, nil if there is none.
	Recount *Recount `json:"recount,omitempty"`
}

// Recount is a recount of an owner's facts while they change: Touched are those that changed since it began, as "<kind>/<id>".
type Recount struct {
	ID      string     `json:"id"`
	Since   event.Time `json:"since"`
	Touched []string   `json:"touched,omitempty"`
}

// maxTouched bounds Touched. A recount during which more facts change is abandoned and begun again.
const maxTouched = 5000

// Touch adds a changed fact, "<kind>/<id>", to the recount under way, if there is one.
func (s *Sums) Touch(fact string) {
	switch r := s.Recount; {
	case r == nil || slices.Contains(r.Touched, fact):
	case len(r.Touched) == maxTouched:
		s.Recount = nil
	default:
		s.Recount = &Recount{ID: r.ID, Since: r.Since, Touched: append(slices.Clone(r.Touched), fact)}
	}
}

// Doubt records that the figures lack a fact recorded at this instant: Lacks becomes it, unless that is earlier.
func (s *Sums) Doubt(at event.Time) {
	if s.Lacks.IsZero() || at.Before(s.Lacks.Time) {
		s.Lacks = at
	}
}

// Include moves AsOf forward to at; it never moves it back.
func (s *Sums) Include(at event.Time) {
	if at.After(s.AsOf.Time) {
		s.AsOf = at
	}
}

// Equal reports whether both have the same sums.
func (c Cells) Equal(o Cells) bool { return maps.Equal(c, o) }
