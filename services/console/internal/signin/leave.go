package signin

import (
	"errors"
	"net/http"

	"github.com/bitacora-salud/bitacora/services/console/internal/session"
)

// leave signs out: the sign-in is over in every tab and on every replica at once, and at the provider.
func (d *Desk) leave(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	a := &account{}
	if key := d.sessions.GetString(ctx, keySignIn); key != "" {
		if _, err := d.Boxes.Get(ctx, kindSignIn, key, a); err != nil && !errors.Is(err, session.ErrGone) {
			d.away(w, r, err)
			return
		}
		if err := d.Boxes.Drop(ctx, kindSignIn, key); err != nil {
			d.away(w, r, err)
			return
		}
	}
	if err := d.sessions.Destroy(ctx); err != nil {
		d.away(w, r, err)
		return
	}
	next := PathLeave
	if e, err := d.Provider.endpoints(ctx); err == nil && a.Subject != "" {
		if err := d.Provider.end(ctx, e, a); err != nil {
			d.Log.WarnContext(ctx, "a refresh token was not ended at the provider", "error", err)
		}
		if to := d.Provider.leave(e, d.base(r)+PathLeave); to != "" {
			next = to
		}
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// left says that one is signed out, or asks whoever is not.
func (d *Desk) left(w http.ResponseWriter, r *http.Request) {
	v, err := d.Enter(r)
	if err != nil {
		d.page(w, r, http.StatusOK, "left", pathEnter, nil)
		return
	}
	reader := d.reader(v)
	d.Pages.Write(w, r, http.StatusOK, reader, leavePage(reader.Fields))
}
