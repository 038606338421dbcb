//go:build browser

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

// size is that of a window, in CSS pixels.
type size struct {
	name          string
	width, height int64
}

var (
	phone = size{"360", 360, 640}
	desk  = size{"1280", 1280, 800}
)

// way is how somebody uses the console.
type way struct {
	size
	keyboard, noScript, dark bool
	// paper shows pages as they are printed.
	paper bool
	// patience bounds the wait for a page; half a minute when 0.
	patience time.Duration
}

// slow says that the line is slow and breaks.
func (w way) slow() bool { return w.patience > 0 }

// reload shows the page again. It does not wait for it.
var reload = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
	return err
})

func (w way) limit() time.Duration {
	if w.patience > 0 {
		return w.patience
	}
	return 30 * time.Second
}

// window is a window of that size on a device of that kind.
func (w way) window() chromedp.Action[chromedp.Void] {
	viewport, scheme, media := []chromedp.EmulateViewportOption{}, "light", ""
	if w.width == phone.width {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)
	}
	if w.dark {
		scheme = "dark"
	}
	if w.paper {
		media = "print"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := chromedp.EmulateViewport(w.width, w.height, viewport...)(ctx, t); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

// becomes turns the window into another one.
func (p *person) becomes(how way) {
	p.t.Helper()
	p.way = how
	run(p, how.window())
}

// browser is a running Chromium.
type browser struct{ ctx context.Context }

// chromium starts a browser, which ends with the test.
func chromium(t *testing.T) browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("lang", "es-MX"))
	allocator, free := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		closing, done := context.WithTimeout(ctx, 10*time.Second)
		_ = chromedp.Cancel(closing) // one that does not end by itself is killed with its allocator
		done()
		cancel()
		free()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start (Debian's package is called chromium): %v", err)
	}
	return browser{ctx}
}

// person is somebody at a window whose cookies nobody shares.
type person struct {
	way
	t    *testing.T
	ctx  context.Context
	base string
	user string
	// presses counts the links and buttons that were pressed, reloads the pages that a broken line withheld.
	presses, reloads int

	mu     sync.Mutex
	faults []string
}

// arrive is a demo user at a window of their own who has signed in, at the development issuer's page, and sees their home.
func (b browser) arrive(t *testing.T, base, user string, how way) *person {
	t.Helper()
	p := b.stranger(t, base, how)
	p.user = user
	u, known := devissuer.UserByName(user)
	if !known {
		t.Fatalf("there is no demo user %s", user)
	}
	p.open("/")
	p.sees("¿Con quién quiere entrar?")
	p.press(u.Title)
	if at := p.path(); at != "/" {
		p.fatalf("signing in led to %s", at)
	}
	p.presses = 0
	return p
}

// stranger is somebody at a window who has not signed in.
func (b browser) stranger(t *testing.T, base string, how way) *person {
	t.Helper()
	return opened(b.ctx, t, base, how, chromedp.WithNewBrowserContext())
}

// another is one more tab of the same window: it has the same cookies, and shows nothing yet.
func (p *person) another() *person {
	p.t.Helper()
	q := opened(p.ctx, p.t, p.base, p.way)
	q.user = p.user
	return q
}

func opened(parent context.Context, t *testing.T, base string, how way, options ...chromedp.ContextOption) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	p := &person{way: how, t: t, ctx: ctx, base: base}
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, fault := range p.faults {
			t.Errorf("the browser complains: %s", fault)
		}
	})
	err := chromedp.Do(ctx, how.window())
	if err == nil { // several people are at the keyboard at once, each in a window that has the focus
		_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err == nil && how.noScript {
		_, err = chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if err == nil {
		err = chromedp.Listen(ctx, p.hear)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hear keeps what the browser complains of: a script that throws, what the page's policy forbids, a file that is not there.
func (p *person) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		// That a page has a status of its own, because a form lacks something or a service is away, is no fault; that of a file is.
		page := strings.Contains(e.Entry.Text, "status of") && path.Ext(e.Entry.URL) == ""
		lost := p.slow() && strings.Contains(e.Entry.Text, "net::ERR_")
		if e.Entry.Level == log.EntryLevelError && !page && !lost {
			fault = fmt.Sprintf("%s (%s)", e.Entry.Text, e.Entry.URL)
		}
	}
	if fault != "" {
		p.mu.Lock()
		p.faults = append(p.faults, fault)
		p.mu.Unlock()
	}
}

// within is an action's context: what takes longer fails.
func (p *person) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, p.limit())
}

// run carries out an action and fails the test when it does not succeed.
func run[T any](p *person, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	out, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("%s at %s: %v", p.user, p.name, err)
	}
	return out
}

// leading carries out an action that leads to another page, and waits until that one is there.
func (p *person) leading(a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	run(p, chromedp.WaitEvent(page.LoadEventFired, nil, a))
	p.present()
}

// open shows a path.
func (p *person) open(at string) {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Navigate(p.base+at))
	var broken *chromedp.LoadError
	if lost := p.slow() && errors.As(err, &broken); err != nil && !lost {
		p.t.Fatalf("%s at %s: %s: %v", p.user, p.name, at, err)
	}
	p.present()
}

// present fails the test unless a page is there as it should be: a page of the console, no wider than the window.
func (p *person) present() {
	p.t.Helper()
	for n := 0; p.slow() && n < 10 && p.is(`location.protocol === 'chrome-error:'`); n++ {
		run(p, chromedp.WaitEvent(page.LoadEventFired, nil, reload)) // what a person does with a page that did not come; a form is sent again
		p.reloads++
	}
	is := run(p, chromedp.Evaluate[struct {
		URL           string
		Heading       string
		Width, Scroll int64
	}](`({URL: location.href, Heading: document.querySelector('h1')?.innerText ?? '', Width: window.innerWidth, Scroll: document.scrollingElement.scrollWidth})`))
	switch {
	case is.Heading == "":
		p.fatalf("%s is no page", is.URL)
	case is.Scroll > p.width:
		p.fatalf("%s scrolls sideways: it is %d wide", is.URL, is.Scroll)
	}
}

// path is that of the page that is shown, with its query.
func (p *person) path() string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[string](`location.pathname + location.search`))
}

// words are those of the page that is shown.
func (p *person) words() string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[string](`document.body.innerText.replace(/\s+/g, ' ')`))
}

// sees fails the test unless the page says all of these.
func (p *person) sees(texts ...string) {
	p.t.Helper()
	words := p.words()
	for _, text := range texts {
		if !strings.Contains(words, text) {
			p.fatalf("%q is not shown", text)
		}
	}
}

// awaits reloads the page until it says a text: figures follow what happened by themselves, a moment later.
func (p *person) awaits(text string) {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	for !strings.Contains(p.words(), text) {
		if ctx.Err() != nil {
			p.fatalf("%q is never shown", text)
		}
		p.open(p.path())
	}
}

// fatalf ends the test, with what the page says and a picture of it.
func (p *person) fatalf(format string, args ...any) {
	p.t.Helper()
	file := filepath.Join(p.t.ArtifactDir(), p.name+"-"+p.user+".png")
	if err := os.WriteFile(file, p.picture(), 0o644); err != nil {
		p.t.Log(err)
	}
	p.t.Fatalf("%s at %s, on %s: %s\n%s", p.user, p.name, p.path(), fmt.Sprintf(format, args...), p.words())
}

// tallest bounds a picture, in CSS pixels.
const tallest = 6000

// picture is the whole page as a PNG, in a window that is as high as the page: what sticks to the bottom is at its end.
func (p *person) picture() []byte {
	p.t.Helper()
	high := run(p, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	whole := p.way
	whole.height = min(max(high, p.height), tallest)
	run(p, whole.window())
	defer run(p, p.window())
	return run(p, chromedp.CaptureScreenshot())
}
