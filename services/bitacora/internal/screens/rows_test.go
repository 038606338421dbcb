package screens_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// figures are those that open, with the choices of rows that each offers.
var figures = map[string][]string{"en-servicio": {"dentro", "fuera", "todos"}, "no-funciona": {"dentro", "fuera", "todos"}, "por-completar": {"dentro", "fuera", "todos"}, "urgentes": {"dentro", "fuera", "todos"},
	"levantadas": {"dentro", "fuera", "todos"}, "ordenes": {"dentro"}, "entregas": {"dentro"}}

var (
	listedRow = regexp.MustCompile(`class="row[ "][^>]*href="([^"]*)"`)
	nextPage  = regexp.MustCompile(`rel="next" href="([^"]*)"`)
)

// rowsBehind are the rows of a list from a page on: how many, each once.
func rowsBehind(t *testing.T, b *localtest.Browser, path string) int {
	t.Helper()
	seen := map[string]bool{}
	for path != "" {
		p := sees(t, b.Get(path), http.StatusOK)
		_, main, _ := strings.Cut(p.Text, "<main")
		for _, m := range listedRow.FindAllStringSubmatch(main, -1) {
			if seen[m[1]] {
				t.Fatalf("%s lists %s again", path, m[1])
			}
			seen[m[1]] = true
		}
		path = ""
		if m := nextPage.FindStringSubmatch(main); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	return len(seen)
}

// opens fails unless every figure of a place opens the rows that it counts: of each choice as many as the figure says. It returns how many rows there were.
func opens(t *testing.T, b *localtest.Browser, place string, choices ...string) (rows map[string]int) {
	t.Helper()
	rows = map[string]int{}
	for figure, offered := range figures {
		at := "/cifra/" + figure + "?" + url.Values{"lugar": {place}}.Encode()
		p := sees(t, b.Get(at), http.StatusOK, "Definición")
		for _, choice := range offered {
			if figure == "levantadas" && strings.HasPrefix(place, "unit:") || len(choices) > 0 && choice != choices[0] && choice != choices[len(choices)-1] {
				continue
			}
			link := regexp.MustCompile(`href="([^"]*ver=` + choice + `[^"]*)"[^>]*>\s*(?:Se cuentan|Fuera|Todos) ([\d,]+)`).FindStringSubmatch(p.Text)
			if link == nil {
				t.Fatalf("%s does not lead to %q:\n%s", at, choice, words(p.Text))
			}
			said, err := strconv.Atoi(strings.ReplaceAll(link[2], ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			if n := rowsBehind(t, b, html.UnescapeString(link[1])); n != said {
				t.Errorf("%s of %s, %s: the figure says %d, its rows are %d", figure, place, choice, said, n)
			}
			rows[figure+" "+choice] = said
		}
	}
	return rows
}

var (
	numberLink = regexp.MustCompile(`<a class="tap-link" href="([^"]*)">([^<]*\d[^<]*)</a>`)
	countsOf   = regexp.MustCompile(`(?s)<span class="counts">(.*?)</span>`)
	figureLink = regexp.MustCompile(`(?s)^\s*<a class="figure-main" href="([^"]*)">.*?<span class="figure-value">\s*([\d,]+)\s*(?:</span>|<small>)`)
	toldParts  = regexp.MustCompile(`(?s)<(?:span class="figure-note"|header class="page-head"|dl class="facts")>.*?</(?:span|header|dl)>`)
	notRows    = regexp.MustCompile(`\d+ quirófanos? en el registro|\d+ \p{L}{3} \d{4}, \d+:\d\d|\d+\.\d\x{a0}%`)
)

func numberIn(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(regexp.MustCompile(`\d[\d,]*`).FindString(text), ",", ""))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return n
}

// numbersOpen fails unless each number that a page tells in its head, its figures, their notes and its facts leads to as many rows. It returns how many there were.
func numbersOpen(t *testing.T, b *localtest.Browser, page string) (numbers int) {
	t.Helper()
	p := sees(t, b.Get(page), http.StatusOK)
	_, main, _ := strings.Cut(p.Text, "<main")
	for _, counts := range countsOf.FindAllStringSubmatch(main, -1) {
		for _, link := range numberLink.FindAllStringSubmatch(counts[1], -1) {
			numbers++
			if n, to := numberIn(t, link[2]), html.UnescapeString(link[1]); rowsBehind(t, b, to) != n {
				t.Errorf("%s says %q; %s has %d rows", page, link[2], to, rowsBehind(t, b, to))
			}
		}
	}
	for _, figure := range strings.Split(main, `<div class="figure">`)[1:] {
		f := figureLink.FindStringSubmatch(figure)
		if f == nil { // a share, or a word
			continue
		}
		numbers++
		if n, to := numberIn(t, f[2]), html.UnescapeString(f[1])+"&ver=dentro"; rowsBehind(t, b, to) != n {
			t.Errorf("%s says %d of %s, which has %d rows", page, n, to, rowsBehind(t, b, to))
		}
	}
	for _, part := range toldParts.FindAllString(countsOf.ReplaceAllString(main, ""), -1) {
		if _, of, ok := strings.Cut(part, "</h1>"); ok { // a name may hold a number
			part = of
		}
		if left := notRows.ReplaceAllString(words(part), ""); strings.ContainsAny(left, "0123456789") {
			t.Errorf("%s tells a number that opens nothing: %q", page, left)
		}
	}
	return numbers
}

// places are all that have figures.
func places(units ...string) []string {
	out := []string{"nation"}
	for _, s := range mx.States() {
		out = append(out, "state:"+s.INEGI)
	}
	for _, o := range mx.Offices() {
		out = append(out, "office:"+o.Key)
	}
	for _, u := range units {
		out = append(out, "unit:"+u)
	}
	return out
}

// A figure is the number of the rows that it opens: of things in every condition, in units that are open, suspended and planned, in each place.
func TestAFigureIsTheNumberOfItsRows(t *testing.T) {
	w := newWorld(t)
	const suspended, planned = "BSIST000026", "BSIST000031"
	thing := func(unit, tag string, is map[string]any) string {
		body := map[string]any{"unit_id": unit, "type_id": w.kind("electrocardiograph"), "functioning": "working", "use": "in_use"}
		if tag != "" {
			body["inventory_tag"] = tag
		}
		for name, value := range is {
			body[name] = value
		}
		return fmt.Sprint(w.Want(t, "admin", "POST", "/v1/assets", body)["id"])
	}
	for n, unit := range []string{demo.SantaRosalia, suspended, planned} {
		if unit != demo.SantaRosalia {
			w.Want(t, "admin", "POST", "/v1/units", map[string]any{"clues": unit, "name": "Unidad " + unit, "unit_type": "UMF", "municipality": "Mulegé", "synthetic": true})
		}
		tag := func(i int) string { return fmt.Sprintf("T-%d-%d", n, i) }
		thing(unit, tag(1), nil)
		thing(unit, tag(2), map[string]any{"functioning": "limited"})
		thing(unit, tag(3), map[string]any{"functioning": "not_working"})
		thing(unit, tag(4), map[string]any{"use": "not_in_use", "use_reason": "surplus"})
		thing(unit, "", map[string]any{"use": "not_in_use"})
		w.Want(t, "admin", "POST", "/v1/assets/"+thing(unit, tag(5), nil)+"/retire", map[string]any{"reason": "obsolete"})
		quarantined, away := thing(unit, tag(6), nil), thing(unit, tag(7), nil)
		w.Want(t, engineer, "POST", "/v1/assets/"+quarantined+"/quarantine", map[string]any{})
		w.Want(t, engineer, "POST", "/v1/assets/"+away+"/report-custody", map[string]any{"value": "off_site_repair"})
		for _, effect := range []string{"patient_risk", "none"} {
			w.Want(t, engineer, "POST", "/v1/work-orders", map[string]any{"unit_id": unit, "effect": effect, "complaint": "No imprime", "target": map[string]any{"kind": "unit"}})
		}
		d := fmt.Sprint(w.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": unit, "lines": []any{map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 6}}})["id"])
		w.Want(t, office, "POST", "/v1/deliveries/"+d+"/dispatch", map[string]any{})
	}
	for unit, state := range map[string]string{suspended: "suspended", planned: "planned"} {
		if _, err := w.Client.Done(t.Context(), client.Request{User: "admin", Method: http.MethodPatch, Path: "/v1/units/" + unit, Version: 1, Body: map[string]any{"operation_state": state}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	b := w.SignIn(t, planner)
	eventually(t, b, "/cifra/entregas?lugar=unit:"+planned, "Se cuentan 1")
	eventually(t, b, "/cifra/en-servicio?lugar=unit:"+planned, "Se cuentan 0")
	eventually(t, b, "/cifra/en-servicio?lugar=nation", "Se cuentan 2")
	for _, place := range places(demo.SantaRosalia, suspended, planned) {
		rows := opens(t, b, place)
		for key, want := range map[string]map[string]int{
			"nation":                    {"en-servicio dentro": 2, "en-servicio todos": 12, "no-funciona dentro": 2, "por-completar dentro": 2, "urgentes dentro": 2, "ordenes dentro": 4, "entregas dentro": 2, "levantadas todos": 2},
			"unit:" + demo.SantaRosalia: {"en-servicio dentro": 2, "en-servicio fuera": 4, "por-completar todos": 7},
			"unit:" + suspended:         {"en-servicio dentro": 0, "en-servicio fuera": 6},
			"state:26":                  {"en-servicio todos": 0, "ordenes dentro": 0},
		} {
			for name, n := range want {
				if key == place && rows[name] != n {
					t.Errorf("%s of %s: %d, not %d", name, place, rows[name], n)
				}
			}
		}
	}
	for page, least := range map[string]int{"/nacion": 4, "/oficina/baja-california-sur": 12, "/entidad/03": 12, "/cifra/en-servicio?lugar=nation": 13, "/cifra/no-funciona?lugar=office:baja-california-sur": 13, "/cifra/por-completar?lugar=state:03": 13} {
		if n := numbersOpen(t, b, page); n < least {
			t.Errorf("%s tells %d numbers that open, not %d", page, n, least)
		}
	}
	for _, unit := range []string{demo.SantaRosalia, suspended, planned} {
		if n := numbersOpen(t, b, "/cifra/en-servicio?lugar=unit:"+unit); n < 10 {
			t.Errorf("%s: %d numbers that open", unit, n)
		}
	}
	for user, least := range map[string]int{planner: 9, engineer: 9, director: 9} {
		if n := numbersOpen(t, w.SignIn(t, user), "/"); n < least {
			t.Errorf("the home of %s tells %d numbers that open, not %d", user, n, least)
		}
	}
	lacks(t, sees(t, w.SignIn(t, "planner-sonora").Get("/cifra/ordenes?lugar=nation&ver=dentro"), http.StatusNotFound), "No imprime")
	for _, damaged := range []string{"&cursor=x", "&unidades=x", "&unidades=x&cursor=y"} {
		sees(t, b.Get("/cifra/ordenes?lugar=nation&ver=dentro"+damaged), http.StatusNotFound, "No encontramos esta página")
	}
}

// Every column of a table of places sorts, in both directions, by its address alone; what is not known stays last, whatever the address says.
func TestEveryColumnOfATableOfPlacesSorts(t *testing.T) {
	w := newWorld(t)
	for n, unit := range []string{"BSIST000026", "SRIST000014"} {
		if _, err := w.setup.Unit(t.Context(), unit); err != nil && n == 0 {
			t.Fatal(err)
		}
	}
	w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	b := w.SignIn(t, planner)
	eventually(t, b, "/nacion", "0 de 1")
	heading := regexp.MustCompile(`(?s)<th scope="col"[^>]*?(?:aria-sort="(\w+)")?>\s*<a href="([^"]*)"`)
	names := regexp.MustCompile(`(?s)<th scope="row"[^>]*>.*?>([^<]+)</a>`)
	for page, columns := range map[string]int{"/nacion": 5, "/nacion?cifra=urgentes": 5, "/entidad/03": 5, "/oficina/baja-california-sur": 5, "/cifra/en-servicio?lugar=nation": 5, "/cifra/no-funciona?lugar=state:03": 5, "/cifra/ordenes?lugar=nation": 3} {
		links := heading.FindAllStringSubmatch(b.Get(page).Text, -1)
		if len(links) != columns {
			t.Errorf("%s: %d columns sort, not %d", page, len(links), columns)
		}
		for i, link := range links {
			there := sees(t, b.Get(html.UnescapeString(link[2])), http.StatusOK)
			now := heading.FindAllStringSubmatch(there.Text, -1)[i]
			back := sees(t, b.Get(html.UnescapeString(now[2])), http.StatusOK)
			after := heading.FindAllStringSubmatch(back.Text, -1)[i]
			if now[1] == "" || after[1] == "" || now[1] == after[1] {
				t.Errorf("%s, column %d: %q and then %q", page, i, now[1], after[1])
			}
		}
	}
	order := func(path string) (out []string) {
		_, table, _ := strings.Cut(sees(t, b.Get(path), http.StatusOK).Text, "<tbody")
		for _, m := range names.FindAllStringSubmatch(table, -1) {
			out = append(out, html.UnescapeString(m[1]))
		}
		return out
	}
	for path, first := range map[string]string{"/nacion": "Baja California Sur", "/nacion?orden=ordenes": "Baja California Sur", "/nacion?orden=unidades": "Baja California Sur", "/nacion?orden=cuantos": "Baja California Sur", "/nacion?orden=-cifra": "Baja California Sur", "/nacion?orden=mejor": "Baja California Sur",
		"/nacion?orden=entidad": "Aguascalientes", "/nacion?orden=-entidad": "Zacatecas", "/nacion?orden=-ordenes": "Aguascalientes", "/nacion?orden=%3Cb%3E": "Baja California Sur"} {
		if got := order(path); len(got) < 32 || got[0] != first {
			t.Errorf("%s begins with %v", path, got[:min(3, len(got))])
		}
	}
}
