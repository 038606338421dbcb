package screens_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// Whoever signs in is in the directory from then on: nobody has to open a page for it.
func TestWhoeverSignsInIsInTheDirectory(t *testing.T) {
	w := newWorld(t)
	if a := w.Ask(t, "admin", http.MethodGet, "/v1/people/"+subjectOf(requester), nil); a.Status != http.StatusNotFound {
		t.Fatalf("before: %d %s", a.Status, a.Body)
	}
	w.SignIn(t, requester)
	if a := w.Ask(t, "admin", http.MethodGet, "/v1/people/"+subjectOf(requester), nil); a.Status != 200 || !strings.Contains(string(a.Body), "requester@unit:"+demo.SantaRosalia) {
		t.Fatalf("after: %d %s", a.Status, a.Body)
	}
}

func TestEverybodySaysHowToBeReached(t *testing.T) {
	w := newWorld(t)
	b, path := w.SignIn(t, "auditor"), "/quien-soy/datos"
	sees(t, b.Get("/quien-soy"), 200, "Mis datos", "Auditoría", "Todo el país", `href="`+path+`"`)
	form := sees(t, b.Get(path), 200, "Teléfono", "No se muestra a nadie")
	sees(t, post(t, b, form, path, "telephone", "mi casa", "email", "a b"), 422, "Escriba de 7 a 20 cifras", `value="mi casa"`, `value="a b"`)
	for _, p := range twice(t, b, form, path, "telephone", "615 152 0021 ext. 14", "email", "ana@example.org", "language", "es") {
		sees(t, p, 200, "Datos guardados", "615 152 0021 ext. 14", "ana@example.org", "Sin confirmar", "Español")
	}
	stale, other := b.Get(path), b.Get(path)
	sees(t, post(t, b, other, path, "telephone", "", "email", "ana@example.org", "language", "es"), 200, "Datos guardados", "Sin dato")
	p := sees(t, post(t, b, stale, path, "telephone", "555 000 0000", "email", "ana@example.org", "language", "es"), http.StatusPreconditionFailed, "Esto ya cambió", "555 000 0000")
	sees(t, post(t, b, p, path, "keep", "mine"), 200, "Datos guardados", "555 000 0000")
}

func TestAnAdministratorKeepsTheDirectory(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	w.SignIn(t, requester)
	e, b := w.SignIn(t, engineer), w.SignIn(t, "admin")
	subject := subjectOf(requester)
	path := "/personas/" + url.PathEscape(subject)
	sees(t, b.Get("/"), 200, `href="/personas"`)
	sees(t, b.Get("/personas"), 200, path, "Solicitante", "Clínica Hospital Santa Rosalía", "Ingeniería biomédica")
	form := sees(t, b.Get(path+"/cambiar"), 200, "Cargo", "Clave de la unidad")
	sees(t, post(t, b, form, path+"/cambiar", "name", "Ana", "unit_id", "NADA99", "office", ""), 422, "No hay ninguna unidad con esa clave", `value="NADA99"`)
	sees(t, post(t, b, b.Get(path+"/cambiar"), path+"/cambiar", "name", "Ana", "unit_id", demo.SantaRosalia, "office", "sonora"), 422, "deje una de las dos vacía")
	sees(t, post(t, b, b.Get(path+"/cambiar"), path+"/cambiar", "name", "Ana <b>Ruiz", "post", "Enfermera", "unit_id", "", "office", ""), 200, "Datos guardados", "Ana <b>Ruiz", "Lo dice la administración de Bitácora")
	sees(t, e.Get("/ordenes/"+o), 200, "Ana <b>Ruiz, Enfermera")

	for query, has := range map[string]bool{"nombre=ruiz+ANA": true, "nombre=nadie": false, "role=requester": true, "role=auditor": false, "role=requester&unit_id=" + demo.SantaRosalia: true,
		"office=sonora": false, "office=baja-california-sur&nombre=enfermera": true, "nombre=%3Cscript%3E": false} {
		p := sees(t, b.Get("/personas?"+query), 200)
		if strings.Contains(p.Text, path) != has {
			t.Errorf("%s: %v\n%s", query, has, words(p.Text))
		}
		if !has {
			sees(t, p, 200, "Nadie con estos filtros", "Ver a todas las personas")
		}
	}

	ask := sees(t, b.Get(path+"/eliminar"), 200, "no se pueden recuperar", "dirá «Persona eliminada»", "Eliminar los datos de la persona")
	lacks(t, sees(t, b.Get(path), 200, path+"/eliminar"), "readmitir")
	for _, p := range twice(t, b, ask, path+"/eliminar") {
		lacks(t, sees(t, p, 200, "Los datos de la persona se eliminaron", "Persona eliminada"), "Ana", "Enfermera", path+"/eliminar")
	}
	lacks(t, sees(t, e.Get("/ordenes/"+o), 200, "Persona eliminada"), "Ana")
	again := w.SignIn(t, requester)
	lacks(t, sees(t, again.Get("/quien-soy"), 200, "Sus datos fueron eliminados"), "/quien-soy/datos")
	sees(t, post(t, b, sees(t, b.Get(path+"/readmitir"), 200, "no vuelve"), path+"/readmitir"), 200, "La persona fue readmitida")
	lacks(t, b.Get(path), "Ana")
}

// The screens of the directory are not there for anybody else, whatever they may read of it by the API.
func TestTheDirectorysScreensAreNotThereForOthers(t *testing.T) {
	w := newWorld(t)
	w.SignIn(t, requester)
	path := "/personas/" + url.PathEscape(subjectOf(requester))
	for _, user := range []string{requester, director, engineer, office, contractor, planner, "auditor", "technician"} {
		b := w.SignIn(t, user)
		lacks(t, b.Get("/"), `href="/personas"`)
		for _, at := range []string{"/personas", "/personas?role=requester", path, path + "/cambiar", path + "/eliminar", path + "/readmitir"} {
			lacks(t, sees(t, b.Get(at), 404, "No encontramos esta página"), "Santa Rosalía Solicitante", "Eliminar")
		}
		form := fields(t, b.Get("/quien-soy"), "/salir")
		if p := b.Post(path+"/eliminar", form); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s erases: %d", user, p.StatusCode)
		}
	}
	if a := w.Ask(t, "admin", http.MethodGet, "/v1/people/"+subjectOf(requester), nil); strings.Contains(string(a.Body), `"erased":true`) {
		t.Error("erased")
	}
}
