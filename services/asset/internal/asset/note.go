package asset

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Note is what somebody wrote beside a reported fact. It is free text: it stays with the asset and never reaches an event.
type Note struct {
	// Fact is the name of the fact in the document: "functioning".
	Fact string     `json:"fact"`
	Text string     `json:"text"`
	At   event.Time `json:"at" doc:"Since when the fact was reported to hold"`
	By   string     `json:"by"`
}

// private are the fields of an asset that its events leave out.
var private = []string{"notes", "distinct_reason", "custodian_post"}

// maxNotes bounds the notes that an asset keeps: the last ones.
const maxNotes = 20

// coded says whether a reason is a word of the domain's own. Every other reason is somebody's text.
func coded(reason string) bool {
	return reason == "" || reason == "work_order" || reason == "delivered" || mx.Valid("not_in_use_reason", reason) ||
		mx.Valid("retirement_reason", reason) || mx.Valid("void_reason", reason)
}

// withhold moves text that stands as a fact's reason to the notes, also of a document that an earlier release wrote.
func (a *Asset) withhold() {
	for _, f := range []struct {
		name string
		fact *Fact
	}{{"lifecycle", &a.Lifecycle}, {"functioning", &a.Functioning}, {"use", &a.Use}, {"custody", &a.Custody}, {"quarantine", &a.Quarantine}} {
		if coded(f.fact.Reason) {
			continue
		}
		a.note(f.name, *f.fact)
		f.fact.Reason = ""
	}
}

// note keeps the text of a fact's reason.
func (a *Asset) note(name string, f Fact) {
	a.Notes = append(slices.Clone(a.Notes), Note{Fact: name, Text: f.Reason, At: f.Since, By: f.By})
	a.Notes = a.Notes[max(0, len(a.Notes)-maxNotes):]
}

// noted says whether text is what was last written of a fact.
func (a *Asset) noted(fact, text string) bool {
	for _, n := range slices.Backward(a.Notes) {
		if n.Fact == fact {
			return n.Text == text
		}
	}
	return false
}
