package act

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Maker is the form that makes something new: a document, or what an operation on another document makes. T is what the form is about: the unit
// at which, the contract of which.
type Maker[T any] struct {
	// Pattern is the form's address; what its values name is read by About. Of whom the form is not offered to About says that it does not exist.
	Pattern string
	About   func(r *screen.Request) (T, error)
	// Path is where the API takes it.
	Path func(r *screen.Request, about T) string
	// Verb begins the keys of the form's words: <verb>_title, <verb>_button, <verb>_lead.
	Words   ui.Words
	Verb    string
	Fields  []Field[T]
	Heading func(r *screen.Request, about T) ui.PageHeading
	Zone    func(T) string
	// Sent is carried along by the form, unseen.
	Sent func(about T) []ui.Sent
	// Body, when set, has the last word on what is sent.
	Body func(about T, sent url.Values, body map[string]any)
	// Named are fields of the API, as its refusals call them, by the names that the form has for them.
	Named map[string]string
	// ID is the field that is the id of what is made, where one is: a refusal of an id that is taken names no field.
	ID string
	// Next is where to go on, by what the API answered.
	Next func(about T, answer json.RawMessage) (string, error)
}

// Screen is the form.
func (c Maker[T]) Screen() screen.Screen {
	return screen.Screen{Pattern: c.Pattern, Show: c.show, Do: c.do}
}

// family reads and draws the form's fields as those of an action.
func (c Maker[T]) family() Family[T] {
	zone := c.Zone
	if zone == nil {
		zone = func(T) string { return "" }
	}
	return Family[T]{Words: c.Words, Zone: zone}
}

func (c Maker[T]) show(r *screen.Request) (screen.Page, error) {
	about, err := c.About(r)
	if err != nil {
		return screen.Page{}, err
	}
	f := c.family()
	fields := f.fields(Action[T]{Fields: c.Fields}, about)
	v := formView{Heading: c.Heading(r, about), Action: r.URL.Path, Button: c.Words.Say(c.Verb + "_button"), Lead: f.say(c.Verb + "_lead"), Fields: r.Fields(""), Wrong: f.offences(r, fields)}
	v.Heading.Title = c.Words.Say(c.Verb + "_title")
	if c.Sent != nil {
		v.Sent = c.Sent(about)
	}
	for _, field := range fields {
		in, err := f.input(r, field, about)
		if err != nil {
			return screen.Page{}, err
		}
		v.Inputs = append(v.Inputs, in)
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: formBody(v)}, nil
}

func (c Maker[T]) do(r *screen.Request) (string, error) {
	about, err := c.About(r)
	if err != nil {
		return "", err
	}
	body, err := c.family().body(r, Action[T]{Path: "new", Fields: c.Fields, Body: c.Body}, about)
	if err != nil {
		return "", err
	}
	var answer json.RawMessage
	if _, err := r.API.Send(r.Context(), http.MethodPost, c.Path(r, about), api.Write{Key: r.Key, Body: body}, &answer); err != nil {
		if p := api.ProblemOf(err); p != nil {
			if p.Rule == "id-taken" && c.ID != "" {
				p.Errors = append(p.Errors, api.Offence{Location: "body." + c.ID})
			}
			for i, o := range p.Errors {
				if name := c.Named[o.Location]; name != "" {
					p.Errors[i].Location = "body." + name
				}
			}
		}
		return "", err
	}
	return c.Next(about, answer)
}

// Nowhere is the refusal of a form to whom it is not offered: it does not exist.
func Nowhere() error { return &api.Problem{Status: http.StatusNotFound} }

// Made leads to the new document's page, under base ("/contratos/").
func Made(base string) func(answer json.RawMessage) (string, error) {
	return func(answer json.RawMessage) (string, error) {
		var doc struct {
			ID string `json:"id"`
		}
		err := json.Unmarshal(answer, &doc)
		return base + url.PathEscape(doc.ID) + "?hecho=nuevo", err
	}
}
