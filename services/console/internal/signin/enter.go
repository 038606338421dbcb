package signin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/services/console/internal/house"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// enter sends the browser to the provider.
func (d *Desk) enter(w http.ResponseWriter, r *http.Request) {
	e, err := d.Provider.endpoints(r.Context())
	if err != nil {
		d.providerAway(w, r, err)
		return
	}
	a := attempt{State: session.Token(), Nonce: session.Token(), Verifier: oauth2.GenerateVerifier(), Next: house.Local(r.FormValue("a")),
		Form: r.FormValue(ui.FieldKept), Ends: d.Now().Add(attemptFor)}
	if err := d.setAttempt(w, a); err != nil {
		d.away(w, r, err)
		return
	}
	to := d.Provider.oauth(e, d.base(r)+PathBack).AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("nonce", a.Nonce))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (d *Desk) providerAway(w http.ResponseWriter, r *http.Request, err error) {
	d.Log.WarnContext(r.Context(), "the provider could not be asked", "error", err)
	d.SignedIn(unavailable)
	w.Header().Set("Retry-After", "30")
	d.page(w, r, http.StatusServiceUnavailable, "away", enterFrom(house.Local(r.FormValue("a"))), nil)
}

// How a sign-in or a renewal ends, for metrics.
const (
	done        = "done"
	denied      = "denied"      // whoever was to sign in did not want to
	rejected    = "refused"     // the provider did not want to
	lost        = "lost"        // it is not one that this console began, or its tokens are not believed
	ended       = "ended"       // the provider has ended it
	unavailable = "unavailable" // the provider, or the sessions' store
)

// SignInOutcomes and RenewalOutcomes are what Config.SignedIn and Config.Renewed are told.
var (
	SignInOutcomes  = []string{done, denied, rejected, lost, unavailable}
	RenewalOutcomes = []string{done, ended, unavailable}
)

// back takes the browser back from the provider.
func (d *Desk) back(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a := d.attempted(w, r, q.Get("state"))
	if a == nil {
		d.SignedIn(lost)
		d.page(w, r, http.StatusBadRequest, "lost", pathEnter, nil)
		return
	}
	if code := q.Get("error"); code != "" || q.Get("code") == "" {
		d.Log.InfoContext(r.Context(), "the provider signed nobody in", "code", shown(code))
		d.SignedIn(refusal(code))
		d.page(w, r, http.StatusBadRequest, "denied", enterFrom(a.Next), nil)
		return
	}
	signed, err := d.exchange(r, a, q.Get("code"))
	if err != nil && !refused(err) && (errors.Is(err, ErrAway) || errors.Is(err, auth.ErrIssuerAway)) {
		d.providerAway(w, r, err)
		return
	}
	if err != nil {
		d.Log.WarnContext(r.Context(), "a sign-in was not completed", "error", err)
		d.SignedIn(lost)
		d.page(w, r, http.StatusBadRequest, "lost", enterFrom(a.Next), nil)
		return
	}
	if err := d.begin(r.Context(), signed); err != nil {
		d.SignedIn(unavailable)
		d.away(w, r, err)
		return
	}
	d.SignedIn(done)
	d.met(r.Context(), signed)
	next := a.Next
	if a.Form != "" {
		next = keptAt(a.Form)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// metWithin bounds how long the directory may take to see a token.
const metWithin = 2 * time.Second

// met shows the directory a token that is new. Where it does not answer, whoever signs in is not kept waiting for it: it sees the next one.
func (d *Desk) met(ctx context.Context, a *account) {
	ctx, cancel := context.WithTimeout(ctx, metWithin)
	defer cancel()
	if err := d.Met(ctx, a.Access); err != nil {
		d.Log.WarnContext(ctx, "the directory of people has not seen a new token", "error", err)
	}
}

// refusal is the outcome of a code of the provider's (RFC 6749, 4.1.2.1): whoever was to sign in may say no, all else is the provider's doing.
func refusal(code string) string {
	if code == "access_denied" {
		return denied
	}
	return rejected
}

// shown is a code of the provider's for the log, where it is one.
func shown(code string) string { return code[:min(len(code), 64)] }

func (d *Desk) exchange(r *http.Request, a *attempt, code string) (*account, error) {
	e, err := d.Provider.endpoints(r.Context())
	if err != nil {
		return nil, err
	}
	ctx := context.WithValue(r.Context(), oauth2.HTTPClient, d.Provider.HTTP)
	t, err := d.Provider.oauth(e, d.base(r)+PathBack).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil && !refused(err) {
		return nil, errors.Join(ErrAway, err)
	}
	if err != nil {
		return nil, err
	}
	return d.Provider.take(r.Context(), e, t, a.Nonce, d.Now())
}

// begin makes a session for somebody: a new one, so that whoever knew the old one's id has nothing. What was signed in before is over.
func (d *Desk) begin(ctx context.Context, a *account) error {
	if old := d.sessions.GetString(ctx, keySignIn); old != "" {
		if err := d.Boxes.Drop(ctx, kindSignIn, old); err != nil {
			return err
		}
	}
	key := session.Token()
	a.Until = d.Now().Add(session.Lifetime)
	if err := d.Boxes.Put(ctx, kindSignIn, key, a, a.Until); err != nil {
		return err
	}
	if err := d.sessions.RenewToken(ctx); err != nil {
		return err
	}
	d.sessions.Put(ctx, keySignIn, key)
	_, _, err := d.sessions.Commit(ctx)
	return err
}
