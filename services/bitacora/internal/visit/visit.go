// Package visit goes to the console as a browser without JavaScript does: from page to page by their links, with their forms, with cookies. It is
// a test's tool.
package visit

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Jar keeps the cookies of one host. The standard library's sends a Secure cookie over HTTPS alone, where browsers send it to their own machine too.
type Jar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

// SetCookies implements http.CookieJar.
func (j *Jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cookies == nil {
		j.cookies = map[string]*http.Cookie{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies, c.Name)
			continue
		}
		j.cookies[c.Name] = c
	}
}

// Cookies implements http.CookieJar.
func (j *Jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Values(j.cookies))
}

// Visitor is a browser at the console at Base ("http://127.0.0.1:8080").
type Visitor struct {
	Base string
	http *http.Client
}

// New is a browser in which nobody signed in.
func New(base string) *Visitor {
	return &Visitor{Base: base, http: &http.Client{Jar: &Jar{}, Transport: http.DefaultTransport.(*http.Transport).Clone(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// SignIn is a browser in which a demo user signed in.
func SignIn(ctx context.Context, base, user string) (*Visitor, error) {
	v := New(base)
	p, err := v.Get(ctx, "/quien-soy")
	if err != nil {
		return nil, err
	}
	if forms := p.Forms(); len(forms) > 0 {
		form := forms[0].Values()
		form.Set("user", user)
		if p, err = v.Follow(v.Post(ctx, forms[0].Action, form)); err != nil {
			return nil, err
		}
	}
	if p.Status != http.StatusOK || p.Path != "/quien-soy" {
		return nil, fmt.Errorf("%s is not signed in: %d %s", user, p.Status, p.Path)
	}
	return v, nil
}

// Close ends the connections.
func (v *Visitor) Close() { v.http.CloseIdleConnections() }

// Page is an answer. Location is where it leads on.
type Page struct {
	Status         int
	Path, Location string
	Header         http.Header
	Body           string

	ctx context.Context //nolint:containedctx // of the request that it answers, for following it
}

// Do sends a request; where its answer leads is not followed.
func (v *Visitor) Do(r *http.Request) (*Page, error) {
	a, err := v.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = a.Body.Close() }()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, err
	}
	p := &Page{Status: a.StatusCode, Path: r.URL.RequestURI(), Header: a.Header, Body: string(body), ctx: r.Context()}
	if to, err := r.URL.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		p.Location = to.RequestURI()
	}
	return p, nil
}

// Get is the page at a path, wherever that leads.
func (v *Visitor) Get(ctx context.Context, path string) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.Base+path, nil)
	if err != nil {
		return nil, err
	}
	return v.Follow(v.Do(r))
}

// Follow goes where an answer leads.
func (v *Visitor) Follow(p *Page, err error) (*Page, error) {
	for range 10 {
		if err != nil || p.Status < 300 || p.Status > 399 || p.Location == "" {
			return p, err
		}
		r, wrong := http.NewRequestWithContext(p.ctx, http.MethodGet, v.Base+p.Location, nil)
		if wrong != nil {
			return nil, wrong
		}
		p, err = v.Do(r)
	}
	return p, fmt.Errorf("%s leads round in a circle", p.Path)
}

// Post sends a form as from a page of the console; where the answer leads is not followed.
func (v *Visitor) Post(ctx context.Context, path string, form url.Values) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.Do(r)
}

var (
	ids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z]{5}[0-9]{6}`)
	keys = regexp.MustCompile(`^/(entidad|oficina|cifra)/[^/?]+`)
)

// Shape is what addresses of the same kind have in common: "/ordenes/*/aprobar", "/equipos?estado&q".
func Shape(path string) string {
	before, query, _ := strings.Cut(path, "?")
	q, _ := url.ParseQuery(query)
	return keys.ReplaceAllString(ids.ReplaceAllString(before, "*"), "/$1/*") + "?" + strings.Join(slices.Sorted(maps.Keys(q)), "&")
}

// Crawl looks at every page that links lead to from a path, at most so many of each shape, in the order in which they are found.
func (v *Visitor) Crawl(ctx context.Context, from string, each int) (pages []*Page, err error) {
	queue, known, shapes := []string{from}, map[string]bool{from: true}, map[string]int{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if shapes[Shape(path)]++; shapes[Shape(path)] > each {
			continue
		}
		p, err := v.Get(ctx, path)
		if err != nil {
			return pages, fmt.Errorf("%s: %w", path, err)
		}
		pages = append(pages, p)
		for _, to := range p.Links() {
			if !known[to] {
				known[to] = true
				queue = append(queue, to)
			}
		}
	}
	return pages, nil
}
