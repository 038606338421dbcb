//go:build browser

package browser_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// everybody is one demo user of each role.
var everybody = []string{requester, director, engineer, contractor, technician, contracts, office, planner, auditor, admin}

// institutionOf is an installation with the full demonstration, or with the share-th part of it.
func institutionOf(t *testing.T, share int) *localtest.World {
	t.Helper()
	cfg := localtest.Settings(t.TempDir())
	cfg.Demo = local.DemoFull
	w := localtest.Open(t, cfg)
	t.Cleanup(func() { w.Close(t) })
	err := w.LoadDemo(func() error {
		s := w.Stage()
		return institution.Load(context.WithoutCancel(t.Context()), institution.Config{Stage: s, Handler: s.Handler, Base: s.Base, Share: share})
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Bounds of a walk. Of pages of one kind that show different documents only some are looked at.
const (
	walkMost    = 150
	documentsOf = 2
)

// walk follows the links from a person's home, in the order in which they come, and calls visit on each page. Addresses that differ in a document or in
// what a filter says lead to one kind of page: the kinds, and so new screens, are found by themselves.
func (p *person) walk(visit func(kind string)) {
	p.t.Helper()
	seen, kinds := map[string]bool{"/": true}, map[string]int{}
	visits := 0
	for queue := []string{"/"}; len(queue) > 0 && visits < walkMost; queue = queue[1:] {
		kind := kindOf(queue[0])
		most := 1
		if strings.Contains(kind, "{") {
			most = documentsOf
		}
		if kinds[kind] >= most {
			continue
		}
		kinds[kind]++
		visits++
		p.open(queue[0])
		if status := p.status(); status >= 400 {
			p.t.Errorf("%s: a link leads to %s, which answers %d", p.user, queue[0], status)
			continue
		}
		links := p.links()
		visit(kind)
		for _, link := range links {
			if !seen[link] {
				seen[link] = true
				queue = append(queue, link)
			}
		}
	}
}

// status is that of the answer that is shown.
func (p *person) status() int {
	p.t.Helper()
	return run(p, chromedp.Evaluate[int](`performance.getEntriesByType('navigation')[0].responseStatus`))
}

// links are where the page that is shown leads to within the console.
func (p *person) links() []string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[[]string](`[...new Set([...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin).map(a => a.pathname + a.search))]`))
}

var (
	digit = regexp.MustCompile(`[0-9]`)
	// named are places and figures that stand in addresses by name.
	named = regexp.MustCompile(`^/(oficina|cifra)/[^/]+`)
)

// kindOf is an address without what tells a document from another, and without the values of its query.
func kindOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	segments := strings.Split(named.ReplaceAllString(u.Path, "/$1/{name}"), "/")
	for i, s := range segments {
		if digit.MatchString(s) {
			segments[i] = "{id}"
		}
	}
	kind := strings.Join(segments, "/")
	var keys []string
	for key, values := range u.Query() {
		if key == "lugar" {
			key += "=" + strings.SplitN(values[0], ":", 2)[0]
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		kind += "?" + strings.Join(keys, "&")
	}
	return kind
}

// unfilled is the button of the page's form, where the form has something to fill in; "" elsewhere.
func (p *person) unfilled() string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[string](`[...document.querySelectorAll('main form[method=post]')].filter(f => f.querySelector('textarea, select, input:not([type=hidden])')).map(f => f.querySelector('.confirm-bar button')?.innerText ?? '')[0] ?? ''`))
}

// TestEveryScreenCanBeReadAndTouched looks at every page that a role's links lead to, and at what comes of a form that is sent as it stands: light on
// a phone, and dark at a desk. No link may lead to nothing.
func TestEveryScreenCanBeReadAndTouched(t *testing.T) {
	w, b, looked := institutionOf(t, 40), chromium(t), &looked{source: axe(t)}
	t.Run("as", func(t *testing.T) {
		for _, user := range everybody {
			t.Run(user, func(t *testing.T) {
				t.Parallel()
				p, forms := b.arrive(t, w.URL, user, way{size: phone}), map[string]string{}
				p.walk(func(kind string) {
					looked.at(p, kind)
					if p.unfilled() != "" {
						forms[kind] = p.path()
					}
				})
				for kind, path := range forms {
					p.open(path)
					if button := p.unfilled(); button != "" { // what it is about may have gone on meanwhile
						p.press(button)
						looked.at(p, kind+" sent as it stands")
					}
				}
			})
		}
	})
	broken := without(t, w, time.Now)
	for _, user := range []string{director, contractor, planner} {
		broken.take("")
		p := b.arrive(t, broken.URL, user, way{size: phone})
		for _, away := range []string{"/v1/work-orders", "/v1/"} { // the links are those of the page before, which has them whatever is away
			for _, path := range p.navigation() {
				broken.take(away)
				p.open(path)
				looked.at(p, kindOf(path)+" without "+away)
			}
		}
	}
	if n := len(looked.kinds); n < 60 {
		t.Errorf("only %d kinds of page were found", n)
	}
}
