//go:build browser

package browser_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

// bothSizes runs a test at a phone and at a desk, each with a browser and a house of its own.
func bothSizes(t *testing.T, test func(d day)) {
	for _, how := range []way{{size: phone}, {size: desk}} {
		t.Run(how.name, func(t *testing.T) { test(day{newHouse(t), t, chromium(t), how}) })
	}
}

// back is the button of the browser. Where the page before was the answer to a form the browser asks whether to send that form again, and it is.
func (p *person) back() {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	err := chromedp.Do(ctx, chromedp.NavigateBack())
	var asks *chromedp.LoadError
	if errors.As(err, &asks) {
		run(p, chromedp.WaitEvent(page.LoadEventFired, nil, reload))
	} else if err != nil {
		p.t.Fatal(err)
	}
	p.present()
}

// TestTenTabsDoOneThingOnce: the review of a delivery stands in ten tabs, and is sent from each.
func TestTenTabsDoOneThingOnce(t *testing.T) {
	bothSizes(t, func(d day) {
		tabs := []*person{d.enter(director)}
		for len(tabs) < 10 {
			tabs = append(tabs, tabs[0].another())
		}
		for _, p := range tabs {
			p.open("/entregas/" + d.delivery)
			p.press("Revisar antes de confirmar")
		}
		for i, p := range tabs {
			p.press("Confirmar la recepción")
			if i == 0 {
				p.sees("Recepción confirmada")
			}
		}
		for i, p := range tabs {
			p.open("/")
			if !p.is(`document.querySelector('.site-nav')`) {
				p.fatalf("tab %d is no longer signed in", i+1)
			}
		}
		d.has(director, "/v1/deliveries/"+d.delivery, "state", "confirmed")
		if got := d.items(director, "/v1/deliveries/"+d.delivery+"/history"); len(got) != 4 {
			d.t.Errorf("what happened to the delivery: %v", got)
		}
	})
}

// TestBackAndReloadReportNothingTwice: after a report was sent its page is reloaded, and the form behind it is sent once more.
func TestBackAndReloadReportNothingTwice(t *testing.T) {
	bothSizes(t, func(d day) {
		p := d.enter(requester)
		reports(p)
		run(p, chromedp.Reload())
		p.present()
		p.sees(complaint)
		p.back()
		p.sees("Paso 3 de 3")
		p.press("Enviar el reporte")
		p.present()
		if n := len(d.items(requester, "/v1/work-orders")); n != 1 {
			d.t.Errorf("reported %d times", n)
		}
	})
}

// TestWhatWasWrittenWhenTheSessionEndedElsewhereIsSentOnce: another tab signs out, the form of this one is kept, and sent after signing in again.
func TestWhatWasWrittenWhenTheSessionEndedElsewhereIsSentOnce(t *testing.T) {
	bothSizes(t, func(d day) {
		s := stage{d, without(t, d.World, time.Now)}
		p := s.written()
		p.press("Entrar y seguir")
		u, _ := devissuer.UserByName(requester)
		p.press(u.Title)
		p.sees("Lo que escribió sigue aquí")
		p.press("Guardar mis datos")
		p.sees("Datos guardados", "615 152 0021")
		d.has(requester, "/v1/people/me", "telephone", "615 152 0021")
	})
}

// TestAClockADayWrong: a console that is a day behind the browser, or the browser a day ahead, keeps people signed in, since what the browser is to
// forget after a while is told as a while. One that is a day ahead finds whoever signs in over already, and says so: nobody is led round in a circle.
func TestAClockADayWrong(t *testing.T) {
	h, b := newHouse(t), chromium(t)
	clock := func(wrong time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(wrong) } }
	p := b.arrive(t, without(t, h.World, clock(-24*time.Hour)).URL, requester, way{size: phone})
	p.press("Reportar")
	p.sees("Paso 1 de 3")
	p.open("/quien-soy")
	p.sees("Quién soy")
	p = b.stranger(t, without(t, h.World, clock(24*time.Hour)).URL, way{size: phone})
	p.open("/")
	u, _ := devissuer.UserByName(requester)
	p.press(u.Title)
	p.sees("No se completó la entrada", "Entrar de nuevo")
}

// TestTwoInstallationsOnOneMachineSignOneAnotherOutAndNoMore: browsers send a host's cookies to all of its ports. A cookie of another installation is
// no session, and no failure.
func TestTwoInstallationsOnOneMachineSignOneAnotherOutAndNoMore(t *testing.T) {
	bothSizes(t, func(d day) {
		other := without(d.t, d.World, time.Now)
		p := d.enter(requester)
		u, _ := devissuer.UserByName(requester)
		for _, base := range []string{other.URL, d.URL} {
			p.base = base
			p.open("/reportes")
			p.sees("¿Con quién quiere entrar?")
			p.press(u.Title)
			p.sees("Ningún reporte suyo sigue abierto")
			if status := p.status(); status != http.StatusOK {
				d.t.Errorf("%s: %d", base, status)
			}
		}
	})
}
