package app_test

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// browser is a browser with its cookies, as many tabs as goroutines use it. It remembers every byte that it was sent.
type browser struct {
	t    *testing.T
	base string
	http *http.Client

	mu      sync.Mutex
	cookies map[string]*http.Cookie
	// elsewhere are the cookies of the provider.
	elsewhere map[string]*http.Cookie
	seen      *strings.Builder
}

// page is what a browser shows.
type page struct {
	status int
	path   string
	body   string
	header http.Header
}

func newBrowser(t *testing.T, base string) *browser {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, base: base, cookies: map[string]*http.Cookie{}, elsewhere: map[string]*http.Cookie{}, seen: &strings.Builder{},
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// copied is another browser with the same cookies, as somebody has who stole them.
func (b *browser) copied() *browser {
	c := newBrowser(b.t, b.base)
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(c.cookies, b.cookies)
	return c
}

// send is one request and its answer, without following where it leads.
func (b *browser) send(method, address string, form url.Values, change ...func(*http.Request)) page {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	b.mu.Lock()
	here := strings.HasPrefix(address, b.base)
	cookies := b.cookies
	if !here {
		cookies = b.elsewhere
	}
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	b.mu.Unlock()
	for _, f := range change {
		f(r)
	}
	a, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range a.Cookies() {
		if !here {
			b.elsewhere[c.Name] = c
		}
	}
	if !here {
		return page{a.StatusCode, r.URL.String(), string(text), a.Header}
	}
	_ = a.Header.Write(b.seen)
	b.seen.Write(text)
	for _, c := range a.Cookies() {
		if !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || !strings.HasPrefix(c.Name, "__Host-") {
			b.t.Errorf("a cookie that others could read or set: %s", c)
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	return page{a.StatusCode, r.URL.RequestURI(), string(text), a.Header}
}

// follow goes where answers lead.
func (b *browser) follow(p page, from string) page {
	b.t.Helper()
	for range 10 {
		to := p.header.Get("Location")
		if p.status < 300 || p.status > 399 || to == "" {
			return p
		}
		at, err := url.Parse(from)
		if err != nil {
			b.t.Fatal(err)
		}
		next, err := at.Parse(to)
		if err != nil {
			b.t.Fatal(err)
		}
		from = next.String()
		p = b.send("GET", from, nil)
	}
	b.t.Fatal("it leads round in a circle")
	return p
}

func (b *browser) get(path string) page {
	b.t.Helper()
	return b.follow(b.send("GET", path, nil), b.base+path)
}

// submit sends the form of a page, with some of its fields changed.
func (b *browser) submit(p page, fields map[string]string) page {
	b.t.Helper()
	action, form := formOf(b.t, p)
	for name, value := range fields {
		form.Set(name, value)
	}
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	to, err := at.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.follow(b.send("POST", to.String(), form), to.String())
}

var (
	formTag   = regexp.MustCompile(`(?s)<main.*?<form[^>]*action="([^"]*)"(.*?)</form>`)
	hiddenTag = regexp.MustCompile(`<input (?:type="hidden" )?name="([^"]*)" value="([^"]*)"`)
	headTag   = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
)

// formOf is where the first form of a page is sent, and its hidden fields.
func formOf(t *testing.T, p page) (action string, form url.Values) {
	t.Helper()
	found := formTag.FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("%s has no form: %d %s", p.path, p.status, p.body)
	}
	form = url.Values{}
	for _, f := range hiddenTag.FindAllStringSubmatch(found[2], -1) {
		form.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return html.UnescapeString(found[1]), form
}

// heading is the page's first heading.
func (p page) heading() string {
	if found := headTag.FindStringSubmatch(p.body); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// wants fails the test unless the page has this status and heading.
func (p page) wants(t *testing.T, status int, heading string) page {
	t.Helper()
	if p.status != status || p.heading() != heading {
		t.Fatalf("%s: %d %q, not %d %q:\n%s", p.path, p.status, p.heading(), status, heading, p.body)
	}
	return p
}

// enter signs in as a demo user, coming from a path.
func (b *browser) enter(user, path string) page {
	b.t.Helper()
	return b.submit(b.get(path).wants(b.t, 200, "¿Con quién quiere entrar?"), map[string]string{"user": user})
}
