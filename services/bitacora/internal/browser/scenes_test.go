//go:build browser

package browser_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// scene is a page, and how somebody comes to it.
type scene struct {
	name string
	show func(s stage) *person
}

// scenes are the pages that no link leads to: what is shown of two people at one thing, of services that fail, of a session that ended. Each is shown
// to somebody at a window of their own.
var scenes = []scene{
	{"412, both sides", func(s stage) *person {
		order := s.asked("Se calienta")
		p := s.at(engineer, "/ordenes/"+order+"/prioridad")
		p.choose("Urgente")
		p.write("¿Por qué?", "No hay otro en la unidad")
		s.Want(s.t, engineer, "POST", "/v1/work-orders/"+order+"/set-priority", map[string]any{"priority": "medium", "note": "hay otro"})
		p.press("Cambiar la prioridad")
		p.sees("Usted ya cambió esto en otra ventana", "Lo que usted escribió", "No hay otro en la unidad", "Urgente", "Lo que hay ahora", "Media")
		return p
	}},
	{"409, both sides", func(s stage) *person {
		p := s.at(director, "/equipos/"+s.asset+"/uso")
		p.press("Registrar el uso")
		p.sees("Ya está así", "Lo que usted escribió", "Lo que hay ahora")
		return p
	}},
	{"409, no longer possible", func(s stage) *person {
		order := s.asked("Se apaga")
		s.Want(s.t, engineer, "POST", "/v1/work-orders/"+order+"/cancel", map[string]any{"note": "duplicada"})
		p := s.at(engineer, "/ordenes/"+order+"/asignar")
		p.sees("Esto no es posible ahora", "Cancelada")
		return p
	}},
	{"what another tab confirmed, both sides", func(s stage) *person {
		p := s.at(director, "/entregas/"+s.delivery+"/revisar")
		other := p.another()
		other.open(p.path())
		other.press("Confirmar la recepción")
		other.sees("Recepción confirmada")
		p.press("Confirmar la recepción")
		p.sees("Lo que usted escribió", "Lo que hay ahora", "Confirmada")
		return p
	}},
	{"what another tab confirmed, no longer possible", func(s stage) *person {
		p := s.at(director, "/entregas/"+s.delivery+"/revisar")
		p.sees("Esto no es posible ahora", "Confirmada")
		return p
	}},
	{"412, somebody else's", func(s stage) *person {
		order := s.asked("No imprime")
		p := s.at(engineer, "/ordenes/"+order+"/prioridad")
		p.choose("Urgente")
		p.write("¿Por qué?", "No hay otro en la unidad")
		s.Want(s.t, office, "POST", "/v1/work-orders/"+order+"/set-priority", map[string]any{"priority": "medium", "note": "hay otro"})
		p.press("Cambiar la prioridad")
		p.sees("Alguien más cambió esto", "Lo cambió:")
		return p
	}},
	{"409, a name that is taken", func(s stage) *person {
		p := s.at(director, "/unidad/"+demo.SantaRosalia+"/area")
		p.write("¿Cómo se llama?", "consulta  EXTERNA")
		p.press("Registrar el área")
		p.sees("Ya está registrado", "Ahí ya hay un área con ese nombre")
		return p
	}},
	{"not now, what is missing", func(s stage) *person {
		p := s.at(contracts, "/ordenes/"+s.asked("Hace ruido")+"/comprometer")
		p.sees("Falta estimar el costo", "Ahora puede")
		return p
	}},
	{"a person who was not offered", func(s stage) *person {
		p := s.at(engineer, "/ordenes/"+s.asked("Se atora")+"/asignar")
		p.press("Asignar la orden")
		p.sees("Elija en la lista quién la atiende")
		return p
	}},
	{"a service is away", func(s stage) *person { return s.failing(away, "/ordenes") }},
	{"a service is silent", func(s stage) *person { return s.failing(silent, "/ordenes") }},
	{"a service answers nonsense", func(s stage) *person { return s.failing(nonsense, "/ordenes") }},
	{"a service is silent about what was sent", func(s stage) *person {
		p := s.at(requester, "/quien-soy/datos")
		p.write("Teléfono", "615 152 0021")
		s.broken.fails("/v1/people", silent)
		p.press("Guardar mis datos")
		p.sees("No sabemos si se guardó", "Enviar lo mismo otra vez")
		return p
	}},
	{"what is not there", func(s stage) *person { return s.refused("/equipos/of-somebody-else") }},
	{"what is somebody else's", func(s stage) *person { return s.refused("/personas") }},
	{"a session that ended, its form", func(s stage) *person {
		p := s.written()
		p.sees("Su sesión terminó; lo que escribió está guardado")
		return p
	}},
	{"a form that met no session", func(s stage) *person {
		p := s.written()
		p.press("Entrar y seguir")
		p.press(title(requester))
		p.sees("Lo que escribió sigue aquí", "Teléfono", "Guardar mis datos")
		return p
	}},
	{"a form that met no session and cannot be sent any more", func(s stage) *person {
		order := s.asked("Se apaga sola")
		p := s.at(engineer, "/ordenes/"+order+"/prioridad")
		p.choose("Urgente")
		p.write("¿Por qué?", "No hay otro en la unidad")
		other := p.another()
		other.open("/quien-soy")
		other.press("Cerrar la sesión")
		p.press("Cambiar la prioridad")
		s.Want(s.t, engineer, "POST", "/v1/work-orders/"+order+"/cancel", map[string]any{"note": "duplicada"})
		p.press("Entrar y seguir")
		p.press(title(engineer))
		p.sees("Lo que escribió sigue aquí", "No hay otro en la unidad", "Cancelada")
		return p
	}},
	{"a form that met somebody else's session", func(s stage) *person {
		p := s.written()
		p.press("Entrar y seguir")
		p.press(title(director))
		p.sees("Lo que estaba escrito era de otra persona")
		return p
	}},
	{"a sign-in that was not completed", func(s stage) *person {
		p := s.stranger(s.broken, "/entrar/vuelta?code=x&state=y")
		p.sees("No se completó la entrada")
		return p
	}},
	{"signing in", func(s stage) *person {
		p := s.stranger(s.broken, "/")
		p.sees("¿Con quién quiere entrar?")
		return p
	}},
	{"signing out", func(s stage) *person {
		p := s.at(requester, "/")
		p.leaves()
		p.sees("Cerró la sesión")
		return p
	}},
}

// stage is where scenes are shown: an installation, and a console before it whose services can fail.
type stage struct {
	day
	broken *broken
}

// newStage is a stage on which everything works.
func newStage(t *testing.T, b browser) stage {
	t.Helper()
	h := newHouse(t)
	return stage{day{h, t, b, way{size: phone}}, without(t, h.World, time.Now)}
}

// all shows the scenes, one after the other.
func (s stage) all(seen func(name string, p *person)) {
	t := s.t
	for _, scene := range slices.Concat(scenes, doors) {
		t.Run(scene.name, func(t *testing.T) {
			s.broken.take("")
			s.t = t
			seen(scene.name, scene.show(s))
		})
	}
	s.broken.take("")
}

// at is somebody at a page.
func (s stage) at(user, path string) *person {
	s.t.Helper()
	p := s.b.arrive(s.t, s.broken.URL, user, s.way)
	p.open(path)
	return p
}

// failing is a page whose one service fails.
func (s stage) failing(how func(http.ResponseWriter, *http.Request), path string) *person {
	s.t.Helper()
	p := s.at(engineer, "/")
	s.broken.fails("/v1/work-orders", how)
	p.open(path)
	p.sees("No pudimos traer esta página", "Intentar de nuevo")
	return p
}

// refused is the page of what somebody may not see, which is that of what does not exist.
func (s stage) refused(path string) *person {
	s.t.Helper()
	p := s.at(requester, path)
	p.sees("No encontramos esta página")
	return p
}

// written is a form that was sent when the session had ended: in another tab of the same browser.
func (s stage) written() *person {
	s.t.Helper()
	p := s.at(requester, "/quien-soy/datos")
	p.write("Teléfono", "615 152 0021")
	p.another().leaves()
	p.press("Guardar mis datos")
	return p
}

// lists are those that people print, and whose.
var lists = map[string]string{"/equipos": engineer, "/ordenes": engineer, "/por-revisar": engineer, "/entregas": office, "/programa": office, "/contratos": contracts, "/personas": admin, "/catalogo": engineer,
	"/reportes": requester, "/historial": contractor, "/nacion": planner, "/cifra/en-servicio?lugar=unit:" + demo.SantaRosalia: planner, "/": director}

// paper is a sheet of paper between its margins, in CSS pixels; lengthwise it is as wide as a desk's window.
var paper = size{"paper", 703, 1000}

// printed shows a page as it is printed, and fails the test where something that only a screen can use is on the paper, or what says of when it is is not.
func (p *person) printed(seen func()) {
	p.t.Helper()
	before := p.way
	p.becomes(way{size: paper, paper: true})
	p.present()
	if odd := run(p, chromedp.Evaluate[[]string](`[...document.querySelectorAll('nav:not(.filters), .filters a:not([aria-current]), button, [role=button], .skip, a.back, details:not([open]) > summary, [type=search], form[method=get] [value=""]')].filter(e => e.checkVisibility({visibilityProperty: true})).map(e => e.outerHTML.slice(0, 120))`)); len(odd) > 0 {
		p.t.Errorf("%s on paper: %s", p.path(), strings.Join(odd, "\n"))
	}
	if !p.is(`[...document.querySelectorAll('.paper-only')].some(e => e.checkVisibility() && e.innerText.trim() !== '')`) {
		p.fatalf("the paper does not say who printed it, and when")
	}
	seen()
	p.becomes(before)
}

// TestScenesCanBeReadAndTouched looks at the pages that no link leads to, as at all others.
func TestScenesCanBeReadAndTouched(t *testing.T) {
	looked := &looked{source: axe(t)}
	newStage(t, chromium(t)).all(func(name string, p *person) { looked.at(p, name) })
}

// TestListsArePrintedWithoutWhatAScreenNeeds looks at lists as they come on paper.
func TestListsArePrintedWithoutWhatAScreenNeeds(t *testing.T) {
	b, w, looked := chromium(t), institutionOf(t, 40), &looked{source: axe(t)}
	people := map[string]*person{}
	for path, user := range lists {
		if people[user] == nil {
			people[user] = b.arrive(t, w.URL, user, way{size: desk})
		}
		p := people[user]
		p.open(path)
		p.printed(func() { looked.look(p, path+" on paper") })
	}
}
