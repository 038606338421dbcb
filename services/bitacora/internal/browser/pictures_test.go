//go:build browser

package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// album is a folder of pictures. A kind of page that is in it already is not taken again.
type album struct {
	dir   string
	taken map[string]bool
}

// take takes the whole page that is shown, on a phone and at a desk, and in the dark too where dark is set.
func (a *album) take(p *person, name string, dark bool) {
	p.t.Helper()
	if a.taken[name] {
		return
	}
	a.taken[name] = true
	before := p.way
	for _, how := range []way{{size: phone}, {size: desk}, {size: phone, dark: true}, {size: desk, dark: true}} {
		if how.dark && !dark {
			continue
		}
		p.becomes(how)
		file := name + "-" + how.name
		if how.dark {
			file += "-dark"
		}
		a.write(p, file, p.picture())
	}
	p.becomes(before)
}

func (a *album) write(p *person, name string, picture []byte) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// fileName is a kind of page as the name of a file.
func fileName(kind string) string {
	return strings.Trim(strings.NewReplacer(" ", "-", ",", "", "'", "", "/", "_", "{", "", "}", "", "?", "-", "&", "-", "=", "-").Replace(kind), "_")
}

// TestPictures takes a picture of every kind of page that somebody's links lead to: full, empty, of services that fail, of what somebody has no right to.
func TestPictures(t *testing.T) {
	a := &album{os.Getenv("PICTURES"), map[string]bool{}}
	if a.dir == "" {
		t.Fatal("PICTURES names the folder of the pictures: make pictures")
	}
	b, full := chromium(t), institutionOf(t, 1)
	a.readme(b.arrive(t, full.URL, director, way{size: phone}), b.arrive(t, full.URL, planner, way{size: desk}))
	for _, user := range everybody {
		p := b.arrive(t, full.URL, user, way{size: phone})
		a.take(p, "home-"+user, true)
		forms := map[string]string{}
		p.walk(func(kind string) {
			a.take(p, "full-"+fileName(kind), kind == "/nacion")
			if p.unfilled() != "" && !a.taken["unfilled-"+fileName(kind)] {
				forms[kind] = p.path()
			}
		})
		for kind, path := range forms {
			p.open(path)
			if button := p.unfilled(); button != "" {
				p.press(button)
				a.take(p, "unfilled-"+fileName(kind), false)
			}
		}
	}
	for path, user := range lists {
		p := b.arrive(t, full.URL, user, way{size: desk})
		p.open(path)
		p.printed(func() { a.write(p, "printed-"+fileName(kindOf(path)), p.picture()) })
	}
	newStage(t, b).all(func(name string, p *person) { a.take(p, "scene-"+fileName(name), true) })
	a.empty(t, b)
	a.failing(t, b, full)
}

// readme takes the two pictures of README: the window, not the whole page, and small.
func (a *album) readme(director, planner *person) {
	planner.open("/nacion")
	for name, p := range map[string]*person{"console-director": director, "console-nation": planner} {
		quality := int64(80)
		picture, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		if err == nil {
			err = os.WriteFile(filepath.Join(a.dir, name+".webp"), picture.Data, 0o644)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// empty are the pages of people who have nothing to do yet.
func (a *album) empty(t *testing.T, b browser) {
	w := localtest.Start(t, t.TempDir())
	if err := demo.Load(t.Context(), w.URL, w.Tokens); err != nil {
		t.Fatal(err)
	}
	for _, user := range everybody {
		p := b.arrive(t, w.URL, user, way{size: phone})
		a.take(p, "empty-home-"+user, false)
		for _, path := range p.navigation() {
			p.open(path)
			a.take(p, "empty-"+fileName(kindOf(path)), false)
		}
	}
}

// failing are the pages of people while the orders are away, and while everything is.
func (a *album) failing(t *testing.T, b browser, w *localtest.World) {
	for name, away := range map[string]string{"orders-away": "/v1/work-orders", "all-away": "/v1/"} {
		broken := without(t, w, time.Now)
		for _, user := range everybody {
			p := b.arrive(t, broken.URL, user, way{size: phone})
			broken.take(away)
			for _, path := range p.navigation() {
				p.open(path)
				a.take(p, name+"-"+fileName(user+kindOf(path)), false)
			}
			broken.take("")
		}
	}
}

// navigation are where the main navigation leads to, home first.
func (p *person) navigation() []string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.site-nav a')].map(a => a.pathname + a.search)`))
}
