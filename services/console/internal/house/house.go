// Package house runs the screens: it finds out who asks, hands a screen what it needs, and makes pages of what the screen shows, refuses or fails
// at. A screen decides nothing of this.
package house

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/edge"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Visitor is somebody who is signed in.
type Visitor struct {
	Who screen.Who
	// Token is an access token in force, renewed where the last one is near its end.
	Token func(ctx context.Context) (string, error)
	// For is the sealed mark of forms that are made for this person.
	For string
}

// Door knows who is signed in.
type Door interface {
	// Enter is who sends a request: ErrNobody where no session is in force.
	Enter(r *http.Request) (*Visitor, error)
	// Again has whoever sent the request sign in and come back; a form that was sent is kept until then.
	Again(w http.ResponseWriter, r *http.Request)
	// MadeFor says whether a form's mark is this person's, and whether it is one of this installation at all.
	MadeFor(mark string, who screen.Who) (theirs, known bool)
	// Sent is told that a form which was kept (Again) has been sent by this person, and where that led.
	Sent(ctx context.Context, kept string, who screen.Who, next string) error
}

// ErrNobody says that nobody is signed in, or no longer.
var ErrNobody = errors.New("nobody is signed in")

// Config is what a House is made of.
type Config struct {
	Screens []screen.Screen
	Door    Door
	// Services reach the API.
	Services http.RoundTripper
	// Kept is what is kept of the API between pages.
	Kept  *api.Kept
	Pages pages.Renderer
	// Places bound the pages that are made at once, and how many of them are one person's.
	Places *run.Places
	Log    *slog.Logger
	Now    func() time.Time
	NewID  func() string
}

// House runs screens.
type House struct {
	Config
	units *unitNames
}

// Register adds the screens' addresses to a mux.
func (h House) Register(mux *http.ServeMux) {
	h.units = &unitNames{}
	for _, s := range h.Screens {
		if s.Show != nil {
			mux.HandleFunc("GET "+s.Pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, s, h.show) })
		}
		if s.Do != nil {
			mux.HandleFunc("POST "+s.Pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, s, h.do) })
		}
	}
	mux.HandleFunc("/", h.nothing)
}

// visit is a request of somebody who is signed in, with what answers it.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	visitor *Visitor
	screen  screen.Screen
	reader  *pages.Reader
}

func (h House) serve(w http.ResponseWriter, r *http.Request, s screen.Screen, answer func(visit)) {
	visitor, err := h.Door.Enter(r)
	if errors.Is(err, ErrNobody) {
		h.Door.Again(w, r)
		return
	}
	if err != nil {
		h.failed(visit{w: w, r: r}, err)
		return
	}
	edge.Signed(r.Context(), visitor.Who.Subject)
	who := visitor.Who.Subject
	if placing := h.Places.Take(who); placing != run.Placed {
		h.busy(w, r, visitor, placing)
		return
	}
	defer h.Places.Leave(who)
	answer(visit{w: w, r: r, visitor: visitor, screen: s, reader: h.reader(r, visitor)})
}

func (h House) reader(r *http.Request, v *Visitor) *pages.Reader {
	return &pages.Reader{Who: v.Who, Unit: func() string { return h.units.name(r, h, v) }, Fields: ui.FormFields{Key: h.NewID(), For: v.For}}
}

// busy answers whom there is no place for: who has many pages made at once, or everybody where there are too many. What was typed can be sent again.
func (h House) busy(w http.ResponseWriter, r *http.Request, v *Visitor, placing run.Placing) {
	status := http.StatusServiceUnavailable
	if placing == run.Crowding {
		status = http.StatusTooManyRequests
	}
	page := pages.Busy(nil)
	if r.Method == http.MethodPost && r.ParseForm() == nil {
		page = pages.Busy(pages.Again(r))
	}
	w.Header().Set("Retry-After", "2")
	h.Pages.Write(w, r, status, &pages.Reader{Who: v.Who, Fields: ui.FormFields{Key: h.NewID(), For: v.For}}, page)
}

// nothing answers for addresses that no screen has. Whoever is not signed in is told no more than who is.
func (h House) nothing(w http.ResponseWriter, r *http.Request) {
	var reader *pages.Reader
	if v, err := h.Door.Enter(r); err == nil {
		reader = h.reader(r, v)
	}
	h.Pages.Write(w, r, http.StatusNotFound, reader, pages.NotFound(reader))
}

// request is what a screen is given.
func (h House) request(v visit, key string) *screen.Request {
	return screen.New(v.r, v.visitor.Who, h.client(v.r, v.visitor), key, v.visitor.For, h.Now())
}

// client asks the services in a visitor's name.
func (h House) client(r *http.Request, v *Visitor) *api.Client {
	return &api.Client{RoundTripper: h.Services, Token: v.Token, From: r.RemoteAddr,
		Forwarded: strings.Join(r.Header.Values("X-Forwarded-For"), ", "), RequestID: edge.RequestID(r.Context()), Kept: h.Kept}
}

func (h House) show(v visit) {
	page, err := v.screen.Show(h.request(v, h.NewID()))
	if err != nil {
		h.failed(v, err)
		return
	}
	h.Pages.Write(v.w, v.r, http.StatusOK, v.reader, page)
}

func (h House) do(v visit) {
	if !h.form(v) {
		return
	}
	r := h.request(v, v.r.PostFormValue(ui.FieldKey))
	next, err := v.screen.Do(r)
	if err == nil {
		if kept := v.r.PostFormValue(ui.FieldKept); kept != "" {
			if err := h.Door.Sent(v.r.Context(), kept, v.visitor.Who, Local(next)); err != nil { // it is done all the same
				h.Log.WarnContext(v.r.Context(), "a kept form was sent, and is not marked so", "request_id", edge.RequestID(v.r.Context()), "error", err)
			}
		}
		http.Redirect(v.w, v.r, Local(next), http.StatusSeeOther)
		return
	}
	problem := api.ProblemOf(err)
	var show func(*screen.Request) (screen.Page, error)
	switch {
	case problem == nil || problem.Hidden():
	case (problem.Status == http.StatusConflict || problem.Status == http.StatusPreconditionFailed) && v.screen.Conflict != nil:
		show = v.screen.Conflict
	case problem.Status != http.StatusUnauthorized:
		show = v.screen.Show
	}
	if show == nil {
		h.failed(v, err)
		return
	}
	r.Problem, r.Typed = problem, v.r.PostForm
	if problem.Rule == "idempotency-key-reused" {
		r.Key = h.NewID() // something else was sent under the old one: with it this form could never be sent
	}
	page, shown := show(r)
	if shown != nil {
		h.failed(v, shown)
		return
	}
	h.Pages.Write(v.w, v.r, problem.Status, v.reader, page)
}

// Forms shows forms that were kept (Door.Again) to whoever wrote them, at a path that theirs are sent to: filled in as they were, under the note. It says
// whether it did: where the screen cannot be shown now, nothing is written.
func (h House) Forms() func(w http.ResponseWriter, r *http.Request, v *Visitor, path string, typed url.Values, note ui.Note) bool {
	mux := http.NewServeMux()
	for _, s := range h.Screens {
		if s.Show != nil && s.Do != nil {
			mux.HandleFunc(s.Pattern, func(w http.ResponseWriter, r *http.Request) { w.(*keeping).show(h, r, s) })
		}
	}
	return func(w http.ResponseWriter, r *http.Request, v *Visitor, path string, typed url.Values, note ui.Note) bool {
		asked, err := http.NewRequestWithContext(r.Context(), http.MethodGet, path, http.NoBody)
		if err != nil {
			return false
		}
		asked.Header, asked.RemoteAddr, asked.PostForm = r.Header, r.RemoteAddr, typed
		k := &keeping{visitor: v}
		mux.ServeHTTP(k, asked)
		if k.page == nil {
			return false
		}
		k.page.Body, k.page.Part = templ.Join(ui.Notice(note), k.page.Body), nil
		h.Pages.Write(w, r, http.StatusOK, &pages.Reader{Who: v.Who, Fields: ui.FormFields{Key: h.NewID(), For: v.For}}, *k.page)
		return true
	}
}

// keeping takes the page of a screen that a kept form is sent to.
type keeping struct {
	visitor *Visitor
	page    *screen.Page
}

// show is the form with what was typed. Where it cannot be sent any more it is what was typed beside what is there now.
func (k *keeping) show(h House, of *http.Request, s screen.Screen) {
	r := h.request(visit{r: of, visitor: k.visitor}, of.PostForm.Get(ui.FieldKey))
	r.Typed = of.PostForm
	page, err := s.Show(r)
	if err == nil && !page.Form && s.Conflict != nil {
		r.Problem = &api.Problem{Status: http.StatusConflict, Rule: "transition-not-allowed"}
		page, err = s.Conflict(r)
	}
	if err == nil {
		k.page = &page
	}
}

// The rest of a ResponseWriter: a path that no screen has is answered into nothing.
func (k *keeping) Header() http.Header         { return http.Header{} }
func (k *keeping) Write(b []byte) (int, error) { return len(b), nil }
func (k *keeping) WriteHeader(int)             {}

// form reads the form that was sent. One that was made for somebody else is not carried out: two people share a browser, and the first one's page
// was still open.
func (h House) form(v visit) bool {
	var tooLarge *http.MaxBytesError
	switch err := v.r.ParseForm(); {
	case errors.As(err, &tooLarge):
		h.Pages.Write(v.w, v.r, http.StatusRequestEntityTooLarge, v.reader, pages.TooLarge())
		return false
	case err != nil:
		h.Pages.Write(v.w, v.r, http.StatusBadRequest, v.reader, pages.Unreadable())
		return false
	}
	for _, values := range v.r.PostForm {
		for i, value := range values {
			values[i] = strings.Map(typed, value)
		}
	}
	switch theirs, known := h.Door.MadeFor(v.r.PostFormValue(ui.FieldFor), v.visitor.Who); {
	case !known:
		h.Pages.Write(v.w, v.r, http.StatusForbidden, v.reader, pages.Unmarked())
		return false
	case !theirs:
		h.Pages.Write(v.w, v.r, http.StatusForbidden, v.reader, pages.Anothers())
		return false
	}
	return true
}

// typed drops (-1) the control characters that come along when somebody pastes: no field means them, and the services refuse them.
func typed(r rune) rune {
	if unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) {
		return -1
	}
	return r
}

// failed is the one place where an error becomes a page.
func (h House) failed(v visit, err error) {
	problem, reference := api.ProblemOf(err), edge.RequestID(v.r.Context())
	switch {
	case errors.Is(err, ErrNobody), problem != nil && problem.Status == http.StatusUnauthorized:
		h.Door.Again(v.w, v.r)
	case v.r.Context().Err() != nil && errors.Is(err, context.Canceled):
		v.w.WriteHeader(499) // the browser is gone
	case problem.Hidden(), problem != nil && v.r.Method == http.MethodGet:
		h.Pages.Write(v.w, v.r, http.StatusNotFound, v.reader, pages.NotFound(v.reader))
	case problem != nil:
		h.Pages.Write(v.w, v.r, problem.Status, v.reader, pages.Refused())
	default:
		h.Log.WarnContext(v.r.Context(), "a page failed", "request_id", reference, "error", err)
		var retry *pages.Retry
		if v.r.Method == http.MethodPost && v.visitor != nil {
			retry = pages.Again(v.r)
		}
		v.w.Header().Set("Retry-After", "5")
		h.Pages.Write(v.w, v.r, http.StatusServiceUnavailable, v.reader, pages.Failing(reference, retry))
	}
}

// Local is a path of this console, "/" where the text is none: nobody is led elsewhere.
func Local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
