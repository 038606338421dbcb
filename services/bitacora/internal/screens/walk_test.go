package screens_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/visit"
)

// evil is what a page shows as text and as nothing else.
const evil = `</textarea></title><script>alert(1)</script>"><img src=x onerror=alert(2)> '>{{1}}` + "\u202eoipac\u2066\u200f\u200b\u0000 عربي"

// walked is an installation that is walked through by everybody: something of everything is there, in every state.
type walked struct {
	*world
	visitors map[string]*visit.Visitor
}

func newWalk(t *testing.T) *walked {
	t.Helper()
	w := &walked{newWorld(t), map[string]*visit.Visitor{}}
	for _, unit := range []string{"BSIST000026", "BSIST000031"} {
		if _, err := w.setup.Unit(t.Context(), unit); err != nil {
			t.Fatal(err)
		}
	}
	w.planned(w.programme(), "Pisos "+evil[:80], 0, 0)
	things := []string{w.asset("electrocardiograph", "I-1"), w.asset("electrocardiograph", "I-2"), w.asset("electrocardiograph", "I-3"), w.asset("electrocardiograph", "I-4")}
	step := func(user, order, verb string, body map[string]any) {
		w.Want(t, user, "POST", "/v1/work-orders/"+order+"/"+verb, body)
	}
	w.order(things[0], "No enciende")
	step(engineer, w.order(things[1], "No imprime"), "approve", map[string]any{})
	w.given(things[1], "Se calienta")
	begun, done := w.given(things[2], "Hace ruido"), w.given(things[3], "Marca error")
	for _, o := range []string{begun, done} {
		for _, verb := range []string{"acknowledge", "arrive", "start"} {
			step(contractor, o, verb, map[string]any{})
		}
	}
	step(contractor, done, "complete", map[string]any{"note": "Se cambió el cable", "outcome": "full"})
	w.delivery()
	prepared := map[string]any{"unit_id": demo.SantaRosalia, "lines": []any{map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 2}}}
	w.Want(t, office, "POST", "/v1/deliveries", prepared)
	sent := w.Want(t, office, "POST", "/v1/deliveries", prepared)
	w.Want(t, office, "POST", fmt.Sprintf("/v1/deliveries/%s/dispatch", sent["id"]), map[string]any{})
	for _, u := range devissuer.Users() {
		v, err := visit.SignIn(t.Context(), w.URL, u.Name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.Close)
		w.visitors[u.Name] = v
	}
	return w
}

// everybody has each of the demo users walk, two at once.
func (w *walked) everybody(walk func(user string, v *visit.Visitor)) {
	turns := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for _, user := range slices.Sorted(maps.Keys(w.visitors)) {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			walk(user, w.visitors[user])
		})
	}
	wg.Wait()
}

// crawl is what somebody sees who follows every link, some of each shape. All of it is there, and none of it is more than text.
func (w *walked) crawl(user string, v *visit.Visitor, each int) []*visit.Page {
	pages, err := v.Crawl(w.t.Context(), "/", each)
	if err != nil {
		w.t.Errorf("%s: %v", user, err)
	}
	for _, p := range pages {
		if p.Status != http.StatusOK && p.Path != "/docs" {
			w.t.Errorf("%s is led to %s: %d", user, p.Path, p.Status)
		}
		w.inert(user, p)
	}
	return pages
}

// inert fails the test where something that was typed is more than text.
func (w *walked) inert(user string, p *visit.Page) {
	for _, bad := range []string{"<script>alert", "<img src=x", "</textarea></title>", "\u202e", "\u2066", "\u200f", "\u200b", "\x00"} {
		if strings.Contains(p.Body, bad) {
			w.t.Errorf("%s at %s: %q is in the page", user, p.Path, bad)
		}
	}
}

// plain are the fields that take nothing but what they ask for.
var plain = map[string]string{"telephone": "615 152 0021", "email": "ana@example.org", "compendium_key": "531.116.0377",
	"acquired_on": "2019", "installed_on": "2019-03", "warranty_until": "2031-03-01"}

// typed is the form with something of somebody's own in each field.
func typed(user string, f visit.Form) url.Values {
	form, text := f.Values(), user+" "+evil
	for _, x := range f.Fields {
		switch {
		case x.Name == "" || x.Type == "hidden" || x.Type == "submit":
		case x.Type == "date" && x.Value == "":
			form.Set(x.Name, time.Now().AddDate(0, 0, 3).Format(time.DateOnly))
		case x.Type == "datetime-local":
			form.Del(x.Name)
		case x.Type == "number" && x.Value == "":
			form.Set(x.Name, "1")
		case len(x.Options) > 0:
			form.Set(x.Name, x.Options[len(x.Options)-1])
		case x.Name == "fiscal_year":
			form.Set(x.Name, strconv.Itoa(time.Now().Year()))
		case x.Mode == "decimal" || x.Mode == "numeric":
			form.Set(x.Name, "1.00")
		case plain[x.Name] != "":
			form.Set(x.Name, plain[x.Name])
		case x.Max > 0 && x.Max < len([]rune(text)):
			form.Set(x.Name, string([]rune(text)[:x.Max]))
		default:
			form.Set(x.Name, text)
		}
	}
	return form
}

// forms are the writing forms of pages, one for each shape of address.
func forms(pages []*visit.Page) map[string]*visit.Page {
	out := map[string]*visit.Page{}
	for _, p := range pages {
		for _, f := range p.Forms() {
			if key := visit.Shape(f.Action); f.Posts() && out[key] == nil && f.Action != "/salir" {
				out[key] = p
			}
		}
	}
	return out
}

func formTo(p *visit.Page, shape string) (visit.Form, bool) {
	for _, f := range p.Forms() {
		if f.Posts() && visit.Shape(f.Action) == shape {
			return f, true
		}
	}
	return visit.Form{}, false
}

// Every form of everybody's pages is sent about a document that has changed meanwhile, and then twice at once. What was typed is text on every page
// afterwards, and an address that somebody was led to is to anybody else a page of theirs, or the one of addresses that do not exist.
func TestEveryForm(t *testing.T) {
	w := newWalk(t)
	var mu sync.Mutex
	done, addresses, shapes := map[string]bool{}, map[string]bool{}, map[string]int{}
	w.everybody(func(user string, v *visit.Visitor) {
		pages := w.crawl(user, v, 2)
		mu.Lock()
		for _, p := range pages {
			if shape := visit.Shape(p.Path); !strings.Contains(p.Path, "?") && shapes[shape] < 3 && !addresses[p.Path] {
				shapes[shape]++
				addresses[p.Path] = true
			}
		}
		mu.Unlock()
		found := forms(pages)
		for _, shape := range slices.Sorted(maps.Keys(found)) {
			f, _ := formTo(found[shape], shape)
			if !f.Has("idempotency_key") || !f.Has("hecho_para") {
				t.Errorf("%s at %s: the form to %s would be carried out twice, or for anybody", user, found[shape].Path, f.Action)
			}
			if f.Has("version") {
				w.stale(user, v, f)
			}
			if w.twice(user, v, found[shape].Path, shape) {
				mu.Lock()
				done[shape] = true
				mu.Unlock()
			}
		}
	})
	if t.Logf("%d forms were carried out: %v", len(done), slices.Sorted(maps.Keys(done))); len(done) < 15 {
		t.Errorf("%d forms were carried out: %v", len(done), slices.Sorted(maps.Keys(done)))
	}
	w.everybody(func(user string, v *visit.Visitor) {
		w.crawl(user, v, 1)
		w.anothers(user, v, addresses)
	})
}

// stale sends a form about a version that is no longer there: both sides are shown, and going on with theirs or by editing leads somewhere.
func (w *walked) stale(user string, v *visit.Visitor, f visit.Form) {
	form := typed(user, f)
	form.Set("version", `"9999"`)
	p := w.send(v, f.Action, form)
	w.inert(user, p)
	if p.Status == http.StatusUnprocessableEntity && strings.Contains(p.Body, "Escriba cuándo fue: después de que se pidió") {
		return // only who did it knows when
	}
	if p.Status == http.StatusUnprocessableEntity {
		w.t.Errorf("%s: what is typed is not right of %s: %s", user, f.Action, words(p.Body))
		return
	}
	if p.Status == http.StatusSeeOther {
		return // what was typed is what is there
	}
	if p.Status != http.StatusPreconditionFailed && p.Status != http.StatusConflict || !strings.Contains(p.Body, "Lo que usted escribió") || !strings.Contains(p.Body, "Lo que hay ahora") {
		w.t.Errorf("%s at %s: %d %s", user, f.Action, p.Status, words(p.Body))
		return
	}
	on, ok := formTo(p, visit.Shape(f.Action))
	i := slices.IndexFunc(on.Fields, func(x visit.Field) bool { return x.Name == "keep" })
	if !ok || i < 0 {
		w.t.Errorf("%s at %s: there is no way on: %s", user, f.Action, words(p.Body))
		return
	}
	if chosen := on.Values().Get("keep"); chosen != "theirs" && chosen != "edit" {
		w.t.Errorf("%s at %s: %q is chosen before anybody chose", user, f.Action, chosen)
	}
	for _, choice := range on.Fields[i].Options {
		if choice == "mine" {
			continue
		}
		form := on.Values()
		form.Set("keep", choice)
		next, err := v.Follow(w.send(v, f.Action, form), nil)
		if err != nil || next.Status != http.StatusOK {
			w.t.Errorf("%s at %s goes on with %s: %v %v", user, f.Action, choice, next, err)
			continue
		}
		w.inert(user, next)
	}
}

func (w *walked) send(v *visit.Visitor, action string, form url.Values) *visit.Page {
	p, err := v.Post(w.t.Context(), action, form)
	if err != nil {
		w.t.Errorf("%s: %v", action, err)
		return &visit.Page{}
	}
	return p
}

// twice sends the form that a page has twice at once: what is carried out is so once, and both are led to it.
func (w *walked) twice(user string, v *visit.Visitor, path, shape string) (done bool) {
	p, err := v.Get(w.t.Context(), path)
	if err != nil {
		w.t.Errorf("%s: %v", path, err)
		return false
	}
	f, ok := formTo(p, shape)
	if !ok {
		return false // somebody else was there
	}
	form, before := typed(user, f), w.events(user, f.Action)
	var answers [2]*visit.Page
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = w.send(v, f.Action, form) })
	}
	wg.Wait()
	w.inert(user, answers[0])
	if a, b := answers[0], answers[1]; a.Status != b.Status || a.Location != b.Location || a.Status >= 500 {
		w.t.Errorf("%s at %s: %d %s and %d %s\n%s\n%s", user, f.Action, a.Status, a.Location, b.Status, b.Location, words(a.Body), words(b.Body))
	}
	for kind, n := range w.events(user, f.Action) {
		if n-before[kind] > 1 {
			w.t.Errorf("%s at %s: %s happened %d times", user, f.Action, kind, n-before[kind])
		}
	}
	return answers[0].Status == http.StatusSeeOther
}

// documents are the collections of the API behind addresses of documents.
var documents = map[string]string{"ordenes": "/v1/work-orders/", "equipos": "/v1/assets/", "entregas": "/v1/deliveries/", "unidad": "/v1/units/", "contratos": "/v1/contracts/", "personas": "/v1/people/"}

// document is the path in the API of the document that an address is about, "" where it is about none.
func document(address string) string {
	parts := strings.Split(strings.Split(address, "?")[0], "/")
	if len(parts) > 2 && documents[parts[1]] != "" && visit.Shape(parts[2]) != parts[2]+"?" {
		return documents[parts[1]] + parts[2]
	}
	return ""
}

// anothers has somebody ask for what others were led to.
func (w *walked) anothers(user string, v *visit.Visitor, addresses map[string]bool) {
	nowhere, err := v.Get(w.t.Context(), "/no-hay")
	if err != nil {
		w.t.Error(err)
		return
	}
	for _, address := range slices.Sorted(maps.Keys(addresses)) {
		p, err := v.Get(w.t.Context(), address)
		if err != nil || p.Status != http.StatusOK && p.Status != http.StatusNotFound {
			w.t.Errorf("%s at %s: %v %v", user, address, p, err)
			continue
		}
		if p.Status == http.StatusNotFound && text(p) != text(nowhere) {
			w.t.Errorf("%s at %s is told something: %s", user, address, words(p.Body))
		}
		if d := document(address); d != "" && p.Status == http.StatusOK && w.Ask(w.t, user, http.MethodGet, d, nil).Status != http.StatusOK {
			w.t.Errorf("%s may not read %s and sees %s: %s", user, d, address, words(p.Body))
		}
	}
}

// text is a page without what is another each time, and without where one is.
func text(p *visit.Page) string {
	return strings.ReplaceAll(marks.ReplaceAllString(p.Body, ""), ` aria-current="page"`, "")
}

// events counts what somebody did to the document that an address is about, by kind.
func (w *walked) events(user, action string) map[string]int {
	out := map[string]int{}
	about := document(action)
	if about == "" || strings.HasPrefix(about, "/v1/people/") || strings.HasPrefix(about, "/v1/contracts/") {
		return out
	}
	var history struct {
		Items []struct{ Type, Actor string }
	}
	if err := w.Client.Get(context.WithoutCancel(w.t.Context()), user, about+"/history?limit=200", &history); err != nil {
		w.t.Errorf("%s: %v", action, err)
	}
	for _, e := range history.Items {
		if e.Actor == subjectOf(user) {
			out[e.Type]++
		}
	}
	return out
}
