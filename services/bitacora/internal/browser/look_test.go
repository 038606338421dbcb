//go:build browser

package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe is the source of axe-core, which make fetches and AXE names.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(os.Getenv("AXE"))
	if err != nil {
		t.Fatalf("axe-core is fetched by `make test-browser`, which names it in AXE: %v", err)
	}
	return string(source)
}

// looked looks at pages, by several people at once. A page that has no part which another one had not is not looked at again, whoever sees it.
type looked struct {
	source string

	mu    sync.Mutex
	kinds map[string]bool
	parts map[string]bool
}

// parts are what a page is built of: its elements with their classes, each within its parent and that one's parent.
const parts = `(() => {
	const called = e => e ? e.localName + '.' + (e.getAttribute('class') ?? '') : ''
	return [...new Set([...document.body.querySelectorAll('*')].map(e => called(e.parentElement.parentElement) + ' > ' + called(e.parentElement) + ' > ' + called(e)))]
})()`

// news says whether a page is of a kind, or has a part, that was not looked at.
func (l *looked) news(kind string, parts []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds == nil {
		l.kinds, l.parts = map[string]bool{}, map[string]bool{}
	}
	fresh := !l.kinds[kind]
	l.kinds[kind] = true
	for _, part := range parts {
		fresh = fresh || !l.parts[part]
		l.parts[part] = true
	}
	return fresh
}

// at looks at the page that is shown: light on a phone, then dark at a desk.
func (l *looked) at(p *person, kind string) {
	p.t.Helper()
	if !l.news(kind, run(p, chromedp.Evaluate[[]string](parts))) {
		return
	}
	before := p.way
	l.look(p, kind)
	p.becomes(way{size: desk, dark: true})
	p.present()
	l.look(p, kind)
	p.becomes(before)
}

// look fails the test where axe-core finds something, or where something to touch is smaller than 44 px.
func (l *looked) look(p *person, kind string) {
	p.t.Helper()
	for _, f := range l.findings(p) {
		p.t.Errorf("%s, %s at %s: %s", kind, p.user, p.name, f)
	}
}

func (l *looked) findings(p *person) []string {
	p.t.Helper()
	run(p, chromedp.Evaluate[chromedp.Void](l.source))
	found := run(p, chromedp.Evaluate[[]string](rules, chromedp.EvalAwaitPromise))
	if !p.paper {
		found = append(found, run(p, chromedp.Evaluate[[]string](small))...)
	}
	if p.size == phone {
		found = append(found, run(p, chromedp.Evaluate[[]string](high))...)
	}
	return found
}

// TestWhatIsWrongOnAPageIsFound: pale text, a button that is too small, a field without a label.
func TestWhatIsWrongOnAPageIsFound(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!DOCTYPE html><html lang="es"><meta name="viewport" content="width=device-width"><title>x</title><main><h1>x</h1><p style="color:#bbb;background:#fff">pale</p><button>B</button><input></main>`)
	}))
	t.Cleanup(page.Close)
	p := chromium(t).stranger(t, page.URL, way{size: phone})
	p.open("/")
	found := strings.Join((&looked{source: axe(t)}).findings(p), "\n")
	for _, want := range []string{"color-contrast", "small", "critical label"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not found: %s", want, found)
		}
	}
}

const rules = `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: {'target-size': {enabled: !matchMedia('print').matches}}})
	.then(r => r.violations.flatMap(v => v.nodes.map(n => v.impact + ' ' + v.id + ': ' + n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''))))`

// high is the button of a form that is not at the bottom of the window, where the thumb is. Where something is wrong it ends the form and covers nothing.
const high = `[...document.querySelectorAll('.form-page > form:last-child > .confirm-bar')].filter(() => !document.querySelector('#errores'))
	.map(e => [e, e.getBoundingClientRect().bottom]).filter(([_, bottom]) => Math.abs(bottom - innerHeight) > 1)
	.map(([e, bottom]) => 'high ' + Math.round(bottom) + ' of ' + innerHeight + ': ' + e.innerText)`

// small is what can be touched and is smaller than 44 px. A link in a sentence is as high as its line.
const small = `(() => {
	const inSentence = e => getComputedStyle(e).display === 'inline' && [...e.parentElement.childNodes].some(n => n.nodeType === 3 && n.textContent.trim() !== '')
	return [...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), select, textarea')]
		.filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('[aria-hidden=true]') && !inSentence(e))
		.map(e => {
			const over = getComputedStyle(e, '::after'), whole = over.position === 'absolute' && over.content !== 'none' ? e.closest('tr, li, article') : e.closest('label')
			return [e, (whole ?? e).getBoundingClientRect()]
		})
		.filter(([e, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
		.map(([e, box]) => 'small ' + Math.round(box.width) + ' x ' + Math.round(box.height) + ': ' + e.outerHTML.replace(/\s+/g, ' ').slice(0, 160))
})()`
