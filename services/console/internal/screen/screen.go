// Package screen says what a screen is: an address, what it shows, and what it does when its form is sent. A screen asks the API and draws the
// answer; refusals and failures it returns, and the house (app) makes pages of them, in one place.
package screen

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screen is one address of the console.
type Screen struct {
	// Pattern is its path, as net/http's patterns without a method: "/entregas/{id}/revisar".
	Pattern string
	// Show answers GET. After a refusal of Do (422, 409, 412) it is called again with Request.Problem set, to show the form with what was typed.
	// Nil where the address only takes forms.
	Show func(*Request) (Page, error)
	// Do answers POST and says where to go on; nil where nothing can be sent. It is called again for a form that is sent twice, with the same
	// Request.Key, which it hands to the API: the API does nothing twice.
	Do func(*Request) (next string, err error)
	// Conflict shows what was typed beside what is there now, after 409 and 412. Where it is nil the house shows its own page for that.
	Conflict func(*Request) (Page, error)
}

// For is the screen for those who hold one of these roles; to everybody else its address is one of those that do not exist. It says who is shown
// the screen, as the navigation does: what somebody may do there the services say.
func (s Screen) For(roles ...string) Screen {
	return s.only(func(w Who) bool { return slices.ContainsFunc(roles, w.Is) })
}

// At is For for those who hold one of the roles at this very place.
func (s Screen) At(place string, roles ...string) Screen {
	return s.only(func(w Who) bool { return w.At(place, roles...) })
}

func (s Screen) only(who func(Who) bool) Screen {
	wanted := func(r *Request) error {
		if who(r.Who) {
			return nil
		}
		return &api.Problem{Status: http.StatusNotFound}
	}
	guarded := func(show func(*Request) (Page, error)) func(*Request) (Page, error) {
		if show == nil {
			return nil
		}
		return func(r *Request) (Page, error) {
			if err := wanted(r); err != nil {
				return Page{}, err
			}
			return show(r)
		}
	}
	out := Screen{Pattern: s.Pattern, Show: guarded(s.Show), Conflict: guarded(s.Conflict)}
	if s.Do != nil {
		out.Do = func(r *Request) (string, error) {
			if err := wanted(r); err != nil {
				return "", err
			}
			return s.Do(r)
		}
	}
	return out
}

// Page is what is shown.
type Page struct {
	// Title is the page's, without the product's name.
	Title string
	// Form says that it is a form: no navigation, and the confirm bar at the bottom.
	Form bool
	// Body is the content of <main>.
	Body templ.Component
	// Part, when set, is all that htmx gets when it asks for the page: the list that is narrowed, the sum that is renewed.
	Part templ.Component
}

// Request is a browser's request, by somebody who is signed in.
type Request struct {
	*http.Request
	// Who asks.
	Who Who
	// API asks the services in that person's name.
	API *api.Client
	// Key is the Idempotency-Key of the form that was sent, or a fresh one for the form that is shown.
	Key string
	// Now is the present instant, Zone the reader's time zone.
	Now  time.Time
	Zone *time.Location
	// Problem is why Do was refused, where Show or Conflict is called after it; Typed is what was sent then.
	Problem *api.Problem
	Typed   url.Values

	made string
}

// New is the request as the house makes it; madeFor is the sealed mark of whoever the forms on its page are for.
func New(r *http.Request, who Who, client *api.Client, key, madeFor string, now time.Time) *Request {
	return &Request{Request: r, Who: who, API: client, Key: key, Now: now, Zone: who.Zone(), made: madeFor}
}

// Fields are the hidden fields of a form on this page, about a document of this version ("" where there is none).
func (r *Request) Fields(version string) ui.FormFields {
	return ui.FormFields{Key: r.Key, For: r.made, Version: version, Kept: r.PostForm.Get(ui.FieldKept)}
}

// Version is the version of the document that the sent form showed.
func (r *Request) Version() string { return r.PostFormValue(ui.FieldVersion) }

// Value is what was typed into a field, or else what is stored.
func (r *Request) Value(field, stored string) string {
	if r.Typed != nil {
		return r.Typed.Get(field)
	}
	return stored
}

// Wrong is what was wrong with a field of the request that Do sent, nil when nothing was.
func (r *Request) Wrong(field string) *api.Offence { return r.Problem.At(field) }
