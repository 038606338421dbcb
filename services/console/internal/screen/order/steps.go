package order

import (
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// step is one step of the work: done at an hour, the next one, or a later one.
type step struct {
	Text, At, Machine string
	Now               *act.Button
	// Extra is a value that the button sends along.
	Extra ui.Sent
	Later bool
	Small string
	// Other leads to the form of the same step, for what the button does not say.
	Other *ui.Link
}

// next are the verbs of the steps that lead work on, in the order in which they are taken; of several that are possible the first is the filled button.
var next = []string{"enterado", "llegada", "iniciar", "reanudar", "restablecer", "concluir", "conformidad", "aprobar", "asignar", "verificar", "tardios"}

// work are the steps of who does the work.
var work = next[:6]

type holdForm struct {
	Button  act.Button
	Reasons ui.Picker
}

// steps are the steps of the work: what is done, the next one as a button, later ones as text; and what else may be done.
func steps(o record.Order, clock ui.Clock, buttons []act.Button) (all []step, hold *holdForm, rest []act.Button) {
	all = done(o, clock)
	now := comesNext(o, buttons)
	for _, b := range buttons {
		switch {
		case b.Verb == "pausar":
			b.Text = family.Words.Say(b.Verb + "_button")
			hold = &holdForm{b, ui.Picker{Name: "reason", Label: words.Say("field_reason"), Groups: []ui.Group{{Options: record.Options("hold_reason")}}}}
		case now == nil || b.Verb != now.Verb:
			rest = append(rest, b) // also a later step: what cannot be repaired is concluded without being restored
		}
	}
	if now == nil {
		return all, hold, rest
	}
	now.Text = family.Words.Say(now.Verb + "_button")
	s := step{Now: now, Small: now.Small}
	if now.Verb == "restablecer" {
		s.Extra = ui.Sent{Name: "outcome", Value: "full"}
		s.Other = &ui.Link{Href: now.Href, Text: words.Say("restored_otherwise")}
	}
	all = append(all, s)
	for _, verb := range work[slices.Index(work, now.Verb)+1:] {
		if slices.ContainsFunc(rest, func(b act.Button) bool { return b.Verb == verb }) {
			continue // it is a button
		}
		if verb == "reanudar" || verb == "restablecer" && (o.Type != "corrective" || !o.RestoredAt.IsZero()) || verb == "llegada" && !o.ArrivedAt.IsZero() {
			continue
		}
		all = append(all, step{Text: family.Words.Say(verb + "_button"), Small: words.Say(verb + "_small"), Later: true})
	}
	return all, hold, rest
}

// comesNext is the button of the next step; nil where there is none. What work went on without may be told, and is not what comes next.
func comesNext(o record.Order, buttons []act.Button) *act.Button {
	for _, verb := range work {
		if verb == "enterado" && arrived(o) || verb == "llegada" && begun(o) {
			continue
		}
		if i := slices.IndexFunc(buttons, func(b act.Button) bool { return b.Verb == verb }); i >= 0 {
			return &buttons[i]
		}
	}
	return nil
}

// done are the steps that were taken, with their hours.
func done(o record.Order, clock ui.Clock) []step {
	var all []step
	add := func(key string, at time.Time, args ...any) {
		if !at.IsZero() {
			all = append(all, step{Text: words.Say(key, args...), At: clock.Short(at), Machine: at.UTC().Format(time.RFC3339)})
		}
	}
	add("done_enterado", o.AcknowledgedAt)
	add("done_llegada", o.ArrivedAt)
	add("done_iniciar", o.StartedAt)
	for _, h := range o.Holds {
		if !h.Until.IsZero() {
			add("done_pausa", h.Until, ui.Span(h.Until.Sub(h.Since)))
		}
	}
	if o.Hold != nil {
		add("done_pausada", o.Hold.Since, record.Label("hold_reason", o.Hold.Reason))
	}
	add("done_restablecer", o.RestoredAt)
	add("done_concluir", o.CompletedAt)
	return all
}
