package app_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryAnswerSaysWhatBrowsersMayDo(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	for _, path := range []string{"/nota", "/nada", "/panico", "/entrar", "/entrar/vuelta", "/salir", "/issuer/authorize"} {
		h := b.send("GET", path, nil).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestNoPageHasAStyleOrAScriptOfItsOwn(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	for _, p := range []page{b.get("/quien-soy"), b.enter(director, "/quien-soy"), b.get("/nada"), b.get("/salir")} {
		if own := regexp.MustCompile(`(?i) style=| on[a-z]+=|<style|<script>|javascript:`).FindString(p.body); own != "" {
			t.Errorf("%s: %s", p.path, own)
		}
	}
}

func TestAFaultOfTheProgramIsAPage(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	b.get("/panico").wants(t, 500, "No pudimos armar esta página")
	b.get("/nota").wants(t, 200, "Nota")
}

func TestAFormOf20MegabytesIsAnsweredWithAPage(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	b.submit(form, map[string]string{"text": strings.Repeat("x", 20<<20)}).wants(t, 413, "Es demasiado grande")
	b.send("POST", "/nota", nil, func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader("text=%zz;x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}).wants(t, 400, "No se pudo leer el formulario")
}

// A browser reads the answer once it has sent everything, however slowly.
func TestAFormThatIsTooLargeIsReadToItsEnd(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	const size, piece = 20 << 20, 1 << 20
	if _, err := fmt.Fprintf(c, "POST /nota HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", size); err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(c)
	for sent := 0; sent < size; sent += piece {
		if sent == 4*piece { // it is answered by now; a server that reads no more closes the connection
			if _, err := answer.Peek(1); err != nil {
				t.Fatalf("no answer while it is sent: %v", err)
			}
		}
		if _, err := c.Write(bytes.Repeat([]byte("x"), piece)); err != nil {
			t.Fatalf("after %d bytes: %v", sent, err)
		}
	}
	a, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	if text, err := io.ReadAll(a.Body); a.StatusCode != http.StatusUnauthorized || !strings.Contains(string(text), "Su sesión terminó") {
		t.Errorf("%d %v %s", a.StatusCode, err, text)
	}
}

func TestWhileTheStoreOfSessionsIsAwayAPageSaysSo(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/nota")
	w.driver.away.Store(true)
	b.get("/nota").wants(t, 503, "No pudimos traer esta página")
	b.send("POST", "/salir", url.Values{}).wants(t, 503, "No pudimos traer esta página")
	w.driver.away.Store(false)
	b.get("/nota").wants(t, 200, "Nota")
}

func TestAServiceThatFailsOrAnswersNonsenseIsAPageWithAReference(t *testing.T) {
	// A fifth of it is left for the page that says that the outcome is unknown, which a busy machine has to draw in it.
	w := newWorld(t, func(w *world) { w.timeout = 3 * time.Second })
	b := newBrowser(t, w.console())
	form := b.enter(director, "/nota")
	for name, answer := range map[string]http.HandlerFunc{
		"away":               func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"busy":               func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"a page":             func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"a nonsense refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"gives up":           func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too much":           func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), 17<<20)) },
		"nothing":            func(http.ResponseWriter, *http.Request) {},
		"a half":             func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items":[{"id":`) },
		"slowly":             func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		w.services.does(func(out http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/notes" {
				answer(out, r)
			}
		})
		p := b.get("/nota")
		if p.status != 503 || p.heading() != "No pudimos traer esta página" || !strings.Contains(p.body, `class="folio">`+p.header.Get("X-Request-Id")) {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
		if !slices.Contains([]string{"away", "busy", "gives up", "slowly"}, name) {
			continue // nobody reads what a service answers to this form
		}
		w.services.does(answer)
		p = b.submit(form, map[string]string{"text": "lo que escribí"}).wants(t, 503, "No sabemos si se guardó")
		if _, kept := formOf(t, p); kept.Get("text") != "lo que escribí" {
			t.Errorf("%s: %s", name, p.body)
		}
	}
}

func TestOnlyNamesOfThisMachineAreAnsweredWhereTheConsoleHasNoAddress(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	for host, want := range map[string]int{"127.0.0.1:1": 303, "localhost": 303, "[::1]:8080": 303, "evil.example": 421, "10.0.0.1:80": 421, "127.0.0.1.evil.example": 421} {
		if p := b.send("GET", "/quien-soy", nil, func(r *http.Request) { r.Host = host }); p.status != want {
			t.Errorf("%s: %d", host, p.status)
		}
	}
}

func TestHtmxIsToldToSignInAgain(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	p := b.send("GET", "/nota?filtro=x", nil, func(r *http.Request) {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Current-URL", b.base+"/nota?pagina=2")
	})
	if p.status != 401 || p.header.Get("HX-Redirect") != "/entrar?a=%2Fnota%3Fpagina%3D2" {
		t.Errorf("%d %s", p.status, p.header.Get("HX-Redirect"))
	}
}

// sent is how many bytes a page and what it loads are on their way.
func (b *browser) sent(t *testing.T, path string) (n int, body string) {
	t.Helper()
	p := b.send("GET", path, nil, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if p.status != 200 || p.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%s: %d %v", path, p.status, p.header)
	}
	return len(p.body), b.send("GET", path, nil).body
}

func TestTheFirstPageIsAtMost60KilobytesAndLaterOnes20(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.console())
	b.enter(director, "/quien-soy")
	later, body := b.sent(t, "/quien-soy")
	first := later
	for _, file := range regexp.MustCompile(`(?:href|src)="(/static/[^"]*)"`).FindAllStringSubmatch(body, -1) {
		n, _ := b.sent(t, file[1])
		first += n
		if h := b.send("GET", file[1], nil).header; h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", file[1], h)
		}
	}
	if t.Logf("%d bytes, then %d", first, later); first > 60_000 || later > 20_000 || first < 30_000 {
		t.Errorf("%d bytes, then %d", first, later)
	}
}
