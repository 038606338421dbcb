// Package screens_test walks through the console's screens as people do, in the whole installation.
package screens_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The people of the walks.
const (
	director   = "director-santa-rosalia"
	stranger   = "director-vizcaino"
	requester  = "requester-santa-rosalia"
	engineer   = "engineer-bcs"
	office     = "office-bcs"
	contractor = "contractor-a"
	other      = "contractor-b"
	planner    = "planner"
)

// world is an installation with a unit, its areas and equipment.
type world struct {
	*localtest.World
	t     *testing.T
	setup demo.Setup
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: localtest.Start(t, t.TempDir()), t: t}
	w.setup = demo.Setup{Client: w.Client, User: "admin"}
	for _, letter := range []string{"A", "B"} {
		if err := w.setup.Contractor(t.Context(), map[string]string{"A": devissuer.DemoContractorA, "B": devissuer.DemoContractorB}[letter], demo.ContractorName(letter)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.setup.Unit(t.Context(), demo.SantaRosalia); err != nil {
		t.Fatal(err)
	}
	w.area("Consulta externa")
	return w
}

func (w *world) area(name string) string {
	w.t.Helper()
	id, err := w.setup.Area(w.t.Context(), demo.SantaRosalia, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) kind(key string) string {
	w.t.Helper()
	id, err := w.setup.Type(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// asset is a thing of the unit, told apart by its tag.
func (w *world) asset(key, tag string) string {
	w.t.Helper()
	return fmt.Sprint(w.Want(w.t, engineer, "POST", "/v1/assets", map[string]any{"unit_id": demo.SantaRosalia, "type_id": w.kind(key), "area_id": w.area("Consulta externa"),
		"inventory_tag": tag, "functioning": "working", "use": "in_use"})["id"])
}

// order is a report on a thing.
func (w *world) order(asset, complaint string) string {
	w.t.Helper()
	return fmt.Sprint(w.Want(w.t, requester, "POST", "/v1/work-orders", map[string]any{"unit_id": demo.SantaRosalia, "effect": "service_stopped", "complaint": complaint,
		"reported_functioning": "not_working", "target": map[string]any{"kind": "asset", "asset_id": asset}})["id"])
}

// given is an order that a contractor has.
func (w *world) given(asset, complaint string) string {
	w.t.Helper()
	id := w.order(asset, complaint)
	w.Want(w.t, engineer, "POST", "/v1/work-orders/"+id+"/approve", map[string]any{})
	w.Want(w.t, engineer, "POST", "/v1/work-orders/"+id+"/assign", map[string]any{"contractor_id": devissuer.DemoContractorA})
	return id
}

// delivery is one that has arrived: six beds and a set of four.
func (w *world) delivery() string {
	w.t.Helper()
	d := fmt.Sprint(w.Want(w.t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "lines": []any{
		map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 6}, map[string]any{"type_id": w.kind("diagnostic_set"), "quantity": 4}}})["id"])
	w.Want(w.t, office, "POST", "/v1/deliveries/"+d+"/dispatch", map[string]any{})
	w.Want(w.t, director, "POST", "/v1/deliveries/"+d+"/arrive", map[string]any{})
	return d
}

// read is a document as somebody reads it.
func (w *world) read(user, path string) map[string]any {
	w.t.Helper()
	var out map[string]any
	if err := w.Client.Get(w.t.Context(), user, path, &out); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// sees fails the test unless the page has all of these.
func sees(t *testing.T, p localtest.Shown, status int, texts ...string) localtest.Shown {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("%s: %d, not %d:\n%s", p.Request.URL, p.StatusCode, status, words(p.Text))
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(p.Text), text) {
			t.Fatalf("%s does not show %q:\n%s", p.Request.URL, text, words(p.Text))
		}
	}
	return p
}

// lacks fails the test if the page has one of these.
func lacks(t *testing.T, p localtest.Shown, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(p.Text), text) {
			t.Errorf("%s shows %q:\n%s", p.Request.URL, text, words(p.Text))
		}
	}
}

var (
	tags   = regexp.MustCompile(`(?s)<(style|script)[^>]*>.*?</(style|script)>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// words is what a page says.
func words(page string) string {
	if i := strings.Index(page, "<main"); i > 0 {
		page = page[i:]
	}
	return html.UnescapeString(blanks.ReplaceAllString(tags.ReplaceAllString(page, " "), " "))
}

// fields are the hidden fields of the page's form with that action.
func fields(t *testing.T, p localtest.Shown, action string) url.Values {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + regexp.QuoteMeta(html.EscapeString(action)) + `"[^>]*>(.*?)</form>`).FindStringSubmatch(p.Text)
	if form == nil {
		t.Fatalf("%s has no form that goes to %s:\n%s", p.Request.URL, action, words(p.Text))
	}
	out := url.Values{}
	for _, f := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(form[1], -1) {
		out.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return out
}

// post sends the page's form with that action, with these names and values besides.
func post(t *testing.T, b *localtest.Browser, p localtest.Shown, action string, typed ...string) localtest.Shown {
	t.Helper()
	form := fields(t, p, action)
	for i := 0; i+1 < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	return b.Post(action, form)
}

// twice sends one form twice at once.
func twice(t *testing.T, b *localtest.Browser, p localtest.Shown, action string, typed ...string) (answers [2]localtest.Shown) {
	t.Helper()
	form := fields(t, p, action)
	for i := 0; i+1 < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = b.Post(action, form) })
	}
	wg.Wait()
	return answers
}

// count is how many documents a list has.
func (w *world) count(user, path string) int {
	w.t.Helper()
	items, _ := w.read(user, path)["items"].([]any)
	return len(items)
}

// eventually waits until a page shows a text.
func eventually(t *testing.T, b *localtest.Browser, path, text string) localtest.Shown {
	t.Helper()
	var p localtest.Shown
	servicetest.Eventually(t, path+" shows "+text, func() bool {
		p = b.Get(path)
		return p.StatusCode == http.StatusOK && strings.Contains(html.UnescapeString(p.Text), text)
	})
	return p
}
