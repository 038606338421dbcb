package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/house"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	// keptFor is how long a form waits for whoever wrote it, keptMax how many bytes it may have as it was sent.
	keptFor = time.Hour
	keptMax = 64 << 10
	// kindKept is the kind of the boxes of forms.
	kindKept = "kept"
)

// keptForm is a form that met no session.
type keptForm struct {
	Subject string     `json:"subject"`
	Action  string     `json:"action"`
	Values  url.Values `json:"values"`
	// Sent is where it led once it was sent; "" while it waits.
	Sent string `json:"sent,omitempty"`
}

// keptAt is where a kept form is shown.
func keptAt(key string) string { return pathKept + "?" + url.Values{ui.FieldKept: {key}}.Encode() }

// Again has whoever sent a request sign in and come back. A form that was sent is kept until then, for whom it was made: nobody else is shown it.
func (d *Desk) Again(w http.ResponseWriter, r *http.Request) {
	to := enterFrom(house.Local(r.URL.RequestURI()))
	switch {
	case r.Method == http.MethodPost:
		d.keep(w, r)
	case pages.Fragment(r):
		if shown, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			to = enterFrom(house.Local(shown.RequestURI()))
		}
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
	default:
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// keep keeps a form and leads to the provider. Only a form that this console made is kept, so that strangers cannot fill the store.
func (d *Desk) keep(w http.ResponseWriter, r *http.Request) {
	err := r.ParseForm()
	subject, sealed := d.Seal.Open(kindForm, r.PostFormValue(ui.FieldFor))
	if err != nil || sealed != nil || len(r.PostForm.Encode()) > keptMax {
		d.page(w, r, http.StatusUnauthorized, "not_kept", enterFrom("/"), nil)
		return
	}
	key := session.Token()
	form := keptForm{Subject: string(subject), Action: r.URL.RequestURI(), Values: r.PostForm}
	if err := d.Boxes.Put(r.Context(), kindKept, key, form, d.Now().Add(keptFor)); err != nil {
		d.away(w, r, err)
		return
	}
	d.page(w, r, http.StatusUnauthorized, "kept", pathEnter+"?"+url.Values{ui.FieldKept: {key}}.Encode(), nil)
}

// kept shows a form that was kept to whoever wrote it, filled in as it was sent, to be sent or left: with the same Idempotency-Key, so that what was
// done is not done twice. Where its page cannot be had now, its button is there all the same. Anybody else is told that it is another's, and it waits on for whoever wrote it.
func (d *Desk) kept(w http.ResponseWriter, r *http.Request) {
	v, err := d.Enter(r)
	if errors.Is(err, house.ErrNobody) {
		d.Again(w, r)
		return
	}
	key, form := r.FormValue(ui.FieldKept), keptForm{}
	if err == nil {
		_, err = d.Boxes.Get(r.Context(), kindKept, key, &form)
	}
	switch {
	case errors.Is(err, session.ErrGone):
		d.page(w, r, http.StatusNotFound, "kept_gone", "/", v)
		return
	case err != nil:
		d.away(w, r, err)
		return
	case form.Subject != v.Who.Subject:
		d.page(w, r, http.StatusForbidden, "kept_anothers", "/", v)
		return
	}
	if form.Sent != "" {
		d.page(w, r, http.StatusOK, "kept_sent", house.Local(form.Sent), v)
		return
	}
	form.Values.Set(ui.FieldFor, v.For)
	form.Values.Set(ui.FieldKept, key)
	note := ui.Note{Look: "info", Icon: ui.IconInfo, Title: words.Say("kept_here"), Lines: []string{words.Say("kept_here_do")}, Alert: true}
	if d.Form(w, r, v, house.Local(form.Action), form.Values, note) {
		return
	}
	d.Pages.Write(w, r, http.StatusOK, d.reader(v),
		pages.Resend(words.Say("kept_here"), words.Say("kept_here_do"), pages.Form(house.Local(form.Action), form.Values, words.Say("kept_send"))))
}

// Sent marks a kept form as sent by whoever wrote it: its address says so from then on, and leads to where that led. What was typed is thrown away.
func (d *Desk) Sent(ctx context.Context, key string, who screen.Who, next string) error {
	var form keptForm
	expires, err := d.Boxes.Get(ctx, kindKept, key, &form)
	if err == nil && form.Subject == who.Subject {
		err = d.Boxes.Replace(ctx, kindKept, key, keptForm{Subject: form.Subject, Action: form.Action, Sent: next}, expires)
	}
	if errors.Is(err, session.ErrGone) {
		return nil
	}
	return err
}
