// Package act is how a document's operations become buttons and forms: a family of screens declares, for each operation, the words of its
// button and the fields of its form. Whether a button is there is said by the document's own actions and by nothing else.
package act

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Action is one operation on a document of type T.
type Action[T any] struct {
	// Op is the operation's id, Path the last part of its address in the API; "" is a PATCH of the document, or a PUT where Replace is set: of all
	// that the form holds, so that what is left empty is emptied.
	Op, Path string
	Replace  bool
	// Verb is the last part of the form's address here, and begins the keys of its words: <verb>_title, <verb>_button, <verb>_lead.
	Verb string
	// Fields are what the form asks for. Without any the button itself carries it out, unless Confirm is set: then a page says first what follows.
	Fields  []Field[T]
	Confirm bool
	// Danger marks what ends something for good.
	Danger bool
	// Body, when set, has the last word on what is sent.
	Body func(doc T, sent url.Values, body map[string]any)
}

// patches says that the action is a PATCH: it says what changes.
func (a Action[T]) patches() bool { return a.Path == "" && !a.Replace }

// Field is one field of an action's form. Its words are field_<name> and, where there are any, field_<name>_hint and error_<name>.
type Field[T any] struct {
	// Name is the field's name in the API; dots lead into objects.
	Name string
	Kind Kind
	// Vocabulary of a Word; Values are those of it that are offered, all when nil.
	Vocabulary string
	Values     []string
	// Options of a Pick.
	Options func(r *screen.Request, doc T) ([]ui.Group, error)
	// Listed says that the service takes whatever this names, or that the form means by it what the service never sees: then what Options does not give
	// is refused here, and nothing is sent.
	Listed bool
	// Value is what is stored, shown first.
	Value func(doc T) string
	// When says whether the field is asked for of this document; always when nil.
	When     func(doc T) bool
	Required bool
	Max      int
	// Words is the part of the words' keys after field_ and error_; Name when empty.
	Words string
}

// Kind is what a field holds.
type Kind int

// The kinds of fields.
const (
	// Text is several lines, Line is one.
	Text Kind = iota
	Line
	// Word is one of a vocabulary, Pick one of what Options give.
	Word
	Pick
	// Money is an amount in pesos, Quantity a number with decimals, Date a day, Instant a day and a time of day by the place's clock.
	Money
	Quantity
	Date
	Instant
)

// Family is the documents of one kind with their actions.
type Family[T any] struct {
	// Base is the address of the documents here ("/ordenes/"), API that in the services ("/v1/work-orders/").
	Base, API string
	// Own says that there is one document, the reader's own, at Base and API themselves ("/quien-soy", "/v1/people/me").
	Own bool
	// From is where one comes from to the form that makes a document; the list at Base when empty.
	From ui.Link
	// ID is the field of that form that is the document's id, where one is.
	ID      string
	Words   ui.Words
	Actions []Action[T]
	// Allowed, Zone and Heading read the document.
	Allowed func(T) record.Allowed
	Zone    func(T) string
	Heading func(r *screen.Request, names *record.Names, doc T) ui.PageHeading
	// State is what the document is in now, in words: for both sides of a conflict.
	State func(T) string
}

// at is the address of a document below Base or API.
func (f Family[T]) at(base, id string) string {
	if f.Own {
		return base
	}
	return base + url.PathEscape(id)
}

// Screens are the forms of the actions.
func (f Family[T]) Screens() []screen.Screen {
	var out []screen.Screen
	pattern := f.Base + "{id}"
	if f.Own {
		pattern = f.Base
	}
	for _, a := range f.Actions {
		s := screen.Screen{Pattern: pattern + "/" + a.Verb,
			Do:       func(r *screen.Request) (string, error) { return f.do(r, a) },
			Show:     func(r *screen.Request) (screen.Page, error) { return f.show(r, a) },
			Conflict: func(r *screen.Request) (screen.Page, error) { return f.conflict(r, a) }}
		out = append(out, s)
	}
	return out
}

// Button is an action that a page offers.
type Button struct {
	Verb, Href, Text, Small string
	// Direct says that the button itself carries it out: there is nothing to be said.
	Direct, Danger bool
	Fields         ui.FormFields
}

// Buttons are the actions that the document allows now, in the order in which they are declared.
func (f Family[T]) Buttons(r *screen.Request, id, version string, doc T) []Button {
	var out []Button
	for _, a := range f.Actions {
		if !f.Allowed(doc).May(a.Op) {
			continue
		}
		b := Button{Verb: a.Verb, Href: f.at(f.Base, id) + "/" + a.Verb, Text: f.Words.Say(a.Verb + "_button"), Small: f.say(a.Verb + "_small"),
			Direct: len(f.fields(a, doc)) == 0 && !a.Confirm, Danger: a.Danger, Fields: r.Fields(version)}
		b.Fields.Key += "-" + a.Verb // each form of a page is one of its own: what was sent by one is no repetition of another
		if !b.Direct {
			b.Text = f.Words.Say(a.Verb + "_title") // it leads to the form, whose button does it
		}
		out = append(out, b)
	}
	return out
}

// say is a word that may be missing.
func (f Family[T]) say(key string) string {
	if f.Words.Has(key) {
		return f.Words.Say(key)
	}
	return ""
}

func (f Family[T]) fields(a Action[T], doc T) []Field[T] {
	return slices.DeleteFunc(slices.Clone(a.Fields), func(x Field[T]) bool { return x.When != nil && !x.When(doc) })
}

// read is the document and its version.
func (f Family[T]) read(r *screen.Request) (doc T, version string, err error) {
	m, err := r.API.Get(r.Context(), f.at(f.API, r.PathValue("id")), &doc)
	return doc, m.Version, err
}

// show is the action's form; of what cannot be done now there is none.
func (f Family[T]) show(r *screen.Request, a Action[T]) (screen.Page, error) {
	doc, version, err := f.read(r)
	if err != nil {
		return screen.Page{}, err
	}
	if !f.Allowed(doc).May(a.Op) { // also where a form was sent all the same: what it offers to choose from is not for whoever may not choose
		return f.Gone(r, a.Op, doc, version)
	}
	if r.Typed != nil && r.Typed.Get(ui.FieldVersion) != "" {
		version = r.Typed.Get(ui.FieldVersion) // what was typed is about the document as it was shown
	}
	if keep := r.URL.Query().Get("con"); keep != "" {
		r.Typed = typed(r.URL.Query())
	}
	names := record.NamesFor(r)
	v := formView{Heading: f.Heading(r, names, doc), Action: f.at(f.Base, r.PathValue("id")) + "/" + a.Verb, Button: f.Words.Say(a.Verb + "_button"),
		Lead: f.say(a.Verb + "_lead"), Fields: r.Fields(version), Sum: f.say(a.Verb + "_sum"), Sent: f.unseen(r, a, doc)}
	v.Heading.Back = &ui.Link{Href: f.at(f.Base, r.PathValue("id")), Text: v.Heading.Title}
	v.Heading.Where, v.Heading.Title = v.Heading.Title, f.Words.Say(a.Verb+"_title")
	fields := f.fields(a, doc)
	v.Wrong = f.offences(r, fields)
	for _, field := range fields {
		in, err := f.input(r, field, doc)
		if err != nil {
			return screen.Page{}, err
		}
		v.Inputs = append(v.Inputs, in)
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: formBody(v)}, nil
}

// Gone is the page of a form whose operation is not possible in the state that the document is in: how it is now, and what is possible instead.
// To whom it never was possible the form does not exist.
func (f Family[T]) Gone(r *screen.Request, operation string, doc T, version string) (screen.Page, error) {
	if !f.Allowed(doc).Ever(operation) {
		return screen.Page{}, Nowhere()
	}
	h := f.Heading(r, record.NamesFor(r), doc)
	back := f.at(f.Base, r.PathValue("id"))
	h.Back = &ui.Link{Href: back, Text: h.Title}
	why, title := words.Say("gone_text"), words.Say("not_possible")
	if rule := f.Allowed(doc).Because[operation]; rule != "" {
		why, title = Refusal(&api.Problem{Rule: rule}), Heading(rule)
	}
	v := goneView{Heading: h, Buttons: f.Buttons(r, r.PathValue("id"), version, doc), Note: ui.Note{Look: "warn", Icon: ui.IconInfo, Title: title,
		Lines: []string{why, words.Say("state_now", f.State(doc))}, Action: &ui.Link{Href: back, Text: words.Say("see_now")}}}
	return screen.Page{Title: title, Body: goneBody(v)}, nil
}

// typed are the values of an address that leads back to a form with what was typed.
func typed(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		if name != "con" {
			out[name] = values
		}
	}
	return out
}

// do sends what the form says.
func (f Family[T]) do(r *screen.Request, a Action[T]) (string, error) {
	back := f.at(f.Base, r.PathValue("id"))
	version := r.Version()
	switch r.PostFormValue("keep") {
	case "theirs":
		return back, nil
	case "edit":
		return back + "/" + a.Verb + "?" + f.carried(a, r.PostForm).Encode(), nil
	}
	doc, _, err := f.read(r)
	if err != nil {
		return "", err
	}
	body, wrong := f.body(r, a, doc)
	if wrong != nil {
		return "", wrong
	}
	method, path := http.MethodPost, f.at(f.API, r.PathValue("id"))+"/"+a.Path
	if a.Path == "" {
		method, path = http.MethodPatch, f.at(f.API, r.PathValue("id"))
	}
	if a.Replace {
		method = http.MethodPut
	}
	done := back + "?" + url.Values{"hecho": {a.Verb}}.Encode()
	if method == http.MethodPatch && len(body) == 0 {
		return done, nil // nothing was changed
	}
	if _, err := r.API.Send(r.Context(), method, path, api.Write{Key: r.Key, Version: version, Body: body}, nil); err != nil {
		return "", err
	}
	return done, nil
}

// carried are the fields of the form as they were typed, for an address.
func (f Family[T]) carried(a Action[T], sent url.Values) url.Values {
	q := url.Values{"con": {"1"}}
	for _, field := range a.Fields {
		if v := sent.Get(field.Name); v != "" {
			q.Set(field.Name, v)
		}
	}
	return q
}

// Done is the notice of what was just done, by the address's word for it; nil where there is none.
func (f Family[T]) Done(r *screen.Request) *ui.Note {
	verb := r.URL.Query().Get("hecho")
	if verb != Creation && !slices.ContainsFunc(f.Actions, func(a Action[T]) bool { return a.Verb == verb }) || !f.Words.Has(verb+"_done") {
		return nil
	}
	return &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: f.Words.Say(verb + "_done"), Alert: true}
}

// conflict shows what was meant beside what is there now.
func (f Family[T]) conflict(r *screen.Request, a Action[T]) (screen.Page, error) {
	doc, version, err := f.read(r)
	if err != nil {
		return screen.Page{}, err
	}
	if !f.Allowed(doc).Ever(a.Op) {
		return screen.Page{}, Nowhere()
	}
	possible := f.Allowed(doc).May(a.Op)
	if possible && f.beside(r, a, doc) {
		return f.show(r, a)
	}
	h := f.Heading(r, record.NamesFor(r), doc)
	back := f.at(f.Base, r.PathValue("id"))
	s := ui.Sides{Action: back + "/" + a.Verb, Fields: r.Fields(version), MinePossible: possible && r.Problem.Rule == "stale-version",
		MineSmall: f.Words.Say(a.Verb + "_button"), TheirsSmall: f.State(doc), EditSmall: words.Say("edit_small"), EditPossible: possible && len(f.fields(a, doc)) > 0}
	s.Heading = ui.PageHeading{Where: h.Title, Back: &ui.Link{Href: back, Text: h.Title}}
	s.Heading.Title, s.Heading.Lines = Changed(r, f.at(f.API, r.PathValue("id")))
	s.Facts = append(s.Facts, ui.Side{Label: words.Say("wanted"), Mine: f.Words.Say(a.Verb + "_title"), Other: words.Say("state"), Theirs: f.State(doc)})
	for _, field := range f.fields(a, doc) {
		mine, theirs := r.Typed.Get(field.Name), ""
		if field.Value != nil {
			theirs = field.Value(doc)
		}
		switch field.Kind {
		case Word:
			mine, theirs = record.Label(field.Vocabulary, mine), record.Label(field.Vocabulary, theirs)
		case Pick:
			groups, err := field.Options(r, doc)
			if err != nil {
				return screen.Page{}, err
			}
			mine, theirs = picked(groups, mine), picked(groups, theirs)
		}
		s.Sent = append(s.Sent, ui.Sent{Name: field.Name, Value: r.Typed.Get(field.Name)})
		if mine != "" || theirs != "" {
			s.Facts = append(s.Facts, ui.Side{Label: f.Words.Say("field_" + field.words()), Mine: mine, Theirs: theirs})
		}
	}
	s.Sent = append(s.Sent, f.unseen(r, a, doc)...)
	return screen.Page{Title: s.Heading.Title, Form: true, Body: ui.Conflict(s)}, nil
}

// picked is what a value is called among those that a field offers; one that is not offered any more is shown as it is.
func picked(groups []ui.Group, value string) string {
	for _, g := range groups {
		for _, o := range g.Options {
			if o.Value == value && value != "" {
				return o.Label
			}
		}
	}
	return value
}

// instant reads a day and time of day of an input (YYYY-MM-DDTHH:MM) by a clock's zone.
func instant(text string, zone *time.Location) (time.Time, error) {
	return time.ParseInLocation("2006-01-02T15:04", text, zone)
}
