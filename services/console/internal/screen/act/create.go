package act

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Creation is the last part of the address of a form that makes a document, and begins its words: nuevo_title, nuevo_button, nuevo_done.
const Creation = "nuevo"

// Creates is the form that makes a document of the family, with these fields. Whom it is offered the screen says (screen.For), as no document's
// actions can; whether somebody may, the service says.
func (f Family[T]) Creates(fields ...Field[T]) screen.Screen {
	a := Action[T]{Path: Creation, Verb: Creation, Fields: fields}
	back := f.From
	if back.Href == "" {
		back = ui.Link{Href: strings.TrimSuffix(f.Base, "/"), Text: f.say("list")}
	}
	return screen.Screen{Pattern: f.Base + Creation,
		Show: func(r *screen.Request) (screen.Page, error) {
			var none T
			v := formView{Action: f.Base + Creation, Button: f.Words.Say(Creation + "_button"), Lead: f.say(Creation + "_lead"), Fields: r.Fields(""),
				Heading: ui.PageHeading{Title: f.Words.Say(Creation + "_title"), Back: &back}, Wrong: f.offences(r.Problem, fields)}
			for _, x := range fields {
				in, err := f.input(r, x, none)
				if err != nil {
					return screen.Page{}, err
				}
				v.Inputs = append(v.Inputs, in)
			}
			return screen.Page{Title: v.Heading.Title, Form: true, Body: formBody(v)}, nil
		},
		Do: func(r *screen.Request) (string, error) {
			var none T
			body, err := f.body(r, a, none)
			if err != nil {
				return "", err
			}
			var made struct {
				ID string `json:"id"`
			}
			if _, err := r.API.Send(r.Context(), http.MethodPost, strings.TrimSuffix(f.API, "/"), api.Write{Key: r.Key, Body: body}, &made); err != nil {
				return "", err
			}
			return f.Base + url.PathEscape(made.ID) + "?" + url.Values{"hecho": {Creation}}.Encode(), nil
		}}
}
