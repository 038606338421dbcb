package signin

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/console/internal/edge"
	"github.com/bitacora-salud/bitacora/services/console/internal/house"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/session"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Config is what a Desk is made of.
type Config struct {
	Provider *Provider
	Boxes    *session.Boxes
	Seal     *session.Sealer
	Pages    pages.Renderer
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() string
	// SignedIn and Renewed are told how a sign-in or a renewal ended.
	SignedIn, Renewed func(outcome string)
	// URL is the console's address as browsers know it, without a path. Empty: whatever address of this machine the browser used.
	URL string
	// Met has the directory of people see a token that is new: it learns of people, and of what they may do, from nothing else.
	Met func(ctx context.Context, token string) error
	// Form shows a form that was kept as the page that it was sent from, filled in, and says whether it did (House.Forms).
	Form func(w http.ResponseWriter, r *http.Request, v *house.Visitor, path string, typed url.Values, note ui.Note) bool
}

// Desk signs people in and out, and knows who is.
type Desk struct {
	Config
	sessions *scs.SessionManager
}

// The addresses of signing in and out.
const (
	pathEnter  = "/entrar"
	PathBack   = "/entrar/vuelta"
	pathKept   = "/entrar/pendiente"
	PathLeave  = "/salir"
	keySignIn  = "signin" // in a session: the key of the sign-in's box
	kindSignIn = "signin"
	kindForm   = "form"
)

// New is a desk.
func New(cfg Config) *Desk {
	d := &Desk{Config: cfg}
	d.sessions = session.NewManager(cfg.Boxes, cfg.Log, d.away)
	return d
}

// away answers where the sessions' store does not.
func (d *Desk) away(w http.ResponseWriter, r *http.Request, err error) {
	d.Log.WarnContext(r.Context(), "the sessions' store failed", "request_id", edge.RequestID(r.Context()), "error", err)
	w.Header().Set("Retry-After", "5")
	d.Pages.Write(w, r, http.StatusServiceUnavailable, nil, pages.Failing(edge.RequestID(r.Context()), nil))
}

// Register adds the addresses of signing in and out to a mux.
func (d *Desk) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET "+pathEnter, d.enter)
	mux.HandleFunc("GET "+PathBack, d.back)
	mux.HandleFunc("GET "+pathKept, d.kept)
	mux.HandleFunc("GET "+PathLeave, d.left)
	mux.HandleFunc("POST "+PathLeave, d.leave)
}

// Sessions has the session of each request loaded before next answers it, and written when it does.
func (d *Desk) Sessions(next http.Handler) http.Handler { return d.sessions.LoadAndSave(next) }

// Enter is who sends a request.
func (d *Desk) Enter(r *http.Request) (*house.Visitor, error) {
	key := d.sessions.GetString(r.Context(), keySignIn)
	if key == "" {
		return nil, house.ErrNobody
	}
	a := &account{}
	if _, err := d.Boxes.Get(r.Context(), kindSignIn, key, a); errors.Is(err, session.ErrGone) {
		return nil, house.ErrNobody
	} else if err != nil {
		return nil, err
	}
	return &house.Visitor{Who: who(a), For: d.Seal.Seal(kindForm, []byte(a.Subject)),
		Token: func(ctx context.Context) (string, error) { return d.token(ctx, key, a) }}, nil
}

func who(a *account) screen.Who {
	w := screen.Who{Subject: a.Subject}
	for _, text := range a.Grants {
		if g, err := auth.ParseGrant(text); err == nil {
			w.Grants = append(w.Grants, screen.Grant{Role: string(g.Role), Place: g.Place})
		}
	}
	return w
}

// MadeFor says whether a form's mark is this person's, and whether it is one of this installation at all.
func (d *Desk) MadeFor(mark string, who screen.Who) (theirs, known bool) {
	subject, err := d.Seal.Open(kindForm, mark)
	return err == nil && string(subject) == who.Subject, err == nil
}

// base is the console's address for this browser.
func (d *Desk) base(r *http.Request) string {
	if d.URL != "" {
		return d.URL
	}
	return "http://" + r.Host
}

// OnThisMachine has only addresses of this machine answered: where the console has no address of its own, a name that somebody points at this
// machine must not be one.
func OnThisMachine(next http.Handler, refuse http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !run.OnThisMachine(r.Host) {
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// attempt is a sign-in that has begun. The browser carries it, sealed, in a cookie of its own, so that each of several tabs has one, and
// whoever only looks costs no write.
type attempt struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	// Next is where to go on, Form the key of a form that was kept.
	Next string    `json:"next"`
	Form string    `json:"form,omitempty"`
	Ends time.Time `json:"ends"`
}

// attemptFor is how long one may take to sign in at the provider.
const attemptFor = 15 * time.Minute

// attemptCookie is the cookie of the attempt with this state.
func attemptCookie(state string) string { return "__Host-entrar-" + state[:min(len(state), 12)] }

func (d *Desk) setAttempt(w http.ResponseWriter, a attempt) error {
	plain, err := json.Marshal(a)
	if err != nil {
		return err
	}
	d.cookie(w, attemptCookie(a.State), d.Seal.Seal("attempt", plain), int(attemptFor.Seconds()))
	return nil
}

func (d *Desk) cookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// attempted is the attempt that a browser comes back from, nil where it has begun none, or too long ago. It is taken away: it is good once.
func (d *Desk) attempted(w http.ResponseWriter, r *http.Request, state string) *attempt {
	if state == "" {
		return nil
	}
	c, err := r.Cookie(attemptCookie(state))
	if err != nil {
		return nil
	}
	d.cookie(w, c.Name, "", -1)
	plain, err := d.Seal.Open("attempt", c.Value)
	var a attempt
	if err != nil || json.Unmarshal(plain, &a) != nil || a.State != state || !d.Now().Before(a.Ends) {
		return nil
	}
	return &a
}

// page answers with one of the desk's pages, to whoever is signed in or nobody.
func (d *Desk) page(w http.ResponseWriter, r *http.Request, status int, key, href string, v *house.Visitor) {
	d.Pages.Write(w, r, status, d.reader(v), pages.Notice(words.Say(key), words.Say(key+"_do"), href, words.Say(key+"_go")))
}

func (d *Desk) reader(v *house.Visitor) *pages.Reader {
	if v == nil {
		return nil
	}
	return &pages.Reader{Who: v.Who, Fields: ui.FormFields{Key: d.NewID(), For: v.For}}
}

// enterFrom is the address of signing in and coming back to a path.
func enterFrom(path string) string { return pathEnter + "?" + url.Values{"a": {path}}.Encode() }

// Elsewhere answers where the browser asked for a name that is none of this machine's.
func (d *Desk) Elsewhere(w http.ResponseWriter, r *http.Request) {
	d.page(w, r, http.StatusMisdirectedRequest, "elsewhere", "/", nil)
}
