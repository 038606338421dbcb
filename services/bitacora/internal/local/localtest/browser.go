package localtest

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Browser is a browser at the console of an installation.
type Browser struct {
	t    testing.TB
	base string
	*http.Client
}

// jar keeps the cookies of one host. The standard library's sends a Secure cookie over HTTPS alone, where browsers send it to their own machine too.
type jar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies, c.Name)
			continue
		}
		j.cookies[c.Name] = c
	}
}

func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Values(j.cookies))
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
	b := &Browser{t, w.URL, &http.Client{Transport: transport, Jar: &jar{cookies: map[string]*http.Cookie{}}}}
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
