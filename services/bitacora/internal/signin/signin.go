// Package signin signs in at a console as a browser does, through the provider's own pages, and out again: it proves that an installation lets
// people in, without a browser.
package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Config says which console is visited, and by whom.
type Config struct {
	// URL is the console's address as browsers know it, At where it is reached from here; the same when empty.
	URL, At string
	// Issuer is the provider that must sign people in, ClientID the console's at it.
	Issuer, ClientID string
	// Username and Password are those of somebody who may sign in. Without them the visit ends at the provider's page.
	Username, Password string
	// HTTP reaches both.
	HTTP http.RoundTripper
	// Out is told each step in a line.
	Out io.Writer
}

// visit is one visit.
type visit struct {
	Config
	*browser
	steps int
}

// Run visits the console. The error says at which step it is not as it must be.
func Run(ctx context.Context, cfg Config) error {
	public, err := address(cfg.URL)
	if err != nil {
		return err
	}
	at := public
	if cfg.At != "" {
		if at, err = address(cfg.At); err != nil {
			return err
		}
	}
	if (cfg.Username == "") != (cfg.Password == "") {
		return errors.New("a username needs a password, and a password a username")
	}
	v := &visit{cfg, &browser{public: public, at: at, provider: strings.TrimSuffix(cfg.Issuer, "/") + "/", http: cfg.HTTP, cookies: map[string]map[string]string{}}, 0}
	door, err := v.toProvider(ctx)
	if err != nil {
		return err
	}
	if cfg.Username == "" {
		return v.said("nobody signed in: no username and password were given. %d steps are as they must be", v.steps)
	}
	if err := v.signIn(ctx, door); err != nil {
		return err
	}
	if err := v.signOut(ctx); err != nil {
		return err
	}
	return v.said("somebody signed in and out: %d steps are as they must be", v.steps)
}

func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q is no address of a console: scheme and host are expected, such as https://bitacora.example.mx", text)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func (v *visit) here(path string) string { return v.public.String() + path }

func (v *visit) said(format string, args ...any) error {
	_, err := fmt.Fprintf(v.Out, format+"\n", args...)
	return err
}

// ok says a step that is as it must be.
func (v *visit) ok(format string, args ...any) error {
	v.steps++
	return v.said("ok  "+format, args...)
}

// toProvider goes from the console's first page to the provider's, which it answers.
func (v *visit) toProvider(ctx context.Context) (*page, error) {
	if err := v.renders(ctx); err != nil {
		return nil, err
	}
	endpoint, err := v.authorize(ctx)
	if err != nil {
		return nil, err
	}
	first, err := v.get(ctx, v.here("/"))
	if err != nil {
		return nil, err
	}
	last, err := v.follow(ctx, first, func(to *url.URL) bool { return to.Path != "/" && !strings.HasPrefix(to.Path, "/entrar") })
	if err != nil {
		return nil, err
	}
	to := last.leads()
	if to == nil {
		return nil, fmt.Errorf("/ does not lead to the provider: %s answers %d", last.at.Path, last.status)
	}
	if err := v.asks(to, endpoint); err != nil {
		return nil, err
	}
	if err := v.ok("/ leads to %s with a challenge (S256)", endpoint); err != nil {
		return nil, err
	}
	door, err := v.get(ctx, to.String())
	if err == nil {
		door, err = v.follow(ctx, door, v.isBack)
	}
	if err != nil {
		return nil, err
	}
	if back := door.leads(); back != nil {
		return nil, fmt.Errorf("the provider signs nobody in: it answers %q", back.Query().Get("error"))
	}
	if door.status != http.StatusOK {
		return nil, fmt.Errorf("the provider answers %d where people sign in: does it know the client %s and the redirect address %s?", door.status, v.ClientID, v.here(back))
	}
	return door, v.ok("the provider knows the client %s and shows its page", v.ClientID)
}

// back is where the provider sends browsers.
const back = "/entrar/vuelta"

// isBack says whether an address is the one at which the provider gives the browser back.
func (v *visit) isBack(to *url.URL) bool { return to.Host == v.public.Host && to.Path == back }

// renders sees that a page of the console is whole: its own, with all that it loads.
func (v *visit) renders(ctx context.Context) error {
	const path = "/salir" // a page for everybody
	p, err := v.get(ctx, v.here(path))
	if err != nil {
		return err
	}
	if p.status != http.StatusOK || !strings.Contains(p.body, "<h1") || !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
		return fmt.Errorf("%s is no page of the console: status %d", path, p.status)
	}
	if csp := p.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		return fmt.Errorf("%s has the Content-Security-Policy %q: something on the way has taken the console's", path, csp)
	}
	files := loaded(p)
	if len(files) == 0 {
		return fmt.Errorf("%s names no style sheet", path)
	}
	for _, file := range files {
		f, err := v.get(ctx, v.here(file))
		if err != nil {
			return err
		}
		if f.status != http.StatusOK || f.body == "" {
			return fmt.Errorf("%s, of which %s is made, answers %d", file, path, f.status)
		}
	}
	return v.ok("%s is whole, with the %d files that it loads", path, len(files))
}

// loaded are the console's files that a page names.
func loaded(p *page) (files []string) {
	for _, part := range strings.Split(p.body, `"`) {
		if strings.HasPrefix(part, "/static/") && !slices.Contains(files, part) {
			files = append(files, part)
		}
	}
	return files
}

// authorize is where the provider says that people sign in.
func (v *visit) authorize(ctx context.Context) (string, error) {
	issuer := strings.TrimSuffix(v.Issuer, "/")
	p, err := v.get(ctx, issuer+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var found struct {
		Authorize string   `json:"authorization_endpoint"`
		Methods   []string `json:"code_challenge_methods_supported"`
	}
	if err := json.Unmarshal([]byte(p.body), &found); p.status != http.StatusOK || err != nil || found.Authorize == "" {
		return "", fmt.Errorf("discovery of %s answers %d and names no authorization_endpoint", issuer, p.status)
	}
	if found.Methods != nil && !slices.Contains(found.Methods, "S256") {
		return "", fmt.Errorf("%s does not know challenges of the method S256, but %s", issuer, strings.Join(found.Methods, ", "))
	}
	return found.Authorize, nil
}

// asks sees that what the provider is asked for is a code for this console, with a challenge.
func (v *visit) asks(to *url.URL, endpoint string) error {
	q := to.Query()
	if at, _, _ := strings.Cut(to.String(), "?"); at != strings.SplitN(endpoint, "?", 2)[0] {
		return fmt.Errorf("/ leads to %s, not to the provider's %s", at, endpoint)
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": v.ClientID, "redirect_uri": v.here(back), "code_challenge_method": "S256"} {
		if got := q.Get(name); got != want {
			return fmt.Errorf("the provider is asked with %s=%q, not %q", name, got, want)
		}
	}
	const challenge = 43 // characters of a SHA-256 in base64url
	if n := len(q.Get("code_challenge")); n != challenge {
		return fmt.Errorf("the challenge has %d characters, not %d", n, challenge)
	}
	if q.Get("state") == "" || q.Get("nonce") == "" || !slices.Contains(strings.Fields(q.Get("scope")), "openid") {
		return fmt.Errorf("the provider is asked without a state, a nonce or the scope openid: %s", to.RawQuery)
	}
	return nil
}

// asked is how many pages of the provider are filled in at most: some ask for the name first, then for the password.
const asked = 4

// signIn fills in the provider's pages and comes back.
func (v *visit) signIn(ctx context.Context, door *page) error {
	p, given := door, false
	for range asked {
		if to := p.leads(); to != nil && v.isBack(to) {
			break
		}
		f := formOf(p, func(f form) bool { return f.password != "" || f.username != "" })
		if f == nil || given {
			return fmt.Errorf("the provider does not sign %s in: it shows a page (%d) that is not filled in with a username and a password: a wrong one, or more is asked for", v.Username, p.status)
		}
		if f.username != "" {
			f.fields.Set(f.username, v.Username)
		}
		if f.password != "" {
			f.fields.Set(f.password, v.Password)
			given = true
		}
		next, err := v.send(ctx, http.MethodPost, f.action, f.fields)
		if err == nil {
			p, err = v.follow(ctx, next, v.isBack)
		}
		if err != nil {
			return err
		}
	}
	if to := p.leads(); to == nil || !v.isBack(to) || to.Query().Get("code") == "" {
		return fmt.Errorf("the provider does not send %s back with a code", v.Username)
	}
	if err := v.ok("the provider signs %s in and sends the browser back with a code", v.Username); err != nil {
		return err
	}
	p, err := v.follow(ctx, p, func(to *url.URL) bool { return to.Host != v.public.Host })
	if err != nil {
		return err
	}
	if p.status != http.StatusOK || p.at.Path != "/" {
		return fmt.Errorf("the console does not sign %s in: %s answers %d", v.Username, p.at.Path, p.status)
	}
	return v.isIn(ctx)
}

// isIn sees that the session is the console's, and that no token is in the browser.
func (v *visit) isIn(ctx context.Context) error {
	const path = "/quien-soy"
	p, err := v.get(ctx, v.here(path))
	if err != nil {
		return err
	}
	if p.status != http.StatusOK || p.at.Path != path {
		return fmt.Errorf("%s answers %d to somebody who is signed in", path, p.status)
	}
	for name, value := range v.cookies[v.public.Host] {
		if !strings.HasPrefix(name, "__Host-") || strings.Count(value, ".") == 2 {
			return fmt.Errorf("the cookie %s is none that the console may set", name)
		}
	}
	return v.ok("the console shows who is signed in")
}

// signOut ends the session, here and at the provider.
func (v *visit) signOut(ctx context.Context) error {
	const path = "/salir"
	p, err := v.get(ctx, v.here(path))
	if err != nil {
		return err
	}
	f := formOf(p, func(f form) bool { return strings.HasSuffix(f.action, path) })
	if f == nil {
		return fmt.Errorf("%s has no form that signs out: status %d", path, p.status)
	}
	if p, err = v.send(ctx, http.MethodPost, f.action, f.fields); err != nil {
		return err
	}
	if p.status >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %d", path, p.status)
	}
	if to := p.leads(); to != nil && to.Host != v.public.Host {
		if end, err := v.get(ctx, to.String()); err != nil {
			return err
		} else if end.status >= http.StatusBadRequest {
			return fmt.Errorf("the provider answers %d where people sign out: does it know the address %s?", end.status, v.here(path))
		}
	}
	if p, err = v.get(ctx, v.here("/quien-soy")); err != nil {
		return err
	}
	if p.leads() == nil {
		return fmt.Errorf("/quien-soy answers %d after signing out", p.status)
	}
	return v.ok("the session is over after signing out")
}
