package signin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// browser is what a browser is to the console and to the provider: cookies by host, one page after the other. It follows nothing by itself.
type browser struct {
	// at is where requests to the host public go instead, so that a console is reached without its ingress and its name.
	public, at *url.URL
	// provider begins the addresses of the provider, which may be of the same host.
	provider string
	http     http.RoundTripper
	// cookies by host. Those that are for HTTPS alone are sent over HTTP too: TLS is the ingress's business, which may not be on the way.
	cookies map[string]map[string]string
}

// page is an answer.
type page struct {
	at     *url.URL
	status int
	header http.Header
	body   string
}

const (
	maxPage = 4 << 20
	patient = 30 * time.Second
)

func (b *browser) get(ctx context.Context, address string) (*page, error) {
	return b.send(ctx, http.MethodGet, address, nil)
}

// send sends a request, with a form where there is one, as the page of the same origin that it is on does.
func (b *browser) send(ctx context.Context, method, address string, form url.Values) (*page, error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "text/html,*/*")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", at.Scheme+"://"+at.Host)
	}
	for name, value := range b.cookies[at.Host] {
		r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // it is a request's: it has no attributes
	}
	if at.Host == b.public.Host && !strings.HasPrefix(address, b.provider) {
		r.Host, r.URL.Scheme, r.URL.Host = at.Host, b.at.Scheme, b.at.Host
	}
	a, err := b.http.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%s%s does not answer: %w", at.Host, at.Path, err)
	}
	defer func() { _ = a.Body.Close() }() // read to its end, or of no use
	text, err := io.ReadAll(io.LimitReader(a.Body, maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s%s was cut off: %w", at.Host, at.Path, err)
	}
	b.keep(at.Host, a.Cookies())
	return &page{at, a.StatusCode, a.Header, string(text)}, nil
}

func (b *browser) keep(host string, cookies []*http.Cookie) {
	if b.cookies[host] == nil {
		b.cookies[host] = map[string]string{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies[host], c.Name)
			continue
		}
		b.cookies[host][c.Name] = c.Value
	}
}

// leads is where an answer sends the browser, nil where it shows a page.
func (p *page) leads() *url.URL {
	to := p.header.Get("Location")
	if p.status < 300 || p.status > 399 || to == "" {
		return nil
	}
	at, err := p.at.Parse(to)
	if err != nil {
		return nil
	}
	return at
}

// most is how many redirects in a row are followed.
const most = 10

// follow goes where answers lead, until a page is shown or stop says that it is there.
func (b *browser) follow(ctx context.Context, p *page, stop func(to *url.URL) bool) (*page, error) {
	for range most {
		to := p.leads()
		if to == nil || stop != nil && stop(to) {
			return p, nil
		}
		var err error
		if p, err = b.get(ctx, to.String()); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s%s leads round in a circle", p.at.Host, p.at.Path)
}

// form is a form of a page: where it is sent, the fields it has, and which of them are typed into.
type form struct {
	action             string
	fields             url.Values
	username, password string
}

// formOf is the first form of a page that is sent and that wanted takes; nil where there is none.
func formOf(p *page, wanted func(form) bool) *form {
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || !strings.EqualFold(attribute(n, "method"), "post") {
			continue
		}
		f := form{action: p.at.String(), fields: url.Values{}}
		if to, err := p.at.Parse(attribute(n, "action")); err == nil {
			f.action = to.String()
		}
		for input := range n.Descendants() {
			f.add(input)
		}
		if wanted(f) {
			return &f
		}
	}
	return nil
}

func (f *form) add(n *html.Node) {
	name := attribute(n, "name")
	if n.Type != html.ElementNode || n.Data != "input" || name == "" {
		return
	}
	switch kind := strings.ToLower(attribute(n, "type")); {
	case kind == "hidden":
		f.fields.Add(name, attribute(n, "value"))
	case kind == "password" && f.password == "":
		f.password = name
	case (kind == "text" || kind == "email" || kind == "") && f.username == "":
		f.username = name
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
