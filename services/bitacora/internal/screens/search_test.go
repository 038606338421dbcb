package screens_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestWhatExistsIsFoundByWhatPeopleKnowOfIt(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-450200-0117")
	d := w.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": "BSIST000014", "delivery_note": "REM 77/2", "lines": []any{map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 1}}})["id"].(string)
	id := w.given(w.asset("electrocardiograph", "I-450200-0118"), "No imprime")
	folio := w.read(planner, "/v1/work-orders/"+id)["folio"].(string)
	for _, user := range []string{requester, contractor, planner} {
		if p := sees(t, w.SignIn(t, user).Get("/buscar?q="+strings.ToLower(folio)), 200); !strings.Contains(p.Text, `href="/ordenes/`+id+`"`) {
			t.Errorf("%s does not find %s:\n%s", user, folio, words(p.Text))
		}
	}
	sees(t, w.SignIn(t, other).Get("/buscar?q="+folio), 200, "Nada con")
	for user, finds := range map[string]map[string]string{
		engineer: {"i450200 0117": "/equipos/" + asset, "rem77/2": "/entregas/" + d, "santa rosalía": "/unidad/BSIST000014", "ROSALIA clinica": "/unidad/BSIST000014", "electrocard": "/equipos?type_key=electrocardiograph"},
		stranger: {"i450200 0117": "", "rem77/2": "", "santa rosalía": ""}, contractor: {"i450200 0117": "", "santa rosalía": ""},
	} {
		b := w.SignIn(t, user)
		for q, want := range finds {
			p := sees(t, b.Get("/buscar?"+url.Values{"q": {q}}.Encode()), 200)
			if want == "" {
				sees(t, p, 200, "Nada con «"+q+"»")
			} else if !strings.Contains(p.Text, `href="`+want+`"`) {
				t.Errorf("%s does not find %q:\n%s", user, q, words(p.Text))
			}
		}
		for _, q := range []string{"", "   ", "-", "%", "<script>alert(1)</script>", strings.Repeat("ñ", 5000), "\u202e"} {
			if p := sees(t, b.Get("/buscar?"+url.Values{"q": {q}}.Encode()), 200); strings.Contains(p.Text, "<script>alert") || strings.Contains(p.Text, "\u202e") {
				t.Errorf("%q is in the page", q)
			}
		}
	}
}
