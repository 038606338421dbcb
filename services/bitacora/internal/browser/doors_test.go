//go:build browser

package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// doors are the scenes of what the console itself says before any screen: that it is not ready, that there is no place, that nobody can sign in, that a
// form is not taken.
var doors = []scene{
	{"the demonstration is loading", func(s stage) *person {
		p := s.stranger(s.console(func(_ *console.Config, d *console.Deps) { d.Loading = func() (int, bool) { return 62, true } }), "/")
		p.sees("Se está cargando la demostración", "Va en 62 %")
		run(p, chromedp.Evaluate[chromedp.Void](`window.stop()`)) // it would come again in two seconds, and is to be looked at
		return p
	}},
	{"the identity provider is away", func(s stage) *person {
		nobody := httptest.NewServer(http.NotFoundHandler())
		nobody.Close()
		p := s.stranger(s.console(func(_ *console.Config, d *console.Deps) {
			d.Provider = console.OIDC(nobody.URL, console.ClientID, verifier(s.t, s.World), http.DefaultClient, time.Now)
		}), "/")
		p.sees("No se puede entrar en este momento", "Intentar de nuevo")
		return p
	}},
	{"too many requests, a page", func(s stage) *person {
		p, held := s.crowded("/quien-soy")
		held()
		p.open("/reportes")
		p.sees("Hay demasiadas peticiones a la vez", "Intentar de nuevo")
		return p
	}},
	{"too many requests, a form", func(s stage) *person {
		p, held := s.crowded("/quien-soy/datos")
		p.write("Teléfono", "615 152 0021")
		held()
		p.press("Guardar mis datos")
		p.sees("No se guardó todavía", "Enviar lo mismo otra vez")
		return p
	}},
	{"a kept form, to be sent", func(s stage) *person {
		p := s.written()
		p.press("Entrar y seguir")
		p.press(title(requester))
		p.sees("Lo que escribió sigue aquí", "Guardar mis datos")
		return p
	}},
	{"a kept form that was sent", func(s stage) *person {
		p := s.written()
		p.press("Entrar y seguir")
		p.press(title(requester))
		kept := p.path()
		p.press("Guardar mis datos")
		p.open(kept)
		p.sees("Lo que escribió ya se envió", "Ver cómo quedó")
		return p
	}},
	{"a kept form that is gone", func(s stage) *person {
		p := s.at(requester, "/entrar/pendiente?pendiente=none")
		p.sees("Lo que escribió ya no está guardado")
		return p
	}},
	{"a form that could not be kept", func(s stage) *person {
		p := s.at(requester, "/quien-soy/datos")
		p.another().leaves()
		p.marks("none")
		p.press("Guardar mis datos")
		p.sees("Su sesión terminó", "no se pudo guardar")
		return p
	}},
	{"a form of another installation", func(s stage) *person {
		p := s.at(requester, "/quien-soy/datos")
		p.marks("none")
		p.press("Guardar mis datos")
		p.sees("Este formulario llegó incompleto")
		return p
	}},
	{"a form that was made for somebody else", func(s stage) *person {
		p := s.at(requester, "/quien-soy/datos")
		other := p.another()
		other.leaves()
		other.press("Entrar de nuevo")
		other.press(title(director))
		p.press("Guardar mis datos")
		p.sees("Este formulario era de otra persona")
		return p
	}},
	{"a form that is too large", func(s stage) *person {
		p := s.at(requester, "/quien-soy/datos")
		run(p, chromedp.Evaluate[chromedp.Void](`document.querySelector('main input[name=telephone]').value = '1'.repeat(2 << 20)`))
		p.press("Guardar mis datos")
		p.sees("Es demasiado grande")
		return p
	}},
	{"a form that another site sent", func(s stage) *person {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `<!DOCTYPE html><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><h1>x</h1><form method="post" action="%s/quien-soy/datos"><button>Enviar</button></form>`, s.broken.URL)
		}))
		s.t.Cleanup(site.Close)
		p := s.at(requester, "/")
		p.base = site.URL
		p.open("/")
		p.press("Enviar")
		p.sees("Otro sitio envió este formulario")
		return p
	}},
	{"a sign-in that the provider refused", func(s stage) *person {
		p := s.stranger(s.broken, "/")
		state := run(p, chromedp.Evaluate[string](`new URLSearchParams(location.search).get('state')`))
		p.open("/entrar/vuelta?" + url.Values{"error": {"access_denied"}, "state": {state}}.Encode())
		p.sees("No entró", "Entrar de nuevo")
		return p
	}},
	{"whether to sign out", func(s stage) *person {
		p := s.at(requester, "/salir")
		p.sees("¿Cerrar la sesión?")
		return p
	}},
}

// console is one more console of the installation, made in that way.
func (s stage) console(with func(*console.Config, *console.Deps)) *broken {
	s.t.Helper()
	return without(s.t, s.World, time.Now, with)
}

// stranger is somebody who has not signed in, at a path of a console.
func (s stage) stranger(at *broken, path string) *person {
	s.t.Helper()
	p := s.b.stranger(s.t, at.URL, s.way)
	p.open(path)
	return p
}

// crowded is a person at a page of a console that has one place, and what takes it: a page of another tab, whose service does not answer.
func (s stage) crowded(path string) (p *person, held func()) {
	s.t.Helper()
	s.broken = s.console(func(c *console.Config, _ *console.Deps) { c.MaxInFlight = 1 })
	p = s.at(requester, path)
	return p, func() {
		asked := make(chan struct{}, 1)
		s.broken.fails("/v1/work-orders", func(w http.ResponseWriter, r *http.Request) {
			select {
			case asked <- struct{}{}:
			default:
			}
			silent(w, r)
		})
		other := p.another()
		other.open("/quien-soy")
		run(other, chromedp.Evaluate[chromedp.Void](`void fetch('/ordenes')`))
		<-asked
	}
}

// leaves signs out.
func (p *person) leaves() {
	p.t.Helper()
	p.open("/quien-soy")
	p.press("Cerrar la sesión")
}

// marks changes for whom the page's form says that it was made.
func (p *person) marks(mark string) {
	p.t.Helper()
	run(p, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('main [name=hecho_para]').value = %q`, mark)))
}

// title is what the development issuer's page calls a demo user.
func title(user string) string {
	u, _ := devissuer.UserByName(user)
	return u.Title
}
