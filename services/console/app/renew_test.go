package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// elsewhere has the issuer be a provider at an address of its own, found by discovery.
func elsewhere(w *world) { w.demo = false }

// enterPlain signs in on the issuer's own page.
func (b *browser) enterPlain(user, path string) page {
	b.t.Helper()
	p := b.get(path)
	found := strings.ReplaceAll(p.body, `<form method`, `<main><form method`)
	return b.submit(page{body: found, path: p.path}, map[string]string{"user": user})
}

func TestOneOfManyTabsAndReplicasRenewsAToken(t *testing.T) {
	w := newWorld(t, elsewhere)
	one, two := w.console(), w.console()
	b := newBrowser(t, one)
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	for round := range 3 {
		w.clock.advance(tokenTTL)
		var tabs sync.WaitGroup
		for i := range 16 {
			tabs.Go(func() {
				if p := b.send("GET", []string{one, two}[i%2]+"/nota", nil, b.withCookies); p.status != 200 || p.heading() != "Nota" {
					t.Errorf("tab %d: %d %s", i, p.status, p.heading())
				}
			})
		}
		tabs.Wait()
		if n := w.renewals.Load(); n != int64(round+1) {
			t.Fatalf("round %d: the provider was asked %d times", round, n)
		}
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	w := newWorld(t, elsewhere)
	b := newBrowser(t, w.console())
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	w.clock.advance(tokenTTL - 2*time.Minute)
	b.get("/nota").wants(t, 200, "Nota")
	if n := w.renewals.Load(); n != 0 {
		t.Errorf("%d renewals of a token that is in force for two minutes", n)
	}
	w.clock.advance(time.Minute)
	b.get("/nota").wants(t, 200, "Nota")
	if n := w.renewals.Load(); n != 1 {
		t.Errorf("%d renewals of one that is for a minute", n)
	}
}

func TestWhileTheProviderIsAwaySessionsGoOnAndNobodyNewSignsIn(t *testing.T) {
	w := newWorld(t, elsewhere)
	base := w.console()
	b := newBrowser(t, base)
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	w.away.Store(true)
	w.clock.advance(tokenTTL - 30*time.Second) // it should be renewed, and is in force
	b.get("/nota").wants(t, 200, "Nota")
	w.clock.advance(time.Minute) // it is over
	b.get("/nota").wants(t, 503, "No pudimos traer esta página")
	parts := b.get("/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer") // a page in parts has those that need no service
	if !strings.Contains(parts.body, "Titular de la unidad") || !strings.Contains(parts.body, "Sus datos no responden") {
		t.Error(parts.body)
	}
	fresh := newBrowser(t, w.console())
	fresh.get("/nota").wants(t, 503, "No se puede entrar en este momento")
	w.away.Store(false)
	b.get("/nota").wants(t, 200, "Nota")
	fresh.enterPlain(director, "/nota").wants(t, 200, "Nota")
}

func TestASignInThatTheProviderEndsIsOverAtTheNextRenewal(t *testing.T) {
	w := newWorld(t, elsewhere)
	b := newBrowser(t, w.console())
	b.enterPlain(director, "/nota").wants(t, 200, "Nota")
	if err := w.issuer.Rotate(); err != nil { // tokens of the key before are believed still
		t.Fatal(err)
	}
	w.clock.advance(tokenTTL)
	b.get("/nota").wants(t, 200, "Nota")
	if err := w.issuer.Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := w.issuer.Rotate(); err != nil { // and now it is not: no refresh token of this browser is
		t.Fatal(err)
	}
	w.clock.advance(tokenTTL)
	p := b.send("GET", "/nota", nil)
	if p.status != 303 || !strings.HasPrefix(p.header.Get("Location"), "/entrar?") {
		t.Errorf("%d %s", p.status, p.header.Get("Location"))
	}
}

// withCookies has a request to whatever replica carry the browser's cookies.
func (b *browser) withCookies(r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Header.Get("Cookie") == "" {
		for _, c := range b.cookies {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
}
