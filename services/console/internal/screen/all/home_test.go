package all_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
)

// What waits is counted whole on each page of a home, each of it is on one of them, the newest first and what is in one unit together; and no page
// asks for each row by itself.
func TestAHomeThatIsCutSaysSoAndLeadsToTheRest(t *testing.T) {
	var orders, deliveries, orderSites, deliverySites []string
	for n := range 45 {
		orders = append(orders, fmt.Sprintf(`{"id":"o%[1]d","unit_id":"U%[2]d","state":"assigned","priority":"high","target":{"kind":"unit"},"recorded_at":"2026-11-%02[3]dT10:%02[1]d:00Z"}`, n, n%6, 1+n%20))
		orderSites = append(orderSites, fmt.Sprintf(`{"order_id":"o%d","unit_id":"U%[2]d","name":"Unidad %[2]d"}`, n, n%6))
	}
	for n := range 5 {
		deliveries = append(deliveries, fmt.Sprintf(`{"id":"d%[1]d","unit_id":"V%[1]d","state":"draft","created_at":"2026-11-26T10:00:00Z","lines":[]}`, n))
		deliverySites = append(deliverySites, fmt.Sprintf(`{"unit_id":"V%[1]d","name":"Destino %[1]d","municipality":"Mulegé"}`, n))
	}
	bodies := map[string][]string{"/v1/work-orders": orders, "/v1/work-orders/sites": orderSites, "/v1/deliveries": deliveries, "/v1/deliveries/sites": deliverySites}
	contractor := screen.Who{Subject: "c", Grants: []screen.Grant{{Role: "contractor", Place: "contractor:k"}}}
	var seen []string
	for next, pages := "/", 0; next != ""; pages++ {
		var asked atomic.Int64
		text, err := ask(t, "/{$}", next, contractor, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			items := bodies[r.URL.Path]
			if ids := r.URL.Query()["ids"]; ids != nil { // as the services: of those alone that are asked for
				items = slices.DeleteFunc(slices.Clone(items), func(item string) bool {
					return !slices.ContainsFunc(ids, func(id string) bool {
						return strings.Contains(item, `"`+strings.Replace(id, "d", "V", 1)+`"`) || strings.Contains(item, `"`+id+`"`)
					})
				})
			}
			_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
		})
		if err != nil || pages > 3 {
			t.Fatal(err, pages)
		}
		if !strings.Contains(text, "50 asuntos esperan por usted") || !strings.Contains(text, fmt.Sprintf("Del %d al %d de 50", 20*pages+1, min(20*pages+20, 50))) {
			t.Errorf("%s does not say what it shows:\n%s", next, text)
		}
		for _, m := range regexp.MustCompile(`<h2>([^<]*)</h2>|href="/(?:ordenes|entregas)/([od]\d+)"`).FindAllStringSubmatch(text, -1) {
			seen = append(seen, m[1]+m[2])
		}
		if n := asked.Load(); n > 8 {
			t.Errorf("%s asks %d times", next, n)
		}
		next = ""
		if m := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(text); m != nil {
			next = html.UnescapeString(m[1])
		}
	}
	var documents []string
	ends, unit := map[string]int{}, ""
	for i, s := range seen {
		if strings.Contains(s, " ") {
			if before, again := ends[s]; again && (before != i || s != unit) {
				t.Errorf("%s is told of in two places: %v", s, seen)
			}
			unit = s
		} else {
			documents = append(documents, s)
		}
		ends[unit] = i + 1
	}
	if slices.Sort(documents); len(documents) != 50 || len(slices.Compact(documents)) != 50 {
		t.Errorf("%d documents: %v", len(documents), documents)
	}
	if len(seen) < 2 || seen[0] != "Destino 0, Mulegé" { // of the 26th; orders are of the 20th and before
		t.Errorf("the newest is not the first: %v", seen)
	}
	far, err := ask(t, "/{$}", "/?desde=9999&ver=nada", contractor, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items":[]}`) })
	if err != nil || !strings.Contains(far, "Nada espera por usted") && !strings.Contains(far, "No hay órdenes por atender") {
		t.Errorf("an address of nothing: %v\n%s", err, far)
	}
}
