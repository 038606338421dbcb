package act

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

func (x Field[T]) words() string {
	if x.Words != "" {
		return x.Words
	}
	return strings.ReplaceAll(x.Name, ".", "_")
}

// few is up to how many values are shown as rows and not as a list that folds.
const few = 5

// input is how a field is drawn: with what was typed, or what is stored, and what was wrong with it.
func (f Family[T]) input(r *screen.Request, x Field[T], doc T) (input, error) {
	stored := ""
	if x.Value != nil {
		stored = x.Value(doc)
	}
	label, hint, wrong, value := f.Words.Say("field_"+x.words()), f.say("field_"+x.words()+"_hint"), f.wrong(r, x), r.Value(x.Name, stored)
	if !x.Required && x.Kind != Word && x.Value == nil {
		label += " " + words.Say("optional")
	}
	field := ui.Field{Name: x.Name, Label: label, Hint: hint, Error: wrong, Value: value, Max: x.Max}
	switch x.Kind {
	case Text:
		field.Type = "textarea"
	case Line:
	case Money, Quantity:
		field.Mode = "decimal"
	case Date:
		field.Type = "date"
	case Instant:
		field.Type = "datetime-local"
	case Word, Pick:
		groups, err := f.values(r, x, doc)
		if err != nil {
			return input{}, err
		}
		if value != "" && !offers(groups, value) {
			if value == stored { // what is stored and no longer offered stays what it is: else the first of the list would take its place unseen
				groups = append(groups, ui.Group{Options: []ui.Option{{Value: value, Label: words.Say("as_stored")}}})
			} else {
				value = ""
			}
		}
		n := 0
		for _, g := range groups {
			n += len(g.Options)
		}
		if n <= few && len(groups) == 1 {
			return input{choice: &ui.Choice{Name: x.Name, Legend: label, Hint: hint, Error: wrong, Value: value, Options: groups[0].Options}}, nil
		}
		p := &ui.Picker{Name: x.Name, Label: label, Hint: hint, Error: wrong, Value: value, Groups: groups}
		if value == "" {
			p.Empty = words.Say("choose")
		}
		return input{picker: p}, nil
	}
	return input{field: &field}, nil
}

func offers(groups []ui.Group, value string) bool {
	return slices.ContainsFunc(groups, func(g ui.Group) bool {
		return slices.ContainsFunc(g.Options, func(o ui.Option) bool { return o.Value == value })
	})
}

func (f Family[T]) values(r *screen.Request, x Field[T], doc T) ([]ui.Group, error) {
	if x.Kind == Pick {
		return x.Options(r, doc)
	}
	if x.Values == nil {
		return []ui.Group{{Options: record.Options(x.Vocabulary)}}, nil
	}
	var out []ui.Option
	for _, v := range x.Values {
		out = append(out, ui.Option{Value: v, Label: record.Label(x.Vocabulary, v)})
	}
	return []ui.Group{{Options: out}}, nil
}

// wrong is what to do about a field that was refused, in the field's own words.
func (f Family[T]) wrong(r *screen.Request, x Field[T]) string {
	if r.Problem.At(x.Name) == nil {
		return ""
	}
	if key := strings.ReplaceAll(r.Problem.Rule, "-", "_"); r.Problem.Status == http.StatusConflict && key != "already_exists" && refusals.Has(key) {
		return refusals.Say(key)
	}
	if n := utf8.RuneCountInString(r.Typed.Get(x.Name)); x.Max > 0 && n > x.Max {
		return words.Say("error_long", f.Words.Say("field_"+x.words()), ui.Number(x.Max), ui.Number(n))
	}
	if text := f.say("error_" + x.words()); text != "" {
		return text
	}
	return words.Say("error_field", f.Words.Say("field_"+x.words()))
}

// offences are the summary on top of a form that was not taken; what is about no field of it is said there by its rule.
func (f Family[T]) offences(r *screen.Request, fields []Field[T]) (out []ui.Offence) {
	if r.Problem == nil {
		return nil
	}
	for _, x := range fields {
		if text := f.wrong(r, x); text != "" {
			out = append(out, Wrong(r, x.Name, text))
		}
	}
	if len(out) == 0 {
		out = append(out, Refused(r.Problem))
	}
	return out
}

// taken are the rules by which something is there already.
var taken = []string{"already-exists", "area-exists", "id-taken", "tag-taken", "serial-taken", "unit-key-taken", "reference-taken", "lot-repeated", "appointment-overlaps", "no-change", "amendment-without-change", "idempotency-key-reused"}

// Wrong is what was wrong with a field of a form that was not taken: it is missing, another has it, or it cannot be that.
func Wrong(r *screen.Request, field, text string) ui.Offence {
	o := ui.Offence{Field: field, Text: text, Fault: ui.FaultOf(r.Typed.Get(field))}
	if o.Fault == ui.Mistaken {
		o.Fault = faultOf(r.Problem)
	}
	return o
}

// Refused is what is about no field of a form, in the words of the rule that was broken.
func Refused(p *api.Problem) ui.Offence { return ui.Offence{Text: Refusal(p), Fault: faultOf(p)} }

func faultOf(p *api.Problem) ui.Fault {
	switch {
	case slices.Contains(taken, p.Rule):
		return ui.Taken
	case p.Rule == "validation-failed":
		return ui.Mistaken
	}
	return ui.Impossible
}

// before begins the names of the unseen fields of a form that changes a document: what each field showed.
const before = "antes."

// shown is what a field showed when the form was made. A PATCH says what differs from that, not from what is there by now: else the second of
// two taps, which comes when the first has changed the document, would say something else under the same key and be refused as another form.
func (x Field[T]) shown(r *screen.Request, doc T) string {
	sent := r.Typed
	if r.PostForm != nil {
		sent = r.PostForm
	}
	if v, ok := sent[before+x.Name]; ok && len(v) == 1 {
		return strings.TrimSpace(strings.ReplaceAll(v[0], "\r\n", "\n"))
	}
	return x.Value(doc)
}

// unseen are what the fields of a form that changes a document show, carried along by it.
func (f Family[T]) unseen(r *screen.Request, a Action[T], doc T) (out []ui.Sent) {
	if !a.patches() {
		return nil
	}
	for _, x := range f.fields(a, doc) {
		if x.Value != nil {
			out = append(out, ui.Sent{Name: before + x.Name, Value: x.shown(r, doc)})
		}
	}
	return out
}

// body is what the form says, as the API takes it. What no field can hold ("mañana" in a date) is refused here, as the API refuses it.
func (f Family[T]) body(r *screen.Request, a Action[T], doc T) (map[string]any, error) {
	out, patch := map[string]any{}, a.patches()
	var wrong []api.Offence
	for _, x := range f.fields(a, doc) {
		text := strings.TrimSpace(r.PostFormValue(x.Name))
		if text == "" {
			if x.Required {
				wrong = append(wrong, api.Offence{Location: "body." + x.Name, Message: "missing"})
			} else if patch && x.Value != nil && x.shown(r, doc) != "" {
				put(out, x.Name, nil) // an emptied field of a PATCH
			}
			continue
		}
		if x.Listed && (x.Value == nil || x.Value(doc) != text) {
			groups, err := f.values(r, x, doc)
			if err != nil {
				return nil, err
			}
			if !offers(groups, text) {
				wrong = append(wrong, api.Offence{Location: "body." + x.Name, Message: "not offered"})
				continue
			}
		}
		value, ok := x.parse(text, record.ClockAt(r, f.Zone(doc)).Zone)
		if !ok {
			wrong = append(wrong, api.Offence{Location: "body." + x.Name, Message: "unreadable"})
			continue
		}
		if patch && x.Value != nil && x.shown(r, doc) == strings.ReplaceAll(text, "\r\n", "\n") {
			continue // a PATCH says what changes
		}
		put(out, x.Name, value)
	}
	if len(wrong) > 0 {
		return nil, &api.Problem{Status: http.StatusUnprocessableEntity, Rule: "validation-failed", Errors: wrong}
	}
	if a.Body != nil {
		a.Body(doc, r.PostForm, out)
	}
	return out, nil
}

func (x Field[T]) parse(text string, zone *time.Location) (any, bool) {
	switch x.Kind {
	case Money:
		cents, ok := Cents(text)
		return map[string]any{"amount_cents": cents, "currency": "MXN"}, ok
	case Quantity:
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	case Date:
		_, err := time.Parse(time.DateOnly, text)
		return text, err == nil
	case Instant:
		at, err := instant(text, zone)
		return at.UTC().Format(time.RFC3339), err == nil
	case Text:
		return strings.ReplaceAll(text, "\r\n", "\n"), true
	}
	return text, true
}

// Cents reads an amount of pesos as people write it: "12,500.50", "$ 12500". More than two decimals are refused: an amount is not rounded.
func Cents(text string) (int64, bool) {
	text = strings.NewReplacer("$", "", ",", "", " ", "", "\u00a0", "").Replace(text)
	whole, decimals, _ := strings.Cut(text, ".")
	if whole == "" || len(whole) > 13 || len(decimals) > 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+(decimals + "00")[:2], 10, 63)
	return int64(n), err == nil
}

// put sets a field; dots in its name lead into objects.
func put(into map[string]any, name string, value any) {
	first, rest, deep := strings.Cut(name, ".")
	if !deep {
		into[name] = value
		return
	}
	inner, ok := into[first].(map[string]any)
	if !ok {
		inner = map[string]any{}
		into[first] = inner
	}
	put(inner, rest, value)
}

// Vocabulary are all values of a vocabulary, for a field that is drawn outside of an action's form.
func Vocabulary(vocabulary string) []ui.Group {
	return []ui.Group{{Options: record.Options(vocabulary)}}
}
