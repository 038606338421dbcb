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
	sees(t, e.Get("/catalogo/"+bed+"/cambiar"), 404, "No encontramos esta página")
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

func TestAUnitIsRegisteredAndChangedByWhoMay(t *testing.T) {
	w := newWorld(t)
	b, o, path := w.SignIn(t, "admin"), w.SignIn(t, office), "/unidad/nuevo"
	sees(t, b.Get("/oficina/baja-california-sur"), 200, `href="`+path+`"`)
	lacks(t, o.Get("/oficina/baja-california-sur"), `href="`+path+`"`)
	form := sees(t, b.Get(path), 200, "CLUES", "Nombre de la unidad", "La de su entidad")
	sees(t, post(t, b, form, path, "clues", "", "name", ""), 422, "Escriba los once caracteres de la CLUES", "Escriba cómo se llama la unidad.")
	sees(t, post(t, b, form, path, "clues", "nada", "name", "Clínica <b>Nueva", "unit_type", "", "office", ""), 422, "Eso no es una CLUES", `value="nada"`)
	sees(t, post(t, b, form, path, "clues", "BSIST000026", "name", "Clínica", "unit_type", "", "office", "sonora"), 422, "Elija una oficina de la entidad de la unidad.")
	for _, p := range twice(t, b, b.Get(path), path, "clues", "BSIST000026", "name", "Clínica <b>Nueva", "unit_type", "UMF", "office", "", "municipality", "Mulegé", "locality", "", "address", "") {
		sees(t, p, 200, "Unidad registrada", "Clínica <b>Nueva", "Mulegé", "BSIST000026")
	}
	if again := post(t, b, b.Get(path), path, "clues", "BSIST000026", "name", "Otra"); again.StatusCode != http.StatusConflict || !strings.Contains(again.Text, `value="Otra"`) {
		t.Errorf("%d %s", again.StatusCode, words(again.Text))
	}
	at := "/unidad/BSIST000026/ficha"
	sees(t, post(t, o, sees(t, o.Get(at), 200, "Cambiar nombre, operación o lugar"), at, "name", " ", "operation_state", "suspended"), 422, "Escriba cómo se llama la unidad.")
	sees(t, post(t, o, o.Get(at), at, "name", "UMF Mulegé", "operation_state", "suspended", "municipality", "Mulegé", "locality", "Heroica Mulegé"), 200, "Datos guardados", "UMF Mulegé", "Heroica Mulegé", "Suspendida")
	for _, user := range []string{requester, director, engineer, office, planner, "auditor", contractor} {
		sees(t, w.SignIn(t, user).Get(path), 404, "No encontramos esta página")
	}
	lacks(t, w.SignIn(t, "auditor").Get("/unidad/BSIST000026"), "/ficha", "/datos", "/area")
}
