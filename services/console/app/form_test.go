package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

func TestAFormIsCarriedOutInTheNameOfWhoSentItFromTheirAddress(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.submit(b.enter(director, "/nota"), map[string]string{"text": "la cisterna"}).wants(t, 200, "Nota")
	if want := []string{devissuer.Subject(director) + ` 127.0.0.1 {"text":"la cisterna"}`}; !slices.Equal(w.services.written(), want) {
		t.Errorf("%q", w.services.written())
	}
}

func TestAFormSentTwiceCarriesTheSameIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	for range 3 {
		b.submit(form, map[string]string{"text": "una vez"}).wants(t, 200, "Nota")
	}
	if len(w.services.written()) != 1 {
		t.Errorf("%q", w.services.written())
	}
}

func TestAFormThatMetNoSessionIsSentAfterTheSamePersonSignedInAgain(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	kept := b.submit(form, map[string]string{"text": "<b>lo que escribí</b>"}).wants(t, 401, "Su sesión terminó; lo que escribió está guardado")
	if len(w.services.written()) != 0 {
		t.Fatalf("sent without a session: %q", w.services.written())
	}
	still := b.submit(b.get(link(t, kept)), map[string]string{"user": director}).still(t)
	b.get(still.path).still(t) // a reload does no harm
	b.submit(still, nil).wants(t, 200, "Nota")
	b.submit(still, nil).wants(t, 200, "Nota")
	_, first := formOf(t, form)
	if n := w.services.notes[first.Get("idempotency_key")]; len(w.services.written()) != 1 || !strings.Contains(n, `u003cb\u003elo que escribí`) {
		t.Errorf("%q", w.services.written())
	}
	sent := b.get(still.path).wants(t, 200, "Lo que escribió ya se envió")
	if strings.Contains(sent.body, "lo que escribí") || strings.Contains(sent.body, "No se ha guardado") {
		t.Errorf("once it was sent: %s", sent.body)
	}
	b.get(link(t, sent)).wants(t, 200, "Nota")
}

// still fails the test unless the page is the form that was kept, in its own words and filled in.
func (p page) still(t *testing.T) page {
	t.Helper()
	if p.wants(t, 200, "Nota"); !strings.Contains(p.body, "<h2>Lo que escribió sigue aquí</h2>") {
		t.Fatalf("%s: %s", p.path, p.body)
	}
	return p
}

// What was typed can be read before it is sent: the form is filled in with it. Where its page cannot be had, it can be sent all the same.
func TestAKeptFormShowsWhatWillBeSent(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	kept := b.submit(form, map[string]string{"text": `</form><b>la "cisterna"`})
	still := b.submit(b.get(link(t, kept)), map[string]string{"user": director}).still(t)
	if !strings.Contains(still.body, `value="&lt;/form&gt;&lt;b&gt;la &#34;cisterna&#34;"`) {
		t.Errorf("what was typed is not shown: %s", still.body)
	}
	w.services.does(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusServiceUnavailable) })
	away := b.get(still.path).wants(t, 200, "Lo que escribió sigue aquí")
	w.services.does(nil)
	b.submit(away, nil).wants(t, 200, "Nota")
	if written := w.services.written(); len(written) != 1 || !strings.Contains(written[0], "cisterna") {
		t.Errorf("%q", written)
	}
}

func TestAKeptFormThatIsRefusedWaitsUntilItIsTaken(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	kept := b.submit(form, map[string]string{"text": "x"})
	still := b.submit(b.get(link(t, kept)), map[string]string{"user": director}).still(t)
	w.services.does(func(out http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			out.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = out.Write([]byte(`{"type":"urn:bitacora:problem:validation-failed","errors":[{"location":"body.text","message":"too short"}]}`))
			return
		}
		_, _ = out.Write([]byte(`{}`))
	})
	refused := b.submit(still, nil).wants(t, 422, "Nota")
	b.get(still.path).still(t)
	w.services.does(nil)
	b.submit(refused, map[string]string{"text": "más largo"}).wants(t, 200, "Nota")
	b.get(still.path).wants(t, 200, "Lo que escribió ya se envió")
}

func TestAKeptFormWaitsForWhoWroteItAndIsNobodyElses(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	kept := b.submit(form, map[string]string{"text": "secreto"})
	other := b.submit(b.get(link(t, kept)), map[string]string{"user": "planner"}).wants(t, 403, "Lo que estaba escrito era de otra persona")
	if strings.Contains(other.body, "secreto") {
		t.Error("what was written is shown to somebody else")
	}
	b.submit(b.get(link(t, kept)), map[string]string{"user": director}).still(t)
	if len(w.services.written()) != 0 {
		t.Errorf("%q", w.services.written())
	}
}

func TestAFormIsKeptForAnHour(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	kept := b.submit(form, map[string]string{"text": "tarde"})
	w.clock.advance(time.Hour)
	b.submit(b.get(link(t, kept)), map[string]string{"user": director}).wants(t, 404, "Lo que escribió ya no está guardado")
}

func TestAFormOfMoreThan64KilobytesOrOfAnotherMakeIsNotKept(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.clock.advance(13 * time.Hour)
	b.submit(form, map[string]string{"text": strings.Repeat("x", 64<<10)}).wants(t, 401, "Su sesión terminó")
	b.submit(form, map[string]string{"hecho_para": "forged"}).wants(t, 401, "Su sesión terminó")
	newBrowser(t, b.base).send("POST", "/nota", url.Values{"text": {"x"}}).wants(t, 401, "Su sesión terminó")
}

func TestAFormThatWasMadeForSomebodyElseIsNotSent(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	b.submit(b.get("/entrar"), map[string]string{"user": "planner"})
	b.submit(form, map[string]string{"text": "de quien ya no está"}).wants(t, 403, "Este formulario era de otra persona")
	mine := b.get("/nota")
	for _, mark := range []string{"", "x", "AAAA"} { // that is nobody's: not somebody else's
		b.submit(mine, map[string]string{"hecho_para": mark}).wants(t, 403, "Este formulario llegó incompleto")
	}
	if len(w.services.written()) != 0 {
		t.Errorf("%q", w.services.written())
	}
}

func TestAFormOfAReplicaThatDiedIsSentThroughAnotherOnce(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	other := w.console()
	w.replicas[0].CloseClientConnections()
	w.replicas[0].Close()
	b.base = other
	for range 2 {
		b.submit(form, map[string]string{"text": "lo que escribí"}).wants(t, 200, "Nota")
	}
	if len(w.services.written()) != 1 {
		t.Errorf("%q", w.services.written())
	}
}

// The console's clock is a day wrong: nobody is led round in a circle, nothing is lost, and once it is right everything is.
func TestAClockThatIsADayWrongIsAPage(t *testing.T) {
	for name, wrong := range map[string]time.Duration{"fast": 24 * time.Hour, "slow": -24 * time.Hour} {
		w := newWorld(t, elsewhere)
		b := newBrowser(t, w.console())
		form := b.enterPlain(director, "/nota").wants(t, 200, "Nota")
		w.skew.Store(int64(wrong))
		if p := b.submit(form, map[string]string{"text": name}); (p.status != 200 || p.heading() != "Nota") && p.heading() != "Su sesión terminó; lo que escribió está guardado" {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
		fresh := newBrowser(t, b.base)
		if p := fresh.enterPlain(director, "/nota"); p.heading() != "Nota" && p.heading() != "No se completó la entrada" {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
		w.skew.Store(0)
		newBrowser(t, b.base).enterPlain(director, "/nota").wants(t, 200, "Nota")
		if n := len(w.services.written()); n > 1 {
			t.Errorf("%s: written %d times", name, n)
		}
	}
}

// link is where the page's one button leads.
func link(t *testing.T, p page) string {
	t.Helper()
	_, rest, found := strings.Cut(p.body, `<a role="button" href="`)
	to, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no button: %s", p.body)
	}
	return strings.ReplaceAll(to, "&amp;", "&")
}

func TestAFormThatAnotherSiteSendsIsRefused(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	_, form := formOf(t, b.enter(director, "/nota"))
	for name, change := range map[string]func(*http.Request){
		"another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a sibling":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"an old browser": func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		},
	} {
		for _, path := range []string{"/nota", "/salir", "/issuer/authorize"} {
			if p := b.send("POST", path, form, change); p.status != 403 || p.heading() != "Otro sitio envió este formulario" {
				t.Errorf("%s %s: %d %s", name, path, p.status, p.heading())
			}
		}
	}
	if len(w.services.written()) != 0 {
		t.Errorf("%q", w.services.written())
	}
	b.get("/nota").wants(t, 200, "Nota") // still signed in
}

func TestWhatTheServicesRefuseComesBackWithWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.services.does(func(out http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			out.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = out.Write([]byte(`{"type":"urn:bitacora:problem:validation-failed","errors":[{"location":"body.text","message":"too short"}]}`))
			return
		}
		_, _ = out.Write([]byte(`{}`))
	})
	p := b.submit(form, map[string]string{"text": `"><script>`}).wants(t, 422, "Nota")
	if !strings.Contains(p.body, "too short") || !strings.Contains(p.body, `value="&#34;&gt;&lt;script&gt;"`) {
		t.Error(p.body)
	}
	_, first := formOf(t, form)
	if _, again := formOf(t, p); again.Get("idempotency_key") != first.Get("idempotency_key") {
		t.Error("a form that was refused has another key: sent twice, it could be carried out twice")
	}
}

func TestAFormWhoseOutcomeIsUnknownCanBeSentAgainAsItWas(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	w.services.does(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusServiceUnavailable) })
	p := b.submit(form, map[string]string{"text": "dos veces no"}).wants(t, 503, "No sabemos si se guardó")
	w.services.does(nil)
	b.submit(p, nil).wants(t, 200, "Nota")
	_, sent := formOf(t, form)
	if n := w.services.notes[sent.Get("idempotency_key")]; !strings.Contains(n, "dos veces no") {
		t.Errorf("%q", w.services.written())
	}
}

func TestWhatIsAnothersLooksLikeWhatDoesNotExist(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	nothing := b.get("/nada").wants(t, 404, "No encontramos esta página")
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden} {
		w.services.does(func(out http.ResponseWriter, _ *http.Request) {
			out.WriteHeader(status)
			_, _ = out.Write([]byte(`{"type":"urn:bitacora:problem:not-found","detail":"the secret"}`))
		})
		p := b.get("/nota")
		if p.status != 404 || withoutKeys(p.body) != withoutKeys(nothing.body) {
			t.Errorf("%d: %d, and not the same page:\n%s\n%s", status, p.status, p.body, nothing.body)
		}
	}
}

// withoutKeys is a page without the values of its hidden fields, which differ each time.
func withoutKeys(body string) string { return hiddenTag.ReplaceAllString(body, "") }
