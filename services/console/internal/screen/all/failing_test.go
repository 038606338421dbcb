package all_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/all"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var (
	now      = time.Date(2026, 11, 27, 17, 40, 0, 0, time.UTC)
	director = screen.Who{Subject: "dir", Grants: []screen.Grant{{Role: "unit_director", Place: "unit:BSIST000014"}}}
	planner  = screen.Who{Subject: "pla", Grants: []screen.Grant{{Role: "planner", Place: "nation"}}}
	admin    = screen.Who{Subject: "adm", Grants: []screen.Grant{{Role: "admin", Place: "nation"}}}
	auditor  = screen.Who{Subject: "aud", Grants: []screen.Grant{{Role: "auditor", Place: "nation"}}}
)

// patience is how long a page may take here.
const patience = 40 * time.Millisecond

// ask shows a path to somebody, over services that answer as h does.
func ask(t *testing.T, pattern, path string, who screen.Who, h http.HandlerFunc) (string, error) {
	t.Helper()
	for _, s := range all.Screens() {
		if s.Pattern != pattern || s.Show == nil {
			continue
		}
		mux, text, failed := http.NewServeMux(), "", error(nil)
		mux.HandleFunc(s.Pattern, func(_ http.ResponseWriter, r *http.Request) {
			client := &api.Client{RoundTripper: api.InProcess(h), Token: func(context.Context) (string, error) { return "token", nil }, RequestID: "7f3a-91c2"}
			var page screen.Page
			if page, failed = s.Show(screen.New(r, who, client, "key", "mark", now)); failed == nil {
				var b bytes.Buffer
				failed = ui.Render(context.WithoutCancel(r.Context()), &b, page.Body)
				text = b.String()
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		return text, failed
	}
	t.Fatalf("no screen has the pattern %s", pattern)
	return "", nil
}

// path is an address of a pattern.
func path(pattern string) string {
	return strings.NewReplacer("{$}", "", "/buscar", "/buscar?q=cama", "{id}", "01941f29-7c00-7000-8000-00000000c00a", "{key}", "03", "{kind}", "equipos", "{figure}", "en-servicio").Replace(pattern)
}

// Whatever the services do, a screen fails as the house can tell it, or shows what it has and says what it lacks. None makes something up.
func TestAScreenWhoseServicesFailSaysSo(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"503":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>nonsense") },
		"a list":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[1,2]`) },
		"panics":   func(http.ResponseWriter, *http.Request) { panic("a fault of the program") },
		"500":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"nothing":  func(http.ResponseWriter, *http.Request) {},
		"null":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `null`) },
		"another":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) },
		"a half":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"x","items":[{"id":"y"`) },
		"slow":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		for _, s := range all.Screens() {
			if s.Show == nil || s.Pattern == "/catalogo/nuevo" || s.Pattern == "/unidad/nuevo" { // an empty form asks nobody
				continue
			}
			for _, who := range []screen.Who{director, planner, admin, auditor} {
				text, err := ask(t, s.Pattern, path(s.Pattern), who, h)
				away := api.AwayOf(err)
				switch {
				case away != nil && away.Reference == "7f3a-91c2":
				case err != nil && api.ProblemOf(err).Hidden():
				case err == nil && strings.Contains(text, `role="alert"`) && strings.Contains(text, "Intentar de nuevo"):
				default:
					t.Errorf("%s of %s, %s: %v\n%s", name, s.Pattern, who.Subject, err, text)
				}
			}
		}
	}
}

// answers are what services answer, by the beginning of a path; the rest is away.
func answers(by map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for prefix, body := range by {
			if strings.HasPrefix(r.URL.Path, prefix) {
				_, _ = io.WriteString(w, body)
				return
			}
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

const arrived = `{"items":[{"id":"d1","unit_id":"BSIST000014","time_zone":"America/Mazatlan","state":"arrived","arrived_at":"2026-11-27T16:15:00Z","lines":[{"line":1,"type_key":"hospital_bed","description":"Cama","dispatched":18}]}]}`

func TestOnlyThePartThatFailedFails(t *testing.T) {
	units, none := `{"id":"BSIST000014","name":"Clínica Hospital Santa Rosalía","time_zone":"America/Mazatlan"}`, `{"items":[]}`
	text, err := ask(t, "/{$}", "/", director, answers(map[string]string{"/v1/deliveries": arrived, "/v1/assets": none, "/v1/units": units, "/v1/equipment-types": none}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Al menos 2 asuntos esperan por usted", "Las órdenes no responden", "Confirmar entrega: 18 piezas", "7f3a-91c2", "Las cifras no responden", "Llegó hoy 9:15"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "Las órdenes no responden"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if strings.Contains(text, "Está al día") {
		t.Error("it says that nothing waits")
	}
}

// However long a list is, its page asks for the names in it by the hundred: a request a row was most of what a page cost.
func TestAPageAsksOnceForAllNamesOfItsRows(t *testing.T) {
	const rows = 50
	var orders, assets, deliveries, sites, units []string
	for n := range rows {
		orders = append(orders, fmt.Sprintf(`{"id":"o%[1]d","unit_id":"U%[1]d","state":"requested","requested_by":"dir","priority":"high","target":{"kind":"asset","asset_id":"a%[1]d"}}`, n))
		sites = append(sites, fmt.Sprintf(`{"order_id":"o%[1]d","unit_id":"U%[1]d","name":"Unidad %[1]d","type_key":"cama","area":"Piso %[1]d"}`, n))
		assets = append(assets, fmt.Sprintf(`{"id":"a%[1]d","unit_id":"U%[1]d","type_key":"cama"}`, n))
		deliveries = append(deliveries, fmt.Sprintf(`{"id":"d%[1]d","unit_id":"U%[1]d","state":"draft","lines":[]}`, n))
		units = append(units, fmt.Sprintf(`{"id":"U%[1]d","name":"Unidad %[1]d"}`, n))
	}
	bodies := map[string][]string{"/v1/work-orders": orders, "/v1/work-orders/sites": sites, "/v1/assets": assets, "/v1/deliveries": deliveries, "/v1/units": units, "/v1/status/units": units, "/v1/work-orders/payers": {`{"order_id":"o1","contract_id":"k","fiscal_year":2026,"fits":true}`},
		"/v1/equipment-types": {`{"key":"cama","name_es":"Cama"}`}}
	engineer := screen.Who{Subject: "dir", Grants: []screen.Grant{{Role: "biomedical_engineer", Place: "office:baja-california-sur"}, {Role: "office_administrator", Place: "office:baja-california-sur"}}}
	for _, pattern := range []string{"/{$}", "/ordenes", "/por-revisar", "/historial", "/reportes", "/equipos", "/entregas", "/oficina/{key}"} {
		var asked atomic.Int64
		text, err := ask(t, pattern, path(pattern), engineer, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.Path == "/v1/status/offices/03" {
				_, _ = io.WriteString(w, `{"id":"03","name":"Oficina","figures":{}}`)
				return
			}
			if items := bodies[r.URL.Path]; items != nil {
				_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
				return
			}
			http.Error(w, `{"type":"urn:bitacora:problem:not-found"}`, http.StatusNotFound)
		})
		if n := asked.Load(); err != nil || n > 16 || !strings.Contains(text, "Unidad 7") && pattern != "/reportes" || pattern != "/entregas" && pattern != "/oficina/{key}" && !strings.Contains(strings.ToLower(text), "cama") {
			t.Errorf("%s: %d requests, %v\n%s", pattern, n, err, text)
		}
	}
}

// A reservation is overdue by the unit's clock, of what is long past its delivery tells.
func TestAReservationIsOverdueByTheUnitsClock(t *testing.T) {
	confirmed := `{"items":[{"id":"d1","unit_id":"BSIST000014","time_zone":"America/Mazatlan","state":"confirmed","confirmed_at":"2026-10-01T16:15:00Z","lines":[{"line":1,"description":"Oxímetro","dispatched":9,"reservations":[` +
		`{"reason":"no_manual","quantity":1,"due_on":"2026-10-01"},{"reason":"no_manual","quantity":2,"due_on":"2026-11-26"},{"reason":"no_manual","quantity":3,"due_on":"2026-11-27"},{"reason":"no_manual","quantity":4,"due_on":"2026-12-05"}]}]}]}`
	none := `{"items":[]}`
	text, err := ask(t, "/{$}", "/?ver=reservas", director, func(w http.ResponseWriter, r *http.Request) {
		body := none
		if r.URL.Path == "/v1/deliveries" && r.URL.Query().Get("state") == "confirmed" {
			body = confirmed
		}
		_, _ = io.WriteString(w, body)
	})
	if err != nil {
		t.Fatal(err)
	}
	for want, there := range map[string]bool{"Reserva vencida: 2 × oxímetro": true, "venció ayer": true, "Reserva por vencer: 3 × oxímetro": true, "vence hoy": true, "1 × oxímetro": false, "4 × oxímetro": false} {
		if strings.Contains(text, want) != there {
			t.Errorf("%q there: %v\n%s", want, !there, text)
		}
	}
}

// What a newer release of a service says is shown as it is said, and breaks no page.
func TestAValueThatANewerReleaseWroteIsShownAsItIs(t *testing.T) {
	order := `{"id":"o1","unit_id":"BSIST000014","state":"quarantined_by_court","priority":"galactic","type":"exorcism","effect":"unheard_of","folio":"OT-1","target":{"kind":"planet"},"awaiting":["a_miracle"],"actions":["work_order.levitate"]}`
	for pattern, by := range map[string]map[string]string{
		"/ordenes/{id}": {"/v1/work-orders/01941f29-7c00-7000-8000-00000000c00a/history": `{"items":[{"id":"e","type":"mx.bitacora.work_order.levitated.v7","at":"2026-11-27T16:15:00Z","change":{"height":3}}]}`, "/v1/work-orders/01941f29-7c00-7000-8000-00000000c00a/site": `{}`},
		"/ordenes":      {},
		"/por-revisar":  {},
		"/reportes":     {},
	} {
		h := func(w http.ResponseWriter, r *http.Request) {
			for prefix, body := range by {
				if strings.HasPrefix(r.URL.Path, prefix) {
					_, _ = io.WriteString(w, body)
					return
				}
			}
			if r.URL.Path == "/v1/work-orders" {
				_, _ = io.WriteString(w, `{"items":[`+order+`]}`)
				return
			}
			_, _ = io.WriteString(w, order)
		}
		text, err := ask(t, pattern, path(pattern), screen.Who{Grants: director.Grants}, h)
		if err != nil || !strings.Contains(text, "quarantined_by_court") {
			t.Errorf("%s: %v\n%s", pattern, err, text)
		}
	}
}
