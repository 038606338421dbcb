package screens_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
)

// offersNothing fails the test if the page has a form that sends something, but for signing out.
func offersNothing(t *testing.T, text, where string) {
	t.Helper()
	for _, form := range regexp.MustCompile(`<form[^>]*method="post"[^>]*>`).FindAllString(text, -1) {
		if !strings.Contains(form, `action="/salir"`) {
			t.Errorf("%s offers %s", where, form)
		}
	}
	if main := text[strings.Index(text, "<main"):]; strings.Contains(main, "/cambiar") || strings.Contains(main, "/nuevo") || strings.Contains(main, "/cancelar") {
		t.Errorf("%s leads to a form:\n%s", where, words(text))
	}
}

func TestAnAuditorReadsEveryHistoryAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	order, d := w.given(asset, "No imprime"), w.delivery()
	b := w.SignIn(t, "auditor")
	sees(t, b.Get("/"), 200, `href="/historias"`)
	for kind, want := range map[string][3]string{"ordenes": {order, "Asignada", "/ordenes/"}, "equipos": {asset, "Alta en la unidad", "/equipos/"}, "entregas": {d, "Entrega preparada", "/entregas/"},
		"unidades": {demo.SantaRosalia, "Área registrada", "/unidad/"}, "catalogo": {w.kind("hospital_bed"), "Tipo agregado al catálogo", "/catalogo/"}} {
		at := "/historia/" + kind + "/" + want[0]
		list := sees(t, b.Get("/historias?de="+kind), 200, `href="`+at+`"`)
		page := sees(t, b.Get(at), 200, want[1], "Ver cómo está ahora", `href="`+want[2]+want[0]+`"`)
		offersNothing(t, list.Text, kind)
		offersNothing(t, page.Text, at)
		offersNothing(t, sees(t, b.Get(want[2]+want[0]), 200).Text, want[2])
	}
	for _, kind := range []string{"existencias", "contratos", "designaciones", "contratistas", "programas"} {
		offersNothing(t, sees(t, b.Get("/historias?de="+kind), 200).Text, kind)
	}
	contractor := regexp.MustCompile(`/historia/contratistas/[^"]*`).FindString(b.Get("/historias?de=contratistas").Text)
	sees(t, b.Get(contractor), 200, "Contratista registrado", "Contratista")
	sees(t, b.Get("/historias?de=equipos&unit_id="+demo.SantaRosalia), 200, asset)
	sees(t, b.Get("/historias?de=ordenes"), 200, " · Correctivo", "No imprime")
	sees(t, b.Get("/historia/unidades/"+demo.SantaRosalia), 200, "Consulta externa")
	lacks(t, sees(t, b.Get("/historias?de=equipos&unit_id=NADA99"), 200, "Ver las de todas las unidades"), asset)
	sees(t, b.Get("/unidad/"+demo.SantaRosalia), 200, `href="/historia/unidades/`+demo.SantaRosalia+`"`)
	for _, nothing := range []string{"/historias?de=personas", "/historia/personas/" + subjectOf(requester), "/historia/ordenes/01941f29-7c00-7000-8000-00000000dead", "/historia/nada/" + order} {
		sees(t, b.Get(nothing), 404, "No encontramos esta página")
	}
}

// A history is there for whoever may read its document and for nobody else; the list is the auditors'.
func TestAnothersHistoryIsNotThere(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	order, d := w.given(asset, "secreto"), w.delivery()
	sees(t, w.SignIn(t, director).Get("/historia/ordenes/"+order), 200, "Asignada")
	for _, user := range []string{stranger, other, "engineer-sonora", "planner-sonora", "technician"} {
		b := w.SignIn(t, user)
		sees(t, b.Get("/historias"), 404, "No encontramos esta página")
		for _, at := range []string{"ordenes/" + order, "equipos/" + asset, "entregas/" + d, "unidades/" + demo.SantaRosalia} {
			lacks(t, sees(t, b.Get("/historia/"+at), 404, "No encontramos esta página"), "secreto", "I-7", "Santa Rosalía")
		}
	}
}

// A history says what happened in words: no event is told by its name in the program.
func TestEveryEventHasAWordInHistories(t *testing.T) {
	all, err := describe.Publishing()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, spec := range all {
		for _, d := range spec.Events.Definitions() {
			n++
			if key := strings.ReplaceAll(d.Name, ".", "_"); !mx.Valid("history_event", key) {
				t.Errorf("%s has no word in history_event", key)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d events", n)
	}
}

// The timeline of a thing says of each order on it that it was opened, went on or was closed, and which one it was; whoever may not read the order is
// not told which.
func TestATimelineSaysWhatHappenedByWhichOrder(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	declined, given := w.order(asset, "Hace ruido"), ""
	w.Want(t, engineer, "POST", "/v1/work-orders/"+declined+"/decline", map[string]any{"note": "duplicada"})
	given = w.given(asset, "No imprime")
	folio := func(id string) string { return fmt.Sprint(w.read(engineer, "/v1/work-orders/"+id)["folio"]) }
	b := w.SignIn(t, engineer)
	eventually(t, b, "/equipos/"+asset, "Orden cerrada</strong>")
	p := eventually(t, b, "/equipos/"+asset, "Avance de la orden</strong>")
	said := words(p.Text)
	for _, want := range []string{"Orden abierta " + folio(declined), "Orden cerrada " + folio(declined), "Orden abierta " + folio(given)} {
		if strings.Count(said, want) != 1 {
			t.Errorf("%q is there %d times:\n%s", want, strings.Count(said, want), said)
		}
	}
	sees(t, p, 200, `href="/ordenes/`+given+`"`)
	lacks(t, p, "abierta o cerrada")
	lacks(t, sees(t, w.SignIn(t, contractor).Get("/equipos/"+asset), 200, folio(given)), folio(declined), "Orden cerrada")
}
