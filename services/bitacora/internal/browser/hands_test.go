//go:build browser

package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// seek finds, among what is shown, the element of a selector that is called by a text: the one that says it alone, or else begins with it, or else has
// it. It is kept as globalThis.sought and scrolled to the middle of the window; the answer says where it is and what is above it there.
const seek = `((selector, text) => {
	const trim = s => (s ?? '').replace(/\s+/g, ' ').trim()
	const called = e => trim(e.labels?.length ? [...e.labels].map(l => l.innerText).join(' ') : e.innerText || e.getAttribute('aria-label'))
	const all = [...document.querySelectorAll(selector)].filter(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0 && !e.closest('[aria-hidden=true]'))
	const found = all.find(e => called(e) === text) ?? all.find(e => called(e).startsWith(text)) ?? all.find(e => called(e).includes(text))
	globalThis.sought = found
	if (!found) return {Others: all.map(called)}
	found.scrollIntoView({block: 'center', behavior: 'instant'})
	const box = found.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2
	const top = document.elementFromPoint(x, y)
	const above = top && !found.contains(top) && !top.contains(found) && ![...found.labels ?? []].some(l => l.contains(top))
	return {Found: true, X: x, Y: y, Above: above ? top.outerHTML.slice(0, 200) : '', Tag: found.tagName}
})`

type place struct {
	Found  bool
	X, Y   float64
	Above  string
	Tag    string
	Others []string
}

const (
	pressable = `a[href], button, summary`
	writable  = `input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea`
)

// find finds an element, and fails the test where there is none, or where something lies above it.
func (p *person) find(selector, text string) place {
	p.t.Helper()
	args, _ := json.Marshal([]string{selector, text})
	at := run(p, chromedp.Evaluate[place](seek+`(...`+string(args)+`)`))
	if !at.Found {
		p.fatalf("nothing is called %q; there are: %s", text, strings.Join(at.Others, " | "))
	}
	if at.Above != "" && !p.keyboard {
		p.fatalf("%q is covered by %s", text, at.Above)
	}
	return at
}

// press presses a link or a button that leads to another page.
func (p *person) press(text string) {
	p.t.Helper()
	p.presses++
	at := p.find(pressable, text)
	if p.keyboard {
		p.tabTo(text)
		p.leading(chromedp.KeyEvent(kb.Enter))
		return
	}
	p.leading(p.touch(at))
}

// touch is a finger's tap on a phone, and elsewhere a click.
func (p *person) touch(at place) chromedp.Action[chromedp.Void] {
	if p.size == phone {
		return chromedp.TapXY(at.X, at.Y)
	}
	return chromedp.MouseClickXY(at.X, at.Y)
}

// unfold opens what a summary hides.
func (p *person) unfold(text string) {
	p.t.Helper()
	at := p.find(`summary`, text)
	if p.keyboard {
		p.tabTo(text)
		run(p, chromedp.KeyEvent(kb.Enter))
	} else {
		run(p, p.touch(at))
	}
	p.until(fmt.Sprintf("%q is open", text), `globalThis.sought.parentElement.open`)
}

// write types into the field of a label, whatever stood there before.
func (p *person) write(label, text string) {
	p.t.Helper()
	at := p.find(writable, label)
	if p.keyboard {
		p.tabTo(label)
	} else {
		run(p, p.touch(at))
		p.until(fmt.Sprintf("%q has the focus", label), `document.activeElement === globalThis.sought`)
	}
	run(p, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	run(p, chromedp.KeyEvent(text))
	p.until(fmt.Sprintf("%q says %q", label, text), `globalThis.sought.value !== ''`)
}

// choose chooses one of the rows of a choice.
func (p *person) choose(option string) {
	p.t.Helper()
	at := p.find(`input[type=radio], input[type=checkbox]`, option)
	if !p.keyboard {
		run(p, p.touch(at))
	} else {
		// The Tab key leads into a group of radio buttons, the arrows lead within it.
		p.tabTo(option, `document.activeElement.name === globalThis.sought.name`)
		for range 30 {
			if p.is(`document.activeElement === globalThis.sought`) {
				break
			}
			run(p, chromedp.KeyEvent(kb.ArrowDown))
		}
		if !p.is(`globalThis.sought.checked`) {
			run(p, chromedp.KeyEvent(" "))
		}
	}
	p.until(fmt.Sprintf("%q is chosen", option), `globalThis.sought.checked`)
}

// pick picks what a question offers: one of its rows, where they are few; else an option of a list, by the keyboard, for the browser draws its list
// itself, above the page.
func (p *person) pick(label, option string) {
	p.t.Helper()
	if p.is(fmt.Sprintf(`[...document.querySelectorAll('legend')].some(l => l.innerText.trim().startsWith(%q))`, label)) {
		p.choose(option)
		return
	}
	p.find(`select`, label)
	if p.keyboard {
		p.tabTo(label)
	} else {
		run(p, chromedp.Evaluate[chromedp.Void](`globalThis.sought.focus()`))
	}
	says := fmt.Sprintf(`globalThis.sought.selectedOptions[0]?.text.includes(%q)`, option)
	for range 100 {
		if p.is(says) {
			return
		}
		run(p, chromedp.KeyEvent(kb.ArrowDown))
	}
	p.fatalf("%q does not offer %q", label, option)
}

// is asks the page whether something holds.
func (p *person) is(expression string) bool {
	p.t.Helper()
	return run(p, chromedp.Evaluate[bool](`!!(`+expression+`)`))
}

// until waits for something to hold on the page.
func (p *person) until(what, expression string) {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	// Where scripts are off the page runs no callbacks either, so the browser is asked again and again.
	for ctx.Err() == nil {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!(`+expression+`)`)); err == nil && holds {
			return
		}
	}
	p.fatalf("it never holds that %s", what)
}

// focus is what has the keyboard's focus.
type focus struct {
	There, Seen bool
	What        string
}

// tabTo presses the Tab key until what was sought has the focus, or until what is told instead holds. Wherever the focus stands on the way, it is to be seen.
func (p *person) tabTo(text string, instead ...string) {
	p.t.Helper()
	there := `document.activeElement === globalThis.sought`
	if len(instead) > 0 {
		there = instead[0]
	}
	look := `(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect()
		const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
		const seen = [.1, .5, .9].some(part => {
			const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height * part)
			return top && (e.contains(top) || [...e.labels ?? []].some(l => l.contains(top)))
		})
		return {There: ` + there + `, Seen: e === document.body || ring && seen, What: (ring ? 'covered: ' : 'no ring: ') + e.outerHTML.slice(0, 200)}
	})()`
	for range 400 {
		at, err := p.tab(look)
		if err != nil {
			p.t.Fatal(err)
		}
		if !at.Seen {
			p.fatalf("the focus is not to be seen on %s", at.What)
		}
		if at.There {
			return
		}
	}
	p.fatalf("the Tab key does not lead to %q", text)
}

func (p *person) tab(look string) (at focus, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, p.limit())
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)); err != nil {
		return at, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[focus](look))
}

// day writes a day into a date field, as its owner's calendar has it. In which order the parts of a date are typed is the browser's language's.
func (p *person) day(label string, on time.Time) {
	p.t.Helper()
	for _, order := range []string{"02012006", "01022006"} {
		p.find(`input[type=date]`, label)
		if p.keyboard {
			p.tabTo(label)
		} else {
			run(p, chromedp.Evaluate[chromedp.Void](`globalThis.sought.focus()`))
		}
		run(p, chromedp.KeyEvent(on.Format(order)))
		if p.is(fmt.Sprintf(`globalThis.sought.value === %q`, on.Format(time.DateOnly))) {
			return
		}
		run(p, chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	}
	p.fatalf("%q does not take %s", label, on.Format(time.DateOnly))
}
