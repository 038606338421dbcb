package localtest

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/visit"
)

// Browser is a browser at the console of an installation.
type Browser struct {
	t    testing.TB
	base string
	*http.Client
}

// Shown is a page that a browser shows.
type Shown struct {
	*http.Response
	Text string
}

// SignIn is a browser in which a demo user signed in.
func (w *World) SignIn(t testing.TB, user string) *Browser {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	b := &Browser{t, w.URL, &http.Client{Transport: transport, Jar: &visit.Jar{}}}
	if p := b.Send(b.Get("/quien-soy"), "user", user); p.StatusCode != http.StatusOK || p.Request.URL.Path != "/quien-soy" {
		t.Fatalf("%s is not signed in: %s %s", user, p.Request.URL, p.Text)
	}
	return b
}

// Get shows a path.
func (b *Browser) Get(path string) Shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *Browser) do(r *http.Request) Shown {
	b.t.Helper()
	a, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return Shown{a, string(text)}
}

var (
	mainForm    = regexp.MustCompile(`(?s)<main.*?<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// Send sends the first form of a page, its hidden fields and these names and values.
func (b *Browser) Send(p Shown, fields ...string) Shown {
	b.t.Helper()
	found := mainForm.FindStringSubmatch(p.Text)
	if found == nil {
		b.t.Fatalf("%s has no form: %s", p.Request.URL, p.Text)
	}
	form := url.Values{}
	for _, f := range hiddenField.FindAllStringSubmatch(found[2], -1) {
		form.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	for n := 0; n+1 < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	to, err := p.Request.URL.Parse(html.UnescapeString(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Post(to.RequestURI(), form)
}

// Post sends a form to a path, as from a page of the console.
func (b *Browser) Post(path string, form url.Values) Shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// Move points the browser at another installation, with the cookies of the one before.
func (b *Browser) Move(w *World) { b.base = w.URL }
