package screens_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The catalogue is found by name and category by everybody; the nation's keepers add to it and change it, nobody else is offered it.
func TestTheCatalogueIsSearchedAddedToAndChanged(t *testing.T) {
	w := newWorld(t)
	bed, scope := w.kind("hospital_bed"), w.kind("electrocardiograph")
	b, e := w.SignIn(t, "admin"), w.SignIn(t, engineer)
	sees(t, e.Get("/equipos"), 200, `href="/catalogo"`)
	for query, has := range map[string]string{"": bed, "?q=CAMA+hosp": bed, "?q=electro&category=medical_equipment": scope, "?q=hospital+bed": bed} {
		sees(t, e.Get("/catalogo"+query), 200, "/catalogo/"+has)
	}
	for _, query := range []string{"?q=nave+espacial", "?q=electro&category=furniture", "?q=%3Cscript%3E", "?category=nada"} {
		p := e.Get("/catalogo" + query)
		if lacks(t, p, "/catalogo/"+bed, "<script>alert"); p.StatusCode == http.StatusOK {
			sees(t, p, 200, "Ningún tipo con estos filtros", "Ver todo el catálogo")
		}
	}
	lacks(t, e.Get("/catalogo"), "Agregar un tipo")
	lacks(t, sees(t, e.Get("/catalogo/"+bed), 200, "Cama", "Tipo agregado al catálogo", "Ver el equipo de este tipo"), "Cambiar el tipo")
	sees(t, e.Get("/catalogo/nuevo"), 404, "No encontramos esta página")
	sees(t, e.Get("/catalogo/"+bed+"/cambiar"), 200, "Esto ya no es posible")
	sees(t, e.Get("/catalogo/01941f29-7c00-7000-8000-00000000dead"), 404, "No encontramos esta página")

	const at = "/catalogo/nuevo"
	form := sees(t, b.Get(at), 200, "Agregar un tipo de equipo", "Nombre corto", "Equipo médico")
	sees(t, post(t, b, form, at, "key", "Cama Grande", "name_es", " "), 422, "Escriba cómo se llama", "Elija una categoría.", `value="Cama Grande"`)
	sees(t, post(t, b, form, at, "key", "Cama Grande", "name_es", "Cama", "category", "furniture", "tracking", "serialised"), 422, "letras minúsculas sin acento")
	for _, p := range twice(t, b, b.Get(at), at, "key", "bariatric_bed", "name_es", "Cama <b>bariátrica", "category", "furniture", "tracking", "serialised", "risk_class", "", "compendium_key", "") {
		sees(t, p, 200, "Tipo agregado", "Cama <b>bariátrica", "bariatric_bed", "Mobiliario")
	}
	if n := w.count("admin", "/v1/equipment-types?key=bariatric_bed"); n != 1 {
		t.Errorf("added %d times", n)
	}
	taken := post(t, b, b.Get(at), at, "key", "bariatric_bed", "name_es", "Otra", "category", "furniture", "tracking", "serialised")
	if taken.StatusCode != http.StatusConflict || !strings.Contains(taken.Text, `value="bariatric_bed"`) {
		t.Errorf("%d %s", taken.StatusCode, words(taken.Text))
	}
	path := "/catalogo/" + bed + "/cambiar"
	stale := b.Get(path)
	sees(t, post(t, b, b.Get(path), path, "name_es", "Cama de hospital", "category", "furniture", "tracking", "tagged"), 200, "Tipo guardado", "Cama de hospital", "Tipo cambiado")
	p := sees(t, post(t, b, stale, path, "name_es", "Cama censable", "category", "furniture", "tracking", "tagged"), http.StatusPreconditionFailed, "Cama censable", "Cama de hospital", "Lo que hay ahora")
	sees(t, post(t, b, p, path, "keep", "mine"), 200, "Tipo guardado", "Cama censable")
	mine := fields(t, e.Get("/quien-soy"), "/salir")
	for name, value := range map[string]string{"key": "by_form", "name_es": "Por formulario", "category": "furniture", "tracking": "serialised"} {
		mine.Set(name, value)
	}
	if sent := e.Post(at, mine); sent.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", sent.StatusCode, words(sent.Text))
	}
	if sent := e.Post(path, url.Values{"hecho_para": mine["hecho_para"], "idempotency_key": {"k"}, "name_es": {"x"}}); sent.StatusCode == http.StatusOK {
		t.Errorf("%d %s", sent.StatusCode, words(sent.Text))
	}
}
