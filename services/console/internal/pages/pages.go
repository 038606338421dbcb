// Package pages makes whole pages of what screens show, and draws the pages of the house: nothing here, something failed, sign in again.
package pages

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/static"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Renderer writes pages.
type Renderer struct {
	Log *slog.Logger
	Now func() time.Time
}

// Reader is for whom a page is made: who is signed in, and the hidden fields of forms on it. Nil is nobody.
type Reader struct {
	Who screen.Who
	// Unit finds out the name of the unit of the first grant; "" where it is none, or nobody can say. It is not asked where something failed, and may be
	// nil.
	Unit   func() string
	Fields ui.FormFields
}

// Write answers with a page. What cannot be rendered is answered 500, whole: nothing is sent before all of it is there.
func (p Renderer) Write(w http.ResponseWriter, r *http.Request, status int, reader *Reader, page screen.Page) {
	frame := ui.Frame{Title: page.Title, Styles: static.Styles(), Script: static.Script(), Form: page.Form}
	if reader != nil {
		frame.Who, frame.Leave = greet(reader, status < http.StatusInternalServerError), reader.Fields
		if status == http.StatusOK {
			frame.Seen = ui.Clock{Now: p.Now(), Zone: reader.Who.Zone(), Named: !reader.Who.Placed()}.Full(p.Now())
		}
		frame.Nav = ui.Navigation(reader.Who.Roles(), r.URL.Path)
	}
	content := ui.Layout(frame, page.Body)
	if page.Part != nil && Fragment(r) {
		content = page.Part
	}
	// The page that says that time is up is written when time is up: templates write nothing once a context has ended.
	ctx := context.WithoutCancel(r.Context())
	var b bytes.Buffer
	if err := ui.Render(ctx, &b, content); err != nil {
		p.Log.ErrorContext(r.Context(), "a page could not be rendered", "error", err)
		b.Reset()
		status = http.StatusInternalServerError
		content = ui.Layout(ui.Frame{Title: words.Say("broken"), Styles: static.Styles()}, Broken().Body)
		if err := ui.Render(ctx, &b, content); err != nil {
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "HX-Request")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that is gone has no use for it
}

// Fragment says whether htmx asks for a part of a page.
func Fragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// greet says who is signed in, with a unit by its name where that is to be asked for.
func greet(reader *Reader, ask bool) *ui.Who {
	who, unit := reader.Who, ""
	if ask && reader.Unit != nil {
		unit = reader.Unit()
	}
	if len(who.Grants) == 0 {
		return &ui.Who{Post: words.Say("no_post")}
	}
	post, _ := mx.Label("role", who.Grants[0].Role)
	return &ui.Who{Post: post, Place: cmp.Or(unit, screen.In(who.Grants[0].Place))}
}

// NotFound is the page for what does not exist and for what is another's, word for word the same.
func NotFound(reader *Reader) screen.Page {
	var as *ui.Who
	if reader != nil {
		as = greet(reader, true)
	}
	return screen.Page{Title: words.Say("not_found"), Body: notFound(as)}
}

// Failing is the page for something that could not be had. reference is the id under which the logs have it; retry, when set, sends the same form
// once more.
func Failing(reference string, retry *Retry) screen.Page {
	return screen.Page{Title: words.Say("failing"), Body: failing(reference, retry), Form: retry != nil}
}

// Busy is the page for whom the console has no place at the moment; retry, when set, sends the same form once more.
func Busy(retry *Retry) screen.Page {
	if retry == nil {
		return Notice(words.Say("busy"), words.Say("busy_do"), "", words.Say("again"))
	}
	return Resend(words.Say("busy"), words.Say("busy_sent"), retry)
}

// Notice is a page that says one thing and leads on.
func Notice(title, text, href, label string) screen.Page {
	return screen.Page{Title: title, Body: lead(title, text, href, label)}
}

// Retry is a form that was sent, to be sent once more.
type Retry struct {
	Action string
	Fields []Field
	Label  string
}

// Field is one name and value of a form.
type Field struct{ Name, Value string }

// Resend is a page with a form that was sent before, to be sent once more.
func Resend(title, text string, retry *Retry) screen.Page {
	return screen.Page{Title: title, Body: resend(title, text, retry), Form: true}
}

// Again is the form of a POST as it was sent, its Idempotency-Key too: what was done already is not done twice.
func Again(r *http.Request) *Retry {
	return Form(r.URL.RequestURI(), r.PostForm, words.Say("send_again"))
}

// Form is a form with these values. Its button says label.
func Form(action string, values url.Values, label string) *Retry {
	retry := &Retry{Action: action, Label: label}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			retry.Fields = append(retry.Fields, Field{name, value})
		}
	}
	return retry
}

// TooLarge is for a form with more than is taken.
func TooLarge() screen.Page { return plain("too_large") }

// Unreadable is for what is no form.
func Unreadable() screen.Page { return plain("unreadable") }

// Anothers is for a form that was made for somebody else.
func Anothers() screen.Page { return plain("anothers") }

// Unmarked is for a form without a mark that says for whom it was made, or with one of another installation.
func Unmarked() screen.Page { return plain("unmarked") }

// Refused is for what can no longer be done, where the screen has no page of its own for that.
func Refused() screen.Page { return plain("refused") }

// Foreign is for a form that another site sent.
func Foreign() screen.Page { return plain("foreign") }

// Broken is for a fault of the program.
func Broken() screen.Page { return plain("broken") }

// Loading is for as long as a demonstration is being made, of which so much is done.
func Loading(percent int, address string) screen.Page {
	return screen.Page{Title: words.Say("loading"), Body: loading(strconv.Itoa(percent), address)}
}

func plain(key string) screen.Page {
	return Notice(words.Say(key), words.Say(key+"_do"), "/", words.Say("home"))
}
